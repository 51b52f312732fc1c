use std::time::Duration;

use crate::fault::Fault;
use crate::news::News;
use crate::store::{Writer, text};
use crate::value::{Value, values};
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
    writer: &Writer<'_>,
    project: &str,
    kind: &str,
    subject: &str,
    data: &str,
) -> Result<(), Fault> {
    tell_all(writer, project, kind, subject, &[data])
}

/// Appends events of one kind.
pub(crate) fn tell_all(
    writer: &Writer<'_>,
    project: &str,
    kind: &str,
    subject: &str,
    data: &[&str],
) -> Result<(), Fault> {
    let sql = "INSERT INTO feed (at, project, kind, subject, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    let at = writer.at();
    let rows: Vec<Vec<Value>> =
        data.iter().map(|data| values![&at, project, kind, subject, *data].to_vec()).collect();
    writer.tell(News::Feed);
    writer.execute_each(sql, &rows)
}

impl Store {
    /// At most `limit` events after the one numbered `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed(&self, after: u64, limit: usize) -> Result<Vec<FeedEvent>, StoreError> {
        let sql = "SELECT sequence, at, project, kind, subject, data FROM feed WHERE sequence > ?1
                   ORDER BY sequence LIMIT ?2";
        self.rows(sql, values![after, limit], |row| {
            Ok(FeedEvent {
                sequence: row.get(0)?,
                at: row.get(1)?,
                project: row.get(2)?,
                kind: row.get(3)?,
                subject: row.get(4)?,
                data: row.get(5)?,
            })
        })
    }

    /// Forgets events that are older than this; the latest stays, so that numbers go on from it. How many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_events(&mut self, older: Duration) -> Result<u64, StoreError> {
        // Numbers grow with time: a few at once from the front, so that nobody waits long to write.
        let sql = "DELETE FROM feed WHERE at < ?1 AND sequence < (SELECT max(sequence) FROM feed) \
                   AND sequence < (SELECT min(sequence) FROM feed) + 2000";
        let mut forgotten = 0;
        loop {
            let gone = self.write(|writer| {
                let before = writer.now.checked_sub(older).map_or_else(|_| String::new(), text);
                writer.execute(sql, values![before])
            })?;
            if gone == 0 {
                return Ok(forgotten);
            }
            forgotten += gone;
        }
    }

    /// Number of the latest event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_end(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(sequence), 0) FROM feed";
        Ok(self.row(sql, &[], |row| row.get(0))?.unwrap_or_default())
    }
}
