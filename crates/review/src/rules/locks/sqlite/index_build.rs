use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is built on a table in use under the write lock of the whole database file.
    ///
    /// ## Why
    /// SQLite reads and sorts the whole table to build an index, and has one write lock for the whole file: whoever writes to any
    /// table waits, or gets `SQLITE_BUSY` when its `busy_timeout` is over. There is no way to build it beside writers.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer);
    /// ```
    /// ```sql
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer);
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, File Locking And Concurrency.
    SqliteIndexBuild, "locks/sqlite-index-build", Engines::SQLITE, Warning, Strict
}

impl Rule for SqliteIndexBuild {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let empty = cx.relation(&create.table).is_some_and(|relation| relation.rows == Some(0));
        if empty || cx.is_new(&create.table) {
            return;
        }
        let table = cx.display(&create.table);
        let message = format!(
            "building this index reads all of `{table}`: nobody writes to any table of the file meanwhile"
        );
        out.report(create.index.span, message).help("run it when nothing writes to the file");
    }
}
