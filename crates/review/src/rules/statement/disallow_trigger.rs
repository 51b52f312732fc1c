use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Triggers are not wanted.
    ///
    /// ## Why
    /// Triggers run where nobody sees them, and slow down every write. This rule is for projects that have decided to do
    /// without.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
    /// ```
    /// ```sql mysql
    /// CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW SET @x = 1;
    /// ```
    /// ```sql mariadb
    /// CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW SET @x = 1;
    /// ```
    /// ```sql sqlite
    /// CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Overview of Trigger Behavior; MySQL manual, Restrictions on Stored Programs.
    DisallowTrigger, "statement/disallow-trigger", Engines::ALL, Warning, All
}

impl Rule for DisallowTrigger {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTrigger(trigger) = &cx.parsed.statement else { return };
        let name = trigger.name.display(cx.dialect());
        out.report(trigger.name.span, format!("`{name}` is a trigger"))
            .help("do its work in the application");
    }
}
