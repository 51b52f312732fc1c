use sluice_schema::ConstraintKind;
use sluice_sql::model::{PartitionBound, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A partition is created beside a default partition, which is read for its rows.
    ///
    /// ## Why
    /// The partitioned table and the default partition get an `ACCESS EXCLUSIVE` lock, and all rows of the default
    /// partition are looked at under it: nobody reads or writes the table meanwhile. A table that is attached later locks
    /// the partitioned table less.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_rest PARTITION OF events DEFAULT;
    /// ```
    /// ```sql postgres
    /// CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date) PARTITION BY RANGE (day);
    /// CREATE TABLE events_rest PARTITION OF events DEFAULT;
    /// ```
    /// ```sql postgres
    /// CREATE TABLE events_2027 (id bigint, day date);
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    CreatePartitionDefault, "locks/create-partition-default", Engines::POSTGRES, Warning, Recommended
}

impl Rule for CreatePartitionDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let Some(of) = &create.partition_of else { return };
        if of.bound == PartitionBound::Default || cx.is_new(&of.parent) {
            return;
        }
        let Some(parent) = cx.relation(&of.parent) else { return };
        let partitions = cx.schema.partitions(&parent.name);
        let default = partitions.iter().find(|it| {
            it.default_partition && it.partition_of.as_ref() == Some(&parent.name) && !cx.made_here(it.origin)
        });
        let Some(default) = default else { return };
        let has_check = default
            .constraints
            .iter()
            .any(|it| it.validated && it.enforced && matches!(it.kind, ConstraintKind::Check { .. }));
        if has_check {
            return;
        }
        let message = format!(
            "all of the default partition `{}` is read under an ACCESS EXCLUSIVE lock on it and on `{}`: nobody reads or writes them meanwhile",
            default.name, parent.name
        );
        out.report(of.span, message)
            .help("add a validated CHECK to the default partition that excludes the new rows, then create the table and attach it");
    }
}
