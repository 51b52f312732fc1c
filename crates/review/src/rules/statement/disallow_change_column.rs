use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `CHANGE COLUMN` is not wanted.
    ///
    /// ## Why
    /// It renames and defines anew at once: a slip in the second name renames a column that was only meant to get another type.
    ///
    /// ## Bad
    /// ```sql
    /// ALTER TABLE orders CHANGE COLUMN note note varchar(200);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY, note text);
    /// ALTER TABLE drafts MODIFY COLUMN note varchar(200);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, ALTER TABLE Statement, Renaming, Redefining, and Reordering Columns.
    DisallowChangeColumn, "statement/disallow-change-column", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for DisallowChangeColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        for action in &alter.actions {
            if matches!(action.kind, TableAction::ChangeColumn { .. }) {
                out.report(action.span, "CHANGE COLUMN renames and redefines at once")
                    .help("write RENAME COLUMN or MODIFY COLUMN");
            }
        }
    }
}
