use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{SourceFile, Span};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be looked at.
    Warning,
    /// Should not be merged.
    Error,
}

impl Severity {
    /// Lower-case name, as in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How a verdict is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Taken for granted: the objects that it is about are not known here.
    Assumed,
    /// Follows from the schema as it is known and from the measured facts about the engine.
    Modelled,
    /// A server of the same engine and version has shown it.
    Measured,
}

impl Evidence {
    /// Lower-case name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Modelled => "modelled",
            Self::Measured => "measured",
        }
    }
}

/// Something that a review has to say about a place in a file.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Rule, as `category/name`.
    pub rule: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong: lower case, without full stop.
    pub message: String,
    /// What to do, one imperative sentence; empty where there is nothing to do.
    pub help: String,
    /// How it is known.
    pub evidence: Evidence,
    /// The file.
    pub file: SourceFile,
    /// The place that the message is about.
    pub span: Span,
    /// The statement that the place is in; empty where it is in none.
    pub statement: Span,
    /// Engine that it is about, where it is about one.
    pub engine: Option<&'static str>,
    /// A change of the text that makes the finding go away and leads to the same schema.
    pub fix: Option<Arc<Fix>>,
}

/// A change of a file, and files to add after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, one imperative sentence.
    pub title: String,
    /// Changes of the file's text; they do not overlap and are in order.
    pub edits: Vec<Edit>,
    /// Changes to come directly after this one, in order, each to be applied for itself.
    pub follow_ups: Vec<FollowUp>,
}

/// A replacement of a part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A change to come after another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUp {
    /// Name without version, in words joined by `_`.
    pub name: String,
    /// Its text.
    pub sql: String,
}

impl Fix {
    /// A fix that edits the file alone.
    pub fn edits(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, follow_ups: Vec::new() }
    }

    /// The text with the edits made. An edit that does not fit the text, or overlaps the one before, is left out.
    pub fn apply(&self, text: &str) -> String {
        apply_edits(text, &self.edits)
    }
}

impl Edit {
    /// Replaces `span` by `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Inserts `text` at `offset`.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(offset, offset), text)
    }

    /// Whether the two share a place or meet at one, so that the order of making them would matter.
    pub fn touches(&self, other: &Self) -> bool {
        self.span.start <= other.span.end && other.span.start <= self.span.end
    }
}

/// `text` with `edits` made, in the order of their places. An edit that does not fit the text, or overlaps an earlier
/// one, is left out.
pub fn apply_edits<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        let Some(before) = text.get(at..edit.span.start) else { continue };
        if edit.span.end < edit.span.start || !text.is_char_boundary(edit.span.end) {
            continue;
        }
        out.push_str(before);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_that_ends_before_it_begins_is_left_out() {
        let edit = Edit { span: Span { start: 3, end: 1 }, text: "x".to_owned() };
        assert_eq!(apply_edits("abcde", [&edit]), "abcde");
    }

    #[test]
    fn edits_are_made_in_the_order_of_their_places() {
        let edits = [Edit::insert(12, " CONCURRENTLY"), Edit::replace(Span::new(0, 6), "create")];
        assert_eq!(apply_edits("CREATE INDEX i", &edits), "create INDEX CONCURRENTLY i");
    }

    #[test]
    fn edits_that_overlap_or_do_not_fit_are_left_out() {
        let edits = [
            Edit::replace(Span::new(0, 3), "x"),
            Edit::replace(Span::new(2, 4), "y"),
            Edit::replace(Span::new(5, 99), "z"),
        ];
        assert_eq!(apply_edits("abcdef", &edits), "xdef");
    }
}
