//! Short words for the tests of sessions.
#![allow(dead_code, reason = "every test file uses some of it")]

use std::sync::Arc;
use std::time::Duration;

use sluice_engine::{
    Connect, Control, Database, DbError, Query, Running, Session, Statement, Step, TransactionError, Verdict,
};
use sluice_postgres::Postgres;
use sluice_sql::{Dialect, Facts, classify};
use tokio_util::sync::CancellationToken;

pub fn how(url: &str, run_id: &str) -> Connect {
    Connect {
        url: url.to_owned(),
        run_id: run_id.to_owned(),
        connect_timeout: Duration::from_secs(10),
        cancel: CancellationToken::new(),
    }
}

pub async fn open(url: &str) -> Box<dyn Session> {
    Postgres.connect(&how(url, "test")).await.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn refused(url: &str) -> DbError {
    match Postgres.connect(&how(url, "test")).await {
        Ok(_) => panic!("connecting must fail"),
        Err(error) => error,
    }
}

/// A statement that owns what it points at.
pub struct Sql {
    pub text: String,
    pub data: Option<String>,
    facts: Facts,
}

pub fn sql(text: &str) -> Sql {
    Sql { text: text.to_owned(), data: None, facts: classify(Dialect::Postgres, text) }
}

pub fn copy(text: &str, data: &str) -> Sql {
    Sql { data: Some(data.to_owned()), ..sql(text) }
}

impl Sql {
    pub fn statement(&self) -> Statement<'_> {
        Statement { sql: self.text.as_str().into(), copy_data: self.data.as_deref(), facts: &self.facts }
    }

    pub fn step(&self) -> Step<'_> {
        Step::Statement(self.statement())
    }
}

pub fn own(text: &str) -> Step<'static> {
    Step::Own(Query::new(text, Vec::new()))
}

/// Runs the user's statements in one transaction.
pub async fn transact(session: &mut dyn Session, statements: &[&str]) -> Result<(), TransactionError> {
    let statements: Vec<Sql> = statements.iter().map(|text| sql(text)).collect();
    let steps: Vec<Step<'_>> = statements.iter().map(Sql::step).collect();
    session.transaction(&steps).await
}

pub async fn value(session: &mut dyn Session, text: &str) -> Option<String> {
    let rows = session.query(&Query::new(text, Vec::new())).await.unwrap_or_else(|error| panic!("{error}"));
    rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()
}

/// Waits until `question` answers yes.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut question: F) {
    for _ in 0..2000 {
        if question().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} did not happen");
}

/// Blockers, once there are some.
pub async fn blockers(control: &Arc<dyn Control>) -> Vec<Running> {
    for _ in 0..400 {
        let found = control.blockers().await.unwrap_or_else(|error| panic!("{error}"));
        if !found.is_empty() {
            return found;
        }
    }
    panic!("nobody blocks")
}

pub fn evidence(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Applied { evidence }
        | Verdict::NotApplied { evidence }
        | Verdict::Partial { evidence, .. }
        | Verdict::Unknown { evidence } => evidence,
    }
}
