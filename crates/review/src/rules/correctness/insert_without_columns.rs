use sluice_sql::model::{InsertSource, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `INSERT` does not name its columns.
    ///
    /// ## Why
    /// It depends on the number and order of columns, which the next change may alter.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note, total) VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Source
    /// Measured: after DROP COLUMN values of such an `INSERT` go into other columns without an error. PostgreSQL manual,
    /// INSERT.
    InsertWithoutColumns, "correctness/insert-without-columns", Engines::ALL, Warning, Strict
}

impl Rule for InsertWithoutColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        if insert.columns.is_empty()
            && matches!(insert.source, InsertSource::Values { .. } | InsertSource::Query(_))
        {
            let message = format!("the columns of `{}` are not named", cx.display(&insert.table.name));
            out.report(insert.table.name.span, message).help("name the columns that are inserted");
        }
    }
}
