use sluice_sql::Control;
use sluice_sql::model::{Statement, StatementKind};
use sluice_text::{Edit, Fix, Span};

use crate::{ChangeContext, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `BEGIN` and `COMMIT` stand around a whole file that runs in one transaction anyway.
    ///
    /// ## Why
    /// Sluice runs what can be in one transaction in one, together with the rows of its ledger. Written down it says
    /// nothing new, and a statement that must run alone is refused between them.
    ///
    /// ## Bad
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// Architecture of Sluice: a change is one transaction with its ledger rows.
    Explicit, "transactions/explicit", Engines::TRANSACTIONAL, Info, Strict
}

impl Rule for Explicit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let dialect = cx.schema.dialect();
        let [first, .., last] = cx.statements else { return };
        let control = |span: Span| match sluice_sql::parse(dialect, cx.file.text(), span).statement {
            Statement::Transaction(transaction) if transaction.modes.is_empty() => Some(transaction.control),
            _ => None,
        };
        let inner = cx.statements.iter().filter(|seen| seen.kind == StatementKind::Transaction).count();
        if inner != 2
            || control(first.span) != Some(Control::Begin)
            || control(last.span) != Some(Control::Commit)
        {
            return;
        }
        let whole = |span: Span| {
            let rest = cx.file.text().get(span.end..).unwrap_or_default();
            let line = if rest.starts_with(";\n") { 2 } else { usize::from(rest.starts_with(';')) };
            Edit::replace(Span::new(span.start, span.end + line), "")
        };
        out.report(first.span, "the file runs in one transaction without BEGIN and COMMIT too")
            .help("leave BEGIN and COMMIT out")
            .fix(Fix::edits("leave BEGIN and COMMIT out", vec![whole(first.span), whole(last.span)]));
    }
}
