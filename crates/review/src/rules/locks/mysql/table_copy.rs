use sluice_sql::model::{
    AlterAction, AlterTable, PartitionAction, Statement, TableAction, TableConstraintKind,
};

use super::OnlineDdl;
use crate::{Algorithm, Context, Engines, Meta, OnlineLock, Rule, Sink, rule};

rule! {
    /// A table that is in use is copied row by row while nobody may write to it.
    ///
    /// ## Why
    /// With `ALGORITHM=COPY` the server writes every row into a new table under `LOCK=SHARED`: reads go on, every write waits
    /// until the copy is done, and an exclusive metadata lock ends it. That takes as long as the table is big, on each replica
    /// again. New types, shorter strings, other charsets, checks, foreign keys, stored generated columns and partitioning have no other way.
    /// MariaDB copies under `LOCK=NONE` since 11.2, which this rule is silent about.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, amount int NOT NULL);
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY amount bigint NOT NULL;
    /// ```
    /// ```sql
    /// ALTER TABLE orders PARTITION BY HASH (id) PARTITIONS 4;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, amount int NOT NULL);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN amount_big bigint;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Online DDL Operations, Partitioning Operations; measured on MariaDB 10.11, partitioning aside.
    TableCopy, "locks/table-copy", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for TableCopy {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if let Some(alter) = cx.altered() {
            partitioned_anew(cx, alter, out);
        }
        let Some(ddl) = OnlineDdl::of(cx) else { return };
        if ddl.online.algorithm != Algorithm::Copy || ddl.online.lock == OnlineLock::None {
            return;
        }
        let table = cx.display(ddl.table);
        let message = format!(
            "`{table}` is copied row by row (ALGORITHM=COPY, LOCK=SHARED): nobody writes to it until the copy is done"
        );
        out.report(ddl.table.span, message).evidence(cx.forecast().evidence).help(way_out(cx));
    }
}

/// What to do instead, which depends on what makes the server copy.
fn way_out(cx: &Context<'_>) -> String {
    let tool = tool(cx);
    let actions = match &cx.parsed.statement {
        Statement::AlterTable(alter) => alter.actions.as_slice(),
        _ => &[],
    };
    for action in actions {
        let instead = match &action.kind {
            TableAction::AddConstraint(constraint) => match &constraint.kind {
                TableConstraintKind::ForeignKey(_) => {
                    "look for rows without a parent, then add the key with foreign_key_checks = 0, which copies nothing"
                }
                TableConstraintKind::Check(_) => {
                    return format!(
                        "add it while few write, or run it with an online schema change tool such as {tool}"
                    );
                }
                _ => continue,
            },
            TableAction::DropPrimaryKey => {
                "add the new primary key in the same statement: then the table is built anew in place"
            }
            TableAction::ModifyColumn { .. } | TableAction::ChangeColumn { .. } => {
                return format!(
                    "add a new column and fill it in batches, or run it with an online schema change tool such as {tool}"
                );
            }
            _ => continue,
        };
        return instead.to_owned();
    }
    format!("run it while few write, or with an online schema change tool such as {tool}")
}

/// gh-ost does not touch tables with foreign keys.
fn tool(cx: &Context<'_>) -> &'static str {
    let relation = OnlineDdl::of(cx).and_then(|ddl| cx.relation(ddl.table));
    let linked = relation.is_some_and(|it| {
        it.foreign_keys().next().is_some() || cx.schema.references_to(&it.name).next().is_some()
    });
    if linked { "pt-online-schema-change" } else { "gh-ost" }
}

/// Partitioning has no algorithm of its own to tell: every row goes to another place.
fn partitioned_anew(cx: &Context<'_>, alter: &AlterTable, out: &mut Sink<'_>) {
    use PartitionAction as P;
    let moves_rows = |action: &&AlterAction| {
        let TableAction::Partition(action) = &action.kind else { return false };
        matches!(action, P::By(_) | P::Remove | P::Coalesce(_) | P::Add { count: Some(_), .. })
    };
    if let Some(action) = alter.actions.iter().find(moves_rows) {
        let table = cx.display(&alter.name);
        let message = format!(
            "all rows of `{table}` go to other partitions: nobody writes to it until they are copied"
        );
        out.report(action.span, message).evidence(cx.forecast().evidence).help(format!(
            "fill a new table in batches, or run it with an online schema change tool such as {}",
            tool(cx)
        ));
    }
}
