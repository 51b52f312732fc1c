use crate::rules::locks::alteration::Alteration;
use crate::rules::locks::type_change::changes;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The type or collation of a column changes so that its indexes are built anew.
    ///
    /// ## Why
    /// The table stays as it is, but every index over the column is built anew under an `ACCESS EXCLUSIVE` lock: nobody
    /// reads or writes meanwhile. So it is with a new collation, with `timestamp` to `timestamptz` in UTC, and with
    /// expression indexes over a `text` that becomes a `varchar`.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text, other text);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE text COLLATE "C";
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text, other text);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN other TYPE text COLLATE "C";
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    ColumnTypeReindex, "locks/column-type-reindex", Engines::POSTGRES, Error, Recommended
}

impl Rule for ColumnTypeReindex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for change in changes(cx, &alteration) {
            let column = change.name.folded(cx.dialect());
            let indexes: Vec<String> =
                change.rebuilt.iter().map(|index| format!("`{}`", index.name)).collect();
            if indexes.is_empty() || alteration.is_partitioned() {
                continue;
            }
            let message = format!(
                "this change of `{column}` builds {} anew under an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it meanwhile",
                indexes.join(", "),
                alteration.table
            );
            out.report(change.action.span, message).help(
                "drop the index concurrently before, and build it concurrently in a change of its own after it",
            );
        }
    }
}
