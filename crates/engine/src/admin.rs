//! Writing the ledger without running changes: baselines, adopted histories, repairs. Always under the target's lock, with
//! a fence, and with an entry in the history.

mod rows;

use std::collections::HashSet;

use sluice_facts::Digest;
use sluice_rollout::{Change, Checksum, Ledger, Revision, RevisionState, StatementState, version_key};

use crate::apply::{Timing, lock, lost_or_connect, prelude, read_ledger};
use crate::drift;
use crate::event::EventSink;
use crate::failure::{ApplyError, read_only};
use crate::ledger::{Identity, RevisionEntry, StatementEntry, Writer};
use crate::script::{Placeholders, prepare};
pub use rows::Chosen;

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

/// What a person says of a statement in flight.
#[derive(Debug, Clone, Copy)]
pub struct Testimony<'a> {
    /// Version of its change.
    pub version: &'a str,
    /// Place in the change, from 1.
    pub ordinal: u64,
    /// Whether it took effect.
    pub applied: bool,
    /// The change, to see that it still has that statement. Where the files cannot be read there is none, and the next run
    /// refuses another statement in the place of one that is applied.
    pub change: Option<&'a Change>,
}

/// A session that holds the lock, and the ledger as read under it.
struct Held {
    session: Box<dyn Session>,
    ledger: Ledger,
    writer: Writer,
}

impl Admin<'_> {
    /// Records changes as being there already, without running them; what the ledger has is left alone. `origin` says where
    /// the knowledge comes from. Returns how many were recorded. Afterwards there is a ledger, even where none was: that
    /// nothing is there is known then.
    ///
    /// # Errors
    /// As [`crate::apply()`].
    pub async fn baseline(&self, existing: &[Existing<'_>], origin: &str) -> Result<usize, ApplyError> {
        let mut held = self.hold().await?;
        let known: HashSet<String> =
            held.ledger.revisions.iter().map(|revision| version_key(&revision.version)).collect();
        let new: Vec<&Existing<'_>> =
            existing.iter().filter(|existing| !known.contains(&existing.change.key)).collect();
        if new.is_empty() && held.ledger.exists {
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
                version: &change.version,
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

    /// Takes the schema as it is for what the last change has left; `change` is recorded as being there already and is the last one
    /// then. `seen` is the fingerprint of what a person has seen. Returns the version after which the snapshot was kept.
    ///
    /// # Errors
    /// As [`crate::apply()`]; [`ApplyError::Declined`] where no change is recorded, one is unfinished, or the schema is another one
    /// than what was seen.
    pub async fn adopt_schema(
        &self,
        change: Option<&Change>,
        seen: Option<Digest>,
    ) -> Result<String, ApplyError> {
        let mut held = self.hold().await?;
        let last = held.ledger.revisions.last();
        let unfinished = held.ledger.revisions.iter().find(|revision| !revision.state.is_complete());
        let declined =
            |message: String, help: &str| ApplyError::Declined { message, help: Some(help.to_owned()) };
        if let Some(unfinished) = unfinished {
            let message = format!(
                "change {} is unfinished: what is of it and what is not cannot be told",
                unfinished.version
            );
            return Err(held.decline(declined(message, "`sluice deploy` goes on with it")).await);
        }
        let Some(version) = change.map(|change| &change.version).or(last.map(|last| &last.version)).cloned()
        else {
            let help = "`sluice baseline` records changes that are there already";
            return Err(held
                .decline(declined("no change is recorded on this database".to_owned(), help))
                .await);
        };
        let mut steps = prelude(held.session.as_mut(), &held.ledger, &held.writer).await?;
        if let Some(change) = change {
            let entry = RevisionEntry {
                change,
                version: &change.version,
                state: RevisionState::Baseline,
                total: 0,
                applied: 0,
                sequence: (held.ledger.fence + 1) * 1_000_000,
            };
            steps.extend(held.writer.put_revision(&entry, false).into_iter().map(Step::Own));
        }
        let (fingerprint, taken) =
            drift::take(held.session.as_mut(), &held.writer, &version).await.map_err(lost_or_connect)?;
        if seen.is_some_and(|seen| seen != fingerprint) {
            let message = "the schema is another one than a moment ago: somebody is at work".to_owned();
            return Err(held.decline(declined(message, "look again, and run the same command again")).await);
        }
        steps.extend(taken);
        let detail = "the schema as it is was taken for what the changes lead to".to_owned();
        steps.push(Step::Own(held.writer.event("drift-adopted", Some(&version), Some(detail))));
        held.commit(&steps).await?;
        Ok(version)
    }

    /// Takes the file's present checksum for a change that is applied and was edited since. Returns what was done.
    ///
    /// # Errors
    /// As [`crate::apply()`]; [`ApplyError::Declined`] when the ledger does not have the change as complete, or with this
    /// checksum already.
    pub async fn accept_checksum(&self, change: &Change) -> Result<String, ApplyError> {
        let held = self.hold().await?;
        let revision =
            held.ledger.revisions.iter().find(|revision| version_key(&revision.version) == change.key);
        let revision = match acceptable(change, revision) {
            Ok(revision) => revision.clone(),
            Err(declined) => return Err(held.decline(declined).await),
        };
        let detail =
            format!("checksum taken from the file: {}, it was {}", change.checksum, revision.checksum);
        let query = held.writer.put_checksum(&revision.version, &change.checksum);
        held.mend(&revision.version, vec![query], &detail).await?;
        Ok(detail)
    }

    /// Removes a change from the ledger that is not among `changes`, those of the repository. The history keeps it. Returns
    /// what was done.
    ///
    /// # Errors
    /// As [`crate::apply()`]; [`ApplyError::Declined`] when the ledger does not have it, or the repository does.
    pub async fn forget(&self, version: &str, changes: &[Change]) -> Result<String, ApplyError> {
        let held = self.hold().await?;
        let key = version_key(version);
        let revision = held.ledger.revisions.iter().find(|revision| version_key(&revision.version) == key);
        let (version, remains) = match forgettable(version, revision, changes) {
            Ok(revision) => (revision.version.clone(), remains(revision, &held.ledger)),
            Err(declined) => return Err(held.decline(declined).await),
        };
        let queries = vec![held.writer.clear_statements(&version), held.writer.remove_revision(&version)];
        let detail =
            format!("removed from the ledger, because the repository does not have it any more{remains}");
        held.mend(&version, queries, &detail).await?;
        Ok(detail)
    }

    /// Decides what the catalog could not tell: whether a statement in flight took effect. Returns what was done.
    ///
    /// # Errors
    /// As [`crate::apply()`]; [`ApplyError::Declined`] when the statement is not in flight, [`ApplyError::EditedInFlight`]
    /// when the file has another one there now.
    pub async fn decide_statement(
        &self,
        said: Testimony<'_>,
        placeholders: Placeholders<'_>,
    ) -> Result<String, ApplyError> {
        let Testimony { version, ordinal, applied, change } = said;
        let held = self.hold().await?;
        let dialect = held.session.server().dialect;
        let prepared = match change.map(|change| prepare(change, dialect, placeholders)).transpose() {
            Ok(prepared) => prepared,
            Err(error) => return Err(held.decline(error.into()).await),
        };
        let key = version_key(version);
        // A statement that the server refused may have taken effect all the same; the other way round is what the ledger says.
        let in_flight = held.ledger.statements.iter().find(|record| {
            version_key(&record.version) == key
                && record.ordinal == ordinal
                && (record.state == StatementState::Intended
                    || applied && record.state == StatementState::Failed)
        });
        let Some(record) = in_flight.cloned() else {
            let error = ApplyError::Declined {
                message: format!("statement {ordinal} of change {version} is not in flight"),
                help: Some("`sluice repair` without a version shows what is".to_owned()),
            };
            return Err(held.decline(error).await);
        };
        if let Some((change, prepared)) = change.zip(prepared) {
            let statement = prepared.statements.iter().find(|statement| statement.ordinal == ordinal);
            let same =
                statement.is_some_and(|statement| record.checksum.as_str() == statement.checksum.as_str());
            if !same {
                let error = ApplyError::EditedInFlight {
                    path: change.up.file.path().to_owned(),
                    version: change.version.clone(),
                    ordinal,
                    what: "in flight",
                };
                return Err(held.decline(error).await);
            }
        }
        let state = if applied { StatementState::Applied } else { StatementState::Failed };
        let evidence = format!("{} says so", self.identity.applied_by);
        let entry = StatementEntry {
            version: &record.version,
            ordinal,
            checksum: record.checksum.as_str(),
            state,
            backend: &held.session.backend().0,
            evidence: &evidence,
        };
        let queries = held.writer.put_statement(&entry);
        let unseen = if change.is_none() { "; its file could not be read" } else { "" };
        let detail = format!("statement {ordinal} decided to be {}{unseen}", state.name());
        held.mend(&record.version, queries, &detail).await?;
        Ok(detail)
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
            return Err(read_only(session.server()));
        }
        lock(session.as_mut(), self.connect, &self.timing, self.events).await?;
        let ledger = read_ledger(session.as_mut()).await?;
        let writer = Writer::new(session.ledger_dialect().clone(), self.identity.clone(), ledger.fence + 1);
        Ok(Held { session, ledger, writer })
    }
}

impl Held {
    /// Writes the ledger, and what was done into its history.
    async fn mend(mut self, version: &str, queries: Vec<Query>, detail: &str) -> Result<(), ApplyError> {
        let mut steps = prelude(self.session.as_mut(), &self.ledger, &self.writer).await?;
        steps.extend(queries.into_iter().map(Step::Own));
        steps.push(Step::Own(self.writer.event("repaired", Some(version), Some(detail.to_owned()))));
        self.commit(&steps).await
    }

    /// Ends without having written anything.
    async fn decline(self, error: ApplyError) -> ApplyError {
        self.release().await;
        error
    }

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

/// The revision whose checksum can be taken from the file.
fn acceptable<'r>(change: &Change, revision: Option<&'r Revision>) -> Result<&'r Revision, ApplyError> {
    let version = &change.version;
    let declined =
        |message: String, help: &str| Err(ApplyError::Declined { message, help: Some(help.to_owned()) });
    match revision {
        None => declined(
            format!("change {version} is not in the ledger"),
            "`sluice deploy` applies it, `sluice baseline --to VERSION` records it as already there",
        ),
        Some(revision) if !revision.state.is_complete() => declined(
            format!("change {version} is not complete: the ledger has it as {}", revision.state.name()),
            "`sluice deploy` goes on with it, from the file as it is",
        ),
        Some(revision)
            if revision.checksum == change.checksum
                || revision.checksum.matches(change.checksum_input()) == Some(true) =>
        {
            declined(
                format!("change {version} has the file's checksum in the ledger already"),
                "there is nothing to repair",
            )
        }
        Some(revision) => Ok(revision),
    }
}

/// The revision that can be removed, because the repository has no change of that kind.
fn forgettable<'r>(
    version: &str,
    revision: Option<&'r Revision>,
    changes: &[Change],
) -> Result<&'r Revision, ApplyError> {
    let Some(revision) = revision else {
        return Err(ApplyError::Declined {
            message: format!("change {version} is not in the ledger"),
            help: Some("`sluice history` shows what is".to_owned()),
        });
    };
    let key = version_key(&revision.version);
    match changes.iter().find(|change| change.key == key && change.kind == revision.kind) {
        None => Ok(revision),
        Some(change) => Err(ApplyError::Declined {
            message: format!("the repository has change {version}: {}", change.up.file.path()),
            help: Some(
                "forgotten, it would be applied a second time; only a change whose file is gone can be forgotten"
                    .to_owned(),
            ),
        }),
    }
}

/// What a change that is forgotten half applied leaves in the database, for people.
fn remains(revision: &Revision, ledger: &Ledger) -> String {
    if revision.state.is_complete() {
        return String::new();
    }
    let of = |state: StatementState| {
        let records = ledger.statements.iter().filter(|record| record.version == revision.version);
        let ordinals =
            records.filter(|record| record.state == state).map(|record| record.ordinal.to_string());
        ordinals.collect::<Vec<_>>().join(", ")
    };
    let (applied, in_flight) = (of(StatementState::Applied), of(StatementState::Intended));
    let mut text = format!("; it was half applied ({})", revision.state.name());
    if !applied.is_empty() {
        text.push_str(&format!("; applied, and still in the database: statement {applied}"));
    }
    if !in_flight.is_empty() {
        text.push_str(&format!("; in flight, nobody knows whether it took effect: statement {in_flight}"));
    }
    text
}
