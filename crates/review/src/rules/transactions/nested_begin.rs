use sluice_sql::Control;
use sluice_sql::model::{Statement, StatementKind};

use crate::{ChangeContext, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A transaction begins while another one is open.
    ///
    /// ## Why
    /// PostgreSQL warns and goes on in the first one, so that the first `COMMIT` ends both; MySQL and MariaDB commit the
    /// first one without a word; SQLite refuses. Whatever was meant, it does not happen.
    ///
    /// ## Bad
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// BEGIN;
    /// CREATE TABLE b (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// COMMIT;
    /// BEGIN;
    /// CREATE TABLE b (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, BEGIN; MySQL manual, Statements That Cause an Implicit Commit.
    NestedBegin, "transactions/nested-begin", Engines::ALL, Error, Recommended
}

impl Rule for NestedBegin {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let (dialect, mut open) = (cx.schema.dialect(), false);
        for seen in cx.statements.iter().filter(|seen| seen.kind == StatementKind::Transaction) {
            let parsed = sluice_sql::parse(dialect, cx.file.text(), seen.span);
            let Statement::Transaction(transaction) = parsed.statement else { continue };
            match transaction.control {
                Control::Begin if open => {
                    out.report(seen.span, "a transaction begins here while the one before is still open")
                        .help("commit the one before first, or leave this BEGIN out");
                }
                Control::Begin => open = true,
                Control::Commit | Control::Rollback => open = false,
                _ => {}
            }
        }
    }
}
