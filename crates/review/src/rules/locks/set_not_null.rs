use sluice_sql::model::{ColumnChange, Ident, TableAction, TableConstraintKind};
use sluice_text::{Edit, Fix, Span};

use crate::rules::locks::alteration::Alteration;
use crate::rules::locks::not_null_proof::NotNullProof;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `SET NOT NULL` reads the whole table to look for nulls.
    ///
    /// ## Why
    /// The table is read under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. If a validated `CHECK (c IS
    /// NOT NULL)` proves that there is none, nothing is read. Such a check is added as `NOT VALID` in an instant and
    /// validated without blocking anybody. PostgreSQL 18 can add `NOT NULL` itself as `NOT VALID`.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
    /// ```
    /// ```sql postgres 18
    /// ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer_id_not_null CHECK (customer_id IS NOT NULL) NOT VALID;
    /// ```
    /// ```sql postgres 18
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer_id_not_null NOT NULL customer_id NOT VALID;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE; measured on 14–18.
    SetNotNull, "locks/set-not-null", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let (name, fix) = match &action.kind {
                TableAction::AlterColumn { name, change, .. } if **change == ColumnChange::SetNotNull => {
                    (name, fix(cx, &alteration, name, action.span))
                }
                TableAction::AddConstraint(constraint) if !constraint.not_valid.is_written() => {
                    let TableConstraintKind::NotNull(name) = &constraint.kind else { continue };
                    (name, alteration.later(cx, constraint, "not_null"))
                }
                _ => continue,
            };
            let column = name.folded(cx.dialect());
            let is_proven = alteration.relation.is_some_and(|it| {
                it.proves_not_null(&column) || it.column(&column).is_some_and(|column| column.not_null)
            });
            if is_proven {
                continue;
            }
            let message = format!(
                "all of `{}` is read for nulls under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            let help = if cx.version.at_least(18, 0) {
                "add the constraint as NOT NULL … NOT VALID, and validate it in a change of its own"
            } else {
                "add CHECK (… IS NOT NULL) NOT VALID, validate it in a change of its own, then SET NOT NULL"
            };
            out.report(action.span, message).help(help).fix(fix);
        }
    }
}

/// The constraint as `NOT VALID`, its validation, and what makes it a `NOT NULL`.
fn fix(cx: &Context<'_>, alteration: &Alteration<'_>, name: &Ident, action: Span) -> Option<Fix> {
    let column = name.folded(cx.dialect());
    let proof = NotNullProof::of(cx, alteration, &[(cx.slice(name.span), column.as_ref())])?;
    let edit = Edit::replace(action, proof.begin());
    let mut fix = Fix::edits("prove that there are no nulls in a change of its own", vec![edit]);
    fix.follow_ups.push(proof.validation(cx, alteration));
    fix.follow_ups.extend(proof.last(cx, alteration));
    Some(fix)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::SourceFile;

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    #[test]
    fn a_validated_check_proves_that_there_are_no_nulls() {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let read =
            |sql: &str| Script::read(Dialect::Postgres, SourceFile::new("a.sql", sql), ChangeInfo::default());
        for (check, silent) in [("", true), (" NOT VALID", false)] {
            let mut reviewer = Reviewer::new(Schema::empty(Dialect::Postgres), &policy, conditions);
            reviewer.replay(&read(&format!(
                "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL AND a > 0){check};"
            )));
            let review = reviewer.review(&read("ALTER TABLE t ALTER COLUMN a SET NOT NULL;"));
            assert_eq!(review.findings.iter().all(|it| it.rule != "locks/set-not-null"), silent);
        }
    }
}
