use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::rollout::{Data, Index, Rollout, RolloutState, Stage, StageState, TargetRun, TargetState};
use crate::{
    ApprovalError, Authorship, Covers, Digest, Environment, Identity, People, SelectorError, Target,
    TargetName, Wave,
};

/// What a rollout is made from.
#[derive(Debug, Clone)]
pub struct RolloutInput {
    /// The release.
    pub release: Digest,
    /// Digest of its plan.
    pub plan: Digest,
    /// Effect of its plan.
    pub effect: Digest,
    /// What runs on the targets behind approvals.
    pub covers: Covers,
    /// Authors and committers of the release: they do not count as approvers unless a rule says so.
    pub authors: Vec<Identity>,
    /// Whether these are all of them.
    pub authorship: Authorship,
    /// Groups of people.
    pub people: People,
    /// In order.
    pub stages: Vec<StageInput>,
}

/// A stage: one environment and its targets.
#[derive(Debug, Clone)]
pub struct StageInput {
    /// With all its rules.
    pub environment: Environment,
    /// Name of the environment before it. Its databases that are not part of the rollout are judged by
    /// [`Event::GateObserved`](super::Event::GateObserved).
    pub after: Option<String>,
    /// Its databases.
    pub targets: Vec<TargetInput>,
}

/// A target and what is known of it.
#[derive(Debug, Clone)]
pub struct TargetInput {
    /// The database.
    pub target: Target,
    /// What is known.
    pub fact: TargetFact,
}

/// What is known of a target when the rollout is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetFact {
    /// There is something to do.
    Pending,
    /// It has the release already and is not started.
    UpToDate {
        /// When its last change was done, by its own clock. Unknown counts as the creation of the rollout.
        finished_at: Option<Timestamp>,
    },
}

/// Input that makes no rollout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolloutError {
    /// No stage.
    #[error("the rollout has no stage: choose at least one environment that has a database")]
    NoStages,
    /// An environment is there twice.
    #[error("environment `{name}` is in the rollout twice")]
    DuplicateEnvironment {
        /// Its name.
        name: String,
    },
    /// A target is there twice.
    #[error("database `{name}` is in the rollout twice: give every database a name of its own")]
    DuplicateTarget {
        /// Its name.
        name: TargetName,
    },
    /// A stage waits for a later one.
    #[error(
        "environment `{name}` comes after `{after}`, which is a later stage: change the order of the environments"
    )]
    Order {
        /// The stage.
        name: String,
        /// What it waits for.
        after: String,
    },
    /// An approval rule of a stage.
    #[error("environment `{environment}`: {source}")]
    Approval {
        /// Its name.
        environment: String,
        /// What is wrong.
        source: ApprovalError,
    },
    /// A wave of a stage.
    #[error("environment `{environment}`: {source}")]
    Wave {
        /// Its name.
        environment: String,
        /// What is wrong.
        source: SelectorError,
    },
}

impl Rollout {
    /// Creates a rollout; it waits for [`Event::Started`](super::Event::Started).
    ///
    /// # Errors
    /// [`RolloutError`].
    pub fn new(input: RolloutInput, now: Timestamp) -> Result<Self, RolloutError> {
        let RolloutInput { release, plan, effect, covers, authors, authorship, people, stages } = input;
        if stages.is_empty() {
            return Err(RolloutError::NoStages);
        }
        let positions = positions(&stages)?;
        let mut names = HashSet::new();
        let (mut built, mut runs) = (Vec::new(), Vec::new());
        for (position, stage) in stages.into_iter().enumerate() {
            let StageInput { environment, after, targets } = stage;
            for rule in &environment.approvals {
                rule.check(&people).map_err(|source| RolloutError::Approval {
                    environment: environment.name.clone(),
                    source,
                })?;
            }
            let after_stage = after.as_ref().and_then(|after| positions.get(after).copied());
            if let (Some(after), Some(at)) = (&after, after_stage)
                && at >= position
            {
                return Err(RolloutError::Order { name: environment.name, after: after.clone() });
            }
            let (targets, facts): (Vec<Target>, Vec<TargetFact>) =
                targets.into_iter().map(|TargetInput { target, fact }| (target, fact)).unzip();
            let waves = Wave::split(&environment.waves, &targets)
                .map_err(|source| RolloutError::Wave { environment: environment.name.clone(), source })?;
            let mut finished_at = None;
            let mut ids = Vec::with_capacity(waves.len());
            for (wave, members) in waves.iter().enumerate() {
                let first = runs.len();
                for member in members {
                    let (Some(target), Some(fact)) = (targets.get(*member), facts.get(*member)) else {
                        continue;
                    };
                    if !names.insert(target.name.clone()) {
                        return Err(RolloutError::DuplicateTarget { name: target.name.clone() });
                    }
                    let state = match fact {
                        TargetFact::Pending => TargetState::Pending,
                        TargetFact::UpToDate { finished_at: at } => {
                            let at = at.unwrap_or(now);
                            finished_at = finished_at.max(Some(at));
                            TargetState::Succeeded { finished_at: at, applied: 0 }
                        }
                    };
                    let name = target.name.clone();
                    runs.push(TargetRun { name, stage: position, wave, attempt: 0, state });
                }
                ids.push(first..runs.len());
            }
            built.push(Stage {
                environment,
                after,
                after_stage,
                observed: None,
                state: StageState::Waiting,
                waves: ids,
                released: 0,
                accepted_failures: 0,
                finished_at,
            });
        }
        let data = Data {
            release,
            plan,
            effect,
            covers,
            same_effect: Vec::new(),
            authors,
            authorship,
            people,
            state: RolloutState::Created,
            paused_by: None,
            created_at: now,
            stages: built,
            current: 0,
            targets: runs,
            approvals: Vec::new(),
            rejection: None,
            wake: None,
        };
        let index = Index::of(&data);
        Ok(Self { data, index })
    }
}

/// Where each environment stands in the rollout.
fn positions(stages: &[StageInput]) -> Result<BTreeMap<String, usize>, RolloutError> {
    let mut positions = BTreeMap::new();
    for (position, stage) in stages.iter().enumerate() {
        let name = &stage.environment.name;
        if positions.insert(name.clone(), position).is_some() {
            return Err(RolloutError::DuplicateEnvironment { name: name.clone() });
        }
    }
    Ok(positions)
}
