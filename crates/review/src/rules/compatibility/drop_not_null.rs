use sluice_sql::model::{ColumnChange, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that always had a value may be null.
    ///
    /// ## Why
    /// Programs that run while the change is deployed do not expect nulls when they read.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN total DROP NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY, total integer);
    /// ```
    DropNotNull, "compatibility/drop-not-null", Engines::POSTGRES, Warning, Strict
}

impl Rule for DropNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let TableAction::AlterColumn { name, change, .. } = &action.kind else { continue };
            let column = super::column(cx, &alter.name, name);
            let was = column.is_none_or(|it| it.not_null && !cx.made_here(it.origin));
            if matches!(**change, ColumnChange::DropNotNull) && was {
                let message = format!("readers of `{}` of `{table}` may meet nulls", name.text);
                out.report(action.span, message).help("make sure that every reader can do with a null");
            }
        }
    }
}
