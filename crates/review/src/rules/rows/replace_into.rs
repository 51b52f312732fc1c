use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `REPLACE` deletes the rows that are there.
    ///
    /// ## Why
    /// A row with the same key is deleted and inserted anew: columns that are not named get their defaults, rows that refer
    /// to it are deleted by cascades, triggers for deletes run.
    ///
    /// ## Bad
    /// ```sql mysql
    /// REPLACE INTO countries (code) VALUES ('ch');
    /// ```
    /// ```sql mariadb
    /// REPLACE INTO countries (code) VALUES ('ch');
    /// ```
    /// ```sql sqlite
    /// INSERT OR REPLACE INTO countries (code) VALUES ('ch');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO countries (code) VALUES ('ch');
    /// ```
    ///
    /// ## Source
    /// MySQL manual, REPLACE Statement; SQLite documentation, ON CONFLICT clause.
    ReplaceInto, "rows/replace-into", Engines::ALL, Warning, Strict
}

impl Rule for ReplaceInto {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["data-loss/insert-or-replace"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        if let Some(span) = insert.replace {
            let table = cx.display(&insert.table.name);
            out.report(span, format!("rows of `{table}` with the same key are deleted and inserted anew"))
                .help("write an upsert that sets the columns that are meant");
        }
    }
}
