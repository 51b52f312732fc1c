use sluice_sql::Dialect;
use sluice_sql::model::StatementKind;
use sluice_text::{Edit, Fix, FollowUp, Span};

use crate::{ChangeContext, Context, Seen};

/// What a change has from some statement on, to be put into changes of its own.
struct Remainder<'a> {
    dialect: Dialect,
    text: &'a str,
    /// Statements that stay.
    before: &'a [Seen],
    /// Statements that go, in order.
    rest: Vec<Span>,
}

/// How many changes it becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// One.
    One,
    /// As many as there are statements.
    Each,
}

/// Puts the statement and all that follow it into changes of their own; none where that would change what they do.
pub(super) fn after(cx: &Context<'_>, pieces: Pieces) -> Option<Fix> {
    if cx.placement.is_none_or(|placement| placement.written) || cx.change.separate {
        return None;
    }
    let rest = std::iter::once(cx.parsed.span).chain(cx.after.iter().map(|later| later.span)).collect();
    Remainder { dialect: cx.dialect(), text: cx.text(), before: cx.before, rest }.fix(pieces)
}

/// As [`after`], from the statement at `at` on.
pub(super) fn from(cx: &ChangeContext<'_>, at: usize, pieces: Pieces) -> Option<Fix> {
    let (before, rest) = cx.statements.split_at_checked(at)?;
    let rest = rest.iter().map(|seen| seen.span).collect();
    let dialect = cx.schema.dialect();
    Remainder { dialect, text: cx.file.text(), before, rest }.fix(pieces)
}

impl Remainder<'_> {
    fn fix(&self, pieces: Pieces) -> Option<Fix> {
        let start = self.end_of(self.before.last()?.span);
        let end = self.end_of(*self.rest.last()?);
        let whole = self.text.get(start..end)?;
        // Settings and temporary tables end with the change; marks of a layout belong where they are.
        let carries = self.before.iter().any(|seen| {
            matches!(seen.kind, StatementKind::Session | StatementKind::Transaction)
                || has_word(seen.span.slice(self.text), "temp")
        });
        let marked = ["+goose", "migrate:", "changeset", "rollback", "delimiter", "statement-breakpoint"]
            .iter()
            .any(|mark| whole.to_ascii_lowercase().contains(mark));
        let controls = self.rest.iter().any(|span| {
            let statement = sluice_sql::parse(self.dialect, self.text, *span).statement;
            statement.kind() == StatementKind::Transaction
        });
        if carries || marked || controls {
            return None;
        }
        let title = match pieces {
            Pieces::One => "put this into a change of its own after this one",
            Pieces::Each => "put this and what follows into changes of their own",
        };
        let mut fix = Fix::edits(title, vec![Edit::replace(Span::new(start, end), "")]);
        let parts = match pieces {
            Pieces::One => vec![(self.rest.first().copied()?, whole)],
            Pieces::Each => {
                let mut at = start;
                let mut parts = Vec::with_capacity(self.rest.len());
                for span in &self.rest {
                    parts.push((*span, self.text.get(at..self.end_of(*span))?));
                    at = self.end_of(*span);
                }
                parts
            }
        };
        for (span, text) in parts {
            let text = text.trim();
            let semicolon = if text.ends_with(';') { "" } else { ";" };
            fix.follow_ups.push(FollowUp { name: self.name(span), sql: format!("{text}{semicolon}\n") });
        }
        Some(fix)
    }

    /// Behind the semicolon of a statement.
    fn end_of(&self, span: Span) -> usize {
        let rest = self.text.get(span.end..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        if rest.trim_start().starts_with(';') { span.end + blank + 1 } else { span.end }
    }

    /// `alter_orders`: the first word of a statement and what it is about.
    fn name(&self, span: Span) -> String {
        let text = span.slice(self.text);
        let verb: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
        let parsed = sluice_sql::parse(self.dialect, self.text, span);
        let about = parsed.statement.targets().first().map(|target| target.name.name.text.clone());
        let word = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let parts = [verb.to_ascii_lowercase(), word(&about.unwrap_or_default())];
        parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("_")
    }
}

/// Whether one of the first words begins like this.
fn has_word(text: &str, begin: &str) -> bool {
    text.split_whitespace().take(6).any(|word| word.to_ascii_lowercase().starts_with(begin))
}
