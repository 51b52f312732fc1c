//! A directory with a database, and short words for steps.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use sluice_engine::{Connect, Database, DbError, Query, Session, Statement, Step, Value};
use sluice_sql::{Facts, Kind, Mode};
use sluice_sqlite::Sqlite;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub struct Site {
    pub directory: TempDir,
    pub file: PathBuf,
    pub cancel: CancellationToken,
}

impl Site {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.db");
        Self { directory, file, cancel: CancellationToken::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub async fn connect(&self) -> Box<dyn Session> {
        self.connect_to("x.db").await
    }

    pub async fn connect_to(&self, name: &str) -> Box<dyn Session> {
        self.try_connect(name).await.unwrap()
    }

    pub async fn refused(&self, name: &str) -> DbError {
        self.try_connect(name).await.err().unwrap()
    }

    async fn try_connect(&self, name: &str) -> Result<Box<dyn Session>, DbError> {
        let url = match name {
            ":memory:" => "sqlite::memory:".to_owned(),
            name => format!("sqlite:{}", self.path(name).display()),
        };
        Sqlite.connect(&connect(url, self.cancel.clone())).await
    }

    /// A connection that knows nothing of Sluice and never waits.
    pub fn bare(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(&self.file).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        connection
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.bare().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub fn connect(url: String, cancel: CancellationToken) -> Connect {
    Connect { url, run_id: "r-test".to_owned(), connect_timeout: Duration::from_secs(5), cancel }
}

pub fn facts() -> &'static Facts {
    static FACTS: Facts = Facts { kind: Kind::Other, mode: Mode::Transactional, objects: Vec::new() };
    &FACTS
}

pub fn with_facts<'a>(sql: &'a str, facts: &'a Facts) -> Statement<'a> {
    Statement { sql: Cow::Borrowed(sql), copy_data: None, facts }
}

pub fn statement(sql: &str) -> Statement<'_> {
    with_facts(sql, facts())
}

pub fn user(sql: &str) -> Step<'_> {
    Step::Statement(statement(sql))
}

pub fn own(sql: &str, parameters: Vec<Value>) -> Step<'static> {
    Step::Own(Query::new(sql, parameters))
}
