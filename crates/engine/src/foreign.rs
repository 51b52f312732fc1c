//! Looking for histories that other tools keep in a database.

use sluice_rollout::ForeignHistory;
use sluice_sql::Dialect;

use crate::apply::lost_or_connect;
use crate::failure::ApplyError;
use crate::{DbErrorKind, Query, Row, Session};

/// How histories of other tools are found in databases of a dialect: which tools there are is not known here.
#[derive(Debug, Clone)]
pub struct HistorySearch {
    /// Answers rows where a table has the name of one of them: the schema, or nothing for a usual place. Asked of every database
    /// without a ledger: must be cheap.
    pub glance_sql: String,
    /// How each is made sure of, in the usual places and in the schemas that were seen.
    pub probes: fn(Dialect, &[String]) -> Vec<HistoryProbe>,
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
    let dialect = session.server().dialect;
    let search = histories(dialect);
    let Some(places) = rows(session, &search.glance_sql).await? else { return Ok(found) };
    let schemas: Vec<String> =
        places.into_iter().flatten().flatten().filter(|schema| !schema.is_empty()).collect();
    for probe in (search.probes)(dialect, &schemas) {
        let answer = session.query(&Query::new(&probe.exists_sql, Vec::new())).await;
        let answer = answer.map_err(lost_or_connect)?;
        let exists = answer.iter().flatten().flatten().any(|answer| answer == "1");
        if exists && rows(session, &probe.used_sql).await?.is_some() {
            found.push(probe.history);
        }
    }
    Ok(found)
}

/// The rows, if there are any. What may not be read counts as if there were some.
async fn rows(session: &mut dyn Session, sql: &str) -> Result<Option<Vec<Row>>, ApplyError> {
    match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => Ok(Some(rows).filter(|rows| !rows.is_empty())),
        Err(error) if error.kind == DbErrorKind::Permission => Ok(Some(Vec::new())),
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Ok(None),
        Err(error) => Err(lost_or_connect(error)),
    }
}
