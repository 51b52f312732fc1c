use sluice_sql::model::{InsertSource, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `INSERT` has more or fewer values than columns.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note) VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note) VALUES (1, 'x');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, INSERT; MySQL manual, INSERT Statement, error 1136; SQLite documentation, INSERT.
    InsertColumnCount, "correctness/insert-column-count", Engines::ALL, Error, Recommended
}

impl Rule for InsertColumnCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let InsertSource::Values { width, span, .. } = &insert.source else { return };
        let columns = insert.columns.len();
        if columns > 0 && *width > 0 && *width != columns {
            out.report(
                *span,
                format!(
                    "{width} values are given for {columns} columns of `{}`",
                    cx.display(&insert.table.name)
                ),
            )
            .help("give one value for each column");
        }
    }
}
