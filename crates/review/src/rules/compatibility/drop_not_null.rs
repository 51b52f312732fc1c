use sluice_schema::Column;
use sluice_sql::model::{ColumnChange, ColumnDef, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that always had a value may be null.
    ///
    /// ## Why
    /// Programs that run while the change is deployed do not expect nulls when they read. `MODIFY` and `CHANGE` define a
    /// column anew: a `NOT NULL` that is left out is gone.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN total DROP NOT NULL;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN total bigint DEFAULT 0;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY, total integer);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, DROP NOT NULL; MySQL manual, ALTER TABLE Statement.
    DropNotNull, "compatibility/drop-not-null", Engines::SERVERS, Warning, Strict
}

impl Rule for DropNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::AlterColumn { name, change, .. } if **change == ColumnChange::DropNotNull => {
                    let column = super::column(cx, &alter.name, name);
                    if column.is_some_and(|it| !it.not_null || cx.made_here(it.origin)) {
                        continue;
                    }
                    name
                }
                kind => match super::redefined(cx, &alter.name, kind) {
                    Some((old, new)) if loses(old, new) => &new.name,
                    _ => continue,
                },
            };
            let message = format!("readers of `{}` of `{table}` may meet nulls", name.text);
            out.report(action.span, message).help("make sure that every reader can do with a null");
        }
    }
}

/// Whether a column that had `NOT NULL` is defined anew without.
fn loses(old: &Column, new: &ColumnDef) -> bool {
    old.not_null
        && !old.auto_increment
        && new.not_null().is_none()
        && new.primary_key().is_none()
        && new.generated().is_none()
}
