use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, schema};

/// Longest wait for another process; its writes take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The local state of one project, in one directory. Several processes may have it open; each `Store` is for one thread at
/// a time.
///
/// Nothing is created before something is written: reading where there is no state finds nothing.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    file: PathBuf,
    connection: Option<Connection>,
    /// Whose releases and rollouts are seen; absent: all.
    project: Option<String>,
}

impl Store {
    /// Name of the file in its directory.
    pub(crate) const FILE: &str = "state.db";

    /// Opens the state in `directory`, usually `.sluice` beside `sluice.toml`.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Damaged`], and whatever keeps the file from being read.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let file = directory.join(Self::FILE);
        let mut store = Self { directory: directory.to_owned(), file, connection: None, project: None };
        match std::fs::metadata(&store.file) {
            Ok(_) => store.connection = Some(store.connect(false)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(store.file_error("read", error)),
        }
        Ok(store)
    }

    /// Opens the state of a server, and makes it where there is none. What it has told somebody survives a power cut.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_server(directory: &Path) -> Result<Self, StoreError> {
        let mut store = Self::open(directory)?;
        let set = store.writer()?.execute_batch("PRAGMA synchronous = FULL");
        set.map_err(|error| store.error(error))?;
        Ok(store)
    }

    /// From here on only the releases and rollouts of one project are seen.
    pub(crate) fn limit_to(&mut self, project: Option<String>) {
        self.project = project;
    }

    /// The project whose releases and rollouts are seen.
    pub(crate) fn project_seen(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Reads; `None` where there is no state.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.reader().map(read).transpose().map_err(|error| self.error(error))
    }

    /// Writes all or nothing.
    pub(crate) fn write<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.writer()?;
        let all = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = write(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        all().map_err(|error| self.error(error))
    }

    /// Where the state is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// For reading; `None` where there is no state.
    pub(crate) fn reader(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// For writing; creates the state where there is none.
    pub(crate) fn writer(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                create_directory(&self.directory)?;
                self.connect(true)?
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn connect(&self, create: bool) -> Result<Connection, StoreError> {
        let failed = |error| self.error(error);
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        // A relative path may begin with `file:`, which SQLite would take for a URI.
        let path = std::path::absolute(&self.file).map_err(|error| self.file_error("read", error))?;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        let mut version = schema::version(&connection).map_err(failed)?;
        // With a write-ahead log this is safe against crashes of programs, and after a power cut the latest commits may be
        // missing but nothing is torn. The ledgers in the databases are what must survive that.
        connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON").map_err(failed)?;
        if version < schema::VERSION {
            set_wal(&connection).map_err(failed)?;
            schema::upgrade(&mut connection).map_err(failed)?;
            version = schema::version(&connection).map_err(failed)?;
        }
        if version != schema::VERSION {
            return Err(StoreError::Newer {
                path: self.file.clone(),
                found: version,
                known: schema::VERSION,
            });
        }
        Ok(connection)
    }

    fn file_error(&self, action: &'static str, error: std::io::Error) -> StoreError {
        StoreError::File { path: self.file.clone(), action, error }
    }

    pub(crate) fn error(&self, error: rusqlite::Error) -> StoreError {
        let path = self.file.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path, what: error.to_string() }
            }
            // A table or column that the schema version promises is not there.
            Some(ErrorCode::Unknown) => StoreError::Damaged { path, what: error.to_string() },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::DiskFull) => {
                StoreError::ReadOnly { path, what: error.to_string() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            _ => StoreError::Database { path, error },
        }
    }

    pub(crate) fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.file.clone(), what }
    }
}

/// Switches to a write-ahead log, so that readers never wait. SQLite does not call the busy handler for this, and another
/// process may be doing the same.
fn set_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < 500 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// Creates the directory with a `.gitignore` that keeps all of it out of git.
pub(crate) fn create_directory(directory: &Path) -> Result<(), StoreError> {
    let failed = |path: &Path, error| StoreError::File { path: path.to_owned(), action: "created", error };
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let ignore = directory.join(".gitignore");
    match OpenOptions::new().write(true).create_new(true).open(&ignore) {
        Ok(mut file) => file.write_all(b"*\n").map_err(|error| failed(&ignore, error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(&ignore, error)),
    }
}

/// Now, RFC 3339 in UTC, as texts that sort by time.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
