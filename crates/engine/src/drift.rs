//! What was done to a schema behind the ledger's back: the snapshot that was kept after the last change, held against the
//! schema as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_facts::{Change, Diff, Digest, Fact, Kind, Scope, Snapshot};
use sluice_rollout::Ledger;

use crate::event::{Event, EventSink};
use crate::failure::ApplyError;
use crate::ledger::Writer;
use crate::{DbError, DbErrorKind, Query, Session, Step};

/// More differences than this are not told one by one in a message.
const TOLD: usize = 8;

/// What to do where the schema is not as the last change has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDrift {
    /// Run nothing.
    Refuse,
    /// Say so and go on.
    Warn,
    /// Take it for what the changes lead to.
    Adopt,
}

/// How a schema stands to the last change.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Nothing can be said: why.
    Unknown(&'static str),
    /// It is as the change has left it.
    Same {
        /// Version of the change.
        since: String,
    },
    /// It is not.
    Drifted(Box<Drift>),
}

/// A schema that is not as the last change has left it.
#[derive(Debug, Clone)]
pub struct Drift {
    /// Version of the last change.
    pub since: String,
    /// When the snapshot was taken, RFC 3339 in UTC, by the database's clock.
    pub taken_at: String,
    /// The schema that the change has left.
    pub kept: Snapshot,
    /// The schema as it is.
    pub live: Snapshot,
}

/// How much a difference matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing that programs notice: a comment, statistics.
    Harmless,
    /// Something was made or altered by hand.
    HandMade,
    /// Something is gone, or other values or other people are let in.
    Dangerous,
}

impl Class {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::HandMade => "hand-made",
            Self::Dangerous => "dangerous",
        }
    }

    /// The class of a fact that is there and should not be.
    pub fn of_added(fact: &Fact) -> Self {
        match fact.kind {
            Kind::Comment | Kind::Statistics => Self::Harmless,
            Kind::Grant | Kind::DefaultPrivileges => Self::Dangerous,
            _ => Self::HandMade,
        }
    }

    /// The class of a fact that should be there and is not.
    pub fn of_removed(fact: &Fact) -> Self {
        match fact.kind {
            Kind::Comment | Kind::Statistics => Self::Harmless,
            Kind::Index => Self::HandMade,
            _ => Self::Dangerous,
        }
    }

    /// The class of a fact that is another one.
    pub fn of_altered(change: &Change<'_>) -> Self {
        match change.new.kind {
            Kind::Comment | Kind::Statistics => Self::Harmless,
            Kind::Column | Kind::Constraint | Kind::Policy | Kind::Grant | Kind::DefaultPrivileges => {
                Self::Dangerous
            }
            _ => Self::HandMade,
        }
    }
}

impl Drift {
    /// What differs: from what the change has left to what is there.
    pub fn diff(&self) -> Diff<'_> {
        Diff::between(&self.kept, &self.live)
    }
}

/// Holds the schema against the snapshot after the last change.
///
/// # Errors
/// A database that does not answer, or does not let the catalog be read.
pub async fn stand(
    session: &mut dyn Session,
    ledger: &Ledger,
    scope: Option<&dyn Scope>,
) -> Result<Standing, DbError> {
    let Some(last) = ledger.revisions.last() else {
        return Ok(Standing::Unknown("no change is recorded"));
    };
    if ledger.revisions.iter().any(|revision| !revision.state.is_complete()) {
        return Ok(Standing::Unknown("a change is unfinished"));
    }
    let dialect = session.ledger_dialect();
    let sql = format!(
        "SELECT version, {taken_at}, fingerprint FROM {p}snapshot WHERE fence = (SELECT max(fence) FROM {p}snapshot) \
         AND fence >= (SELECT max(fence) FROM {p}revision)",
        taken_at = dialect.timestamp_text.replace("{}", "taken_at"),
        p = dialect.prefix
    );
    let content = format!("SELECT content FROM {p}snapshot WHERE version = ?", p = dialect.prefix);
    let timestamp = dialect.timestamp;
    let rows = match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => rows,
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Vec::new(),
        Err(error) => return Err(error),
    };
    let text = |column: usize| rows.first().and_then(|row| row.get(column)?.as_deref()).unwrap_or_default();
    if text(0) != last.version {
        return Ok(Standing::Unknown("no snapshot was kept after the last change"));
    }
    let (since, taken_at) = (last.version.clone(), timestamp(text(1)));
    let live = match session.facts().await {
        Ok(live) => live,
        Err(error) if error.kind == DbErrorKind::Unsupported => {
            return Ok(Standing::Unknown("schemas of this engine are not read as facts yet"));
        }
        Err(error) => return Err(error),
    };
    // What was kept is fetched and unpacked where something differs; the rule is that nothing does.
    if live.fingerprint().to_string() == text(2) {
        return Ok(Standing::Same { since });
    }
    let content = session.query(&Query::new(content, vec![since.as_str().into()])).await?;
    let content = content.first().and_then(|row| row.first()?.as_deref()).unwrap_or_default();
    let bytes = STANDARD.decode(content).ok();
    let Some(kept) = bytes.and_then(|bytes| Snapshot::from_bytes(&bytes).ok()) else {
        return Ok(Standing::Unknown(
            "the snapshot cannot be read: it is damaged, or of a newer version of sluice",
        ));
    };
    let (kept, live) = match scope {
        Some(scope) => (kept.within(scope), live.within(scope)),
        None => (kept, live),
    };
    let (kept, live) = (kept.leaving_out(&live), live.leaving_out(&kept));
    if live.fingerprint() == kept.fingerprint() {
        return Ok(Standing::Same { since });
    }
    Ok(Standing::Drifted(Box::new(Drift { since, taken_at, kept, live })))
}

/// Looks before a change is applied, and does what is to be done.
pub(crate) async fn check(
    session: &mut dyn Session,
    ledger: &Ledger,
    scope: Option<&dyn Scope>,
    on_drift: OnDrift,
    events: &EventSink,
) -> Result<(), ApplyError> {
    let Standing::Drifted(drift) =
        stand(session, ledger, scope).await.map_err(crate::apply::lost_or_connect)?
    else {
        return Ok(());
    };
    let facts = drift.diff().words(TOLD, "was added", "is gone");
    match on_drift {
        OnDrift::Refuse => Err(ApplyError::Drifted { since: drift.since, facts }),
        OnDrift::Warn | OnDrift::Adopt => {
            let taken = if on_drift == OnDrift::Adopt { "; that is official now" } else { "" };
            let message =
                format!("the schema has drifted since change {}: {}{taken}", drift.since, facts.join(", "));
            events(Event::Warning { message });
            Ok(())
        }
    }
}

/// Keeps the schema as it is after a run. What cannot be kept does not undo the run: it is said.
pub(crate) async fn keep(
    session: &mut dyn Session,
    writer: &Writer,
    version: &str,
    events: &EventSink,
) -> Result<(), ApplyError> {
    let kept = async {
        let (_, steps) = take(session, writer, version).await?;
        session.transaction(&steps).await.map_err(|error| error.error)
    };
    match kept.await {
        Ok(()) => Ok(()),
        Err(error) if error.kind == DbErrorKind::ConnectionLost => Err(ApplyError::Lost(error)),
        Err(error) => {
            events(Event::Warning {
                message: format!("drift will not be seen: no snapshot was kept: {error}"),
            });
            Ok(())
        }
    }
}

/// The fingerprint of the schema as it is, and what keeps it.
pub(crate) async fn take(
    session: &mut dyn Session,
    writer: &Writer,
    version: &str,
) -> Result<(Digest, Vec<Step<'static>>), DbError> {
    session.reset().await?;
    let snapshot = session.facts().await?;
    let create = Query::new(session.ledger_dialect().create_snapshot.clone(), Vec::new());
    session.query(&create).await?;
    let bytes =
        snapshot.to_bytes().map_err(|error| DbError::new(DbErrorKind::Statement, error.to_string()))?;
    let fingerprint = snapshot.fingerprint();
    let queries = writer.put_snapshot(version, &fingerprint.to_string(), STANDARD.encode(bytes));
    Ok((fingerprint, queries.into_iter().map(Step::Own).collect()))
}
