use sluice_sql::model::{PartitionAction, TableAction};
use sluice_text::{Edit, Fix};

use crate::rules::locks::alteration::{Alteration, is_bracketed};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A partition is detached under the strongest lock.
    ///
    /// ## Why
    /// The statement takes an `ACCESS EXCLUSIVE` lock on the partitioned table and the partition: it waits for all who use
    /// the table, and all others wait behind it. `CONCURRENTLY` lets them work; it cannot run in a transaction, and is
    /// refused while there is a default partition.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events DETACH PARTITION events_2025;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events DETACH PARTITION events_2025 CONCURRENTLY;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, DETACH PARTITION; measured on 14–18.
    DetachPartition, "locks/detach-partition", Engines::POSTGRES, Warning, Recommended
}

impl Rule for DetachPartition {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let TableAction::Partition(PartitionAction::Detach { concurrently, finalize, .. }) = &action.kind
            else {
                continue;
            };
            if concurrently.is_written() || *finalize {
                continue;
            }
            let has_default = alteration.relation.is_some_and(|parent| {
                cx.schema.partitions(&parent.name).iter().any(|it| it.default_partition)
            });
            let message = format!(
                "detaching takes an ACCESS EXCLUSIVE lock on `{}` and the partition: reads and writes wait",
                alteration.table
            );
            let help = if has_default {
                "do this when no long transaction uses the table: CONCURRENTLY is refused while there is a default partition"
            } else {
                "detach it CONCURRENTLY"
            };
            let fix = (!has_default && !is_bracketed(cx)).then(|| {
                let edit = Edit::insert(concurrently.span.start, " CONCURRENTLY");
                Fix::edits("detach the partition concurrently", vec![edit])
            });
            out.report(action.span, message).help(help).fix(fix);
        }
    }
}
