use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change locks rows that it only reads.
    ///
    /// ## Why
    /// The rows stay locked until the transaction of the change ends, together with its DDL: writers wait for all of it.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE status = 1 FOR UPDATE;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE status = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, SELECT, The Locking Clause; MySQL manual, Locking Reads.
    SelectForUpdateInChange, "rows/select-for-update-in-change", Engines::SERVERS, Warning, Strict
}

impl Rule for SelectForUpdateInChange {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Query(query) = &cx.parsed.statement else { return };
        if let Some(lock) = query.lock.as_ref().filter(|lock| lock.exclusive && !lock.no_wait) {
            out.report(lock.span, "these rows are locked until the transaction ends")
                .help("let the statement that changes the rows lock them");
        }
    }
}
