use sluice_schema::{ConstraintKind, Relation};
use sluice_sql::model::{ObjectName, PartitionAction, PartitionBound, Statement, TableAction};
use sluice_text::{Edit, Fix, FollowUp};

use crate::rules::locks::alteration::{Alteration, word};
use crate::rules::locks::filling::{is_last_word, quoted};

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
    /// ```sql postgres
    /// CREATE TABLE history (id bigint, day date) PARTITION BY RANGE (day);
    /// ALTER TABLE history ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
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
        // A new table that takes an old one as its partition is no reason to keep quiet about the old one.
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let alteration =
            Alteration { alter, relation: cx.relation(&alter.name), table: cx.display(&alter.name) };
        let columns: &[String] =
            alteration.relation.and_then(|it| it.partitioned_by.as_ref()).map_or(&[], |by| &by.columns);
        for action in &alteration.alter.actions {
            let TableAction::Partition(PartitionAction::Attach { table, bound }) = &action.kind else {
                continue;
            };
            if !cx.is_new(table) && !cx.relation(table).is_some_and(|it| is_checked(it, columns)) {
                let message = format!(
                    "all of `{}` is read under an ACCESS EXCLUSIVE lock before it becomes a partition of `{}`",
                    cx.display(table),
                    alteration.table
                );
                let columns = if columns.len() == 1 && !cx.is_new(&alter.name) { columns } else { &[] };
                out.report(table.span, message)
                    .help("add a CHECK that says what the bound says as NOT VALID, and validate it in a change before this one")
                    .fix(columns.first().and_then(|column| checked_first(cx, &alteration, table, bound, column)));
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

/// A check that says what the bound of a key of one column says, its validation, and the statement after both.
fn checked_first(
    cx: &Context<'_>,
    alteration: &Alteration<'_>,
    table: &ObjectName,
    bound: &PartitionBound,
    column: &str,
) -> Option<Fix> {
    let partition = cx.relation(table)?;
    let name = format!("{}_bound", partition.name.name);
    let fits = name.len() < 64 && quoted(&name) == name && partition.constraint(&name).is_none();
    if !fits || alteration.alter.actions.len() != 1 || !is_last_word(cx, Some(partition), &name) {
        return None;
    }
    let key = quoted(column);
    let says = condition(cx, &key, bound)?;
    let written = cx.slice(table.span);
    let add =
        format!("ALTER TABLE {written} ADD CONSTRAINT {name} CHECK ({key} IS NOT NULL{says}) NOT VALID");
    let mut fix = Fix::edits("prove that the rows fit first", vec![Edit::replace(cx.parsed.span, add)]);
    fix.follow_ups.push(FollowUp {
        name: format!("validate_{name}"),
        sql: format!("ALTER TABLE {written} VALIDATE CONSTRAINT {name};\n"),
    });
    fix.follow_ups.push(FollowUp {
        name: format!("attach_{}", word(&partition.name.name)),
        sql: format!(
            "{};\nALTER TABLE {written} DROP CONSTRAINT {name};\n",
            cx.slice(cx.parsed.span).trim_end()
        ),
    });
    Some(fix)
}

/// What a bound demands of the key beside that it is not null, as text of SQL.
fn condition(cx: &Context<'_>, key: &str, bound: &PartitionBound) -> Option<String> {
    match bound {
        PartitionBound::Range { from, to } => {
            let ([from], [to]) = (from.as_slice(), to.as_slice()) else { return None };
            let limit = |sign: &str, text: &str| match text.to_ascii_uppercase().as_str() {
                "MINVALUE" | "MAXVALUE" => String::new(),
                _ => format!(" AND {key} {sign} {text}"),
            };
            Some(format!("{}{}", limit(">=", cx.slice(from.span)), limit("<", cx.slice(to.span))))
        }
        PartitionBound::In(values) if values.iter().all(|value| !value.is_null()) => {
            let values: Vec<&str> = values.iter().map(|value| cx.slice(value.span)).collect();
            Some(format!(" AND {key} IN ({})", values.join(", ")))
        }
        _ => None,
    }
}
