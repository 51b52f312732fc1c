//! Stories of rollouts, event by event.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sluice_rollout::{
    ApprovalRule, Authorship, Command, Covers, Digest, Environment, Event, GateVerdict, Identity, Observed,
    Outcome, People, ReasonKind, Rollout, RolloutError, RolloutInput, RolloutState, StageInput, Target,
    TargetFact, TargetInput, TargetName, TargetState, Wave, Window,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-03-25T12:00:00Z")
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn name(text: &str) -> TargetName {
    TargetName(text.to_owned())
}

fn stage(environment: Environment, after: Option<&str>, targets: &[&str]) -> StageInput {
    let targets = targets.iter().map(|target| TargetInput {
        target: Target {
            name: name(target),
            environment: environment.name.clone(),
            engine: None,
            labels: BTreeMap::new(),
        },
        fact: TargetFact::Pending,
    });
    StageInput { targets: targets.collect(), after: after.map(str::to_owned), environment }
}

fn input(stages: Vec<StageInput>) -> RolloutInput {
    let mut people = People::default();
    people.insert("dba", &["ann@x.org", "bob@x.org"]).unwrap();
    RolloutInput {
        release: digest("release"),
        plan: digest("plan"),
        effect: digest("effect"),
        authors: vec![Identity::parse("Bob <bob@x.org>").unwrap()],
        authorship: Authorship::Known,
        covers: Covers::default(),
        people,
        stages,
    }
}

fn rollout(stages: Vec<StageInput>) -> Rollout {
    Rollout::new(input(stages), noon()).unwrap()
}

fn start(target: &str, attempt: u32) -> Command {
    Command::StartTarget { target: name(target), attempt }
}

fn succeeded(target: &str, attempt: u32, finished_at: Timestamp) -> Event {
    Event::TargetSucceeded { target: name(target), attempt, finished_at, applied: 1 }
}

fn failed(target: &str, attempt: u32) -> Event {
    let (kind, message) = ("statement".to_owned(), "no such table".to_owned());
    Event::TargetFailed { target: name(target), attempt, kind, message, retryable: false }
}

fn approved(by: &str, plan: &str) -> Event {
    let by = Identity::parse(by).unwrap();
    Event::Approved { by, release: digest("release"), plan: digest(plan), environment: None }
}

fn guarded() -> Environment {
    Environment {
        soak: Some(Duration::from_secs(2 * 3600)),
        windows: vec![Window::parse("mon-thu", "22:00", "04:00", "Europe/Berlin").unwrap()],
        approvals: vec![ApprovalRule::parse(1, &["group:dba"], false).unwrap()],
        ..Environment::new("prod")
    }
}

#[test]
fn a_release_goes_from_staging_through_soak_window_and_approval_to_prod() {
    let staging = stage(Environment::new("staging"), None, &["s"]);
    let mut rollout = rollout(vec![staging, stage(guarded(), Some("staging"), &["p1", "p2"])]);
    assert_eq!(rollout.why(noon())[0].kind, ReasonKind::NotStarted);
    assert_eq!(rollout.handle(Event::Started, noon()), [start("s", 1)]);
    let done = at("2026-03-25T12:05:00Z");
    let opens = at("2026-03-25T21:00:00Z");
    assert_eq!(rollout.handle(succeeded("s", 1, done), done), [Command::WakeAt { at: opens }]);
    assert_eq!(rollout.outcome(done), Some(Outcome::WaitingAtGate));
    let why: Vec<(ReasonKind, GateVerdict, String)> =
        rollout.why(done).into_iter().map(|reason| (reason.kind, reason.verdict, reason.message)).collect();
    assert_eq!(
        why,
        [
            (
                ReasonKind::PreviousStage,
                GateVerdict::Pass,
                "staging was done at 2026-03-25T12:05:00Z".to_owned()
            ),
            (ReasonKind::Soak, GateVerdict::Fail, "staging must have been done for 2h".to_owned()),
            (
                ReasonKind::Window,
                GateVerdict::Fail,
                "outside mon-thu 22:00 to 04:00 Europe/Berlin".to_owned()
            ),
            (ReasonKind::Approval, GateVerdict::Fail, "0 of 1 from group:dba approved".to_owned()),
        ]
    );
    // Bob wrote it.
    assert_eq!(rollout.handle(approved("bob@x.org", "plan"), opens), []);
    assert_eq!(
        rollout.why(opens).pop().unwrap().message,
        "0 of 1 from group:dba approved; bob@x.org does not count: is the author or committer of the release"
    );
    assert_eq!(rollout.handle(approved("Ann <ANN@x.org>", "plan"), opens), [start("p1", 1), start("p2", 1)]);
    assert_eq!(rollout.handle(succeeded("p1", 1, opens), opens), []);
    let end = rollout.handle(succeeded("p2", 1, opens), opens);
    assert_eq!(end, [Command::Finished { outcome: Outcome::Succeeded }]);
}

#[test]
fn what_is_up_to_date_passes_every_gate_without_waiting() {
    let mut prod = stage(guarded(), Some("staging"), &["p"]);
    prod.targets[0].fact = TargetFact::UpToDate { finished_at: None };
    let mut rollout = rollout(vec![prod]);
    let commands = rollout.handle(Event::Started, noon());
    assert_eq!(commands, [Command::Finished { outcome: Outcome::Succeeded }]);
}

#[test]
fn a_previous_stage_elsewhere_is_judged_by_its_ledgers() {
    let mut rollout = rollout(vec![stage(Environment::new("prod"), Some("staging"), &["p"])]);
    assert_eq!(rollout.handle(Event::Started, noon()), []);
    assert_eq!(rollout.why(noon())[0].verdict, GateVerdict::Inconclusive);
    let environment = || "staging".to_owned();
    let observed = Observed::Unfinished { reason: "shop-eu lacks 0007".to_owned() };
    rollout.handle(Event::GateObserved { environment: environment(), observed, observed_at: noon() }, noon());
    assert_eq!(rollout.why(noon())[0].message, "staging is not done: shop-eu lacks 0007");
    let finished = |observed_at| {
        let observed = Observed::Finished { finished_at: noon() };
        Event::GateObserved { environment: environment(), observed, observed_at }
    };
    // An older reading that comes late.
    assert_eq!(rollout.handle(finished(noon() - SignedDuration::from_secs(1)), noon()), []);
    assert_eq!(rollout.handle(finished(noon()), noon()), [start("p", 1)]);
}

#[test]
fn a_previous_stage_of_which_a_part_is_elsewhere_is_done_when_both_parts_are() {
    let prod = Environment { soak: Some(Duration::from_secs(3600)), ..Environment::new("prod") };
    let stages =
        vec![stage(Environment::new("staging"), None, &["s1"]), stage(prod, Some("staging"), &["p"])];
    let mut rollout = rollout(stages);
    let observe = |observed, observed_at| Event::GateObserved {
        environment: "staging".to_owned(),
        observed,
        observed_at,
    };
    let later = at("2026-03-25T12:30:00Z");
    rollout.handle(observe(Observed::Finished { finished_at: later }, noon()), noon());
    assert_eq!(rollout.handle(Event::Started, noon()), [start("s1", 1)]);
    // The other half was done half an hour after this one.
    let opens = at("2026-03-25T13:30:00Z");
    assert_eq!(rollout.handle(succeeded("s1", 1, noon()), later), [Command::WakeAt { at: opens }]);
    let lacking = Observed::Unfinished { reason: "s2: 1 change is not applied".to_owned() };
    rollout.handle(observe(lacking, opens), opens);
    assert_eq!(rollout.outcome(opens), Some(Outcome::WaitingAtGate));
    assert_eq!(rollout.why(opens)[0].message, "staging is not done: s2: 1 change is not applied");
    assert_eq!(
        rollout.handle(observe(Observed::Finished { finished_at: later }, opens), opens),
        [start("p", 1)]
    );
}

#[test]
fn too_many_failures_pause_and_a_retry_goes_on() {
    let prod = Environment {
        waves: vec![Wave::parse("2").unwrap()],
        max_failures: Some(1),
        max_parallel: 2,
        ..Environment::new("prod")
    };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b", "c", "d"])]);
    assert_eq!(rollout.handle(Event::Started, noon()), [start("a", 1), start("b", 1)]);
    assert_eq!(rollout.handle(failed("a", 1), noon()), []);
    assert_eq!(rollout.handle(failed("b", 1), noon()), []);
    assert_eq!(rollout.outcome(noon()), Some(Outcome::Paused));
    assert_eq!(rollout.stages()[0].released, 1, "the next wave waits");
    let why = rollout.why(noon());
    assert_eq!(why[0].kind, ReasonKind::FailureBudget);
    let said = "2 databases failed, 1 allowed: retry them, or resume to accept the failures and go on with 2 databases \
                not attempted yet";
    assert_eq!(why[0].message, said);
    assert_eq!(why[1].message, "a failed: no such table");
    assert_eq!(rollout.handle(Event::RetryRequested { target: Some(name("a")) }, noon()), [start("a", 2)]);
    // A late report of the first runner ends nothing.
    assert_eq!(rollout.handle(failed("a", 1), noon()), []);
    assert_eq!(rollout.target(&name("a")).unwrap().state, TargetState::Starting);
    assert_eq!(rollout.handle(succeeded("a", 2, noon()), noon()), [start("c", 1), start("d", 1)]);
    rollout.handle(succeeded("c", 1, noon()), noon());
    let end = rollout.handle(succeeded("d", 1, noon()), noon());
    assert_eq!(end, [Command::Finished { outcome: Outcome::Failed }]);
    assert_eq!(rollout.handle(Event::RetryRequested { target: None }, noon()), [start("b", 2)]);
    let end = rollout.handle(succeeded("b", 2, noon()), noon());
    assert_eq!(end, [Command::Finished { outcome: Outcome::Succeeded }]);
}

#[test]
fn accepted_failures_no_longer_hold_the_rollout() {
    let prod = Environment { max_parallel: 1, ..Environment::new("prod") };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b", "c"])]);
    rollout.handle(Event::Started, noon());
    assert_eq!(rollout.handle(failed("a", 1), noon()), []);
    let resume = |accept_failures| Event::Resumed { by: "ann".to_owned(), accept_failures };
    assert_eq!(rollout.handle(resume(false), noon()), []);
    assert_eq!(rollout.handle(resume(true), noon()), [start("b", 1)]);
    assert_eq!(rollout.handle(failed("b", 1), noon()), [], "the next failure holds it again");
    assert_eq!(rollout.outcome(noon()), Some(Outcome::Paused));
    assert_eq!(rollout.handle(resume(true), noon()), [start("c", 1)]);
    let end = rollout.handle(succeeded("c", 1, noon()), noon());
    assert_eq!(end, [Command::Finished { outcome: Outcome::Failed }], "what failed is still to be done");
    assert!(rollout.has_accepted_failures());
    assert_eq!(
        rollout.handle(Event::RetryRequested { target: None }, noon()),
        [start("a", 2)],
        "one at the same time"
    );
    assert!(!rollout.has_accepted_failures());
}

#[test]
fn a_stopped_runner_is_no_failure_but_nothing_is_started_in_its_place() {
    let prod = Environment { max_parallel: 1, ..Environment::new("prod") };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b"])]);
    rollout.handle(Event::Started, noon());
    let stopped = Event::TargetCancelled { target: name("a"), attempt: 1 };
    assert_eq!(rollout.handle(stopped, noon()), []);
    assert!(!rollout.is_over_budget());
    assert_eq!(rollout.outcome(noon()), Some(Outcome::Failed));
    assert_eq!(rollout.handle(Event::RetryRequested { target: None }, noon()), [start("a", 2)]);
}

#[test]
fn an_inconclusive_target_holds_everything_until_a_person_has_looked() {
    let prod = Environment { max_parallel: 1, max_failures: Some(9), ..Environment::new("prod") };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b"])]);
    rollout.handle(Event::Started, noon());
    let message = "index is half built".to_owned();
    let event = Event::TargetInconclusive { target: name("a"), attempt: 1, message };
    assert_eq!(rollout.handle(event, noon()), []);
    assert_eq!(rollout.outcome(noon()), Some(Outcome::Inconclusive));
    let resume = Event::Resumed { by: "ann".to_owned(), accept_failures: true };
    assert_eq!(rollout.handle(resume, noon()), []);
    assert_eq!(rollout.handle(Event::RetryRequested { target: None }, noon()), [start("a", 2)]);
}

#[test]
fn a_stale_plan_is_computed_again_and_approvals_lapse_only_if_the_effect_changed() {
    let prod = Environment { soak: None, windows: Vec::new(), max_parallel: 1, ..guarded() };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b"])]);
    rollout.handle(Event::Started, noon());
    assert_eq!(rollout.handle(approved("ann@x.org", "plan"), noon()), [start("a", 1)]);
    let replan = |target: &str| Command::Replan { target: name(target) };
    let stale = |target: &str, attempt| Event::PlanStale { target: name(target), attempt };
    assert_eq!(rollout.handle(stale("a", Some(1)), noon()), [replan("a"), start("b", 1)]);
    assert_eq!(rollout.handle(stale("b", Some(1)), noon()), [replan("b")]);
    let replaced = |replaces: &str, plan: &str, effect: &str, target: &str| Event::PlanReplaced {
        replaces: digest(replaces),
        plan: digest(plan),
        effect: digest(effect),
        covers: Covers::default(),
        targets: vec![name(target)],
    };
    let same = rollout.handle(replaced("plan", "plan 2", "effect", "a"), noon());
    assert_eq!(same, [start("a", 2)], "same effect: still approved");
    // The other one was computed from the plan before: once more.
    assert_eq!(rollout.handle(replaced("plan", "plan 3", "effect", "b"), noon()), [replan("b")]);
    assert_eq!(rollout.plan(), &digest("plan 2"));
    // The one who computed it died.
    assert_eq!(rollout.handle(Event::RunnerLost { target: name("b"), attempt: 1 }, noon()), [replan("b")]);
    rollout.handle(succeeded("a", 2, noon()), noon());
    assert_eq!(rollout.handle(replaced("plan 2", "plan 4", "effect 2", "b"), noon()), []);
    assert_eq!(rollout.approvals(), []);
    assert_eq!(rollout.handle(approved("ann@x.org", "plan 2"), noon()), [], "approves what is gone");
    assert_eq!(rollout.handle(approved("ann@x.org", "plan 4"), noon()), [start("b", 2)]);
}

#[test]
fn a_rejection_counts_only_from_people_who_may_approve() {
    let rejected = |by: &str| Event::Rejected {
        by: Identity::parse(by).unwrap(),
        release: digest("release"),
        plan: digest("plan"),
        environment: None,
        reason: "not on a Friday".to_owned(),
    };
    let prod = stage(guarded(), Some("dev"), &["p"]);
    let mut rollout = rollout(vec![stage(Environment::new("dev"), None, &["d"]), prod]);
    rollout.handle(Event::Started, noon());
    assert_eq!(rollout.handle(rejected("eve@x.org"), noon()), []);
    let stop = Command::StopTarget { target: name("d"), attempt: 1 };
    assert_eq!(rollout.handle(rejected("ann@x.org"), noon()), [stop]);
    let end = rollout.handle(Event::TargetCancelled { target: name("d"), attempt: 1 }, noon());
    assert_eq!(end, [Command::Finished { outcome: Outcome::Rejected }]);
    assert_eq!(rollout.why(noon())[0].message, "rejected by ann@x.org: not on a Friday");
    assert_eq!(rollout.handle(Event::RetryRequested { target: None }, noon()), []);
}

#[test]
fn an_approval_cannot_be_judged_while_nobody_knows_who_wrote_the_release() {
    let approved_by_one = || Environment {
        approvals: vec![ApprovalRule::parse(1, &["group:dba"], false).unwrap()],
        ..Environment::new("prod")
    };
    let unknown = || Authorship::Unknown { reason: "git status: fatal".to_owned() };
    let mut input = input(vec![stage(approved_by_one(), None, &["p"])]);
    (input.authors, input.authorship) = (Vec::new(), unknown());
    let mut rollout = Rollout::new(input.clone(), noon()).unwrap();
    rollout.handle(Event::Started, noon());
    assert_eq!(rollout.handle(approved("bob@x.org", "plan"), noon()), []);
    let why = rollout.why(noon()).pop().unwrap();
    assert_eq!(why.verdict, GateVerdict::Inconclusive);
    assert_eq!(why.message, "1 from group:dba; nobody can tell who wrote the release: git status: fatal");
    // Bob it was.
    let found = Event::AuthorsFound {
        authors: vec![Identity::parse("bob@x.org").unwrap()],
        authorship: Authorship::Known,
    };
    assert_eq!(rollout.handle(found, noon()), []);
    assert_eq!(rollout.why(noon()).pop().unwrap().verdict, GateVerdict::Fail);
    let lost = Event::AuthorsFound { authors: Vec::new(), authorship: unknown() };
    assert_eq!(rollout.handle(lost, noon()), []);
    assert_eq!(rollout.handle(approved("ann@x.org", "plan"), noon()), [start("p", 1)]);

    // Without a repository there is nothing to ask.
    input.authorship = Authorship::NoRepository;
    let mut rollout = Rollout::new(input, noon()).unwrap();
    rollout.handle(Event::Started, noon());
    assert!(rollout.why(noon()).pop().unwrap().message.contains("no git repository"));
    assert_eq!(rollout.handle(approved("bob@x.org", "plan"), noon()), [start("p", 1)]);
}

#[test]
fn a_window_that_closes_stops_further_starts_only() {
    let prod = Environment {
        windows: vec![Window::parse("daily", "12:00", "13:00", "UTC").unwrap()],
        max_parallel: 1,
        ..Environment::new("prod")
    };
    let mut rollout = rollout(vec![stage(prod, None, &["a", "b"])]);
    assert_eq!(rollout.handle(Event::Started, noon()), [start("a", 1)]);
    let late = at("2026-03-25T13:00:00Z");
    let tomorrow = [Command::WakeAt { at: at("2026-03-26T12:00:00Z") }];
    assert_eq!(rollout.handle(succeeded("a", 1, late), late), tomorrow);
    assert_eq!(rollout.handle(Event::Tick, late), tomorrow, "said again after a restart");
    assert_eq!(rollout.handle(Event::Tick, at("2026-03-26T12:00:00Z")), [start("b", 1)]);
}

#[test]
fn events_commands_and_reasons_read_well_in_json() {
    let json = |event: &Event| serde_json::to_string(event).unwrap();
    assert_eq!(
        json(&Event::RunnerLost { target: name("a"), attempt: 2 }),
        r#"{"event":"runner-lost","target":"a","attempt":2}"#
    );
    assert_eq!(json(&Event::Started), r#"{"event":"started"}"#);
    assert_eq!(
        serde_json::to_string(&Command::Finished { outcome: Outcome::WaitingAtGate }).unwrap(),
        r#"{"command":"finished","outcome":"waiting-at-gate"}"#
    );
    let mut rollout = rollout(vec![stage(Environment::new("dev"), None, &["d"])]);
    rollout.handle(Event::Started, noon());
    assert_eq!(
        serde_json::to_string(rollout.target(&name("d")).unwrap()).unwrap(),
        r#"{"name":"d","stage":0,"wave":0,"attempt":1,"state":"starting"}"#
    );
    assert_eq!(serde_json::to_string(&RolloutState::Created).unwrap(), r#"{"state":"created"}"#);
}

#[test]
fn input_that_makes_no_rollout_is_refused() {
    let refused = |stages| Rollout::new(input(stages), noon()).unwrap_err();
    assert_eq!(refused(Vec::new()), RolloutError::NoStages);
    let dev = || stage(Environment::new("dev"), None, &["d"]);
    assert!(matches!(refused(vec![dev(), dev()]), RolloutError::DuplicateEnvironment { .. }));
    let prod = stage(Environment::new("prod"), None, &["d"]);
    assert_eq!(refused(vec![dev(), prod]), RolloutError::DuplicateTarget { name: name("d") });
    let early = stage(Environment::new("prod"), Some("dev"), &["p"]);
    assert!(matches!(refused(vec![early, dev()]), RolloutError::Order { .. }));
    let rule = ApprovalRule::parse(1, &["group:ops"], false).unwrap();
    let unknown = Environment { approvals: vec![rule], ..Environment::new("prod") };
    assert_eq!(
        refused(vec![stage(unknown, None, &["p"])]).to_string(),
        "environment `prod`: the approval rule names the unknown group `ops`: known are dba"
    );
}

#[test]
fn ten_thousand_targets_cost_as_much_per_event_as_ten() {
    let names: Vec<String> = (0..10_000).map(|target| format!("db{target:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let prod = Environment {
        waves: vec![Wave::parse("1").unwrap(), Wave::parse("25%").unwrap()],
        max_parallel: 20,
        ..guarded()
    };
    let mut rollout = rollout(vec![stage(prod, None, &names)]);
    let night = at("2026-03-25T21:00:00Z");
    let mut commands = rollout.handle(Event::Started, night);
    commands.extend(rollout.handle(approved("ann@x.org", "plan"), night));
    let begun = std::time::Instant::now();
    let mut started = 0;
    while let Some(command) = commands.pop() {
        if let Command::StartTarget { target, attempt } = command {
            started += 1;
            commands.extend(rollout.handle(Event::TargetStarted { target: target.clone(), attempt }, night));
            commands.extend(rollout.handle(succeeded(&target.0, attempt, night), night));
        }
    }
    assert_eq!(started, 10_000);
    assert_eq!(rollout.outcome(night), Some(Outcome::Succeeded));
    // A walk over all targets per event would be 200 million steps: minutes in this build.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    eprintln!("10,000 targets: {:?}", begun.elapsed());
}
