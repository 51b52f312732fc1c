use sluice_rollout::{RevisionState, StatementState};

use super::ChangeRun;
use super::failing::unrecorded;
use super::progress::{Progress, RevisionRow};
use crate::apply::lost_or_connect;
use crate::failure::ApplyError;
use crate::fault::{self, Point};
use crate::ledger::StatementEntry;
use crate::script::PreparedStatement;
use crate::{DbError, Step, TransactionError};

impl ChangeRun<'_, '_> {
    pub(super) async fn intend(
        &mut self,
        progress: &mut Progress<'_>,
        statement: &PreparedStatement,
        before: &str,
    ) -> Result<(), ApplyError> {
        let mut steps = Vec::new();
        self.push_revision(progress, RevisionState::Applying, &mut steps);
        self.push_statement(progress, statement, StatementState::Intended, before, &mut steps);
        self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
        progress.row = RevisionRow::Open;
        Ok(())
    }

    pub(super) async fn record(
        &mut self,
        progress: &mut Progress<'_>,
        state: RevisionState,
        statement: &PreparedStatement,
        evidence: &str,
    ) -> Result<(), ApplyError> {
        progress.applied += 1;
        let mut steps = Vec::new();
        self.push_revision(progress, state, &mut steps);
        self.push_statement(progress, statement, StatementState::Applied, evidence, &mut steps);
        if state.is_complete() {
            self.push_end(progress, &mut steps);
        }
        self.commit(steps).await.map_err(|error| unrecorded(progress, statement, error.error))?;
        progress.row = RevisionRow::Open;
        progress.finished = state.is_complete();
        self.sent = None;
        fault::at(Point::Committed);
        Ok(())
    }

    pub(super) async fn record_failure(
        &mut self,
        progress: &Progress<'_>,
        statement: Option<&PreparedStatement>,
        kind: &str,
        detail: &str,
    ) -> Result<(), DbError> {
        if self.dirty {
            self.session.reset().await?;
            self.dirty = false;
        }
        let mut steps = Vec::new();
        if progress.row == RevisionRow::Open {
            if let Some(statement) = statement {
                self.push_statement(progress, statement, StatementState::Failed, detail, &mut steps);
            }
            self.push_revision(progress, RevisionState::Failed, &mut steps);
        }
        self.push_event(kind, progress, Some(detail.to_owned()), &mut steps);
        self.commit(steps).await.map_err(|error| error.error)
    }

    /// A transaction of ours alone.
    pub(super) async fn commit(&mut self, steps: Vec<Step<'_>>) -> Result<(), TransactionError> {
        let (all, _) = self.with_prelude(&steps);
        self.session.transaction(&all).await?;
        self.prelude.clear();
        Ok(())
    }

    pub(super) fn with_prelude<'s>(&self, steps: &[Step<'s>]) -> (Vec<Step<'s>>, usize) {
        let mut all: Vec<Step<'s>> = self.prelude.clone();
        let before = all.len();
        all.extend_from_slice(steps);
        (all, before)
    }

    pub(super) fn push_statement(
        &self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        state: StatementState,
        evidence: &str,
        steps: &mut Vec<Step<'_>>,
    ) {
        let entry = StatementEntry {
            version: &progress.version,
            ordinal: statement.ordinal,
            checksum: statement.checksum.as_str(),
            state,
            backend: &self.session.backend().0,
            evidence,
        };
        steps.extend(self.writer.put_statement(&entry).into_iter().map(Step::Own));
    }

    pub(super) fn push_revision(
        &self,
        progress: &Progress<'_>,
        state: RevisionState,
        steps: &mut Vec<Step<'_>>,
    ) {
        let entry = progress.entry(state);
        match progress.row {
            RevisionRow::Absent => {
                steps.extend(self.writer.put_revision(&entry, false).into_iter().map(Step::Own))
            }
            RevisionRow::Old => {
                steps.push(Step::Own(self.writer.clear_statements(&progress.version)));
                steps.extend(self.writer.put_revision(&entry, true).into_iter().map(Step::Own));
            }
            RevisionRow::Open => steps.push(Step::Own(self.writer.advance_revision(&entry))),
        }
    }

    /// What is written when a change is complete. The way back of another one takes that one out of the ledger, and itself: the
    /// history keeps both. As the last steps of the transaction, after the revision has proved the fence.
    pub(super) fn push_end(&self, progress: &Progress<'_>, steps: &mut Vec<Step<'_>>) {
        let Some(undone) = progress.change.undoes() else {
            self.push_event("applied", progress, None, steps);
            return;
        };
        for version in [progress.version.as_str(), undone] {
            steps.push(Step::Own(self.writer.clear_statements(version)));
            steps.push(Step::Own(self.writer.remove_revision(version)));
        }
        let detail = format!("by {}", progress.change.up.file.path());
        steps.push(Step::Own(self.writer.event("rolled-back", Some(undone), Some(detail))));
    }

    pub(super) fn push_event(
        &self,
        kind: &str,
        progress: &Progress<'_>,
        detail: Option<String>,
        steps: &mut Vec<Step<'_>>,
    ) {
        steps.push(Step::Own(self.writer.event(kind, Some(&progress.version), detail)));
    }
}
