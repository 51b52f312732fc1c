use sluice_sql::model::{ColumnChange, TableAction};
use sluice_text::{Edit, Fix, Span};

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// One `ALTER TABLE` validates a constraint and also does what takes the strongest lock.
    ///
    /// ## Why
    /// A statement takes the strongest lock that one of its actions needs before the first of them runs. `VALIDATE
    /// CONSTRAINT` alone lets reads and writes go on; together with `ADD COLUMN` it reads the table under an `ACCESS
    /// EXCLUSIVE` lock.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100) NOT VALID;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer, VALIDATE CONSTRAINT note_short;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100) NOT VALID;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders VALIDATE CONSTRAINT note_short;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    CombinedAlter, "locks/combined-alter", Engines::POSTGRES, Error, Recommended
}

impl Rule for CombinedAlter {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let actions = &alteration.alter.actions;
        let is_weak = |kind: &TableAction| match kind {
            TableAction::ValidateConstraint(_) | TableAction::ClusterOn(_) => true,
            TableAction::AlterColumn { change, .. } => {
                matches!(**change, ColumnChange::SetStatistics(_) | ColumnChange::SetOptions(_))
            }
            _ => false,
        };
        if actions.iter().all(|action| is_weak(&action.kind)) {
            return;
        }
        for action in actions {
            let TableAction::ValidateConstraint(name) = &action.kind else { continue };
            let message = format!(
                "another action of this statement takes an ACCESS EXCLUSIVE lock on `{}`, and the table is read under it",
                alteration.table
            );
            let rest: Vec<&str> =
                actions.iter().filter(|one| one.span != action.span).map(|one| cx.slice(one.span)).collect();
            let fix = actions.first().zip(actions.last()).map(|(first, last)| {
                let edit = Edit::replace(Span::new(first.span.start, last.span.end), rest.join(", "));
                let mut fix = Fix::edits("validate the constraint in a change of its own", vec![edit]);
                fix.follow_ups.push(alteration.validation(cx, cx.slice(name.span)));
                fix
            });
            out.report(action.span, message).help("validate the constraint in a change of its own").fix(fix);
        }
    }
}
