use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};

use crate::{Store, StoreError};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkKind {
    /// Bring the databases of a project to what its branch wants.
    Reconcile,
}

impl WorkKind {
    fn name(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
        }
    }
}

/// The right to do a piece of work, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What.
    pub kind: WorkKind,
    /// For which project.
    pub project: String,
    /// Grows with every holder of this piece of work: what an earlier one writes is refused.
    pub fence: u64,
    wanted: u64,
}

/// Milliseconds of the database's clock: leases know no other.
const NOW: &str = "CAST(unixepoch('now', 'subsec') * 1000 AS integer)";

impl Store {
    /// Wants work to be done in a while. What is wanted twice is done once; what is wanted while it is done is done again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn want(&mut self, kind: WorkKind, project: &str, after: Duration) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO work (kind, project, due_at, wanted, holder, lease_until, fence)
             VALUES (?1, ?2, {NOW} + ?3, 1, '', 0, 0)
             ON CONFLICT (kind, project) DO UPDATE SET wanted = wanted + 1, due_at = min(due_at, excluded.due_at)"
        );
        self.write(|transaction| {
            transaction.execute(&sql, params![kind.name(), project, milliseconds(after)])
        })
        .map(drop)
    }

    /// Takes the work that has been due for the longest time and that nobody holds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim(
        &mut self,
        kind: WorkKind,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let find = format!(
            "SELECT project, fence, wanted FROM work
             WHERE kind = ?1 AND due_at <= {NOW} AND lease_until <= {NOW} ORDER BY due_at LIMIT 1"
        );
        let take = format!(
            "UPDATE work SET holder = ?3, lease_until = {NOW} + ?4, fence = ?5 WHERE kind = ?1 AND project = ?2"
        );
        self.write(|transaction| {
            let found: Option<(String, u64, u64)> = transaction
                .prepare_cached(&find)?
                .query_row([kind.name()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((project, fence, wanted)) = found else { return Ok(None) };
            let fence = fence.saturating_add(1);
            transaction.execute(&take, params![kind.name(), project, holder, milliseconds(lease), fence])?;
            Ok(Some(Lease { kind, project, fence, wanted }))
        })
    }

    /// Holds on to work. Answers whether it is still the caller's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew(&mut self, held: &Lease, lease: Duration) -> Result<bool, StoreError> {
        let sql = format!(
            "UPDATE work SET lease_until = {NOW} + ?4 WHERE kind = ?1 AND project = ?2 AND fence = ?3"
        );
        self.write(|transaction| {
            let values = params![held.kind.name(), held.project, held.fence, milliseconds(lease)];
            Ok(transaction.execute(&sql, values)? > 0)
        })
    }

    /// Gives work back: it is due again after `again`, at once if it was wanted meanwhile. What an earlier holder says is ignored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finish(&mut self, held: &Lease, again: Duration) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE work SET holder = '', lease_until = 0,
             due_at = CASE WHEN wanted = ?4 THEN {NOW} + ?5 ELSE {NOW} END
             WHERE kind = ?1 AND project = ?2 AND fence = ?3"
        );
        self.write(|transaction| {
            let values =
                params![held.kind.name(), held.project, held.fence, held.wanted, milliseconds(again)];
            transaction.execute(&sql, values)
        })
        .map(drop)
    }

    /// Takes all work from its holders: none of them can be alive, as only one server works here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_leases(&mut self) -> Result<(), StoreError> {
        self.write(|transaction| transaction.execute("UPDATE work SET holder = '', lease_until = 0", []))
            .map(drop)
    }

    /// How long until work may be due; `None` where none is wanted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_due(&self, kind: WorkKind) -> Result<Option<Duration>, StoreError> {
        let sql = format!("SELECT min(max(due_at, lease_until)) - {NOW} FROM work WHERE kind = ?");
        let found: Option<Option<i64>> = self
            .read(|connection| connection.prepare_cached(&sql)?.query_row([kind.name()], |row| row.get(0)))?;
        Ok(found.flatten().map(|left| Duration::from_millis(u64::try_from(left).unwrap_or(0))))
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
