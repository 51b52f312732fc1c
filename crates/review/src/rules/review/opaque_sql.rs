use crate::{Context, Engines, Meta, Rule, Sink, rule};

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

impl Rule for OpaqueSql {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        use sluice_sql::model::{Reason, Statement};
        // What a routine puts together runs when it is called; that is not this change's doing.
        let runs_now = matches!(cx.parsed.statement, Statement::Do(_));
        let Some(body) = cx.parsed.statement.body().filter(|_| runs_now) else { return };
        for dynamic in body.dynamic.iter().filter(|dynamic| dynamic.literal.is_none()) {
            out.report(dynamic.span, "this SQL is put together when it runs: it was not reviewed")
                .help("write the statements out, or look at what it puts together yourself");
        }
        for part in &cx.parsed.not_analysed {
            if let Reason::Language(language) = &part.reason {
                out.report(part.span, format!("this program is written in {language}: it was not reviewed"))
                    .help("look at it yourself: no rule has");
            }
        }
    }
}
