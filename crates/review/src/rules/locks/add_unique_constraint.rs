use sluice_sql::model::TableConstraintKind;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A unique constraint is added that builds its index under the strongest lock.
    ///
    /// ## Why
    /// The index is built under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. Build it with `CREATE UNIQUE
    /// INDEX CONCURRENTLY`, then make it a constraint with `USING INDEX`, which is a matter of the catalog alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE UNIQUE INDEX orders_note_idx ON orders (note);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT orders_note UNIQUE (note);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD UNIQUE (note);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE UNIQUE INDEX orders_note_idx ON orders (note);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT orders_note UNIQUE USING INDEX orders_note_idx;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, ADD table_constraint_using_index; measured on 14–18.
    AddUniqueConstraint, "locks/add-unique-constraint", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddUniqueConstraint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for constraint in alteration.constraints() {
            let TableConstraintKind::Unique(key) = &constraint.kind else { continue };
            if key.using_index.is_some() {
                continue;
            }
            let message = format!(
                "the index of this constraint is built under an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it meanwhile",
                alteration.table
            );
            let help = if alteration.is_partitioned() {
                "build unique indexes concurrently on the partitions, and attach them to one ON ONLY the table"
            } else {
                "build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX"
            };
            out.report(constraint.span, message)
                .help(help)
                .fix(alteration.index_first(cx, constraint, key, "key"));
        }
    }
}
