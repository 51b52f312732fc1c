//! Ways around a gate that are closed: selections, second rollouts, other identities, plans that nobody saw.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use sluice_e2e::{AUTHOR, Engine, Project, REVIEWER};

/// Two databases in staging (`sa`, `sb`), two in prod (`pa`, `pb`), and a change.
fn pairs(staging: &str, prod: &str) -> Project {
    let project = Project::git();
    configure(&project, staging, prod);
    for name in ["sa", "sb", "pa", "pb"] {
        project.create_sqlite(&format!("{name}.db"));
    }
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.commit("First");
    project
}

fn configure(project: &Project, staging: &str, prod: &str) {
    let mut text = "[project]\nname = \"shop\"\n".to_owned();
    for (environment, lines) in [("staging", staging), ("prod", prod)] {
        text.push_str(&format!("\n[[environment]]\nname = \"{environment}\"\n{lines}\n"));
    }
    for (name, environment) in [("sa", "staging"), ("sb", "staging"), ("pa", "prod"), ("pb", "prod")] {
        text.push_str(&format!(
            "\n[[database]]\nname = \"{name}\"\nenvironment = \"{environment}\"\nurl = \"sqlite:{name}.db\"\n"
        ));
    }
    project.write("sluice.toml", &text);
}

/// How many of the tables `a`, `b`, `c` a database has.
fn tables(project: &Project, name: &str) -> usize {
    let sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('a', 'b', 'c')";
    project.sqlite(&format!("{name}.db"), sql).parse().unwrap()
}

#[test]
fn a_selection_does_not_shorten_the_soak_of_what_it_leaves_out() {
    let project = pairs("", "soak = \"1h\"");
    project.sluice(&["deploy", "--database", "sa"]).exits(0);
    project.sqlite("sa.db", "UPDATE sluice_revision SET finished_at = '2020-01-01 00:00:00'");
    project.sluice(&["deploy", "--database", "sb"]).exits(0);
    // Of what is selected, staging has been done for years.
    project.sluice(&["deploy", "--database", "sa,pa"]).exits(5).says("staging must have been done for 1h");
    project.sluice(&["deploy"]).exits(5).says("staging must have been done for 1h");
    assert_eq!(tables(&project, "pa"), 0);
}

#[test]
fn a_change_that_never_ran_in_staging_soaks_from_the_moment_the_rollout_saw_staging_done() {
    let project = pairs("", "soak = \"4s\"");
    project.sluice(&["deploy", "--wait", "1m"]).exits(0);
    for name in ["sa", "sb"] {
        project
            .sqlite(&format!("{name}.db"), "UPDATE sluice_revision SET finished_at = '2020-01-01 00:00:00'");
    }
    project.write(
        "migrations/0002_b.sql",
        "-- sluice: targets=environment == 'prod'\nCREATE TABLE b (id integer PRIMARY KEY);\n",
    );
    project.commit("Only for prod");
    for selection in [&["deploy"][..], &["deploy", "--env", "prod"]] {
        let run = project.sluice(selection).exits(5).says("staging must have been done for 4s");
        assert_eq!(tables(&project, "pa"), 1, "{run}");
    }
    // The time is kept: asking again does not begin anew.
    project.sluice(&["deploy", "--env", "prod", "--wait", "1m"]).exits(0);
    assert_eq!((tables(&project, "pa"), tables(&project, "pb")), (2, 2));
}

#[test]
fn a_paused_rollout_is_not_passed_by_another_one_over_some_of_its_databases() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice_as(REVIEWER, &["rollout", "pause", "-m", "a customer calls"]).exits(0);
    let json = project.sluice(&["rollout", "show", "--format", "json"]).exits(0).json();
    let name = json["name"].as_str().unwrap().to_owned();
    for selection in ["pa", "sa,sb,pa"] {
        project
            .sluice(&["deploy", "--database", selection])
            .exits(5)
            .says(&format!("rollout {name} of this release"))
            .says("a customer calls")
            .says(&format!("sluice rollout resume {name}"))
            .says(&format!("sluice rollout cancel {name}"));
    }
    assert_eq!(tables(&project, "pa"), 0);
    let listed = project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["rollouts"].as_array().unwrap().len(), 1, "a refusal leaves no rollout behind");
    project.sluice_as(REVIEWER, &["rollout", "resume"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(tables(&project, "pa"), 1);
}

#[test]
fn a_failure_budget_is_not_passed_by_selecting_what_is_left() {
    let project = pairs("", "waves = [\"name == 'pa'\", \"100%\"]");
    project.sqlite("pa.db", "CREATE TABLE a (other integer)");
    project.sluice(&["deploy"]).exits(4);
    project.sluice(&["deploy", "--database", "pb"]).exits(5).says("more databases failed than allowed");
    assert_eq!(tables(&project, "pb"), 0);
    // More databases are no way around it: what failed is tried again.
    project.sluice(&["deploy"]).exits(4).says("not attempted");
    assert_eq!(tables(&project, "pb"), 0);
    project.sqlite("pa.db", "DROP TABLE a");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(tables(&project, "pb"), 1);
}

#[test]
fn a_warning_of_the_policy_is_said_once() {
    let project = pairs("", "");
    let text = format!("{}\n[policy]\nedited = \"warn\"\n", project.read("sluice.toml"));
    project.write("sluice.toml", &text).commit("Warn");
    project.sluice(&["deploy", "--database", "sa"]).exits(0);
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n").commit("Edited");
    let run = project.sluice(&["deploy", "--database", "sa"]).exits(0);
    assert_eq!(run.all().matches("was edited after it was applied").count(), 1, "{run}");
}

#[test]
fn a_stage_whose_previous_one_is_not_selected_says_what_to_deploy_first() {
    let project = pairs("", "");
    let run =
        project.sluice(&["deploy", "--env", "prod"]).exits(5).says("`sluice deploy --env staging` first");
    run.says("sa: 1 change of the release is not applied");
}

#[test]
fn an_author_whom_one_rule_names_is_told_that_it_is_the_authorship() {
    let project = pairs(
        "",
        "approvals = [{ required = 1, from = [\"group:dba\"] }, { required = 1, from = [\"sec@x.com\"] }]",
    );
    let people = "\n[people]\ndba = [\"bob@example.com\", \"ann@example.com\"]\n";
    project.write("sluice.toml", &format!("{}{people}", project.read("sluice.toml"))).commit("People");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(AUTHOR, &["rollout", "approve"]).exits(1).says("is the author or committer");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["rollout", "why"]).exits(0).keeps_quiet_about("does not count");
}

#[test]
fn a_baseline_is_no_way_around_a_rejection_or_a_half_applied_change_and_asks_before_it_takes_everything() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    let recorded = |name: &str| {
        project.sqlite(name, "SELECT count(*) FROM sqlite_master WHERE name = 'sluice_revision'")
    };
    project.sluice(&["baseline"]).exits(2).says("1 change on 4 databases").says("--to VERSION");
    let (code, said) = on_a_terminal(&project, "baseline", "n\n");
    assert!(code == 130 && said.contains("record all of them as already there?"), "{said}");
    assert_eq!(recorded("pa.db"), "0");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "reject", "-m", "the names are wrong"]).exits(0);
    for arguments in [&["baseline", "--yes"][..], &["baseline", "--to", "0001"]] {
        project.sluice(arguments).exits(1).says("was rejected for pa by Ann").says("sa: 0 changes");
    }
    assert_eq!(recorded("pa.db"), "0");

    let text = "CREATE TABLE b (id integer PRIMARY KEY);\n";
    project.write("migrations/0002_b.sql", text).commit("Another release");
    project.sluice(&["baseline", "--to", "0001", "--env", "prod"]).exits(0).says("pa: 1 change");
    let half = "UPDATE sluice_revision SET state = 'failed', finished_at = NULL";
    project.sqlite("pa.db", half);
    project.sluice(&["baseline", "--database", "pa"]).exits(1).says("change 0001 is half applied");
    project.sluice(&["baseline", "--database", "pb"]).exits(0).says("pb: 1 change");
}

#[test]
fn one_database_under_two_names_is_refused() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    let text = project.read("sluice.toml").replace("sqlite:pa.db", "sqlite:./sa.db?mode=rw");
    project.write("sluice.toml", &text).commit("The same file");
    for command in
        [&["plan"][..], &["deploy"], &["deploy", "--env", "staging"], &["deploy", "--database", "pa"]]
    {
        project.sluice(command).exits(2).says("sa (staging) and pa (prod) are the same database");
    }
    project.sluice(&["plan", "--database", "sb"]).exits(0);
    assert_eq!(tables(&project, "sa"), 0);
    // One machine has several names.
    for engine in [Engine::Postgres(18), Engine::Mariadb] {
        let database = engine.database(&project, "shop");
        let there = database.url().replace("127.0.0.1", "localhost");
        let text = text.replace("sqlite:sa.db", database.url()).replace("sqlite:./sa.db?mode=rw", &there);
        project.write("sluice.toml", &text);
        project.sluice(&["plan"]).exits(2).says("sa (staging) and pa (prod) are the same database");
    }
}

#[test]
fn a_release_that_was_rejected_does_not_come_back_as_another_rollout() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "reject", "-m", "the names are wrong"]).exits(0);
    for selection in [&["deploy"][..], &["deploy", "--env", "prod"], &["deploy", "--database", "pb"]] {
        project
            .sluice(selection)
            .exits(1)
            .says("was rejected for")
            .says("Ann <ann@example.com>: the names are wrong")
            .says("new release");
    }
    let listed = project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["rollouts"].as_array().unwrap().len(), 1);
    // What was done before is not concerned.
    project.sluice(&["deploy", "--env", "staging"]).exits(0).says("nothing to do");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n").commit("Another");
    project.sluice(&["deploy"]).exits(5).says("approval");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(tables(&project, "pa"), 2);
}

#[test]
fn decisions_that_would_change_nothing_are_refused() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "retry"]).exits(2).says("has failed");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    for decision in ["approve", "reject", "pause", "resume", "cancel", "retry"] {
        project.sluice_as(REVIEWER, &["rollout", decision]).exits(2).says("is over (succeeded)");
    }
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n").commit("Another");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "cancel"]).exits(0);
    let listed = project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    let name = listed["rollouts"][0]["name"].as_str().unwrap().to_owned();
    for decision in ["approve", "reject", "pause", "resume", "cancel", "retry"] {
        project.sluice_as(REVIEWER, &["rollout", decision, &name]).exits(2).says("is over (cancelled)");
    }
}

#[test]
fn what_is_tried_again_is_selected_as_everywhere() {
    let project = pairs("max_failures = 2", "");
    for name in ["sa", "sb"] {
        project.sqlite(&format!("{name}.db"), "CREATE TABLE a (other integer)");
    }
    project.sluice(&["deploy"]).exits(4);
    project.sluice(&["rollout", "retry", "--database", "zzz"]).exits(2).says("there is no database `zzz`");
    project.sluice(&["rollout", "retry", "--database", "pa"]).exits(2).says("none of the selected databases");
    project.sluice(&["rollout", "retry", "--env", "prod"]).exits(2).says("failed in rollout").says("sa, sb");
    let run =
        project.sluice(&["rollout", "retry", "--database", "name == 'sa'", "--format", "json"]).exits(0);
    let targets = run.json()["stages"][0]["targets"].clone();
    assert_eq!(
        (&targets[0]["status"], &targets[1]["status"]),
        (&"pending".into(), &"failed".into()),
        "{run}"
    );
    for decision in ["approve", "reject"] {
        project.sluice_as(REVIEWER, &["rollout", decision]).exits(2).says("wants an approval");
    }
}

#[test]
fn whoever_touched_a_pending_file_last_does_not_approve_it_whatever_came_after() {
    let mut project = pairs("", "approvals = [{ required = 1 }]");
    project.set("GIT_AUTHOR_NAME", "Eve").set("GIT_AUTHOR_EMAIL", "eve@example.com");
    project.write("README.md", "Shop\n").commit("Another one's commit on top");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(AUTHOR, &["rollout", "approve"]).exits(1).says("is the author or committer");
    project.sluice_as("bob <bob@home.example>", &["rollout", "approve"]).exits(1).says("does not count");
    project.sluice_as("Eve <eve@example.com>", &["rollout", "approve"]).exits(1).says("does not count");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
}

#[test]
fn an_approval_is_inconclusive_while_git_cannot_tell_who_wrote_the_release() {
    let mut project = pairs("", "approvals = [{ required = 1 }]");
    let elsewhere = project.path("nowhere").display().to_string();
    let broken = |project: &Project, arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("GIT_DIR", &elsewhere).env("SLUICE_ACTOR", REVIEWER);
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(broken(&project, &["deploy"]), 5);
    assert_eq!(broken(&project, &["rollout", "approve"]), 0);
    assert_eq!(broken(&project, &["deploy"]), 5);
    assert_eq!(tables(&project, "pa"), 0);
    let why = project.sluice(&["rollout", "why", "--format", "json"]).exits(0);
    let gates = why.json()["gates"].clone();
    let approval = gates.as_array().unwrap().iter().find(|gate| gate["gate"] == "approval").unwrap();
    assert_eq!(approval["result"], "inconclusive", "{why}");
    assert!(approval["reason"].as_str().unwrap().contains("nobody can tell who wrote the release"), "{why}");
    // As soon as git can be asked, the approval counts.
    project.sluice(&["deploy"]).exits(0);

    // What is not committed was written by nobody knows whom.
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    project.sluice(&["deploy"]).exits(5).says("migrations/0002_b.sql is not committed");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(5);
    project.set("GIT_AUTHOR_NAME", "Ann").set("GIT_AUTHOR_EMAIL", "ann@example.com");
    project.commit("By Ann");
    project.sluice(&["deploy"]).exits(5).says("Ann <ann@example.com> does not count");
    assert_eq!(tables(&project, "pa"), 1);
}

#[test]
fn without_a_repository_nobody_is_excluded_and_the_gate_says_so() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    project.sluice(&["deploy"]).exits(5).says("no git repository");
    project.sluice_as(AUTHOR, &["rollout", "approve"]).exits(0).says("no git repository");
    project.sluice(&["deploy"]).exits(0);
}

#[test]
fn a_plan_has_one_digest_wherever_it_is_shown_and_approving_another_one_is_refused() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    let planned = |project: &Project| {
        let plan = project.sluice(&["plan", "--format", "json"]).exits(0).json();
        plan["digest"].as_str().unwrap().to_owned()
    };
    let digest = planned(&project);
    let run = project.sluice(&["deploy", "--format", "json"]).exits(5);
    assert_eq!(run.json()["plan"], digest.as_str(), "{run}");
    let short = &digest["sha256:".len()..][..12];
    project.sluice(&["deploy"]).exits(5).says(&format!("plan {short}")).says(&format!("--plan {short}"));
    for command in ["show", "why"] {
        let run = project.sluice(&["rollout", command, "--format", "json"]).exits(0);
        assert_eq!(run.json()["plan"], digest.as_str(), "{run}");
        project.sluice(&["rollout", command]).exits(0).says(&format!("plan {short}"));
    }
    assert_eq!(planned(&project), digest, "what comes before the gate is done and does not matter");

    // Somebody works on prod by hand: the plan is another one.
    project.sluice(&["baseline", "--to", "0001", "--database", "pb"]).exits(0);
    let other = planned(&project);
    assert_ne!(other, digest);
    let refused = |plan: &str, code: i32| {
        project.sluice_as(REVIEWER, &["rollout", "approve", "--plan", plan]).exits(code)
    };
    refused(&other, 1).says(short);
    refused("xyz", 2).says("no digest");
    refused("sha256:ab", 2).says("at least");
    refused(short, 0);
    // What was approved does more than what is left.
    project.sluice(&["deploy"]).exits(5).says("approval");
    refused(&digest, 1);
    refused(&other.to_uppercase()["SHA256:".len()..], 0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!((tables(&project, "pa"), tables(&project, "pb")), (1, 0));
}

#[test]
fn what_cannot_be_run_behind_an_approval_stops_the_deployment_before_anything_runs() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    let table = "CREATE TABLE b (id integer PRIMARY KEY);\n";
    project.write("migrations/0002_b.sql", table);
    project.write("migrations/0003_c.sql", "-- sluice: targets=environment == 'prod'\nSELECT 'open;\n");
    project.commit("A string that never ends");
    project.sluice(&["deploy"]).exits(2).says("migrations/0003_c.sql:2");
    project.write("migrations/0003_c.sql", "SELECT 1;\n").commit("Closed");
    let checksum = "SELECT checksum FROM sluice_revision WHERE version = '0001'";
    let checksum = project.sqlite("pb.db", checksum);
    project.sqlite("pb.db", &format!("UPDATE sluice_revision SET checksum = 'sha256:{}'", "0".repeat(64)));
    project.sluice(&["deploy"]).exits(1).says("was edited after it was applied").says("pb");
    assert_eq!(tables(&project, "sa"), 1, "staging has not begun");
    project.sqlite("pb.db", &format!("UPDATE sluice_revision SET checksum = '{checksum}'"));
    project.sluice(&["deploy"]).exits(5);
    assert_eq!(tables(&project, "sa"), 2);
}

#[test]
fn a_database_that_nobody_could_look_at_is_not_covered_by_the_approval_of_the_others() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    std::fs::rename(project.path("pb.db"), project.path("gone")).unwrap();
    project.write("pb.db", &"no database at all ".repeat(100));
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    let run = project.sluice(&["deploy"]);
    assert_ne!(run.code, 0, "{run}");
    assert_eq!(tables(&project, "pa"), 1, "what was seen goes on: {run}");
    std::fs::rename(project.path("gone"), project.path("pb.db")).unwrap();
    project.sluice(&["deploy"]).exits(5).says("approval");
    assert_eq!(tables(&project, "pb"), 0);
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(tables(&project, "pb"), 1);
}

#[test]
fn an_approval_covers_what_is_left_of_what_was_begun() {
    let project = pairs("", "approvals = [{ required = 1 }]\nmax_failures = 1");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n").commit("Second");
    project.sqlite("pa.db", "CREATE TABLE b (other integer)");
    project.sluice(&["deploy"]).exits(5);
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    project.sluice(&["deploy"]).exits(4);
    assert_eq!(project.sqlite("pa.db", "SELECT count(*) FROM sluice_revision WHERE state = 'applied'"), "1");
    project.sqlite("pa.db", "DROP TABLE b");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!((tables(&project, "pa"), tables(&project, "pb")), (2, 2));
}

#[test]
fn a_pause_stops_what_runs_between_two_changes() {
    let project = pairs("", "");
    let slow = "CREATE TABLE a AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000000) \
                SELECT count(*) AS n FROM c;\n";
    project.write("migrations/0001_a.sql", slow);
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n").commit("Slow");
    let deploying = project.start(&["deploy", "--database", "sa", "--format", "json"]);
    let status = || {
        let json = project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
        json["rollouts"][0]["status"].as_str().unwrap_or_default().to_owned()
    };
    while status() != "running" {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    project.sluice_as(REVIEWER, &["rollout", "pause", "-m", "a customer calls"]).exits(0);
    let run = deploying.finish().exits(5);
    let json = run.json();
    assert_eq!(
        (&json["outcome"], &json["targets"][0]["outcome"]),
        (&"paused".into(), &"held".into()),
        "{run}"
    );
    assert_eq!(tables(&project, "sa"), 1, "{run}");
    project.sluice_as(REVIEWER, &["rollout", "resume"]).exits(0);
    project.sluice(&["deploy", "--database", "sa"]).exits(0);
    assert_eq!(tables(&project, "sa"), 2);
}

/// Runs `sluice` on a terminal and types an answer.
fn on_a_terminal(project: &Project, arguments: &str, answer: &str) -> (i32, String) {
    let own = project.command(&[]);
    let line = format!("{} {arguments}", own.get_program().to_str().unwrap());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
    script.env_clear().current_dir(own.get_current_dir().unwrap());
    script.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script is installed");
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(keyboard);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn on_a_terminal_deploy_asks_once_before_it_applies_anything() {
    let project = pairs("", "approvals = [{ required = 1 }]");
    let (code, said) = on_a_terminal(&project, "deploy", "n\n");
    assert!(said.contains("staging: 1 change on 2 databases"), "{said}");
    assert!(said.contains("prod: 1 change on 2 databases, behind an approval"), "{said}");
    assert!(said.contains("nothing was run") && said.contains("--yes"), "{said}");
    assert_eq!((code, tables(&project, "sa")), (130, 0), "{said}");
    let (code, said) = on_a_terminal(&project, "deploy", "y\n");
    assert_eq!((code, tables(&project, "sa")), (5, 1), "{said}");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    let (code, said) = on_a_terminal(&project, "deploy --yes", "");
    assert_eq!((code, tables(&project, "pa")), (0, 1), "{said}");
    assert!(!said.contains("[y/N]"), "{said}");
    let (code, said) = on_a_terminal(&project, "deploy", "");
    assert_eq!(code, 0, "nothing to do is no question: {said}");
}

#[test]
fn nothing_wrong_with_the_files_keeps_anybody_from_looking_at_a_rollout_or_stopping_it() {
    let project = pairs("", "approvals = [{ required = 1, from = [\"group:dba\"] }]");
    let people = "\n[people]\ndba = [\"ann@example.com\"]\n";
    let configured = format!("{}{people}", project.read("sluice.toml"));
    project.write("sluice.toml", &configured).commit("People");
    project.sluice(&["deploy"]).exits(5);
    project.write("migrations/0009_x.sql", "");
    project.sluice(&["deploy"]).exits(2);
    project.sluice(&["history", "--env", "staging"]).exits(0).says("0001");
    project.write("sluice.toml", &configured.replace("[\"ann@example.com\"]", "[]"));
    project.sluice(&["deploy"]).exits(2);
    for command in [&["rollout", "list"][..], &["rollout", "show"], &["rollout", "why"], &["release", "list"]]
    {
        project.sluice(command).exits(0);
    }
    project.sluice(&["release", "show"]).exits(0).says("0001");
    project.sluice_as(REVIEWER, &["rollout", "pause"]).exits(0).says("paused by Ann");
    project.sluice_as(REVIEWER, &["rollout", "resume"]).exits(0);
    project.sluice_as("Zoe <zoe@example.com>", &["rollout", "approve"]).exits(1).says("does not count");
    project.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0).says("approves");
    project.sluice_as(REVIEWER, &["rollout", "cancel"]).exits(0).says("cancelled");
    std::fs::remove_file(project.path("sluice.toml")).unwrap();
    project.sluice(&["rollout", "list"]).exits(2).says("no sluice.toml");
}
