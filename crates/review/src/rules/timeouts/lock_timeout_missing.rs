use sluice_sql::model::{Statement, StatementKind};
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change alters tables without setting `lock_timeout`.
    ///
    /// ## Why
    /// A statement that waits for a lock makes all others wait that come after it. Sluice sets a `lock_timeout` by itself;
    /// this rule is for files that another tool runs too.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// SET lock_timeout = '2s';
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, lock_timeout.
    LockTimeoutMissing, "timeouts/lock-timeout-missing", Engines::POSTGRES, Info, All
}

impl Rule for LockTimeoutMissing {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let table = match &cx.parsed.statement {
            Statement::AlterTable(alter) => &alter.name,
            Statement::CreateIndex(create) if !create.concurrently.is_written() => &create.table,
            _ => return,
        };
        let is_set = cx.session.lock_timeout.is_some() || cx.change.lock_timeout.is_some();
        let is_told = cx.before.iter().any(|seen| seen.kind == StatementKind::Definition);
        if is_set || is_told || cx.is_new(table) {
            return;
        }
        let message = format!(
            "the lock on `{}` is waited for without end unless the runner sets lock_timeout",
            cx.display(table)
        );
        out.report(cx.parsed.span, message).help("set lock_timeout first").fix(Fix::edits(
            "set lock_timeout first",
            vec![Edit::insert(cx.parsed.span.start, "SET lock_timeout = '2s';\n")],
        ));
    }
}
