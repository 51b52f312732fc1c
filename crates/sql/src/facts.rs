mod literal;
mod mysql;
mod postgres;
mod sqlite;
mod tokens;

pub(crate) use literal::contains_any_literal;
pub use literal::contains_string_literal;
use tokens::Tokens;

use crate::Dialect;

/// What grammar-level knowledge says of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which statement it is.
    pub kind: Kind,
    /// How it may run.
    pub mode: Mode,
    /// The objects that the statement creates, alters or drops, in order of appearance; the first one is
    /// the statement's subject.
    pub objects: Vec<Object>,
}

/// How a statement may run, by the rules of its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Inside a transaction, together with the ledger rows.
    Transactional,
    /// Not inside a transaction, or it commits by itself (PostgreSQL: `CREATE INDEX CONCURRENTLY`,
    /// `VACUUM`, …; MySQL and MariaDB: every DDL). Runs alone: intent, execute, probe, record.
    Autocommit,
    /// Changes settings of the session only (`SET`, `PRAGMA foreign_keys`, `USE`). Leaves nothing behind in the
    /// database; run again when a change is resumed after it. Outside a transaction where the engine
    /// ignores it inside (SQLite).
    Session,
    /// Transaction control written in the file.
    Control(Control),
    /// May commit by itself depending on what it calls (`CALL`, `DO` with a `CALL` inside). In a
    /// transaction by default; alone under `transaction=none`.
    Opaque,
}

/// Transaction control statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`: passed on inside the transaction.
    Savepoint,
    /// `PREPARE TRANSACTION`, `COMMIT PREPARED`, `COMMIT AND CHAIN`, XA: not supported in a change.
    Unsupported,
}

/// Statement kinds that the engine treats differently. What is not listed is `Other`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `CREATE …` of the first object; `if_not_exists` where written, `or_replace` likewise.
    Create {
        /// `IF NOT EXISTS` is there.
        if_not_exists: bool,
        /// `OR REPLACE` is there.
        or_replace: bool,
        /// PostgreSQL `CREATE INDEX CONCURRENTLY`.
        concurrently: bool,
    },
    /// `ALTER …`, also `RENAME TABLE`, `COMMENT ON`.
    Alter,
    /// `ALTER TYPE … ADD VALUE 'value'` (PostgreSQL): a later statement of the same transaction must not
    /// use the value (manual, ALTER TYPE, Notes).
    AddEnumValue {
        /// The new value, unquoted.
        value: String,
    },
    /// `DROP …`.
    Drop {
        /// `IF EXISTS` is there.
        if_exists: bool,
        /// PostgreSQL `DROP INDEX CONCURRENTLY`.
        concurrently: bool,
    },
    /// `REINDEX` (PostgreSQL, SQLite).
    Reindex {
        /// `CONCURRENTLY` is there.
        concurrently: bool,
    },
    /// `TRUNCATE`.
    Truncate,
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `REPLACE`, `LOAD DATA`, `COPY`: changes rows.
    Dml,
    /// `SELECT`, `SHOW`, `VALUES`, `EXPLAIN`, `TABLE`: may still call functions with effects.
    Query,
    /// `VACUUM`, `ANALYZE`, `OPTIMIZE TABLE`, `CHECKPOINT`, …: no lasting effect that a probe could see; running
    /// it twice does no harm.
    Maintenance,
    /// `SET`, `RESET`, `PRAGMA`, `USE`, `SET ROLE`: see [`Mode::Session`].
    Set,
    /// `LOCK TABLES`, `UNLOCK TABLES` (MySQL), `LOCK TABLE` (PostgreSQL).
    Lock,
    /// Transaction control.
    Transaction,
    /// `CALL`, `DO`, anonymous blocks.
    Call,
    /// `GRANT`, `REVOKE`, user and role statements.
    Privilege,
    /// Anything else, or not understood.
    Other,
}

/// A named thing in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Name parts as the server sees them (unquoted; PostgreSQL names folded to lower case unless quoted), for
    /// example `["public", "orders"]`. Empty where a statement names none (`CREATE INDEX ON t (a)`).
    pub name: Vec<String>,
}

/// Kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum ObjectKind {
    Table,
    View,
    MaterializedView,
    Index,
    Sequence,
    Schema,
    Database,
    Trigger,
    Function,
    Procedure,
    Event,
    Type,
    Extension,
    Role,
    User,
    ForeignTable,
    Column,
    Constraint,
    ForeignKey,
    Check,
    Partition,
    Domain,
    Policy,
    Rule,
    Publication,
    Subscription,
    Statistics,
    Collation,
    Tablespace,
    Server,
    Language,
    EventTrigger,
    Aggregate,
    Other,
}

/// Facts of one statement (the `body` of a piece). Never fails: what is not understood is `Kind::Other` in
/// the mode that is right for most statements of the dialect.
///
/// Of a text with several statements (possible after [`split_at`](crate::split_at)) it tells of the first one.
pub fn classify(dialect: Dialect, statement: &str) -> Facts {
    let mut tokens = Tokens::new(dialect, statement);
    match dialect {
        Dialect::Postgres => postgres::facts(&mut tokens),
        Dialect::Mysql | Dialect::Mariadb => mysql::facts(&mut tokens),
        Dialect::Sqlite => sqlite::facts(&mut tokens),
    }
}

impl Facts {
    fn new(kind: Kind, mode: Mode) -> Self {
        Self { kind, mode, objects: Vec::new() }
    }

    fn control(control: Control) -> Self {
        Self::new(Kind::Transaction, Mode::Control(control))
    }

    fn with(mut self, objects: Vec<Object>) -> Self {
        self.objects = objects;
        self
    }
}

impl Object {
    fn new(kind: ObjectKind, name: Vec<String>) -> Self {
        Self { kind, name }
    }
}
