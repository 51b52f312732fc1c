use crate::Checksum;

/// What the ledger of one database says, as read in one go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Whether the ledger's tables are there.
    pub exists: bool,
    /// The highest fence that was handed out; 0 before the first run.
    pub fence: u64,
    /// Revisions in the order in which they were first applied.
    pub revisions: Vec<Revision>,
    /// Statements of revisions that are not finished (`applying`, `failed`), by version and ordinal.
    pub statements: Vec<StatementRecord>,
}

impl Ledger {
    /// When the last change was finished, RFC 3339 in UTC on the database's clock.
    pub fn finished_at(&self) -> Option<&str> {
        self.revisions.iter().filter_map(|revision| revision.finished_at.as_deref()).max()
    }
}

/// The ledger's record of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// As [`crate::Change::version`].
    pub version: String,
    /// `versioned`, `repeatable` or `baseline`.
    pub kind: crate::ChangeKind,
    /// Checksum of the change when it was applied.
    pub checksum: Checksum,
    /// Whether it is complete.
    pub state: RevisionState,
    /// How many statements of it are applied.
    pub statements_applied: u64,
    /// End of the last statement, RFC 3339 in UTC on the database's clock; absent while it is not complete.
    pub finished_at: Option<String>,
}

/// States of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionState {
    /// Every statement is applied.
    Applied,
    /// Was there before Sluice (baseline, adopted history).
    Baseline,
    /// Some statements are applied, or one is in flight: resumed by the next run.
    Applying,
    /// A statement failed after others were applied: resumed by the next run.
    Failed,
}

impl RevisionState {
    /// The state's name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Baseline => "baseline",
            Self::Applying => "applying",
            Self::Failed => "failed",
        }
    }

    /// The state that the ledger calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Applied, Self::Baseline, Self::Applying, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }

    /// Whether nothing of the change is left to do.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Applied | Self::Baseline)
    }
}

/// The ledger's record of one statement of an unfinished revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRecord {
    /// The revision's version.
    pub version: String,
    /// Place in the change, from 1.
    pub ordinal: u64,
    /// Checksum of the statement's text.
    pub checksum: Checksum,
    /// What is known of it.
    pub state: StatementState,
    /// Backend that was told to run it, as the engine names it (process id and start time).
    pub backend: Option<String>,
    /// What the probe saw before it (intents), or what proves it (records).
    pub evidence: Option<String>,
}

/// States of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementState {
    /// About to run or running: written before it is sent.
    Intended,
    /// Applied, with evidence.
    Applied,
    /// The server refused it; it left nothing behind.
    Failed,
}

impl StatementState {
    /// The state's name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }

    /// The state that the ledger calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Intended, Self::Applied, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}
