//! One change on one session: transactions with their ledger rows, and statement by statement what cannot run in one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sluice_rollout::{Action, Change, Ledger, RevisionState, StatementRecord, StatementState, version_key};
use sluice_sql::{Kind, Mode};

use crate::apply::{Job, backoff, lost_or_connect, pause};
use crate::event::{Event, EventSink};
use crate::failure::ApplyError;
use crate::fault::{self, Point};
use crate::ledger::{RevisionEntry, StatementEntry, Writer};
use crate::script::{Prepared, PreparedStatement, Unit, UnitKind};
use crate::watch::Watch;
use crate::{
    Backend, Committed, Connect, DbError, DbErrorKind, Limits, Query, Running, Session, Step,
    TransactionError, Verdict,
};

/// How long the remains of a failed statement may wait for a lock to be removed, while somebody waits for the outcome.
const CLEAN_UP_PATIENCE: Duration = Duration::from_secs(3);

/// What is needed to run changes on a session that holds the lock.
pub(crate) struct ChangeRun<'a, 'job> {
    pub session: &'a mut dyn Session,
    pub connect: &'a Connect,
    pub job: &'a Job<'job>,
    pub events: &'a EventSink,
    pub writer: &'a Writer,
    /// Goes with the first transaction of the run: creates the ledger where needed, and takes the fence.
    pub prelude: Vec<Step<'static>>,
    /// Statements of the user's have changed settings of the session.
    pub dirty: bool,
}

/// Where a change stands while it is run.
struct Progress<'a> {
    change: &'a Change,
    /// The change's version as the ledger spells it: `1` where the file says `01` since.
    version: String,
    prepared: &'a Prepared,
    /// What the ledger says of its statements, by ordinal.
    records: BTreeMap<u64, &'a StatementRecord>,
    /// The ledger's row of the revision.
    row: RevisionRow,
    sequence: u64,
    applied: u64,
    last_effectful: Option<usize>,
    finished: bool,
}

/// The ledger's row of a revision while the change is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RevisionRow {
    /// There is none.
    Absent,
    /// An earlier version of a repeatable change is complete.
    Old,
    /// It is unfinished.
    Open,
}

impl Progress<'_> {
    fn total(&self) -> u64 {
        u64::try_from(self.prepared.statements.len()).unwrap_or(u64::MAX)
    }

    fn is_applied(&self, statement: &PreparedStatement) -> bool {
        self.records.get(&statement.ordinal).is_some_and(|record| record.state == StatementState::Applied)
    }

    fn in_flight(&self, statement: &PreparedStatement) -> Option<&'_ StatementRecord> {
        self.records
            .get(&statement.ordinal)
            .copied()
            .filter(|record| record.state == StatementState::Intended)
    }

    fn entry(&self, state: RevisionState) -> RevisionEntry<'_> {
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
    fn state_after(&self, index: usize) -> RevisionState {
        if self.last_effectful == Some(index) { RevisionState::Applied } else { RevisionState::Applying }
    }

    fn place(&self, statement: &PreparedStatement, offset: Option<usize>) -> String {
        // Offsets are those of the text that was sent; with placeholders filled in they may be off.
        let offset = offset.filter(|offset| *offset < statement.span.len()).unwrap_or(0);
        self.change.up.file.locate(statement.span.start + offset)
    }
}

impl ChangeRun<'_, '_> {
    /// Applies one change, or goes on with it.
    pub(crate) async fn apply(
        &mut self,
        change: &Change,
        action: Action,
        prepared: &Prepared,
        ledger: &Ledger,
        sequence: u64,
    ) -> Result<(), ApplyError> {
        let started = Instant::now();
        let version = match action {
            Action::Apply => None,
            Action::Resume | Action::Rerun => {
                ledger.revisions.iter().find(|revision| version_key(&revision.version) == change.key)
            }
        }
        .map_or_else(|| change.version.clone(), |revision| revision.version.clone());
        let mut progress = Progress {
            change,
            prepared,
            records: ledger
                .statements
                .iter()
                .filter(|record| action == Action::Resume && record.version == version)
                .map(|record| (record.ordinal, record))
                .collect(),
            row: match action {
                Action::Apply => RevisionRow::Absent,
                Action::Rerun => RevisionRow::Old,
                Action::Resume => RevisionRow::Open,
            },
            sequence,
            applied: 0,
            last_effectful: prepared.effectful().last().map(|(index, _)| index),
            finished: false,
            version,
        };
        (self.events)(Event::ChangeStarted {
            version: change.version.clone(),
            name: change.name.clone(),
            statements: progress.total(),
        });
        check_records(&progress)?;
        self.check_assertions(&progress).await?;
        let result = self.run_units(&mut progress).await;
        if self.dirty && !matches!(result, Err(ApplyError::Lost(_))) {
            self.session.reset().await.map_err(lost_or_connect)?;
            self.dirty = false;
        }
        result?;
        (self.events)(Event::ChangeApplied {
            version: change.version.clone(),
            milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        Ok(())
    }

    async fn run_units(&mut self, progress: &mut Progress<'_>) -> Result<(), ApplyError> {
        let prepared = progress.prepared;
        for (index, unit) in prepared.units.iter().enumerate() {
            let statements = prepared.statements_of(unit);
            self.dirty |= statements.iter().any(PreparedStatement::may_leave_session_state);
            match unit.kind {
                UnitKind::Session => self.run_settings(progress, statements).await?,
                UnitKind::Transaction
                    if statements.iter().all(|statement| progress.is_applied(statement)) =>
                {
                    progress.applied += count(statements);
                    self.repeat_settings(statements).await?;
                }
                UnitKind::Transaction => self.run_transaction(progress, index, unit).await?,
                UnitKind::Alone => {
                    for statement in statements {
                        self.run_alone(progress, index, statement).await?;
                    }
                }
            }
        }
        if !progress.finished {
            // Nothing was left to run: an empty change, or one whose last statement was taken out after it had failed.
            let entry = progress.entry(RevisionState::Applied);
            let replace = progress.row != RevisionRow::Absent;
            let mut steps: Vec<_> =
                self.writer.put_revision(&entry, replace).into_iter().map(Step::Own).collect();
            self.push_event("applied", progress, None, &mut steps);
            self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
        }
        Ok(())
    }

    /// Everything of a unit in one transaction with the ledger rows; tried again when a lock is not granted.
    async fn run_transaction(
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
        let total = count(progress.prepared.statements_of(unit));
        let state = progress.state_after(index);
        let atomic = progress.row != RevisionRow::Open && state == RevisionState::Applied;
        progress.applied += total;
        let mut steps: Vec<Step<'_>> =
            statements.iter().map(|statement| Step::Statement(statement.as_statement())).collect();
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
            self.push_event("applied", progress, None, &mut steps);
        }
        let limits = self.limits(progress.change, None);
        self.set_limits(&limits).await?;

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
            let (result, blockers) = watch.run(self.session.transaction(&all)).await?;
            let error = match result {
                Ok(()) => break,
                Err(error) => error,
            };
            if matches!(error.error.kind, DbErrorKind::LockTimeout | DbErrorKind::Conflict)
                && error.committed == Committed::No
                && attempt < self.job.timing.lock_attempts
            {
                self.retry_later(progress.change, attempt, blockers).await?;
                continue;
            }
            progress.applied -= total;
            let ours = error.step.is_some_and(|step| step < before || step >= before + statements.len());
            if ours
                && error.committed == Committed::No
                && !matches!(
                    error.error.kind,
                    DbErrorKind::Fenced | DbErrorKind::Cancelled | DbErrorKind::ConnectionLost
                )
            {
                return Err(ApplyError::Ledger(error.error.into()));
            }
            let at =
                error.step.and_then(|step| step.checked_sub(before)).and_then(|step| statements.get(step));
            let at = at.or(statements.first()).copied();
            if error.committed == Committed::Partly {
                return Err(self.leave_in_flight(progress, &statements, at, error.error).await);
            }
            return Err(self.fail(progress, at, error, blockers).await);
        }
        self.prelude.clear();
        progress.row = RevisionRow::Open;
        progress.finished = state.is_complete();
        fault::at(Point::Committed);
        Ok(())
    }

    /// Intent, execute, probe, record; or recovery, where an earlier run left an intent.
    async fn run_alone(
        &mut self,
        progress: &mut Progress<'_>,
        index: usize,
        statement: &PreparedStatement,
    ) -> Result<(), ApplyError> {
        let state = progress.state_after(index);
        if progress.is_applied(statement) {
            progress.applied += 1;
            return Ok(());
        }
        (self.events)(Event::StatementStarted {
            version: progress.change.version.clone(),
            ordinal: statement.ordinal,
            summary: statement.summary(),
        });
        if let Some(record) = progress.in_flight(statement)
            && let Some(evidence) = self.recover(progress, statement, record).await?
        {
            (self.events)(Event::Adopted {
                version: progress.change.version.clone(),
                ordinal: statement.ordinal,
                evidence: evidence.clone(),
            });
            return self.record(progress, state, statement, &format!("adopted: {evidence}")).await;
        }
        let limits = self.limits(progress.change, Some(statement));
        let mut attempt = 0;
        let evidence = loop {
            attempt += 1;
            self.set_limits(&limits).await?;
            let before = self.session.observe(&statement.as_statement()).await.map_err(lost_or_connect)?;
            self.intend(progress, statement, &before).await?;
            fault::at(Point::Intended);
            let watch = Watch::new(
                self.connect,
                self.session.control(),
                limits.lock_timeout,
                self.job.timing.silence,
                self.events,
            );
            let (result, blockers) = watch.run(self.session.execute(&statement.as_statement())).await?;
            if let Err(error) = &result
                && error.kind == DbErrorKind::ConnectionLost
            {
                return Err(ApplyError::Lost(error.clone()));
            }
            fault::at(Point::Executed);
            let patience = result.is_err().then_some(CLEAN_UP_PATIENCE);
            let (verdict, cleaned) = self.probe(progress, statement, &before, patience).await?;
            let error = match (result, verdict) {
                (Ok(()), Verdict::Applied { evidence }) => break evidence,
                (Ok(()), Verdict::NotApplied { evidence } | Verdict::Unknown { evidence }) if !cleaned => {
                    break format!("the server reported success; {evidence}");
                }
                // What the failed statement left could not be removed: it stays in flight, so that it is removed before
                // anybody runs the statement again.
                (Err(error), Verdict::Partial { evidence, .. }) => {
                    let mut blockers = blockers;
                    let mut remains = true;
                    while remains && self.is_worth_a_retry(&error, attempt) {
                        self.retry_later(progress.change, attempt, std::mem::take(&mut blockers)).await?;
                        attempt += 1;
                        let (verdict, _) = self.probe(progress, statement, &before, patience).await?;
                        remains = matches!(verdict, Verdict::Partial { .. });
                    }
                    if remains {
                        return Err(self
                            .fail_with_remains(progress, statement, error, evidence, blockers)
                            .await);
                    }
                    continue;
                }
                // Something half-done stood in the way, or made a repeat look like success (fact P2): it was removed, so once
                // more. Not after a statement that was stopped on purpose: what was removed was its own.
                (result, Verdict::NotApplied { .. } | Verdict::Partial { .. })
                    if cleaned && attempt == 1 && !result.as_ref().is_err_and(was_stopped) =>
                {
                    continue;
                }
                (Ok(()), verdict) => DbError::new(
                    DbErrorKind::Statement,
                    format!("the server reported success, but the catalog says: {}", verdict.evidence()),
                ),
                (Err(error), Verdict::Applied { evidence })
                    if cleaned || error.kind == DbErrorKind::Cancelled =>
                {
                    break format!("{evidence}, although the server reported: {error}");
                }
                (Err(error), Verdict::Unknown { evidence }) => {
                    let detail = format!("{error}; {evidence}");
                    let mut steps = Vec::new();
                    self.push_event("failed", progress, Some(detail.clone()), &mut steps);
                    self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
                    return Err(inconclusive(progress, statement, detail));
                }
                (Err(mut error), Verdict::Applied { evidence }) => {
                    error.hint = Some(format!(
                        "the catalog shows the effect of the statement: {evidence}; if that is what it should be, \
                         `sluice repair {} --statement {} --applied`",
                        progress.change.version, statement.ordinal
                    ));
                    error
                }
                (Err(error), _) => error,
            };
            if !self.is_worth_a_retry(&error, attempt) {
                return Err(self.fail_alone(progress, statement, error, blockers).await);
            }
            // The server said that nothing was done: nothing is in flight while we wait.
            let mut steps = Vec::new();
            self.push_statement(progress, statement, StatementState::Failed, &error.to_string(), &mut steps);
            self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
            self.retry_later(progress.change, attempt, blockers).await?;
        };
        self.record(progress, state, statement, &evidence).await?;
        fault::at(Point::BetweenStatements);
        Ok(())
    }

    /// Finds out what became of a statement that an earlier run was about to execute: `Some(evidence)` when it is applied,
    /// `None` when it can be run.
    async fn recover(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        record: &StatementRecord,
    ) -> Result<Option<String>, ApplyError> {
        let started = Instant::now();
        let backend = Backend(record.backend.clone().unwrap_or_default());
        let mut tries = 0;
        while let Some(running) = self.session.running(&backend).await.map_err(lost_or_connect)? {
            if tries == 0 {
                (self.events)(Event::WaitingForOrphan {
                    version: progress.change.version.clone(),
                    running: running.clone(),
                });
            }
            if started.elapsed() >= self.job.timing.lock_wait {
                return Err(ApplyError::StillRunning {
                    version: progress.change.version.clone(),
                    ordinal: statement.ordinal,
                    running,
                });
            }
            tries += 1;
            pause(self.connect, backoff(tries, Duration::from_millis(50), Duration::from_secs(2))).await?;
        }
        let before = record.evidence.as_deref().unwrap_or_default();
        match self.probe(progress, statement, before, None).await?.0 {
            Verdict::Applied { evidence } => Ok(Some(evidence)),
            Verdict::NotApplied { .. } => Ok(None),
            Verdict::Partial { evidence, .. } | Verdict::Unknown { evidence } => {
                Err(inconclusive(progress, statement, evidence))
            }
        }
    }

    /// Looks at the catalog; what is half-done is removed (or completed, where that is the way out), and looked at again.
    /// Also says whether anything was. Removing it may take any time, because it waits for others as the statement itself did;
    /// with `patience` it gives up after a lock was not granted for so long, and says [`Verdict::Partial`].
    async fn probe(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        before: &str,
        patience: Option<Duration>,
    ) -> Result<(Verdict, bool), ApplyError> {
        let mut cleaned = false;
        loop {
            let verdict =
                self.session.probe(&statement.as_statement(), before).await.map_err(lost_or_connect)?;
            let Verdict::Partial { clean_up, .. } = &verdict else { return Ok((verdict, cleaned)) };
            if cleaned || clean_up.is_empty() {
                return Ok((verdict, cleaned));
            }
            let limits = Limits { lock_timeout: patience, statement_timeout: None, die_with_client: None };
            self.set_limits(&limits).await?;
            for sql in clean_up {
                if let Err(error) = self.clean_up(sql, patience.is_some()).await? {
                    if patience.is_none() || error.kind == DbErrorKind::ConnectionLost {
                        return Err(lost_or_connect(error));
                    }
                    (self.events)(Event::Warning {
                        message: format!(
                            "{}: it could not be removed now ({error}); the next run does it",
                            verdict.evidence()
                        ),
                    });
                    return Ok((verdict, false));
                }
                (self.events)(Event::CleanedUp {
                    version: progress.change.version.clone(),
                    statement: sql.clone(),
                });
            }
            cleaned = true;
        }
    }

    /// Runs one statement of a clean-up. One that is bounded by itself is also run after the user wanted to stop.
    async fn clean_up(&mut self, sql: &str, bounded: bool) -> Result<Result<(), DbError>, ApplyError> {
        let query = Query::new(sql, Vec::new());
        let result = if bounded {
            self.session.query(&query).await
        } else {
            let control = self.session.control();
            let watch = Watch::new(self.connect, control, None, self.job.timing.silence, self.events);
            watch.run(self.session.query(&query)).await?.0
        };
        Ok(result.map(drop))
    }

    fn is_worth_a_retry(&self, error: &DbError, attempt: u32) -> bool {
        matches!(error.kind, DbErrorKind::LockTimeout | DbErrorKind::Conflict)
            && attempt < self.job.timing.lock_attempts
    }

    async fn intend(
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

    async fn record(
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
            self.push_event("applied", progress, None, &mut steps);
        }
        self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
        progress.row = RevisionRow::Open;
        progress.finished = state.is_complete();
        fault::at(Point::Committed);
        Ok(())
    }

    /// Records that some of a transaction stayed without its ledger rows: until a person has looked, its statements are in
    /// flight.
    async fn leave_in_flight(
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

    /// A failed statement whose remains are still there: the history tells, and the statement stays in flight.
    async fn fail_with_remains(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        mut error: DbError,
        evidence: String,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let cancelled = error.kind == DbErrorKind::Cancelled && self.connect.cancel.is_cancelled();
        let kind = if cancelled { "cancelled" } else { "failed" };
        let place = progress.place(statement, error.offset);
        let mut steps = Vec::new();
        self.push_event(kind, progress, Some(format!("{place}: {error}; {evidence}")), &mut steps);
        if let Err(unrecorded) = self.commit(steps).await {
            return lost_or_connect(unrecorded.error);
        }
        if cancelled {
            return ApplyError::Cancelled { running: None };
        }
        error.hint.get_or_insert(format!("{evidence}; the next run removes it"));
        ApplyError::Statement {
            place,
            version: progress.change.version.clone(),
            ordinal: statement.ordinal,
            summary: statement.summary(),
            error,
            blockers,
            applied: progress.applied,
            total: progress.total(),
        }
    }

    /// Records a failed statement of a change of which nothing else is in flight, and says what happened.
    async fn fail_alone(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        error: DbError,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let error = TransactionError { step: None, error, committed: Committed::No };
        self.fail(progress, Some(statement), error, blockers).await
    }

    async fn fail(
        &mut self,
        progress: &Progress<'_>,
        statement: Option<&PreparedStatement>,
        error: TransactionError,
        blockers: Vec<Running>,
    ) -> ApplyError {
        let TransactionError { error, committed, .. } = error;
        if committed == Committed::Unknown || error.kind == DbErrorKind::ConnectionLost {
            return ApplyError::Lost(error);
        }
        if error.kind == DbErrorKind::Fenced {
            return ApplyError::Fenced;
        }
        let cancelled = error.kind == DbErrorKind::Cancelled && self.connect.cancel.is_cancelled();
        let place = statement.map_or_else(
            || progress.change.up.file.path().to_owned(),
            |statement| progress.place(statement, error.offset),
        );
        let kind = if cancelled { "cancelled" } else { "failed" };
        let detail = format!("{place}: {error}");
        if let Err(unrecorded) = self.record_failure(progress, statement, kind, &detail).await {
            (self.events)(Event::Warning {
                message: format!("the failure could not be recorded in the ledger: {unrecorded}"),
            });
        }
        if cancelled {
            return ApplyError::Cancelled { running: None };
        }
        ApplyError::Statement {
            place,
            version: progress.change.version.clone(),
            ordinal: statement.map_or(0, |statement| statement.ordinal),
            summary: statement.map(PreparedStatement::summary).unwrap_or_default(),
            error,
            blockers,
            applied: progress.applied,
            total: progress.total(),
        }
    }

    async fn record_failure(
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
    async fn commit(&mut self, steps: Vec<Step<'_>>) -> Result<(), TransactionError> {
        let (all, _) = self.with_prelude(&steps);
        self.session.transaction(&all).await?;
        self.prelude.clear();
        Ok(())
    }

    fn with_prelude<'s>(&self, steps: &[Step<'s>]) -> (Vec<Step<'s>>, usize) {
        let mut all: Vec<Step<'s>> = self.prelude.clone();
        let before = all.len();
        all.extend_from_slice(steps);
        (all, before)
    }

    fn push_statement(
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

    fn push_revision(&self, progress: &Progress<'_>, state: RevisionState, steps: &mut Vec<Step<'_>>) {
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

    fn push_event(
        &self,
        kind: &str,
        progress: &Progress<'_>,
        detail: Option<String>,
        steps: &mut Vec<Step<'_>>,
    ) {
        steps.push(Step::Own(self.writer.event(kind, Some(&progress.version), detail)));
    }

    /// Settings of the session do not survive it: those that come before the place of resumption are made again.
    async fn repeat_settings(&mut self, statements: &[PreparedStatement]) -> Result<(), ApplyError> {
        for statement in statements.iter().filter(|statement| statement.facts.mode == Mode::Session) {
            self.session.execute(&statement.as_statement()).await.map_err(lost_or_connect)?;
        }
        Ok(())
    }

    async fn run_settings(
        &mut self,
        progress: &mut Progress<'_>,
        statements: &[PreparedStatement],
    ) -> Result<(), ApplyError> {
        for statement in statements {
            if let Err(error) = self.session.execute(&statement.as_statement()).await {
                return Err(self.fail_alone(progress, statement, error, Vec::new()).await);
            }
        }
        Ok(())
    }

    /// An assertion is about the state before the change: one that is half applied has passed it.
    async fn check_assertions(&mut self, progress: &Progress<'_>) -> Result<(), ApplyError> {
        let begun = progress.records.values().any(|record| record.state != StatementState::Failed);
        let change = progress.change;
        for sql in change.directives.asserts.iter().filter(|_| !begun) {
            let answer = match self.session.query(&Query::new(sql, Vec::new())).await {
                Ok(rows) => rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten(),
                Err(error) if error.kind == DbErrorKind::ConnectionLost => {
                    return Err(ApplyError::Lost(error));
                }
                Err(error) => Some(format!("an error: {error}")),
            };
            let holds = answer.as_deref().is_some_and(|answer| {
                ["t", "true", "1", "yes", "on"].iter().any(|yes| answer.eq_ignore_ascii_case(yes))
            });
            if holds {
                continue;
            }
            let answer = answer.unwrap_or_else(|| "nothing".to_owned());
            let detail = format!("assertion `{sql}` answered {answer}");
            if let Err(unrecorded) = self.record_failure(progress, None, "failed", &detail).await {
                (self.events)(Event::Warning {
                    message: format!("the failure could not be recorded in the ledger: {unrecorded}"),
                });
            }
            return Err(ApplyError::Assertion {
                path: change.up.file.path().to_owned(),
                version: change.version.clone(),
                sql: sql.clone(),
                answer,
            });
        }
        Ok(())
    }

    /// Time limits for a statement: short for what locks others out, none for concurrent work, which waits for every old
    /// transaction by its nature (fact K1) and is best left to finish when the client is gone (facts P1, P3).
    fn limits(&self, change: &Change, alone: Option<&PreparedStatement>) -> Limits {
        let concurrent = alone.is_some_and(|statement| {
            matches!(
                statement.facts.kind,
                Kind::Create { concurrently: true, .. }
                    | Kind::Drop { concurrently: true, .. }
                    | Kind::Reindex { concurrently: true }
            )
        });
        let timing = &self.job.timing;
        Limits {
            lock_timeout: change
                .directives
                .lock_timeout
                .or((!concurrent).then_some(timing.lock_timeout))
                .filter(|limit| !limit.is_zero()),
            statement_timeout: change
                .directives
                .statement_timeout
                .or(timing.statement_timeout)
                .filter(|limit| !limit.is_zero()),
            die_with_client: (!concurrent).then_some(Duration::from_secs(1)),
        }
    }

    async fn set_limits(&mut self, limits: &Limits) -> Result<(), ApplyError> {
        self.session.set_limits(limits).await.map_err(lost_or_connect)
    }

    async fn retry_later(
        &mut self,
        change: &Change,
        attempt: u32,
        mut blockers: Vec<Running>,
    ) -> Result<(), ApplyError> {
        if blockers.is_empty() {
            blockers = self.session.control().blockers().await.unwrap_or_default();
        }
        let wait = backoff(attempt, Duration::from_millis(200), Duration::from_secs(10));
        (self.events)(Event::LockRetry {
            version: change.version.clone(),
            attempt,
            attempts: self.job.timing.lock_attempts,
            blockers,
            pause: wait,
        });
        pause(self.connect, wait).await
    }
}

fn count(statements: &[PreparedStatement]) -> u64 {
    u64::try_from(statements.len()).unwrap_or(u64::MAX)
}

/// Whether a statement ended because somebody or some limit ended it.
fn was_stopped(error: &DbError) -> bool {
    matches!(
        error.kind,
        DbErrorKind::Cancelled
            | DbErrorKind::StatementTimeout
            | DbErrorKind::LockTimeout
            | DbErrorKind::DiskFull
    )
}

fn inconclusive(progress: &Progress<'_>, statement: &PreparedStatement, evidence: String) -> ApplyError {
    ApplyError::Inconclusive {
        place: progress.place(statement, None),
        version: progress.change.version.clone(),
        ordinal: statement.ordinal,
        summary: statement.summary(),
        evidence,
    }
}

/// What is applied or in flight must still be what the file says; what failed or was not reached may be edited.
fn check_records(progress: &Progress<'_>) -> Result<(), ApplyError> {
    for (ordinal, record) in &progress.records {
        let what = match record.state {
            StatementState::Applied => "applied",
            StatementState::Intended => "in flight",
            StatementState::Failed => continue,
        };
        let unchanged = progress
            .prepared
            .statements
            .iter()
            .find(|statement| statement.ordinal == *ordinal)
            .is_some_and(|statement| statement.checksum == record.checksum);
        if !unchanged {
            return Err(ApplyError::EditedInFlight {
                path: progress.change.up.file.path().to_owned(),
                version: progress.change.version.clone(),
                ordinal: *ordinal,
                what,
            });
        }
    }
    Ok(())
}
