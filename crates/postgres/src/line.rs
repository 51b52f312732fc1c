//! A connection to what is no target: the database in which a server keeps its own state. URLs, TLS and limits are those of
//! targets; what is sent over it is the caller's.

use std::sync::Arc;
use std::time::Duration;

use sluice_engine::{DbError, DbErrorKind};
use tokio_postgres::Client;

use crate::connection::{Broken, Connection, Driver, Heard, Place};
use crate::failure::{Circumstances, lost, request_error};
use crate::session::server;
use crate::target::Target;

/// Where a server's state is. Holds the password: it has no `Debug` on purpose.
#[derive(Clone)]
pub struct Address(Arc<Target>);

impl Address {
    /// Parses a URL, as for targets.
    ///
    /// # Errors
    /// [`DbErrorKind::Url`], never quoting what might be a secret.
    pub fn parse(url: &str) -> Result<Self, DbError> {
        Target::parse(url).map(|target| Self(Arc::new(target)))
    }

    /// Host and database for people, without user and password.
    pub fn describe(&self) -> String {
        let first = self.0.hosts.first();
        first.map_or_else(String::new, |(host, port)| self.0.address(host, *port))
    }

    /// Opens a connection to the first host that takes writes. `heard` is told of its notifications.
    ///
    /// # Errors
    /// Those of the last host; [`DbErrorKind::Unsupported`] for what is older than PostgreSQL 14.
    pub async fn open(
        &self,
        application: &str,
        timeout: Duration,
        heard: Option<Heard>,
    ) -> Result<Line, DbError> {
        let mut last = DbError::new(DbErrorKind::Url, "the URL names no host");
        for (host, port) in &self.0.hosts {
            let place = Place { target: self.0.clone(), host: host.clone(), port: *port };
            match place.open_and_hear(application, timeout, heard.clone()).await {
                Ok(connection) if connection.greeting.read_only => {
                    let address = place.address();
                    last = DbError::new(
                        DbErrorKind::ReadOnly,
                        format!("{address} is a standby or refuses writes"),
                    );
                }
                Ok(connection) => {
                    server(&connection)?;
                    let Connection { client, task, broken, .. } = connection;
                    return Ok(Line { client, broken, _task: task });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// An open connection; dropped, it is closed.
pub struct Line {
    /// Sends requests.
    pub client: Client,
    broken: Broken,
    _task: Driver,
}

impl Line {
    /// What an error of a request means.
    pub fn error(&self, error: &tokio_postgres::Error) -> DbError {
        let error = request_error(error, Circumstances { ours: true, ..Circumstances::default() });
        match self.broken.reason() {
            Some(reason) if error.kind == DbErrorKind::ConnectionLost && error.code.is_none() => {
                lost(Some(&std::io::Error::other(reason)))
            }
            _ => error,
        }
    }
}
