use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sluice_report::{Deployment, Gate, Problem, TargetOutcome, TargetResult};
use sluice_rollout::{Digest, Event, Outcome, ReasonKind, Release, Rollout, TargetState};
use sluice_store::{RunnerLock, Store, StoreError, StoredChange, StoredRelease};

use crate::args;
use crate::authors::authors;
use crate::context::Context;
use crate::driver::{self, Computed, Driver, Ran, is_paused_by_failures, lost};
use crate::error::{CliError, Exit};
use crate::planning::{Survey, survey};
use crate::preparation::{Preparation, STATE, open_rollout};
use crate::question::{confirm, counted};
use crate::sites::Site;
use crate::tracker::{gates, word};

/// `sluice deploy`
pub fn run(context: &Context, args: &args::Deploy) -> Result<Exit, CliError> {
    let sites = context.distinct_sites()?;
    let wait = duration(args.wait.as_deref(), "--wait")?.unwrap_or(Duration::ZERO);
    let lock_wait =
        duration(args.lock_wait.as_deref(), "--lock-wait")?.unwrap_or(context.config().apply.lock_wait);
    // A plan that turns out to be stale is made again, and what people approved counts if the effect is the same.
    for again in [false, true, true, true, true] {
        if let Some(exit) = attempt(context, &sites, wait, lock_wait, again)? {
            return Ok(exit);
        }
    }
    Err(CliError::new(
        Exit::Failed,
        sluice_report::Problem::error("the databases keep moving away from the plan").help(Some(
            "somebody else deploys to them: wait for it and run the same command again".to_owned(),
        )),
    ))
}

/// One plan and its rollout; `None` when the plan turned out to be stale. Nobody is asked `again`.
fn attempt(
    context: &Context,
    sites: &[Site<'_>],
    wait: Duration,
    lock_wait: Duration,
    again: bool,
) -> Result<Option<Exit>, CliError> {
    let content = context.digest();
    let surveys = survey(context, sites, false);
    let targets = sites.iter().map(|site| &site.target.name).collect();
    if surveys.iter().all(Survey::is_up_to_date)
        && !((again || context.may_be_rolled_out(&content)) && open_rollout(&content, &targets)?.is_some())
    {
        context.output.result(&nothing_to_do(&content, sites, &surveys));
        return Ok(Some(Exit::Done));
    }
    let (_lock, waited) = runner_lock(context, lock_wait)?;
    let surveys = if waited { survey(context, sites, false) } else { surveys };
    let origin = context.project.origin();
    if let Some(problem) = &origin.problem {
        context.output.message(&format!("warning: {problem}"));
    }
    let authors = authors(context, &origin, sites, &surveys);
    let release = context.project.release(origin.provenance);
    let prepared = Preparation::new(context, sites, &release, surveys, authors)?;
    if !again {
        confirm(context, sites, &prepared.surveys)?;
    }
    put_release(&mut Store::open(Path::new(STATE))?, &release)?;
    let mut tracker = prepared.tracker()?;

    let now = Timestamp::now();
    let mut events = lost(&tracker);
    events.extend(driver::again(&tracker));
    events.push(Event::Started);
    events.extend(prepared.authors(tracker.rollout()));
    events.extend(prepared.observations(tracker.rollout(), now));
    events.extend(prepared.replan(tracker.rollout()));
    tracker.learn(events, now)?;

    let mut identity = context.identity();
    identity.release_digest = Some(release.digest.0.clone());
    (identity.commit_id, identity.author) =
        context.authorship(&release.provenance, pending(&prepared.surveys));
    let planned = prepared.covers().clone();
    let undated = prepared.undated.clone();
    let computed = sites.iter().zip(&prepared.surveys);
    let ways = computed
        .filter_map(|(site, survey)| Some((site.target.name.clone(), Computed::of(survey)?)))
        .collect();
    let driver = Driver { context, sites, tracker, identity, planned, ways, undated, wait };
    let ran = driver.run()?;
    if ran.stale {
        return Ok(None);
    }
    let exit = ran.exit;
    context.output.result(&deployment(sites, &release.digest, &prepared.surveys, ran));
    Ok(Some(exit))
}

/// Indexes of the changes that are to be run anywhere.
fn pending(surveys: &[Survey]) -> BTreeSet<usize> {
    let found = surveys.iter().filter_map(|survey| survey.found.as_ref().ok());
    found.flat_map(|(_, decision)| decision.pending.iter().map(|(index, _)| *index)).collect()
}

/// The right to run rollouts of this project on this machine; waits for another process, and says so. Also tells
/// whether it had to wait.
fn runner_lock(context: &Context, wait: Duration) -> Result<(RunnerLock, bool), CliError> {
    let until = Instant::now() + wait;
    let mut told = false;
    loop {
        let holder = match RunnerLock::try_take(Path::new(STATE), "deploy") {
            Ok(lock) => return Ok((lock, told)),
            Err(StoreError::Running { holder }) => {
                holder.map_or_else(|| "another process".to_owned(), |it| it.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        if context.cancel.is_cancelled() {
            return Err(CliError::new(Exit::Cancelled, sluice_report::Problem::error("cancelled")));
        }
        if Instant::now() >= until {
            return Err(CliError::new(
                Exit::Failed,
                sluice_report::Problem::error(format!("this project is being deployed by {holder}"))
                    .help(Some("wait for it and run the same command again".to_owned())),
            ));
        }
        if !told {
            told = true;
            context.output.message(&format!("waiting for {holder}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Keeps a release; the same content is the same release.
///
/// # Errors
/// A store that takes no writes.
pub fn put_release(store: &mut Store, release: &Release) -> Result<sluice_store::Put, CliError> {
    let changes = release
        .changes
        .iter()
        .map(|change| StoredChange {
            path: change.up.file.path().to_owned(),
            version: change.version.clone(),
            name: change.name.clone(),
            kind: change.kind,
            checksum: change.checksum.to_string(),
        })
        .collect();
    Ok(store.put_release(&StoredRelease {
        digest: release.digest.clone(),
        project: release.project.clone(),
        created_at: Timestamp::now().to_string(),
        provenance: release.provenance.clone(),
        changes,
        configuration: release.configuration.clone(),
    })?)
}

fn nothing_to_do(release: &Digest, sites: &[Site<'_>], surveys: &[Survey]) -> Deployment {
    Deployment {
        release: release.0.clone(),
        plan: None,
        rollout: None,
        outcome: "nothing-to-do".to_owned(),
        targets: sites.iter().zip(surveys).map(|(site, survey)| up_to_date(site, survey)).collect(),
        gates: Vec::new(),
        next: None,
    }
}

fn up_to_date(site: &Site<'_>, survey: &Survey) -> TargetResult {
    TargetResult {
        name: site.target.name.0.clone(),
        environment: site.target.environment.clone(),
        outcome: TargetOutcome::UpToDate,
        applied: Vec::new(),
        skipped: survey.found.as_ref().map_or(0, |(_, decision)| decision.skipped.len()),
        milliseconds: 0,
        problems: Vec::new(),
    }
}

/// What was done in this run, in the order of the databases, with what was up to date before it.
fn deployment(sites: &[Site<'_>], release: &Digest, surveys: &[Survey], ran: Ran) -> Deployment {
    let now = Timestamp::now();
    let mut results: HashMap<String, TargetResult> =
        ran.results.into_iter().map(|result| (result.name.clone(), result)).collect();
    let rollout = ran.tracker.rollout();
    let over_budget = is_paused_by_failures(rollout);
    let kept = over_budget || rollout.has_accepted_failures();
    let targets: Vec<TargetResult> = sites
        .iter()
        .zip(surveys)
        .filter_map(|(site, survey)| {
            let ran = results.remove(&site.target.name.0);
            ran.or_else(|| survey.is_up_to_date().then(|| up_to_date(site, survey)))
                .or_else(|| if kept || rollout.is_over_budget() { left(site, rollout) } else { None })
        })
        .collect();
    let waits = matches!(ran.outcome, Outcome::WaitingAtGate | Outcome::Paused | Outcome::Rejected);
    let id = ran.tracker.id().to_owned();
    let plan = ran.tracker.rollout().plan().0.clone();
    let gates: Vec<_> = if waits {
        let failed = ReasonKind::TargetFailed;
        // The databases that failed are told one by one.
        let told = |gate: &Gate| gate.result == "pass" || (over_budget && gate.gate == word(&failed));
        gates(rollout, now).into_iter().filter(|gate| !told(gate)).collect()
    } else {
        Vec::new()
    };
    let next = match ran.outcome {
        _ if ran.exit == Exit::Cancelled => Some("the same command again goes on".to_owned()),
        Outcome::Succeeded | Outcome::Cancelled => None,
        Outcome::WaitingAtGate if gates.iter().any(|gate| gate.gate == "approval") => {
            let plan = ran.tracker.rollout().plan().short();
            Some(format!("`sluice rollout approve {id} --plan {plan}`, then the same command again"))
        }
        Outcome::WaitingAtGate
            if let Some(stage) = gates
                .iter()
                .find(|gate| gate.gate == word(&ReasonKind::PreviousStage) && gate.opens_at.is_none()) =>
        {
            let after = rollout.stages().iter().find(|known| known.environment.name == stage.environment);
            after
                .and_then(|stage| stage.after.as_ref())
                .map(|after| format!("`sluice deploy --env {after}` first, then the same command again"))
        }
        Outcome::WaitingAtGate => {
            Some("the same command again when the gate is open, or with --wait TIME".to_owned())
        }
        Outcome::Paused if over_budget => Some(format!(
            "`sluice rollout retry {id}` to try again what failed, or `sluice rollout resume {id}` to accept the \
             failures and go on with {} not attempted yet; then the same command again",
            counted(rollout.waiting().count(), "database")
        )),
        Outcome::Paused => Some(format!("`sluice rollout resume {id}`, then the same command again")),
        Outcome::Failed | Outcome::Inconclusive => {
            Some("mend what is wrong, then the same command again".to_owned())
        }
        Outcome::Rejected => Some("a new commit makes a new release".to_owned()),
    };
    Deployment {
        release: release.0.clone(),
        plan: Some(plan),
        rollout: Some(id),
        outcome: if ran.exit == Exit::Cancelled {
            "cancelled"
        } else {
            crate::tracker::outcome_word(ran.outcome)
        }
        .to_owned(),
        targets,
        gates,
        next,
    }
}

/// A database that this run has not touched, because too many have failed or its own failure was accepted.
fn left(site: &Site<'_>, rollout: &Rollout) -> Option<TargetResult> {
    let run = rollout.target(&site.target.name)?;
    let (outcome, problems) = match &run.state {
        TargetState::Failed { message, .. } => {
            let problem = Problem::error(message.clone()).at(site.target.name.0.clone());
            (TargetOutcome::Failed, vec![problem])
        }
        TargetState::Pending => (TargetOutcome::NotAttempted, Vec::new()),
        _ => return None,
    };
    Some(TargetResult {
        name: site.target.name.0.clone(),
        environment: site.target.environment.clone(),
        outcome,
        applied: Vec::new(),
        skipped: 0,
        milliseconds: 0,
        problems,
    })
}

fn duration(text: Option<&str>, option: &str) -> Result<Option<Duration>, CliError> {
    text.map(|text| {
        sluice_project::config::duration(text)
            .map_err(|message| CliError::usage(format!("{option}: {message}")))
    })
    .transpose()
}
