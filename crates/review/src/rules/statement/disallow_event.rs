use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Events are not wanted.
    ///
    /// ## Why
    /// Events run where nobody sees them, and on which server of a cluster depends on its configuration. This rule is for
    /// projects that have decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM log WHERE id < 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Using the Event Scheduler.
    DisallowEvent, "statement/disallow-event", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for DisallowEvent {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateEvent(event) = &cx.parsed.statement else { return };
        let name = event.name.display(cx.dialect());
        out.report(event.name.span, format!("`{name}` is an event"))
            .help("let a scheduler of your own run it");
    }
}
