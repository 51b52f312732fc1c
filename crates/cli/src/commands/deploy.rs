use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use sluice_report::{Deployment, Gate, Problem, TargetOutcome, TargetResult};
use sluice_rollout::{Digest, Outcome, ReasonKind, Rollout, TargetState};
use sluice_runner::deploy::{Deploy, Deployed};
use sluice_runner::driver::{Ran, is_paused_by_failures};

use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::planning::Survey;
use crate::question::{confirm, counted};
use crate::sites::Site;
use crate::tracker::{gates, word};

/// `sluice deploy`
pub fn run(context: &Context, args: &args::Deploy) -> Result<Exit, CliError> {
    let sites = context.distinct_sites()?;
    let deploy = Deploy {
        context,
        sites: &sites,
        wait: duration(args.wait.as_deref(), "--wait")?.unwrap_or(Duration::ZERO),
        lock_wait: duration(args.lock_wait.as_deref(), "--lock-wait")?
            .unwrap_or(context.config().apply.lock_wait),
        retry: true,
        confirm: &|surveys| confirm(context, &sites, surveys),
    };
    let Deployed { release, surveys, ran } = deploy.run()?;
    let Some(ran) = ran else {
        context.output.result(&nothing_to_do(&release, &sites, &surveys));
        return Ok(Exit::Done);
    };
    let exit = ran.exit;
    context.output.result(&deployment(&sites, &release, &surveys, ran));
    Ok(exit)
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
