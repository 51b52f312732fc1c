use sluice_sql::model::TableAction;
use sluice_text::{Edit, Fix, Span};

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint is validated in the transaction that added it as `NOT VALID`.
    ///
    /// ## Why
    /// Adding the constraint took a lock that keeps writes off, for a check also reads, and a transaction keeps its locks
    /// until it ends: the rows are proven under that lock, and nothing is won by `NOT VALID`.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100) NOT VALID;
    /// ALTER TABLE orders VALIDATE CONSTRAINT note_short;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100) NOT VALID;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    ValidateInSameTransaction, "locks/validate-in-same-transaction", Engines::POSTGRES, Error, Recommended
}

impl Rule for ValidateInSameTransaction {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let Some(relation) = alteration.relation.filter(|_| cx.in_transaction()) else { return };
        for action in &alteration.alter.actions {
            let TableAction::ValidateConstraint(name) = &action.kind else { continue };
            let Some(constraint) = relation.constraint(&name.folded(cx.dialect())) else { continue };
            if constraint.validated || constraint.origin != cx.origin {
                continue;
            }
            let lock = if constraint.foreign_key().is_some() {
                "the SHARE ROW EXCLUSIVE locks that adding it took are kept: nobody writes to"
            } else {
                "the ACCESS EXCLUSIVE lock that adding it took is kept: nobody reads or writes"
            };
            let message = format!("{lock} `{}` while its rows are proven", alteration.table);
            let mut span = cx.parsed.span;
            if cx.text().get(span.end..).is_some_and(|rest| rest.starts_with(';')) {
                span = Span::new(span.start, span.end + 1);
            }
            let single = alteration.alter.actions.len() == 1;
            let fix = single.then(|| {
                let mut fix = Fix::edits("validate it in a change of its own", vec![Edit::replace(span, "")]);
                fix.follow_ups.push(alteration.validation(cx, cx.slice(name.span)));
                fix
            });
            out.report(action.span, message).help("validate the constraint in a change of its own").fix(fix);
        }
    }
}
