//! The session-level lock of a target, and poolers that would lose it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sluice_engine::{Backend, DbError, DbErrorKind, LockAttempt, Query};
use tokio_postgres::SimpleQueryMessage;

use crate::activity::{COLUMNS, LOCK_CONDITION, LOCK_KEY, running};
use crate::request::cell;
use crate::session::PostgresSession;

/// Shows whether we are still on the backend that took the lock: its process id and whether it holds the lock. Sent with the
/// next request, so that looking costs no round trip.
pub const VERIFY: &str = "SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() \
     AND locktype = 'advisory' AND granted AND classid = 1936487785 AND objid = 1667563521 AND objsubid = 1)";

/// SQL text of a timestamp in UTC.
pub fn timestamp(expression: &str) -> String {
    format!("to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
}

/// Tries to take the lock, learning who we are in the same round trip.
pub async fn acquire(session: &mut PostgresSession) -> Result<LockAttempt, DbError> {
    let sql = format!(
        "SELECT pg_backend_pid()::text, (SELECT {} FROM pg_stat_get_activity(pg_backend_pid())), \
         CASE WHEN pg_try_advisory_lock({LOCK_KEY}) THEN 'yes' ELSE 'no' END",
        timestamp("backend_start"),
    );
    let rows = session.rows(&Query::new(sql, Vec::new())).await?;
    let row = rows.first().cloned().unwrap_or_default();
    let pid: i32 = cell(&row, 0)?.parse().unwrap_or_default();
    session.shared.pid.store(pid, Ordering::Relaxed);
    session.backend = Backend(format!("{pid} {} {}", cell(&row, 1)?, session.shared.application));
    if cell(&row, 2)? == "no" {
        return Ok(LockAttempt::Held { by: holder(session).await? });
    }
    // A pooler announces a process id of its own making.
    if session.connection.greeting.pid != Some(pid) {
        refuse_shared_backend(session, pid).await?;
    }
    session.unverified = true;
    Ok(LockAttempt::Acquired)
}

async fn holder(session: &mut PostgresSession) -> Result<Option<sluice_engine::Running>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM pg_stat_activity a WHERE a.pid IN (SELECT pid FROM pg_locks WHERE {LOCK_CONDITION})"
    );
    session.rows(&Query::new(sql, Vec::new())).await?.first().map(running).transpose()
}

/// Looks at the lock in a round trip of its own.
pub async fn verify(session: &mut PostgresSession) -> Result<(), DbError> {
    session.unverified = false;
    let start = session.begin_request();
    let answer = session.bounded(1, session.connection.client.simple_query(VERIFY)).await?;
    let answer = answer.map_err(|error| session.error(&error, None, true, start))?;
    judge(&answer, session.shared.pid.load(Ordering::Relaxed))
}

/// Judges the answer to [`VERIFY`].
pub fn judge(answer: &[SimpleQueryMessage], pid: i32) -> Result<(), DbError> {
    let same = answer.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => {
            row.get(0).is_some_and(|found| found == pid.to_string()) && row.get(1) == Some("t")
        }
        _ => false,
    });
    if same { Ok(()) } else { Err(pooled()) }
}

/// Behind a pooler: a second client holds a backend in a transaction. In session mode it is never ours, and we keep ours. In
/// transaction mode it is the one that we have just given back, or we get another one next.
async fn refuse_shared_backend(session: &mut PostgresSession, pid: i32) -> Result<(), DbError> {
    let place = session.connection.place.clone();
    let timeout = session.shared.connect_timeout.min(Duration::from_secs(3));
    // A pool in session mode may be full: then nobody answers, and the look at the lock must do.
    let Ok(second) = place.open("sluice-pooler-check", timeout).await else { return Ok(()) };
    let ask = async {
        let taken = second.client.simple_query("BEGIN").await;
        let second_pid = second.client.simple_query("SELECT pg_backend_pid()").await;
        (taken, second_pid)
    };
    let Ok((taken, second_pid)) = tokio::time::timeout(timeout, ask).await else { return Ok(()) };
    let shares = match (&taken, &second_pid) {
        (Ok(_), Ok(messages)) => first_value(messages).is_some_and(|found| found == pid.to_string()),
        // Statement mode refuses transactions.
        _ => true,
    };
    let kept = !shares && {
        let look = session.connection.client.simple_query(VERIFY);
        let answer = tokio::time::timeout(timeout, look).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|answer| judge(&answer, pid).is_ok()))
    };
    if !kept {
        // Give the lock back on whichever backend has it: it would stay with the pooler's connection. The second client first: ours
        // may have to wait for the backend that it holds.
        let unlock = format!("SELECT pg_advisory_unlock({LOCK_KEY})");
        let both = async {
            let _ = second.client.simple_query(&unlock).await;
            let _ = second.client.simple_query("ROLLBACK").await;
            let _ = session.connection.client.simple_query(&unlock).await;
        };
        let _ = tokio::time::timeout(timeout, both).await;
        return Err(pooled());
    }
    let _ = second.client.simple_query("ROLLBACK").await;
    Ok(())
}

fn first_value(messages: &[SimpleQueryMessage]) -> Option<&str> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    })
}

fn pooled() -> DbError {
    let mut error = DbError::new(
        DbErrorKind::Unsupported,
        "a connection pooler in transaction mode stands before the server: the lock of a run would be lost",
    );
    error.hint = Some("connect to the server directly, or use a pool in session mode".to_owned());
    error
}
