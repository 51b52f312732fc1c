//! Looking at one target without changing it.

use serde::Serialize;
use sluice_facts::{Scope, Snapshot};
use sluice_rollout::{ChangeKind, ForeignHistory, Ledger, Revision};

use crate::apply::{lost_or_connect, read_ledger};
use crate::drift::{self, Standing};
use crate::failure::ApplyError;
use crate::foreign::{self, Histories};
use crate::ledger::{self, LedgerError};
use crate::{Connect, Database, DbErrorKind, Leftover, Query, Row, Server, Session};

/// What a target looks like.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The server.
    pub server: Server,
    /// Its ledger.
    pub ledger: Ledger,
    /// What other tools have done to it, where it has no ledger.
    pub histories: Vec<ForeignHistory>,
    /// What interrupted statements have left.
    pub leftovers: Vec<Leftover>,
    /// Changes whose last try failed or was cancelled.
    pub failures: Vec<Failed>,
    /// How the schema stands to the last change; `None` where that was not asked for.
    pub drift: Option<Standing>,
    /// The schema, as far as it counts; `None` where that was not asked for.
    pub facts: Option<Snapshot>,
    /// Version and script of a computed change that is unfinished, where that was asked for.
    pub begun: Option<(String, String)>,
}

/// A change whose last try failed or was cancelled. Where all of it ran in one transaction, only the history knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its version.
    pub version: String,
    /// What went wrong, with the place.
    pub detail: String,
    /// Somebody wanted it to stop.
    pub cancelled: bool,
}

/// What to look for besides the ledger.
#[derive(Clone, Copy, Default)]
pub struct Look<'a> {
    /// What interrupted statements have left, and failures.
    pub thorough: bool,
    /// Histories of other tools, where there is no ledger.
    pub histories: Option<Histories>,
    /// How the schema stands to the last change.
    pub drift: bool,
    /// What of the schema counts; everything where nothing was said.
    pub scope: Option<&'a dyn Scope>,
    /// The schema as facts, and the scripts of computed changes that are unfinished.
    pub facts: bool,
}

/// Reads a target's ledger, and looks for what else is asked for.
///
/// # Errors
/// [`ApplyError::Connect`] and [`ApplyError::Ledger`].
pub async fn inspect(
    database: &dyn Database,
    connect: &Connect,
    look: Look<'_>,
) -> Result<Inspection, ApplyError> {
    let mut session = database.connect(connect).await.map_err(ApplyError::Connect)?;
    let server = session.server().clone();
    let ledger = read_ledger(session.as_mut()).await?;
    let (mut histories, mut leftovers, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    if !ledger.exists {
        histories = foreign::find(session.as_mut(), look.histories).await?;
    }
    if look.thorough {
        leftovers = session.leftovers().await.map_err(lost_or_connect)?;
        if ledger.exists {
            failures = read_failures(session.as_mut()).await?;
        }
    }
    let mut drift = None;
    if look.drift {
        let standing = drift::stand(session.as_mut(), &ledger, look.scope).await.map_err(lost_or_connect)?;
        // What another run did meanwhile is no drift.
        let moved = matches!(standing, Standing::Drifted(_)) && {
            let now = read_ledger(session.as_mut()).await?;
            now.fence != ledger.fence || now.revisions != ledger.revisions
        };
        drift = Some(if moved { Standing::Unknown("a run is at work") } else { standing });
    }
    let mut facts = None;
    let mut begun = None;
    if look.facts {
        let unfinished =
            |revision: &&Revision| revision.kind == ChangeKind::Declared && !revision.state.is_complete();
        if let Some(revision) = ledger.revisions.iter().rfind(unfinished) {
            let text = ledger::script(session.as_mut(), &revision.version).await.map_err(lost_or_connect)?;
            begun = text.map(|text| (revision.version.clone(), text));
        }
        let live = session.facts().await.map_err(lost_or_connect)?;
        facts = Some(match look.scope {
            Some(scope) => live.within(scope),
            None => live,
        });
    }
    session.close().await;
    Ok(Inspection { server, ledger, histories, leftovers, failures, drift, facts, begun })
}

async fn read_failures(session: &mut dyn Session) -> Result<Vec<Failed>, ApplyError> {
    let sql = format!(
        "SELECT e.version, e.detail, e.kind FROM {p}event e WHERE e.kind IN ('failed', 'cancelled') AND e.id = \
         (SELECT max(l.id) FROM {p}event l WHERE l.version = e.version) ORDER BY e.id",
        p = session.ledger_dialect().prefix
    );
    let rows = session.query(&Query::new(sql, Vec::new())).await.map_err(lost_or_connect)?;
    let failed = |row: &Row| Failed {
        version: required(row, 0),
        detail: required(row, 1),
        cancelled: required(row, 2) == "cancelled",
    };
    Ok(rows.iter().map(failed).collect())
}

/// One revision with everything that the ledger knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the columns of the table `revision`, see docs/ledger.md")]
pub struct RevisionRow {
    pub version: String,
    pub name: String,
    pub kind: String,
    pub state: String,
    pub checksum: String,
    pub release_digest: Option<String>,
    pub commit_id: Option<String>,
    pub author: Option<String>,
    pub applied_by: String,
    pub run_id: String,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub duration_ms: Option<i64>,
    pub statements_total: i64,
    pub statements_applied: i64,
}

/// One entry of the append-only history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the columns of the table `event`, see docs/ledger.md")]
pub struct EventRow {
    pub at: String,
    pub kind: String,
    pub version: Option<String>,
    pub run_id: Option<String>,
    pub actor: Option<String>,
    pub detail: Option<String>,
}

/// The ledger as history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Revisions in the order of application.
    pub revisions: Vec<RevisionRow>,
    /// Events, oldest first.
    pub events: Vec<EventRow>,
}

/// Reads the whole ledger of a target; empty where there is none.
///
/// # Errors
/// [`ApplyError::Connect`] and [`ApplyError::Ledger`].
pub async fn history(database: &dyn Database, connect: &Connect) -> Result<History, ApplyError> {
    let mut session = database.connect(connect).await.map_err(ApplyError::Connect)?;
    let result = read_history(session.as_mut()).await;
    session.close().await;
    result
}

async fn read_history(session: &mut dyn Session) -> Result<History, ApplyError> {
    match read_ledger(session).await {
        Ok(ledger) if !ledger.exists => return Ok(History::default()),
        // What a damaged ledger still tells helps to mend it.
        Ok(_) | Err(ApplyError::Ledger(LedgerError::Damaged(_))) => {}
        Err(error) => return Err(error),
    }
    let dialect = session.ledger_dialect().clone();
    let time = |column: &str| dialect.timestamp_text.replace("{}", column);
    let revisions = format!(
        "SELECT version, name, kind, state, checksum, release_digest, commit_id, author, applied_by, run_id, \
         {started}, {finished}, duration_ms, statements_total, statements_applied FROM {p}revision ORDER BY \
         sequence, version",
        started = time("started_at"),
        finished = time("finished_at"),
        p = dialect.prefix
    );
    let rows = rows_of(session, revisions).await?;
    let revisions = rows
        .iter()
        .map(|row| RevisionRow {
            version: required(row, 0),
            name: required(row, 1),
            kind: required(row, 2),
            state: required(row, 3),
            checksum: required(row, 4),
            release_digest: optional(row, 5),
            commit_id: optional(row, 6),
            author: optional(row, 7),
            applied_by: required(row, 8),
            run_id: required(row, 9),
            started_at: (dialect.timestamp)(&required(row, 10)),
            finished_at: optional(row, 11).as_deref().map(dialect.timestamp),
            duration_ms: optional(row, 12).and_then(|text| text.parse().ok()),
            statements_total: required(row, 13).parse().unwrap_or_default(),
            statements_applied: required(row, 14).parse().unwrap_or_default(),
        })
        .collect();
    let events = format!(
        "SELECT {at}, kind, version, run_id, actor, detail FROM {p}event ORDER BY id",
        at = time("at"),
        p = dialect.prefix
    );
    let events = rows_of(session, events)
        .await?
        .iter()
        .map(|row| EventRow {
            at: (dialect.timestamp)(&required(row, 0)),
            kind: required(row, 1),
            version: optional(row, 2),
            run_id: optional(row, 3),
            actor: optional(row, 4),
            detail: optional(row, 5),
        })
        .collect();
    Ok(History { revisions, events })
}

/// Rows of a table of the ledger; none where it is missing.
async fn rows_of(session: &mut dyn Session, sql: String) -> Result<Vec<Row>, ApplyError> {
    match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => Ok(rows),
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Ok(Vec::new()),
        Err(error) if error.kind == DbErrorKind::Statement => {
            Err(ApplyError::Ledger(LedgerError::Database(error)))
        }
        Err(error) => Err(lost_or_connect(error)),
    }
}

fn optional(row: &Row, column: usize) -> Option<String> {
    row.get(column).cloned().flatten()
}

fn required(row: &Row, column: usize) -> String {
    optional(row, column).unwrap_or_default()
}
