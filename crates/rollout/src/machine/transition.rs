use jiff::Timestamp;

use super::event::{Command, Event, Outcome};
use super::rollout::{Index, Rejection, Rollout, RolloutState, StageState, TargetState};
use crate::{Approval, Digest, TargetName};

impl Rollout {
    /// Takes in one event and says what to do. Events that do not fit the state are ignored.
    ///
    /// Costs the work that the event causes: independent of the number of targets, except that a wave is queued when it
    /// is let go, and that stopping and retrying touch what runs or has failed.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Command> {
        let mut commands = Vec::new();
        let woken = matches!(event, Event::Started | Event::Tick);
        self.apply(event, now, &mut commands);
        self.advance(now, woken, true, &mut commands);
        commands
    }

    /// As [`Rollout::handle`], for whoever decides something but runs nothing: no target is started. The next event that a
    /// runner takes in starts what is due.
    pub fn note(&mut self, event: Event, now: Timestamp) {
        let mut commands = Vec::new();
        self.apply(event, now, &mut commands);
        self.advance(now, false, false, &mut commands);
    }

    fn apply(&mut self, event: Event, now: Timestamp, commands: &mut Vec<Command>) {
        match event {
            Event::Tick => {}
            Event::Started => {
                if self.data.state == RolloutState::Created {
                    self.data.state = RolloutState::Running;
                }
            }
            Event::TargetStarted { target, attempt } => {
                if let Some(at) = self.runner(&target, attempt) {
                    self.set(at, TargetState::Running);
                }
            }
            Event::TargetSucceeded { target, attempt, finished_at, applied } => {
                if let Some(at) = self.runner(&target, attempt) {
                    self.set(at, TargetState::Succeeded { finished_at, applied });
                    if let Some(stage) = self.data.stages.get_mut(self.data.current) {
                        stage.finished_at = stage.finished_at.max(Some(finished_at));
                    }
                }
            }
            Event::TargetFailed { target, attempt, kind, message, retryable } => {
                if let Some(at) = self.runner(&target, attempt) {
                    self.set(at, TargetState::Failed { kind, message, retryable });
                }
            }
            Event::TargetInconclusive { target, attempt, message } => {
                if let Some(at) = self.runner(&target, attempt) {
                    self.set(at, TargetState::Inconclusive { message });
                }
            }
            Event::TargetCancelled { target, attempt } => {
                if let Some(at) = self.runner(&target, attempt) {
                    self.set(at, TargetState::Cancelled);
                }
            }
            Event::TargetSkipped { target, attempt, reason } => self.skip(&target, attempt, reason),
            Event::RunnerLost { target, attempt } => self.lost(&target, attempt, commands),
            Event::PlanStale { target, attempt } => self.stale(&target, attempt, commands),
            Event::PlanReplaced { replaces, plan, effect, covers, targets } => {
                if self.replace_plan(&replaces, plan, effect, &targets, commands) {
                    self.data.covers = covers;
                }
            }
            Event::GateObserved { environment, observed, observed_at } => {
                for stage in &mut self.data.stages {
                    let concerned = stage.after.as_ref() == Some(&environment);
                    let newer = stage.observed.as_ref().is_none_or(|(before, _)| *before <= observed_at);
                    if concerned && newer {
                        stage.observed = Some((observed_at, observed.clone()));
                    }
                }
            }
            Event::AuthorsFound { authors, authorship } => {
                for author in authors {
                    if !self.data.authors.contains(&author) {
                        self.data.authors.push(author);
                    }
                }
                self.data.authorship = std::mem::take(&mut self.data.authorship).or(authorship);
            }
            Event::Approved { by, release, plan, environment } => {
                let known = self
                    .data
                    .approvals
                    .iter()
                    .any(|given| given.by.is(&by) && given.environment == environment);
                if self.is_about_this(&release, &plan) && !known {
                    let effect = self.data.effect.clone();
                    self.data.approvals.push(Approval { by, environment, release, effect, at: now });
                }
            }
            Event::Rejected { by, release, plan, environment, reason } => {
                let counts =
                    self.is_about_this(&release, &plan)
                        && matches!(self.data.state, RolloutState::Created | RolloutState::Running)
                        && self.data.stages.iter().skip(self.data.current).any(|stage| {
                            environment.as_ref().is_none_or(|only| *only == stage.environment.name)
                                && stage.environment.approvals.iter().any(|rule| {
                                    rule.eligible(&by, &self.data.people, &self.data.authors).is_ok()
                                })
                        });
                if counts {
                    self.data.rejection = Some(Rejection { by, reason, environment });
                    self.stop(Outcome::Rejected, commands);
                }
            }
            Event::Paused { by } => {
                if matches!(self.data.state, RolloutState::Created | RolloutState::Running) {
                    self.data.paused_by.get_or_insert(by);
                }
            }
            Event::Resumed { by: _, accept_failures } => {
                self.data.paused_by = None;
                if accept_failures && self.is_over_budget() {
                    let failed = self.failed();
                    if let Some(stage) = self.data.stages.get_mut(self.data.current) {
                        stage.accepted_failures = failed;
                    }
                }
            }
            Event::CancelRequested { by: _ } => match self.data.state {
                RolloutState::Created
                | RolloutState::Running
                | RolloutState::Finished { outcome: Outcome::Failed } => {
                    self.stop(Outcome::Cancelled, commands);
                }
                RolloutState::Stopping { outcome } => self.stop(outcome, commands),
                RolloutState::Finished { .. } => {}
            },
            Event::RetryRequested { target } => self.retry(target.as_ref()),
        }
    }

    /// Lets happen what is due.
    fn advance(&mut self, now: Timestamp, woken: bool, may_start: bool, commands: &mut Vec<Command>) {
        loop {
            match self.data.state {
                RolloutState::Running => {}
                RolloutState::Stopping { outcome } if self.index.in_flight.is_empty() => {
                    return self.finish(outcome, commands);
                }
                RolloutState::Created | RolloutState::Stopping { .. } | RolloutState::Finished { .. } => {
                    return;
                }
            }
            let Some(stage) = self.data.stage() else {
                return self.finish(Outcome::Succeeded, commands);
            };
            if self.index.open == 0 {
                if stage.released < stage.waves.len() {
                    if self.is_held() {
                        return;
                    }
                    self.release_wave();
                } else if self.index.failed.is_empty() {
                    self.end_stage(now);
                } else {
                    return self.finish(Outcome::Failed, commands);
                }
                continue;
            }
            if self.is_held() || self.index.ready.is_empty() {
                self.data.wake = None;
                return;
            }
            if !may_start {
                return;
            }
            return self.start(now, woken, commands);
        }
    }

    /// Starts as many targets as may work at the same time, if the gates are open.
    fn start(&mut self, now: Timestamp, woken: bool, commands: &mut Vec<Command>) {
        let Some(stage) = self.data.stage() else { return };
        let max_parallel = stage.environment.max_parallel.max(1);
        if self.index.in_flight.len() >= max_parallel {
            return;
        }
        let before = self.data.before(stage, &self.index.done);
        let gates = self.data.gates(stage, before.as_ref());
        if !gates.is_open(now) {
            let wake = gates.opens_at(now);
            if let Some(at) = wake
                && (woken || self.data.wake != wake)
            {
                commands.push(Command::WakeAt { at });
            }
            self.data.wake = wake;
            return;
        }
        self.data.wake = None;
        if let Some(stage) = self.data.stages.get_mut(self.data.current) {
            stage.state = StageState::Running;
        }
        while self.index.in_flight.len() < max_parallel {
            let Some(at) = self.index.ready.first().copied() else { return };
            self.set(at, TargetState::Starting);
            let Some(target) = self.data.targets.get_mut(at) else { return };
            target.attempt = target.attempt.saturating_add(1);
            commands.push(Command::StartTarget { target: target.name.clone(), attempt: target.attempt });
        }
    }

    /// Whether nothing may be started whatever the gates say.
    pub(super) fn is_held(&self) -> bool {
        self.data.paused_by.is_some() || !self.index.inconclusive.is_empty() || self.has_too_many_ends()
    }

    fn release_wave(&mut self) {
        let Some(stage) = self.data.stages.get_mut(self.data.current) else { return };
        let wave = stage.waves.get(stage.released).cloned().unwrap_or_default();
        for at in wave.clone() {
            if let Some(target) = self.data.targets.get(at) {
                self.index.leave(&self.data, at, target);
            }
        }
        if let Some(stage) = self.data.stages.get_mut(self.data.current) {
            stage.released = stage.released.saturating_add(1);
        }
        for at in wave {
            if let Some(target) = self.data.targets.get(at) {
                self.index.enter(&self.data, at, target);
            }
        }
    }

    fn end_stage(&mut self, now: Timestamp) {
        if let Some(stage) = self.data.stages.get_mut(self.data.current) {
            stage.state = StageState::Succeeded;
            // A stage of which everything was left out is done from now on.
            stage.finished_at.get_or_insert(now);
        }
        self.data.current = self.data.current.saturating_add(1);
    }

    fn finish(&mut self, outcome: Outcome, commands: &mut Vec<Command>) {
        self.data.state = RolloutState::Finished { outcome };
        self.data.wake = None;
        commands.push(Command::Finished { outcome });
    }

    fn stop(&mut self, outcome: Outcome, commands: &mut Vec<Command>) {
        self.data.state = RolloutState::Stopping { outcome };
        self.data.wake = None;
        commands.extend(
            self.in_flight()
                .map(|target| Command::StopTarget { target: target.name.clone(), attempt: target.attempt }),
        );
    }

    /// Position of a target if that runner is the one at work there.
    fn runner(&self, target: &TargetName, attempt: u32) -> Option<usize> {
        let at = *self.index.names.get(target)?;
        let target = self.data.targets.get(at)?;
        (target.state.is_in_flight() && target.attempt == attempt).then_some(at)
    }

    fn set(&mut self, at: usize, state: TargetState) {
        let Self { data, index } = self;
        if let Some(target) = data.targets.get(at) {
            index.leave(data, at, target);
        }
        if let Some(target) = data.targets.get_mut(at) {
            target.state = state;
        }
        if let Some(target) = data.targets.get(at) {
            index.enter(data, at, target);
        }
    }

    fn skip(&mut self, target: &TargetName, attempt: Option<u32>, reason: String) {
        let at = match attempt {
            Some(attempt) => self.runner(target, attempt),
            None => self.index.names.get(target).copied().filter(|at| {
                self.data
                    .targets
                    .get(*at)
                    .is_some_and(|target| !target.state.is_in_flight() && !target.state.is_done())
            }),
        };
        if let Some(at) = at
            && self.reopen()
        {
            self.set(at, TargetState::Skipped { reason });
            self.settle_failures();
        }
    }

    fn lost(&mut self, target: &TargetName, attempt: u32, commands: &mut Vec<Command>) {
        if let Some(at) = self.runner(target, attempt) {
            self.set(at, TargetState::Pending);
        } else if let Some(run) = self.target(target)
            && run.state == TargetState::Replanning
            && self.data.state == RolloutState::Running
        {
            commands.push(Command::Replan { target: target.clone() });
        }
    }

    fn stale(&mut self, target: &TargetName, attempt: Option<u32>, commands: &mut Vec<Command>) {
        let at = match attempt {
            Some(attempt) => self.runner(target, attempt),
            None => self.index.names.get(target).copied().filter(|at| {
                self.data.targets.get(*at).is_some_and(|target| target.state == TargetState::Pending)
            }),
        };
        let Some(at) = at else { return };
        self.set(at, TargetState::Replanning);
        if matches!(self.data.state, RolloutState::Created | RolloutState::Running) {
            commands.push(Command::Replan { target: target.clone() });
        }
    }

    /// Whether the plan was replaced.
    fn replace_plan(
        &mut self,
        replaces: &Digest,
        plan: Digest,
        effect: Digest,
        targets: &[TargetName],
        commands: &mut Vec<Command>,
    ) -> bool {
        if !matches!(self.data.state, RolloutState::Created | RolloutState::Running) {
            return false;
        }
        let replanned: Vec<usize> = targets
            .iter()
            .filter_map(|name| self.index.names.get(name).copied())
            .filter(|at| self.index.replanning.contains(at))
            .collect();
        if *replaces != self.data.plan {
            // Computed from a plan that another one has replaced since: ask again.
            commands.extend(
                replanned
                    .into_iter()
                    .filter_map(|at| self.data.targets.get(at))
                    .map(|target| Command::Replan { target: target.name.clone() }),
            );
            return false;
        }
        let previous = std::mem::replace(&mut self.data.plan, plan);
        if effect == self.data.effect {
            if !self.data.same_effect.contains(&previous) {
                self.data.same_effect.push(previous);
            }
        } else {
            self.data.effect = effect;
            self.data.same_effect.clear();
            self.data.approvals.clear();
        }
        for at in replanned {
            self.set(at, TargetState::Pending);
        }
        true
    }

    /// Whether somebody speaks of this release and of a plan with the effect that holds now.
    fn is_about_this(&self, release: &Digest, plan: &Digest) -> bool {
        *release == self.data.release && (*plan == self.data.plan || self.data.same_effect.contains(plan))
    }

    fn retry(&mut self, target: Option<&TargetName>) {
        let may = |at: &usize| self.index.failed.contains(at) || self.index.inconclusive.contains(at);
        let chosen: Vec<usize> = match target {
            Some(name) => self.index.names.get(name).copied().filter(may).into_iter().collect(),
            None => self.index.failed.union(&self.index.inconclusive).copied().collect(),
        };
        if chosen.is_empty() || !self.reopen() {
            return;
        }
        for at in chosen {
            self.set(at, TargetState::Pending);
        }
        self.settle_failures();
    }

    /// Makes a rollout that has failed go on; false where it cannot.
    fn reopen(&mut self) -> bool {
        match self.data.state {
            RolloutState::Created | RolloutState::Running => true,
            RolloutState::Finished { outcome: Outcome::Failed } => {
                self.data.state = RolloutState::Running;
                true
            }
            RolloutState::Stopping { .. } | RolloutState::Finished { .. } => false,
        }
    }

    /// Failures that are gone are no longer accepted ones.
    fn settle_failures(&mut self) {
        let failed = self.failed();
        if let Some(stage) = self.data.stages.get_mut(self.data.current) {
            stage.accepted_failures = stage.accepted_failures.min(failed);
        }
    }

    /// Whether the counters and queues are those of the state, computed anew. For tests.
    #[doc(hidden)]
    pub fn is_consistent(&self) -> bool {
        Index::of(&self.data) == self.index
    }
}
