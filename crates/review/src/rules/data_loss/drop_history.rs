use sluice_sql::model::{History, Statement, TableAction};

use crate::rules::security::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The history of a table with system versioning is dropped.
    ///
    /// ## Why
    /// `DROP SYSTEM VERSIONING` and `DELETE HISTORY` without a bound take every old version of every row: what auditors and
    /// `FOR SYSTEM_TIME` ask for is gone for good.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE prices (id integer PRIMARY KEY, amount integer) WITH SYSTEM VERSIONING;
    /// ```
    /// ```sql
    /// ALTER TABLE prices DROP SYSTEM VERSIONING;
    /// ```
    /// ```sql
    /// DELETE HISTORY FROM prices;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE prices (id integer PRIMARY KEY, amount integer) WITH SYSTEM VERSIONING;
    /// ```
    /// ```sql
    /// DELETE HISTORY FROM prices BEFORE SYSTEM_TIME '2016-10-09 08:07:06';
    /// ```
    ///
    /// ## Source
    /// MariaDB documentation, System-Versioned Tables, Removing Old History; measured on 10.11.
    DropHistory, "data-loss/drop-history", Engines::MARIADB, Error, Recommended
}

impl Rule for DropHistory {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.change.contract {
            return;
        }
        let help = "keep it in a copy first, and drop it in a change with phase=contract";
        if let Some(alter) = cx.altered() {
            for action in &alter.actions {
                if action.kind == TableAction::SystemVersioning(false) {
                    let message =
                        format!("all old versions of the rows of `{}` are lost", cx.display(&alter.name));
                    out.report(action.span, message).help(help);
                }
            }
        }
        for one in within::run_now(cx) {
            let Statement::Delete(delete) = &one.statement else { continue };
            let Some(table) = delete.tables.first().filter(|_| delete.history == Some(History::All)) else {
                continue;
            };
            if !cx.is_new(&table.name) {
                let message =
                    format!("all old versions of the rows of `{}` are lost", cx.display(&table.name));
                out.report(one.span, message).help("say how old they must be with BEFORE SYSTEM_TIME");
            }
        }
    }
}
