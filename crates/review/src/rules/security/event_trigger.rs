use sluice_sql::model::{Statement, TriggerTiming};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An event trigger runs a function at every DDL of the database.
    ///
    /// ## Why
    /// Its function runs for every role's statements, the runner's own included, and a fault in it makes every later change
    /// fail.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note_ddl();
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Event Triggers.
    EventTrigger, "security/event-trigger", Engines::POSTGRES, Warning, Recommended
}

impl Rule for EventTrigger {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::CreateTrigger(trigger) = &one.statement else { continue };
            if trigger.timing == TriggerTiming::Event {
                let name = trigger.name.display(cx.dialect());
                out.report(
                    trigger.name.span,
                    format!("`{name}` runs at every DDL of the database, deployments' too"),
                )
                .help("make sure that it cannot fail, and that its function sets a search path");
            }
        }
    }
}
