use sluice_text::Span;

use super::{Expr, Ident, Keyword, NamedOption, ObjectName, RoleName, Wait, Word};
use crate::Control;

/// `SET`, `RESET`, `SET ROLE`, `USE`, `SET NAMES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The settings; several in MySQL and MariaDB. `USE db` sets `database`; `RESET ALL`, `DISCARD ALL` set `all`.
    pub settings: Vec<Setting>,
    /// `SET ROLE`, `SET SESSION AUTHORIZATION`; `RESET ROLE` is the special role `NONE`.
    pub role: Option<RoleName>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// How far it reaches.
    pub scope: SetScope,
    /// Its name, lower case: `lock_timeout`, `search_path`, `names`, `@variable`, `transaction isolation`.
    pub name: String,
    /// Where the name is.
    pub name_span: Span,
    /// Its values; empty for `RESET` and `TO DEFAULT`.
    pub values: Vec<Expr>,
    /// `RESET x`, `TO DEFAULT`.
    pub reset: bool,
    /// All of it.
    pub span: Span,
}

/// How far a setting reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetScope {
    /// The session; also where nothing is written.
    Session,
    /// `LOCAL`: the transaction.
    Local,
    /// `GLOBAL`, `@@GLOBAL`: the server until it restarts.
    Global,
    /// `PERSIST`, `PERSIST_ONLY`.
    Persist,
    /// A variable of the user's: `@x`.
    User,
    /// `SET STATEMENT … FOR` (MariaDB): the statement that follows, which is a statement of its own here.
    Statement,
}

impl Set {
    /// The setting called `name` (lower case), the last one if there are several.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().rev().find(|setting| setting.name == name)
    }
}

/// Transaction control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What it does.
    pub control: Control,
    /// `ISOLATION LEVEL x`, `READ ONLY`, `DEFERRABLE`, `IMMEDIATE`, `EXCLUSIVE`, lower case.
    pub modes: Vec<String>,
    /// The savepoint.
    pub savepoint: Option<Ident>,
}

/// `LOCK TABLE`, `LOCK TABLES`, `UNLOCK TABLES` (no tables).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockTables {
    /// The tables.
    pub tables: Vec<TableLock>,
    /// `NOWAIT`, `WAIT n`.
    pub wait: Option<Wait>,
}

/// A table that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLock {
    /// Its name.
    pub table: ObjectName,
    /// Mode, lower case: `access exclusive`, `read`, `write`. The dialect's default where none is written.
    pub mode: String,
}

/// Statements that keep house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Which.
    pub verb: MaintenanceVerb,
    /// What they are about; empty for all.
    pub names: Vec<ObjectName>,
    /// What `REINDEX` names: `Index`, `Table`, `Schema`, `Database` (`SYSTEM` too); else `Table`.
    pub kind: crate::ObjectKind,
    /// `FULL` of `VACUUM`.
    pub full: Option<Span>,
    /// `CONCURRENTLY`, after the kind (`REINDEX`, PostgreSQL).
    pub concurrently: Keyword,
    /// `USING index` of `CLUSTER`.
    pub index: Option<Ident>,
    /// Options.
    pub options: Vec<NamedOption>,
}

/// Which statement keeps house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum MaintenanceVerb {
    Vacuum,
    Analyze,
    Cluster,
    Repack,
    Reindex,
    Optimize,
    Check,
    Checksum,
    Repair,
    Checkpoint,
    Flush,
}

/// `PRAGMA` (SQLite).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pragma {
    /// Its name with the schema.
    pub name: ObjectName,
    /// Its value; none where it only asks.
    pub value: Option<Expr>,
    /// The value's word as it is compared: `off`, `1`, `wal`.
    pub word: Option<Word>,
}
