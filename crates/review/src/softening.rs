//! How much less findings weigh where statistics say that the tables are small: one place for all rules whose harm grows with the rows.

use sluice_schema::Schema;
use sluice_text::{Evidence, Severity};

use crate::sink::Draft;
use crate::statistics::worked_on;
use crate::{Duration, Estimate, Forecast};

/// Rules about work that takes longer the more rows there are. Those about locks that are held for a moment are not among them:
/// a queue forms behind a lock on a small table, too.
const GROW_WITH_ROWS: &[&str] = &[
    "locks/add-check",
    "locks/add-column-check",
    "locks/add-column-constrained-domain",
    "locks/add-column-foreign-key",
    "locks/add-column-serial",
    "locks/add-column-stored-generated",
    "locks/add-column-unique",
    "locks/add-column-volatile-default",
    "locks/add-exclusion",
    "locks/add-foreign-key",
    "locks/add-primary-key",
    "locks/add-unique-constraint",
    "locks/attach-partition",
    "locks/cluster",
    "locks/column-type-reindex",
    "locks/column-type-rewrite",
    "locks/create-index",
    "locks/create-index-partitioned",
    "locks/create-partition-default",
    "locks/domain-constraint",
    "locks/primary-key-nullable-columns",
    "locks/refresh-materialized-view",
    "locks/reindex",
    "locks/set-logged",
    "locks/set-not-null",
    "locks/set-tablespace",
    "locks/slow-work-after-lock",
    "locks/sqlite-index-build",
    "locks/sqlite-table-rewrite",
    "locks/table-copy",
    "locks/table-rebuild",
    "locks/vacuum-full",
    "locks/validate-in-same-transaction",
    "locks/writes-blocked",
];

/// Rows may be long: beyond this many bytes a table is not small, however few they are.
const FEW_BYTES: u64 = 16 << 20;
/// A table that is read or written at most so many times in a minute is quiet.
const QUIET: u64 = 60;

/// The severity of what a rule has found in a statement. `few_rows` is the policy's own limit for small tables.
pub(crate) fn soften(
    rule: &str,
    severity: Severity,
    draft: &mut Draft,
    (forecast, schema): (&Forecast, &Schema),
    few_rows: u64,
) -> Severity {
    if !GROW_WITH_ROWS.contains(&rule) {
        return severity;
    }
    let Some(estimate) = Estimate::of(forecast, schema) else { return severity };
    draft.evidence = Evidence::Measured;
    let small = estimate.rows <= few_rows && estimate.bytes.is_none_or(|bytes| bytes <= FEW_BYTES);
    let time = match estimate.duration {
        Duration::Moment => "a moment".to_owned(),
        duration => duration.name().to_owned(),
    };
    let separator = if draft.help.is_empty() { "" } else { "; " };
    draft.help.push_str(&format!("{separator}statistics: {estimate}, takes {time}"));
    match (small, severity) {
        (false, severity) => severity,
        (true, Severity::Error) if !is_quiet(forecast, schema) => Severity::Warning,
        (true, _) => Severity::Info,
    }
}

/// Whether nothing that is locked or worked on is used much; not where that is not known.
fn is_quiet(forecast: &Forecast, schema: &Schema) -> bool {
    let names = forecast.work.iter().map(|work| &work.relation);
    names.chain(forecast.blocking().map(|lock| &lock.relation)).all(|name| {
        worked_on(forecast, schema, name)
            .and_then(|relation| relation.calls_per_minute)
            .is_some_and(|calls| calls <= QUIET)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_softened_exists() {
        for id in GROW_WITH_ROWS {
            assert!(crate::rules::find(id).is_some(), "{id}");
        }
    }
}
