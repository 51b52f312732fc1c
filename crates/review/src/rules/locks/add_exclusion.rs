use sluice_sql::model::TableConstraintKind;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An exclusion constraint is added to a table that is in use.
    ///
    /// ## Why
    /// Its index is built under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. There is no `NOT VALID` and
    /// no `USING INDEX` for it.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE bookings (id bigint PRIMARY KEY, during tstzrange);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE bookings ADD CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE bookings (id bigint PRIMARY KEY, during tstzrange);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE rooms (during tstzrange, EXCLUDE USING gist (during WITH &&), id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddExclusion, "locks/add-exclusion", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddExclusion {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for constraint in alteration.constraints() {
            if !matches!(constraint.kind, TableConstraintKind::Exclude(_)) {
                continue;
            }
            let message = format!(
                "the index of this constraint is built under an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(constraint.span, message).help(
                "make a new table with the constraint and move the rows, or do this while nobody works",
            );
        }
    }
}
