use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Partitioned tables are not wanted.
    ///
    /// ## Why
    /// Partitions must be made in time and taken away, and limit keys and constraints. This rule is for projects that have
    /// decided to do without.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE log (at date) PARTITION BY RANGE (at);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE log (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Partitioning, Limitations; MySQL manual, Restrictions and Limitations on Partitioning.
    DisallowPartition, "statement/disallow-partition", Engines::SERVERS, Warning, All
}

impl Rule for DisallowPartition {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(table) = &cx.parsed.statement else { return };
        if table.partition_by.is_some() {
            let name = table.name.display(cx.dialect());
            out.report(table.name.span, format!("`{name}` is partitioned")).help("keep it in one piece");
        }
    }
}
