//! Looking for histories that other tools keep in a database.

use sluice_rollout::ForeignHistory;
use sluice_sql::Dialect;

use crate::apply::lost_or_connect;
use crate::failure::ApplyError;
use crate::{DbErrorKind, Query, Session};

/// How histories of other tools are found in databases of a dialect: which tools there are is not known here.
#[derive(Debug, Clone)]
pub struct HistorySearch {
    /// Answers a row where a table has the name of one of them. Asked of every database without a ledger: must be cheap.
    pub glance_sql: String,
    /// How each is made sure of.
    pub probes: Vec<HistoryProbe>,
}

/// How one history is found.
#[derive(Debug, Clone)]
pub struct HistoryProbe {
    /// What is found.
    pub history: ForeignHistory,
    /// Answers `1` where the table is there with the tool's columns.
    pub exists_sql: String,
    /// Answers a row where the history says that something is applied.
    pub used_sql: String,
}

/// The search on a dialect.
pub type Histories = fn(Dialect) -> &'static HistorySearch;

/// The histories of other tools that say that something is applied: one round trip where there is none.
pub(crate) async fn find(
    session: &mut dyn Session,
    histories: Option<Histories>,
) -> Result<Vec<ForeignHistory>, ApplyError> {
    let mut found = Vec::new();
    let Some(histories) = histories else { return Ok(found) };
    let search = histories(session.server().dialect);
    if !answers(session, &search.glance_sql).await? {
        return Ok(found);
    }
    for probe in &search.probes {
        let rows = session.query(&Query::new(&probe.exists_sql, Vec::new())).await;
        let rows = rows.map_err(lost_or_connect)?;
        let exists = rows.iter().flatten().flatten().any(|answer| answer == "1");
        if exists && answers(session, &probe.used_sql).await? {
            found.push(probe.history.clone());
        }
    }
    Ok(found)
}

/// Whether there are rows. What may not be read counts as if there were some.
async fn answers(session: &mut dyn Session, sql: &str) -> Result<bool, ApplyError> {
    match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => Ok(!rows.is_empty()),
        Err(error) if error.kind == DbErrorKind::Permission => Ok(true),
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Ok(false),
        Err(error) => Err(lost_or_connect(error)),
    }
}
