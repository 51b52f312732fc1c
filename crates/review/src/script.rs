use sluice_sql::model::Parsed;
use sluice_sql::{Dialect, PieceKind};
use sluice_text::{SourceFile, Span};

use crate::ChangeInfo;

/// Longer files are parsed statement by statement while they are reviewed, so that a dump does not fill the memory.
const HELD_BYTES: usize = 2 << 20;

/// A change's text, cut into statements.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file.
    pub file: SourceFile,
    /// Its statements.
    pub statements: Vec<Span>,
    /// What the layout and the directives say.
    pub info: ChangeInfo,
    /// Why it cannot be cut, and where.
    pub broken: Option<(Span, String)>,
    parsed: Vec<Parsed>,
}

impl Script {
    /// Cuts a whole file as the database's own client would, and parses it.
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
                Self::cut(dialect, file, statements, info)
            }
            Err(error) => Self {
                file,
                statements: Vec::new(),
                info,
                broken: Some((error.span, error.kind.to_string())),
                parsed: Vec::new(),
            },
        }
    }

    /// Parses a file that is cut already.
    pub fn cut(dialect: Dialect, file: SourceFile, statements: Vec<Span>, info: ChangeInfo) -> Self {
        let held = file.text().len() <= HELD_BYTES;
        let parsed = if held {
            statements.iter().map(|span| sluice_sql::parse(dialect, file.text(), *span)).collect()
        } else {
            Vec::new()
        };
        Self { file, statements, info, broken: None, parsed }
    }

    /// The statements' models, where they are held.
    pub(crate) fn held(&self) -> &[Parsed] {
        &self.parsed
    }
}
