use sluice_text::Span;

use crate::Dialect;
use crate::lexer::{Delimiter, Stop};
use crate::splitter::{Splitter, Trouble};

/// One piece of a SQL text. The spans of all pieces, in order, cover the text without gap or overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Everything that belongs to the piece: leading blanks and comments, the statement, its terminator.
    pub span: Span,
    /// The statement alone: no leading or trailing blanks or comments, no terminator. Empty for
    /// [`PieceKind::Blank`]. This is what is sent to a server.
    pub body: Span,
    /// What the piece is.
    pub kind: PieceKind,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceKind {
    /// One SQL statement.
    Statement,
    /// Only blanks, comments or a lone terminator.
    Blank,
    /// A client command that only tells the splitter or the client something: `DELIMITER //` (MySQL), and
    /// `\restrict`, `\unrestrict` (what `pg_dump` writes to forbid psql's other commands). Nothing is sent.
    Delimiter,
    /// `COPY … FROM stdin;` with the data lines that follow. `body` is the statement, `data` the lines
    /// without the closing `\.` line.
    CopyFromStdin {
        /// Span of the data lines.
        data: Span,
    },
}

/// Text that cannot be split into statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct SplitError {
    /// What is wrong.
    pub kind: SplitErrorKind,
    /// Where it begins.
    pub span: Span,
}

/// Why a text cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitErrorKind {
    /// A psql meta-command or mysql client command: recognised and refused, never executed.
    #[error(
        "client command `{name}` is not SQL and is never executed: replace it with SQL or remove the line"
    )]
    ClientCommand {
        /// The command as written, for example `\gexec`.
        name: String,
    },
    /// A string, quoted identifier, dollar quote or comment that does not end.
    #[error("{what} is never closed")]
    Unterminated {
        /// What is open, for example `string`, `dollar quote $body$`, `comment`.
        what: String,
    },
    /// `DELIMITER` with nothing after it, or with a backslash in it, which the mysql client refuses.
    #[error("`DELIMITER` needs a delimiter without a backslash, for example `DELIMITER //`")]
    BadDelimiter,
    /// Something between `COPY … FROM stdin;` and its data.
    #[error(
        "the data of `COPY … FROM stdin` begin on the next line: move what follows the semicolon below the closing `\\.`"
    )]
    TextBeforeCopyData,
}

/// Splits a text into pieces, as the database's own client would.
///
/// Statements end at `;`, or at what `DELIMITER` says (MySQL, MariaDB). Bodies of routines, triggers and events stay
/// whole with and without `DELIMITER`. A parenthesis that is never closed does not keep the rest of the text together
/// (psql would; the server refuses either).
///
/// Strings are read as the servers read them by default: `standard_conforming_strings` on (PostgreSQL), neither
/// `ANSI_QUOTES` nor `NO_BACKSLASH_ESCAPES` in `sql_mode` (MySQL, MariaDB).
///
/// # Errors
/// The first [`SplitError`] of the text.
pub fn split(dialect: Dialect, text: &str) -> Result<Vec<Piece>, SplitError> {
    collect(Splitter::new(dialect), text)
}

/// Splits a text at a literal delimiter, as Atlas (`-- atlas:delimiter`) and Liquibase (`endDelimiter`) do. The
/// delimiter goes before everything but strings, quoted names, dollar quotes, comments and parentheses that are
/// already open; `;` means nothing unless it is the delimiter. An empty delimiter gives one piece.
///
/// # Errors
/// The first [`SplitError`] of the text.
pub fn split_at(dialect: Dialect, text: &str, delimiter: &str) -> Result<Vec<Piece>, SplitError> {
    collect(Splitter::literal(dialect, Delimiter::Literal(delimiter.as_bytes().to_vec())), text)
}

/// The pieces of a text one after the other, for texts of a million of them. Ends with the first error.
pub fn pieces(dialect: Dialect, text: &str) -> impl Iterator<Item = Result<Piece, SplitError>> {
    Pieces { splitter: Splitter::new(dialect), bytes: text.as_bytes(), at: 0 }
}

fn collect(splitter: Splitter, text: &str) -> Result<Vec<Piece>, SplitError> {
    Pieces { splitter, bytes: text.as_bytes(), at: 0 }.collect()
}

struct Pieces<'a> {
    splitter: Splitter,
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Pieces<'_> {
    type Item = Result<Piece, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (at, end) = (self.at, self.bytes.len());
        match self.splitter.next(rest, true) {
            Ok(piece) => {
                let piece = piece.moved(at);
                self.at = piece.span.end;
                Some(Ok(piece))
            }
            Err(trouble) => {
                self.at = end;
                trouble.moved(at).map(Err)
            }
        }
    }
}

impl Piece {
    pub(crate) fn moved(self, by: usize) -> Self {
        let kind = match self.kind {
            PieceKind::CopyFromStdin { data } => PieceKind::CopyFromStdin { data: moved(data, by) },
            other => other,
        };
        Self { span: moved(self.span, by), body: moved(self.body, by), kind }
    }
}

impl Trouble {
    /// The error with its place in the whole text; none where more text is all that is missing.
    pub(crate) fn moved(self, by: usize) -> Option<SplitError> {
        match self {
            Self::Stop(Stop::Starved) => None,
            Self::Stop(Stop::Unterminated { what, start, end }) => Some(SplitError {
                kind: SplitErrorKind::Unterminated { what },
                span: Span::new(start + by, end + by),
            }),
            Self::Refused(SplitError { kind, span }) => Some(SplitError { kind, span: moved(span, by) }),
        }
    }
}

fn moved(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}
