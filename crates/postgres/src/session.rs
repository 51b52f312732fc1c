//! A session on one target.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join;
use sluice_engine::{
    Backend, Connect, Control, DbError, DbErrorKind, LedgerDialect, Leftover, Limits, LiveSchema,
    LockAttempt, Query, Row, Running, Server, Session, Statement, Statistics, Step, TransactionError,
    Verdict,
};
use sluice_sql::Dialect;

use crate::connection::{self, Connection};
use crate::control::SessionControl;
use crate::failure::{Circumstances, lost, request_error};
use crate::request::{Prepared, cell, rows};
use crate::target::Target;
use crate::{activity, catalog, copy, ledger, live, lock, probe};

/// How long a server may stay silent beyond the limit of its statements before the line counts as dead.
const GRACE: Duration = Duration::from_secs(30);

/// A session on one target.
pub struct PostgresSession {
    pub(crate) connection: Connection,
    pub(crate) server: Server,
    pub(crate) backend: Backend,
    pub(crate) prepared: Prepared,
    pub(crate) shared: Arc<Shared>,
    /// A transaction was begun and its end was not seen: whoever waited for it gave up.
    pub(crate) in_transaction: bool,
    /// The lock is to be looked at once more, with the next request: see [`lock::VERIFY`].
    pub(crate) unverified: bool,
    limits: Limits,
    /// Settings to be sent in front of the next request.
    prelude: String,
    checks_client: bool,
    dialect: LedgerDialect,
}

/// What a [`SessionControl`] shares with its session.
pub struct Shared {
    /// Shown by the server as `application_name`.
    pub application: String,
    /// The real process id of our backend; 0 until it is known.
    pub pid: AtomicI32,
    /// A cancel request was sent for what runs now.
    pub cancelled: AtomicBool,
    /// Bound for opening further connections.
    pub connect_timeout: Duration,
}

impl PostgresSession {
    /// Opens a session; costs no round trip beyond the start-up itself.
    pub(crate) async fn open(connect: &Connect) -> Result<Self, DbError> {
        let target = Arc::new(Target::parse(&connect.url)?);
        let application = application_name(&connect.run_id);
        let connection = connection::open(&target, &application, connect.connect_timeout).await?;
        let server = server(&connection)?;
        let pid = connection.greeting.pid.unwrap_or_default();
        let shared = Shared {
            pid: AtomicI32::new(pid),
            cancelled: AtomicBool::new(false),
            connect_timeout: connect.connect_timeout,
            application,
        };
        Ok(Self {
            connection,
            server,
            backend: Backend(format!("{pid} ? {}", shared.application)),
            prepared: Prepared::default(),
            shared: Arc::new(shared),
            in_transaction: false,
            unverified: false,
            limits: Limits::default(),
            prelude: String::new(),
            checks_client: false,
            dialect: ledger::dialect(),
        })
    }

    /// What an error of a request that began at `start` means.
    pub(crate) fn error(
        &self,
        error: &tokio_postgres::Error,
        sql: Option<&str>,
        ours: bool,
        start: Instant,
    ) -> DbError {
        let time = self.limits.statement_timeout.map(|allowed| (start.elapsed(), allowed));
        let cancelled = self.shared.cancelled.load(Ordering::Relaxed);
        let error = request_error(error, Circumstances { sql, ours, cancelled, time });
        match self.connection.broken.reason() {
            Some(reason) if error.kind == DbErrorKind::ConnectionLost && error.code.is_none() => {
                lost(Some(&std::io::Error::other(reason)))
            }
            _ => error,
        }
    }

    /// Begins a request: a cancel request of the past does not count for it.
    pub(crate) fn begin_request(&self) -> Instant {
        self.shared.cancelled.store(false, Ordering::Relaxed);
        Instant::now()
    }

    /// Waits for `work`, which is `count` statements, no longer than their limits allow. A server that is silent for longer is out of
    /// reach (a black hole sends no RST).
    pub(crate) async fn bounded<T>(&self, count: usize, work: impl Future<Output = T>) -> Result<T, DbError> {
        let Some(limit) = self.limits.statement_timeout else { return Ok(work.await) };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let limit = limit.saturating_mul(count.saturating_add(1)).saturating_add(GRACE);
        tokio::time::timeout(limit, work).await.map_err(|_| {
            let error = std::io::Error::other(format!("no answer for {} s", limit.as_secs()));
            lost(Some(&error))
        })
    }

    /// Takes the settings that go in front of the next request; ends a transaction that was given up.
    pub(crate) fn take_prelude(&mut self) -> String {
        let mut prelude = std::mem::take(&mut self.prelude);
        if std::mem::take(&mut self.in_transaction) {
            prelude.insert_str(0, "ROLLBACK; ");
        }
        prelude
    }

    /// Sends `prelude`; does nothing where it is empty.
    pub(crate) async fn send_prelude(&self, prelude: &str) -> Result<(), tokio_postgres::Error> {
        if prelude.is_empty() { Ok(()) } else { self.connection.client.batch_execute(prelude).await }
    }

    /// Sends the settings by themselves and verifies the lock: for requests that must not run under wrong ones.
    async fn settle(&mut self) -> Result<(), DbError> {
        let prelude = self.take_prelude();
        let start = Instant::now();
        self.send_prelude(&prelude).await.map_err(|error| self.error(&error, None, true, start))?;
        if self.unverified {
            lock::verify(self).await?;
        }
        Ok(())
    }

    /// Rows of one statement of ours, with the settings in front and the look at the lock behind, in one round trip.
    pub(crate) async fn rows(&mut self, query: &Query) -> Result<Vec<Row>, DbError> {
        let prelude = self.take_prelude();
        let start = self.begin_request();
        let verify = std::mem::take(&mut self.unverified);
        let client = &self.connection.client;
        let look = async { if verify { Some(client.simple_query(lock::VERIFY).await) } else { None } };
        let flight = join(self.send_prelude(&prelude), join(rows(client, query), look));
        let (prelude, (rows, look)) = self.bounded(1, flight).await?;
        prelude.map_err(|error| self.error(&error, None, true, start))?;
        let rows = rows.map_err(|error| self.error(&error.0, Some(&query.sql), true, start))?;
        if let Some(look) = look {
            let look = look.map_err(|error| self.error(&error, None, true, start))?;
            lock::judge(&look, self.shared.pid.load(Ordering::Relaxed))?;
        }
        Ok(rows)
    }

    fn write_limits(&mut self) {
        let milliseconds = |limit: Option<Duration>| limit.map_or(0, |limit| limit.as_millis().max(1));
        let Limits { lock_timeout, statement_timeout, die_with_client, idle } = &self.limits;
        self.prelude.push_str(&format!(
            // The server, too, must notice a network that was cut, or the lock would stay with a session that nobody has.
            "SET lock_timeout = {}; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 0; \
             SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; ",
            milliseconds(*lock_timeout),
            milliseconds(*statement_timeout),
        ));
        if idle.is_some() {
            self.prelude.push_str(&format!(
                "SET idle_session_timeout = {0}; SET idle_in_transaction_session_timeout = {0}; ",
                milliseconds(*idle)
            ));
        }
        if die_with_client.is_some() || self.checks_client {
            self.checks_client = true;
            // Refused where the platform cannot tell whether a client is there; then the statement runs to its end.
            self.prelude.push_str(&format!(
                "DO $$BEGIN SET client_connection_check_interval = {}; EXCEPTION WHEN OTHERS THEN NULL; END$$; ",
                milliseconds(*die_with_client),
            ));
        }
    }
}

/// `application_name` of a run; the server keeps 63 bytes and replaces what is not ASCII.
pub fn application_name(run_id: &str) -> String {
    let name: String = format!("sluice/{run_id}").chars().filter(|c| matches!(c, ' '..='~')).collect();
    name.chars().take(63).collect()
}

pub(crate) fn server(connection: &Connection) -> Result<Server, DbError> {
    let greeting = &connection.greeting;
    let number = greeting.version.split([' ', '-']).next().unwrap_or_default();
    let version = version_number(number);
    let refuse = |what: String| {
        let mut error = DbError::new(DbErrorKind::Unsupported, what);
        error.hint = Some("Sluice works with PostgreSQL 14 and later".to_owned());
        error
    };
    if let Some(product) = greeting.other_product {
        return Err(refuse(format!("{} is {product}, which is not supported", connection.place.address())));
    }
    if version < 140_000 {
        return Err(refuse(format!(
            "{} is PostgreSQL {number}, which is too old",
            connection.place.address()
        )));
    }
    Ok(Server {
        dialect: Dialect::Postgres,
        product: format!("PostgreSQL {number}"),
        version,
        address: connection.place.address(),
        read_only: greeting.read_only,
    })
}

/// `16.14` as 160014; `19beta1` as 190000.
fn version_number(text: &str) -> u32 {
    let mut parts = text.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap_or_default()
    });
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    major.saturating_mul(10_000).saturating_add(minor)
}

#[async_trait]
impl Session for PostgresSession {
    fn server(&self) -> &Server {
        &self.server
    }

    fn backend(&self) -> &Backend {
        &self.backend
    }

    fn ledger_dialect(&self) -> &LedgerDialect {
        &self.dialect
    }

    async fn try_lock(&mut self) -> Result<LockAttempt, DbError> {
        lock::acquire(self).await
    }

    async fn unlock(&mut self) -> Result<(), DbError> {
        self.unverified = false;
        self.rows(&Query::new(format!("SELECT pg_advisory_unlock({})", activity::LOCK_KEY), Vec::new()))
            .await?;
        Ok(())
    }

    async fn set_limits(&mut self, limits: &Limits) -> Result<(), DbError> {
        let limits = Limits { idle: limits.idle.or(self.limits.idle), ..limits.clone() };
        if self.limits != limits {
            self.limits = limits;
            self.write_limits();
        }
        Ok(())
    }

    async fn query(&mut self, query: &Query) -> Result<Vec<Row>, DbError> {
        self.rows(query).await
    }

    async fn execute(&mut self, statement: &Statement<'_>) -> Result<(), DbError> {
        crate::transaction::refuse_control(statement)?;
        self.settle().await?;
        let start = self.begin_request();
        let client = &self.connection.client;
        let result = match copy::data(statement) {
            Some(data) => self.bounded(1, copy::copy_in(client, &statement.sql, data)).await?,
            None => self.bounded(1, client.execute_typed(&statement.sql, &[])).await?.map(drop),
        };
        result.map_err(|error| self.error(&error, Some(&statement.sql), false, start))
    }

    async fn transaction(&mut self, steps: &[Step<'_>]) -> Result<(), TransactionError> {
        crate::transaction::run(self, steps).await
    }

    async fn reset(&mut self) -> Result<(), DbError> {
        self.prelude
            .push_str("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; DISCARD TEMP; UNLISTEN *; ");
        self.write_limits();
        Ok(())
    }

    async fn observe(&mut self, statement: &Statement<'_>) -> Result<String, DbError> {
        probe::observe(self, statement).await
    }

    async fn probe(&mut self, statement: &Statement<'_>, before: &str) -> Result<Verdict, DbError> {
        probe::judge(self, statement, before).await
    }

    async fn running(&mut self, backend: &Backend) -> Result<Option<Running>, DbError> {
        let mut words = backend.0.splitn(3, ' ');
        let pid = words.next().and_then(|pid| pid.parse().ok()).unwrap_or_default();
        let start = words.next().unwrap_or_default();
        let application = words.next().unwrap_or_default();
        // The start time of another user's session is hidden from roles without pg_read_all_stats: then the pid alone counts.
        let sql = format!(
            "SELECT {} FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.state IS DISTINCT FROM 'idle' AND (\
                 (a.pid = ? AND (a.backend_start IS NULL OR {} = ?)) \
                 OR (a.application_name = ? AND a.datname = current_database() AND a.state = 'active')) LIMIT 1",
            activity::COLUMNS,
            lock::timestamp("a.backend_start"),
        );
        let parameters = vec![sluice_engine::Value::Int(pid), start.into(), application.into()];
        self.rows(&Query::new(sql, parameters)).await?.first().map(activity::running).transpose()
    }

    async fn leftovers(&mut self) -> Result<Vec<Leftover>, DbError> {
        let rows = self.rows(&Query::new(catalog::INVALID_INDEXES, Vec::new())).await?;
        rows.iter()
            .map(|row| {
                let name = cell(row, 0)?;
                Ok(Leftover {
                    what: format!("invalid index {name} on {}", cell(row, 1)?),
                    remove_with: format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"),
                })
            })
            .collect()
    }

    async fn read_only(&mut self) -> Result<(), DbError> {
        self.prelude.push_str("SET default_transaction_read_only = on; ");
        Ok(())
    }

    async fn live_schema(&mut self) -> Result<LiveSchema, DbError> {
        live::schema(self).await
    }

    async fn facts(&mut self) -> Result<sluice_facts::Snapshot, DbError> {
        crate::extract::snapshot(self).await
    }

    async fn statistics(&mut self) -> Result<Statistics, DbError> {
        live::statistics(self).await
    }

    fn control(&self) -> Arc<dyn Control> {
        Arc::new(SessionControl {
            place: self.connection.place.clone(),
            token: self.connection.client.cancel_token(),
            shared: self.shared.clone(),
        })
    }

    async fn close(self: Box<Self>) {
        self.connection.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        for (text, number) in [("16.14", 160_014), ("18beta1", 180_000), ("9.6.24", 90_006), ("", 0)] {
            assert_eq!(version_number(text), number, "{text}");
        }
    }

    #[test]
    fn the_application_name_fits_what_the_server_keeps() {
        assert_eq!(application_name("01J-a"), "sluice/01J-a");
        assert_eq!(application_name(&"é9".repeat(99)).len(), 63);
    }
}
