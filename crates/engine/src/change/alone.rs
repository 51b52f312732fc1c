use std::time::{Duration, Instant};

use sluice_rollout::{StatementRecord, StatementState};

use super::ChangeRun;
use super::failing::inconclusive;
use super::progress::Progress;
use crate::apply::{backoff, lost_or_connect, pause};
use crate::event::Event;
use crate::failure::ApplyError;
use crate::fault::{self, Point};
use crate::script::PreparedStatement;
use crate::watch::Watch;
use crate::{Backend, DbError, DbErrorKind, Limits, Query, Verdict};

/// How long the remains of a failed statement may wait for a lock to be removed, while somebody waits for the outcome.
const CLEAN_UP_PATIENCE: Duration = Duration::from_secs(3);

impl ChangeRun<'_, '_> {
    /// Intent, execute, probe, record; or recovery, where an earlier run left an intent.
    pub(super) async fn run_alone(
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
        self.refuse_deadly(progress, statement).await?;
        let limits = self.limits(progress.change, Some(statement));
        let mut attempt = 0;
        let evidence = loop {
            attempt += 1;
            self.set_limits(&limits).await?;
            if attempt == 1 {
                self.ask_before(progress, &[statement]).await?;
            }
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
            self.sending(progress, statement);
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
                (Ok(()), Verdict::NotApplied { evidence } | Verdict::Unknown { evidence })
                    if cleaned == Cleaned::Nothing =>
                {
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
                // more.
                (result, Verdict::NotApplied { .. } | Verdict::Partial { .. })
                    if attempt == 1 && cleaned.explains(&result) =>
                {
                    continue;
                }
                (Ok(()), verdict) => DbError::new(
                    DbErrorKind::Statement,
                    format!("the server reported success, but the catalog says: {}", verdict.evidence()),
                ),
                (Err(error), Verdict::Applied { evidence })
                    if cleaned != Cleaned::Nothing || error.kind == DbErrorKind::Cancelled =>
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
    pub(super) async fn recover(
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
    /// Also says what was removed. Removing it may take any time, because it waits for others as the statement itself did;
    /// with `patience` it gives up after a lock was not granted for so long, and says [`Verdict::Partial`].
    pub(super) async fn probe(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
        before: &str,
        patience: Option<Duration>,
    ) -> Result<(Verdict, Cleaned), ApplyError> {
        let mut cleaned = Cleaned::Nothing;
        loop {
            let verdict =
                self.session.probe(&statement.as_statement(), before).await.map_err(lost_or_connect)?;
            let Verdict::Partial { clean_up, older, .. } = &verdict else { return Ok((verdict, cleaned)) };
            if cleaned != Cleaned::Nothing || clean_up.is_empty() {
                return Ok((verdict, cleaned));
            }
            let limits = Limits { lock_timeout: patience, idle: self.job.timing.idle, ..Limits::default() };
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
                    return Ok((verdict, Cleaned::Nothing));
                }
                // A statement that is tried twice leaves the same thing twice.
                if !self.cleaned.contains(sql) {
                    self.cleaned.push(sql.clone());
                    (self.events)(Event::CleanedUp {
                        version: progress.change.version.clone(),
                        statement: sql.clone(),
                    });
                }
            }
            cleaned = if *older { Cleaned::Older } else { Cleaned::Own };
        }
    }

    /// Runs one statement of a clean-up. One that is bounded by itself is also run after the user wanted to stop.
    pub(super) async fn clean_up(
        &mut self,
        sql: &str,
        bounded: bool,
    ) -> Result<Result<(), DbError>, ApplyError> {
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

    pub(super) fn is_worth_a_retry(&self, error: &DbError, attempt: u32) -> bool {
        matches!(error.kind, DbErrorKind::LockTimeout | DbErrorKind::Conflict)
            && attempt < self.job.timing.lock_attempts
    }
}

/// What a probe has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleaned {
    /// Nothing.
    Nothing,
    /// What the statement itself has left.
    Own,
    /// What was there before the statement ran.
    Older,
}

impl Cleaned {
    /// Whether the statement may end in another way without what was removed. One that failed and left it itself, or that was
    /// stopped on purpose, would end in the same way.
    fn explains(self, result: &Result<(), DbError>) -> bool {
        match (self, result) {
            (Self::Nothing, _) | (Self::Own, Err(_)) => false,
            (Self::Own | Self::Older, Ok(())) => true,
            (Self::Older, Err(error)) => !was_stopped(error),
        }
    }
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
