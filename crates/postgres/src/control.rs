//! What can be done about a session while it is busy, over connections of their own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sluice_engine::{Control, DbError, Query, Running, Value};
use tokio_postgres::CancelToken;

use crate::activity::{COLUMNS, running};
use crate::connection::Place;
use crate::failure::{Circumstances, request_error};
use crate::request::{cell, rows};
use crate::session::Shared;

/// Control of a session from outside.
pub struct SessionControl {
    /// Where the session is connected to.
    pub place: Place,
    /// Names the session to the server.
    pub token: CancelToken,
    /// What the session shares.
    pub shared: Arc<Shared>,
}

#[async_trait]
impl Control for SessionControl {
    async fn cancel(&self) -> Result<(), DbError> {
        self.shared.cancelled.store(true, Ordering::Relaxed);
        self.place.cancel(&self.token, self.shared.connect_timeout).await
    }

    async fn blockers(&self) -> Result<Vec<Running>, DbError> {
        let connection = self.place.open("sluice-control", self.shared.connect_timeout).await?;
        let pid = self.shared.pid.load(Ordering::Relaxed);
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT DISTINCT unnest(pg_blocking_pids(?::int)) AS pid) AS blocker \
             LEFT JOIN pg_stat_activity a USING (pid) ORDER BY a.xact_start"
        );
        let query = Query::new(sql, vec![Value::Text(pid.to_string())]);
        let result = rows(&connection.client, &query).await;
        connection.close().await;
        let rows = result.map_err(|error| {
            request_error(
                &error.0,
                Circumstances { sql: Some(&query.sql), ours: true, ..Circumstances::default() },
            )
        })?;
        // A prepared transaction blocks as process 0, without a session.
        rows.iter()
            .map(|row| if cell(row, 0).is_ok() { running(row) } else { Ok(prepared_transaction()) })
            .collect()
    }

    async fn is_working(&self) -> Result<bool, DbError> {
        let connection = self.place.open("sluice-control", self.shared.connect_timeout).await?;
        let pid = self.shared.pid.load(Ordering::Relaxed);
        let sql = "SELECT 1 FROM pg_stat_activity WHERE pid = ?::int AND state IN ('active', 'fastpath function call')";
        let query = Query::new(sql, vec![Value::Text(pid.to_string())]);
        let result = rows(&connection.client, &query).await;
        connection.close().await;
        let found = result.map_err(|error| {
            request_error(
                &error.0,
                Circumstances { sql: Some(&query.sql), ours: true, ..Circumstances::default() },
            )
        })?;
        Ok(!found.is_empty())
    }

    fn itself(&self) -> Option<Running> {
        let pid = self.shared.pid.load(Ordering::Relaxed);
        Some(Running {
            backend: format!("pid {pid}"),
            who: self.shared.application.clone(),
            statement: None,
            seconds: None,
            stop_with: format!("SELECT pg_terminate_backend({pid})"),
        })
    }
}

fn prepared_transaction() -> Running {
    Running {
        backend: "a prepared transaction".to_owned(),
        who: "nobody: it was prepared and never ended".to_owned(),
        statement: None,
        seconds: None,
        stop_with: "ROLLBACK PREPARED 'GID' (find it with SELECT * FROM pg_prepared_xacts)".to_owned(),
    }
}
