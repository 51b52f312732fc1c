use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::postgres::Pool;
use crate::news::{Bell, News};
use crate::{Store, StoreError};

/// Where state is kept: in a folder, or in a PostgreSQL database that several servers share.
#[derive(Debug, Clone)]
pub struct Place {
    pub(crate) kind: Kind,
    pub(crate) bell: Bell,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Folder(PathBuf),
    Postgres(Arc<Pool>),
}

impl Place {
    /// A folder, usually `.sluice` beside `sluice.toml`, or the data folder of a server.
    pub fn folder(folder: &Path) -> Self {
        Self { kind: Kind::Folder(folder.to_owned()), bell: Bell::default() }
    }

    /// A database that `url` leads to, secrets included; its schema is made where there is none.
    ///
    /// # Errors
    /// A URL that makes no sense; a server that does not answer; a schema that is newer than this version.
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let bell = Bell::default();
        Ok(Self { kind: Kind::Postgres(Pool::open(url, &bell)?), bell })
    }

    /// Whether several servers may work on it at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.kind, Kind::Postgres(_))
    }

    /// Tells `listener` of news, whichever process they come from. It must not wait for anything.
    pub fn listen(&self, listener: impl Fn(News) + Send + Sync + 'static) {
        self.bell.listen(listener);
    }

    /// What time it is, for every decision: the database's time where several servers share one, so that none of them has a time of
    /// its own.
    pub fn now(&self) -> Timestamp {
        match &self.kind {
            Kind::Folder(_) => Timestamp::now(),
            Kind::Postgres(pool) => pool.now(),
        }
    }

    /// Opens the state for reading; what is written creates it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self) -> Result<Store, StoreError> {
        Store::at(self.clone(), false)
    }

    /// Opens the state of a server, and makes it where there is none. What it has told somebody survives a power cut.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_server(&self) -> Result<Store, StoreError> {
        Store::at(self.clone(), true)
    }

    pub(crate) fn location(&self) -> Location {
        match &self.kind {
            Kind::Folder(folder) => Location::File(folder.join(Store::FILE)),
            Kind::Postgres(pool) => pool.location(),
        }
    }
}

/// Where state is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A database: host and name.
    Server(String),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(address) => f.write_str(address),
        }
    }
}
