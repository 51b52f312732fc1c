use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::place::Kind;
use crate::{Lease, Place, RunnerLock, Store, StoreError};

/// Where releases and rollouts are kept, and whose are meant.
#[derive(Debug, Clone)]
pub struct State {
    place: Place,
    /// Where locks of this machine are.
    directory: PathBuf,
    project: Option<String>,
    lease: Option<Lease>,
}

impl State {
    /// That of one project, beside its configuration: everything there is the project's.
    pub fn local(directory: &Path) -> Self {
        Self { place: Place::folder(directory), directory: directory.to_owned(), project: None, lease: None }
    }

    /// That of one of many projects of a server, whose data folder is `directory`.
    pub fn of_project(place: &Place, directory: &Path, project: &str) -> Self {
        Self {
            place: place.clone(),
            directory: directory.to_owned(),
            project: Some(project.to_owned()),
            lease: None,
        }
    }

    /// For whoever holds this work: once it is somebody else's, nothing is written any more.
    #[must_use]
    pub fn under(mut self, lease: &Lease) -> Self {
        self.lease = Some(lease.clone());
        self
    }

    /// Whether others may take over what is done here.
    pub fn is_leased(&self) -> bool {
        self.lease.is_some()
    }

    /// Whether there is any.
    pub fn exists(&self) -> bool {
        match &self.place.kind {
            Kind::Folder(folder) => folder.join(Store::FILE).exists(),
            Kind::Postgres(_) => true,
        }
    }

    /// What time it is, for every decision: see [`Place::now`].
    pub fn now(&self) -> Timestamp {
        self.place.now()
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self) -> Result<Store, StoreError> {
        // What a server has told somebody survives a power cut.
        let mut store = if self.project.is_some() { self.place.open_server()? } else { self.place.open()? };
        store.limit_to(self.project.clone());
        store.write_under(self.lease.clone());
        Ok(store)
    }

    /// Takes the right to run its rollouts on this machine, see [`RunnerLock::try_take`]. Between machines it is the lease that gives
    /// it.
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
