use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::Outcome;
use crate::{
    Approval, Authorship, Covers, Digest, Environment, GateInput, Identity, Observed, People, TargetName,
};

/// A rollout: the whole state, and what was derived from it so that an event costs no walk over all targets.
#[derive(Debug, Clone)]
pub struct Rollout {
    pub(super) data: Data,
    pub(super) index: Index,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Data {
    pub release: Digest,
    pub plan: Digest,
    pub effect: Digest,
    /// What of the plan people have seen.
    pub covers: Covers,
    /// Earlier plans that had the effect of the current one.
    pub same_effect: Vec<Digest>,
    pub authors: Vec<Identity>,
    pub authorship: Authorship,
    pub people: People,
    pub state: RolloutState,
    pub paused_by: Option<String>,
    pub created_at: Timestamp,
    pub stages: Vec<Stage>,
    /// The stage that is worked on; the number of stages when all are done.
    pub current: usize,
    /// By stage, wave and name.
    pub targets: Vec<TargetRun>,
    /// Given for the current effect.
    pub approvals: Vec<Approval>,
    pub rejection: Option<Rejection>,
    /// The wake-up that was asked for last.
    pub wake: Option<Timestamp>,
}

/// Who refused, what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Who.
    pub by: Identity,
    /// Why.
    pub reason: String,
    /// Only this environment; absent: everything that was not done then.
    pub environment: Option<String>,
}

/// Where a rollout is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum RolloutState {
    /// Not started.
    Created,
    /// Going on, waiting or paused.
    Running,
    /// No more starts; runners are finishing.
    Stopping {
        /// How it will have ended.
        outcome: Outcome,
    },
    /// Over.
    Finished {
        /// How it ended.
        outcome: Outcome,
    },
}

/// A stage as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The environment with all its rules.
    pub environment: Environment,
    /// Name of the environment before it.
    pub after: Option<String>,
    /// Its place, where it is a stage of this rollout.
    pub(super) after_stage: Option<usize>,
    /// What is known of the databases of the environment before it that are not part of the rollout, and since when.
    pub observed: Option<(Timestamp, Observed)>,
    /// How it stands.
    pub state: StageState,
    /// Its waves, as ranges of [`Rollout::targets`].
    pub waves: Vec<Range<usize>>,
    /// How many waves have been let go.
    pub released: usize,
    /// Failures that a person has accepted: they do not count against the budget.
    pub accepted_failures: usize,
    /// When the last of its targets was done.
    pub finished_at: Option<Timestamp>,
}

/// States of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageState {
    /// Its turn has not come, or its gates have not opened yet.
    Waiting,
    /// At least one target was started.
    Running,
    /// Every target has the release or was left out.
    Succeeded,
}

/// A target as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRun {
    /// Its name.
    pub name: TargetName,
    /// Its stage, from 0.
    pub stage: usize,
    /// Its wave within the stage, from 0.
    pub wave: usize,
    /// How often it was started.
    pub attempt: u32,
    /// How it stands.
    #[serde(flatten)]
    pub state: TargetState,
}

/// States of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum TargetState {
    /// To be started when its turn comes.
    Pending,
    /// The command to start was given.
    Starting,
    /// A runner works there.
    Running,
    /// Its plan is computed again.
    Replanning,
    /// It has the release.
    Succeeded {
        /// When it was done, by the database's clock.
        finished_at: Timestamp,
        /// How many changes the run applied.
        applied: u64,
    },
    /// A change failed.
    Failed {
        /// What kind of failure, for machines.
        kind: String,
        /// What failed and why.
        message: String,
        /// Whether the same may work later.
        retryable: bool,
    },
    /// A person must look.
    Inconclusive {
        /// What was looked at.
        message: String,
    },
    /// The runner was stopped before it was done.
    Cancelled,
    /// Left out.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl TargetState {
    /// Whether a runner may be at work.
    pub fn is_in_flight(&self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Skipped { .. })
    }

    /// Whether it ended without success and can be tried again.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Cancelled)
    }
}

/// Everything that is counted or queued. Positions are those of [`Data::targets`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub names: HashMap<TargetName, usize>,
    /// Pending targets of the waves that have been let go.
    pub ready: BTreeSet<usize>,
    pub in_flight: BTreeSet<usize>,
    pub replanning: BTreeSet<usize>,
    pub failed: BTreeSet<usize>,
    pub inconclusive: BTreeSet<usize>,
    /// Targets of the waves of the current stage that have been let go and are neither done nor failed.
    pub open: usize,
    /// Targets that are done, by stage.
    pub done: Vec<usize>,
}

impl Index {
    pub(super) fn of(data: &Data) -> Self {
        let mut index = Self { done: vec![0; data.stages.len()], ..Self::default() };
        for (at, target) in data.targets.iter().enumerate() {
            index.names.insert(target.name.clone(), at);
            index.enter(data, at, target);
        }
        index
    }

    /// Counts a target in.
    pub(super) fn enter(&mut self, data: &Data, at: usize, target: &TargetRun) {
        let released = data.is_released(target);
        match &target.state {
            TargetState::Pending if released => {
                self.ready.insert(at);
            }
            TargetState::Pending => {}
            TargetState::Starting | TargetState::Running => {
                self.in_flight.insert(at);
            }
            TargetState::Replanning => {
                self.replanning.insert(at);
            }
            TargetState::Inconclusive { .. } => {
                self.inconclusive.insert(at);
            }
            TargetState::Failed { .. } | TargetState::Cancelled => {
                self.failed.insert(at);
            }
            TargetState::Succeeded { .. } | TargetState::Skipped { .. } => {
                if let Some(done) = self.done.get_mut(target.stage) {
                    *done = done.saturating_add(1);
                }
            }
        }
        if released && !target.state.is_done() && !target.state.is_failed() {
            self.open = self.open.saturating_add(1);
        }
    }

    /// Counts a target out, before it changes.
    pub(super) fn leave(&mut self, data: &Data, at: usize, target: &TargetRun) {
        for set in [
            &mut self.ready,
            &mut self.in_flight,
            &mut self.replanning,
            &mut self.failed,
            &mut self.inconclusive,
        ] {
            set.remove(&at);
        }
        if target.state.is_done()
            && let Some(done) = self.done.get_mut(target.stage)
        {
            *done = done.saturating_sub(1);
        }
        if data.is_released(target) && !target.state.is_done() && !target.state.is_failed() {
            self.open = self.open.saturating_sub(1);
        }
    }
}

impl Data {
    pub(super) fn stage(&self) -> Option<&Stage> {
        self.stages.get(self.current)
    }

    /// Whether a target's wave has been let go.
    fn is_released(&self, target: &TargetRun) -> bool {
        target.stage == self.current && self.stage().is_some_and(|stage| target.wave < stage.released)
    }

    /// What is known of the environment before a stage.
    pub(super) fn before(&self, stage: &Stage, done: &[usize]) -> Option<Observed> {
        let outside = stage.observed.as_ref().map(|(_, observed)| observed.clone());
        let Some(position) = stage.after_stage else { return outside };
        let previous = self.stages.get(position)?;
        let inside = match (previous.state, previous.finished_at) {
            (StageState::Succeeded, Some(finished_at)) => Observed::Finished { finished_at },
            _ => {
                let of: usize = previous.waves.iter().map(ExactSizeIterator::len).sum();
                let done = done.get(position).copied().unwrap_or(0);
                Observed::Unfinished { reason: format!("{done} of {of} databases are done") }
            }
        };
        Some(match (inside, outside) {
            (Observed::Finished { finished_at }, Some(Observed::Finished { finished_at: other })) => {
                Observed::Finished { finished_at: finished_at.max(other) }
            }
            (Observed::Finished { .. }, Some(outside)) => outside,
            (inside, _) => inside,
        })
    }

    /// What the gates of a stage look at.
    pub(super) fn gates<'a>(&'a self, stage: &'a Stage, before: Option<&'a Observed>) -> GateInput<'a> {
        let name = &stage.environment.name;
        GateInput {
            environment: &stage.environment,
            previous: stage.after.as_deref().map(|after| (after, before)),
            approvals: self
                .approvals
                .iter()
                .filter(|approval| approval.environment.as_ref().is_none_or(|only| only == name))
                .map(|approval| &approval.by)
                .collect(),
            people: &self.people,
            authors: &self.authors,
            authorship: &self.authorship,
        }
    }
}

impl Rollout {
    /// The release.
    pub fn release(&self) -> &Digest {
        &self.data.release
    }

    /// Digest of the plan that holds now.
    pub fn plan(&self) -> &Digest {
        &self.data.plan
    }

    /// Effect of the plan that holds now.
    pub fn effect(&self) -> &Digest {
        &self.data.effect
    }

    /// What of the plan people have seen, target by target.
    pub fn covers(&self) -> &Covers {
        &self.data.covers
    }

    /// The plan that holds now, and earlier ones that did the same: who looked at one of them has seen what is done.
    pub fn plans(&self) -> impl Iterator<Item = &Digest> {
        std::iter::once(&self.data.plan).chain(&self.data.same_effect)
    }

    /// Authors and committers of the release.
    pub fn authors(&self) -> &[Identity] {
        &self.data.authors
    }

    /// Whether [`Rollout::authors`] are all of them.
    pub fn authorship(&self) -> &Authorship {
        &self.data.authorship
    }

    /// Where it is in its life.
    pub fn state(&self) -> RolloutState {
        self.data.state
    }

    /// When it was created.
    pub fn created_at(&self) -> Timestamp {
        self.data.created_at
    }

    /// Who paused it, if somebody did.
    pub fn paused_by(&self) -> Option<&str> {
        self.data.paused_by.as_deref()
    }

    /// The stages in order.
    pub fn stages(&self) -> &[Stage] {
        &self.data.stages
    }

    /// The stage that is worked on or waited for, if one is left.
    pub fn current_stage(&self) -> Option<&Stage> {
        self.data.stage()
    }

    /// Every target, by stage, wave and name.
    pub fn targets(&self) -> &[TargetRun] {
        &self.data.targets
    }

    /// One target.
    pub fn target(&self, name: &TargetName) -> Option<&TargetRun> {
        self.data.targets.get(*self.index.names.get(name)?)
    }

    /// Targets where a runner may be at work.
    pub fn in_flight(&self) -> impl Iterator<Item = &TargetRun> {
        self.index.in_flight.iter().filter_map(|at| self.data.targets.get(*at))
    }

    /// Targets whose plan is being computed again.
    pub fn replanning(&self) -> impl Iterator<Item = &TargetRun> {
        self.index.replanning.iter().filter_map(|at| self.data.targets.get(*at))
    }

    /// Approvals that count for the plan as it is.
    pub fn approvals(&self) -> &[Approval] {
        &self.data.approvals
    }

    /// Who refused it, if somebody did.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.data.rejection.as_ref()
    }

    /// Targets that must not get this release because somebody has refused it.
    pub fn rejected(&self) -> impl Iterator<Item = &TargetRun> {
        self.rejection().into_iter().flat_map(|rejection| {
            self.data.targets.iter().filter(|run| {
                let environment = self.data.stages.get(run.stage).map(|stage| &stage.environment.name);
                let only = rejection.environment.as_ref();
                !run.state.is_done() && (only.is_none() || only == environment)
            })
        })
    }

    /// How it ended, or how it stands while nothing runs and nothing but a person, a gate or time can make it go on. Absent
    /// before it is started, while runners are at work or a plan is computed, and when a [`Tick`](super::Event::Tick)
    /// would go on at once.
    pub fn outcome(&self, now: Timestamp) -> Option<Outcome> {
        match self.data.state {
            RolloutState::Finished { outcome } => return Some(outcome),
            RolloutState::Running if self.index.in_flight.is_empty() => {}
            RolloutState::Created | RolloutState::Running | RolloutState::Stopping { .. } => return None,
        }
        if !self.index.inconclusive.is_empty() {
            Some(Outcome::Inconclusive)
        } else if self.is_paused_by_failures() || self.data.paused_by.is_some() {
            Some(Outcome::Paused)
        } else if self.has_too_many_ends() {
            Some(Outcome::Failed)
        } else if self.index.ready.is_empty() || self.gates_are_open(now) {
            None
        } else {
            Some(Outcome::WaitingAtGate)
        }
    }

    /// Whether failures have paused it: more targets of the current stage have failed than the environment declares to be
    /// acceptable, and nobody has accepted them. Without a declared budget failures only stop it, and whoever goes on tries
    /// them again.
    pub fn is_paused_by_failures(&self) -> bool {
        self.is_over_budget()
            && self.data.stage().is_some_and(|stage| stage.environment.max_failures.is_some())
    }

    /// Whether more targets of the current stage have failed than allowed and accepted: nothing is started beside them.
    pub fn is_over_budget(&self) -> bool {
        self.exceeds_budget(self.failed())
    }

    /// Whether a person has accepted failures of the current stage: the others go on, and these wait for a retry.
    pub fn has_accepted_failures(&self) -> bool {
        self.data.stage().is_some_and(|stage| stage.accepted_failures > 0)
    }

    /// As [`Rollout::is_over_budget`], also counting targets whose runner was stopped: nothing is started in place of those.
    pub(super) fn has_too_many_ends(&self) -> bool {
        self.exceeds_budget(self.index.failed.len())
    }

    /// How many targets have failed by themselves.
    pub(super) fn failed(&self) -> usize {
        let runs = self.index.failed.iter().filter_map(|at| self.data.targets.get(*at));
        runs.filter(|run| matches!(run.state, TargetState::Failed { .. })).count()
    }

    fn exceeds_budget(&self, ends: usize) -> bool {
        self.data.stage().is_some_and(|stage| {
            let allowed = usize::try_from(stage.environment.max_failures.unwrap_or(0)).unwrap_or(usize::MAX);
            ends > allowed.saturating_add(stage.accepted_failures)
        })
    }

    /// Targets of the current stage that wait for their turn, those of later waves included.
    pub fn waiting(&self) -> impl Iterator<Item = &TargetRun> {
        let waves = self.data.stage().into_iter().flat_map(|stage| stage.waves.iter().cloned());
        waves
            .flat_map(|wave| self.data.targets.get(wave).unwrap_or_default())
            .filter(|run| run.state == TargetState::Pending)
    }

    /// Groups of people, for approvals.
    pub fn people(&self) -> &People {
        &self.data.people
    }

    pub(super) fn gates_are_open(&self, now: Timestamp) -> bool {
        self.data.stage().is_some_and(|stage| {
            let before = self.data.before(stage, &self.index.done);
            self.data.gates(stage, before.as_ref()).is_open(now)
        })
    }
}

impl PartialEq for Rollout {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Serialize for Rollout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.data.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rollout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = Data::deserialize(deserializer)?;
        let index = Index::of(&data);
        Ok(Self { data, index })
    }
}
