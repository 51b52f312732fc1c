use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A trigger that is in use is dropped.
    ///
    /// ## Why
    /// What it did for every writer is not done any more, and nothing fails to tell.
    ///
    /// ## Bad
    /// ```sql postgres
    /// DROP TRIGGER stamp ON orders;
    /// ```
    /// ```sql mysql
    /// DROP TRIGGER stamp;
    /// ```
    /// ```sql mariadb
    /// DROP TRIGGER stamp;
    /// ```
    /// ```sql sqlite
    /// DROP TRIGGER stamp;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Overview of Trigger Behavior; MySQL manual, DROP TRIGGER Statement.
    DropTrigger, "compatibility/drop-trigger", Engines::ALL, Warning, Strict
}

impl Rule for DropTrigger {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Trigger
            || cx.change.contract
            || drop.on.as_ref().is_some_and(|on| cx.is_new(on))
        {
            return;
        }
        for name in &drop.names {
            let again = cx.after.iter().any(|parsed| match &parsed.statement {
                Statement::CreateTrigger(create) => create.name.name.same(&name.name, cx.dialect()),
                _ => false,
            });
            if !again {
                out.report(
                    name.span,
                    format!("writers lose what trigger `{}` does for them", name.name.text),
                )
                .help("make sure that programs do it themselves, and say phase=contract");
            }
        }
    }
}
