use std::path::{Path, PathBuf};

use crate::{RunnerLock, Store, StoreError};

/// Where releases and rollouts are kept, and whose are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    directory: PathBuf,
    project: Option<String>,
}

impl State {
    /// That of one project, beside its configuration: everything there is the project's.
    pub fn local(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), project: None }
    }

    /// That of one of many projects, in the data directory of a server.
    pub fn of_project(directory: &Path, project: &str) -> Self {
        Self { directory: directory.to_owned(), project: Some(project.to_owned()) }
    }

    /// Whether there is any.
    pub fn exists(&self) -> bool {
        self.directory.join(Store::FILE).exists()
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self) -> Result<Store, StoreError> {
        let mut store = Store::open(&self.directory)?;
        store.limit_to(self.project.clone());
        Ok(store)
    }

    /// Takes the right to run its rollouts, see [`RunnerLock::try_take`].
    ///
    /// # Errors
    /// Those of [`RunnerLock::try_take`].
    pub fn lock(&self, what: &str) -> Result<RunnerLock, StoreError> {
        match &self.project {
            None => RunnerLock::try_take(&self.directory, what),
            Some(project) => RunnerLock::try_take(&self.directory.join("runners").join(project), what),
        }
    }
}
