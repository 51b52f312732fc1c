use sluice_sql::model::Parsed;
use sluice_sql::{Dialect, PieceKind};
use sluice_text::{SourceFile, Span};

use crate::ChangeInfo;

/// Longer files are parsed statement by statement while they are reviewed, so that a dump does not fill the memory.
const HELD_BYTES: usize = 2 << 20;

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
                Self { dialect, file, statements, info, broken: None }
            }
            Err(error) => Self {
                dialect,
                file,
                statements: Vec::new(),
                info,
                broken: Some((error.span, error.kind.to_string())),
            },
        }
    }

    /// A file that is cut already.
    pub fn cut(dialect: Dialect, file: SourceFile, statements: Vec<Span>, info: ChangeInfo) -> Self {
        Self { dialect, file, statements, info, broken: None }
    }

    /// Its statements' models; none of a file that is too long to hold them.
    pub fn parse(&self) -> Vec<Parsed> {
        if self.file.text().len() > HELD_BYTES {
            return Vec::new();
        }
        let parsed =
            self.statements.iter().map(|span| sluice_sql::parse(self.dialect, self.file.text(), *span));
        parsed.collect()
    }
}
