use sluice_sql::model::{Assignment, NameClass, ObjectName, Statement};

use crate::rules::security::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `UPDATE` without `WHERE` changes every row.
    ///
    /// ## Why
    /// A condition that was forgotten looks the same as one that was not wanted. Every row is locked until the transaction
    /// ends and, in PostgreSQL, written anew. `WHERE true` says that it is meant.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// UPDATE orders SET status = 0;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// UPDATE orders SET status = 0 WHERE status IS NULL;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, UPDATE; MySQL manual, Using Safe-Updates Mode.
    UpdateWithoutWhere, "rows/update-without-where", Engines::ALL, Warning, Recommended
}

impl Rule for UpdateWithoutWhere {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::run_now(cx) {
            let Statement::Update(update) = &one.statement else { continue };
            let Some(table) = update.tables.first() else { continue };
            let joined =
                !update.facts.joins.is_empty() && update.facts.joins.iter().all(|join| join.conditional);
            if update.filter.is_some() || update.limit.is_some() || joined || cx.is_new(&table.name) {
                continue;
            }
            // Another rule is about columns that are new.
            if update.assignments.iter().any(|it| is_new_column(cx, &table.name, it)) {
                continue;
            }
            let name = cx.display(&table.name);
            out.report(one.span, format!("this changes every row of `{name}`"))
                .help("add a WHERE, or WHERE true if every row is meant");
        }
    }
}

/// Whether the column came with what is deployed now.
fn is_new_column(cx: &Context<'_>, table: &ObjectName, assignment: &Assignment) -> bool {
    let name = assignment.column.name.key(cx.dialect(), NameClass::Other);
    let column = cx.relation(table).and_then(|relation| relation.column(&name));
    column.is_some_and(|column| cx.made_here(column.origin))
}
