use sluice_sql::Control;
use sluice_sql::model::{Statement, StatementKind};
use sluice_text::Span;

use crate::{ChangeContext, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A definition between `BEGIN` and `COMMIT` commits what was done before it.
    ///
    /// ## Why
    /// MySQL and MariaDB commit before and after every statement that defines something: what comes before cannot be rolled
    /// back any more, and what comes after runs without a transaction. If a later statement fails, the change is half
    /// applied.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// BEGIN;
    /// INSERT INTO shops (id) VALUES (1);
    /// ALTER TABLE shops ADD COLUMN name varchar(20);
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// ALTER TABLE shops ADD COLUMN name varchar(20);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Statements That Cause an Implicit Commit.
    ImplicitCommit, "transactions/implicit-commit", Engines::MYSQL_FAMILY, Warning, Recommended
}

impl Rule for ImplicitCommit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let (dialect, mut open, mut rows, mut defines) = (cx.schema.dialect(), false, false, None::<Span>);
        for seen in cx.statements {
            match seen.kind {
                StatementKind::Definition if open => defines = defines.or(Some(seen.span)),
                StatementKind::Rows if open => rows = true,
                StatementKind::Transaction => {
                    let parsed = sluice_sql::parse(dialect, cx.file.text(), seen.span);
                    let Statement::Transaction(transaction) = parsed.statement else { continue };
                    match transaction.control {
                        Control::Begin => (open, rows, defines) = (true, false, None),
                        Control::Commit | Control::Rollback => open = false,
                        _ => {}
                    }
                }
                _ => {}
            }
            // A transaction of definitions alone promises what these servers never give; no rows are at stake.
            if let Some(span) = defines.filter(|_| open && rows) {
                (open, defines) = (false, None);
                out.report(span, "this statement commits the transaction that it stands in")
                    .help("put definitions into a change of their own, before or after the rows");
            }
        }
    }
}
