use sluice_sql::model::{PartitionMethod, Statement, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A key of a partitioned table lacks a column of the partition key.
    ///
    /// ## Why
    /// The server refuses it: uniqueness is only kept within a partition.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE events (id bigint PRIMARY KEY, at date NOT NULL) PARTITION BY RANGE (at);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE events (id bigint PRIMARY KEY, at int NOT NULL) PARTITION BY HASH (at) PARTITIONS 4;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE events (id bigint, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE events (id bigint, at int NOT NULL, PRIMARY KEY (id, at)) PARTITION BY HASH (at) PARTITIONS 4;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18; MySQL manual, Partitioning Keys, Primary Keys, and Unique Keys.
    PartitionKeyInUnique, "correctness/partition-key-in-unique", Engines::SERVERS, Error, Recommended
}

impl Rule for PartitionKeyInUnique {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let Some(partitioning) = &create.partition_by else { return };
        if partitioning.method == PartitionMethod::SystemTime {
            return;
        }
        let inline = create
            .columns()
            .filter(|it| it.primary_key().is_some() || it.unique().is_some())
            .map(|it| (vec![&it.name], it.span));
        let of_table = create
            .constraints()
            .filter(|it| {
                matches!(it.kind, TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_))
            })
            .map(|it| (it.columns(), it.span));
        for (columns, span) in inline.chain(of_table) {
            let missing = partitioning
                .keys
                .iter()
                .flat_map(|key| &key.columns)
                .find(|one| columns.iter().all(|column| !column.same(&one.name, cx.dialect())));
            if let Some(missing) = missing {
                out.report(
                    span,
                    format!("this key lacks `{}`, by which the table is partitioned", missing.name.text),
                )
                .help("put the columns of the partition key into it");
            }
        }
    }
}
