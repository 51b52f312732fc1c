use sluice_sql::model::{TableAction, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A check is added to a table that is in use.
    ///
    /// ## Why
    /// Programs that run while the change is deployed may write rows that it refuses.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, total integer CHECK (total > 0));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, ADD table_constraint; MySQL manual, CHECK Constraints.
    AddCheck, "compatibility/add-check", Engines::SERVERS, Warning, Strict
}

impl Rule for AddCheck {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            if let TableAction::AddConstraint(constraint) = &action.kind
                && let TableConstraintKind::Check(check) = &constraint.kind
            {
                let message = format!(
                    "writers of rows that `{}` refuses fail from now on in `{table}`",
                    cx.slice(check.span)
                );
                out.report(action.span, message).help("make sure that every program that runs obeys it");
            }
        }
    }
}
