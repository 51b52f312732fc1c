use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sluice_project::git;
use sluice_report::{RolloutList, RolloutSummary};
use sluice_rollout::{Event, Identity, Outcome, TargetName, TargetState};
use sluice_runner::decision::{Decision, check_approver, check_open, check_plan};
use sluice_store::{Store, StoredRollout};

use crate::args;
use crate::context::user_at_host;
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::preparation::{STATE, is_over};
use crate::sites;
use crate::tracker::{self, Tracker};

/// `sluice rollout …`, of rollouts that exist
pub fn run(folder: &Folder, command: &args::Rollout) -> Result<Exit, CliError> {
    match command {
        // It is `sluice deploy`, which reads the files.
        args::Rollout::Start(_) => {}
        args::Rollout::List => return list(folder),
        args::Rollout::Show(name) | args::Rollout::Why(name) => {
            let tracker = open(name.rollout.as_deref())?;
            show(folder, &tracker)?;
            return Ok(Exit::Done);
        }
        args::Rollout::Watch(name) => return watch(folder, open(name.rollout.as_deref())?),
        args::Rollout::Approve(approve) => {
            let mut tracker = open(approve.rollout.as_deref())?;
            check_open(&tracker, Decision::Approve)?;
            check_plan(&tracker, approve.plan.as_deref())?;
            let by = person()?;
            let (release, plan) = (tracker.rollout().release().clone(), tracker.rollout().plan().clone());
            let environment = folder.global.env.clone();
            let before = tracker.rollout().approvals().len();
            check_approver(&tracker, &by, environment.as_deref())?;
            let event = Event::Approved { by: by.clone(), release, plan, environment };
            tracker.decide(event, Timestamp::now())?;
            let counted = tracker.rollout().approvals().len() > before;
            let text = if counted {
                format!("{by} approves {}", tracker.id())
            } else {
                format!("{by} has approved {} already", tracker.id())
            };
            folder.output.message(&text);
            show(folder, &tracker)?;
            if tracker::status(tracker.rollout(), Timestamp::now()) == "ready" {
                folder.output.message("next: `sluice deploy` goes on");
            }
        }
        args::Rollout::Reject(decide) => {
            let mut tracker = open(decide.rollout.as_deref())?;
            check_open(&tracker, Decision::Reject)?;
            let by = person()?;
            let environment = folder.global.env.clone();
            check_approver(&tracker, &by, environment.as_deref())?;
            let event = Event::Rejected {
                by,
                release: tracker.rollout().release().clone(),
                plan: tracker.rollout().plan().clone(),
                environment,
                reason: decide.reason.clone().unwrap_or_else(|| "no reason given".to_owned()),
            };
            decided(folder, &mut tracker, event)?;
        }
        args::Rollout::Pause(decide) => {
            let mut tracker = open(decide.rollout.as_deref())?;
            check_open(&tracker, Decision::Pause)?;
            decided(folder, &mut tracker, Event::Paused { by: somebody(decide) })?;
        }
        args::Rollout::Resume(decide) => {
            let mut tracker = open(decide.rollout.as_deref())?;
            check_open(&tracker, Decision::Resume)?;
            decided(folder, &mut tracker, Event::Resumed { by: somebody(decide), accept_failures: true })?;
        }
        args::Rollout::Cancel(decide) => {
            let mut tracker = open(decide.rollout.as_deref())?;
            check_open(&tracker, Decision::Cancel)?;
            decided(folder, &mut tracker, Event::CancelRequested { by: somebody(decide) })?;
        }
        args::Rollout::Retry(decide) => {
            let mut tracker = open(decide.rollout.as_deref())?;
            check_open(&tracker, Decision::Retry)?;
            for event in retries(folder, &tracker)? {
                tracker.decide(event, Timestamp::now())?;
            }
            show(folder, &tracker)?;
            folder.output.message("next: `sluice deploy` tries again");
        }
    }
    Ok(Exit::Done)
}

/// The rollout that a person names; the latest one that is not over, or the latest one.
fn open(name: Option<&str>) -> Result<Tracker, CliError> {
    let store = Store::open(Path::new(STATE))?;
    let stored: StoredRollout = match name {
        Some(name) => store.rollout(name)?,
        None => {
            let mut rollouts = store.rollouts()?;
            let open = rollouts.iter().position(|rollout| !is_over(&rollout.status)).unwrap_or(0);
            if rollouts.is_empty() {
                return Err(CliError::usage("there is no rollout yet").help("`sluice deploy` starts one"));
            }
            let latest = rollouts.swap_remove(open);
            store.rollout(&latest.id)?
        }
    };
    Tracker::open(store, stored)
}

fn show(folder: &Folder, tracker: &Tracker) -> Result<(), CliError> {
    folder.output.result(&tracker.detail(Timestamp::now())?);
    Ok(())
}

fn list(folder: &Folder) -> Result<Exit, CliError> {
    let rollouts = Store::open(Path::new(STATE))?
        .rollouts()?
        .into_iter()
        .map(|rollout| RolloutSummary {
            name: rollout.id,
            release: rollout.release.0,
            status: rollout.status,
            created_at: rollout.created_at,
            updated_at: rollout.updated_at,
        })
        .collect();
    folder.output.result(&RolloutList { rollouts });
    Ok(Exit::Done)
}

/// Follows a rollout that another process runs until it ends or waits for somebody.
fn watch(folder: &Folder, mut tracker: Tracker) -> Result<Exit, CliError> {
    loop {
        let outcome = tracker.rollout().outcome(Timestamp::now());
        if let Some(outcome) = outcome {
            show(folder, &tracker)?;
            return Ok(match outcome {
                Outcome::Succeeded => Exit::Done,
                Outcome::Failed | Outcome::Cancelled => Exit::Failed,
                Outcome::WaitingAtGate | Outcome::Paused => Exit::Waiting,
                Outcome::Inconclusive => Exit::Inconclusive,
                Outcome::Rejected => Exit::Findings,
            });
        }
        if folder.cancel.is_cancelled() {
            return Ok(Exit::Cancelled);
        }
        std::thread::sleep(Duration::from_millis(250));
        if tracker.refresh()? && folder.output.verbose {
            show(folder, &tracker)?;
        }
    }
}

fn decided(folder: &Folder, tracker: &mut Tracker, event: Event) -> Result<(), CliError> {
    tracker.decide(event, Timestamp::now())?;
    show(folder, tracker)
}

/// What is tried again: what failed, on the databases that `--env` and `--database` select.
fn retries(folder: &Folder, tracker: &Tracker) -> Result<Vec<Event>, CliError> {
    let runs = tracker.rollout().targets().iter();
    let failed: Vec<&TargetName> = runs
        .filter(|run| run.state.is_failed() || matches!(run.state, TargetState::Inconclusive { .. }))
        .map(|run| &run.name)
        .collect();
    if failed.is_empty() {
        return Err(CliError::usage(format!("nothing in rollout {} has failed", tracker.id()))
            .help("`sluice rollout why` shows what it waits for"));
    }
    if folder.global.env.is_none() && folder.global.database.is_none() {
        return Ok(vec![Event::RetryRequested { target: None }]);
    }
    let config = folder.config()?;
    let sites = sites::select(&config, &folder.global.selection())?;
    let chosen: Vec<Event> = sites
        .into_iter()
        .filter(|site| failed.contains(&&site.target.name))
        .map(|site| Event::RetryRequested { target: Some(site.target.name) })
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = failed.iter().take(10).map(|name| name.0.as_str()).collect();
        return Err(CliError::usage("none of the selected databases has failed").help(format!(
            "failed in rollout {}: {}",
            tracker.id(),
            names.join(", ")
        )));
    }
    Ok(chosen)
}

/// The person at the keyboard, by git's configuration.
pub(super) fn person() -> Result<Identity, CliError> {
    git::actor(Path::new(".")).ok_or_else(|| {
        CliError::usage("git does not say who you are")
            .help("git config user.name and user.email, or SLUICE_ACTOR=\"Name <mail>\"")
    })
}

fn somebody(decide: &args::Decide) -> String {
    let who = git::actor(Path::new(".")).map_or_else(user_at_host, |identity| identity.to_string());
    match &decide.reason {
        Some(reason) => format!("{who}: {reason}"),
        None => who,
    }
}
