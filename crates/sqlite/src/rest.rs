//! Databases with a write-ahead log that nobody has open. To open one, if only to read, makes SQLite create the log and its index
//! beside the file and leave them there. As long as nobody else opens it the file holds everything and does not change, and can be
//! read as it is (<https://sqlite.org/uri.html#uriimmutable>).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is seen of a file that rests. When anything of it differs later, somebody has come meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    length: u64,
    modified: SystemTime,
}

impl Rest {
    /// The state of a database with a log that nobody has open; `None` for any other.
    pub(crate) fn of(database: &Path) -> Option<Self> {
        let mut header = [0; 20];
        let mut file = File::open(database).ok()?;
        file.read_exact(&mut header).ok()?;
        // The versions that writers and readers need: 2 is the log (<https://sqlite.org/fileformat.html#file_format_version_numbers>).
        let logs = header.starts_with(b"SQLite format 3\0") && header.ends_with(&[2, 2]);
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let is_used = std::fs::metadata(PathBuf::from(log)).is_ok_and(|log| log.len() > 0);
        let metadata = file.metadata().ok().filter(|_| logs && !is_used)?;
        Some(Self { length: metadata.len(), modified: metadata.modified().ok()? })
    }
}

/// The name under which SQLite takes a file for one that does not change.
pub(crate) fn unchanging(database: &Path) -> Option<String> {
    let path = database.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Some(format!("file://{path}?immutable=1"))
}
