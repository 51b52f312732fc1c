use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle, params_from_iter};
use sluice_engine::{
    Backend, Committed, Connect, Control, DbError, DbErrorKind, LedgerDialect, Leftover, Limits, LiveSchema,
    LockAttempt, Query, Row, Running, Server, Session, Statement, Statistics, Step, TransactionError, Value,
    Verdict,
};
use sluice_facts::Snapshot;
use sluice_sql::Dialect;

use crate::control::{SessionControl, blockers};
use crate::failure::{Author, db_error, leaves_commit_open};
use crate::journal::Kept;
use crate::location::{Access, Location};
use crate::lock::{Attempt, LockFile};
use crate::process::Process;
use crate::rest::Rest;
use crate::watch::{Reach, Watch};
use crate::{connection, effect, extract, journal, ledger, live};

/// A session: one connection in this process, used by one thread at a time.
///
/// The functions are `async` because the trait's are; they do not yield while SQLite works, so sessions that are to work
/// at the same time need a thread each.
pub(crate) struct SqliteSession {
    // Declared before the lock: the connection, with whatever it has open, ends before anybody else gets the lock.
    connection: Connection,
    lock: Option<LockFile>,
    journal: Option<Kept>,
    location: Location,
    file: Option<PathBuf>,
    server: Server,
    backend: Backend,
    ledger: LedgerDialect,
    run_id: String,
    watch: Arc<Watch>,
    interrupt: Arc<Mutex<InterruptHandle>>,
    /// Statements of the user's may have changed settings of the connection.
    altered: bool,
    /// The file is read as one that does not change, because it looked like this.
    rest: Option<Rest>,
    /// The file does not exist yet, and the connection stands for it with an empty database: looking creates nothing.
    missing: bool,
}

impl SqliteSession {
    pub(crate) fn open(connect: &Connect) -> Result<Self, DbError> {
        Self::open_at(Location::parse(&connect.url)?, connect)
    }

    /// A session that leaves the file alone, and what lies beside it.
    pub(crate) fn open_to_read(connect: &Connect) -> Result<Self, DbError> {
        let location = match Location::parse(&connect.url)? {
            Location::File { path, .. } if path.symlink_metadata().is_err() => {
                return Err(missing(&path.display()));
            }
            Location::File { path, .. } => Location::File { path, access: Access::Look },
            Location::Memory => Location::Memory,
        };
        Self::open_at(location, connect)
    }

    fn open_at(location: Location, connect: &Connect) -> Result<Self, DbError> {
        let watch = Arc::new(Watch::new(connect.cancel.clone(), Location::stays_alone(&connect.url)));
        let refused = |error: rusqlite::Error| connection::refused(&error, &location, &watch);
        let future = connection::future_file(&location);
        let missing = future.is_some();
        let rest = match &location {
            Location::File { path, access: Access::Look } => Rest::of(path),
            _ => None,
        };
        let connection =
            connection::open(if missing { &Location::Memory } else { &location }, &watch).map_err(refused)?;
        connection::look(&connection, &watch).map_err(refused)?;
        let file = future.or_else(|| connection::file_of(&connection));
        let server = Server {
            dialect: Dialect::Sqlite,
            product: format!("SQLite {}", rusqlite::version()),
            version: u32::try_from(rusqlite::version_number()).unwrap_or_default(),
            address: location.address(),
            read_only: connection::is_read_only(&connection, file.as_deref()),
        };
        let interrupt = Arc::new(Mutex::new(connection.get_interrupt_handle()));
        Ok(Self {
            connection,
            lock: None,
            journal: None,
            location,
            file,
            server,
            backend: Backend(Process::current().to_string()),
            ledger: ledger::dialect(),
            run_id: connect.run_id.clone(),
            watch,
            interrupt,
            altered: false,
            rest,
            missing,
        })
    }

    /// Creates the file if it is missing: from here on the session writes.
    fn create(&mut self) -> Result<(), DbError> {
        if !self.missing {
            return Ok(());
        }
        let refused = |error: rusqlite::Error| connection::refused(&error, &self.location, &self.watch);
        let connection = connection::open(&self.location, &self.watch).map_err(refused)?;
        connection::look(&connection, &self.watch).map_err(refused)?;
        self.file = connection::file_of(&connection);
        self.replace(connection);
        self.missing = false;
        Ok(())
    }

    fn replace(&mut self, connection: Connection) {
        let interrupt = connection.get_interrupt_handle();
        *self.interrupt.lock().unwrap_or_else(PoisonError::into_inner) = interrupt;
        self.connection = connection;
    }

    /// Makes the transactions that come cheaper; the lock is held.
    fn keep_journal(&mut self) {
        self.watch.begin_impatient();
        self.journal = self.file.as_deref().and_then(|file| journal::keep(&self.connection, file));
    }

    /// Gives the lock back, if it is held, and leaves nothing beside the database.
    fn release(&mut self) {
        if let (Some(kept), Some(file)) = (self.journal.take(), &self.file) {
            self.watch.begin_impatient();
            journal::remove(&self.connection, file, kept);
        }
        self.lock = None;
    }

    fn error(&self, error: &rusqlite::Error, author: Author) -> DbError {
        let mut error = db_error(error, author, &self.watch);
        if let (DbErrorKind::LockTimeout, Some(file)) = (error.kind, &self.file) {
            let holders: Vec<String> = blockers(file)
                .iter()
                .map(|running| format!("{} ({})", running.who, running.backend))
                .collect();
            error.detail = (!holders.is_empty()).then(|| format!("locked by {}", holders.join(", ")));
        }
        error
    }

    /// Runs a statement of the user's, all of its rows included.
    fn run(&mut self, statement: &Statement<'_>) -> Result<(), DbError> {
        if statement.copy_data.is_some() {
            return Err(DbError::new(DbErrorKind::Statement, "SQLite has no `COPY … FROM stdin`"));
        }
        self.altered |= effect::alters_session(&statement.sql);
        self.watch.begin(Reach::Statement);
        drain(&self.connection, &statement.sql).map_err(|error| self.error(&error, Author::User))
    }

    /// Runs a statement of ours.
    fn ask(&self, query: &Query) -> Result<Vec<Row>, DbError> {
        rows(&self.connection, query).map_err(|error| self.error(&error, Author::Ledger))
    }

    fn control_statement(&self, sql: &str, reach: Reach) -> Result<(), rusqlite::Error> {
        self.watch.begin(reach);
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Ends a transaction that failed. Many errors make SQLite do so itself. Should it fail, the transaction ends with
    /// the connection.
    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            let _ = self.control_statement("ROLLBACK", Reach::Nothing);
        }
    }

    #[allow(clippy::result_large_err, reason = "the trait's error, made once in a transaction that fails")]
    fn run_transaction(&mut self, steps: &[Step<'_>]) -> Result<(), TransactionError> {
        // What only writes the ledger must be possible after a cancel.
        let is_users = steps.iter().any(|step| matches!(step, Step::Statement(_)));
        let waiting = if is_users { Reach::Waits } else { Reach::Nothing };
        let failed = |step, error, committed| TransactionError { step, error, committed };
        self.create().map_err(|error| failed(None, error, Committed::No))?;

        if let Err(error) = self.control_statement("BEGIN IMMEDIATE", waiting) {
            return Err(failed(None, self.error(&error, Author::Ledger), Committed::No));
        }
        self.watch.begin_transaction();
        for (index, step) in steps.iter().enumerate() {
            let done = match step {
                Step::Statement(statement) => self.run(statement),
                Step::Own(query) => {
                    self.watch.begin(waiting);
                    self.ask(query).map(drop)
                }
            };
            if let Err(error) = done {
                self.roll_back();
                return Err(failed(Some(index), error, Committed::No));
            }
            if self.connection.is_autocommit() {
                let mut error = DbError::new(
                    DbErrorKind::Statement,
                    "the statement ended the transaction that it ran in",
                );
                error.hint = Some("take `COMMIT`, `END` and `ROLLBACK` out of the change".to_owned());
                return Err(failed(Some(index), error, Committed::Partly));
            }
        }
        // Readers can keep a commit waiting; SQLite then asks the watch how long.
        if let Err(error) = self.control_statement("COMMIT", waiting) {
            let committed = if leaves_commit_open(&error) { Committed::Unknown } else { Committed::No };
            let error = self.error(&error, Author::User);
            self.roll_back();
            return Err(failed(None, error, committed));
        }
        Ok(())
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        self.release();
    }
}

#[async_trait]
impl Session for SqliteSession {
    fn server(&self) -> &Server {
        &self.server
    }

    fn backend(&self) -> &Backend {
        &self.backend
    }

    fn ledger_dialect(&self) -> &LedgerDialect {
        &self.ledger
    }

    async fn try_lock(&mut self) -> Result<LockAttempt, DbError> {
        self.create()?;
        let Some(file) = self.file.as_ref().filter(|_| self.lock.is_none()) else {
            return Ok(LockAttempt::Acquired);
        };
        let path = LockFile::path_beside(file);
        match LockFile::try_take(path.clone(), &self.run_id) {
            Ok(Attempt::Acquired(lock)) => {
                self.lock = Some(lock);
                self.keep_journal();
                Ok(LockAttempt::Acquired)
            }
            Ok(Attempt::Held(holder)) => Ok(LockAttempt::Held { by: holder.map(|holder| holder.running()) }),
            Err(error) => Err(lock_error(&path, &error)),
        }
    }

    async fn unlock(&mut self) -> Result<(), DbError> {
        self.release();
        Ok(())
    }

    async fn set_limits(&mut self, limits: &Limits) -> Result<(), DbError> {
        self.watch.set_limits(limits);
        Ok(())
    }

    async fn query(&mut self, query: &Query) -> Result<Vec<Row>, DbError> {
        self.watch.begin(Reach::Nothing);
        self.ask(query)
    }

    async fn execute(&mut self, statement: &Statement<'_>) -> Result<(), DbError> {
        self.create()?;
        let done = self.run(statement);
        if !self.connection.is_autocommit() {
            self.roll_back();
            let mut error = DbError::new(DbErrorKind::Statement, "the statement left a transaction open");
            error.hint = Some("take `BEGIN` and `SAVEPOINT` out of the change".to_owned());
            return done.and(Err(error));
        }
        done
    }

    async fn transaction(&mut self, steps: &[Step<'_>]) -> Result<(), TransactionError> {
        self.run_transaction(steps)
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        if !self.altered {
            return Ok(());
        }
        let undone = match &self.location {
            Location::Memory => effect::restore(&self.connection),
            // Nothing forgets as surely as a new connection: settings, attached databases, temporary tables.
            Location::File { path, access } => {
                let access = if *access == Access::Create { Access::Write } else { *access };
                let path = self.file.clone().unwrap_or_else(|| path.clone());
                connection::open(&Location::File { path, access }, &self.watch)
                    .map(|connection| self.replace(connection))
            }
        };
        undone.map_err(|error| self.error(&error, Author::User))?;
        if self.lock.is_some() {
            self.keep_journal();
        }
        self.altered = false;
        Ok(())
    }

    async fn observe(&mut self, statement: &Statement<'_>) -> Result<String, DbError> {
        self.watch.begin(Reach::Nothing);
        effect::observe(&self.connection, statement).map_err(|error| self.error(&error, Author::User))
    }

    async fn probe(&mut self, statement: &Statement<'_>, before: &str) -> Result<Verdict, DbError> {
        self.watch.begin(Reach::Nothing);
        effect::probe(&self.connection, statement, before).map_err(|error| self.error(&error, Author::User))
    }

    async fn running(&mut self, backend: &Backend) -> Result<Option<Running>, DbError> {
        // The lock is held as long as a session lives, so with the lock in our hands the other session is over, though
        // its process may live on and work elsewhere.
        if self.lock.is_some() {
            return Ok(None);
        }
        let alive = Process::parse(&backend.0)
            .filter(|process| process != Process::current() && process.is_alive_here());
        Ok(alive.map(|process| Running {
            backend: format!("pid {} on {}", process.pid, process.host),
            who: "sluice".to_owned(),
            statement: None,
            seconds: None,
            stop_with: format!("kill {}", process.pid),
        }))
    }

    /// None: what a process that died left in the journal is rolled back by whoever opens the file next.
    async fn leftovers(&mut self) -> Result<Vec<Leftover>, DbError> {
        Ok(Vec::new())
    }

    async fn read_only(&mut self) -> Result<(), DbError> {
        // A file that is missing is not created by looking, and nothing is known of it: not even that it is meant.
        if self.missing {
            return Err(missing(&self.location.address()));
        }
        self.control_statement("PRAGMA query_only = ON", Reach::Waits)
            .map_err(|error| self.error(&error, Author::User))
    }

    async fn live_schema(&mut self) -> Result<LiveSchema, DbError> {
        self.watch.begin(Reach::Statement);
        live::schema(&self.connection).map_err(|error| self.error(&error, Author::User))
    }

    async fn facts(&mut self) -> Result<Snapshot, DbError> {
        self.watch.begin(Reach::Statement);
        let mut read = extract::snapshot(&self.connection, &self.server.product);
        if let (Some(rest), Location::File { path, .. }) = (&self.rest, &self.location)
            && Rest::of(path).as_ref() != Some(rest)
        {
            // Somebody has come meanwhile: what was read may be half of the one state and half of the other.
            let location = Location::File { path: path.clone(), access: Access::Read };
            let connection = connection::open(&location, &self.watch);
            self.replace(connection.map_err(|error| self.error(&error, Author::User))?);
            self.rest = None;
            read = extract::snapshot(&self.connection, &self.server.product);
        }
        read.map_err(|error| self.error(&error, Author::User))
    }

    async fn statistics(&mut self) -> Result<Statistics, DbError> {
        self.watch.begin(Reach::Statement);
        live::statistics(&self.connection).map_err(|error| self.error(&error, Author::User))
    }

    fn control(&self) -> Arc<dyn Control> {
        Arc::new(SessionControl { interrupt: Arc::clone(&self.interrupt), file: self.file.clone() })
    }

    async fn close(self: Box<Self>) {}
}

fn missing(file: &dyn std::fmt::Display) -> DbError {
    let mut error = DbError::new(DbErrorKind::Connect, format!("`{file}` does not exist"));
    error.hint = Some("correct the path; a deployment creates the file when it is needed".to_owned());
    error
}

fn lock_error(path: &std::path::Path, error: &std::io::Error) -> DbError {
    use std::io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => DbErrorKind::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DbErrorKind::DiskFull,
        _ => DbErrorKind::Connect,
    };
    let mut failure =
        DbError::new(kind, format!("the lock file `{}` cannot be created: {error}", path.display()));
    failure.hint = Some("see that this user may write the directory of the database".to_owned());
    failure
}

fn drain(connection: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

fn rows(connection: &Connection, query: &Query) -> Result<Vec<Row>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    let columns = statement.column_count();
    let parameters = query.parameters.iter().map(|value| match value {
        Value::Null => ValueRef::Null,
        Value::Int(number) => ValueRef::Integer(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
    });
    let mut found =
        statement.query(params_from_iter(parameters.map(rusqlite::types::ToSqlOutput::Borrowed)))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(
            (0..columns)
                .map(|column| Ok(text(row.get_ref(column)?)))
                .collect::<Result<Row, rusqlite::Error>>()?,
        );
    }
    Ok(rows)
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}
