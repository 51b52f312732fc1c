use sluice_text::Span;

use super::{Expr, Ident};

/// A keyword (or group of keywords) that a statement may carry and that a fix may add or take away:
/// `CONCURRENTLY`, `NOT VALID`, `IF EXISTS`, …
///
/// Written: `span` covers it. Not written: `span` is empty and stands directly after the token that the keyword
/// follows, so that a fix inserts a blank and the keyword there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyword {
    /// Its text, or the empty span where it would go.
    pub span: Span,
}

impl Keyword {
    /// A keyword that is written at `span`.
    pub fn written(span: Span) -> Self {
        Self { span }
    }

    /// A keyword that is not written and would go to offset `at`, the end of the token before it.
    pub fn absent(at: usize) -> Self {
        Self { span: Span::new(at, at) }
    }

    /// Whether it is written.
    pub fn is_written(self) -> bool {
        !self.span.is_empty()
    }
}

/// A string literal: comment, password, file name, enum value, …
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// The value, quotes and escapes resolved.
    pub value: String,
    /// The literal with its quotes.
    pub span: Span,
}

/// A word from the dialect's vocabulary (an engine, an algorithm, an access method), compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word {
    /// As written, without quotes.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl Word {
    /// Whether it is `word`, whatever the case.
    pub fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

/// `name = value` or `name value` where the model has no variant of its own: storage parameters, `WITH (…)`,
/// index and table options, options of `VACUUM`, `COPY`, `EXPLAIN`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOption {
    /// Name as written; several words joined by one blank; qualified ones with their dots (`toast.x`).
    pub name: Ident,
    /// Value; none for a bare name.
    pub value: Option<Box<Expr>>,
    /// Name and value.
    pub span: Span,
}

impl NamedOption {
    /// Whether it is called `name`, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }
}

/// What MySQL and MariaDB let a DDL statement say of how it runs. Elsewhere everything is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineOptions {
    /// `ALGORITHM=INSTANT|NOCOPY|INPLACE|COPY|DEFAULT`.
    pub algorithm: Option<Word>,
    /// `LOCK=NONE|SHARED|EXCLUSIVE|DEFAULT`.
    pub lock: Option<Word>,
    /// `ONLINE` (MariaDB: same as `LOCK=NONE`).
    pub online: Option<Span>,
    /// `IGNORE` (MariaDB: rows that violate a new key are dropped).
    pub ignore: Option<Span>,
    /// `NOWAIT`, `WAIT n` (MariaDB).
    pub wait: Option<Wait>,
    /// Where the options end, or would begin: a fix inserts `, ALGORITHM=…, LOCK=…` (`ALTER TABLE`) or
    /// ` ALGORITHM=… LOCK=…` (`CREATE INDEX`, `DROP INDEX`) there.
    pub end: usize,
}

impl OnlineOptions {
    /// No option written; they would go to `end`.
    pub fn none(end: usize) -> Self {
        Self { algorithm: None, lock: None, online: None, ignore: None, wait: None, end }
    }
}

/// How long a statement waits for its locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Seconds; 0 for `NOWAIT`.
    pub seconds: u64,
    /// The clause.
    pub span: Span,
}
