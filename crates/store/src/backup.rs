use std::fs::{self, DirBuilder, File};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::backend::sqlite;
use crate::fault::Fault;
use crate::{Location, RunnerLock, Store, StoreError};

/// Name of the file with a server's key.
const KEY: &str = "server.key";

/// Copies the state and the key of the server in `data` into the new folder `to`, which nobody else may read. The server may go on
/// meanwhile: the copy is its state at one moment.
///
/// # Errors
/// No state in `data`; a folder that is there already; a disk without room.
pub fn back_up(data: &Path, to: &Path) -> Result<(), StoreError> {
    let state = data.join(Store::FILE);
    fs::metadata(&state).map_err(failed(&state, "read"))?;
    DirBuilder::new().mode(0o700).create(to).map_err(failed(to, "created"))?;
    let copy = to.join(Store::FILE);
    sqlite::Connection::open(&state, false, true)
        .and_then(|connection| connection.copy_to(&copy))
        .map_err(|fault| fault.at(Location::File(state)))?;
    keep(&copy)?;
    copy_key(data, to)
}

/// Makes the state of a server in `data` from the copy in `from`.
///
/// # Errors
/// A server that runs in `data`, or has its state there already; a copy that is damaged or of a newer version.
pub fn restore(from: &Path, data: &Path) -> Result<(), StoreError> {
    let (copy, state) = (from.join(Store::FILE), data.join(Store::FILE));
    let _only = RunnerLock::try_take(data, "server restore")?;
    // A server that shares a store with others has only its key here.
    // What a crash has left beside a state that is gone would be played into the copy.
    let beside = |end: &str| data.join(format!("{}{end}", Store::FILE));
    for there in [&state, &data.join(KEY), &beside("-wal"), &beside("-shm")] {
        if there.exists() {
            return Err(failed(there, "created")(Error::from(ErrorKind::AlreadyExists)));
        }
    }
    // Whole or not at all.
    let beside = data.join("state.db.new");
    fs::copy(&copy, &beside).map_err(failed(&copy, "read"))?;
    keep(&beside)?;
    sqlite::check(&beside).map_err(|fault: Fault| fault.at(Location::File(copy)))?;
    copy_key(from, data)?;
    fs::rename(&beside, &state).map_err(failed(&state, "created"))
}

fn copy_key(from: &Path, to: &Path) -> Result<(), StoreError> {
    let (from, to) = (from.join(KEY), to.join(KEY));
    fs::copy(&from, &to).map_err(failed(&from, "read"))?;
    keep(&to)
}

/// Has what was written survive a power cut.
fn keep(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed(path, "created"))
}

fn failed(path: &Path, action: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| StoreError::File { path: path.to_owned(), action, error }
}
