use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Authorship, Covers, Digest, Identity, Observed, TargetName};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The rollout may begin.
    Started,
    /// Time has passed, or the caller was restarted: what is due happens, and the next wake-up is said again.
    Tick,
    /// A runner has begun.
    TargetStarted {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
    },
    /// The target has the release.
    TargetSucceeded {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
        /// When it was done, by the database's clock.
        finished_at: Timestamp,
        /// How many changes this run applied.
        applied: u64,
    },
    /// A change failed; the ledger knows where.
    TargetFailed {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
        /// What kind of failure, for machines.
        kind: String,
        /// What failed and why, for people.
        message: String,
        /// Whether the same may work later.
        retryable: bool,
    },
    /// Nobody knows whether a statement took effect: a person must look.
    TargetInconclusive {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
        /// What was looked at and why it does not tell.
        message: String,
    },
    /// The runner stopped before it was done.
    TargetCancelled {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
    },
    /// The target is left out.
    TargetSkipped {
        /// Which.
        target: TargetName,
        /// Of the runner that says so; absent: a person says so, which counts only while no runner works there.
        attempt: Option<u32>,
        /// Why.
        reason: String,
    },
    /// What the ledgers say of an environment that comes before a stage, as far as its databases are not part of this rollout.
    GateObserved {
        /// Which environment.
        environment: String,
        /// What they say.
        observed: Observed,
        /// When they were read; older readings are ignored.
        observed_at: Timestamp,
    },
    /// Who wrote the release was found out again. Whoever was an author stays one.
    AuthorsFound {
        /// Authors and committers.
        authors: Vec<Identity>,
        /// Whether these are all of them.
        authorship: Authorship,
    },
    /// A person agrees to the plan. Ignored unless both digests are those of the rollout (or the plan had the same effect).
    Approved {
        /// Who.
        by: Identity,
        /// Release that was looked at.
        release: Digest,
        /// Plan that was looked at.
        plan: Digest,
        /// For this environment only; absent: all of the rollout.
        environment: Option<String>,
    },
    /// A person refuses the plan. Ends the rollout if one of the rules that are still ahead names the person.
    Rejected {
        /// Who.
        by: Identity,
        /// Release that was looked at.
        release: Digest,
        /// Plan that was looked at.
        plan: Digest,
        /// For this environment only; absent: all of the rollout.
        environment: Option<String>,
        /// Why.
        reason: String,
    },
    /// Start nothing more; what runs stops at the next border between changes, where its runner reports
    /// [`Event::RunnerLost`].
    Paused {
        /// Who wants it.
        by: String,
    },
    /// Go on.
    Resumed {
        /// Who wants it.
        by: String,
        /// Go on also after more failures than allowed: from here on the budget is counted anew.
        accept_failures: bool,
    },
    /// Stop everything, for good.
    CancelRequested {
        /// Who wants it.
        by: String,
    },
    /// Try again what failed, was interrupted or is inconclusive.
    RetryRequested {
        /// Where; absent: everywhere.
        target: Option<TargetName>,
    },
    /// The ledger of a target is not the one that the plan was computed from.
    PlanStale {
        /// Where.
        target: TargetName,
        /// Of the runner that says so (and has stopped); absent: it was found while no runner worked there.
        attempt: Option<u32>,
    },
    /// The plan was computed again for some targets.
    PlanReplaced {
        /// Digest of the plan that it replaces: ignored if that is not the rollout's.
        replaces: Digest,
        /// Its digest.
        plan: Digest,
        /// Its effect. Another one than before makes all approvals lapse.
        effect: Digest,
        /// What runs on the targets behind approvals, see [`Covers::replaced_by`].
        covers: Covers,
        /// The targets that were computed again.
        targets: Vec<TargetName>,
    },
    /// The runner (or the computing of the plan) is gone for certain, or has stopped between changes because a gate has
    /// closed: the target is started again when it may be.
    RunnerLost {
        /// Where.
        target: TargetName,
        /// As in [`Command::StartTarget`].
        attempt: u32,
    },
}

/// Something to do. Carrying one out twice must do no harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Start a runner. It must report an end: succeeded, failed, inconclusive, cancelled, skipped, stale or lost.
    StartTarget {
        /// Where.
        target: TargetName,
        /// Goes into every report of this runner.
        attempt: u32,
    },
    /// Stop a runner at the next statement border. It still must report its end.
    StopTarget {
        /// Where.
        target: TargetName,
        /// Which runner.
        attempt: u32,
    },
    /// Compute the plan of a target again and report [`Event::PlanReplaced`].
    Replan {
        /// Where.
        target: TargetName,
    },
    /// Send [`Event::Tick`] at this time. Replaces the wake-up before.
    WakeAt {
        /// When.
        at: Timestamp,
    },
    /// The rollout has ended. After [`Outcome::Failed`] a retry can open it again.
    Finished {
        /// How.
        outcome: Outcome,
    },
}

/// How a rollout ended, or stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every target of every stage has the release or was left out.
    Succeeded,
    /// Something failed; a retry may mend it.
    Failed,
    /// A gate is closed.
    WaitingAtGate,
    /// A person must look at a target.
    Inconclusive,
    /// Stopped for good on request.
    Cancelled,
    /// A person paused it, or more targets have failed than allowed.
    Paused,
    /// Refused by a person who may.
    Rejected,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::WaitingAtGate => "waiting at a gate",
            Self::Inconclusive => "inconclusive",
            Self::Cancelled => "cancelled",
            Self::Paused => "paused",
            Self::Rejected => "rejected",
        })
    }
}
