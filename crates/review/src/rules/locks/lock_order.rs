use sluice_sql::model::{Statement, StatementKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Two transactions lock the same tables in opposite order.
    ///
    /// ## Why
    /// One of them goes against the order in which programs take their locks: that is how deadlocks come about. It is looked for in all
    /// changes that are deployed together.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// BEGIN;
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ALTER TABLE customers ADD COLUMN name text;
    /// COMMIT;
    /// BEGIN;
    /// ALTER TABLE customers ADD COLUMN city text;
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// BEGIN;
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// COMMIT;
    /// BEGIN;
    /// ALTER TABLE customers ADD COLUMN name text;
    /// COMMIT;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking, Deadlocks.
    LockOrder, "locks/lock-order", Engines::POSTGRES, Warning, Strict
}

impl Rule for LockOrder {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let of_rows = matches!(cx.parsed.statement.kind(), StatementKind::Rows | StatementKind::Query);
        if cx.held.is_empty()
            || cx.orders.is_empty()
            || of_rows
            || !cx.in_transaction()
            || matches!(cx.parsed.statement, Statement::Do(_))
        {
            return;
        }
        for lock in cx.forecast().blocking().filter(|lock| cx.in_use(&lock.relation)) {
            let there = cx.held.iter().any(|held| held.relation == lock.relation);
            let opposite = cx.held.iter().find_map(|held| {
                let pair = (lock.relation.clone(), held.relation.clone());
                cx.orders.get(&pair).map(|place| (held, place))
            });
            let Some((held, place)) = opposite.filter(|_| !there) else { continue };
            let message = format!(
                "this locks `{}` after `{}`; `{place}` locks them the other way round",
                lock.relation, held.relation
            );
            out.report(cx.parsed.span, message)
                .help("lock tables in the same order everywhere, or one in each change");
            return;
        }
    }
}
