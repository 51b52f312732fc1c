use sluice_text::Span;

use crate::Dialect;

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
    /// A client command that only tells the splitter something (`DELIMITER //`). Nothing is sent.
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
}

/// Splits a text into pieces.
///
/// # Errors
/// The first [`SplitError`] of the text.
pub fn split(_dialect: Dialect, _text: &str) -> Result<Vec<Piece>, SplitError> {
    Ok(Vec::new())
}

/// Splits a text at a literal delimiter; strings, comments and dollar quotes protect it.
///
/// # Errors
/// The first [`SplitError`] of the text.
pub fn split_at(_dialect: Dialect, _text: &str, _delimiter: &str) -> Result<Vec<Piece>, SplitError> {
    Ok(Vec::new())
}
