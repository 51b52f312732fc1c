use sluice_sql::Dialect;
use sluice_sql::model::{ColumnChange, NameClass, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that may be null becomes `NOT NULL`.
    ///
    /// ## Why
    /// Programs that run while the change is deployed may still write nulls, and fail. The statement fails where a row has one. It is fine
    /// once a check constraint has been valid for as long as programs obey it.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(20) NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text CONSTRAINT note_there CHECK (note IS NOT NULL));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
    /// ```
    /// ```sql mysql mariadb before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20) NOT NULL);
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(40) NOT NULL;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET NOT NULL; MySQL manual, ALTER TABLE Statement; measured matrix of MariaDB.
    AddNotNull, "compatibility/add-not-null", Engines::SERVERS, Warning, Recommended
}

impl Rule for AddNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::AlterColumn { name, change, .. } if **change == ColumnChange::SetNotNull => name,
                kind => match super::redefined(cx, &alter.name, kind) {
                    Some((old, new)) if !old.not_null && new.not_null().is_some() => &new.name,
                    _ => continue,
                },
            };
            let column = super::column(cx, &alter.name, name);
            let obeyed = column.is_some_and(|column| column.not_null || cx.made_here(column.origin))
                || cx
                    .relation(&alter.name)
                    .is_some_and(|it| it.proves_not_null(&name.key(cx.dialect(), NameClass::Other)));
            if obeyed {
                continue;
            }
            let message = format!("writers that leave `{}` of `{table}` null fail from now on", name.text);
            let help = if cx.dialect() == Dialect::Postgres {
                "add CHECK (… IS NOT NULL) NOT VALID, validate it, and set NOT NULL after that"
            } else {
                "fill the rows that have none, and deploy programs that write a value before this"
            };
            out.report(action.span, message).help(help);
        }
    }
}
