use sluice_schema::{ConstraintKind, Relation};
use sluice_sql::model::{PartitionAction, TableAction};

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table becomes a partition without a check that spares reading it.
    ///
    /// ## Why
    /// All rows are looked at under an `ACCESS EXCLUSIVE` lock on the table that is attached, and those of the default
    /// partition under one on that. A validated `CHECK` on the columns of the partition key that allows no other rows makes
    /// it a matter of the catalog.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2026 (id bigint, day date);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2026 (id bigint, day date);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE events_2027 (id bigint, day date);
    /// ALTER TABLE events ATTACH PARTITION events_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Partitioning; measured on 14–18.
    AttachPartition, "locks/attach-partition", Engines::POSTGRES, Warning, Recommended
}

impl Rule for AttachPartition {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let columns: &[String] =
            alteration.relation.and_then(|it| it.partitioned_by.as_ref()).map_or(&[], |by| &by.columns);
        for action in &alteration.alter.actions {
            let TableAction::Partition(PartitionAction::Attach { table, .. }) = &action.kind else {
                continue;
            };
            if !cx.is_new(table) && !cx.relation(table).is_some_and(|it| is_checked(it, columns)) {
                let message = format!(
                    "all of `{}` is read under an ACCESS EXCLUSIVE lock before it becomes a partition of `{}`",
                    cx.display(table),
                    alteration.table
                );
                out.report(table.span, message)
                    .help("add a CHECK that says what the bound says as NOT VALID, and validate it in a change before this one");
            }
            let Some(parent) = alteration.relation else { continue };
            let partitions = cx.schema.partitions(&parent.name);
            let default = partitions.iter().find(|it| it.default_partition && !cx.made_here(it.origin));
            if let Some(default) = default.filter(|it| !is_checked(it, columns)) {
                let message = format!(
                    "all of the default partition `{}` is read under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                    default.name
                );
                out.report(action.span, message).help(
                    "add a validated CHECK to the default partition that excludes the rows of the new one",
                );
            }
        }
    }
}

/// Whether a validated check reads all columns of the partition key. What it says is not compared with the bound.
fn is_checked(relation: &Relation, key: &[String]) -> bool {
    relation.constraints.iter().any(|constraint| {
        let ConstraintKind::Check { columns, .. } = &constraint.kind else { return false };
        constraint.validated
            && constraint.enforced
            && !columns.is_empty()
            && key.iter().all(|one| columns.contains(one))
    })
}
