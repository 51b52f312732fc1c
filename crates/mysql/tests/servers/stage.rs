//! What every story needs: a database on each server, and sessions on it.

use std::time::Duration;

use sluice_engine::{
    Connect, Database, DbError, Limits, Query, Row, Session, Statement, Step, TransactionError, Value,
    Verdict,
};
use sluice_mysql::Mysql;
use sluice_sql::{Dialect, Facts, classify};
use sluice_testkit::{MysqlDatabase, mariadb, mysql};
use tokio_util::sync::CancellationToken;

/// A fresh database on every server.
pub fn databases() -> Vec<MysqlDatabase> {
    [Some(mariadb()), mysql()].into_iter().flatten().map(|server| server.database()).collect()
}

pub fn connect_to(url: &str) -> Connect {
    Connect {
        url: url.to_owned(),
        run_id: "run-1".to_owned(),
        connect_timeout: Duration::from_secs(10),
        cancel: CancellationToken::new(),
    }
}

pub async fn try_open(url: &str) -> Result<Box<dyn Session>, DbError> {
    Mysql.connect(&connect_to(url)).await
}

pub async fn open(database: &MysqlDatabase) -> Box<dyn Session> {
    try_open(&database.url()).await.unwrap()
}

pub fn facts(sql: &str) -> Facts {
    classify(Dialect::Mariadb, sql)
}

pub fn statement<'a>(sql: &'a str, facts: &'a Facts) -> Statement<'a> {
    Statement { sql: sql.into(), copy_data: None, facts }
}

pub async fn execute(session: &mut dyn Session, sql: &str) -> Result<(), DbError> {
    let facts = facts(sql);
    session.execute(&statement(sql, &facts)).await
}

pub async fn transaction(session: &mut dyn Session, statements: &[&str]) -> Result<(), TransactionError> {
    let facts: Vec<Facts> = statements.iter().map(|sql| facts(sql)).collect();
    let steps: Vec<Step<'_>> =
        statements.iter().zip(&facts).map(|(sql, facts)| Step::Statement(statement(sql, facts))).collect();
    session.transaction(&steps).await
}

pub async fn rows(session: &mut dyn Session, sql: &str) -> Vec<Row> {
    session.query(&Query::new(sql, Vec::new())).await.unwrap()
}

/// The first cell, `NULL` where there is none.
pub async fn value(session: &mut dyn Session, sql: &str) -> String {
    let rows = rows(session, sql).await;
    rows.into_iter().flatten().flatten().next().unwrap_or_else(|| "NULL".to_owned())
}

pub async fn observe(session: &mut dyn Session, sql: &str) -> String {
    let facts = facts(sql);
    session.observe(&statement(sql, &facts)).await.unwrap()
}

pub async fn probe(session: &mut dyn Session, sql: &str, before: &str) -> Verdict {
    let facts = facts(sql);
    session.probe(&statement(sql, &facts), before).await.unwrap()
}

pub async fn lock_timeout(session: &mut dyn Session, seconds: u64) {
    let limits = Limits { lock_timeout: Some(Duration::from_secs(seconds)), ..Limits::default() };
    session.set_limits(&limits).await.unwrap();
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Waits until a query of the database answers with `expected`.
pub async fn until(database: &MysqlDatabase, sql: &str, expected: &str) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let found = database.sql(sql);
        if found == expected {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{sql}: {found} instead of {expected}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
