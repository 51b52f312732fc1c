//! Reading what a database is: its schema, how big it is, and what was applied to it. Nothing is written.

use sluice_rollout::{ForeignHistory, Ledger};

use crate::apply::{lost_or_connect, read_ledger};
use crate::failure::ApplyError;
use crate::foreign::{self, Histories};
use crate::{Connect, Database, Server};

/// A database's schema as its catalog tells it: statements that would make it, as far as a review has to know it. They are no
/// backup: bodies of routines are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveSchema {
    /// Statements without terminators, in an order in which they can be replayed; the same schema gives the same statements.
    pub statements: Vec<String>,
    /// Indexes that are there without being valid, which no statement says (PostgreSQL): schema and name.
    pub invalid_indexes: Vec<(String, String)>,
    /// The user sees everything that the database has.
    pub complete: bool,
}

/// How big a database's relations are, and how much they are used. Holds no rows and no texts of queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// For how many seconds the server has counted reads and writes; none where it does not tell.
    pub counted_seconds: Option<u64>,
    /// Relations with rows, by their names.
    pub relations: Vec<RelationStatistics>,
}

/// What is known of one relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationStatistics {
    /// Schema; empty on MySQL and MariaDB, `main` on SQLite.
    pub schema: String,
    /// Name in it.
    pub name: String,
    /// Rows, as the server estimates them.
    pub rows: Option<u64>,
    /// Bytes with indexes.
    pub bytes: Option<u64>,
    /// Scans of it or of its indexes (PostgreSQL), rows that were read (MySQL, MariaDB), since counting began.
    pub reads: Option<u64>,
    /// Rows that were written, since counting began.
    pub writes: Option<u64>,
    /// Calls of statements that name it, since counting began (PostgreSQL with `pg_stat_statements`).
    pub calls: Option<u64>,
}

/// What a database is at this moment.
#[derive(Debug, Clone)]
pub struct Live {
    /// The server.
    pub server: Server,
    /// What was applied to it.
    pub ledger: Ledger,
    /// What other tools have done to it, where it has no ledger.
    pub histories: Vec<ForeignHistory>,
    /// Its schema.
    pub schema: LiveSchema,
}

/// Reads ledger and schema of a database, in a session that refuses to write.
///
/// # Errors
/// [`ApplyError::Connect`] and [`ApplyError::Ledger`].
pub async fn live(
    database: &dyn Database,
    connect: &Connect,
    histories: Option<Histories>,
) -> Result<Live, ApplyError> {
    let mut session = database.connect(connect).await.map_err(ApplyError::Connect)?;
    session.read_only().await.map_err(lost_or_connect)?;
    let server = session.server().clone();
    let ledger = read_ledger(session.as_mut()).await?;
    let histories =
        if ledger.exists { Vec::new() } else { foreign::find(session.as_mut(), histories).await? };
    let schema = session.live_schema().await.map_err(lost_or_connect)?;
    session.close().await;
    Ok(Live { server, ledger, histories, schema })
}

/// Reads how big the relations of a database are, in a session that refuses to write.
///
/// # Errors
/// [`ApplyError::Connect`].
pub async fn statistics(
    database: &dyn Database,
    connect: &Connect,
) -> Result<(Server, Statistics), ApplyError> {
    let mut session = database.connect(connect).await.map_err(ApplyError::Connect)?;
    session.read_only().await.map_err(lost_or_connect)?;
    let server = session.server().clone();
    let statistics = session.statistics().await.map_err(lost_or_connect)?;
    session.close().await;
    Ok((server, statistics))
}
