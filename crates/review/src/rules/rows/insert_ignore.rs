use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `IGNORE` turns errors into warnings.
    ///
    /// ## Why
    /// It does not only skip rows that are there: values that do not fit are cut, nulls become zero, rows without partition
    /// or parent are dropped. Nobody sees the warnings of a deployment.
    ///
    /// ## Bad
    /// ```sql
    /// INSERT IGNORE INTO countries (code) VALUES ('ch');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO countries (code) VALUES ('ch') ON DUPLICATE KEY UPDATE code = code;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, The Effect of IGNORE on Statement Execution.
    InsertIgnore, "rows/insert-ignore", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for InsertIgnore {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let ignore = match &cx.parsed.statement {
            Statement::Insert(insert) => insert.ignore,
            Statement::Update(update) => update.ignore,
            _ => None,
        };
        if let Some(span) = ignore {
            out.report(span, "values that do not fit are changed or dropped without an error")
                .help("write ON DUPLICATE KEY UPDATE, or a condition for the rows that are meant");
        }
    }
}
