use sluice_schema::Column;
use sluice_sql::model::{ColumnChange, ColumnDef, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The default of a column that must have a value is dropped.
    ///
    /// ## Why
    /// Programs that do not name the column when they insert relied on the default, and fail. `MODIFY` and `CHANGE` define a
    /// column anew: a default that is left out is gone.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN total DROP DEFAULT;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN total bigint NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note DROP DEFAULT;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET/DROP DEFAULT; MySQL manual, Data Type Default Values.
    DropDefault, "compatibility/drop-default", Engines::SERVERS, Warning, Recommended
}

impl Rule for DropDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        if cx.change.contract {
            return;
        }
        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::AlterColumn { name, change, .. } if **change == ColumnChange::DropDefault => {
                    let column = super::column(cx, &alter.name, name);
                    let free = |it: &Column| !it.not_null || it.default.is_none() || cx.made_here(it.origin);
                    if column.is_some_and(free) {
                        continue;
                    }
                    name
                }
                kind => match super::redefined(cx, &alter.name, kind) {
                    Some((old, new)) if loses(old, new) => &new.name,
                    _ => continue,
                },
            };
            let message =
                format!("writers that do not name `{}` of `{table}` fail without its default", name.text);
            out.report(action.span, message)
                .help("keep the default, or drop it with phase=contract once every writer names the column");
        }
    }
}

/// Whether a column that had a default is defined anew without, and must have a value.
fn loses(old: &Column, new: &ColumnDef) -> bool {
    old.default.as_ref().is_some_and(|default| !default.null)
        && new.not_null().is_some()
        && new.default().is_none()
        && new.generated().is_none()
        && !new.auto_increment()
}
