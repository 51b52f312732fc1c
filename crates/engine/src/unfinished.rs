//! Changes that an earlier run left unfinished: what of them is done, and whether the file still says it.

use sluice_rollout::{
    Action, Change, Decision, Ledger, ProblemKind, Response, StatementRecord, StatementState, version_key,
};

use crate::failure::ApplyError;
use crate::script::Prepared;

/// What to do about a change that was edited while it was half applied.
pub const HELP: &str = "put that statement back as it was; what comes after it may be edited";

/// What the ledger says of the statements of an unfinished change; nothing where it is complete or was never begun.
pub fn records<'l>(change: &'l Change, ledger: &'l Ledger) -> impl Iterator<Item = &'l StatementRecord> {
    ledger.statements.iter().filter(|record| version_key(&record.version) == change.key)
}

/// What is applied or in flight must still be what the file says; what failed or was not reached may be edited.
///
/// # Errors
/// [`ApplyError::EditedInFlight`] with the first statement that is not.
pub fn check(change: &Change, prepared: &Prepared, ledger: &Ledger) -> Result<(), ApplyError> {
    for record in records(change, ledger) {
        let what = match record.state {
            StatementState::Applied => "applied",
            StatementState::Intended => "in flight",
            StatementState::Failed => continue,
        };
        let unchanged = prepared
            .statements
            .iter()
            .find(|statement| statement.ordinal == record.ordinal)
            .is_some_and(|statement| statement.checksum == record.checksum);
        if !unchanged {
            return Err(ApplyError::EditedInFlight {
                path: change.up.file.path().to_owned(),
                version: change.version.clone(),
                ordinal: record.ordinal,
                what,
            });
        }
    }
    Ok(())
}

/// Adds to a decision the changes that cannot be resumed because they were edited. A change that `prepare` does not give is
/// left out: its text cannot be cut, which is told elsewhere.
pub fn find_edited(
    decision: &mut Decision,
    changes: &[Change],
    ledger: &Ledger,
    prepare: impl Fn(&Change) -> Option<Prepared>,
) {
    let resumed = decision.pending.iter().filter(|(_, action)| *action == Action::Resume);
    let found: Vec<(String, String)> = resumed
        .filter_map(|(index, _)| changes.get(*index))
        .filter_map(|change| {
            let error = check(change, &prepare(change)?, ledger).err()?;
            Some((change.version.clone(), format!("{}: {error}", change.up.file.path())))
        })
        .collect();
    for (version, message) in found {
        decision.problem(ProblemKind::EditedInFlight, &version, Response::Error, || message);
    }
}
