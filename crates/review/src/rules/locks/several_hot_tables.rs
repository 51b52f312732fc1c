use crate::rules::locks::strong_lock;
use crate::rules::remainder::{self, Pieces};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

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

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if !cx.in_transaction() {
            return;
        }
        let now = strong_lock::of(cx, &cx.parsed.statement);
        if now.is_empty() {
            return;
        }
        let before = strong_lock::before(cx);
        let Some(new) = now.iter().find(|name| !before.contains(name)) else { return };
        // The second table is told of, those after it are the same story.
        let [first] = before.as_slice() else { return };
        let message = format!(
            "this waits for an ACCESS EXCLUSIVE lock on `{new}` while it holds one on `{first}`: nobody reads or writes either"
        );
        out.report(cx.parsed.span, message)
            .help("put each table into a change of its own")
            .fix(remainder::after(cx, Pieces::Each));
    }
}
