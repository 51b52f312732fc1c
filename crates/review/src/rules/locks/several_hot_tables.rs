use sluice_sql::ObjectKind;
use sluice_sql::model::{Statement, StatementKind};

use crate::rules::remainder::{self, Pieces};

use crate::{Context, Engines, Lock, LockMode, Meta, Rule, Sink, rule};

rule! {
    /// One transaction locks several tables in use with the strongest lock.
    ///
    /// ## Why
    /// A lock is held until the transaction ends, so the first table stands still while the second lock is waited for; and
    /// another transaction that takes them in the other order makes a deadlock. Sluice gives up soon and tries again, which
    /// helps but starts over.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ALTER TABLE customers ADD COLUMN name text;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking, Deadlocks.
    SeveralHotTables, "locks/several-hot-tables", Engines::POSTGRES, Info, Recommended
}

impl Rule for SeveralHotTables {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["locks/lock-order"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        // Of a block, each statement is looked at.
        let about_table = match &cx.parsed.statement {
            Statement::Do(_) | Statement::CreateView(_) => false,
            Statement::Drop(drop) => drop.kind != ObjectKind::View,
            Statement::AlterTable(alter) => alter.kind != ObjectKind::View,
            _ => true,
        };
        let of_rows = matches!(cx.parsed.statement.kind(), StatementKind::Rows | StatementKind::Query);
        if cx.held.is_empty() || !cx.in_transaction() || !about_table || of_rows {
            return;
        }
        let mut held = cx.held.iter().filter(|held| held.mode == LockMode::AccessExclusive);
        // The second statement that locks is told of, those after it are the same story.
        let Some(first) = held.next().filter(|first| held.all(|other| other.by == first.by)) else { return };
        let is_new = |lock: &&Lock| {
            lock.mode == LockMode::AccessExclusive
                && cx.in_use(&lock.relation)
                && cx.held.iter().all(|held| held.relation != lock.relation)
        };
        let Some(new) = cx.forecast().locks.iter().find(is_new) else { return };
        let (new, first) = (&new.relation, &first.relation);
        let message = format!(
            "this waits for an ACCESS EXCLUSIVE lock on `{new}` while it holds one on `{first}`: nobody reads or writes either"
        );
        out.report(cx.parsed.span, message)
            .help("put each table into a change of its own")
            .fix(remainder::after(cx, Pieces::Each));
    }
}
