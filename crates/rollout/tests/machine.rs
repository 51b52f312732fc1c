//! The state machine in a hostile world: reports that are lost, repeated, late and out of order, crashes, restarts from the
//! stored state, clocks that jump.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sluice_rollout::{
    ApprovalRule, Authorship, Calendar, Command, Covers, Digest, Environment, Event, Freeze, GateVerdict,
    Identity, Observed, Outcome, People, Rollout, RolloutInput, RolloutState, StageInput, StageState, Target,
    TargetFact, TargetInput, TargetName, TargetState, Wave, Window,
};

const PEOPLE: [&str; 4] = ["ann@x.org", "bob@x.org", "cy@x.org", "eve@x.org"];

fn start() -> Timestamp {
    "2026-03-27T12:00:00Z".parse().unwrap()
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn who(mail: &str) -> Identity {
    Identity::parse(mail).unwrap()
}

/// A stage in short: targets, of which so many are up to date, waves, budget, parallelism, which gates.
#[derive(Debug, Clone)]
struct Shape {
    targets: usize,
    up_to_date: usize,
    waves: Vec<&'static str>,
    max_parallel: usize,
    max_failures: u32,
    soak: bool,
    window: bool,
    freeze: bool,
    approvals: u32,
}

fn shape() -> impl Strategy<Value = Shape> {
    (
        (0_usize..7, 0_usize..3, 1_usize..4, 0_u32..3),
        prop::collection::vec(prop::sample::select(vec!["label == 'a'", "25%", "50%", "1", "2"]), 0..3),
        (any::<bool>(), any::<bool>(), any::<bool>(), 0_u32..3),
    )
        .prop_map(
            |(
                (targets, up_to_date, max_parallel, max_failures),
                waves,
                (soak, window, freeze, approvals),
            )| {
                Shape {
                    targets,
                    up_to_date,
                    waves,
                    max_parallel,
                    max_failures,
                    soak,
                    window,
                    freeze,
                    approvals,
                }
            },
        )
}

fn people() -> People {
    let mut people = People::default();
    people.insert("dba", &PEOPLE[..3]).unwrap();
    people
}

/// Stages `env0`, `env1`, …; the first comes after `elsewhere`, which is not part of the rollout.
fn rollout(shapes: &[Shape]) -> Rollout {
    let stages = shapes.iter().enumerate().map(|(at, shape)| {
        let mut environment = Environment::new(format!("env{at}"));
        environment.soak = shape.soak.then_some(Duration::from_secs(3600));
        if shape.window {
            environment.windows = vec![Window::parse("daily", "22:00", "04:00", "Europe/Berlin").unwrap()];
        }
        if shape.freeze {
            environment.freezes =
                vec![Freeze::parse("2026-03-27T20:00", "2026-03-28", "Europe/Berlin", "fair").unwrap()];
        }
        if shape.approvals > 0 {
            let rule = ApprovalRule::parse(i64::from(shape.approvals), &["group:dba"], false).unwrap();
            environment.approvals = vec![rule];
        }
        environment.waves = shape.waves.iter().map(|wave| Wave::parse(wave).unwrap()).collect();
        environment.max_parallel = shape.max_parallel;
        environment.max_failures = (shape.max_failures > 0).then_some(shape.max_failures);
        let targets = (0..shape.targets).map(|target| TargetInput {
            target: Target {
                name: TargetName(format!("db{at}-{target}")),
                environment: environment.name.clone(),
                engine: None,
                labels: BTreeMap::from([("label".to_owned(), ["a", "b"][target % 2].to_owned())]),
            },
            fact: match target < shape.up_to_date {
                true => TargetFact::UpToDate { finished_at: Some(start() - SignedDuration::from_hours(5)) },
                false => TargetFact::Pending,
            },
        });
        let after = if at == 0 { "elsewhere".to_owned() } else { format!("env{}", at - 1) };
        StageInput { targets: targets.collect(), environment, after: Some(after) }
    });
    let input = RolloutInput {
        release: digest("release"),
        plan: digest("plan 0"),
        effect: digest("effect 0"),
        authors: vec![who("eve@x.org"), who("Cy <CY@x.org>")],
        authorship: Authorship::Known,
        covers: Covers::default(),
        people: people(),
        stages: stages.collect(),
    };
    Rollout::new(input, start()).unwrap()
}

/// One thing that happens. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Pass { minutes: i64 },
    RunnerBegins(usize),
    RunnerEnds(usize, u8),
    RunnerDies(usize),
    Deliver { at: usize, keep: bool },
    Lose(usize),
    Approve(usize, bool),
    Reject(usize),
    Pause,
    Resume(bool),
    Cancel,
    Retry(Option<usize>),
    Skip(usize),
    Stale(usize),
    Replan { effect_changes: bool },
    Observe { finished: bool, minutes_ago: i64 },
    Restart,
    Nonsense(usize, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let index = || 0_usize..64;
    prop_oneof![
        6 => (-90_i64..300).prop_map(|minutes| Step::Pass { minutes }),
        3 => index().prop_map(Step::RunnerBegins),
        10 => (index(), 0_u8..12).prop_map(|(at, end)| Step::RunnerEnds(at, end)),
        2 => index().prop_map(Step::RunnerDies),
        14 => (index(), prop::bool::weighted(0.3)).prop_map(|(at, keep)| Step::Deliver { at, keep }),
        1 => index().prop_map(Step::Lose),
        3 => (0_usize..4, prop::bool::weighted(0.2)).prop_map(|(person, other)| Step::Approve(person, other)),
        1 => (3_usize..40).prop_map(Step::Reject),
        1 => Just(Step::Pause),
        2 => any::<bool>().prop_map(Step::Resume),
        1 => prop::bool::weighted(0.15).prop_map(|cancel| if cancel { Step::Cancel } else { Step::Resume(true) }),
        3 => prop::option::of(index()).prop_map(Step::Retry),
        1 => index().prop_map(Step::Skip),
        2 => index().prop_map(Step::Stale),
        3 => prop::bool::weighted(0.3).prop_map(|effect_changes| Step::Replan { effect_changes }),
        3 => (prop::bool::weighted(0.8), 0_i64..200)
            .prop_map(|(finished, minutes_ago)| Step::Observe { finished, minutes_ago }),
        3 => Just(Step::Restart),
        2 => (index(), 0_u32..4).prop_map(|(at, attempt)| Step::Nonsense(at, attempt)),
    ]
}

/// Everything outside the machine, and what an observer knows who does not look into it.
struct World {
    rollout: Rollout,
    now: Timestamp,
    /// Runners that are alive.
    live: BTreeSet<(TargetName, u32)>,
    /// Reports on their way.
    mail: Vec<Event>,
    /// Targets to be planned again.
    replans: BTreeSet<TargetName>,
    plans: u32,
    effects: u32,
    approved: BTreeSet<&'static str>,
    observed: Option<(Timestamp, Observed)>,
    paused: bool,
    stopped: bool,
    wake: Option<Timestamp>,
    ended: Option<Outcome>,
    done: BTreeSet<TargetName>,
    /// Targets that failed since somebody wanted them tried again.
    failed: BTreeSet<TargetName>,
    started: usize,
    sent: usize,
}

impl World {
    fn new(shapes: &[Shape]) -> Self {
        Self {
            rollout: rollout(shapes),
            now: start(),
            live: BTreeSet::new(),
            mail: Vec::new(),
            replans: BTreeSet::new(),
            plans: 0,
            effects: 0,
            approved: BTreeSet::new(),
            observed: None,
            paused: false,
            stopped: false,
            wake: None,
            ended: None,
            done: BTreeSet::new(),
            failed: BTreeSet::new(),
            started: 0,
            sent: 0,
        }
    }

    fn plan(&self) -> Digest {
        digest(&format!("plan {}", self.plans))
    }

    fn send(&mut self, event: Event) {
        self.note(&event);
        self.sent += 1;
        let twin = self.sent.is_multiple_of(4).then(|| {
            let twin: Rollout = serde_json::from_str(&serde_json::to_string(&self.rollout).unwrap()).unwrap();
            assert_eq!(twin, self.rollout);
            twin
        });
        let commands = self.rollout.handle(event.clone(), self.now);
        if let Some(mut twin) = twin {
            assert_eq!(
                twin.handle(event, self.now),
                commands,
                "a stored state answers like the one in memory"
            );
        }
        assert!(self.rollout.is_consistent());
        for command in commands {
            let json = serde_json::to_string(&command).unwrap();
            assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
            self.carry_out(command);
        }
        let in_flight = self.rollout.in_flight().count();
        assert!(self.live.len() <= in_flight, "every live runner is known");
        let over = matches!(self.rollout.state(), RolloutState::Finished { .. });
        let why = self.rollout.why(self.now);
        assert!(!why.is_empty());
        if !over && in_flight == 0 {
            assert!(
                why.iter().any(|reason| reason.verdict != GateVerdict::Pass && !reason.message.is_empty()),
                "waits without a reason: {why:?}"
            );
            let outcome = self.rollout.outcome(self.now);
            let is_busy = self.rollout.state() == RolloutState::Created || !self.replans.is_empty();
            assert!(outcome.is_some() || is_busy, "stands still without an outcome: {why:?}");
        }
        assert_eq!(over, self.ended.is_some());
    }

    /// What an observer learns from an event that is about to be handled.
    fn note(&mut self, event: &Event) {
        let over = matches!(self.rollout.state(), RolloutState::Finished { .. });
        match event {
            Event::Paused { .. } => {
                self.paused |= matches!(self.rollout.state(), RolloutState::Created | RolloutState::Running);
            }
            Event::Resumed { .. } => self.paused = false,
            Event::CancelRequested { .. } => {
                self.stopped = true;
                // What has failed could go on; now it ends for good.
                self.ended = self.ended.filter(|outcome| *outcome != Outcome::Failed);
            }
            Event::GateObserved { observed, observed_at, .. }
                if self.observed.as_ref().is_none_or(|(before, _)| before <= observed_at) =>
            {
                self.observed = Some((*observed_at, observed.clone()));
            }
            Event::TargetFailed { target, attempt, .. }
                if self
                    .rollout
                    .target(target)
                    .is_some_and(|run| run.attempt == *attempt && run.state.is_in_flight()) =>
            {
                self.failed.insert(target.clone());
            }
            _ => {}
        }
        if let Event::RetryRequested { target } = event {
            self.failed.retain(|failed| target.as_ref().is_some_and(|target| target != failed));
        }
        match event {
            Event::RetryRequested { .. } | Event::TargetSkipped { .. }
                if over && self.ended == Some(Outcome::Failed) =>
            {
                // It may be opened again; whether it was shows after the event.
                self.ended = None;
            }
            _ => {}
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::StartTarget { target, attempt } => {
                self.check_start(&target);
                self.live.insert((target, attempt));
                self.started += 1;
            }
            Command::StopTarget { target, attempt } => {
                let is_live = self.live.contains(&(target.clone(), attempt));
                let run = self.rollout.target(&target).unwrap();
                assert!(is_live || run.state.is_in_flight());
            }
            Command::Replan { target } => {
                self.replans.insert(target);
            }
            Command::WakeAt { at } => {
                assert!(at > self.now, "wakes up in the past");
                self.wake = Some(at);
            }
            Command::Finished { outcome } => {
                assert!(self.live.is_empty(), "ended while a runner works");
                assert_eq!(self.ended.replace(outcome), None, "ended twice");
            }
        }
    }

    /// The promises, judged from outside, at every start.
    fn check_start(&self, target: &TargetName) {
        assert!(self.live.iter().all(|(live, _)| live != target), "two writers on {target}");
        assert!(!self.done.contains(target), "{target} has the release already");
        assert!(!self.stopped && !self.paused, "started though stopped or paused");
        let run = self.rollout.target(target).unwrap();
        let stage = &self.rollout.stages()[run.stage];
        let rules = &stage.environment;
        assert!(self.rollout.in_flight().count() <= rules.max_parallel.max(1));
        assert!(self.live.len() < rules.max_parallel.max(1));
        for earlier in self.rollout.targets() {
            let before = earlier.stage < run.stage;
            assert!(!before || earlier.state.is_done(), "out of stage order");
            let wave = earlier.stage == run.stage && earlier.wave < run.wave;
            let untouched = earlier.state == TargetState::Pending && earlier.attempt == 0;
            assert!(!wave || !untouched, "out of wave order");
            assert!(!matches!(earlier.state, TargetState::Inconclusive { .. }), "a person must look first");
        }
        let failed =
            self.rollout.targets().iter().filter(|run| matches!(run.state, TargetState::Failed { .. }));
        let allowed = usize::try_from(rules.max_failures.unwrap_or(0)).unwrap() + stage.accepted_failures;
        assert!(failed.count() <= allowed, "more have failed than allowed and accepted");
        assert!(!self.failed.contains(target), "{target} has failed and nobody wants it tried again");
        let calendar = Calendar { windows: &rules.windows, freezes: &rules.freezes };
        assert!(calendar.is_open(self.now), "outside the window");
        let before = match run.stage {
            0 => match &self.observed {
                Some((_, Observed::Finished { finished_at })) => *finished_at,
                _ => panic!("nothing is known of the previous stage"),
            },
            stage => self.rollout.stages()[stage - 1].finished_at.unwrap(),
        };
        if let Some(soak) = rules.soak {
            assert!(before + SignedDuration::try_from(soak).unwrap() <= self.now, "not soaked");
        }
        for rule in &rules.approvals {
            // Cy and Eve are authors, Eve is not even in the group.
            let count = self.approved.iter().filter(|person| PEOPLE[..2].contains(person)).count();
            assert!(count >= usize::try_from(rule.required).unwrap(), "not approved");
        }
    }

    fn pick_live(&self, at: usize) -> Option<(TargetName, u32)> {
        self.live.iter().nth(at.checked_rem(self.live.len())?).cloned()
    }

    fn any_target(&self, at: usize) -> Option<TargetName> {
        let targets = self.rollout.targets();
        targets.get(at.checked_rem(targets.len())?).map(|target| target.name.clone())
    }

    fn approve(&mut self, person: usize, other: bool) {
        let plan = if other { digest("another plan") } else { self.plan() };
        let release = digest("release");
        if !other {
            self.approved.insert(PEOPLE[person]);
        }
        let by = who(&PEOPLE[person].to_uppercase());
        self.send(Event::Approved { by, release, plan, environment: None });
    }

    fn replan(&mut self, effect_changes: bool) {
        let targets: Vec<TargetName> = std::mem::take(&mut self.replans).into_iter().collect();
        let replaces = self.plan();
        let accepted = matches!(self.rollout.state(), RolloutState::Created | RolloutState::Running);
        self.plans += 1;
        if effect_changes {
            self.effects += 1;
            self.approved.clear();
        }
        let (plan, effect) = (self.plan(), digest(&format!("effect {}", self.effects)));
        let covers = Covers::default();
        let event = Event::PlanReplaced { replaces, plan, effect, covers, targets };
        self.send(event.clone());
        if accepted {
            // Again: it replaces nothing any more.
            self.send(event);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass { minutes } => {
                self.now += SignedDuration::from_mins(minutes);
                self.send(Event::Tick);
            }
            Step::RunnerBegins(at) => {
                if let Some((target, attempt)) = self.pick_live(at) {
                    self.mail.push(Event::TargetStarted { target, attempt });
                }
            }
            Step::RunnerEnds(at, end) => {
                let Some((target, attempt)) = self.pick_live(at) else { return };
                self.live.remove(&(target.clone(), attempt));
                let finished_at = self.now;
                self.mail.push(match end {
                    0 | 1 => Event::TargetFailed {
                        target,
                        attempt,
                        kind: "statement".to_owned(),
                        message: "no such table".to_owned(),
                        retryable: false,
                    },
                    2 => Event::TargetInconclusive { target, attempt, message: "cannot tell".to_owned() },
                    3 => Event::TargetCancelled { target, attempt },
                    4 => Event::PlanStale { target, attempt: Some(attempt) },
                    5 => Event::TargetSkipped { target, attempt: Some(attempt), reason: "gone".to_owned() },
                    _ => Event::TargetSucceeded { target, attempt, finished_at, applied: 1 },
                });
            }
            Step::RunnerDies(at) => {
                if let Some((target, attempt)) = self.pick_live(at) {
                    self.live.remove(&(target.clone(), attempt));
                    self.mail.push(Event::RunnerLost { target, attempt });
                }
            }
            Step::Deliver { at, keep } => {
                let Some(at) = at.checked_rem(self.mail.len()) else { return };
                let event = if keep { self.mail[at].clone() } else { self.mail.swap_remove(at) };
                self.deliver(event);
            }
            Step::Lose(at) => {
                let Some(at) = at.checked_rem(self.mail.len()) else { return };
                match self.mail.swap_remove(at) {
                    Event::TargetStarted { .. } => {}
                    Event::TargetFailed { target, attempt, .. }
                    | Event::TargetInconclusive { target, attempt, .. }
                    | Event::TargetCancelled { target, attempt }
                    | Event::PlanStale { target, attempt: Some(attempt) }
                    | Event::TargetSkipped { target, attempt: Some(attempt), .. }
                    | Event::TargetSucceeded { target, attempt, .. }
                    | Event::RunnerLost { target, attempt } => {
                        self.mail.push(Event::RunnerLost { target, attempt });
                    }
                    other => panic!("{other:?} is no report"),
                }
            }
            Step::Approve(person, other) => self.approve(person, other),
            Step::Reject(person) => {
                let Some(person) = PEOPLE.get(person) else { return };
                // Only people who do not count: the rollout goes on.
                let (by, release, plan) = (who(person), digest("release"), self.plan());
                let reason = "no".to_owned();
                self.send(Event::Rejected { by, release, plan, environment: None, reason });
            }
            Step::Pause => self.send(Event::Paused { by: "ann".to_owned() }),
            Step::Resume(accept_failures) => {
                self.send(Event::Resumed { by: "ann".to_owned(), accept_failures });
            }
            Step::Cancel => self.send(Event::CancelRequested { by: "ann".to_owned() }),
            Step::Retry(at) => {
                let target = at.and_then(|at| self.any_target(at));
                self.reopening(Event::RetryRequested { target });
            }
            Step::Skip(at) => {
                if let Some(target) = self.any_target(at) {
                    let reason = "not needed".to_owned();
                    self.reopening(Event::TargetSkipped { target, attempt: None, reason });
                }
            }
            Step::Stale(at) => {
                if let Some(target) = self.any_target(at) {
                    self.send(Event::PlanStale { target, attempt: None });
                }
            }
            Step::Replan { effect_changes } => {
                let open = matches!(self.rollout.state(), RolloutState::Created | RolloutState::Running);
                if open && !self.replans.is_empty() {
                    self.replan(effect_changes);
                }
            }
            Step::Observe { finished, minutes_ago } => {
                let finished_at = start() - SignedDuration::from_mins(minutes_ago);
                let observed = match finished {
                    true => Observed::Finished { finished_at },
                    false => Observed::Unfinished { reason: "1 of 2".to_owned() },
                };
                let observed_at = self.now;
                let environment = "elsewhere".to_owned();
                self.send(Event::GateObserved { environment, observed, observed_at });
            }
            Step::Restart => {
                // The process dies with all its runners; the next one goes on from the stored state.
                let json = serde_json::to_string(&self.rollout).unwrap();
                self.rollout = serde_json::from_str(&json).unwrap();
                self.live.clear();
                self.mail.clear();
                let lost: Vec<(TargetName, u32)> = self
                    .rollout
                    .in_flight()
                    .chain(self.rollout.replanning())
                    .map(|run| (run.name.clone(), run.attempt))
                    .collect();
                for (target, attempt) in lost {
                    self.send(Event::RunnerLost { target, attempt });
                }
                self.send(Event::Tick);
            }
            Step::Nonsense(at, attempt) => {
                // Reports of runners that never were, or are long gone.
                let target = self.any_target(at).unwrap_or(TargetName("nobody".to_owned()));
                if !self.live.contains(&(target.clone(), attempt))
                    && self.rollout.target(&target).is_none_or(|run| run.attempt != attempt)
                {
                    let finished_at = self.now;
                    self.send(Event::TargetSucceeded { target, attempt, finished_at, applied: 1 });
                }
                let (target, attempt) = (TargetName("unknown".to_owned()), 1);
                self.send(Event::RunnerLost { target, attempt });
            }
        }
    }

    /// An event that may open a failed rollout again: if it did not, it is still over.
    fn reopening(&mut self, event: Event) {
        let before = self.ended;
        let was_over = matches!(self.rollout.state(), RolloutState::Finished { .. });
        let mut trial = self.rollout.clone();
        trial.handle(event.clone(), self.now);
        if was_over && trial == self.rollout {
            let rollout = self.rollout.handle(event, self.now);
            assert!(rollout.is_empty());
            assert_eq!(self.ended, before);
        } else {
            self.send(event);
        }
    }

    fn deliver(&mut self, event: Event) {
        if let Event::TargetSucceeded { target, attempt, .. } = &event
            && self
                .rollout
                .target(target)
                .is_some_and(|run| run.attempt == *attempt && run.state.is_in_flight())
        {
            self.done.insert(target.clone());
        }
        if matches!(event, Event::TargetSkipped { .. }) {
            // Said again after the end, it opens nothing.
            return self.reopening(event);
        }
        self.send(event);
    }

    /// Everybody answers, people do what is asked for, time passes: until it is over.
    fn settle(&mut self) {
        for round in 0..400 {
            while let Some(event) = self.mail.pop() {
                self.deliver(event);
            }
            if self.rollout.state() == RolloutState::Created {
                self.send(Event::Started);
            }
            if let Some(outcome) = self.ended
                && outcome != Outcome::Failed
            {
                return;
            }
            if !self.live.is_empty() {
                self.step(Step::RunnerEnds(0, 9));
                continue;
            }
            // Reports that were lost.
            let lost: Vec<_> = self.rollout.in_flight().map(|run| (run.name.clone(), run.attempt)).collect();
            for (target, attempt) in lost {
                self.send(Event::RunnerLost { target, attempt });
            }
            self.replans.extend(self.rollout.replanning().map(|run| run.name.clone()).collect::<Vec<_>>());
            self.step(Step::Replan { effect_changes: false });
            self.step(Step::Retry(None));
            if round % 3 == 0 && self.ended.is_none() {
                self.send(Event::Resumed { by: "ann".to_owned(), accept_failures: true });
                self.approve(0, false);
                self.approve(1, false);
                let finished_at = start() - SignedDuration::from_hours(9);
                let (environment, observed) = ("elsewhere".to_owned(), Observed::Finished { finished_at });
                let observed_at = self.now.max(self.observed.as_ref().map_or(self.now, |(at, _)| *at));
                self.send(Event::GateObserved { environment, observed, observed_at });
            }
            if self.live.is_empty() && self.ended.is_none() {
                self.now = self.wake.filter(|wake| *wake > self.now).unwrap_or(self.now);
                self.send(Event::Tick);
            }
        }
        panic!("never ends: {:?} {:?}", self.rollout.state(), self.rollout.why(self.now));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold_and_it_ends_once_everybody_answers(
        shapes in prop::collection::vec(shape(), 1..4),
        first in prop::bool::weighted(0.9),
        steps in prop::collection::vec(step(), 0..160),
    ) {
        let mut world = World::new(&shapes);
        if first {
            world.send(Event::Started);
        }
        for step in steps {
            world.step(step);
        }
        world.settle();
        let outcome = world.ended.unwrap();
        prop_assert!(matches!(outcome, Outcome::Succeeded | Outcome::Cancelled), "{outcome}");
        if outcome == Outcome::Succeeded {
            prop_assert!(world.rollout.targets().iter().all(|run| run.state.is_done()));
            prop_assert!(world.rollout.stages().iter().all(|stage| stage.state == StageState::Succeeded));
        }
        prop_assert_eq!(world.rollout.outcome(world.now), Some(outcome));
    }

    #[test]
    fn a_cancelled_rollout_always_ends(
        shapes in prop::collection::vec(shape(), 1..4),
        steps in prop::collection::vec(step(), 0..80),
        late in prop::collection::vec(step(), 0..20),
    ) {
        let mut world = World::new(&shapes);
        world.send(Event::Started);
        for step in steps {
            world.step(step);
        }
        let over = world.ended.is_some_and(|outcome| outcome != Outcome::Failed);
        world.step(Step::Cancel);
        let started = world.started;
        for step in late {
            world.step(step);
        }
        while let Some((target, attempt)) = world.pick_live(0) {
            world.live.remove(&(target.clone(), attempt));
            world.send(Event::TargetCancelled { target, attempt });
        }
        let lost: Vec<_> = world.rollout.in_flight().map(|run| (run.name.clone(), run.attempt)).collect();
        for (target, attempt) in lost {
            world.send(Event::RunnerLost { target, attempt });
        }
        prop_assert!(world.ended.is_some());
        prop_assert!(over || world.ended == Some(Outcome::Cancelled));
        prop_assert_eq!(world.started, started);
    }
}
