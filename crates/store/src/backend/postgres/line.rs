//! What is sent over a line, and what an answer means.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use sluice_engine::{DbError, DbErrorKind};
use sluice_postgres::Line;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{SimpleQueryMessage, Statement};

use super::clock::Clock;
use crate::fault::Fault;
use crate::news::News;
use crate::schema;
use crate::value::{Row, Value};

/// Where tables are. A server's own state is not the ledger of a target, whose schema is `sluice`.
const SCHEMA: &str = "sluice_server";

/// Key of the lock of all writers: "sluice", in ASCII.
const WRITERS: i64 = 0x736c_7569_6365;

/// Milliseconds since 1970 on the server's clock.
const TIME: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Limits that the server keeps, so that a replica that stands still does not keep others from writing for longer than a third of
/// a lease: its transaction is ended, and nothing of it is left.
const SETTINGS: &str = "SET search_path TO sluice_server; SET idle_in_transaction_session_timeout = '4s'; \
    SET lock_timeout = '6s'; SET statement_timeout = '7s'; SET default_transaction_isolation TO 'read committed'; \
    SET synchronous_commit TO on";

/// An open line with the statements that it knows.
pub(crate) struct StoreLine {
    line: Line,
    statements: Mutex<HashMap<String, Statement>>,
}

impl StoreLine {
    /// Makes a line ready: settings, and the schema of this version.
    pub(crate) async fn ready(line: Line, clock: &Clock) -> Result<Self, Fault> {
        let line = Self { line, statements: Mutex::default() };
        line.batch(SETTINGS).await?;
        let mut versions = line.versions().await?;
        if versions.is_none_or(|(version, _)| version < schema::VERSION) {
            line.upgrade(clock).await?;
            versions = line.versions().await?;
        }
        line.look_at_clock(clock).await?;
        match versions {
            Some((_, oldest)) if oldest <= schema::VERSION => Ok(line),
            Some((found, _)) => Err(Fault::Newer { found, known: schema::VERSION }),
            None => Err(Fault::Damaged("it has no version".to_owned())),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.line.client.is_closed()
    }

    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let statement = self.statement(sql, values).await?;
        let rows = self.line.client.query(&statement, &parameters(values)).await;
        rows.map_err(|error| self.fault(&error))?.iter().map(row).collect()
    }

    pub(crate) async fn execute(&self, sql: &str, each: &[Vec<Value>]) -> Result<u64, Fault> {
        let Some(first) = each.first() else { return Ok(0) };
        let statement = &self.statement(sql, first).await?;
        // All of them are under way at once, in this order.
        let sent = each.iter().map(|values| async move {
            self.line.client.execute(statement, &parameters(values)).await.map_err(|error| self.fault(&error))
        });
        Ok(try_join_all(sent).await?.into_iter().sum())
    }

    /// Begins a transaction once no other writer is in one; the server's time from then on.
    pub(crate) async fn begin(&self, clock: &Clock) -> Result<Timestamp, Fault> {
        let sql = format!(
            "BEGIN; WITH writers AS MATERIALIZED (SELECT pg_advisory_xact_lock({WRITERS})) SELECT {TIME} FROM writers"
        );
        match self.time(&sql, clock).await {
            Ok(time) => Ok(time),
            Err(fault) => {
                // It has begun, and waited in vain.
                self.rollback().await?;
                Err(fault)
            }
        }
    }

    async fn look_at_clock(&self, clock: &Clock) -> Result<(), Fault> {
        self.time(&format!("SELECT {TIME}"), clock).await.map(drop)
    }

    /// What the server's clock shows: the only column of what `sql` selects.
    async fn time(&self, sql: &str, clock: &Clock) -> Result<Timestamp, Fault> {
        let asked = Instant::now();
        let answer = self.line.client.simple_query(sql).await.map_err(|error| self.fault(&error))?;
        let milliseconds = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse().ok()),
            _ => None,
        });
        let time = milliseconds.and_then(|count| Timestamp::from_millisecond(count).ok());
        let time = time.ok_or_else(|| Fault::Damaged("it does not tell the time".to_owned()))?;
        clock.learn(asked, time);
        Ok(time)
    }

    pub(crate) async fn commit(&self, news: &[News]) -> Result<(), Fault> {
        let mut sql = String::new();
        for news in news {
            sql.push_str(&format!("NOTIFY {}; ", news.channel()));
        }
        sql.push_str("COMMIT");
        self.batch(&sql).await
    }

    pub(crate) async fn rollback(&self) -> Result<(), Fault> {
        self.batch("ROLLBACK").await
    }

    /// Has the server tell of news over this line.
    pub(crate) async fn listen(&self) -> Result<(), Fault> {
        for news in News::ALL {
            self.batch(&format!("LISTEN {}", news.channel())).await?;
        }
        Ok(())
    }

    /// Asks for anything at all.
    pub(crate) async fn ping(&self) -> Result<(), Fault> {
        self.batch("SELECT 1").await
    }

    async fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.line.client.batch_execute(sql).await.map_err(|error| self.fault(&error))
    }

    async fn statement(&self, sql: &str, values: &[Value]) -> Result<Statement, Fault> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let types: Vec<Type> = values
            .iter()
            .map(|value| match value {
                Value::Integer(_) => Type::INT8,
                Value::Text(_) => Type::TEXT,
            })
            .collect();
        let prepared = self.line.client.prepare_typed(&numbered(sql), &types).await;
        let statement = prepared.map_err(|error| self.fault(&error))?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The schema's version, and the oldest that may work on it; none where there is no schema.
    async fn versions(&self) -> Result<Option<(i64, i64)>, Fault> {
        // From the tables of the catalog: functions that look a name up may answer from what the session knew before it waited for
        // another server to make the schema.
        let sql = "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = ?1 AND c.relname = 'version'";
        let found = self.rows(sql, &[Value::from(SCHEMA)]).await?;
        if found.first().map(|row| row.get::<i64>(0)).transpose()? != Some(1) {
            return Ok(None);
        }
        let found = self.rows("SELECT version, oldest FROM version", &[]).await?;
        found.first().map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }

    /// Brings the schema to [`schema::VERSION`], one server at a time.
    async fn upgrade(&self, clock: &Clock) -> Result<(), Fault> {
        self.begin(clock).await?;
        let steps = async {
            let versions = self.versions().await?;
            if versions.is_none() {
                // Whoever was given the schema may not be allowed to make one.
                let known =
                    self.rows(&format!("SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}'"), &[]).await?;
                if known.is_empty() {
                    self.batch(&format!("CREATE SCHEMA {SCHEMA}")).await?;
                }
                self.batch("CREATE TABLE version (version bigint NOT NULL, oldest bigint NOT NULL)").await?;
            }
            let (found, oldest) = versions.unwrap_or_default();
            let left = schema::after(found);
            for step in left {
                self.batch(&schema::for_postgres(step)).await?;
            }
            if !left.is_empty() {
                let (version, oldest) = (schema::VERSION, schema::OLDEST.max(oldest));
                let keep = format!("DELETE FROM version; INSERT INTO version VALUES ({version}, {oldest})");
                self.batch(&keep).await?;
            }
            self.commit(&[]).await
        };
        let done = steps.await;
        if done.is_err() {
            // The line ends anyway.
            let _ = self.rollback().await;
        }
        done
    }

    fn fault(&self, error: &tokio_postgres::Error) -> Fault {
        fault(self.line.error(error))
    }
}

/// What an error of the server or the network means.
pub(crate) fn fault(error: DbError) -> Fault {
    let what = error.to_string();
    match (error.kind, error.code.as_deref()) {
        (_, Some("23505" | "23503")) => Fault::Constraint(what),
        (DbErrorKind::UndefinedTable, _) | (_, Some("42703")) => Fault::Damaged(what),
        (DbErrorKind::ReadOnly | DbErrorKind::DiskFull | DbErrorKind::Permission, _) => Fault::ReadOnly(what),
        (
            DbErrorKind::LockTimeout
            | DbErrorKind::Conflict
            | DbErrorKind::StatementTimeout
            | DbErrorKind::Cancelled,
            _,
        ) => Fault::Busy(what),
        // 25P03: its transaction stood still for too long, and the server has ended the session.
        (
            DbErrorKind::Connect
            | DbErrorKind::ConnectionLost
            | DbErrorKind::Authentication
            | DbErrorKind::Unsupported
            | DbErrorKind::Url,
            _,
        )
        | (_, Some("25P03")) => Fault::Unreachable(what),
        _ => Fault::Other(what),
    }
}

/// Parameters as PostgreSQL writes them: `$1` for `?1`. None of our statements has a question mark elsewhere.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(parameter).collect()
}

fn parameter(value: &Value) -> &(dyn ToSql + Sync) {
    match value {
        Value::Integer(number) => number,
        Value::Text(text) => text,
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Fault> {
    let unread = |error: tokio_postgres::Error| Fault::Damaged(error.to_string());
    let value = |(index, column): (usize, &tokio_postgres::Column)| match *column.type_() {
        Type::INT8 => row.try_get(index).map(Value::Integer).map_err(unread),
        Type::INT4 => {
            let number: Option<i32> = row.try_get(index).map_err(unread)?;
            Ok(Value::Integer(number.map(i64::from)))
        }
        _ => row.try_get(index).map(Value::Text).map_err(unread),
    };
    row.columns().iter().enumerate().map(value).collect::<Result<_, _>>().map(Row)
}
