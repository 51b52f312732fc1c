use sluice_sql::model::{ColumnChange, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The default of a column that must have a value is dropped.
    ///
    /// ## Why
    /// Programs that do not name the column when they insert relied on the default, and fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN total DROP DEFAULT;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note DROP DEFAULT;
    /// ```
    DropDefault, "compatibility/drop-default", Engines::SERVERS, Error, Recommended
}

impl Rule for DropDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let TableAction::AlterColumn { name, change, .. } = &action.kind else { continue };
            let column = super::column(cx, &alter.name, name);
            let needed =
                column.is_none_or(|it| it.not_null && it.default.is_some() && !cx.made_here(it.origin));
            if matches!(**change, ColumnChange::DropDefault) && needed && !cx.change.contract {
                let message =
                    format!("writers that do not name `{}` of `{table}` fail without its default", name.text);
                out.report(action.span, message).help(
                    "keep the default, or drop it with phase=contract once every writer names the column",
                );
            }
        }
    }
}
