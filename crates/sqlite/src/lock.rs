//! The lock of a database: a file beside it, `<database>-sluice-lock`, locked with `flock`.
//!
//! It is a file of its own and not the database file because SQLite guards that one with POSIX record locks, which a
//! process loses all at once when it closes *any* descriptor of the file (<https://sqlite.org/howtocorrupt.html>, 2.2):
//! opening the database file a second time to lock it would break SQLite's own locks in this process. A write
//! transaction cannot be the lock either, since a change runs several of them.
//!
//! The system releases the lock when its holder dies, however it dies. The file is removed by its holder while the lock
//! is still held; whoever then gets a lock on the removed file sees that another file, or none, has its name by now, and
//! tries again. So at any moment at most one process holds a lock on the file that bears the name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sluice_engine::Running;

use crate::process::Process;

/// A lock that is held. Dropping releases it.
#[derive(Debug)]
pub(crate) struct LockFile {
    path: PathBuf,
    file: File,
}

/// Result of trying to take the lock.
#[derive(Debug)]
pub(crate) enum Attempt {
    Acquired(LockFile),
    Held(Option<Holder>),
}

/// Who holds a lock, as the lock file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) process: Process,
    pub(crate) run_id: String,
    pub(crate) seconds: Option<u64>,
}

impl LockFile {
    /// Where the lock of `database` is.
    pub(crate) fn path_beside(database: &Path) -> PathBuf {
        let mut path = database.as_os_str().to_owned();
        path.push("-sluice-lock");
        PathBuf::from(path)
    }

    /// Tries to take the lock; never waits.
    pub(crate) fn try_take(path: PathBuf, run_id: &str) -> io::Result<Attempt> {
        // Every further round means that somebody else has released the lock in between.
        for _ in 0..100 {
            let mut file = open(&path)?;
            match file.try_lock() {
                Ok(()) if bears_the_name(&file, &path)? => {
                    let text = format!("{}\nrun {run_id}\n", Process::current());
                    // For people only: a full disk must not keep anyone from the lock.
                    let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
                    return Ok(Attempt::Acquired(Self { path, file }));
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Ok(Attempt::Held(Holder::read(&mut file).filter(Holder::may_be_alive)));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(Attempt::Held(None))
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Somebody may have removed the file by hand, and then the name belongs to the next holder.
        if bears_the_name(&self.file, &self.path).unwrap_or(false) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Holder {
    /// The holder as the file at `path` says; it may be dead.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        Self::read(&mut File::open(path).ok()?)
    }

    /// Whether it is not known to be dead. The text of a dead holder can be read between the moment in which its successor
    /// has the lock and the moment in which the successor has written its own.
    pub(crate) fn may_be_alive(&self) -> bool {
        self.process.host != Process::current().host || self.process.is_alive_here()
    }

    fn read(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.take(4096).read_to_string(&mut text).ok()?;
        let mut lines = text.lines();
        let process = Process::parse(lines.next()?)?;
        let run_id = lines.next()?.strip_prefix("run ")?.to_owned();
        let since = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let seconds =
            since.and_then(|since| SystemTime::now().duration_since(since).ok()).map(|time| time.as_secs());
        Some(Self { process, run_id, seconds })
    }

    pub(crate) fn running(&self) -> Running {
        Running {
            backend: format!("pid {} on {}", self.process.pid, self.process.host),
            who: format!("sluice, run {}", self.run_id),
            statement: None,
            seconds: self.seconds,
            stop_with: format!("kill {}", self.process.pid),
        }
    }
}

/// Opens the file, creating it. A file that another user left behind can be locked without being written.
fn open(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path).map_err(|_| error),
        result => result,
    }
}

fn bears_the_name(file: &File, path: &Path) -> io::Result<bool> {
    let named = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let ours = file.metadata()?;
    Ok((ours.dev(), ours.ino()) == (named.dev(), named.ino()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

    use super::*;

    fn take(path: &Path) -> Option<LockFile> {
        match LockFile::try_take(path.to_owned(), "r-1").unwrap() {
            Attempt::Acquired(lock) => Some(lock),
            Attempt::Held(_) => None,
        }
    }

    #[test]
    fn the_second_is_told_who_holds_it_and_gets_it_after_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db-sluice-lock");
        let first = take(&path).unwrap();
        let Attempt::Held(Some(holder)) = LockFile::try_take(path.clone(), "r-2").unwrap() else {
            panic!("not held")
        };
        assert_eq!((holder.process.pid, holder.run_id.as_str()), (std::process::id(), "r-1"));
        drop(first);
        assert!(!path.exists());
        assert!(take(&path).is_some());
    }

    #[test]
    fn a_file_that_a_dead_process_left_is_no_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db-sluice-lock");
        std::fs::write(&path, "pid 1 started 1 on nowhere\nrun r-0 with a longer text than ours\n").unwrap();
        let _lock = take(&path).unwrap();
        assert_eq!(Holder::at(&path).unwrap().run_id, "r-1");
    }

    #[test]
    fn a_lock_on_a_removed_file_does_not_remove_the_next_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db-sluice-lock");
        let first = take(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = take(&path).unwrap();
        drop(first);
        assert!(path.exists());
        assert!(take(&path).is_none());
        drop(second);
    }

    #[test]
    fn at_most_one_of_many_holds_it_at_any_moment() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db-sluice-lock");
        let (inside, taken) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while taken.load(SeqCst) < 2000 {
                        if let Some(lock) = take(&path) {
                            assert!(!inside.swap(true, SeqCst), "two holders");
                            taken.fetch_add(1, SeqCst);
                            assert!(inside.swap(false, SeqCst));
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}
