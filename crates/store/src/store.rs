use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::backend::postgres::Session;
use crate::backend::{Connection, sqlite};
use crate::fault::Fault;
use crate::news::News;
use crate::place::Kind;
use crate::value::{Row, Value, values};
use crate::{Lease, Place, StoreError};

/// The state of one project beside its configuration, or of a server. Several processes may have it open; each `Store` is for one
/// thread at a time, which waits for the disk or the database's server.
///
/// Nothing is created before something is written: reading where there is no state finds nothing.
#[derive(Debug)]
pub struct Store {
    place: Place,
    connection: Option<Connection>,
    /// Whose releases and rollouts are seen; absent: all.
    project: Option<String>,
    /// What everything that is written belongs to.
    lease: Option<Lease>,
    durable: bool,
}

impl Store {
    /// Name of the file in its directory.
    pub(crate) const FILE: &str = "state.db";

    /// Opens the state in `directory`, usually `.sluice` beside `sluice.toml`.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Damaged`], and whatever keeps the file from being read.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Place::folder(directory).open()
    }

    pub(crate) fn at(place: Place, server: bool) -> Result<Self, StoreError> {
        let mut store = Self { place, connection: None, project: None, lease: None, durable: server };
        match store.place.kind.clone() {
            Kind::Postgres(pool) => store.connection = Some(Connection::Postgres(Session::new(pool))),
            Kind::Folder(_) if server => drop(store.writer()?),
            Kind::Folder(directory) => {
                let file = directory.join(Self::FILE);
                match std::fs::metadata(&file) {
                    Ok(_) => store.connection = Some(store.connect(&file, false)?),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(StoreError::File { path: file, action: "read", error }),
                }
            }
        }
        Ok(store)
    }

    /// What time it is: see [`Place::now`].
    pub fn now(&self) -> Timestamp {
        self.place.now()
    }

    /// From here on only the releases and rollouts of one project are seen.
    pub(crate) fn limit_to(&mut self, project: Option<String>) {
        self.project = project;
    }

    /// From here on nothing is written once this work is somebody else's.
    pub(crate) fn write_under(&mut self, lease: Option<Lease>) {
        self.lease = lease;
    }

    /// The project whose releases and rollouts are seen.
    pub(crate) fn project_seen(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Reads rows; none where there is no state.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, StoreError> {
        let Some(connection) = &self.connection else { return Ok(Vec::new()) };
        let rows = connection.rows(sql, values).and_then(|rows| rows.iter().map(read).collect());
        rows.map_err(|fault| self.error(fault))
    }

    /// Reads the first row, if there is one.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, values, read)?.into_iter().next())
    }

    /// Writes all or nothing, alone among all writers.
    pub(crate) fn write<T>(
        &mut self,
        write: impl FnOnce(&Writer<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let location = self.place.location();
        let (lease, bell) = (self.lease.clone(), self.place.bell.clone());
        let connection = self.writer()?;
        let all = || {
            let now = connection.begin()?;
            let writer = Writer { connection, now, news: RefCell::default() };
            let result = writer.check(lease.as_ref()).and_then(|()| write(&writer));
            let news = writer.news.into_inner();
            let result = result.and_then(|result| connection.commit(&news).map(|()| result));
            if result.is_err() {
                connection.rollback();
            }
            result.map(|result| (result, news))
        };
        let (result, news) = all().map_err(|fault| fault.at(location))?;
        news.into_iter().for_each(|news| bell.ring(news));
        Ok(result)
    }

    /// For writing; creates the state where there is none.
    fn writer(&mut self) -> Result<&Connection, StoreError> {
        let connection = match (self.connection.take(), &self.place.kind) {
            (Some(connection), _) => connection,
            (None, Kind::Postgres(pool)) => Connection::Postgres(Session::new(pool.clone())),
            (None, Kind::Folder(directory)) => {
                create_directory(directory)?;
                self.connect(&directory.join(Self::FILE), true)?
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn connect(&self, file: &Path, create: bool) -> Result<Connection, StoreError> {
        let unread = |error| StoreError::File { path: file.to_owned(), action: "read", error };
        // A relative path may begin with `file:`, which SQLite would take for a URI.
        let path = std::path::absolute(file).map_err(unread)?;
        let connection = sqlite::Connection::open(&path, create, self.durable);
        connection.map(Connection::Sqlite).map_err(|fault| self.error(fault))
    }

    pub(crate) fn error(&self, fault: Fault) -> StoreError {
        fault.at(self.place.location())
    }

    pub(crate) fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { place: self.place.location(), what }
    }
}

/// A transaction that writes.
pub(crate) struct Writer<'a> {
    connection: &'a Connection,
    /// The database's time.
    pub(crate) now: Timestamp,
    news: RefCell<Vec<News>>,
}

impl Writer<'_> {
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.connection.rows(sql, values)?.iter().map(read).collect()
    }

    pub(crate) fn row<T>(
        &self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.rows(sql, values, read)?.into_iter().next())
    }

    /// How many rows it has changed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        self.connection.execute(sql, values)
    }

    /// One statement for each list of values.
    pub(crate) fn execute_each(&self, sql: &str, each: &[Vec<Value>]) -> Result<(), Fault> {
        self.connection.execute_each(sql, each)
    }

    /// Now, RFC 3339 in UTC.
    pub(crate) fn at(&self) -> String {
        text(self.now)
    }

    /// Now, in milliseconds since 1970.
    pub(crate) fn milliseconds(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// A time for a new row of `table` that is later than that of any other: rows are listed by it, newest first.
    pub(crate) fn later_than_all(&self, table: &'static str) -> Result<String, Fault> {
        let sql = format!("SELECT max(created_at) FROM {table}");
        let last: Option<String> = self.row(&sql, &[], |row| row.get(0))?.flatten();
        let last = last.and_then(|last| last.parse::<Timestamp>().ok());
        let next = last.and_then(|last| last.checked_add(std::time::Duration::from_millis(1)).ok());
        Ok(text(next.map_or(self.now, |next| next.max(self.now))))
    }

    /// Has others told when the transaction is done.
    pub(crate) fn tell(&self, news: News) {
        let mut told = self.news.borrow_mut();
        if !told.contains(&news) {
            told.push(news);
        }
    }

    fn check(&self, lease: Option<&Lease>) -> Result<(), Fault> {
        let Some(lease) = lease else { return Ok(()) };
        let sql = "SELECT fence FROM task WHERE kind = ?1 AND project = ?2 AND subject = ?3 AND fence = ?4";
        let values = values![lease.kind.name(), &lease.project, &lease.subject, lease.fence];
        match self.row(sql, values, |row| row.get::<u64>(0))? {
            Some(_) => Ok(()),
            None => Err(Fault::Fenced { project: lease.project.clone() }),
        }
    }
}

/// Creates the directory with a `.gitignore` that keeps all of it out of git.
pub(crate) fn create_directory(directory: &Path) -> Result<(), StoreError> {
    let failed = |path: &Path, error| StoreError::File { path: path.to_owned(), action: "created", error };
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let ignore = directory.join(".gitignore");
    match OpenOptions::new().write(true).create_new(true).open(&ignore) {
        Ok(mut file) => file.write_all(b"*\n").map_err(|error| failed(&ignore, error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(&ignore, error)),
    }
}

/// RFC 3339 in UTC, as texts that sort by time.
pub(crate) fn text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
