use sluice_report::Problem;
use sluice_rollout::{Digest, Identity, NotCounted, Outcome, RolloutState};

use crate::error::{Exit, RunError};
use crate::tracker::Tracker;

/// What a person decides about a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Agrees to its plan.
    Approve,
    /// Refuses its plan, for good.
    Reject,
    /// Holds it.
    Pause,
    /// Lets it go on.
    Resume,
    /// Ends it, for good.
    Cancel,
    /// Tries again what failed.
    Retry,
}

/// Refuses a decision that would change nothing, because the rollout is over.
///
/// # Errors
/// The rollout is over.
pub fn check_open(tracker: &Tracker, decision: Decision) -> Result<(), RunError> {
    use Decision::{Cancel, Resume, Retry};
    let (rollout, id) = (tracker.rollout(), tracker.id());
    let (outcome, help) = match (rollout.state(), decision) {
        (RolloutState::Created | RolloutState::Running, _)
        | (RolloutState::Stopping { .. }, Cancel)
        | (RolloutState::Finished { outcome: Outcome::Failed }, Retry | Cancel) => return Ok(()),
        // The failures no longer stand in the way of other rollouts of the release.
        (RolloutState::Finished { outcome: Outcome::Failed }, Resume) if rollout.is_over_budget() => {
            return Ok(());
        }
        (RolloutState::Finished { outcome: Outcome::Failed }, _) => (
            Outcome::Failed,
            format!(
                "`sluice rollout retry {id}` opens it again, `sluice rollout cancel {id}` ends it for good"
            ),
        ),
        (RolloutState::Stopping { outcome } | RolloutState::Finished { outcome }, _) => {
            (outcome, "`sluice rollout list` shows the others; `sluice deploy` makes a new one".to_owned())
        }
    };
    let message = format!("rollout {id} is over ({outcome}): nothing is left to decide about it");
    Err(RunError::usage(message).help(help))
}

/// Refuses to approve another plan than the one that was looked at.
///
/// # Errors
/// The rollout has another plan.
pub fn check_plan(tracker: &Tracker, seen: Option<&str>) -> Result<(), RunError> {
    const SHORTEST: usize = 6;
    let Some(seen) = seen else { return Ok(()) };
    let digits = seen.strip_prefix("sha256:").unwrap_or(seen).to_lowercase();
    if digits.len() < SHORTEST || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(RunError::usage(format!("--plan: `{seen}` is no digest of a plan"))
            .help(format!("give at least the first {SHORTEST} digits of what `sluice plan` shows")));
    }
    let of = |plan: &Digest| plan.0.strip_prefix("sha256:").is_some_and(|plan| plan.starts_with(&digits));
    let rollout = tracker.rollout();
    if rollout.plans().any(of) {
        return Ok(());
    }
    let message = format!("the plan of rollout {} is {}, not {seen}", tracker.id(), rollout.plan().short());
    Err(RunError::new(Exit::Findings, Problem::error(message)).help(
        "`sluice plan` shows what would run now; `sluice deploy` brings the rollout up to date with it",
    ))
}

/// Says at once why a decision would not count, instead of keeping it in silence.
///
/// # Errors
/// No rule is left that the person counts for.
pub fn check_approver(tracker: &Tracker, by: &Identity, environment: Option<&str>) -> Result<(), RunError> {
    let rollout = tracker.rollout();
    let people = rollout.people();
    let rules: Vec<_> = rollout
        .stages()
        .iter()
        .filter(|stage| environment.is_none_or(|name| name == stage.environment.name))
        .flat_map(|stage| &stage.environment.approvals)
        .collect();
    if rules.is_empty() {
        return Err(RunError::usage("nothing in this rollout wants an approval")
            .help("`sluice rollout why` shows what it waits for"));
    }
    let mut refusal = None;
    for rule in rules {
        match rule.eligible(by, people, rollout.authors()) {
            Ok(()) => return Ok(()),
            // Whoever wrote the release is named by a rule: that is what keeps the decision from counting.
            Err(NotCounted::Author) => refusal = Some(NotCounted::Author),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    let reason = refusal.map(|reason| reason.to_string()).unwrap_or_default();
    Err(RunError::new(
        Exit::Findings,
        Problem::error(format!("the decision of {by} does not count: {reason}"))
            .help(Some("somebody else must decide; `sluice rollout why` names who may".to_owned())),
    ))
}
