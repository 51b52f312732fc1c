use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Outcome;
use super::rollout::{Rollout, RolloutState, Stage, StageState, TargetRun, TargetState};
use crate::{GateKind, GateVerdict, TargetName};

/// One reason why a rollout waits, or one gate that lets it pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is about.
    pub kind: ReasonKind,
    /// Whether it holds the rollout: only `pass` does not.
    pub verdict: GateVerdict,
    /// Environment of the stage that it is about.
    pub stage: Option<String>,
    /// Target that it is about.
    pub target: Option<TargetName>,
    /// For people.
    pub message: String,
    /// When it goes away by itself.
    pub opens_at: Option<Timestamp>,
    /// When a gate that is open closes by itself.
    pub closes_at: Option<Timestamp>,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the gates are documented at `GateKind`")]
pub enum ReasonKind {
    /// The rollout is over.
    Finished,
    /// It has not been started.
    NotStarted,
    /// It was cancelled or rejected and waits for runners to stop.
    Stopping,
    /// A person paused it.
    Paused,
    /// More targets have failed than allowed.
    FailureBudget,
    /// A target failed.
    TargetFailed,
    /// A person must look at a target.
    TargetInconclusive,
    /// The plan of a target is computed again.
    Replanning,
    /// Runners are at work.
    Working,
    PreviousStage,
    Soak,
    Freeze,
    Window,
    Approval,
}

impl From<GateKind> for ReasonKind {
    fn from(kind: GateKind) -> Self {
        match kind {
            GateKind::PreviousStage => Self::PreviousStage,
            GateKind::Soak => Self::Soak,
            GateKind::Freeze => Self::Freeze,
            GateKind::Window => Self::Window,
            GateKind::Approval => Self::Approval,
        }
    }
}

impl Reason {
    fn holding(kind: ReasonKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            verdict: GateVerdict::Fail,
            stage: None,
            target: None,
            message: message.into(),
            opens_at: None,
            closes_at: None,
        }
    }

    fn of_target(kind: ReasonKind, target: &TargetRun, message: String) -> Self {
        let verdict = match kind {
            ReasonKind::TargetInconclusive => GateVerdict::Inconclusive,
            _ => GateVerdict::Fail,
        };
        Self { verdict, target: Some(target.name.clone()), ..Self::holding(kind, message) }
    }
}

/// How many targets of a kind are named one by one.
const NAMED: usize = 20;

impl Rollout {
    /// Why the rollout does not go on, and every gate of the stages that are not done, open ones included. Never empty; a
    /// rollout that is not over and where nothing runs has at least one reason that holds it.
    pub fn why(&self, now: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        match self.data.state {
            RolloutState::Finished { outcome } => {
                reasons.push(self.finished(outcome));
                self.failures(&mut reasons);
                return reasons;
            }
            RolloutState::Created => reasons.push(Reason::holding(ReasonKind::NotStarted, "not started yet")),
            RolloutState::Running => {}
            RolloutState::Stopping { outcome } => {
                let count = self.index.in_flight.len();
                let message = format!("{outcome}, waits for {} to stop", databases(count));
                reasons.push(Reason::holding(ReasonKind::Stopping, message));
            }
        }
        if let Some(by) = &self.data.paused_by {
            reasons.push(Reason::holding(ReasonKind::Paused, format!("paused by {by}")));
        }
        if let Some(stage) = self.data.stage() {
            self.working(stage, &mut reasons);
        }
        self.failures(&mut reasons);
        for target in self.replanning().take(NAMED) {
            let message = format!("the plan of {} is computed again: its ledger has moved", target.name);
            reasons.push(Reason::of_target(ReasonKind::Replanning, target, message));
        }
        for stage in self.data.stages.iter().filter(|stage| stage.state != StageState::Succeeded) {
            let before = self.data.before(stage, &self.index.done);
            let gates = self.data.gates(stage, before.as_ref()).evaluate(now);
            reasons.extend(gates.into_iter().map(|gate| Reason {
                kind: gate.kind.into(),
                verdict: gate.verdict,
                stage: Some(stage.environment.name.clone()),
                target: None,
                message: gate.reason,
                opens_at: gate.opens_at,
                closes_at: gate.closes_at,
            }));
        }
        reasons
    }

    fn finished(&self, outcome: Outcome) -> Reason {
        let message = match (&self.data.rejection, outcome) {
            (Some(rejection), Outcome::Rejected) => {
                format!("rejected by {}: {}", rejection.by, rejection.reason)
            }
            _ => outcome.to_string(),
        };
        let verdict = if outcome == Outcome::Succeeded { GateVerdict::Pass } else { GateVerdict::Fail };
        Reason { verdict, ..Reason::holding(ReasonKind::Finished, message) }
    }

    /// What runs, and what the budget says.
    fn working(&self, stage: &Stage, reasons: &mut Vec<Reason>) {
        let name = || Some(stage.environment.name.clone());
        let running = self.index.in_flight.len();
        if running > 0 {
            let message = format!(
                "{} running, {} waiting in wave {} of {} (at most {} at the same time)",
                databases(running),
                self.index.ready.len(),
                stage.released,
                stage.waves.len(),
                stage.environment.max_parallel.max(1)
            );
            let reason = Reason::holding(ReasonKind::Working, message);
            reasons.push(Reason { verdict: GateVerdict::Pass, stage: name(), ..reason });
        }
        if self.is_over_budget() {
            let allowed = stage.environment.max_failures.unwrap_or(0);
            let accepted = match stage.accepted_failures {
                0 => String::new(),
                count => format!(" beyond {count} that were accepted"),
            };
            let failed = databases(self.failed());
            let message = match self.waiting().count() {
                0 => format!("{failed} failed, {allowed} allowed{accepted}: retry them"),
                left => format!(
                    "{failed} failed, {allowed} allowed{accepted}: retry them, or resume to accept the failures and go \
                     on with {} not attempted yet",
                    databases(left)
                ),
            };
            reasons.push(Reason { stage: name(), ..Reason::holding(ReasonKind::FailureBudget, message) });
        }
    }

    /// Targets that failed or that a person must look at.
    fn failures(&self, reasons: &mut Vec<Reason>) {
        for (kind, set) in [
            (ReasonKind::TargetInconclusive, &self.index.inconclusive),
            (ReasonKind::TargetFailed, &self.index.failed),
        ] {
            for target in set.iter().take(NAMED).filter_map(|at| self.data.targets.get(*at)) {
                let message = match &target.state {
                    TargetState::Failed { message, .. } => format!("{} failed: {message}", target.name),
                    TargetState::Inconclusive { message } => {
                        format!("{} needs a person to look: {message}", target.name)
                    }
                    _ => format!("{} was stopped before it was done", target.name),
                };
                reasons.push(Reason::of_target(kind, target, message));
            }
            if set.len() > NAMED {
                let more = databases(set.len().saturating_sub(NAMED));
                reasons.push(Reason::holding(kind, format!("and {more} more")));
            }
        }
    }
}

fn databases(count: usize) -> String {
    if count == 1 { "1 database".to_owned() } else { format!("{count} databases") }
}
