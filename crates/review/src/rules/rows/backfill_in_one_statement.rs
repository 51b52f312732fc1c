use sluice_sql::model::{ConjunctKind, NameClass, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A new column is filled in all rows by one statement.
    ///
    /// ## Why
    /// The statement locks every row until its transaction ends, together with whatever the DDL before it locked; in
    /// PostgreSQL each row is written anew and the table grows to twice its size. Writers wait, replicas fall behind.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN source integer;
    /// UPDATE orders SET source = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN source integer;
    /// ```
    /// ```sql
    /// UPDATE orders SET status = 1 WHERE id BETWEEN 1 AND 1000;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking, Row-Level Locks; MySQL manual, Locks Set by Different SQL Statements in InnoDB;
    /// strong_migrations, backfilling data.
    BackfillInOneStatement, "rows/backfill-in-one-statement", Engines::SERVERS, Warning, Recommended
}

impl Rule for BackfillInOneStatement {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["locks/slow-work-after-lock"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Update(update) = &cx.parsed.statement else { return };
        let Some(table) = update.tables.first().filter(|table| !cx.is_new(&table.name)) else { return };
        let whole = update.filter.as_ref().is_none_or(|filter| {
            let conjuncts = &filter.expr.conjuncts;
            !conjuncts.is_empty() && conjuncts.iter().all(|it| it.kind == ConjunctKind::AlwaysTrue)
        });
        if !whole || update.limit.is_some() {
            return;
        }
        let relation = cx.relation(&table.name);
        // A table this small is written in a moment.
        if relation.and_then(|it| it.rows).is_some_and(|rows| rows < 10_000) {
            return;
        }
        let new = update.assignments.iter().find(|assignment| {
            let name = assignment.column.name.key(cx.dialect(), NameClass::Other);
            let column = relation.and_then(|relation| relation.column(&name));
            column.is_some_and(|column| cx.made_here(column.origin))
        });
        // Other rules are about columns that are not new.
        if new.is_none() {
            return;
        }
        let name = cx.display(&table.name);
        out.report(cx.parsed.span, format!("this locks every row of `{name}` until its transaction ends"))
            .help("fill the column in batches, in a change of its own");
    }
}
