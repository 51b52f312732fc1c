use crate::rules::locks::alteration::Alteration;
use crate::rules::locks::type_change::{Effort, changes};
use sluice_schema::ConstraintKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The type of a column changes so that its checks are proven again for every row.
    ///
    /// ## Why
    /// The rows stay as they are, but the table is read for every `CHECK` over the column under an `ACCESS EXCLUSIVE` lock: nobody
    /// reads or writes meanwhile.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(10) CHECK (length(note) > 2));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(30);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(10), other varchar(10) CHECK (length(other) > 2));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(30);
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18: `varchar(10)` to `varchar(30)` on a column with a check.
    ColumnTypeCheck, "locks/column-type-check", Engines::POSTGRES, Error, Recommended
}

impl Rule for ColumnTypeCheck {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for change in changes(cx, &alteration) {
            if change.effort == Effort::Rewrite {
                continue;
            }
            let column = change.name.folded(cx.dialect());
            let constraints = alteration.relation.into_iter().flat_map(|relation| &relation.constraints);
            let checks: Vec<String> = constraints
                .filter(|it| it.validated && it.enforced && matches!(it.kind, ConstraintKind::Check { .. }))
                .filter(|it| it.columns().iter().any(|one| *one == *column))
                .map(|it| format!("`{}`", it.name))
                .collect();
            if checks.is_empty() || change.is_same(cx) {
                continue;
            }
            let message = format!(
                "`{}` is read for {} under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table,
                checks.join(", ")
            );
            out.report(change.action.span, message).help(
                "drop the check in this change, and add it again as NOT VALID; validate it in a change of its own",
            );
        }
    }
}
