//! Changes that were computed from the schema of the database: whether they still start where they are, and what is kept of them.

use sluice_facts::{Digest, Scope};
use sluice_rollout::{Action, Change, ChangeKind, Ledger, Revision, StatementState, version_key};

use crate::apply::{Start, Work, lost_or_connect};
use crate::failure::ApplyError;
use crate::ledger::{self, Writer};
use crate::{Query, Session, Step};

/// Holds what is about to run against what it was computed from.
///
/// # Errors
/// [`ApplyError::Stale`] where the schema is another one, where the script that is gone on with is, and where another computed change is
/// in flight.
pub(crate) async fn check(
    session: &mut dyn Session,
    ledger: &Ledger,
    start: &Start<'_>,
    scope: Option<&dyn Scope>,
    work: &Work<'_>,
) -> Result<(), ApplyError> {
    let Some((change, action, _)) = work.first() else { return Ok(()) };
    let stale = |planned: String, found: String| Err(ApplyError::Stale { planned, found });
    if *action == Action::Resume {
        let kept = ledger::script(session, &change.version).await.map_err(lost_or_connect)?;
        if kept.as_deref() == Some(change.up.file.text()) {
            return Ok(());
        }
        return stale(change.version.clone(), "another script of it, which is unfinished".to_owned());
    }
    let in_flight = |version: &str| {
        let mut records = ledger.statements.iter();
        records.any(|record| record.version == version && record.state == StatementState::Intended)
    };
    if let Some(other) = unfinished(ledger, change).find(|revision| in_flight(&revision.version)) {
        return stale(
            change.version.clone(),
            format!("a statement of {}, which is in flight", other.version),
        );
    }
    let mut live = session.facts().await.map_err(lost_or_connect)?;
    if let Some(scope) = scope {
        live = live.within(scope);
    }
    let found = live.leaving_out(start.without).fingerprint();
    if found == start.fingerprint {
        return Ok(());
    }
    let short = |digest: Digest| digest.to_string().chars().take(12).collect::<String>();
    stale(format!("the way from schema {}", short(start.fingerprint)), format!("schema {}", short(found)))
}

/// Computed changes that an earlier run has begun, and that this one stands for.
fn unfinished<'l>(ledger: &'l Ledger, change: &'l Change) -> impl Iterator<Item = &'l Revision> {
    ledger.revisions.iter().filter(|revision| {
        revision.kind == ChangeKind::Declared
            && !revision.state.is_complete()
            && version_key(&revision.version) != change.key
    })
}

/// Adds to the first transaction of a run what is kept of its computed change: the script, and that it stands for others that were
/// never finished.
pub(crate) async fn keep(
    session: &mut dyn Session,
    ledger: &Ledger,
    writer: &Writer,
    work: &Work<'_>,
    prelude: &mut Vec<Step<'static>>,
) -> Result<(), ApplyError> {
    let Some((change, action, _)) = work.first() else { return Ok(()) };
    if *action == Action::Resume {
        return Ok(());
    }
    let dialect = session.ledger_dialect();
    let create = Query::new(dialect.create_script.clone(), Vec::new());
    if dialect.create_is_transactional {
        prelude.push(Step::Own(create));
    } else {
        session.query(&create).await.map_err(lost_or_connect)?;
    }
    let script = writer.put_script(&change.version, change.up.file.text());
    prelude.extend(script.into_iter().map(Step::Own));
    for revision in unfinished(ledger, change) {
        prelude.extend(writer.supersede(&revision.version, &change.version).into_iter().map(Step::Own));
    }
    Ok(())
}
