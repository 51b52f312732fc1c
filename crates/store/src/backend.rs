//! The seam between what is kept and the database that keeps it. What is above it is one text of SQL, with numbered parameters
//! (`?1`); what is below it differs: how a statement is sent, how the one writer is found, and who is told of news.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use jiff::Timestamp;

use crate::fault::Fault;
use crate::news::News;
use crate::value::{Row, Value};

/// An open database. One writer at a time on both: SQLite's own rule, and a lock that transactions of PostgreSQL take. So what is
/// read in a transaction that writes stays so until it ends, and logs grow in the order in which others see them.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(sqlite::Connection),
    Postgres(postgres::Session),
}

impl Connection {
    pub(crate) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        match self {
            Self::Sqlite(connection) => connection.rows(sql, values),
            Self::Postgres(session) => session.rows(sql, values),
        }
    }

    /// How many rows it has changed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        match self {
            Self::Sqlite(connection) => connection.execute(sql, values),
            Self::Postgres(session) => session.execute(sql, &[values.to_vec()]),
        }
    }

    /// One statement for each list of values, without waiting for each answer where there is a network between.
    pub(crate) fn execute_each(&self, sql: &str, each: &[Vec<Value>]) -> Result<(), Fault> {
        match self {
            Self::Sqlite(connection) => {
                each.iter().try_for_each(|values| connection.execute(sql, values).map(drop))
            }
            Self::Postgres(session) => session.execute(sql, each).map(drop),
        }
    }

    /// Begins a transaction, alone among all writers; the database's time.
    pub(crate) fn begin(&self) -> Result<Timestamp, Fault> {
        match self {
            Self::Sqlite(connection) => connection.begin().map(|()| Timestamp::now()),
            Self::Postgres(session) => session.begin(),
        }
    }

    /// Ends it; others in other processes are told of `news`.
    pub(crate) fn commit(&self, news: &[News]) -> Result<(), Fault> {
        match self {
            Self::Sqlite(connection) => connection.commit(),
            Self::Postgres(session) => session.commit(news),
        }
    }

    pub(crate) fn rollback(&self) {
        match self {
            Self::Sqlite(connection) => connection.rollback(),
            Self::Postgres(session) => session.rollback(),
        }
    }
}
