use sluice_sql::model::Parsed;
use sluice_sql::{Dialect, Facts, Piece, PieceKind, SplitError};
use sluice_text::{SourceFile, Span};

use crate::ChangeInfo;

/// So many statements are read at once.
const CHUNK: usize = 64;

/// A change's text, cut into statements.
#[derive(Debug, Clone)]
pub struct Script {
    dialect: Dialect,
    /// The file.
    pub file: SourceFile,
    /// Its statements.
    pub statements: Vec<Span>,
    /// What the layout and the directives say.
    pub info: ChangeInfo,
    /// Why it cannot be cut, and where.
    pub broken: Option<(Span, String)>,
    /// What of the file is about it, where the file has other changes, too.
    pub part: Option<Part>,
}

/// What of a file is about one of its changes. Both begin with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What stands before all changes, for all of them.
    pub top: Span,
    /// What is of this change alone.
    pub own: Span,
}

impl Script {
    /// Cuts a whole file as the database's own client would.
    pub fn read(dialect: Dialect, file: SourceFile, info: ChangeInfo) -> Self {
        let statements: Result<Vec<Span>, SplitError> = sluice_sql::pieces(dialect, file.text())
            .filter_map(|piece| match piece {
                Ok(Piece { kind: PieceKind::Statement | PieceKind::CopyFromStdin { .. }, body, .. }) => {
                    Some(Ok(body))
                }
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            })
            .collect();
        match statements {
            Ok(statements) => Self::cut(dialect, file, statements, info),
            Err(error) => {
                let broken = Some((error.span, error.kind.to_string()));
                Self { broken, ..Self::cut(dialect, file, Vec::new(), info) }
            }
        }
    }

    /// A file that is cut already.
    pub fn cut(dialect: Dialect, file: SourceFile, statements: Vec<Span>, info: ChangeInfo) -> Self {
        Self { dialect, file, statements, info, broken: None, part: None }
    }

    /// Its statements, read a few at a time, so that the models of a dump do not fill the memory.
    pub fn chunks(&self, purpose: Purpose) -> impl Iterator<Item = Chunk> {
        self.statements.chunks(CHUNK).map(move |spans| {
            let text = self.file.text();
            let parsed = spans.iter().map(|span| sluice_sql::parse(self.dialect, text, *span)).collect();
            let facts = match purpose {
                Purpose::Replay => Vec::new(),
                Purpose::Review => {
                    spans.iter().map(|span| sluice_sql::classify(self.dialect, span.slice(text))).collect()
                }
            };
            Chunk { parsed, facts }
        })
    }
}

/// What statements are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be applied to the schema: they were there before.
    Replay,
    /// To be reviewed.
    Review,
}

/// Statements that follow each other, read.
#[derive(Debug, Default)]
pub struct Chunk {
    pub(crate) parsed: Vec<Parsed>,
    /// How each of them runs; empty for a replay.
    pub(crate) facts: Vec<Facts>,
}

impl Chunk {
    /// How many statements.
    pub fn len(&self) -> usize {
        self.parsed.len()
    }

    /// No statement.
    pub fn is_empty(&self) -> bool {
        self.parsed.is_empty()
    }

    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        self.parsed.append(&mut other.parsed);
        self.facts.append(&mut other.facts);
    }

    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        Self { parsed: self.parsed.split_off(at), facts: self.facts.split_off(at.min(self.facts.len())) }
    }
}

/// Where statements come from, and where they go when they were looked at.
pub struct Supply<'s> {
    pub(crate) chunks: &'s mut dyn Iterator<Item = Chunk>,
    pub(crate) spent: &'s mut dyn FnMut(Chunk),
}

impl<'s> Supply<'s> {
    /// Statements from `chunks`, given to `spent` afterwards.
    pub fn new(chunks: &'s mut dyn Iterator<Item = Chunk>, spent: &'s mut dyn FnMut(Chunk)) -> Self {
        Self { chunks, spent }
    }
}
