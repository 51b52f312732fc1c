use sluice_sql::model::TableAction;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DISCARD TABLESPACE` deletes the file that holds a table.
    ///
    /// ## Why
    /// Every row and index of the table is gone at once; only a copy of the file that was exported before brings them back.
    ///
    /// ## Bad
    /// ```sql
    /// ALTER TABLE orders DISCARD TABLESPACE;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders_copy (id bigint PRIMARY KEY);
    /// ALTER TABLE orders_copy DISCARD TABLESPACE;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Importing InnoDB Tables.
    DiscardTablespace, "data-loss/discard-tablespace", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for DiscardTablespace {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            if matches!(action.kind, TableAction::Tablespace { import: false }) {
                out.report(
                    action.span,
                    format!("every row of `{}` is deleted with its file", cx.display(&alter.name)),
                )
                .help("do this to a new table, and import the file into that one");
            }
        }
    }
}
