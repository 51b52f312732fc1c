use sluice_sql::Control;
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Transactions written in a change are not wanted.
    ///
    /// ## Why
    /// Sluice opens and commits transactions together with its ledger. This rule is for projects that have decided to do
    /// without.
    ///
    /// ## Bad
    /// ```sql
    /// BEGIN;
    /// INSERT INTO orders (id) VALUES (1);
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO orders (id) VALUES (1);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Transactions; MySQL manual, START TRANSACTION, COMMIT, and ROLLBACK Statements; SQLite
    /// documentation, Transaction.
    DisallowCommit, "statement/disallow-commit", Engines::ALL, Warning, All
}

impl Rule for DisallowCommit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Transaction(transaction) = &cx.parsed.statement else { return };
        if matches!(transaction.control, Control::Commit | Control::Begin) {
            out.report(cx.parsed.span, "transactions are opened and committed by the deployment")
                .help("leave this out");
        }
    }
}
