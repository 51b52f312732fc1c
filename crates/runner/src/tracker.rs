use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_report::{Gate, RolloutDetail, RolloutSummary, Stage, StageTarget};
use sluice_rollout::{
    Command, Event, GateVerdict, Outcome, Rollout, RolloutInput, RolloutState, StageState, TargetState,
};
use sluice_store::{NewRollout, Store, StoreError, StoredRollout, Update};

use crate::error::RunError;

/// A rollout and its place in the store. Every process that does something to a rollout appends events; all of them come to
/// the same state by replaying them.
pub struct Tracker {
    store: Store,
    id: String,
    generation: u64,
    sequence: u64,
    rollout: Rollout,
    unsaved: usize,
}

/// An event with its time, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    /// Whether it comes from the process that runs the rollout.
    runner: bool,
    event: Event,
}

impl Entry {
    fn apply(self, rollout: &mut Rollout) -> Vec<Command> {
        if self.runner {
            return rollout.handle(self.event, self.at);
        }
        rollout.note(self.event, self.at);
        Vec::new()
    }
}

/// After so many events the whole state is stored again: replaying stays short, and storing stays cheap for large rollouts.
const SNAPSHOT_EVERY: usize = 64;

/// So long a store may be away before what runs is stopped. Shorter than a lease: who works under one has lost it by then.
const PATIENCE: Duration = Duration::from_secs(12);
/// How often it is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(250);

/// Asks the store until it answers, or has been away for too long.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let began = Instant::now();
    loop {
        match ask() {
            Err(error) if error.passes() && began.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
}

impl Tracker {
    /// Creates a rollout and stores it. Its release must be stored.
    ///
    /// # Errors
    /// Input that makes no rollout; a store that takes no writes.
    pub fn create(mut store: Store, input: RolloutInput, now: Timestamp) -> Result<Self, RunError> {
        let rollout = Rollout::new(input, now).map_err(|error| RunError::usage(error.to_string()))?;
        let id = sluice_store::rollout_id();
        store.create_rollout(&NewRollout {
            id: id.clone(),
            release: rollout.release().clone(),
            plan: rollout.plan().clone(),
            status: status(&rollout, now).to_owned(),
            state: to_json(&rollout)?,
        })?;
        Ok(Self { store, id, generation: 0, sequence: 0, rollout, unsaved: 0 })
    }

    /// Takes up a stored rollout.
    ///
    /// # Errors
    /// A state that this version does not understand.
    pub fn open(store: Store, stored: StoredRollout) -> Result<Self, RunError> {
        let rollout = from_json(&stored.state)?;
        let mut tracker = Self {
            store,
            id: stored.summary.id,
            generation: stored.summary.generation,
            sequence: stored.state_sequence,
            rollout,
            unsaved: 0,
        };
        tracker.refresh()?;
        Ok(tracker)
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Grows with whatever anybody stores of it.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Its state.
    pub fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// Takes in events of the process that runs the rollout, stores them, and says what to do.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn record(&mut self, events: &[Event], now: Timestamp) -> Result<Vec<Command>, RunError> {
        self.append(
            events.iter().map(|event| Entry { at: now, runner: true, event: event.clone() }).collect(),
        )
    }

    /// Takes in what a person decides, and stores it. Nothing is started: that is for the process that runs the rollout.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn decide(&mut self, event: Event, now: Timestamp) -> Result<(), RunError> {
        self.learn(vec![event], now)
    }

    /// Takes in what was found out before anything is run, and stores it. Nothing is started before all of it is known.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn learn(&mut self, events: Vec<Event>, now: Timestamp) -> Result<(), RunError> {
        let entry = |event| Entry { at: now, runner: false, event };
        self.append(events.into_iter().map(entry).collect()).map(drop)
    }

    fn append(&mut self, entries: Vec<Entry>) -> Result<Vec<Command>, RunError> {
        let texts = entries.iter().map(to_json).collect::<Result<Vec<_>, _>>()?;
        let now = self.store.now();
        loop {
            let mut commands = Vec::new();
            for entry in &entries {
                commands.extend(entry.clone().apply(&mut self.rollout));
            }
            self.unsaved += entries.len();
            let settled = self.rollout.in_flight().next().is_none();
            let snapshot = settled || self.unsaved >= SNAPSHOT_EVERY;
            let state = if snapshot { Some(to_json(&self.rollout)?) } else { None };
            let update = Update { state: state.as_deref(), status: Some(status(&self.rollout, now)) };
            match self.store.append_events(&self.id, self.generation, update, &texts) {
                Ok(generation) => {
                    self.generation = generation;
                    self.sequence += u64::try_from(entries.len()).unwrap_or(u64::MAX);
                    if snapshot {
                        self.unsaved = 0;
                    }
                    return Ok(commands);
                }
                // Somebody else was faster: theirs come first, then ours.
                Err(StoreError::Conflict { .. }) => self.reload()?,
                // A store that is restarted ends nothing that runs. What was about to be written may have been.
                Err(error) if error.passes() => {
                    let sequence = self.sequence;
                    let stored = patiently(|| self.store.events(&self.id, sequence))?;
                    let known = stored.iter().map(|stored| stored.event.as_str());
                    let is_ours = !texts.is_empty() && known.eq(texts.iter().map(String::as_str));
                    if is_ours {
                        self.generation = patiently(|| self.store.rollout(&self.id))?.summary.generation;
                        self.sequence = stored.last().map_or(sequence, |last| last.sequence);
                        return Ok(commands);
                    }
                    self.reload()?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes in what others have stored since; says whether there was anything.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn refresh(&mut self) -> Result<bool, RunError> {
        let foreign = patiently(|| self.store.events(&self.id, self.sequence))?;
        for stored in &foreign {
            // Whoever stored it has carried out the commands, or the runner finds by itself what to run.
            from_json::<Entry>(&stored.event)?.apply(&mut self.rollout);
            self.sequence = stored.sequence;
        }
        if !foreign.is_empty() {
            self.generation = patiently(|| self.store.rollout(&self.id))?.summary.generation;
        }
        Ok(!foreign.is_empty())
    }

    fn reload(&mut self) -> Result<(), RunError> {
        let stored = patiently(|| self.store.rollout(&self.id))?;
        self.rollout = from_json(&stored.state)?;
        self.generation = stored.summary.generation;
        self.sequence = stored.state_sequence;
        self.refresh()?;
        Ok(())
    }

    /// What time it is for this rollout: see [`sluice_store::Place::now`].
    pub fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// The rollout for people and programs.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn detail(&self, now: Timestamp) -> Result<RolloutDetail, RunError> {
        let summary = self.store.rollout(&self.id)?.summary;
        let stages = self.rollout.stages().iter().map(|stage| Stage {
            environment: stage.environment.name.clone(),
            status: match stage.state {
                StageState::Waiting => "waiting",
                StageState::Running => "running",
                StageState::Succeeded => "succeeded",
            }
            .to_owned(),
            targets: stage
                .waves
                .iter()
                .flat_map(|wave| self.rollout.targets().get(wave.clone()).unwrap_or_default())
                .map(|run| {
                    let (status, message) = target_status(&run.state);
                    StageTarget { name: run.name.0.clone(), status: status.to_owned(), message }
                })
                .collect(),
        });
        Ok(RolloutDetail {
            rollout: RolloutSummary {
                name: self.id.clone(),
                release: self.rollout.release().0.clone(),
                status: status(&self.rollout, now).to_owned(),
                created_at: summary.created_at,
                updated_at: summary.updated_at,
            },
            plan: self.rollout.plan().0.clone(),
            stages: stages.collect(),
            gates: gates(&self.rollout, now),
        })
    }
}

/// Every gate that is left, open and closed.
pub fn gates(rollout: &Rollout, now: Timestamp) -> Vec<Gate> {
    rollout
        .why(now)
        .into_iter()
        .map(|reason| Gate {
            environment: reason.stage.unwrap_or_default(),
            gate: word(&reason.kind),
            result: match reason.verdict {
                GateVerdict::Pass => "pass",
                GateVerdict::Fail => "fail",
                GateVerdict::Inconclusive => "inconclusive",
            }
            .to_owned(),
            reason: reason.message,
            opens_at: reason.opens_at.map(|at| at.to_string()),
        })
        .collect()
}

/// The rollout in one word.
pub fn status(rollout: &Rollout, now: Timestamp) -> &'static str {
    match rollout.outcome(now) {
        Some(outcome) => outcome_word(outcome),
        None if rollout.state() == RolloutState::Created => "created",
        None if rollout.in_flight().next().is_none() => "ready",
        None => "running",
    }
}

/// An outcome in one word.
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::WaitingAtGate => "waiting",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Cancelled => "cancelled",
        Outcome::Paused => "paused",
        Outcome::Rejected => "rejected",
    }
}

fn target_status(state: &TargetState) -> (&'static str, Option<String>) {
    match state {
        TargetState::Pending => ("pending", None),
        TargetState::Starting | TargetState::Running => ("running", None),
        TargetState::Replanning => ("replanning", None),
        TargetState::Succeeded { .. } => ("succeeded", None),
        TargetState::Failed { message, .. } => ("failed", Some(message.clone())),
        TargetState::Inconclusive { message } => ("inconclusive", Some(message.clone())),
        TargetState::Cancelled => ("cancelled", None),
        TargetState::Skipped { reason } => ("skipped", Some(reason.clone())),
    }
}

/// The word that a unit variant has in JSON.
pub fn word(kind: &impl Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn to_json(value: &impl Serialize) -> Result<String, RunError> {
    serde_json::to_string(value)
        .map_err(|error| RunError::usage(format!("the rollout cannot be written: {error}")))
}

fn from_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, RunError> {
    serde_json::from_str(text).map_err(|error| {
        RunError::usage(format!("a stored rollout cannot be read: {error}")).help(
            "it was written by another version of sluice: use that one, or delete .sluice and deploy again",
        )
    })
}
