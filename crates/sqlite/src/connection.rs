//! Opening a connection, and what every connection of ours is set to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};
use sluice_engine::{DbError, DbErrorKind};

use crate::failure::{Author, db_error};
use crate::ledger;
use crate::location::{Access, Location};
use crate::rest::{Rest, unchanging};
use crate::watch::{Reach, STEPS, Watch};

/// Statements of ours that stay prepared: the ledger has fewer.
const CACHED_STATEMENTS: usize = 32;

/// Opens a connection. SQLite reads nothing of the file yet.
pub(crate) fn open(location: &Location, watch: &Arc<Watch>) -> Result<Connection, rusqlite::Error> {
    let mut connection = match location {
        Location::Memory => Connection::open_in_memory()?,
        Location::File { path, access } => {
            let flags = match access {
                Access::Look | Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
                Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            };
            // A relative path may begin with `file:`, which SQLite would take for a URI.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let resting =
                (*access == Access::Look && Rest::of(&path).is_some()).then(|| unchanging(&path)).flatten();
            match resting {
                Some(name) => Connection::open_with_flags(
                    name,
                    flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?,
                None => Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?,
            }
        }
    };
    // The bundled library is compiled with foreign keys on; SQLite's own default and that of its `sqlite3` program is
    // off, and changes are written for those.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let handler = Arc::clone(watch);
    connection.busy_handler(Some(move |count| handler.waits(count)))?;
    let handler = Arc::clone(watch);
    connection.progress_handler(STEPS, Some(move || handler.interrupts()))?;
    let clock = Arc::clone(watch);
    connection.create_scalar_function(ledger::BEGAN, 0, FunctionFlags::SQLITE_UTF8, move |_| {
        Ok(clock.transaction_began())
    })?;
    if watch.is_alone() {
        connection.authorizer(Some(stay_inside))?;
    }
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

/// `SQLITE_ATTACH` of <https://sqlite.org/c3ref/c_alter_table.html>, where its file is an expression.
const ATTACH: i32 = 24;

/// Refuses to attach or write other files (`VACUUM INTO` attaches, too); `VACUUM` itself attaches a nameless one.
fn stay_inside(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { filename: "" | ":memory:" } => Authorization::Allow,
        AuthAction::Attach { .. } | AuthAction::Unknown { code: ATTACH, .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

/// Reads the file's header, so that a file that is no database is found at once. Also rolls back what a process that died
/// left in the journal.
pub(crate) fn look(connection: &Connection, watch: &Watch) -> Result<(), rusqlite::Error> {
    watch.begin(Reach::Waits);
    let looked = connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0));
    match looked {
        Ok(_) => Ok(()),
        // That somebody is writing right now says nothing against the database.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the database cannot be written: the file, or the directory in which the journal must stand.
pub(crate) fn is_read_only(connection: &Connection, file: Option<&Path>) -> bool {
    connection.is_readonly("main").unwrap_or(false)
        || file.and_then(Path::parent).is_some_and(|directory| !is_writable(directory))
}

fn is_writable(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// Where the file will be that a first write creates; `None` if it is there, or cannot be created.
pub(crate) fn future_file(location: &Location) -> Option<PathBuf> {
    let Location::File { path, access: Access::Create } = location else { return None };
    let path = std::path::absolute(path).ok()?;
    if path.symlink_metadata().is_ok() {
        return None;
    }
    let directory = path.parent()?.canonicalize().ok().filter(|directory| is_writable(directory))?;
    Some(directory.join(path.file_name()?))
}

/// The file of a connection, absolute and without symbolic links, as SQLite resolved it.
pub(crate) fn file_of(connection: &Connection) -> Option<PathBuf> {
    connection.path().filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Why a database cannot be opened, in terms of its path.
pub(crate) fn refused(error: &rusqlite::Error, location: &Location, watch: &Watch) -> DbError {
    let mut error = db_error(error, Author::User, watch);
    let Location::File { path, access } = location else { return error };
    let address = location.address();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let (message, hint) = match error.code.as_deref() {
        Some("SQLITE_NOTADB") => (format!("`{address}` is not a SQLite database"), error.hint.take()),
        Some("SQLITE_CANTOPEN") if path.is_dir() => {
            (format!("`{address}` is a directory"), Some("name a file in it".to_owned()))
        }
        Some("SQLITE_CANTOPEN") => match parent.filter(|parent| !parent.exists()) {
            Some(parent) => (
                format!("the directory of `{address}` does not exist"),
                Some(format!(
                    "create it with `mkdir -p {}`; the file itself is created when needed",
                    parent.display()
                )),
            ),
            None if !path.exists() && *access != Access::Create => (
                format!("`{address}` does not exist, and `?mode=` in its URL says not to create it"),
                Some("correct the path, or leave `?mode=` out".to_owned()),
            ),
            None => (
                format!("`{address}` cannot be opened: {}", error.message),
                Some("see that this user may read and write the file and its directory".to_owned()),
            ),
        },
        _ => (format!("`{address}` cannot be opened: {}", error.message), error.hint.take()),
    };
    error.message = message;
    error.hint = hint;
    if error.kind == DbErrorKind::Statement {
        error.kind = DbErrorKind::Connect;
    }
    error
}
