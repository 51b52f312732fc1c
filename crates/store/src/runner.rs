use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use crate::StoreError;
use crate::store::create_directory;

/// The right to run rollouts of this project from this machine; held by at most one process. Dropping gives it back, and so
/// does dying, however it happens.
///
/// It keeps two runners from doing each other's work. What keeps a database safe is the database's own lock and fence,
/// which also hold between machines.
#[derive(Debug)]
pub struct RunnerLock {
    _file: File,
}

/// Who holds the runner lock, as the file says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    /// Process.
    pub pid: u32,
    /// Machine.
    pub host: String,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// What it does, for example `deploy`.
    pub what: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (pid {} on {}, since {})", self.what, self.pid, self.host, self.since)
    }
}

impl RunnerLock {
    /// Takes the lock of the state in `directory`; never waits. `what` tells others what goes on.
    ///
    /// # Errors
    /// [`StoreError::Running`] when somebody else has it.
    pub fn try_take(directory: &Path, what: &str) -> Result<Self, StoreError> {
        create_directory(directory)?;
        let path = directory.join("runner.lock");
        let failed = |error| StoreError::File { path: path.clone(), action: "locked", error };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Running { holder: read(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let holder = Holder {
            pid: std::process::id(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            what: what.to_owned(),
        };
        // For people only: a full disk must not keep anyone from the lock. The file stays when the lock goes, so that
        // nobody can hold a lock on a file that has lost its name.
        let _ = file.set_len(0).and_then(|()| serde_json::to_writer(&file, &holder).map_err(Into::into));
        let _ = file.flush();
        Ok(Self { _file: file })
    }
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
