//! Looking at a busy session from outside, over a second connection.

use std::time::Duration;

use async_trait::async_trait;
use sluice_engine::{Control, DbError, DbErrorKind, Running};

use crate::address::Address;
use crate::connection::Connection;
use crate::sessions;

/// Acts on one session of a server.
#[derive(Debug, Clone)]
pub(crate) struct MysqlControl {
    pub address: Address,
    pub run_id: String,
    pub connect_timeout: Duration,
    pub connection_id: u64,
}

impl MysqlControl {
    async fn connect(&self) -> Result<Connection, DbError> {
        Connection::open(&self.address, &self.run_id, self.connect_timeout).await
    }
}

#[async_trait]
impl Control for MysqlControl {
    async fn cancel(&self) -> Result<(), DbError> {
        let mut connection = self.connect().await?;
        let result = connection.run(&format!("KILL QUERY {}", self.connection_id)).await;
        connection.close().await;
        match result {
            // The session has ended: nothing is left to cancel.
            Err(error) if error.code.as_deref() == Some("1094") => Ok(()),
            other => other,
        }
    }

    async fn blockers(&self) -> Result<Vec<Running>, DbError> {
        let mut connection = self.connect().await?;
        let result = find(&mut connection, self.connection_id).await;
        connection.close().await;
        result
    }

    async fn is_working(&self) -> Result<bool, DbError> {
        let mut connection = self.connect().await?;
        let sql = format!(
            "SELECT 1 FROM information_schema.processlist WHERE id = {} AND command NOT IN ('Sleep', 'Daemon')",
            self.connection_id
        );
        let result = connection.query(&sluice_engine::Query::new(sql, Vec::new())).await;
        connection.close().await;
        Ok(!result?.is_empty())
    }

    fn itself(&self) -> Option<Running> {
        Some(Running {
            backend: format!("connection {}", self.connection_id),
            who: format!("{} at {}, run {}", self.address.user, self.address, self.run_id),
            statement: None,
            seconds: None,
            stop_with: format!("KILL {}", self.connection_id),
        })
    }
}

/// From the best source that the server offers and the user may read to the worst; nobody when our session does not wait.
async fn find(connection: &mut Connection, id: u64) -> Result<Vec<Running>, DbError> {
    let (metadata, rows) = waits(connection, id).await?;
    let mut sources = Vec::new();
    if metadata {
        sources.extend([METADATA_LOCKS, METADATA_LOCK_INFO]);
    }
    if rows {
        sources.push(ROW_LOCKS);
    }
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    for source in sources {
        let condition = format!("p.ID IN ({})", source.replace("{id}", &id.to_string()));
        match sessions::list(connection, &condition).await {
            Ok(blockers) if !blockers.is_empty() => return Ok(blockers),
            Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
            // Not installed, not switched on, or no privilege.
            Ok(_) | Err(_) => {}
        }
    }
    likely(connection, id).await
}

/// Whether our session waits for a metadata lock, and whether it waits for a row lock.
async fn waits(connection: &mut Connection, id: u64) -> Result<(bool, bool), DbError> {
    let state = connection
        .rows(&format!("SELECT p.STATE FROM information_schema.PROCESSLIST p WHERE p.ID = {id}"))
        .await?;
    let state = state.into_iter().flatten().flatten().next().unwrap_or_default();
    let metadata = state.starts_with("Waiting for ") && state.contains("lock");
    let transaction = connection
        .rows(&format!(
            "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = {id} AND trx_state = 'LOCK WAIT'"
        ))
        .await;
    match transaction {
        Err(error) if error.kind == DbErrorKind::ConnectionLost => Err(error),
        // Without the privilege PROCESS: perhaps.
        Err(_) => Ok((metadata, !metadata)),
        Ok(rows) => Ok((metadata, !rows.is_empty())),
    }
}

/// Sessions that hold a metadata lock on an object for whose lock ours waits. On by default on MySQL 8, off on MariaDB.
const METADATA_LOCKS: &str = "SELECT holder.PROCESSLIST_ID FROM performance_schema.threads waiter \
     JOIN performance_schema.metadata_locks wanted ON wanted.OWNER_THREAD_ID = waiter.THREAD_ID \
         AND wanted.LOCK_STATUS = 'PENDING' \
     JOIN performance_schema.metadata_locks held ON held.LOCK_STATUS = 'GRANTED' \
         AND held.OBJECT_TYPE = wanted.OBJECT_TYPE AND held.OBJECT_SCHEMA <=> wanted.OBJECT_SCHEMA \
         AND held.OBJECT_NAME <=> wanted.OBJECT_NAME AND held.OWNER_THREAD_ID <> wanted.OWNER_THREAD_ID \
     JOIN performance_schema.threads holder ON holder.THREAD_ID = held.OWNER_THREAD_ID \
     WHERE waiter.PROCESSLIST_ID = {id}";

/// MariaDB's plugin `metadata_lock_info` shows who holds which lock, but not who waits for what: any holder of a lock on a
/// table of the database.
const METADATA_LOCK_INFO: &str = "SELECT held.THREAD_ID FROM information_schema.METADATA_LOCK_INFO held \
     JOIN information_schema.PROCESSLIST waiter ON waiter.ID = {id} AND waiter.STATE LIKE 'Waiting for % lock' \
         AND waiter.DB = held.TABLE_SCHEMA \
     WHERE held.THREAD_ID <> {id} AND held.LOCK_TYPE = 'Table metadata lock'";

/// Transactions that hold a row lock for which ours waits.
const ROW_LOCKS: &str = "/*M! SELECT holder.trx_mysql_thread_id FROM information_schema.INNODB_TRX waiter \
     JOIN information_schema.INNODB_LOCK_WAITS wait ON wait.requesting_trx_id = waiter.trx_id \
     JOIN information_schema.INNODB_TRX holder ON holder.trx_id = wait.blocking_trx_id \
     WHERE waiter.trx_mysql_thread_id = {id} */ \
     /*!80000 SELECT holder.PROCESSLIST_ID FROM performance_schema.threads waiter \
     JOIN performance_schema.data_lock_waits wait ON wait.REQUESTING_THREAD_ID = waiter.THREAD_ID \
     JOIN performance_schema.threads holder ON holder.THREAD_ID = wait.BLOCKING_THREAD_ID \
     WHERE waiter.PROCESSLIST_ID = {id} */";

/// Nobody can tell: sessions that have a transaction open, else those that run a statement on the same database for longer.
async fn likely(connection: &mut Connection, id: u64) -> Result<Vec<Running>, DbError> {
    let sources = [
        (
            "likely, has a transaction open",
            format!(
                "p.ID <> {id} AND p.ID <> CONNECTION_ID() AND p.ID IN \
                 (SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX)"
            ),
        ),
        (
            "likely, busy on the same database",
            format!(
                "p.ID <> {id} AND p.ID <> CONNECTION_ID() AND p.COMMAND NOT IN ('Sleep', 'Daemon') AND p.DB = DATABASE()"
            ),
        ),
    ];
    for (why, condition) in sources {
        match sessions::list(connection, &condition).await {
            Ok(mut blockers) if !blockers.is_empty() => {
                for blocker in &mut blockers {
                    blocker.who.push_str(&format!(" ({why})"));
                }
                return Ok(blockers);
            }
            Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(Vec::new())
}
