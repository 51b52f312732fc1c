use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table that is in use is emptied with `TRUNCATE`.
    ///
    /// ## Why
    /// All rows are gone. MySQL and MariaDB commit at once; PostgreSQL takes an `ACCESS EXCLUSIVE` lock that blocks reads and writes.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// TRUNCATE TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY);
    /// TRUNCATE TABLE drafts;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, TRUNCATE; MySQL manual, TRUNCATE TABLE Statement.
    Truncate, "data-loss/truncate", Engines::SERVERS, Error, Recommended
}

impl Rule for Truncate {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Truncate(truncate) = &cx.parsed.statement else { return };
        for table in &truncate.tables {
            if !cx.is_new(&table.name) {
                let message = format!("TRUNCATE loses every row of `{}`", cx.display(&table.name));
                out.report(table.name.span, message)
                    .help("delete the rows that must go, with a condition, in batches");
            }
        }
    }
}
