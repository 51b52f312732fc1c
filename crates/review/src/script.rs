use sluice_sql::model::Parsed;
use sluice_sql::{Dialect, Facts, PieceKind};
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
        match sluice_sql::split(dialect, file.text()) {
            Ok(pieces) => {
                let statements = pieces
                    .into_iter()
                    .filter(|piece| {
                        matches!(piece.kind, PieceKind::Statement | PieceKind::CopyFromStdin { .. })
                    })
                    .map(|piece| piece.body)
                    .collect();
                Self { dialect, file, statements, info, broken: None, part: None }
            }
            Err(error) => Self {
                dialect,
                file,
                statements: Vec::new(),
                info,
                broken: Some((error.span, error.kind.to_string())),
                part: None,
            },
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
