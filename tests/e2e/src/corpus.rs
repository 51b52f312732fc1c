use std::path::PathBuf;

use sluice_testkit::repository;

/// A folder of the corpus beside the repository; `None`, said aloud, where it is absent.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let folder = repository().join("../shared/corpus").join(path);
    match folder.canonicalize() {
        Ok(folder) => Some(folder),
        Err(_) => {
            eprintln!("SKIPPED: {} is not there", folder.display());
            None
        }
    }
}
