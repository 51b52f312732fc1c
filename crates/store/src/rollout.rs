use std::hash::{BuildHasher, Hasher, RandomState};

use rusqlite::{ErrorCode, OptionalExtension, Row, TransactionBehavior, params};
use sluice_rollout::Digest;

use crate::{Store, StoreError, feed};

/// A rollout to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRollout {
    /// From [`rollout_id`].
    pub id: String,
    /// Release; must have been put.
    pub release: Digest,
    /// Plan that it executes.
    pub plan: Digest,
    /// One word for lists.
    pub status: String,
    /// State before any event, JSON.
    pub state: String,
}

/// A rollout as it is kept: a state, and the events since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRollout {
    /// What lists show.
    pub summary: RolloutSummary,
    /// State after the first [`StoredRollout::state_sequence`] events, JSON.
    pub state: String,
    /// How many events the state has seen; those after it are [`Store::events`] from here.
    pub state_sequence: u64,
}

/// A rollout without its state.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RolloutSummary {
    /// Identifier.
    pub id: String,
    /// Release.
    pub release: Digest,
    /// Plan.
    pub plan: Digest,
    /// One word.
    pub status: String,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// RFC 3339 in UTC.
    pub updated_at: String,
    /// Grows with every change; see [`Store::append_events`].
    pub generation: u64,
    /// How many events there are.
    pub events: u64,
}

/// An event of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When it was kept, RFC 3339 in UTC.
    pub at: String,
    /// JSON.
    pub event: String,
}

/// What changes of a rollout besides its events.
#[derive(Debug, Clone, Copy, Default)]
pub struct Update<'a> {
    /// State after the appended events, JSON. `None` keeps the older state, from which the events lead to the new one: the
    /// state of a large rollout is worth writing only now and then.
    pub state: Option<&'a str>,
    /// New status, if it changed.
    pub status: Option<&'a str>,
}

/// A new identifier that sorts by time: `r-20261122-193000-a1b2`.
pub fn rollout_id() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
    // The standard library seeds its hash states from the system's randomness.
    let random = RandomState::new().build_hasher().finish() & 0xffff;
    format!("r-{now}-{random:04x}")
}

const SUMMARY: &str = "id, release, plan, status, created_at, updated_at, generation, sequence";

impl Store {
    /// Keeps a new rollout, with generation 0 and no events.
    ///
    /// # Errors
    /// [`StoreError::RolloutExists`]; [`StoreError::NotFound`] when the release was never put.
    pub fn create_rollout(&mut self, rollout: &NewRollout) -> Result<(), StoreError> {
        let inserted = self.writer()?.execute(
            "INSERT INTO rollout (id, release, plan, status, state, state_sequence, sequence, generation, project)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, coalesce((SELECT project FROM release WHERE digest = ?2), ''))",
            params![rollout.id, rollout.release.0, rollout.plan.0, rollout.status, rollout.state],
        );
        match inserted {
            Ok(_) => {
                let data = serde_json::json!({ "status": rollout.status, "release": rollout.release });
                self.tell_own("rollout.created", &rollout.id, &data.to_string())
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                self.release(&rollout.release.0)?;
                Err(StoreError::RolloutExists { id: rollout.id.clone() })
            }
            Err(error) => Err(self.error(error)),
        }
    }

    /// The rollout with this identifier, or the only one whose identifier begins so.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Ambiguous`].
    pub fn rollout(&self, id: &str) -> Result<StoredRollout, StoreError> {
        let found =
            self.resolve("rollout", id, id, "SELECT id FROM rollout WHERE substr(id, 1, length(?1)) = ?1")?;
        let rollout = self.one_rollout("id = ?", &found)?;
        rollout.ok_or_else(|| self.missing("rollout", id))
    }

    /// The newest rollout of a release.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn latest_rollout(&self, release: &Digest) -> Result<Option<StoredRollout>, StoreError> {
        self.one_rollout("release = ? ORDER BY created_at DESC, rowid DESC LIMIT 1", &release.0)
    }

    /// `condition` is text of this module with one parameter.
    fn one_rollout(&self, condition: &str, parameter: &str) -> Result<Option<StoredRollout>, StoreError> {
        let Some(connection) = self.reader() else { return Ok(None) };
        let sql = format!("SELECT {SUMMARY}, state, state_sequence FROM rollout WHERE {condition}");
        let found = connection.query_row(&sql, [parameter], |row| {
            Ok(StoredRollout { summary: summary(row)?, state: row.get(8)?, state_sequence: row.get(9)? })
        });
        found.optional().map_err(|error| self.error(error))
    }

    /// All rollouts, newest first, without their states.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rollouts(&self) -> Result<Vec<RolloutSummary>, StoreError> {
        let Some(connection) = self.reader() else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {SUMMARY} FROM rollout WHERE ?1 IS NULL OR project = ?1 ORDER BY created_at DESC, rowid DESC"
        );
        let read = || {
            connection
                .prepare_cached(&sql)?
                .query_map([self.project_seen()], summary)?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.error(error))
    }

    /// Rollouts of some projects (absent: of all), newest first, at most `limit` of those that come after the one named `after`; each
    /// with the name of its project.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rollout_page(
        &self,
        projects: Option<&[String]>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, RolloutSummary)>, StoreError> {
        let named = projects.map(|projects| vec!["?"; projects.len()].join(", "));
        let of = named.map_or_else(String::new, |named| format!("AND project IN ({named})"));
        let sql = format!(
            "SELECT {SUMMARY}, project FROM rollout
             WHERE (?1 IS NULL OR (created_at, id) < (SELECT created_at, id FROM rollout WHERE id = ?1)) {of}
             ORDER BY created_at DESC, id DESC LIMIT {limit}"
        );
        let mut values = vec![after.map(str::to_owned)];
        values.extend(projects.unwrap_or_default().iter().cloned().map(Some));
        let found = self.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(rusqlite::params_from_iter(values), |row| Ok((row.get(8)?, summary(row)?)))?
                .collect()
        });
        Ok(found?.unwrap_or_default())
    }

    /// How many rollouts have which status.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rollout_statuses(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT status, count(*) FROM rollout GROUP BY status ORDER BY status";
        let found = self.read(|connection| {
            connection.prepare_cached(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        });
        Ok(found?.unwrap_or_default())
    }

    /// The project that a rollout belongs to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn project_of_rollout(&self, id: &str) -> Result<String, StoreError> {
        let sql = "SELECT project FROM rollout WHERE id = ?";
        let found = self.read(|connection| {
            connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()
        })?;
        found.flatten().ok_or_else(|| self.missing("rollout", id))
    }

    /// The events of a rollout after the one numbered `after` (0 for all), in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(&self, id: &str, after: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let Some(connection) = self.reader() else { return Ok(Vec::new()) };
        let read = || {
            let sql = "SELECT sequence, at, event FROM rollout_event WHERE rollout = ? AND sequence > ? ORDER BY sequence";
            connection
                .prepare_cached(sql)?
                .query_map(params![id, after], |row| {
                    Ok(StoredEvent { sequence: row.get(0)?, at: row.get(1)?, event: row.get(2)? })
                })?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.error(error))
    }

    /// Appends events and moves the rollout on, all or nothing, if nobody else has since `expected` was read. Returns the
    /// new generation.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]; [`StoreError::NotFound`].
    pub fn append_events<T: AsRef<str>>(
        &mut self,
        id: &str,
        expected: u64,
        update: Update<'_>,
        events: &[T],
    ) -> Result<u64, StoreError> {
        let project = self.project_seen().map(str::to_owned);
        let connection = self.writer()?;
        let mut append = || -> rusqlite::Result<Appended> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found: Option<(u64, u64, String)> = transaction
                .prepare_cached("SELECT generation, sequence, status FROM rollout WHERE id = ?")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((generation, mut sequence, before)) = found else { return Ok(Appended::Missing) };
            if generation != expected {
                return Ok(Appended::Conflict(generation));
            }
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO rollout_event (rollout, sequence, event) VALUES (?, ?, ?)",
                )?;
                for event in events {
                    sequence += 1;
                    insert.execute(params![id, sequence, event.as_ref()])?;
                    if let Some(project) = &project {
                        feed::tell(&transaction, project, "rollout.event", id, event.as_ref())?;
                    }
                }
            }
            transaction
                .prepare_cached(
                    "UPDATE rollout SET generation = ?2, sequence = ?3, status = coalesce(?4, status),
                     updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?1",
                )?
                .execute(params![id, generation + 1, sequence, update.status])?;
            if let Some(state) = update.state {
                transaction
                    .prepare_cached("UPDATE rollout SET state = ?2, state_sequence = ?3 WHERE id = ?1")?
                    .execute(params![id, state, sequence])?;
            }
            if let (Some(project), Some(status)) = (&project, update.status)
                && status != before
            {
                let data = serde_json::json!({ "status": status, "before": before }).to_string();
                feed::tell(&transaction, project, "rollout.status", id, &data)?;
            }
            transaction.commit()?;
            Ok(Appended::Generation(generation + 1))
        };
        match append().map_err(|error| self.error(error))? {
            Appended::Generation(generation) => Ok(generation),
            Appended::Conflict(found) => Err(StoreError::Conflict { id: id.to_owned(), expected, found }),
            Appended::Missing => Err(self.missing("rollout", id)),
        }
    }
}

enum Appended {
    Generation(u64),
    Conflict(u64),
    Missing,
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RolloutSummary> {
    Ok(RolloutSummary {
        id: row.get(0)?,
        release: Digest(row.get(1)?),
        plan: Digest(row.get(2)?),
        status: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
        generation: row.get(6)?,
        events: row.get(7)?,
    })
}
