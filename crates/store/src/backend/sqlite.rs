//! SQLite: one file, several processes, one writer.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, ToSql, ffi, params_from_iter};

use crate::fault::Fault;
use crate::schema;
use crate::value::{Row, Value};

/// Longest wait for another process; its writes take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open file.
#[derive(Debug)]
pub(crate) struct Connection(rusqlite::Connection);

impl Connection {
    /// Opens the file and brings it to the schema of this version. `durable`: what was told survives a power cut.
    pub(crate) fn open(file: &Path, create: bool, durable: bool) -> Result<Self, Fault> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = rusqlite::Connection::open_with_flags(file, flags).map_err(fault)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(fault)?;
        let connection = Self(connection);
        let mut version = connection.version()?;
        // With a write-ahead log this is safe against crashes of programs, and after a power cut the latest commits may be
        // missing but nothing is torn. The ledgers in the databases are what must survive that. The log is not emptied at
        // the end of every command, as each time the disk is waited for, with all that others have written; and a file that
        // is made anew may be empty after a power cut.
        let new = version == 0 && !durable;
        connection.batch(if new { "PRAGMA synchronous = OFF" } else { "PRAGMA synchronous = NORMAL" })?;
        connection.batch("PRAGMA foreign_keys = ON")?;
        if !durable {
            let keep_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            connection.0.set_db_config(keep_log, true).map_err(fault)?;
        }
        if version < schema::VERSION {
            set_wal(&connection.0).map_err(fault)?;
            connection.upgrade()?;
            version = connection.version()?;
        } else if durable {
            // A copy that was restored has none.
            set_wal(&connection.0).map_err(fault)?;
        }
        if new {
            connection.batch("PRAGMA synchronous = NORMAL")?;
        }
        if version != schema::VERSION {
            return Err(Fault::Newer { found: version, known: schema::VERSION });
        }
        if durable {
            connection.batch("PRAGMA synchronous = FULL")?;
        }
        Ok(connection)
    }

    pub(crate) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let read = || {
            let mut statement = self.0.prepare_cached(sql)?;
            let columns = statement.column_count();
            let mut found = statement.query(params_from_iter(values))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let values = (0..columns).map(|index| row.get_ref(index).map(value));
                rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
            }
            Ok(rows)
        };
        read().map_err(fault)
    }

    pub(crate) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let changed =
            self.0.prepare_cached(sql).and_then(|mut statement| statement.execute(params_from_iter(values)));
        changed.map(|count| u64::try_from(count).unwrap_or(u64::MAX)).map_err(fault)
    }

    pub(crate) fn begin(&self) -> Result<(), Fault> {
        self.batch("BEGIN IMMEDIATE")
    }

    pub(crate) fn commit(&self) -> Result<(), Fault> {
        self.batch("COMMIT")
    }

    pub(crate) fn rollback(&self) {
        // What has failed may have ended it already.
        let _ = self.batch("ROLLBACK");
    }

    /// Writes a copy of everything as it is at this moment.
    pub(crate) fn copy_to(&self, file: &Path) -> Result<(), Fault> {
        self.execute("VACUUM INTO ?1", &[Value::from(file.to_string_lossy().into_owned())]).map(drop)
    }

    fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.0.execute_batch(sql).map_err(fault)
    }

    fn version(&self) -> Result<i64, Fault> {
        self.0.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)
    }

    /// Brings the file to [`schema::VERSION`]. Does nothing where another process was faster or the file is newer.
    fn upgrade(&self) -> Result<(), Fault> {
        self.begin()?;
        let steps = || {
            for step in schema::after(self.version()?) {
                self.batch(step)?;
            }
            if self.version()? < schema::VERSION {
                self.0.pragma_update(None, "user_version", schema::VERSION).map_err(fault)?;
            }
            self.commit()
        };
        steps().inspect_err(|_| self.rollback())
    }
}

/// Looks whether a file is a state that this version understands, and whole. It is left as it is.
pub(crate) fn check(file: &Path) -> Result<(), Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection(rusqlite::Connection::open_with_flags(file, flags).map_err(fault)?);
    let found = connection.version()?;
    if found > schema::VERSION {
        return Err(Fault::Newer { found, known: schema::VERSION });
    }
    let said: String =
        connection.rows("PRAGMA quick_check(1)", &[])?.first().map_or(Ok(String::new()), |row| row.get(0))?;
    if found < 1 || said != "ok" {
        return Err(Fault::Damaged(if found < 1 { "it is no state of sluice".to_owned() } else { said }));
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(Some(number)) => ToSqlOutput::Owned(Stored::Integer(*number)),
            Self::Text(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Integer(None) | Self::Text(None) => ToSqlOutput::Owned(Stored::Null),
        })
    }
}

fn value(stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Integer(number) => Value::Integer(Some(number)),
        ValueRef::Text(bytes) => Value::Text(Some(String::from_utf8_lossy(bytes).into_owned())),
        // Strict tables hold nothing else.
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Text(None),
    }
}

fn fault(error: rusqlite::Error) -> Fault {
    let what = error.to_string();
    // Files beside the database that cannot grow: what a full disk looks like to a write-ahead log.
    let cannot_grow = [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_SHMMAP,
    ];
    if error.sqlite_error().is_some_and(|error| cannot_grow.contains(&error.extended_code)) {
        return Fault::ReadOnly(what);
    }
    match error.sqlite_error_code() {
        // A table or column that the schema version promises is not there: `Unknown`.
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
            Fault::Damaged(what)
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::DiskFull) => Fault::ReadOnly(what),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy(what),
        Some(ErrorCode::ConstraintViolation) => Fault::Constraint(what),
        _ => Fault::Other(what),
    }
}

/// Switches to a write-ahead log, so that readers never wait. SQLite does not call the busy handler for this, and another
/// process may be doing the same.
fn set_wal(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
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
