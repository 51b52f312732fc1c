//! Many databases in one environment: waves, budgets, selections.

use sluice_e2e::{Engine, Project, Run};

const TENANTS: usize = 6;

/// Six tenants in one environment, the last of them the canary.
fn tenants(environment: &str) -> Project {
    let project = Project::git();
    let mut text = format!("[project]\nname = \"shop\"\n\n[[environment]]\nname = \"prod\"\n{environment}\n");
    for tenant in 1..=TENANTS {
        let database = Engine::Sqlite.database(&project, &format!("tenant{tenant}"));
        text.push_str(&format!(
            "\n[[database]]\nname = \"tenant{tenant}\"\nenvironment = \"prod\"\nurl = \"{}\"\n\
             labels = {{ canary = \"{}\", region = \"{}\" }}\n",
            database.url(),
            tenant == TENANTS,
            if tenant % 2 == 0 { "eu" } else { "us" }
        ));
    }
    project.write("sluice.toml", &text);
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.commit("First");
    project
}

/// Which tenants have the change.
fn reached(project: &Project) -> Vec<usize> {
    let json = project.sluice(&["status", "--format", "json"]).json();
    let targets = json["targets"].as_array().unwrap();
    (1..=TENANTS)
        .filter(|tenant| {
            let name = format!("tenant{tenant}");
            targets.iter().any(|target| target["name"] == name.as_str() && target["state"] == "up-to-date")
        })
        .collect()
}

/// Makes the change fail on a tenant.
fn break_tenant(project: &Project, tenant: usize) {
    project.sqlite(&format!("tenant{tenant}.db"), "CREATE TABLE a (other integer)");
}

fn mend_tenant(project: &Project, tenant: usize) {
    project.sqlite(&format!("tenant{tenant}.db"), "DROP TABLE a");
}

#[test]
fn a_failing_canary_stops_everything_behind_it() {
    let project = tenants("waves = [\"canary == 'true'\", \"50%\", \"100%\"]");
    break_tenant(&project, TENANTS);
    let run = project.sluice(&["deploy"]).exits(4).says("tenant6").says("already exists");
    assert_eq!(reached(&project), Vec::<usize>::new(), "{run}");
    mend_tenant(&project, TENANTS);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(reached(&project), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn failures_above_the_budget_stop_the_next_wave() {
    let project = tenants("waves = [\"2\", \"4\", \"100%\"]\nmax_parallel = 1\nmax_failures = 1");
    break_tenant(&project, 1);
    break_tenant(&project, 4);
    let run = project.sluice(&["deploy"]).exits(4);
    // One failure is within the budget, the second one is not.
    assert_eq!(reached(&project), [2, 3], "{run}");
    let why = project.sluice(&["rollout", "why"]).exits(0);
    assert!(why.all().contains("tenant1") || why.all().contains("fail"), "{why}");
    mend_tenant(&project, 1);
    mend_tenant(&project, 4);
    project.sluice(&["rollout", "retry"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(reached(&project), [1, 2, 3, 4, 5, 6]);
}

/// Names of the databases with an outcome.
fn with_outcome(run: &Run, outcome: &str) -> Vec<String> {
    let json = run.json();
    let targets = json["targets"].as_array().unwrap().iter().filter(|target| target["outcome"] == outcome);
    targets.map(|target| target["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_exceeded_budget_pauses_and_says_what_is_left_and_accepted_failures_are_not_tried_again() {
    let project = tenants("waves = [\"1\", \"100%\"]\nmax_parallel = 1\nmax_failures = 1");
    for tenant in 1..=3 {
        break_tenant(&project, tenant);
    }
    let run = project.sluice(&["deploy", "--format", "json"]).exits(4);
    let json = run.json();
    assert_eq!(json["outcome"], "paused", "{run}");
    assert_eq!(with_outcome(&run, "failed"), ["tenant1", "tenant2"], "{run}");
    let left = ["tenant3", "tenant4", "tenant5", "tenant6"];
    assert_eq!(with_outcome(&run, "not-attempted"), left, "{run}");
    let next = json["next"].as_str().unwrap();
    assert!(next.contains("`sluice rollout retry ") && next.contains("`sluice rollout resume "), "{run}");
    let gate = json["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == "failure-budget");
    assert!(gate.unwrap()["reason"].as_str().unwrap().starts_with("2 databases failed, 1 allowed"), "{run}");
    let listed = project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["rollouts"][0]["status"], "paused");

    // Nothing is tried again by itself.
    let run = project.sluice(&["deploy", "--format", "json"]).exits(5);
    assert_eq!(with_outcome(&run, "failed"), ["tenant1", "tenant2"], "{run}");
    project.sluice(&["deploy"]).exits(5).says("2 databases failed, 1 allowed").says("not attempted");

    project.sluice(&["rollout", "resume"]).exits(0).says("ready");
    let run = project.sluice(&["deploy", "--format", "json"]).exits(4);
    assert_eq!(reached(&project), [4, 5, 6], "one more failure is within the budget: {run}");
    assert_eq!(run.json()["outcome"], "failed", "{run}");
    assert_eq!(with_outcome(&run, "failed"), ["tenant1", "tenant2", "tenant3"], "{run}");

    for tenant in 1..=3 {
        mend_tenant(&project, tenant);
    }
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(reached(&project), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn failures_within_the_budget_let_the_others_through_and_the_run_still_fails() {
    let project = tenants("max_failures = 2");
    break_tenant(&project, 2);
    let run = project.sluice(&["deploy", "--format", "json"]).exits(4);
    assert_eq!(reached(&project), [1, 3, 4, 5, 6], "{run}");
    let json = run.json();
    let failed: Vec<&str> = json["targets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|target| target["outcome"] == "failed")
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["tenant2"], "{run}");
}

#[test]
fn retrying_one_database_is_a_word_and_the_next_deployment() {
    let project = tenants("max_failures = 2");
    break_tenant(&project, 2);
    project.sluice(&["deploy"]).exits(4);
    mend_tenant(&project, 2);
    project.sluice_as("Ann <ann@example.com>", &["rollout", "retry", "--database", "tenant2"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(reached(&project), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn databases_are_selected_by_name_list_and_expression() {
    for (selection, expected) in [
        ("tenant3", vec![3]),
        ("tenant1,tenant5", vec![1, 5]),
        ("region == 'eu'", vec![2, 4, 6]),
        ("labels.region == 'eu' && canary != 'true'", vec![2, 4]),
    ] {
        let project = tenants("");
        let run = project.sluice(&["deploy", "--database", selection]).exits(0);
        assert_eq!(reached(&project), expected, "{run}");
    }
}

#[test]
fn a_database_that_appears_later_is_caught_up() {
    let project = tenants("");
    project.sluice(&["deploy"]).exits(0);
    let database = Engine::Sqlite.database(&project, "tenant7");
    let text = project.read("sluice.toml");
    let entry =
        format!("\n[[database]]\nname = \"tenant7\"\nenvironment = \"prod\"\nurl = \"{}\"\n", database.url());
    project.write("sluice.toml", &format!("{text}{entry}")).commit("A new tenant");
    let run = project.sluice(&["deploy", "--format", "json"]).exits(0);
    let json = run.json();
    let outcomes: Vec<&str> = json["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        ["up-to-date", "up-to-date", "up-to-date", "up-to-date", "up-to-date", "up-to-date", "applied"]
    );
}
