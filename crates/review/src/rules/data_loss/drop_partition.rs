use sluice_sql::model::{PartitionAction, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A partition is dropped or emptied with its rows.
    ///
    /// ## Why
    /// All rows of the partition are gone at once, without a `DELETE` that could be looked at. Say `phase=contract` where they are meant to go.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE events (id bigint NOT NULL, year int NOT NULL) PARTITION BY RANGE (year) (PARTITION p2024 VALUES LESS THAN (2025), PARTITION p2025 VALUES LESS THAN (2026));
    /// ```
    /// ```sql
    /// ALTER TABLE events DROP PARTITION p2024;
    /// ```
    /// ```sql
    /// ALTER TABLE events TRUNCATE PARTITION p2024;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE events (id bigint NOT NULL, year int NOT NULL) PARTITION BY RANGE (year) (PARTITION p2024 VALUES LESS THAN (2025), PARTITION p2025 VALUES LESS THAN (2026));
    /// ```
    /// ```sql
    /// ALTER TABLE events ADD PARTITION (PARTITION p2026 VALUES LESS THAN (2027));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Management of RANGE and LIST Partitions.
    DropPartition, "data-loss/drop-partition", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for DropPartition {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        if cx.change.contract || cx.is_new(&alter.name) {
            return;
        }
        for action in &alter.actions {
            let names = match &action.kind {
                TableAction::Partition(PartitionAction::Drop(names)) => Some(names),
                TableAction::Partition(PartitionAction::Truncate(names)) => names.as_ref(),
                _ => continue,
            };
            let which = names.map_or_else(
                || "every partition".to_owned(),
                |names| names.iter().map(|name| format!("`{}`", name.text)).collect::<Vec<_>>().join(", "),
            );
            let message = format!("every row of {which} of `{}` is lost", cx.display(&alter.name));
            out.report(action.span, message)
                .help("exchange the partition with a table that is kept, or say phase=contract");
        }
    }
}
