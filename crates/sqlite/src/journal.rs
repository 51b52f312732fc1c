//! The file of the rollback journal during a run.
//!
//! By default SQLite creates the journal for each transaction and unlinks it to commit. Creating and unlinking cost a
//! sync of the directory and most of the time of a small transaction. In the mode `PERSIST` the file stays and a commit
//! overwrites its header, which is synced, too: as safe against a crash of the process, and safer against a power cut,
//! after which a commit by an unlink that did not reach the disk is rolled back.
//!
//! The mode is one of the connection, not of the file. Other connections may be in any mode at the same time, and a
//! journal with an empty header, which a killed run leaves, means nothing to anybody
//! (<https://sqlite.org/pragma.html#pragma_journal_mode>).

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::Connection;

/// The database whose journal is kept: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept(u64, u64);

/// Keeps the journal's file from one transaction to the next; `None` where the connection is not in SQLite's default
/// mode: that is somebody's decision, or a write-ahead log.
pub(crate) fn keep(connection: &Connection, database: &Path) -> Option<Kept> {
    let kept = Kept::at(database)?;
    turn(connection, "delete", "PRAGMA main.journal_mode = PERSIST").then_some(kept)
}

/// Removes a file that was kept. Where that is not possible, whoever writes next uses it or removes it.
pub(crate) fn remove(connection: &Connection, database: &Path, kept: Kept) {
    // Beside a file that has taken the name meanwhile lies its own journal, which it may need.
    if Kept::at(database) == Some(kept) {
        turn(connection, "persist", "PRAGMA main.journal_mode = DELETE");
    }
}

impl Kept {
    fn at(database: &Path) -> Option<Self> {
        std::fs::metadata(database).ok().map(|metadata| Self(metadata.dev(), metadata.ino()))
    }
}

/// Whether the mode was `from`, and `sql` has changed it.
fn turn(connection: &Connection, from: &str, sql: &str) -> bool {
    let mode = connection.query_row("PRAGMA main.journal_mode", [], |row| row.get::<_, String>(0));
    mode.is_ok_and(|mode| mode == from) && connection.query_row(sql, [], |_| Ok(())).is_ok()
}
