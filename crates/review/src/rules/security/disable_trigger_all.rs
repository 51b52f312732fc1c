use sluice_sql::model::{Statement, TableAction, TriggerSelection};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// All triggers of a table are switched off, those of its foreign keys too.
    ///
    /// ## Why
    /// `DISABLE TRIGGER ALL` needs a superuser because it switches off the triggers that check foreign keys. Rows that are
    /// written meanwhile are never checked: the table keeps references to nothing.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER TABLE orders DISABLE TRIGGER ALL;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER TABLE orders ENABLE TRIGGER ALL;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE.
    DisableTriggerAll, "security/disable-trigger-all", Engines::POSTGRES, Error, Recommended
}

impl Rule for DisableTriggerAll {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::AlterTable(alter) = &one.statement else { continue };
            for action in &alter.actions {
                if let TableAction::EnableTrigger {
                    which: TriggerSelection::All(span),
                    rule: false,
                    on: false,
                    ..
                } = &action.kind
                {
                    let table = cx.display(&alter.name);
                    out.report(*span, format!("the foreign keys of `{table}` are no longer checked"))
                        .help("switch off the one trigger that is in the way, by its name");
                }
            }
        }
    }
}
