use sluice_sql::model::{Expr, Volatility};
use sluice_text::Evidence;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added with a default that differs from row to row.
    ///
    /// ## Why
    /// A default that calls a volatile function must be computed for each row, so the whole table and all of its indexes
    /// are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. `now()` and other stable
    /// functions are computed once and are free.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN token uuid;
    /// ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN created_at timestamptz DEFAULT now();
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, Notes; measured on 14–18.
    AddColumnVolatileDefault, "locks/add-column-volatile-default", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnVolatileDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            let Some(certain) = column.default().and_then(|default| volatile(cx, default)) else { continue };
            let message = format!(
                "this default is computed for each row: `{}` is rewritten under an ACCESS EXCLUSIVE lock, and nobody reads or writes it meanwhile",
                alteration.table
            );
            let reported = out
                .report(action.span, message)
                .help("add the column without default, SET DEFAULT next, and fill the old rows in batches");
            if !certain {
                reported.evidence(Evidence::Assumed);
            }
        }
    }
}

/// Whether a default is volatile (true), or may be (false).
fn volatile(cx: &Context<'_>, default: &Expr) -> Option<bool> {
    let worst = default
        .calls
        .iter()
        .filter(|call| !cx.schema.routine(&call.name).is_some_and(|routine| routine.steady))
        .map(|call| call.volatility(cx.dialect()))
        .max()?;
    (worst >= Volatility::Unknown).then_some(worst == Volatility::Volatile)
}
