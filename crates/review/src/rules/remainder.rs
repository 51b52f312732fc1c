use sluice_sql::model::{Parsed, StatementKind};
use sluice_text::{Edit, Fix, FollowUp, Span};

use crate::{ChangeContext, Context, Seen};

/// What a change has from some statement on, to be put into changes of its own.
struct Remainder<'a> {
    text: &'a str,
    /// Statements that stay.
    before: &'a [Seen],
    /// Statements that go, in order.
    rest: Vec<Part>,
}

/// A statement that goes.
struct Part {
    span: Span,
    kind: StatementKind,
    /// The name of what it is about.
    about: Option<String>,
}

/// How many changes it becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// One.
    One,
    /// As many as there are statements.
    Each,
}

/// Nobody wants more changes than this at once.
const MOST: usize = 100;

/// Puts the statement and all that follow it into changes of their own; none where that would change what they do.
pub(super) fn after(cx: &Context<'_>, pieces: Pieces) -> Option<Fix> {
    if cx.placement.is_none_or(|placement| placement.written) || cx.change.separate {
        return None;
    }
    if cx.after.len() >= MOST {
        return None;
    }
    let part = |parsed: &Parsed| {
        let about = parsed.statement.targets().first().map(|target| target.name.name.text.clone());
        Part { span: parsed.span, kind: parsed.statement.kind(), about }
    };
    let rest = std::iter::once(cx.parsed).chain(cx.after).map(part).collect();
    Remainder { text: cx.text(), before: cx.before, rest }.fix(pieces)
}

/// As [`after`], from the statement at `at` on.
pub(super) fn from(cx: &ChangeContext<'_>, at: usize, pieces: Pieces) -> Option<Fix> {
    let (before, rest) = cx.statements.split_at_checked(at)?;
    if rest.len() > MOST {
        return None;
    }
    let part = |seen: &Seen| {
        let about = seen.subject.as_ref().map(|name| name.name.clone());
        Part { span: seen.span, kind: seen.kind, about }
    };
    let rest = rest.iter().map(part).collect();
    Remainder { text: cx.file.text(), before, rest }.fix(pieces)
}

impl Remainder<'_> {
    fn fix(&self, pieces: Pieces) -> Option<Fix> {
        let start = self.end_of(self.before.last()?.span);
        let end = self.end_of(self.rest.last()?.span);
        let whole = self.text.get(start..end)?;
        let lower = whole.to_ascii_lowercase();
        // Settings and temporary tables end with the change; marks of a layout belong where they are.
        let carries = self.before.iter().any(|seen| {
            matches!(seen.kind, StatementKind::Session | StatementKind::Transaction)
                || has_word(seen.span.slice(self.text), "temp")
        });
        let marked = ["+goose", "migrate:", "changeset", "rollback", "delimiter", "statement-breakpoint"]
            .iter()
            .any(|mark| lower.contains(mark));
        let controls = self.rest.iter().any(|part| part.kind == StatementKind::Transaction);
        if carries || marked || controls {
            return None;
        }
        let title = match pieces {
            Pieces::One => "put this into a change of its own after this one",
            Pieces::Each => "put this and what follows into changes of their own",
        };
        let mut fix = Fix::edits(title, vec![Edit::replace(Span::new(start, end), "")]);
        let parts = match pieces {
            Pieces::One => vec![(self.rest.first()?, whole)],
            Pieces::Each => {
                let mut at = start;
                let mut parts = Vec::with_capacity(self.rest.len());
                for part in &self.rest {
                    let end = self.end_of(part.span);
                    parts.push((part, self.text.get(at..end)?));
                    at = end;
                }
                parts
            }
        };
        for (part, text) in parts {
            let text = text.trim();
            let semicolon = if text.ends_with(';') { "" } else { ";" };
            fix.follow_ups.push(FollowUp { name: self.name(part), sql: format!("{text}{semicolon}\n") });
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
    fn name(&self, part: &Part) -> String {
        let text = part.span.slice(self.text);
        let verb: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
        let word = |text: &str| text.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let parts = [verb.to_ascii_lowercase(), word(part.about.as_deref().unwrap_or_default())];
        parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("_")
    }
}

/// Whether one of the first words begins like this.
fn has_word(text: &str, begin: &str) -> bool {
    text.split_whitespace().take(6).any(|word| word.to_ascii_lowercase().starts_with(begin))
}
