use crate::version_key;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sluice_text::{SourceFile, Span};

use crate::Checksum;

/// One migration as it stands in the repository.
///
/// Changes are kept in the order in which they must be applied (the layout decides it: numeric versions,
/// a plan file, a journal); repeatable changes come last, in dependency order.
#[derive(Debug, Clone)]
pub struct Change {
    /// Identity within the project and in the ledger: the version as written (`0007`, `1.2`,
    /// `20240101120000`), `R__name` for a repeatable, `B2` for a Flyway baseline script (so that it is not the same as
    /// version 2), `path::author:id` for a Liquibase changeset, the name for a sqitch change (`name@tag` for an earlier
    /// instance of a reworked one).
    pub version: String,
    /// The same for every spelling of the same version (`1`, `01`, `1.0`); compares identity.
    pub key: String,
    /// Human name, for example `create_orders`; may be empty.
    pub name: String,
    /// What kind of change.
    pub kind: ChangeKind,
    /// Checksum of the file (or of the changeset) in the current algorithm.
    pub checksum: Checksum,
    /// What the checksum is over, for comparing with checksums of other algorithms (adopted histories).
    pub input: ChecksumInput,
    /// What to run.
    pub up: Script,
    /// The hand-written way back, if there is one.
    pub down: Option<Script>,
    /// Directives from the top of the file and from the layout's own metadata.
    pub directives: Directives,
}

impl Change {
    /// The way back of a change that the ledger has under this version, if somebody has written one.
    pub fn undo(&self, version: &str) -> Option<Self> {
        let down = self.down.clone()?;
        let version = format!("{UNDO}{version}");
        let text: String = down.blocks.iter().map(|block| down.file.slice(block.span)).collect();
        Some(Self {
            key: version_key(&version),
            version,
            name: self.name.clone(),
            kind: ChangeKind::Undo,
            checksum: Checksum::of(text.as_bytes()),
            input: ChecksumInput::File,
            up: down,
            down: None,
            directives: Directives {
                lock_timeout: self.directives.lock_timeout,
                statement_timeout: self.directives.statement_timeout,
                ..Directives::default()
            },
        })
    }

    /// The version that it takes back, if it is the way back of another change.
    pub fn undoes(&self) -> Option<&str> {
        self.version.strip_prefix(UNDO).filter(|_| self.kind == ChangeKind::Undo)
    }

    /// The same change with the script that it comes to on a database.
    #[must_use]
    pub fn computed(&self, text: String) -> Self {
        let file = SourceFile::new(format!("{}.sql", self.version), text);
        let span = Span::new(0, file.text().len());
        let block = Block { span, split: Split::Dialect, substitute: false };
        Self { up: Script { file, blocks: vec![block] }, ..self.clone() }
    }

    /// The bytes that the checksum is over.
    pub fn checksum_input(&self) -> &[u8] {
        self.input.bytes(&self.up.file)
    }
}

/// Which bytes a change's checksum is over. Holds bytes of its own only where they differ from the file's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ChecksumInput {
    /// The text of the up script's file.
    #[default]
    File,
    /// A part of it (a Liquibase changeset).
    Part(Span),
    /// The file as it is on disk, where that is not its text (a byte order mark).
    Raw(Arc<[u8]>),
}

impl ChecksumInput {
    /// The bytes, `file` being the up script's.
    pub fn bytes<'a>(&'a self, file: &'a SourceFile) -> &'a [u8] {
        match self {
            Self::File => file.text().as_bytes(),
            Self::Part(span) => file.slice(*span).as_bytes(),
            Self::Raw(bytes) => bytes,
        }
    }
}

/// Before the version of what an [`ChangeKind::Undo`] takes back.
const UNDO: &str = "undo:";

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Applied once, in order.
    Versioned,
    /// Applied again whenever its checksum changes, after the versioned ones.
    Repeatable,
    /// State script for new databases (Flyway `B`, Atlas checkpoint): stands for every change up to and including its
    /// version on a database that has none of them; skipped elsewhere.
    Baseline,
    /// The way back of another one. In the ledger while it is unfinished; with its end both go.
    Undo,
    /// The way from a schema as it is to the one that the project declares, computed for each database. Its version is that of the
    /// declared schema.
    Declared,
}

impl ChangeKind {
    /// Its name in ledgers and releases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Versioned => "versioned",
            Self::Repeatable => "repeatable",
            Self::Baseline => "baseline",
            Self::Undo => "undo",
            Self::Declared => "declared",
        }
    }
}

impl std::fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// SQL text with the parts of it that are to run. Offsets are those of the file, so every message can point into it.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file.
    pub file: SourceFile,
    /// The parts to run, in order, not overlapping.
    pub blocks: Vec<Block>,
}

/// A part of a file and how it is cut into statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where it is.
    pub span: Span,
    /// How it is cut.
    pub split: Split,
    /// Values for `${name}` are put in (native placeholders, goose `ENVSUB ON`).
    pub substitute: bool,
}

/// How a block is cut into statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// By the lexer of the target's dialect.
    Dialect,
    /// Not at all: what the tool hands to its driver at once (goose `StatementBegin`, Liquibase `splitStatements:false`).
    /// One statement, except where drivers take several.
    Whole,
    /// At this literal delimiter (Atlas `delimiter`, Liquibase `endDelimiter`).
    Delimiter(String),
}

/// What a change says about how it wants to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// `transaction=auto|none`.
    pub transaction: TransactionMode,
    /// `lock_timeout=5s`.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout=10min`.
    pub statement_timeout: Option<Duration>,
    /// `requires=VERSION`, any number of times.
    pub requires: Vec<String>,
    /// `targets=CEL`: only databases that match.
    pub targets: Option<String>,
    /// `phase=…`.
    pub phase: Option<Phase>,
    /// `flag=KEY:VARIANT`.
    pub flag: Option<String>,
    /// `assert=SQL`: queries that must answer true before the change.
    pub asserts: Vec<Assertion>,
    /// `backup=on|off`: whether rows that it updates or deletes are kept.
    pub backup: Option<bool>,
    /// `renamed from=…`.
    pub renamed_from: Option<String>,
}

/// A query that must answer true before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The query.
    pub sql: String,
    /// Where it is written: an offset in the up script's file.
    pub at: usize,
}

/// How a change is wrapped in transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionMode {
    /// As few transactions as the statements allow: one wherever possible.
    #[default]
    Auto,
    /// Each statement by itself.
    None,
}

/// Phase of an expand and contract sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Phase {
    Expand,
    Backfill,
    Contract,
}
