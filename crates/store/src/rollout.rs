use std::hash::{BuildHasher, Hasher, RandomState};

use sluice_rollout::Digest;

use crate::fault::Fault;
use crate::release::among;
use crate::value::{Row, Value, values};
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
        let sql = "INSERT INTO rollout (id, release, plan, status, state, state_sequence, sequence, generation, project,
                     created_at, updated_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, coalesce((SELECT project FROM release WHERE digest = ?2), ''), ?6, ?6)";
        let own = self.project_seen().map(str::to_owned);
        let NewRollout { id, release, plan, status, state } = rollout;
        let created = self.write(|writer| {
            let there = "SELECT (SELECT count(*) FROM rollout WHERE id = ?1), (SELECT count(*) FROM release WHERE digest = ?2)";
            let counted = |row: &Row| Ok((row.get(0)?, row.get(1)?));
            match writer.row(there, values![id, &release.0], counted)? {
                Some((0_i64, 1_i64)) => {}
                Some((_, 0)) => return Ok(Created::NoRelease),
                _ => return Ok(Created::Exists),
            }
            let created_at = writer.later_than_all("rollout")?;
            writer.execute(sql, values![id, &release.0, &plan.0, status, state, created_at])?;
            if let Some(project) = &own {
                let data = serde_json::json!({ "status": status, "release": release });
                feed::tell(writer, project, "rollout.created", id, &data.to_string())?;
            }
            Ok(Created::Done)
        })?;
        match created {
            Created::Done => Ok(()),
            Created::Exists => Err(StoreError::RolloutExists { id: id.clone() }),
            Created::NoRelease => Err(self.missing("release", &release.0)),
        }
    }

    /// The rollout with this identifier, or the only one whose identifier begins so.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Ambiguous`].
    pub fn rollout(&self, id: &str) -> Result<StoredRollout, StoreError> {
        let found =
            self.resolve("rollout", id, id, "SELECT id FROM rollout WHERE substr(id, 1, length(?1)) = ?1")?;
        let rollout = self.one_rollout("id = ?1", &found)?;
        rollout.ok_or_else(|| self.missing("rollout", id))
    }

    /// The newest rollout of a release.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn latest_rollout(&self, release: &Digest) -> Result<Option<StoredRollout>, StoreError> {
        self.one_rollout("release = ?1 ORDER BY created_at DESC, id DESC LIMIT 1", &release.0)
    }

    /// `condition` is text of this module with one parameter.
    fn one_rollout(&self, condition: &str, parameter: &str) -> Result<Option<StoredRollout>, StoreError> {
        let sql = format!("SELECT {SUMMARY}, state, state_sequence FROM rollout WHERE {condition}");
        self.row(&sql, values![parameter], |row| {
            Ok(StoredRollout { summary: summary(row)?, state: row.get(8)?, state_sequence: row.get(9)? })
        })
    }

    /// All rollouts, newest first, without their states.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rollouts(&self) -> Result<Vec<RolloutSummary>, StoreError> {
        let sql = format!(
            "SELECT {SUMMARY} FROM rollout WHERE ?1 IS NULL OR project = ?1 ORDER BY created_at DESC, id DESC"
        );
        self.rows(&sql, values![self.project_seen()], summary)
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
        let of = projects.map_or_else(String::new, |projects| among(projects, 2));
        let sql = format!(
            "SELECT {SUMMARY}, project FROM rollout
             WHERE (?1 IS NULL OR (created_at, id) < (SELECT created_at, id FROM rollout WHERE id = ?1)) {of}
             ORDER BY created_at DESC, id DESC LIMIT {limit}"
        );
        let mut values = vec![Value::from(after)];
        values.extend(projects.unwrap_or_default().iter().map(Value::from));
        self.rows(&sql, &values, |row| Ok((row.get(8)?, summary(row)?)))
    }

    /// How many rollouts have which status.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rollout_statuses(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT status, count(*) FROM rollout GROUP BY status ORDER BY status";
        self.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The project that a rollout belongs to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn project_of_rollout(&self, id: &str) -> Result<String, StoreError> {
        let sql = "SELECT project FROM rollout WHERE id = ?1";
        self.row(sql, values![id], |row| row.get(0))?.ok_or_else(|| self.missing("rollout", id))
    }

    /// The events of a rollout after the one numbered `after` (0 for all), in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(&self, id: &str, after: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = "SELECT sequence, at, event FROM rollout_event WHERE rollout = ?1 AND sequence > ?2 ORDER BY sequence";
        self.rows(sql, values![id, after], |row| {
            Ok(StoredEvent { sequence: row.get(0)?, at: row.get(1)?, event: row.get(2)? })
        })
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
        let appended = self.write(|writer| {
            let known = "SELECT generation, sequence, status FROM rollout WHERE id = ?1";
            let found: Option<(u64, u64, String)> =
                writer.row(known, values![id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let Some((generation, last, before)) = found else { return Ok(Appended::Missing) };
            if generation != expected {
                return Ok(Appended::Conflict(generation));
            }
            let (at, generation) = (writer.at(), generation.saturating_add(1));
            let rows: Vec<Vec<Value>> = (last.saturating_add(1)..)
                .zip(events)
                .map(|(sequence, event)| values![id, sequence, &at, event.as_ref()].to_vec())
                .collect();
            let sequence = last.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
            let keep = "INSERT INTO rollout_event (rollout, sequence, at, event) VALUES (?1, ?2, ?3, ?4)";
            writer.execute_each(keep, &rows)?;
            let go_on = "UPDATE rollout SET generation = ?2, sequence = ?3, status = coalesce(?4, status), updated_at = ?5
                         WHERE id = ?1";
            writer.execute(go_on, values![id, generation, sequence, update.status, &at])?;
            if let Some(state) = update.state {
                let keep = "UPDATE rollout SET state = ?2, state_sequence = ?3 WHERE id = ?1";
                writer.execute(keep, values![id, state, sequence])?;
            }
            if let Some(project) = &project {
                let texts: Vec<&str> = events.iter().map(AsRef::as_ref).collect();
                feed::tell_all(writer, project, "rollout.event", id, &texts)?;
                if let Some(status) = update.status.filter(|status| *status != before) {
                    let data = serde_json::json!({ "status": status, "before": before }).to_string();
                    feed::tell(writer, project, "rollout.status", id, &data)?;
                }
            }
            Ok(Appended::Generation(generation))
        })?;
        match appended {
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

enum Created {
    Done,
    Exists,
    NoRelease,
}

fn summary(row: &Row) -> Result<RolloutSummary, Fault> {
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
