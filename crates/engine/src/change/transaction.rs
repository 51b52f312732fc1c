use sluice_rollout::{RevisionState, StatementState};
use sluice_sql::Facts;

use super::failing::{broken, inconclusive, is_broken};
use super::progress::{Progress, RevisionRow};
use super::{ChangeRun, count};
use crate::apply::lost_or_connect;
use crate::backup::{self, Capture};
use crate::event::Event;
use crate::failure::ApplyError;
use crate::fault::{self, Point};
use crate::script::{PreparedStatement, Unit};
use crate::watch::Watch;
use crate::{Committed, DbError, DbErrorKind, Query, Statement, Step, TransactionError};

impl ChangeRun<'_, '_> {
    /// Everything of a unit in one transaction with the ledger rows; tried again when a lock is not granted.
    pub(super) async fn run_transaction(
        &mut self,
        progress: &mut Progress<'_>,
        index: usize,
        unit: &Unit,
    ) -> Result<(), ApplyError> {
        // A person may have decided about some of them after an earlier run.
        let statements: Vec<&PreparedStatement> = progress
            .prepared
            .statements_of(unit)
            .iter()
            .filter(|statement| !progress.is_applied(statement))
            .collect();
        for statement in &statements {
            if let Some(record) = progress.in_flight(statement) {
                let evidence = record.evidence.clone().unwrap_or_default();
                return Err(inconclusive(progress, statement, evidence));
            }
        }
        let first = statements.first().map_or(0, |statement| statement.ordinal);
        if let Some((mut error, ordinal)) = self.losses.verdict(&progress.version, first) {
            let known = statements.iter().find(|statement| Some(statement.ordinal) == ordinal);
            if let (None, Some(last)) = (known, statements.last().filter(|last| last.ordinal > first)) {
                error.message =
                    format!("{} (statements {first} to {} ran together)", error.message, last.ordinal);
            }
            let at = known.or(statements.first()).copied();
            let error = TransactionError { step: None, error, committed: Committed::No };
            return Err(self.fail(progress, at, error, Vec::new()).await);
        }
        let limits = self.limits(progress.change, None);
        self.set_limits(&limits).await?;
        self.ask_before(progress, &statements).await?;
        let total = count(progress.prepared.statements_of(unit));
        let state = progress.state_after(index);
        let atomic = progress.row != RevisionRow::Open && state == RevisionState::Applied;
        progress.applied += total;
        let captures = self.captures(progress, &statements).await?;
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(statements.len());
        // Which statement each of the steps is there for.
        let mut owners: Vec<&PreparedStatement> = Vec::with_capacity(statements.len());
        if captures.iter().any(Option::is_some) && self.session.ledger_dialect().create_is_transactional {
            let create = self.session.ledger_dialect().create_backup.clone();
            steps.push(Step::Own(Query::new(create, Vec::new())));
        }
        owners.extend(statements.first().filter(|_| !steps.is_empty()));
        for (statement, capture) in statements.iter().zip(&captures) {
            if let Some(capture) = capture {
                steps.extend(capture.before.iter().map(own));
            }
            steps.push(Step::Statement(statement.as_statement()));
            if let Some(capture) = capture {
                steps.extend(capture.after.iter().map(own));
                steps.push(Step::Own(capture.entry.clone()));
            }
            owners.resize(steps.len(), statement);
        }
        // The revision first: one that is applied again forgets the statements of the time before.
        self.push_revision(progress, state, &mut steps);
        if !atomic {
            for statement in &statements {
                self.push_statement(
                    progress,
                    statement,
                    StatementState::Applied,
                    "in one transaction",
                    &mut steps,
                );
            }
        }
        if state.is_complete() {
            self.push_end(progress, &mut steps);
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (all, before) = self.with_prelude(&steps);
            let watch = Watch::new(
                self.connect,
                self.session.control(),
                limits.lock_timeout,
                self.job.timing.silence,
                self.events,
            );
            if let Some(first) = statements.first() {
                self.sending(progress, first);
            }
            let (result, blockers) = watch.run(self.session.transaction(&all)).await?;
            let error = match result {
                Ok(()) => break,
                Err(error) => error,
            };
            let at = error.step.and_then(|step| step.checked_sub(before)).and_then(|step| owners.get(step));
            if let (Some(sent), Some(at)) = (&mut self.sent, at) {
                sent.ordinal = Some(at.ordinal);
                sent.place = progress.place(at, None);
            }
            if matches!(error.error.kind, DbErrorKind::LockTimeout | DbErrorKind::Conflict)
                && error.committed == Committed::No
                && attempt < self.job.timing.lock_attempts
            {
                self.retry_later(progress.change, attempt, blockers).await?;
                continue;
            }
            progress.applied -= total;
            let ours = error.step.is_some_and(|step| step < before || step >= before + owners.len());
            if ours
                && error.committed == Committed::No
                && !matches!(
                    error.error.kind,
                    DbErrorKind::Fenced | DbErrorKind::Cancelled | DbErrorKind::ConnectionLost
                )
            {
                let after = error.step.is_some_and(|step| step >= before + owners.len());
                if let Some(at) = culprit(&statements).filter(|_| after && is_broken(&error.error)) {
                    let error = TransactionError { error: broken(&error.error), ..error };
                    return Err(self.fail(progress, Some(at), error, blockers).await);
                }
                return Err(ApplyError::Ledger(error.error.into()));
            }
            let at = at.or(statements.first()).copied();
            if error.committed == Committed::Partly {
                return Err(self.leave_in_flight(progress, &statements, at, error.error).await);
            }
            return Err(self.fail(progress, at, error, blockers).await);
        }
        self.sent = None;
        self.prelude.clear();
        progress.row = RevisionRow::Open;
        progress.finished = state.is_complete();
        fault::at(Point::Committed);
        Ok(())
    }

    /// What goes with the statements so that the rows are kept that they change, by their places.
    async fn captures(
        &mut self,
        progress: &Progress<'_>,
        statements: &[&PreparedStatement],
    ) -> Result<Vec<Option<Capture>>, ApplyError> {
        let mut captures = Vec::with_capacity(statements.len());
        if !backup::is_on(progress.change, self.job.backup) {
            captures.resize_with(statements.len(), || None);
            return Ok(captures);
        }
        let place = backup::Place {
            change: progress.change,
            version: &progress.version,
            sequence: progress.sequence,
        };
        for statement in statements {
            let planned = backup::plan(self.session, self.writer, &place, statement).await;
            match planned.map_err(lost_or_connect)? {
                Ok(capture) => captures.push(capture),
                Err(refusal) => {
                    return Err(ApplyError::NotKept { version: progress.change.version.clone(), refusal });
                }
            }
        }
        for sql in captures.iter().flatten().flat_map(|capture| &capture.ahead) {
            self.session.query(&Query::new(sql.as_str(), Vec::new())).await.map_err(lost_or_connect)?;
        }
        Ok(captures)
    }

    /// Records that some of a transaction stayed without its ledger rows: until a person has looked, its statements are in
    /// flight.
    pub(super) async fn leave_in_flight(
        &mut self,
        progress: &mut Progress<'_>,
        statements: &[&PreparedStatement],
        at: Option<&PreparedStatement>,
        error: DbError,
    ) -> ApplyError {
        let evidence = format!("{error}: {}", error.detail.as_deref().unwrap_or("some of it stayed"));
        let mut steps = Vec::new();
        self.push_revision(progress, RevisionState::Applying, &mut steps);
        for statement in statements {
            self.push_statement(progress, statement, StatementState::Intended, &evidence, &mut steps);
        }
        self.push_event("failed", progress, Some(evidence.clone()), &mut steps);
        if let Err(unrecorded) = self.commit(steps).await {
            (self.events)(Event::Warning {
                message: format!("the failure could not be recorded in the ledger: {unrecorded}"),
            });
        }
        match at {
            Some(statement) => inconclusive(progress, statement, evidence),
            None => ApplyError::Connect(error),
        }
    }
}

/// What is kept is chosen by the user's own conditions: it goes as a statement of the user's.
fn own((sql, facts): &(String, Facts)) -> Step<'_> {
    Step::Statement(Statement { sql: sql.as_str().into(), copy_data: None, facts })
}

/// Which of the statements of a transaction broke the ledger: the first that names it, or else the first.
fn culprit<'s>(statements: &[&'s PreparedStatement]) -> Option<&'s PreparedStatement> {
    let names_it = |statement: &&&PreparedStatement| statement.sql.to_ascii_lowercase().contains("sluice");
    statements.iter().find(names_it).or(statements.first()).copied()
}
