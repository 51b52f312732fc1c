//! A session on one target.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use sluice_engine::{
    Backend, Committed, Connect, Control, DbError, DbErrorKind, LedgerDialect, Leftover, Limits, LiveSchema,
    LockAttempt, Query, Row, Running, Server, Session, Statement, Statistics, Step, TransactionError,
    Verdict,
};
use sluice_facts::Snapshot;

use crate::address::Address;
use crate::connection::Connection;
use crate::control::MysqlControl;
use crate::failure::local_file;
use crate::name::{file_name, literal, quote};
use crate::observation::{self, Observation};
use crate::reading::{self, Effect, Reading};
use crate::server::{self, BackendId, Facts, INNODB_TABLES, STARTED};
use crate::settings::{self, Settings};
use crate::{extract, ledger, live, sessions, verdict};

/// One connection to a MySQL or MariaDB database.
#[derive(Debug)]
pub(crate) struct MysqlSession {
    connection: Connection,
    address: Address,
    run_id: String,
    connect_timeout: Duration,
    facts: Facts,
    backend: Backend,
    ledger: LedgerDialect,
    locked: bool,
    /// Temporary tables that the user's statements have made, quoted.
    temporary: Vec<String>,
}

impl MysqlSession {
    /// Connects, and refuses what is not supported.
    pub async fn open(connect: &Connect) -> Result<Self, DbError> {
        let address = Address::parse(&connect.url)?;
        let mut connection = Connection::connect(&address, connect).await?;
        let mut facts = server::ask(&mut connection, &address).await?;
        if !facts.settings.autocommit() {
            connection.run("SET SESSION autocommit = 1").await?;
            facts.settings.demand_autocommit();
        }
        Ok(Self {
            ledger: ledger::dialect(&facts.database),
            backend: facts.backend.into(),
            connection,
            run_id: connect.run_id.clone(),
            connect_timeout: connect.connect_timeout,
            address,
            facts,
            locked: false,
            temporary: Vec::new(),
        })
    }

    /// Name of the target's lock. Locks are the server's, and their names have at most 64 characters, so the database's name goes
    /// in as a hash.
    fn lock_name(&self) -> String {
        let database = if self.facts.case_sensitive {
            self.facts.database.clone()
        } else {
            self.facts.database.to_lowercase()
        };
        let digest = Sha256::digest(database.as_bytes());
        digest.iter().take(20).fold("sluice:".to_owned(), |name, byte| format!("{name}{byte:02x}"))
    }

    /// Refuses what would cost the connection.
    /// Keeps the names of temporary tables: the server lists them to nobody.
    fn remember(&mut self, statement: &Statement<'_>) {
        let start: String = statement.sql.chars().take(60).flat_map(char::to_lowercase).collect();
        let creates = matches!(statement.facts.kind, sluice_sql::Kind::Create { .. });
        if let (true, Some(table)) = (creates && start.contains("temporary"), statement.facts.objects.first())
        {
            let name: Vec<String> = table.name.iter().map(|part| quote(part)).collect();
            self.temporary.push(name.join("."));
        }
    }

    fn check(&self, sql: &str) -> Result<(), DbError> {
        if reading::sends_a_local_file(sql) {
            return Err(local_file());
        }
        // The server would close the connection, which looks like a statement that may have been carried out.
        if sql.len() < self.facts.max_packet {
            return Ok(());
        }
        let mut error = DbError::new(
            DbErrorKind::Statement,
            format!("the statement has {} bytes, and the server takes {}", sql.len(), self.facts.max_packet),
        );
        error.hint = Some("divide the statement, or raise max_allowed_packet on the server".to_owned());
        Err(error)
    }

    async fn run_step(&mut self, step: &Step<'_>) -> Result<(), DbError> {
        match step {
            Step::Statement(statement) => {
                self.check(&statement.sql)?;
                self.remember(statement);
                self.connection.run(&statement.sql).await
            }
            Step::Own(query) => self.connection.query(query).await.map(drop),
        }
    }

    /// Undoes an open transaction, and finds out whether that was possible.
    async fn roll_back(
        &mut self,
        step: Option<usize>,
        error: DbError,
        ended: Option<usize>,
    ) -> TransactionError {
        let mut failed = TransactionError { step, error, committed: Committed::No };
        if failed.error.kind == DbErrorKind::ConnectionLost {
            if ended.is_some() {
                failed.committed = Committed::Unknown;
            }
            return failed;
        }
        if let Err(error) = self.connection.run("ROLLBACK AND NO CHAIN NO RELEASE").await {
            // The server rolls back when the session ends, and it has ended.
            failed
                .error
                .detail
                .get_or_insert_with(|| format!("the transaction could not be rolled back: {error}"));
        } else if self.connection.warnings() > 0 && self.kept_rows().await {
            failed.committed = Committed::Partly;
            failed.error.detail = Some(
                "tables without transactions (MyISAM, Aria) were changed, and that could not be rolled back"
                    .to_owned(),
            );
        }
        if let Some(step) = ended {
            failed.committed = Committed::Partly;
            failed.error.detail = Some(format!(
                "statement {} of the transaction committed what came before it, and that could not be rolled back",
                step + 1
            ));
        }
        failed
    }

    /// Warning 1196: "Some non-transactional changed tables couldn't be rolled back".
    async fn kept_rows(&mut self) -> bool {
        let warnings = self.connection.rows("SHOW WARNINGS").await.unwrap_or_default();
        warnings.iter().any(|row| row.get(1).and_then(Option::as_deref) == Some("1196"))
    }
}

#[async_trait]
impl Session for MysqlSession {
    fn server(&self) -> &Server {
        &self.facts.server
    }

    fn backend(&self) -> &Backend {
        &self.backend
    }

    fn ledger_dialect(&self) -> &LedgerDialect {
        &self.ledger
    }

    async fn try_lock(&mut self) -> Result<LockAttempt, DbError> {
        if self.locked {
            return Ok(LockAttempt::Acquired);
        }
        let name = self.lock_name();
        let rows =
            self.connection.rows(&format!("SELECT GET_LOCK('{name}', 0), IS_USED_LOCK('{name}')")).await?;
        let mut answer = rows.into_iter().flatten();
        if answer.next().flatten().as_deref() == Some("1") {
            self.locked = true;
            return Ok(LockAttempt::Acquired);
        }
        let by = match answer.next().flatten().and_then(|id| id.parse().ok()) {
            Some(id) => sessions::find(&mut self.connection, id).await?,
            None => None,
        };
        Ok(LockAttempt::Held { by })
    }

    async fn unlock(&mut self) -> Result<(), DbError> {
        if self.locked {
            self.locked = false;
            let name = self.lock_name();
            self.connection.run(&format!("DO RELEASE_LOCK('{name}')")).await?;
        }
        Ok(())
    }

    /// Lock timeouts are whole seconds, at least one. On MySQL the statement timeout holds for `SELECT` alone; the server knows no
    /// other. Both servers finish DDL of a client that has gone: there is nothing to set for `die_with_client`.
    async fn set_limits(&mut self, limits: &Limits) -> Result<(), DbError> {
        let sql = self.facts.settings.limit(limits, self.facts.server.dialect);
        self.connection.run(&sql).await
    }

    async fn query(&mut self, query: &Query) -> Result<Vec<Row>, DbError> {
        self.connection.query(query).await
    }

    async fn execute(&mut self, statement: &Statement<'_>) -> Result<(), DbError> {
        self.check(&statement.sql)?;
        self.remember(statement);
        self.connection.run(&statement.sql).await
    }

    /// For statements that change rows. One that commits by itself after all (a procedure with DDL in it) ends the
    /// transaction; the steps after it go on in a new one, so that the ledger is told, and an error after that says what stays.
    async fn transaction(&mut self, steps: &[Step<'_>]) -> Result<(), TransactionError> {
        let fail = |error: DbError| TransactionError { step: None, error, committed: Committed::No };
        self.connection.run(ledger::BEGIN).await.map_err(fail)?;
        let mut ended = None;
        for (index, step) in steps.iter().enumerate() {
            if let Err(error) = self.run_step(step).await {
                return Err(self.roll_back(Some(index), error, ended).await);
            }
            if matches!(step, Step::Statement(_)) && !self.connection.in_transaction() {
                ended = Some(index);
                if let Err(error) = self.connection.run("START TRANSACTION READ WRITE").await {
                    return Err(self.roll_back(Some(index), error, ended).await);
                }
            }
        }
        match self.connection.run("COMMIT AND NO CHAIN NO RELEASE").await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == DbErrorKind::ConnectionLost => {
                Err(TransactionError { step: None, error, committed: Committed::Unknown })
            }
            Err(error) => Err(self.roll_back(None, error, ended).await),
        }
    }

    /// Puts session variables, the current database and table locks back. User variables, temporary tables and prepared
    /// statements stay: only a reset of the connection removes them, and that would give the lock away.
    async fn reset(&mut self) -> Result<(), DbError> {
        let sql = format!("SELECT DATABASE(), {}", settings::select_list());
        let row = self.connection.rows(&sql).await?.pop().unwrap_or_default();
        let (database, now) = row.split_first().unwrap_or((&None, &[]));
        let mut statements = vec!["UNLOCK TABLES".to_owned()];
        statements
            .extend(self.temporary.drain(..).map(|table| format!("DROP TEMPORARY TABLE IF EXISTS {table}")));
        if database.as_deref() != Some(self.facts.database.as_str()) {
            statements.push(format!("USE {}", quote(&self.facts.database)));
        }
        statements.extend(self.facts.settings.restore(&Settings::read(now)));
        for statement in statements {
            self.connection.run(&statement).await?;
        }
        Ok(())
    }

    async fn observe(&mut self, statement: &Statement<'_>) -> Result<String, DbError> {
        let reading = Reading::of(&statement.sql);
        Ok(observation::observe(&mut self.connection, &reading).await?.to_text())
    }

    async fn probe(&mut self, statement: &Statement<'_>, before: &str) -> Result<Verdict, DbError> {
        let reading = Reading::of(&statement.sql);
        let now = match reading.effect {
            Effect::Harmless(_) | Effect::Invisible(_) => Observation { seen: Vec::new() },
            _ => observation::observe(&mut self.connection, &reading).await?,
        };
        Ok(verdict::judge(&reading, Observation::parse(before).as_ref(), &now))
    }

    async fn running(&mut self, backend: &Backend) -> Result<Option<Running>, DbError> {
        let Ok(id) = backend.0.parse::<BackendId>() else { return Ok(None) };
        let rows = self.connection.rows(&format!("SELECT {STARTED}")).await?;
        let started = rows.into_iter().flatten().flatten().next();
        let started: Option<i64> = started.and_then(|text| text.split('.').next()?.parse().ok());
        if started != Some(id.started) {
            return Ok(None);
        }
        sessions::find(&mut self.connection, id.connection).await
    }

    /// Tables that an interrupted `ALTER TABLE` left behind. Reads InnoDB's own list, for which the privilege PROCESS is needed;
    /// without it nothing is found.
    async fn leftovers(&mut self) -> Result<Vec<Leftover>, DbError> {
        let Some(database) = file_name(&self.facts.database) else { return Ok(Vec::new()) };
        let prefix = format!("{database}/#sql");
        let sql = format!(
            "SELECT SUBSTRING(NAME, {start}) FROM {INNODB_TABLES} WHERE LEFT(NAME, {length}) = {prefix} \
             AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST p WHERE p.INFO IS NOT NULL \
             AND p.ID <> CONNECTION_ID() AND p.INFO REGEXP '(ALTER|OPTIMIZE|CREATE|DROP|TRUNCATE)')",
            start = database.len() + 2,
            length = prefix.len(),
            prefix = literal(&prefix),
        );
        let rows = match self.connection.rows(&sql).await {
            Err(error) if error.kind == DbErrorKind::Permission => return Ok(Vec::new()),
            other => other?,
        };
        let leftover = |name: String| Leftover {
            what: format!("table {name} of an interrupted ALTER TABLE"),
            // The prefix makes the server take the rest as a file name (manual, "Mapping of Identifiers to File Names").
            remove_with: format!(
                "DROP TABLE {}.{}",
                quote(&self.facts.database),
                quote(&format!("#mysql50#{name}"))
            ),
        };
        Ok(rows.into_iter().flatten().flatten().map(leftover).collect())
    }

    async fn read_only(&mut self) -> Result<(), DbError> {
        self.connection.run("SET SESSION TRANSACTION READ ONLY").await
    }

    async fn live_schema(&mut self) -> Result<LiveSchema, DbError> {
        live::schema(&mut self.connection, &self.facts.database).await
    }

    async fn facts(&mut self) -> Result<Snapshot, DbError> {
        let server = &self.facts.server;
        let reading = extract::Reading {
            dialect: server.dialect,
            product: &server.product,
            database: &self.facts.database,
        };
        extract::snapshot(&mut self.connection, &reading).await
    }

    async fn statistics(&mut self) -> Result<Statistics, DbError> {
        live::statistics(&mut self.connection, self.facts.server.dialect).await
    }

    fn control(&self) -> Arc<dyn Control> {
        Arc::new(MysqlControl {
            address: self.address.clone(),
            run_id: self.run_id.clone(),
            connect_timeout: self.connect_timeout,
            connection_id: self.facts.backend.connection,
        })
    }

    async fn close(self: Box<Self>) {
        self.connection.close().await;
    }
}
