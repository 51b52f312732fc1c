//! Writing the ledger without running changes: baselines, adopted histories, repairs. Always under the target's lock, with
//! a fence, and with an entry in the history.

use sluice_rollout::{Change, Checksum, Ledger, RevisionState, StatementState};

use crate::apply::{Timing, lock, lost_or_connect, prelude, read_ledger};
use crate::event::EventSink;
use crate::failure::ApplyError;
use crate::ledger::{Identity, RevisionEntry, StatementEntry, Writer};
use crate::script::{Placeholders, prepare};
use crate::{Connect, Database, Query, Row, Session, Step};

/// Who changes the ledger, and how long it may wait for others.
pub struct Admin<'a> {
    /// The family of the target.
    pub database: &'a dyn Database,
    /// The target.
    pub connect: &'a Connect,
    /// Who.
    pub identity: Identity,
    /// Time limits.
    pub timing: Timing,
    /// Takes events.
    pub events: &'a EventSink,
}

/// A change to be recorded as already there.
#[derive(Debug, Clone)]
pub struct Existing<'a> {
    /// The change.
    pub change: &'a Change,
    /// Its checksum in another tool's history, where that has one; the file's own otherwise.
    pub checksum: Option<Checksum>,
}

/// A session that holds the lock, and the ledger as read under it.
struct Held {
    session: Box<dyn Session>,
    ledger: Ledger,
    writer: Writer,
}

impl Admin<'_> {
    /// Records changes as being there already, without running them; what the ledger has is left alone. `origin` says where
    /// the knowledge comes from. Returns how many were recorded.
    ///
    /// # Errors
    /// As [`crate::apply()`].
    pub async fn baseline(&self, existing: &[Existing<'_>], origin: &str) -> Result<usize, ApplyError> {
        let mut held = self.hold().await?;
        let known = |change: &Change| {
            held.ledger
                .revisions
                .iter()
                .any(|revision| sluice_rollout::version_key(&revision.version) == change.key)
        };
        let new: Vec<&Existing<'_>> = existing.iter().filter(|existing| !known(existing.change)).collect();
        if new.is_empty() {
            held.release().await;
            return Ok(0);
        }
        let mut steps = prelude(held.session.as_mut(), &held.ledger, &held.writer).await?;
        for (at, existing) in new.iter().enumerate() {
            let mut change = existing.change.clone();
            if let Some(checksum) = &existing.checksum {
                change.checksum = checksum.clone();
            }
            let entry = RevisionEntry {
                change: &change,
                state: RevisionState::Baseline,
                total: 0,
                applied: 0,
                sequence: (held.ledger.fence + 1) * 1_000_000 + u64::try_from(at).unwrap_or(u64::MAX),
            };
            steps.extend(held.writer.put_revision(&entry, false).into_iter().map(Step::Own));
        }
        let last = new.last().map(|existing| existing.change.version.as_str());
        let detail = format!("{} changes recorded as already there: {origin}", new.len());
        steps.push(Step::Own(held.writer.event("baseline", last, Some(detail))));
        held.commit(&steps).await?;
        Ok(new.len())
    }

    /// Takes the file's present checksum for a change that is applied.
    ///
    /// # Errors
    /// As [`crate::apply()`].
    pub async fn accept_checksum(&self, change: &Change) -> Result<(), ApplyError> {
        let mut held = self.hold().await?;
        let mut steps = prelude(held.session.as_mut(), &held.ledger, &held.writer).await?;
        steps.push(Step::Own(held.writer.put_checksum(&change.version, &change.checksum)));
        let detail = format!("checksum taken from the file: {}", change.checksum);
        steps.push(Step::Own(held.writer.event("repaired", Some(&change.version), Some(detail))));
        held.commit(&steps).await
    }

    /// Removes a change from the ledger that is not in the repository any more. The history keeps it.
    ///
    /// # Errors
    /// As [`crate::apply()`].
    pub async fn forget(&self, version: &str) -> Result<(), ApplyError> {
        let mut held = self.hold().await?;
        let mut steps = prelude(held.session.as_mut(), &held.ledger, &held.writer).await?;
        steps.push(Step::Own(held.writer.clear_statements(version)));
        steps.push(Step::Own(held.writer.remove_revision(version)));
        let detail = "removed from the ledger, because the repository does not have it any more".to_owned();
        steps.push(Step::Own(held.writer.event("repaired", Some(version), Some(detail))));
        held.commit(&steps).await
    }

    /// Decides what the catalog could not tell: whether a statement in flight took effect.
    ///
    /// # Errors
    /// As [`crate::apply()`]; [`ApplyError::Script`] when the change has no such statement.
    pub async fn decide_statement(
        &self,
        change: &Change,
        ordinal: u64,
        applied: bool,
        placeholders: Placeholders<'_>,
    ) -> Result<(), ApplyError> {
        let mut held = self.hold().await?;
        let prepared = prepare(change, held.session.server().dialect, placeholders)?;
        let in_flight = held.ledger.statements.iter().any(|record| {
            record.version == change.version
                && record.ordinal == ordinal
                && record.state == StatementState::Intended
        });
        let statement = prepared.statements.iter().find(|statement| statement.ordinal == ordinal);
        let Some(statement) = statement.filter(|_| in_flight) else {
            held.release().await;
            return Err(crate::script::ScriptError {
                place: change.up.file.path().to_owned(),
                message: format!(
                    "statement {ordinal} of change {} is not in flight; `sluice status` shows what is",
                    change.version
                ),
            }
            .into());
        };
        let state = if applied { StatementState::Applied } else { StatementState::Failed };
        let evidence = format!("{} says so", self.identity.applied_by);
        let mut steps = prelude(held.session.as_mut(), &held.ledger, &held.writer).await?;
        let entry = StatementEntry {
            version: &change.version,
            ordinal,
            checksum: statement.checksum.as_str(),
            state,
            backend: &held.session.backend().0,
            evidence: &evidence,
        };
        steps.extend(held.writer.put_statement(&entry).into_iter().map(Step::Own));
        let detail = format!("statement {ordinal} decided to be {}", state.name());
        steps.push(Step::Own(held.writer.event("repaired", Some(&change.version), Some(detail))));
        held.commit(&steps).await
    }

    /// Runs queries of ours on the target, each answered by its rows or by nothing where its table is not there.
    ///
    /// # Errors
    /// [`ApplyError::Connect`].
    pub async fn read(&self, queries: &[String]) -> Result<Vec<Option<Vec<Row>>>, ApplyError> {
        let mut session = self.database.connect(self.connect).await.map_err(ApplyError::Connect)?;
        let mut answers = Vec::with_capacity(queries.len());
        for sql in queries {
            answers.push(match session.query(&Query::new(sql, Vec::new())).await {
                Ok(rows) => Some(rows),
                Err(error) if error.kind == crate::DbErrorKind::UndefinedTable => None,
                Err(error) => return Err(lost_or_connect(error)),
            });
        }
        session.close().await;
        Ok(answers)
    }

    async fn hold(&self) -> Result<Held, ApplyError> {
        let mut session = self.database.connect(self.connect).await.map_err(ApplyError::Connect)?;
        if session.server().read_only {
            return Err(ApplyError::ReadOnly { address: session.server().address.clone() });
        }
        lock(session.as_mut(), self.connect, &self.timing, self.events).await?;
        let ledger = read_ledger(session.as_mut()).await?;
        let writer = Writer::new(session.ledger_dialect().clone(), self.identity.clone(), ledger.fence + 1);
        Ok(Held { session, ledger, writer })
    }
}

impl Held {
    async fn commit(mut self, steps: &[Step<'_>]) -> Result<(), ApplyError> {
        let result = self.session.transaction(steps).await.map_err(|error| lost_or_connect(error.error));
        self.release().await;
        result
    }

    async fn release(mut self) {
        // The lock ends with the session anyway.
        let _ = self.session.unlock().await;
        self.session.close().await;
    }
}
