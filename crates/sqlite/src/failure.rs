use std::time::Duration;

use rusqlite::Error;
use sluice_engine::{DbError, DbErrorKind};

use crate::watch::{Cut, Watch};

/// Whose statement failed: decides how a missing table or a refused fence is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// The user.
    User,
    /// Ours: it touches the ledger only.
    Ledger,
}

/// What an error of SQLite means for the protocol.
pub(crate) fn db_error(error: &Error, author: Author, watch: &Watch) -> DbError {
    let (extended, message, offset) = match error {
        Error::SqliteFailure(failure, message) => (
            Some(failure.extended_code),
            message.clone().unwrap_or_else(|| rusqlite::ffi::code_to_str(failure.extended_code).to_owned()),
            None,
        ),
        Error::SqlInputError { error, msg, offset, .. } => {
            (Some(error.extended_code), msg.clone(), usize::try_from(*offset).ok())
        }
        Error::MultipleStatement => {
            (None, "this is more than one statement, and each is sent alone".to_owned(), None)
        }
        other => (None, other.to_string(), None),
    };
    let kind = extended.map_or(DbErrorKind::Statement, |code| kind_of(code, &message, author, watch));
    let hint = extended.and_then(|code| hint_for(code, kind, watch));
    DbError { kind, code: extended.map(name_of), message, detail: None, hint, offset }
}

/// Whether the failure of a `COMMIT` leaves open what became of it: the journal may or may not have been
/// invalidated.
pub(crate) fn leaves_commit_open(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::SystemIoFailure))
}

fn kind_of(extended: i32, message: &str, author: Author, watch: &Watch) -> DbErrorKind {
    use rusqlite::ffi;
    match extended & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_INTERRUPT => match watch.cut() {
            Some(Cut::Cancelled) => DbErrorKind::Cancelled,
            Some(Cut::StatementTimeout) => DbErrorKind::StatementTimeout,
            _ if extended & 0xff == ffi::SQLITE_INTERRUPT => DbErrorKind::Cancelled,
            _ => DbErrorKind::LockTimeout,
        },
        ffi::SQLITE_FULL => DbErrorKind::DiskFull,
        ffi::SQLITE_READONLY => DbErrorKind::ReadOnly,
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_NOTADB => DbErrorKind::Connect,
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => DbErrorKind::Permission,
        ffi::SQLITE_CONSTRAINT
            if author == Author::Ledger
                && extended == ffi::SQLITE_CONSTRAINT_NOTNULL
                && message.contains("sluice_")
                && message.ends_with(".fence") =>
        {
            DbErrorKind::Fenced
        }
        ffi::SQLITE_ERROR if author == Author::Ledger && message.starts_with("no such table: ") => {
            DbErrorKind::UndefinedTable
        }
        ffi::SQLITE_ERROR if message.contains("within a transaction") => DbErrorKind::NotInTransaction,
        _ => DbErrorKind::Statement,
    }
}

fn hint_for(extended: i32, kind: DbErrorKind, watch: &Watch) -> Option<String> {
    let text = match kind {
        DbErrorKind::LockTimeout => {
            let waited = watch.lock_timeout().unwrap_or(Duration::ZERO).as_secs_f64();
            format!("another connection held the database locked for more than {waited} s; nothing was done")
        }
        DbErrorKind::StatementTimeout => {
            "it ran for longer than statement_timeout allows: raise that in [apply] of sluice.toml, or for this change alone with \
             `-- sluice: statement_timeout=TIME`"
                .to_owned()
        }
        DbErrorKind::DiskFull => {
            "free some space (or raise `PRAGMA max_page_count`) and run the same command again".to_owned()
        }
        DbErrorKind::ReadOnly if extended == rusqlite::ffi::SQLITE_READONLY_DBMOVED => {
            "the file was moved, removed or replaced while it was in use: run the same command again".to_owned()
        }
        DbErrorKind::ReadOnly => "give this user the right to write the file and its directory".to_owned(),
        DbErrorKind::Connect if extended == rusqlite::ffi::SQLITE_NOTADB => {
            "the file is something else, or it is encrypted, which is not supported".to_owned()
        }
        _ if extended & 0xff == rusqlite::ffi::SQLITE_CORRUPT => {
            "the file is damaged: restore it from a backup, or try the `.recover` command of the sqlite3 program".to_owned()
        }
        _ => return None,
    };
    Some(text)
}

/// The name of a result code as SQLite's documentation has it (<https://sqlite.org/rescode.html>); the number where the
/// name is rare.
fn name_of(extended: i32) -> String {
    use rusqlite::ffi;
    let name = match extended {
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        ffi::SQLITE_READONLY_DIRECTORY => "SQLITE_READONLY_DIRECTORY",
        ffi::SQLITE_BUSY_SNAPSHOT => "SQLITE_BUSY_SNAPSHOT",
        _ => match extended & 0xff {
            ffi::SQLITE_ERROR => "SQLITE_ERROR",
            ffi::SQLITE_INTERNAL => "SQLITE_INTERNAL",
            ffi::SQLITE_PERM => "SQLITE_PERM",
            ffi::SQLITE_ABORT => "SQLITE_ABORT",
            ffi::SQLITE_BUSY => "SQLITE_BUSY",
            ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
            ffi::SQLITE_NOMEM => "SQLITE_NOMEM",
            ffi::SQLITE_READONLY => "SQLITE_READONLY",
            ffi::SQLITE_INTERRUPT => "SQLITE_INTERRUPT",
            ffi::SQLITE_IOERR => return format!("SQLITE_IOERR {extended}"),
            ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
            ffi::SQLITE_FULL => "SQLITE_FULL",
            ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
            ffi::SQLITE_PROTOCOL => "SQLITE_PROTOCOL",
            ffi::SQLITE_SCHEMA => "SQLITE_SCHEMA",
            ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
            ffi::SQLITE_CONSTRAINT => "SQLITE_CONSTRAINT",
            ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
            ffi::SQLITE_MISUSE => "SQLITE_MISUSE",
            ffi::SQLITE_AUTH => "SQLITE_AUTH",
            ffi::SQLITE_RANGE => "SQLITE_RANGE",
            ffi::SQLITE_NOTADB => "SQLITE_NOTADB",
            _ => return extended.to_string(),
        },
    };
    name.to_owned()
}
