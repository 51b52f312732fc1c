use sluice_sql::model::TableAction;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made `UNLOGGED`.
    ///
    /// ## Why
    /// After a crash an unlogged table is empty, and a standby never has its rows. The statement writes the table anew under an `ACCESS EXCLUSIVE` lock.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders SET UNLOGGED;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE UNLOGGED TABLE import_buffer (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE, UNLOGGED.
    SetUnlogged, "data-loss/set-unlogged", Engines::POSTGRES, Warning, Recommended
}

impl Rule for SetUnlogged {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            if matches!(action.kind, TableAction::SetLogged(false)) {
                let message = format!(
                    "an unlogged `{}` is empty after a crash and on standbys",
                    cx.display(&alter.name)
                );
                out.report(action.span, message).help("keep the table logged");
            }
        }
    }
}
