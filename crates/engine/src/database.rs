//! What a database must be able to do so that the apply protocol can run on it. One crate per family implements
//! this; nothing here knows any of them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_facts::{Rules, Snapshot};
use sluice_sql::{Dialect, Facts};
use tokio_util::sync::CancellationToken;

use crate::observer::Observer;
use crate::rehearsal::{Gauge, Trial};
use crate::seed::Planting;
use crate::shadow::{Misplaced, Script};
use crate::{DbError, DbErrorKind, LiveSchema, Statistics};

/// A database family: connects to targets.
#[async_trait]
pub trait Database: Send + Sync {
    /// URL schemes of the family, for example `["postgres", "postgresql"]`.
    fn schemes(&self) -> &'static [&'static str];

    /// How one schema of the family becomes another; none where that is not known.
    fn rules(&self) -> Option<&'static dyn Rules> {
        None
    }

    /// Makes an empty scratch database on the server of `connect`, and says how to reach it. Scratch databases that runs left behind
    /// when they died are dropped on the way.
    ///
    /// # Errors
    /// As [`Database::connect`]; [`DbErrorKind::Permission`] where the user may make none.
    async fn create_scratch(&self, _connect: &Connect) -> Result<Connect, DbError> {
        Err(DbError::new(DbErrorKind::Unsupported, "no scratch database can be made on this engine yet"))
    }

    /// Drops a scratch database.
    ///
    /// # Errors
    /// As [`Database::connect`].
    async fn drop_scratch(&self, _connect: &Connect, _scratch: &Connect) -> Result<(), DbError> {
        Ok(())
    }

    /// Scripts as they are to run in a scratch database on the server of `connect`: what names the database itself means the scratch.
    ///
    /// # Errors
    /// A statement that would change something outside of it.
    fn in_scratch(
        &self,
        _dialect: Dialect,
        _connect: &Connect,
        scripts: &[Script],
    ) -> Result<Vec<Script>, Misplaced> {
        Ok(scripts.to_vec())
    }

    /// Somebody else who can write a schema down; none where nobody can.
    fn observer(&self) -> Option<&'static dyn Observer> {
        None
    }

    /// How rows of no meaning are written; none where that is not known.
    fn planting(&self) -> Option<&'static dyn Planting> {
        None
    }

    /// How what a statement does is measured in a scratch database; none where that is not known.
    fn gauge(&self) -> Option<Gauge> {
        None
    }

    /// A statement with the least that the server may do for it, from the least on; nothing where the engine has no such words.
    fn trials(&self, _dialect: Dialect, _sql: &str) -> Vec<Trial> {
        Vec::new()
    }

    /// Opens one session. Refuses servers that are not supported, naming the version.
    ///
    /// # Errors
    /// [`DbErrorKind::Connect`](crate::DbErrorKind) and its neighbours. No error ever shows the password.
    async fn connect(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError>;

    /// Opens a session that writes nothing, not even what connections usually leave beside a file.
    ///
    /// # Errors
    /// As [`Database::connect`].
    async fn connect_to_read(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        let mut session = self.connect(connect).await?;
        session.read_only().await?;
        Ok(session)
    }
}

/// How to connect.
#[derive(Clone)]
pub struct Connect {
    /// The URL with everything in it, secrets included. Never logged; `Debug` hides it.
    pub url: String,
    /// Identifies this run; sessions carry it where the server shows it (`application_name`), so that an orphaned
    /// statement can be recognised.
    pub run_id: String,
    /// Bound for connecting and authenticating.
    pub connect_timeout: Duration,
    /// Cancelled when the user wants to stop. In-process engines poll it while they work.
    pub cancel: CancellationToken,
}

impl std::fmt::Debug for Connect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

/// One connection to one target. Everything runs one statement at a time.
#[async_trait]
pub trait Session: Send {
    /// The server at the other end.
    fn server(&self) -> &Server;

    /// This session as the server names it.
    fn backend(&self) -> &Backend;

    /// How the ledger is written in this dialect.
    fn ledger_dialect(&self) -> &LedgerDialect;

    /// Tries to take the session-level lock of the target; never waits and leaves no transaction open.
    async fn try_lock(&mut self) -> Result<LockAttempt, DbError>;

    /// Releases the lock. The lock also goes when the session ends.
    async fn unlock(&mut self) -> Result<(), DbError>;

    /// Sets time limits for what follows; called only when they change.
    async fn set_limits(&mut self, limits: &Limits) -> Result<(), DbError>;

    /// Runs one statement of ours with parameters (`?` in the text) and returns its rows.
    async fn query(&mut self, query: &Query) -> Result<Vec<Row>, DbError>;

    /// Runs one statement of the user's outside any transaction.
    async fn execute(&mut self, statement: &Statement<'_>) -> Result<(), DbError>;

    /// Runs the steps in one transaction and commits it. All or nothing: on any error nothing of it stays, except where
    /// [`TransactionError::committed`] says that nobody knows.
    async fn transaction(&mut self, steps: &[Step<'_>]) -> Result<(), TransactionError>;

    /// Undoes what statements of the user's changed in the session (`SET`, `USE`, `SET ROLE`), keeping the lock and
    /// the limits.
    async fn reset(&mut self) -> Result<(), DbError>;

    /// Looks at the objects that a statement will change, before it runs: opaque text that is kept with the intent
    /// and given to [`Session::probe`] afterwards.
    async fn observe(&mut self, statement: &Statement<'_>) -> Result<String, DbError>;

    /// Decides by looking at the catalog whether a statement has taken effect. `before` is what
    /// [`Session::observe`] returned before it was sent.
    async fn probe(&mut self, statement: &Statement<'_>, before: &str) -> Result<Verdict, DbError>;

    /// Asks the server whether a backend still lives, and what it runs.
    async fn running(&mut self, backend: &Backend) -> Result<Option<Running>, DbError>;

    /// Things that interrupted statements left in this database: invalid indexes, temporary `#sql` tables.
    async fn leftovers(&mut self) -> Result<Vec<Leftover>, DbError>;

    /// Makes the database refuse every further write of this session.
    async fn read_only(&mut self) -> Result<(), DbError>;

    /// Reads the schema from the catalog: the user's objects, without those of the system, of extensions and of Sluice.
    async fn live_schema(&mut self) -> Result<LiveSchema, DbError>;

    /// Reads the schema as facts: the user's objects, without those of the system, of extensions and of Sluice.
    async fn facts(&mut self) -> Result<Snapshot, DbError> {
        let what = format!("{} is not read as facts yet", self.server().product);
        Err(DbError::new(DbErrorKind::Unsupported, what))
    }

    /// Reads how big the relations are and how much they are used, as far as the user may know.
    async fn statistics(&mut self) -> Result<Statistics, DbError>;

    /// A handle for use while the session is busy; may open a second connection when it is used.
    fn control(&self) -> Arc<dyn Control>;

    /// Ends the session politely.
    async fn close(self: Box<Self>);
}

/// What can be done about a session from outside while it is busy.
#[async_trait]
pub trait Control: Send + Sync {
    /// Asks the server to cancel what the session runs. Returns when the request is delivered, not when the statement has
    /// ended.
    async fn cancel(&self) -> Result<(), DbError>;

    /// Who keeps the session waiting for a lock, as far as the server can tell.
    async fn blockers(&self) -> Result<Vec<Running>, DbError>;

    /// Whether the server works on something for the session; false also when it does not know the session any more. An answer
    /// that does not come although the server is done means that the connection is dead without anyone having said so.
    async fn is_working(&self) -> Result<bool, DbError>;

    /// The session itself, without asking the server, for a message that says what still runs there; `None` for
    /// engines in this process.
    fn itself(&self) -> Option<Running>;
}

/// A server as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Dialect of the SQL it takes.
    pub dialect: Dialect,
    /// Product and version for people, for example `PostgreSQL 16.14`.
    pub product: String,
    /// Version as a number that compares within a dialect: PostgreSQL `160014`, MySQL and MariaDB `101119`, SQLite
    /// `3051000`.
    pub version: u32,
    /// Host and database for people, without user and password.
    pub address: String,
    /// Whether the server refuses writes (replica, `read_only`, file without write permission).
    pub read_only: bool,
}

/// A session as the server names it, with its start time, so that a reused process id is not taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend(pub String);

/// Result of trying the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockAttempt {
    /// The lock is ours.
    Acquired,
    /// Somebody else has it.
    Held {
        /// Who, as far as the server can tell.
        by: Option<Running>,
    },
}

/// Time limits of a session; `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Longest wait for a lock.
    pub lock_timeout: Option<Duration>,
    /// Longest run of one statement.
    pub statement_timeout: Option<Duration>,
    /// Ask the server to notice within this time that we are gone and to stop then (PostgreSQL
    /// `client_connection_check_interval`); `None` lets it finish.
    pub die_with_client: Option<Duration>,
    /// How long the session may say nothing before the server ends it, and gives its locks back: of a runner that stands still, nobody
    /// else can take them. Once it was said it holds until something else is.
    pub idle: Option<Duration>,
}

/// A statement of ours: text with `?` for each parameter. Never holds values in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text.
    pub sql: String,
    /// The parameters.
    pub parameters: Vec<Value>,
}

impl Query {
    /// A statement of ours.
    pub fn new(sql: impl Into<String>, parameters: Vec<Value>) -> Self {
        Self { sql: sql.into(), parameters }
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL of a text column.
    Null,
    /// A whole number; PostgreSQL `bigint`.
    Int(i64),
    /// Text.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A row of text values.
pub type Row = Vec<Option<String>>;

/// A statement of the user's.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    /// The text that is sent.
    pub sql: std::borrow::Cow<'a, str>,
    /// Data lines of `COPY … FROM stdin`.
    pub copy_data: Option<&'a str>,
    /// What grammar says of it.
    pub facts: &'a Facts,
}

/// One step of a transaction.
#[derive(Debug, Clone)]
pub enum Step<'a> {
    /// The user's.
    Statement(Statement<'a>),
    /// Ours.
    Own(Query),
}

/// A transaction that failed.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct TransactionError {
    /// Index of the step that failed; `None` when it was `BEGIN`, `COMMIT` or the connection.
    pub step: Option<usize>,
    /// Why.
    #[source]
    pub error: DbError,
    /// What became of it.
    pub committed: Committed,
}

/// What became of a failed transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Nothing of it is there.
    No,
    /// `COMMIT` may have been carried out: the ledger tells.
    Unknown,
    /// Some of it is there without its ledger rows: a statement committed by itself, or changed tables that know no
    /// transactions. The error's detail says what. A person must look.
    Partly,
}

/// What a probe says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The effect is there.
    Applied {
        /// What shows it, in words.
        evidence: String,
    },
    /// The effect is not there; the statement can be run.
    NotApplied {
        /// What shows it, in words.
        evidence: String,
    },
    /// Something half-done is there. After the clean-up the statement can be run.
    Partial {
        /// What is there, in words.
        evidence: String,
        /// Statements that remove it, each to be run alone.
        clean_up: Vec<String>,
        /// Some of it was there before the statement ran, so that it may have stood in its way.
        older: bool,
    },
    /// The catalog cannot tell. A person must look.
    Unknown {
        /// What was looked at and why it does not tell.
        evidence: String,
    },
}

impl Verdict {
    /// What was seen, in words.
    pub fn evidence(&self) -> &str {
        match self {
            Self::Applied { evidence }
            | Self::NotApplied { evidence }
            | Self::Partial { evidence, .. }
            | Self::Unknown { evidence } => evidence,
        }
    }
}

/// A session that is alive.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Running {
    /// As the server names it, for example `pid 4711`.
    pub backend: String,
    /// User, program and client address, for people.
    pub who: String,
    /// What it runs or ran last, cut to one line.
    pub statement: Option<String>,
    /// Seconds since its transaction or statement began.
    pub seconds: Option<u64>,
    /// The exact statement that stops it, for example `SELECT pg_terminate_backend(4711)`.
    pub stop_with: String,
}

/// Something that an interrupted statement left behind.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Leftover {
    /// What it is, for example `invalid index public.orders_total_idx`.
    pub what: String,
    /// The exact statement that removes it.
    pub remove_with: String,
}

/// How the ledger is written in a dialect. Texts hold no values.
#[derive(Debug, Clone)]
pub struct LedgerDialect {
    /// Goes before table names: `sluice.` or `` `shop`.sluice_ ``.
    pub prefix: String,
    /// Statements that create the ledger; each does nothing where its object exists.
    pub create: Vec<String>,
    /// Statement that creates the table of snapshots, which only watched databases have; does nothing where it is there.
    pub create_snapshot: String,
    /// Statement that creates the table of entries for rows that are kept; does nothing where it is there.
    pub create_backup: String,
    /// How rows are kept.
    pub rows: &'static dyn crate::backup::Rows,
    /// Statement that creates the table of computed scripts, which only databases of declarative projects have; does nothing where it is
    /// there.
    pub create_script: String,
    /// Whether `create` may run in the transaction of the first change.
    pub create_is_transactional: bool,
    /// Expression for this moment on the database's clock, as a timestamp column takes it.
    pub now: &'static str,
    /// Expression for the begin of the transaction (or this moment, where the engine does not know it).
    pub transaction_start: &'static str,
    /// Expression for the milliseconds since the begin of the transaction, as a whole number.
    pub elapsed_ms: &'static str,
    /// The same since the timestamp column `{}`.
    pub elapsed_since: &'static str,
    /// Turns a timestamp column `{}` into text for [`LedgerDialect::timestamp`].
    pub timestamp_text: &'static str,
    /// Turns what [`LedgerDialect::timestamp_text`] gives into RFC 3339 text in UTC that sorts as the times do.
    pub timestamp: fn(&str) -> String,
    /// Appended to a subquery on the fence so that no other runner can take the next fence before we commit; empty where a
    /// write transaction excludes others anyway.
    pub share_lock: &'static str,
}
