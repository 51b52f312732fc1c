use sluice_sql::model::{ColumnPosition, NameClass, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is put before others with `FIRST` or `AFTER`.
    ///
    /// ## Why
    /// `INSERT` without a list of columns and `SELECT *` go by position; programs that use them mix columns up.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20) AFTER id;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20);
    /// ```
    ///
    /// ## Source
    /// Measured on MariaDB: an `INSERT` without names of columns fails or writes into others. MySQL manual, ALTER TABLE
    /// Statement, Renaming, Redefining, and Reordering Columns.
    ReorderColumns, "compatibility/reorder-columns", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for ReorderColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let position = match &action.kind {
                TableAction::AddColumn { position, .. }
                | TableAction::ModifyColumn { position, .. }
                | TableAction::ChangeColumn { position, .. } => position,
                _ => continue,
            };
            let Some(position) = position else { continue };
            let span = match position {
                ColumnPosition::First(span) => *span,
                ColumnPosition::After { span, column } => {
                    let key = column.key(cx.dialect(), NameClass::Other);
                    let last = cx.relation(&alter.name).and_then(|it| it.columns.last());
                    if last.is_some_and(|last| last.name == *key) {
                        continue;
                    }
                    *span
                }
            };
            out.report(
                span,
                format!("columns of `{table}` change places: programs that go by position mix them up"),
            )
            .help("leave the position out, so that the column comes last");
        }
    }
}
