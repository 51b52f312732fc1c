//! The statements of the databases' own test suites: what a server's parser takes, our grammar must analyse.
//!
//! Optional, as the suites are large: `tests/setup.sh suites` installs them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod figures;
mod mariadb;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};

/// The folder of a suite, in `SLUICE_SUITES` or where `tests/setup.sh suites` puts it; says so where it is not there.
fn suite(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SLUICE_SUITES")
        .map_or_else(|| sluice_testkit::tools().join("suites"), PathBuf::from);
    let folder = root.join(name);
    if !folder.is_dir() {
        eprintln!(
            "SKIPPED: the test suite {} is not there; `tests/setup.sh suites` installs it",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// Files of a folder and of those in it that end so, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|one| one == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
