//! One change on one session: transactions with their ledger rows, and statement by statement what cannot run in one.

mod alone;
mod asking;
mod failing;
mod progress;
mod record;
mod transaction;

use std::time::{Duration, Instant};

use sluice_rollout::{Action, Assertion, Change, Ledger, RevisionState, StatementState, version_key};
use sluice_sql::{Kind, Mode};

use crate::apply::{Job, backoff, lost_or_connect, pause};
use crate::event::{Event, EventSink};
use crate::failure::ApplyError;
use crate::ledger::Writer;
use crate::loss::{Losses, Sent};
use crate::script::{Prepared, PreparedStatement, UnitKind};
use crate::{Connect, DbErrorKind, Limits, Query, Running, Session, Step};

use progress::{Progress, RevisionRow};

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
    /// The connections that this run has lost.
    pub losses: &'a Losses,
    /// What was sent last: a session that a statement has ended may answer it and break at the next request.
    pub sent: Option<Sent>,
    /// Clean-ups that were told.
    pub cleaned: Vec<String>,
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
        self.sent = None;
        self.cleaned.clear();
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
            self.push_end(progress, &mut steps);
            self.commit(steps).await.map_err(|error| lost_or_connect(error.error))?;
        }
        Ok(())
    }

    async fn run_settings(
        &mut self,
        progress: &mut Progress<'_>,
        statements: &[PreparedStatement],
    ) -> Result<(), ApplyError> {
        for statement in statements {
            self.refuse_deadly(progress, statement).await?;
            self.sending(progress, statement);
            if let Err(error) = self.session.execute(&statement.as_statement()).await {
                return Err(self.fail_alone(progress, statement, error, Vec::new()).await);
            }
        }
        Ok(())
    }

    /// Settings of the session do not survive it: those that come before the place of resumption are made again.
    async fn repeat_settings(&mut self, statements: &[PreparedStatement]) -> Result<(), ApplyError> {
        for statement in statements.iter().filter(|statement| statement.facts.mode == Mode::Session) {
            self.session.execute(&statement.as_statement()).await.map_err(lost_or_connect)?;
        }
        Ok(())
    }

    /// An assertion is about the state before the change: one that is half applied has passed it.
    async fn check_assertions(&mut self, progress: &Progress<'_>) -> Result<(), ApplyError> {
        let begun = progress.records.values().any(|record| record.state != StatementState::Failed);
        let change = progress.change;
        for Assertion { sql, at } in change.directives.asserts.iter().filter(|_| !begun) {
            let place = change.up.file.locate(*at);
            let deadly = self.losses.verdict(&progress.version, 0);
            let asked = match deadly {
                Some((error, _)) => Err(error),
                None => {
                    self.sent = Some(Sent {
                        version: progress.version.clone(),
                        first: 0,
                        ordinal: None,
                        place: format!("the assertion at {place}"),
                    });
                    self.session.query(&Query::new(sql, Vec::new())).await
                }
            };
            let answer = match asked {
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
            return Err(self.refuse(progress, None, place, sql, answer).await);
        }
        Ok(())
    }

    /// Remembers what is about to be sent, until it is answered.
    fn sending(&mut self, progress: &Progress<'_>, first: &PreparedStatement) {
        self.sent = Some(Sent {
            version: progress.version.clone(),
            first: first.ordinal,
            ordinal: None,
            place: progress.place(first, None),
        });
    }

    /// Fails a statement that has ended its session again and again. Nothing of it is in doubt here: this session holds the
    /// lock, and the ledger and the catalog say that it is not applied.
    async fn refuse_deadly(
        &mut self,
        progress: &Progress<'_>,
        statement: &PreparedStatement,
    ) -> Result<(), ApplyError> {
        match self.losses.verdict(&progress.version, statement.ordinal) {
            Some((error, _)) => Err(self.fail_alone(progress, statement, error, Vec::new()).await),
            None => Ok(()),
        }
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
            idle: timing.idle,
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
        // A session that is ended when it is silent does not wait for so long.
        let longest = Duration::from_secs(10);
        let longest = self.job.timing.idle.map_or(longest, |idle| longest.min(idle / 3));
        let wait = backoff(attempt, Duration::from_millis(200), longest);
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
