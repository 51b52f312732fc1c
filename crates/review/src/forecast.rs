//! What a statement locks, how much work it does and what it blocks meanwhile.
//!
//! Sources: PostgreSQL 14–18 and MariaDB 10.11 as measured; MySQL as its manual says ("Online DDL Operations"); SQLite as
//! measured. Where the schema is not known, the answer is that of a plain table, and its evidence is `assumed`.

pub(crate) mod mysql;
pub(crate) mod postgres;
mod reversibility;
mod sqlite;

pub use reversibility::Reversibility;

use serde::Serialize;
use sluice_schema::{Name, Schema};
use sluice_sql::Dialect;
use sluice_sql::model::Statement;
use sluice_text::Evidence;

use crate::{ServerVersion, Session};

/// A statement, and what is known when it runs.
pub struct Question<'a> {
    /// The file's text.
    pub text: &'a str,
    /// The statement.
    pub statement: &'a Statement,
    /// The schema before it.
    pub schema: &'a Schema,
    /// The server's version.
    pub version: ServerVersion,
    /// Settings in force.
    pub session: &'a Session,
}

/// What a statement locks and how much it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Locks on relations, the strongest for each.
    pub locks: Vec<Lock>,
    /// Locks on indexes, the strongest for each (PostgreSQL).
    pub index_locks: Vec<Lock>,
    /// Work on rows that are there.
    pub work: Vec<Work>,
    /// What the server will refuse it with, where that is certain.
    pub refused: Option<String>,
    /// How MySQL or MariaDB runs an `ALTER TABLE`.
    pub online: Option<Online>,
    /// How what it does is taken back.
    pub reversibility: Reversibility,
    /// How it is known.
    pub evidence: Evidence,
}

/// A lock on a relation or index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// The relation or index.
    pub relation: Name,
    /// Mode.
    pub mode: LockMode,
}

/// Lock modes, weakest first. PostgreSQL's table-level locks (manual, Explicit Locking); those of MySQL, MariaDB and SQLite are
/// expressed by the one that blocks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// As SQL writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// What it keeps others from, in plain words; nothing where reads and writes go on.
    pub fn blocks(self) -> Option<&'static str> {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive | Self::ShareUpdateExclusive => None,
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => Some("writes"),
            Self::AccessExclusive => Some("reads and writes"),
        }
    }
}

/// Work on rows that are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Which.
    pub kind: WorkKind,
    /// The table, or the index.
    pub relation: Name,
}

/// Kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// The table is read to verify something.
    Scan,
    /// The table and its indexes are written anew.
    Rewrite,
    /// An index is built.
    IndexBuild,
    /// An index that is there is built anew.
    IndexRebuild,
    /// Every row's reference is looked up.
    ForeignKeyCheck,
}

/// How MySQL or MariaDB runs a DDL statement: the best algorithm that it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Online {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// What goes on meanwhile.
    pub lock: OnlineLock,
    /// It writes the table anew.
    pub rebuild: bool,
}

/// Algorithms, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    Instant,
    NoCopy,
    Inplace,
    Copy,
}

/// What goes on meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OnlineLock {
    /// Reads and writes.
    None,
    /// Reads.
    Shared,
    /// Nothing.
    Exclusive,
}

impl Forecast {
    /// No lock, no work.
    pub fn nothing(evidence: Evidence) -> Self {
        Self {
            locks: Vec::new(),
            index_locks: Vec::new(),
            work: Vec::new(),
            refused: None,
            online: None,
            reversibility: Reversibility::Unknown,
            evidence,
        }
    }

    /// Adds a lock, or makes the one that is there stronger.
    pub fn lock(&mut self, relation: Name, mode: LockMode) {
        strengthen(&mut self.locks, relation, mode);
    }

    /// Adds a lock on an index, or makes the one that is there stronger.
    pub fn lock_index(&mut self, index: Name, mode: LockMode) {
        strengthen(&mut self.index_locks, index, mode);
    }

    /// Adds work, once.
    pub fn work(&mut self, kind: WorkKind, relation: Name) {
        let work = Work { kind, relation };
        if !self.work.contains(&work) {
            self.work.push(work);
        }
    }

    /// The lock on a relation.
    pub fn lock_on(&self, relation: &Name) -> Option<LockMode> {
        self.locks.iter().find(|lock| lock.relation == *relation).map(|lock| lock.mode)
    }

    /// The strongest lock on a relation: the first one of those that are equally strong.
    pub fn strongest(&self) -> Option<&Lock> {
        self.locks.iter().rev().max_by_key(|lock| lock.mode)
    }

    /// Locks that keep others from reading or writing, or both.
    pub fn blocking(&self) -> impl Iterator<Item = &Lock> {
        self.locks.iter().filter(|lock| lock.mode.blocks().is_some())
    }

    /// Whether it does work that takes longer the more rows there are.
    pub fn is_slow(&self) -> bool {
        !self.work.is_empty()
    }

    /// Relations on which it does work of this kind.
    pub fn works_on(&self, kind: WorkKind) -> impl Iterator<Item = &Name> {
        self.work.iter().filter(move |work| work.kind == kind).map(|work| &work.relation)
    }

    /// Whether it does work of this kind.
    pub fn does(&self, kind: WorkKind) -> bool {
        self.work.iter().any(|work| work.kind == kind)
    }
}

fn strengthen(locks: &mut Vec<Lock>, relation: Name, mode: LockMode) {
    match locks.iter_mut().find(|lock| lock.relation == relation) {
        Some(lock) => lock.mode = lock.mode.max(mode),
        None => locks.push(Lock { relation, mode }),
    }
}

/// What a statement locks and how much it does.
pub fn forecast(question: &Question<'_>) -> Forecast {
    let forecast = match question.schema.dialect() {
        Dialect::Postgres => postgres::forecast(question),
        Dialect::Mysql | Dialect::Mariadb => mysql::forecast(question),
        Dialect::Sqlite => sqlite::forecast(question),
    };
    Forecast { reversibility: Reversibility::of(question.statement, question.schema), ..forecast }
}
