use std::collections::BTreeMap;

use sluice_rollout::{Change, RevisionState, StatementRecord, StatementState};

use crate::ledger::RevisionEntry;
use crate::script::{Prepared, PreparedStatement, Unit, UnitKind};

/// Where a change stands while it is run.
pub(super) struct Progress<'a> {
    pub change: &'a Change,
    /// The change's version as the ledger spells it: `1` where the file says `01` since.
    pub version: String,
    pub prepared: &'a Prepared,
    /// What the ledger says of its statements, by ordinal.
    pub records: BTreeMap<u64, &'a StatementRecord>,
    /// The ledger's row of the revision.
    pub row: RevisionRow,
    pub sequence: u64,
    pub applied: u64,
    pub last_effectful: Option<usize>,
    pub finished: bool,
}

/// The ledger's row of a revision while the change is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RevisionRow {
    /// There is none.
    Absent,
    /// An earlier version of a repeatable change is complete.
    Old,
    /// It is unfinished.
    Open,
}

impl Progress<'_> {
    pub fn total(&self) -> u64 {
        u64::try_from(self.prepared.statements.len()).unwrap_or(u64::MAX)
    }

    pub fn is_applied(&self, statement: &PreparedStatement) -> bool {
        self.records.get(&statement.ordinal).is_some_and(|record| record.state == StatementState::Applied)
    }

    pub fn in_flight(&self, statement: &PreparedStatement) -> Option<&'_ StatementRecord> {
        self.records
            .get(&statement.ordinal)
            .copied()
            .filter(|record| record.state == StatementState::Intended)
    }

    /// Where a run goes on after this statement has failed: what it shares a transaction with is rolled back.
    pub fn resumes_at(&self, statement: &PreparedStatement) -> u64 {
        let is_in = |unit: &&Unit| {
            unit.kind == UnitKind::Transaction
                && self.prepared.statements_of(unit).iter().any(|other| other.ordinal == statement.ordinal)
        };
        let unit = self.prepared.units.iter().find(is_in);
        let together = unit.map(|unit| self.prepared.statements_of(unit)).unwrap_or_default();
        let first = together.iter().find(|other| !self.is_applied(other));
        first.map_or(statement.ordinal, |first| first.ordinal)
    }

    pub fn entry(&self, state: RevisionState) -> RevisionEntry<'_> {
        let applied = if state.is_complete() { self.total() } else { self.applied };
        RevisionEntry {
            change: self.change,
            version: &self.version,
            state,
            total: self.total(),
            applied,
            sequence: self.sequence,
        }
    }

    /// State of the revision once the unit at `index` is done.
    pub fn state_after(&self, index: usize) -> RevisionState {
        if self.last_effectful == Some(index) { RevisionState::Applied } else { RevisionState::Applying }
    }

    pub fn place(&self, statement: &PreparedStatement, offset: Option<usize>) -> String {
        // Offsets are those of the text that was sent; with placeholders filled in they may be off.
        let offset = offset.filter(|offset| *offset < statement.span.len()).unwrap_or(0);
        self.change.up.file.locate(statement.span.start + offset)
    }
}
