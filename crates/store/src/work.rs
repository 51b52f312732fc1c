use std::time::Duration;

use crate::news::News;
use crate::value::values;
use crate::{Store, StoreError};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkKind {
    /// Bring the databases of a project to what its branch wants.
    Reconcile,
    /// Bring one database of a rollout to its release.
    Apply,
}

impl WorkKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
            Self::Apply => "apply",
        }
    }
}

/// A piece of work that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    /// What.
    pub kind: WorkKind,
    /// For which project.
    pub project: &'a str,
    /// For what of it, for example a database; empty for all of it.
    pub subject: &'a str,
    /// The database server that it burdens.
    pub instance: Option<Cap<'a>>,
    /// The wave of a rollout that it belongs to.
    pub wave: Option<Cap<'a>>,
}

impl<'a> Task<'a> {
    /// Work for a whole project, that burdens nothing.
    pub fn of_project(kind: WorkKind, project: &'a str) -> Self {
        Self { kind, project, subject: "", instance: None, wave: None }
    }
}

/// How much may be done at the same time of what has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap<'a> {
    /// What is burdened. A wave's name counts within its project, an instance's everywhere.
    pub name: &'a str,
    /// How many at a time, over all who work; at least one.
    pub most: u32,
}

/// The right to do a piece of work, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What.
    pub kind: WorkKind,
    /// For which project.
    pub project: String,
    /// For what of it; empty for all of it.
    pub subject: String,
    /// Grows with every holder of this piece of work: what an earlier one writes is refused.
    pub fence: u64,
    /// How often it was wanted.
    pub wanted: u64,
}

/// When work is due again that is done for good: in a hundred years.
pub(crate) const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Which tasks `t` of a kind (?1) can be claimed at a time (?2), and in which order: what is due, that nobody holds, and that burdens
/// nothing too much; of the project for which least is being done first, then what has been due for the longest time.
macro_rules! claimable {
    () => {
        "
WHERE t.kind = ?1 AND t.due_at <= ?2 AND t.lease_until <= ?2
  AND (t.instance_cap = 0 OR t.instance_cap >
    (SELECT count(*) FROM task o WHERE o.kind = ?1 AND o.lease_until > ?2 AND o.instance = t.instance))
  AND (t.wave_cap = 0 OR t.wave_cap >
    (SELECT count(*) FROM task o WHERE o.kind = ?1 AND o.lease_until > ?2 AND o.project = t.project AND o.wave = t.wave))
ORDER BY (SELECT count(*) FROM task o WHERE o.kind = ?1 AND o.lease_until > ?2 AND o.project = t.project),
  t.due_at, t.project, t.subject"
    };
}
pub(crate) use claimable;

/// The piece of work to be claimed next.
const NEXT: &str =
    concat!("SELECT t.project, t.subject, t.fence, t.wanted FROM task t", claimable!(), "\nLIMIT 1");

impl Store {
    /// Wants work to be done in a while. What is wanted twice is done once; what is wanted while it is done is done again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn want(&mut self, task: &Task<'_>, after: Duration) -> Result<(), StoreError> {
        let sql = "
            INSERT INTO task (kind, project, subject, instance, instance_cap, wave, wave_cap, due_at, wanted, holder, lease_until, fence)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, '', 0, 0)
            ON CONFLICT (kind, project, subject) DO UPDATE SET wanted = task.wanted + 1,
              due_at = CASE WHEN excluded.due_at < task.due_at THEN excluded.due_at ELSE task.due_at END,
              instance = excluded.instance, instance_cap = excluded.instance_cap,
              wave = excluded.wave, wave_cap = excluded.wave_cap";
        let name = |cap: Option<Cap<'_>>| cap.map_or(String::new(), |cap| cap.name.to_owned());
        let most = |cap: Option<Cap<'_>>| cap.map_or(0, |cap| cap.most.max(1));
        self.write(|writer| {
            writer.tell(News::Work);
            let due_at = writer.milliseconds().saturating_add(milliseconds(after));
            let (instance, wave) = (task.instance, task.wave);
            let values = values![
                task.kind.name(),
                task.project,
                task.subject,
                name(instance),
                most(instance),
                name(wave),
                most(wave),
                due_at
            ];
            writer.execute(sql, values).map(drop)
        })
    }

    /// Takes work that is due and that nobody holds, if what it burdens can take more: of the project for which least is being done,
    /// the work that has been due for the longest time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim(
        &mut self,
        kind: WorkKind,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let take = "UPDATE task SET holder = ?4, lease_until = ?5, fence = ?6
                    WHERE kind = ?1 AND project = ?2 AND subject = ?3";
        self.write(|writer| {
            let now = writer.milliseconds();
            let found = writer.row(NEXT, values![kind.name(), now], |row| {
                let fence: u64 = row.get(2)?;
                let (project, subject, wanted) = (row.get(0)?, row.get(1)?, row.get(3)?);
                Ok(Lease { kind, project, subject, fence: fence.saturating_add(1), wanted })
            })?;
            let Some(found) = found else { return Ok(None) };
            let until = now.saturating_add(milliseconds(lease));
            let values = values![kind.name(), &found.project, &found.subject, holder, until, found.fence];
            writer.execute(take, values)?;
            Ok(Some(found))
        })
    }

    /// Holds on to work. Answers whether it is still the caller's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew(&mut self, held: &Lease, lease: Duration) -> Result<bool, StoreError> {
        let sql = "UPDATE task SET lease_until = ?5
                   WHERE kind = ?1 AND project = ?2 AND subject = ?3 AND fence = ?4";
        self.write(|writer| {
            let until = writer.milliseconds().saturating_add(milliseconds(lease));
            let values = values![held.kind.name(), &held.project, &held.subject, held.fence, until];
            Ok(writer.execute(sql, values)? > 0)
        })
    }

    /// Gives work back: it is due again after `again`, at once if it was wanted meanwhile. What an earlier holder says is ignored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finish(&mut self, held: &Lease, again: Duration) -> Result<(), StoreError> {
        let sql = "UPDATE task SET holder = '', lease_until = 0,
                     due_at = CASE WHEN wanted = ?5 THEN ?6 ELSE ?7 END
                   WHERE kind = ?1 AND project = ?2 AND subject = ?3 AND fence = ?4";
        self.write(|writer| {
            // What it burdened may be free for others.
            writer.tell(News::Work);
            let now = writer.milliseconds();
            let later = now.saturating_add(milliseconds(again));
            let (kind, fence, wanted) = (held.kind.name(), held.fence, held.wanted);
            let values = values![kind, &held.project, &held.subject, fence, wanted, later, now];
            writer.execute(sql, values).map(drop)
        })
    }

    /// Gives work back that is done for good, unless it was wanted meanwhile. Its fence goes on from here when it is wanted again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn complete(&mut self, held: &Lease) -> Result<(), StoreError> {
        self.finish(held, NEVER)
    }

    /// Takes all work of servers from its holders: none of them can be alive, as only one server works here. Agents go on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_leases(&mut self) -> Result<(), StoreError> {
        self.write(|writer| {
            writer
                .execute(
                    "UPDATE task SET holder = '', lease_until = 0 WHERE kind <> ?1",
                    values![WorkKind::Apply.name()],
                )
                .map(drop)
        })
    }

    /// How long until work may be due; `None` where none is wanted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_due(&self, kind: WorkKind) -> Result<Option<Duration>, StoreError> {
        let sql = "SELECT min(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END)
                   FROM task WHERE kind = ?1";
        let found: Option<Option<i64>> = self.row(sql, values![kind.name()], |row| row.get(0))?;
        let now = self.now().as_millisecond();
        let left = |due: i64| Duration::from_millis(u64::try_from(due.saturating_sub(now)).unwrap_or(0));
        Ok(found.flatten().map(left))
    }
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
