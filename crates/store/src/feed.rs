use rusqlite::{Connection, params};

use crate::store::now;
use crate::{Store, StoreError};

/// Something that happened in a server, in the order in which it was stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FeedEvent {
    /// Grows with every event.
    pub sequence: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Project that it is about.
    pub project: String,
    /// For example `rollout.status`.
    pub kind: String,
    /// What it is about, for example a rollout.
    pub subject: String,
    /// JSON.
    pub data: String,
}

/// Appends an event.
pub(crate) fn tell(
    connection: &Connection,
    project: &str,
    kind: &str,
    subject: &str,
    data: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO feed (at, project, kind, subject, data) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![now(), project, kind, subject, data])
        .map(drop)
}

impl Store {
    /// Appends an event, where the state is that of a server.
    pub(crate) fn tell(
        &mut self,
        project: &str,
        kind: &str,
        subject: &str,
        data: &str,
    ) -> Result<(), StoreError> {
        if self.project_seen().is_none() {
            return Ok(());
        }
        self.write(|transaction| tell(transaction, project, kind, subject, data))
    }

    /// As [`Store::tell`], of the project that is seen.
    pub(crate) fn tell_own(&mut self, kind: &str, subject: &str, data: &str) -> Result<(), StoreError> {
        match self.project_seen().map(str::to_owned) {
            Some(project) => self.write(|transaction| tell(transaction, &project, kind, subject, data)),
            None => Ok(()),
        }
    }

    /// At most `limit` events after the one numbered `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed(&self, after: u64, limit: usize) -> Result<Vec<FeedEvent>, StoreError> {
        let sql = "SELECT sequence, at, project, kind, subject, data FROM feed WHERE sequence > ?1
                   ORDER BY sequence LIMIT ?2";
        let found = self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map(params![after, limit], |row| {
                    Ok(FeedEvent {
                        sequence: row.get(0)?,
                        at: row.get(1)?,
                        project: row.get(2)?,
                        kind: row.get(3)?,
                        subject: row.get(4)?,
                        data: row.get(5)?,
                    })
                })?
                .collect()
        });
        Ok(found?.unwrap_or_default())
    }

    /// Number of the latest event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_end(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(sequence), 0) FROM feed";
        let end = self.read(|connection| connection.prepare_cached(sql)?.query_row([], |row| row.get(0)));
        Ok(end?.unwrap_or_default())
    }
}
