use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::InterruptHandle;
use sluice_engine::{Control, DbError, Running};

use crate::lock::{Holder, LockFile};
use crate::process::Process;

pub(crate) struct SessionControl {
    pub(crate) interrupt: Arc<Mutex<InterruptHandle>>,
    pub(crate) file: Option<PathBuf>,
}

#[async_trait]
impl Control for SessionControl {
    async fn cancel(&self) -> Result<(), DbError> {
        self.interrupt.lock().unwrap_or_else(PoisonError::into_inner).interrupt();
        Ok(())
    }

    /// SQLite cannot tell who holds a lock. The lock file names another sluice, and Linux names the processes that hold
    /// SQLite's locks on the file.
    async fn blockers(&self) -> Result<Vec<Running>, DbError> {
        Ok(self.file.as_deref().map(blockers).unwrap_or_default())
    }

    async fn is_working(&self) -> Result<bool, DbError> {
        // The engine is this process.
        Ok(true)
    }

    fn itself(&self) -> Option<Running> {
        None
    }
}

/// Other processes that hold locks of the database.
pub(crate) fn blockers(file: &Path) -> Vec<Running> {
    let own = std::process::id();
    let holder = Holder::at(&LockFile::path_beside(file))
        .filter(|holder| holder.process != *Process::current() && holder.may_be_alive());
    let mut blockers: Vec<Running> = holder.iter().map(Holder::running).collect();
    let named = holder.map(|holder| holder.process.pid);
    for pid in lock_holders(file) {
        if pid != own && Some(pid) != named {
            blockers.push(running(pid));
        }
    }
    blockers
}

/// Processes with POSIX locks on the database or on its shared memory (write-ahead log), by `/proc/locks` (proc(5)):
/// `1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 1073741824 1073741825`.
fn lock_holders(file: &Path) -> BTreeSet<u32> {
    let mut shared_memory = file.as_os_str().to_owned();
    shared_memory.push("-shm");
    let inodes: Vec<String> = [file, Path::new(&shared_memory)]
        .into_iter()
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|metadata| {
            let (major, minor) = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
            format!("{major:02x}:{minor:02x}:{}", metadata.ino())
        })
        .collect();
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    locks
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let waits = fields.next()? == "->";
            let mut fields = fields.skip(2);
            let (pid, inode) = (fields.next()?, fields.next()?);
            (!waits && inodes.iter().any(|known| known == inode)).then(|| pid.parse().ok()).flatten()
        })
        .collect()
}

fn running(pid: u32) -> Running {
    let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = command.split('\0').next().filter(|name| !name.is_empty()).unwrap_or("a program");
    Running {
        backend: format!("pid {pid}"),
        // The arguments may hold secrets.
        who: program.to_owned(),
        statement: None,
        seconds: None,
        stop_with: format!("kill {pid}"),
    }
}
