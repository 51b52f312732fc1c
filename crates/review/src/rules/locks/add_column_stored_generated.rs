use sluice_sql::model::Storage;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A stored generated column is added to a table that is in use.
    ///
    /// ## Why
    /// Its value must be written to every row: the whole table and all of its indexes are written anew under an `ACCESS
    /// EXCLUSIVE` lock, and nobody reads or writes meanwhile. PostgreSQL 18 has virtual ones, which cost nothing.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN upper_note text GENERATED ALWAYS AS (upper(note)) STORED;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres 18
    /// ALTER TABLE orders ADD COLUMN upper_note text GENERATED ALWAYS AS (upper(note)) VIRTUAL;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddColumnStoredGenerated, "locks/add-column-stored-generated", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnStoredGenerated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            if column.generated().is_none_or(|generated| generated.storage != Storage::Stored) {
                continue;
            }
            let message = format!(
                "a stored generated column rewrites `{}` under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            let help = if cx.version.at_least(18, 0) {
                "make it VIRTUAL, or a plain column that a trigger fills"
            } else {
                "add a plain column, fill it with a trigger, and fill the old rows in batches"
            };
            out.report(action.span, message).help(help);
        }
    }
}
