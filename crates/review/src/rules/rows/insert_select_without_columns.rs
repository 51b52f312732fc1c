use sluice_sql::model::{InsertSource, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `INSERT … SELECT` does not name its columns.
    ///
    /// ## Why
    /// Values go into columns by their place. A column that is added, or lies elsewhere in another environment, moves them
    /// into the wrong ones; if types fit, without an error.
    ///
    /// ## Bad
    /// ```sql
    /// INSERT INTO archive SELECT id, status FROM orders WHERE id < 100;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO archive (id, status) SELECT id, status FROM orders WHERE id < 100;
    /// ```
    ///
    /// ## Source
    /// Measured: after DROP COLUMN values go into other columns without an error. PostgreSQL manual, INSERT.
    InsertSelectWithoutColumns, "rows/insert-select-without-columns", Engines::ALL, Warning, Strict
}

impl Rule for InsertSelectWithoutColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["correctness/insert-without-columns"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        if matches!(insert.source, InsertSource::Query(_)) && insert.columns.is_empty() {
            let table = cx.display(&insert.table.name);
            out.report(
                insert.table.name.span,
                format!("values go into the columns of `{table}` by their place"),
            )
            .help("name the columns");
        }
    }
}
