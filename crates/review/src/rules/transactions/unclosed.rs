use sluice_sql::Control;
use sluice_sql::model::{Statement, StatementKind};
use sluice_text::{Edit, Fix, Span};

use crate::{ChangeContext, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A transaction begins and the file never commits it.
    ///
    /// ## Why
    /// A client that runs the file and disconnects rolls everything back. Sluice commits at the end of the file, so that
    /// the file says something else than what happens.
    ///
    /// ## Bad
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, BEGIN.
    Unclosed, "transactions/unclosed", Engines::ALL, Warning, Recommended
}

impl Rule for Unclosed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let (dialect, mut open) = (cx.schema.dialect(), None::<Span>);
        for seen in cx.statements.iter().filter(|seen| seen.kind == StatementKind::Transaction) {
            let parsed = sluice_sql::parse(dialect, cx.file.text(), seen.span);
            let Statement::Transaction(transaction) = parsed.statement else { continue };
            match transaction.control {
                Control::Begin => open = Some(seen.span),
                Control::Commit | Control::Rollback => open = None,
                _ => {}
            }
        }
        let Some((begin, last)) = open.zip(cx.statements.last()) else { return };
        let end = last.span.end;
        let is_ended = cx.file.text().get(end..).is_some_and(|rest| rest.starts_with(';'));
        let edit = if is_ended { Edit::insert(end + 1, "\nCOMMIT;") } else { Edit::insert(end, ";\nCOMMIT") };
        out.report(begin, "this transaction is never committed")
            .help("add COMMIT after its last statement")
            .fix(Fix::edits("commit it after the last statement", vec![edit]));
    }
}
