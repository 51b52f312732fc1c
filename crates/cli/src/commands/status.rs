use sluice_engine::Inspection;
use sluice_engine::drift::Standing;
use sluice_report::{DatabaseStatus, LastChange, Problem, State, Status};
use sluice_rollout::{Change, ChangeKind, Decision, RevisionState, version_key};

use crate::commands::drift;
use crate::context::Context;
use crate::error::{CliError, Exit, exit_of, problem_of, problems_of};
use crate::planning::{Survey, survey};
use crate::sites::Site;

/// `sluice status`
///
/// Exit code: the worst of all databases, see [`Exit::worse`]; 1 where a history does not fit, 2 where the files are wrong: what the
/// ledgers say is shown all the same.
pub fn run(context: &Context) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    let surveys = survey(context, &sites, true);
    let targets: Vec<DatabaseStatus> =
        sites.iter().zip(&surveys).map(|(site, survey)| status(context, site, survey)).collect();
    let right = context.wrong_files.is_empty();
    let release = right.then(|| context.digest().0);
    context.output.result(&Status { release, targets, problems: context.wrong_files.clone() });
    let of_files = if right { Exit::Done } else { Exit::Usage };
    Ok(surveys.iter().map(exit).fold(of_files, Exit::worse))
}

fn exit(survey: &Survey) -> Exit {
    match &survey.found {
        Ok((_, decision)) if decision.is_refused() => Exit::Findings,
        Ok(_) => Exit::Done,
        Err(error) => exit_of(error),
    }
}

fn status(context: &Context, site: &Site<'_>, survey: &Survey) -> DatabaseStatus {
    let mut status = DatabaseStatus {
        name: site.target.name.0.clone(),
        environment: site.target.environment.clone(),
        server: None,
        state: State::Unreachable,
        version: None,
        pending: None,
        last_change: None,
        drift: if drift::response(context.config()).is_some() { "unknown" } else { "off" }.to_owned(),
        leftovers: Vec::new(),
        problems: Vec::new(),
    };
    match &survey.found {
        Err(error) => {
            if matches!(error, sluice_engine::ApplyError::Ledger(_)) {
                status.state = State::Refused;
            }
            status.problems = problems_of(error, &status.name);
        }
        Ok((inspection, decision)) => {
            let changes = context.project.changes();
            let pending: Vec<&Change> =
                decision.pending.iter().filter_map(|(index, _)| changes.get(*index)).collect();
            let pending = context.wrong_files.is_empty().then_some(pending.as_slice());
            fill(&mut status, inspection, decision, pending);
        }
    }
    status
}

/// `pending` is what is to be run, where that is known.
fn fill(
    status: &mut DatabaseStatus,
    inspection: &Inspection,
    decision: &Decision,
    pending: Option<&[&Change]>,
) {
    let revisions = &inspection.ledger.revisions;
    let any = |state: RevisionState| revisions.iter().any(|revision| revision.state == state);
    // What failed and is not pending any more was taken out of the repository.
    let is_pending = |version: &str| {
        let key = version_key(version);
        pending.is_none_or(|pending| pending.iter().any(|change| change.key == key))
    };
    let failures: Vec<_> = inspection.failures.iter().filter(|failed| is_pending(&failed.version)).collect();
    let cancelled = |version: &str| failures.iter().any(|it| it.cancelled && it.version == version);
    let failed = failures.iter().any(|failed| !failed.cancelled)
        || revisions
            .iter()
            .any(|revision| revision.state == RevisionState::Failed && !cancelled(&revision.version));
    status.server = Some(inspection.server.product.clone());
    match &inspection.drift {
        Some(Standing::Same { .. }) => status.drift = "none".to_owned(),
        Some(Standing::Drifted(_)) => status.drift = "drifted".to_owned(),
        Some(Standing::Unknown(_)) | None => {}
    }
    status.state = if decision.is_refused() {
        State::Refused
    } else if failed {
        State::Failed
    } else if !failures.is_empty() {
        State::Cancelled
    } else if any(RevisionState::Applying) {
        State::Unfinished
    } else {
        match pending {
            None => State::Unknown,
            Some([]) => State::UpToDate,
            Some(_) => State::Pending,
        }
    };
    status.version = revisions
        .iter()
        .rfind(|revision| revision.kind != ChangeKind::Repeatable && revision.state.is_complete())
        .map(|revision| revision.version.clone());
    status.pending = pending.map(<[_]>::len);
    status.last_change = revisions
        .iter()
        .filter(|revision| revision.finished_at.is_some())
        .max_by(|left, right| left.finished_at.cmp(&right.finished_at))
        .map(|revision| LastChange {
            version: revision.version.clone(),
            finished_at: revision.finished_at.clone(),
        });
    status.leftovers = inspection
        .leftovers
        .iter()
        .map(|leftover| format!("{}; remove it with: {}", leftover.what, leftover.remove_with))
        .collect();
    status.problems = decision.problems.iter().map(|problem| problem_of(problem, &status.name)).collect();
    status.problems.extend(failures.into_iter().map(|failed| {
        let (version, detail) = (&failed.version, &failed.detail);
        if failed.cancelled {
            Problem::warning(format!("change {version} was cancelled: {detail}"))
                .help(Some("run the same command again: `sluice deploy` goes on with it".to_owned()))
        } else {
            Problem::error(format!("change {version} failed: {detail}"))
                .help(Some("mend what is wrong; `sluice deploy` tries it again".to_owned()))
        }
    }));
}
