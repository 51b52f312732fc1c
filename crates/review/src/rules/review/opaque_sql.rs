use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// SQL is put together when it runs, or written in a language that is not understood.
    ///
    /// ## Why
    /// What it does cannot be seen before it runs, so that nothing of it was reviewed.
    ///
    /// ## Bad
    /// ```sql postgres
    /// DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_setting('app.table'); END $$;
    /// ```
    /// ```sql mysql
    /// SET @sql = CONCAT('DROP TABLE ', @name);
    /// PREPARE s FROM @sql;
    /// EXECUTE s;
    /// ```
    /// ```sql postgres
    /// CREATE FUNCTION clear(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP TABLE ' || name; END $$;
    /// SELECT clear('orders');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY IF EXISTS orders_total;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, PL/pgSQL, Executing Dynamic Commands; MySQL manual, Prepared Statements.
    OpaqueSql, "review/opaque-sql", Engines::ALL, Warning, Recommended
}

const TOGETHER: &str = "this SQL is put together when it runs: it was not reviewed";
const OUT: &str = "write the statements out, or look at what it puts together yourself";

impl Rule for OpaqueSql {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn reach(&self) -> Reach {
        Reach::Block
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        use sluice_sql::model::{Reason, Statement};
        if matches!(cx.parsed.statement, Statement::Other(_)) {
            for part in cx.parsed.not_analysed.iter().filter(|part| part.reason == Reason::Dynamic) {
                out.report(part.span, TOGETHER).help(OUT);
            }
        }
        // What a routine puts together runs when it is called; that is not this change's doing.
        let runs_now = matches!(cx.parsed.statement, Statement::Do(_));
        let Some(body) = cx.parsed.statement.body().filter(|_| runs_now) else { return };
        for dynamic in body.dynamic.iter().filter(|dynamic| dynamic.literal.is_none()) {
            out.report(dynamic.span, TOGETHER).help(OUT);
        }
        for part in &cx.parsed.not_analysed {
            if let Reason::Language(language) = &part.reason {
                out.report(part.span, format!("this program is written in {language}: it was not reviewed"))
                    .help("look at it yourself: no rule has");
            }
        }
    }
}
