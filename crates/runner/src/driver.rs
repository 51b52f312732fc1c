use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sluice_engine::ledger::Identity;
use sluice_engine::{Applied, ApplyError, DbError, DbErrorKind, EventSink, Job, Start, apply};
use sluice_report::{Problem, TargetOutcome, TargetResult};
use sluice_rollout::{
    Command, Covers, Environment, Event, Outcome, Response, Rollout, RolloutState, TargetName, TargetRun,
    TargetState,
};
use sluice_store::State;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::declared::Way;
use crate::drift::response as drift_response;
use crate::error::{Exit, RunError, exit_of, problems_of};
use crate::histories;
use crate::listener::Progress;
use crate::planning::{Survey, survey_one};
use crate::remote::Apply;
use crate::sites::Site;
use crate::tracker::Tracker;

/// Runs a rollout from this process: starts what the state machine wants to have running, reports what happens, and ends when
/// only a person, a gate or time can make it go on.
pub struct Driver<'a> {
    /// The project.
    pub context: &'a Context,
    /// The selected databases.
    pub sites: &'a [Site<'a>],
    /// The rollout.
    pub tracker: Tracker,
    /// Who runs it.
    pub identity: Identity,
    /// What is pending on databases behind an approval, as far as they answered.
    pub planned: Covers,
    /// In a declarative project: what leads databases to the declared schema, as far as they answered.
    pub ways: HashMap<TargetName, Computed>,
    /// Environments whose ledgers do not tell how long the release has stood there: it is since this run has seen it.
    pub undated: HashSet<String>,
    /// How long gates that open by themselves are waited for.
    pub wait: Duration,
}

/// The computed change of a database, and what is wrong with it.
#[derive(Clone)]
pub struct Computed {
    way: Arc<Way>,
    problems: Vec<sluice_rollout::Problem>,
}

impl Computed {
    /// What was computed for a database; none where nothing was.
    pub fn of(survey: &Survey) -> Option<Self> {
        let (_, decision) = survey.found.as_ref().ok()?;
        Some(Self { way: survey.way.clone()?, problems: decision.problems.clone() })
    }

    /// # Errors
    /// What nobody has allowed.
    fn allowed(self) -> Result<Arc<Way>, ApplyError> {
        let refused: Vec<_> =
            self.problems.into_iter().filter(|problem| problem.response == Response::Error).collect();
        if refused.is_empty() { Ok(self.way) } else { Err(ApplyError::Refused { problems: refused }) }
    }
}

/// How a run of a rollout ended.
pub struct Ran {
    /// The rollout as it stands.
    pub tracker: Tracker,
    /// What it came to.
    pub outcome: Outcome,
    /// What was done, in the order of the ends.
    pub results: Vec<TargetResult>,
    /// How the command ends.
    pub exit: Exit,
    /// Databases whose ledger moved away from the plan: it must be made again.
    pub stale: bool,
}

/// How often others' decisions (pause, cancel, approve) are looked for while targets run.
const LOOK: Duration = Duration::from_millis(250);

/// News from the threads.
enum News {
    Happened { target: TargetName, event: sluice_engine::Event },
    Ended { target: TargetName, attempt: u32, result: Result<Applied, ApplyError>, time: Duration },
}

struct Runner {
    attempt: u32,
    cancel: CancellationToken,
}

impl Driver<'_> {
    /// Runs the rollout.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn run(self) -> Result<Ran, RunError> {
        let (sender, receiver) = channel();
        let progress = self.context.listener.progress();
        std::thread::scope(|scope| {
            Loop {
                driver: self,
                scope,
                sender,
                receiver,
                progress,
                runners: HashMap::new(),
                results: Vec::new(),
                first_failure: None,
                warned: HashMap::new(),
                stale: false,
                paused: Arc::default(),
                looked: Instant::now(),
            }
            .run()
        })
    }
}

struct Loop<'scope, 'env, 'a> {
    driver: Driver<'a>,
    scope: &'scope Scope<'scope, 'env>,
    sender: Sender<News>,
    receiver: Receiver<News>,
    progress: Box<dyn Progress>,
    runners: HashMap<TargetName, Runner>,
    results: Vec<TargetResult>,
    first_failure: Option<Exit>,
    /// What the engine warned of, until it is known whether the result says it, too.
    warned: HashMap<TargetName, Vec<String>>,
    stale: bool,
    /// Who has paused the rollout, for the runners.
    paused: Arc<Mutex<Option<String>>>,
    /// When others' decisions were looked for last.
    looked: Instant,
}

impl<'scope, 'env, 'a: 'scope> Loop<'scope, 'env, 'a> {
    fn run(mut self) -> Result<Ran, RunError> {
        let result = self.drive();
        if result.is_err() {
            // Without a store nobody could take up what runs: it stops at the next statement border.
            self.runners.values().for_each(|runner| runner.cancel.cancel());
        }
        let outcome = result?;
        let exit = self.exit(outcome);
        Ok(Ran { tracker: self.driver.tracker, outcome, results: self.results, exit, stale: self.stale })
    }

    fn drive(&mut self) -> Result<Outcome, RunError> {
        let deadline = Instant::now() + self.driver.wait;
        let mut events = vec![Event::Tick];
        loop {
            let now = self.driver.context.state.now();
            let commands =
                if events.is_empty() { Vec::new() } else { self.driver.tracker.record(&events, now)? };
            events.clear();
            let mut wake = None;
            for command in commands {
                match command {
                    Command::WakeAt { at } => wake = Some(at),
                    Command::Replan { .. } => self.stale = true,
                    // What runs is compared with what should run below.
                    Command::StartTarget { .. } | Command::StopTarget { .. } | Command::Finished { .. } => {}
                }
            }
            self.reconcile();
            if self.runners.is_empty() {
                if self.stale {
                    return Ok(Outcome::WaitingAtGate);
                }
                if let Some(outcome) = self.driver.tracker.rollout().outcome(now) {
                    let opens = wake
                        .filter(|_| outcome == Outcome::WaitingAtGate)
                        .map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
                    match opens {
                        Some(opens)
                            if Instant::now() + opens <= deadline
                                && !self.driver.context.cancel.is_cancelled() =>
                        {
                            self.progress
                                .line(&format!("waiting {}s for a gate to open", opens.as_secs().max(1)));
                            self.idle(opens.max(Duration::from_millis(10)))?;
                            events.push(Event::Tick);
                            continue;
                        }
                        _ => return Ok(outcome),
                    }
                }
                if self.driver.context.cancel.is_cancelled() {
                    return Ok(Outcome::Paused);
                }
                events.push(Event::Tick);
            }
            match self.receiver.recv_timeout(if events.is_empty() { LOOK } else { Duration::ZERO }) {
                Ok(news) => {
                    self.take(news, &mut events);
                    while let Ok(news) = self.receiver.try_recv() {
                        self.take(news, &mut events);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            if self.looked.elapsed() >= LOOK {
                self.driver.tracker.refresh()?;
                self.looked = Instant::now();
            }
            let paused = self.driver.tracker.rollout().paused_by().map(str::to_owned);
            *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        }
    }

    /// Waits, but not past a decision of somebody else or a signal.
    fn idle(&mut self, time: Duration) -> Result<(), RunError> {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.driver.context.cancel.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            // Nothing runs, so no news can come: this is only a pause that the loop's own channel keeps.
            let _ = self.receiver.recv_timeout(left.min(LOOK));
            if self.driver.tracker.refresh()? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Starts what should run and does not; stops what runs and should not.
    fn reconcile(&mut self) {
        let wanted: HashMap<TargetName, u32> =
            self.driver.tracker.rollout().in_flight().map(|run| (run.name.clone(), run.attempt)).collect();
        let stopping = self.driver.tracker.rollout().state() != RolloutState::Running;
        for (target, runner) in &self.runners {
            if stopping || wanted.get(target) != Some(&runner.attempt) {
                runner.cancel.cancel();
            }
        }
        for (target, attempt) in wanted {
            if !self.runners.contains_key(&target) {
                self.start(target, attempt);
            }
        }
    }

    fn start(&mut self, target: TargetName, attempt: u32) {
        let cancel = self.driver.context.cancel.child_token();
        let found = self.driver.sites.iter().find(|site| site.target.name == target).cloned();
        let sender = self.sender.clone();
        self.progress.started(&target.0);
        self.runners.insert(target.clone(), Runner { attempt, cancel: cancel.clone() });
        let (context, identity) = (self.driver.context, self.driver.identity.clone());
        let agreed = self.agreed(&target);
        let hold = self.hold(&target);
        let computed = self.driver.ways.get(&target).cloned();
        self.scope.spawn(move || {
            let started = Instant::now();
            let result = match found {
                Some(site) => {
                    let run = || work(context, &site, identity, (agreed, computed), &hold, cancel, &sender);
                    // Whoever waits for it must hear of it.
                    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
                        Err(ApplyError::Lost(DbError::new(DbErrorKind::Connect, "the run has panicked")))
                    })
                }
                None => Err(ApplyError::Connect(DbError::new(
                    DbErrorKind::Url,
                    "the rollout has a database that sluice.toml does not have any more",
                ))),
            };
            // The loop waits for every runner, so it is there to hear this.
            let _ = sender.send(News::Ended { target, attempt, result, time: started.elapsed() });
        });
    }

    /// What may stop a target between changes.
    fn hold(&self, target: &TargetName) -> Hold {
        let rollout = self.driver.tracker.rollout();
        let stage = rollout.target(target).and_then(|run| rollout.stages().get(run.stage));
        let environment = stage.map(|stage| stage.environment.clone());
        Hold {
            rollout: self.driver.tracker.id().to_owned(),
            environment,
            state: self.driver.context.state.clone(),
            paused: self.paused.clone(),
        }
    }

    /// What people have agreed to on a target.
    fn agreed(&self, target: &TargetName) -> Agreed {
        let rollout = self.driver.tracker.rollout();
        let stage = rollout.target(target).and_then(|run| rollout.stages().get(run.stage));
        if stage.is_none_or(|stage| stage.environment.approvals.is_empty()) {
            return Agreed::Anything;
        }
        let cover = self.driver.planned.0.get(target).or_else(|| rollout.covers().0.get(target));
        let changes = self.driver.context.project.changes();
        cover.map_or(Agreed::Nothing, |cover| {
            let pending = cover.pending().filter_map(|index| changes.get(index));
            Agreed::Exactly(pending.map(|change| change.version.clone()).collect())
        })
    }

    fn take(&mut self, news: News, events: &mut Vec<Event>) {
        match news {
            News::Happened { target, event } => match event {
                sluice_engine::Event::Warning { message } => {
                    self.warned.entry(target).or_default().push(message);
                }
                event => self.progress.event(&target.0, &event),
            },
            News::Ended { target, attempt, result, time } => {
                self.progress.ended(&target.0);
                self.runners.remove(&target);
                let report = self.result(&target, &result, time);
                // What the result has is told once, by it.
                for message in self.warned.remove(&target).into_iter().flatten() {
                    if !report.problems.iter().any(|problem| problem.message == message) {
                        self.progress.event(&target.0, &sluice_engine::Event::Warning { message });
                    }
                }
                self.results.push(report);
                if let Err(error) = &result
                    && !matches!(error, ApplyError::Held { .. })
                {
                    self.first_failure.get_or_insert(exit_of(error));
                }
                let mut sites = self.driver.sites.iter();
                let undated = sites.any(|site| {
                    site.target.name == target && self.driver.undated.contains(&site.target.environment)
                });
                events.push(ended(target, attempt, result, undated, self.driver.context.state.now()));
            }
        }
    }

    fn result(
        &self,
        target: &TargetName,
        result: &Result<Applied, ApplyError>,
        time: Duration,
    ) -> TargetResult {
        let site = self.driver.sites.iter().find(|site| site.target.name == *target);
        let mut report = TargetResult {
            name: target.0.clone(),
            environment: site.map(|site| site.target.environment.clone()).unwrap_or_default(),
            outcome: TargetOutcome::UpToDate,
            applied: Vec::new(),
            skipped: 0,
            milliseconds: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            problems: Vec::new(),
        };
        match result {
            Ok(applied) => {
                report.applied.clone_from(&applied.versions);
                report.skipped = applied.skipped;
                if !applied.versions.is_empty() {
                    report.outcome = TargetOutcome::Applied;
                }
                report.problems = applied
                    .warnings
                    .iter()
                    .map(|problem| Problem::warning(problem.message.clone()))
                    .collect();
            }
            Err(error) => {
                report.outcome = match exit_of(error) {
                    Exit::Cancelled => TargetOutcome::Cancelled,
                    Exit::Inconclusive => TargetOutcome::Inconclusive,
                    Exit::Waiting => TargetOutcome::Held,
                    _ => TargetOutcome::Failed,
                };
                report.problems = problems_of(error, &target.0);
            }
        }
        report
    }

    fn exit(&self, outcome: Outcome) -> Exit {
        if self.driver.context.cancel.is_cancelled() {
            return Exit::Cancelled;
        }
        match outcome {
            Outcome::Succeeded => Exit::Done,
            Outcome::Failed => self.first_failure.unwrap_or(Exit::Failed),
            // Failures of this run have paused it.
            Outcome::Paused => self.first_failure.unwrap_or(Exit::Waiting),
            Outcome::WaitingAtGate => Exit::Waiting,
            Outcome::Inconclusive => Exit::Inconclusive,
            Outcome::Cancelled => Exit::Failed,
            Outcome::Rejected => Exit::Findings,
        }
    }
}

/// What may stop a target between changes: time, and people.
struct Hold {
    /// Name of the rollout.
    rollout: String,
    environment: Option<Environment>,
    state: State,
    paused: Arc<Mutex<Option<String>>>,
}

impl Hold {
    fn may_go_on(&self) -> Result<(), String> {
        if let Some(by) = &*self.paused.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(format!("paused by {by}"));
        }
        let closed = self.environment.as_ref().and_then(|it| it.calendar().closed(self.state.now()));
        closed.map_or(Ok(()), Err)
    }
}

/// What may run on a target.
#[derive(Debug, Clone)]
enum Agreed {
    /// Whatever is pending: nobody is asked.
    Anything,
    /// These versions, which people have seen.
    Exactly(Vec<String>),
    /// Nothing: it did not answer when people were asked, so that nobody has seen what would run.
    Nothing,
}

/// What a runner's end means for the rollout. `undated`: the ledger does not tell since when the target has the release.
fn ended(
    target: TargetName,
    attempt: u32,
    result: Result<Applied, ApplyError>,
    undated: bool,
    now: Timestamp,
) -> Event {
    match result {
        Ok(applied) => {
            let before = applied.finished_at.as_deref().and_then(|at| at.parse().ok());
            let finished_at = before.filter(|_| applied.versions.is_empty() && !undated).unwrap_or(now);
            let applied = u64::try_from(applied.versions.len()).unwrap_or(u64::MAX);
            Event::TargetSucceeded { target, attempt, finished_at, applied }
        }
        // It waits for its turn again.
        Err(ApplyError::Held { .. }) => Event::RunnerLost { target, attempt },
        Err(ApplyError::Stale { .. }) => Event::PlanStale { target, attempt: Some(attempt) },
        Err(error) => match exit_of(&error) {
            Exit::Cancelled => Event::TargetCancelled { target, attempt },
            Exit::Inconclusive => Event::TargetInconclusive { target, attempt, message: error.to_string() },
            exit => Event::TargetFailed {
                target,
                attempt,
                kind: exit.name().to_owned(),
                message: error.to_string(),
                retryable: matches!(exit, Exit::Unreachable | Exit::Failed),
            },
        },
    }
}

/// Brings one target to the release, on this thread.
fn work(
    context: &Context,
    site: &Site<'_>,
    identity: Identity,
    (agreed, computed): (Agreed, Option<Computed>),
    hold: &Hold,
    cancel: CancellationToken,
    news: &Sender<News>,
) -> Result<Applied, ApplyError> {
    let target = site.target.name.clone();
    let events: EventSink = {
        let (news, listener) = (news.clone(), Arc::clone(&context.listener));
        Arc::new(move |event| {
            if listener.wants(&event) {
                // The loop may have ended over an error of its own; then nobody wants to know.
                let _ = news.send(News::Happened { target: target.clone(), event });
            }
        })
    };
    let planned = match agreed {
        Agreed::Anything => None,
        Agreed::Exactly(versions) => Some(versions),
        Agreed::Nothing => {
            let (_, decision) = survey_one(context, site, false).found?;
            let changes = context.project.changes();
            let pending = decision.pending.iter().filter_map(|(index, _)| changes.get(*index));
            let found: Vec<&str> = pending.map(|change| change.version.as_str()).collect();
            if !found.is_empty() {
                return Err(ApplyError::Stale { planned: "nothing".to_owned(), found: found.join(", ") });
            }
            Some(Vec::new())
        }
    };
    let way = match computed {
        Some(computed) => Some(computed.allowed()?),
        None if context.config().project.is_declarative() => {
            // What people have agreed to was computed for a schema that nobody has seen since.
            if planned.is_some() {
                return Err(ApplyError::Stale {
                    planned: "a script that was computed earlier".to_owned(),
                    found: "a database that could not be looked at meanwhile".to_owned(),
                });
            }
            let survey = survey_one(context, site, false);
            match Computed::of(&survey) {
                Some(computed) => Some(computed.allowed()?),
                None => return nothing_to_do(survey),
            }
        }
        None => None,
    };
    let may_go_on = || hold.may_go_on();
    if let Some(remote) = context.remote_of(site) {
        let most = hold.environment.as_ref().and_then(|it| u32::try_from(it.max_parallel).ok());
        let order = Apply { rollout: hold.rollout.clone(), planned, identity, most };
        return remote.apply(site, &order, &may_go_on, &cancel);
    }
    let job = Part { identity, planned, way: way.as_deref(), may_go_on: &may_go_on };
    run_one(context, site, &job, &cancel, &events)
}

/// What is to be done to one database, besides its release.
pub struct Part<'a> {
    /// Who runs it.
    pub identity: Identity,
    /// Versions that the plan says are pending.
    pub planned: Option<Vec<String>>,
    /// What was computed for it.
    pub way: Option<&'a Way>,
    /// As [`Job::may_go_on`].
    pub may_go_on: &'a (dyn Fn() -> Result<(), String> + Sync),
}

/// Brings one database to the release, on this thread.
///
/// # Errors
/// [`ApplyError`].
pub fn run_one(
    context: &Context,
    site: &Site<'_>,
    part: &Part<'_>,
    cancel: &CancellationToken,
    events: &EventSink,
) -> Result<Applied, ApplyError> {
    let runtime = Context::runtime().map_err(|_| {
        ApplyError::Connect(DbError::new(DbErrorKind::Connect, "the system gives no event loop"))
    })?;
    let way = part.way;
    context.connected(site, |mut connection| {
        connection.connect.cancel = cancel.clone();
        let applies = |index: usize| context.applies(index, &connection.target);
        let renew = |refused: &str| context.renew(site, refused);
        let job = Job {
            changes: way.map_or(context.project.changes(), |way| std::slice::from_ref(&way.change)),
            applies: &applies,
            integrity: context.config().policy.integrity,
            on_drift: drift_response(context.config()),
            histories: histories::wanted(context.config()),
            layout: context.layout(),
            placeholders: context.placeholders(&site.target),
            identity: part.identity.clone(),
            timing: context.timing(),
            start: way.map(|way| Start { fingerprint: way.from, without: &way.to }),
            scope: context.scope(),
            planned: part.planned.clone(),
            expected: Vec::new(),
            backup: context.backup(),
            renew: Some(&renew),
            may_go_on: Some(part.may_go_on),
        };
        runtime.block_on(apply(connection.family, &connection.connect, &job, events))
    })
}

/// A database that has the declared schema, or cannot be told about.
fn nothing_to_do(survey: Survey) -> Result<Applied, ApplyError> {
    let (inspection, decision) = survey.found?;
    if decision.is_refused() {
        let problems = decision.problems.into_iter().filter(|problem| problem.response == Response::Error);
        return Err(ApplyError::Refused { problems: problems.collect() });
    }
    Ok(Applied {
        finished_at: inspection.ledger.finished_at().map(str::to_owned),
        server: inspection.server,
        versions: Vec::new(),
        skipped: decision.skipped.len(),
        warnings: decision.problems,
    })
}

/// Runners that a process left behind when it died: what it had in flight is started again.
pub fn lost(tracker: &Tracker) -> Vec<Event> {
    tracker
        .rollout()
        .in_flight()
        .map(|run| Event::RunnerLost { target: run.name.clone(), attempt: run.attempt })
        .collect()
}

/// What the same command tries again: what ended without success. Failures that have paused the rollout are tried again by
/// `sluice rollout retry` only, those that a person has accepted after everything that was not attempted yet.
pub fn again(tracker: &Tracker) -> Vec<Event> {
    let rollout = tracker.rollout();
    let after_others = rollout.has_accepted_failures() && rollout.waiting().next().is_some();
    let kept = is_paused_by_failures(rollout) || after_others;
    let retried = |run: &&TargetRun| match run.state {
        TargetState::Failed { .. } => !kept,
        TargetState::Cancelled | TargetState::Inconclusive { .. } => true,
        _ => false,
    };
    let retried = rollout.targets().iter().filter(retried);
    retried.map(|run| Event::RetryRequested { target: Some(run.name.clone()) }).collect()
}

/// What a run that was stopped has left: it goes on without anybody asking for it.
pub fn interrupted(tracker: &Tracker) -> Vec<Event> {
    let runs = tracker.rollout().targets().iter();
    let stopped = runs.filter(|run| run.state == TargetState::Cancelled);
    stopped.map(|run| Event::RetryRequested { target: Some(run.name.clone()) }).collect()
}

/// Whether failures have paused the rollout while databases were left that it has not attempted.
pub fn is_paused_by_failures(rollout: &Rollout) -> bool {
    rollout.state() == RolloutState::Running && rollout.is_paused_by_failures()
}
