use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is partitioned.
    ///
    /// ## Why
    /// Partitions need care for years: unique keys must hold the partition key, and new ones must be made in time.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint, day date) PARTITION BY RANGE (day);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Partitioning, Limitations; MySQL manual, Restrictions and Limitations on Partitioning.
    PartitionedTable, "schema/partitioned-table", Engines::SERVERS, Warning, All
}

impl Rule for PartitionedTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["statement/disallow-partition"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if create.partition_by.is_some() {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` is partitioned"))
                .help("ask whether one table is not enough");
        }
    }
}
