//! Repairs that evidence supports and those that nothing speaks for; results for programs; ledgers and state that were
//! touched; what a commit may claim; what is asked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use serde_json::Value;
use sluice_e2e::{Engine, Project, Run, redact, snapshot_settings};

/// A project with one SQLite database and two changes that are applied.
fn deployed() -> Project {
    let mut project = Project::with_database("sqlite:dev.db");
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    project.create_sqlite("dev.db");
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    project.commit("Two tables");
    project.sluice(&["deploy"]).exits(0);
    project
}

fn events(project: &Project) -> String {
    project.sqlite("dev.db", "SELECT kind, version FROM sluice_event ORDER BY id")
}

/// Compares what programs get with the snapshot of that name.
#[track_caller]
fn read(name: &str, run: &Run) {
    let json = serde_json::to_string_pretty(&run.json()).unwrap();
    let text = format!("$ sluice {}\n{}\n--- exit code {}", run.arguments, redact(&json), run.code);
    snapshot_settings().bind(|| insta::assert_snapshot!(name, text));
}

/// Compares what people see with the snapshot of that name.
#[track_caller]
fn see(name: &str, run: &Run) {
    snapshot_settings().bind(|| insta::assert_snapshot!(name, run.transcript()));
}

#[test]
fn repairs_without_a_reason_are_refused_and_leave_no_trace() {
    let project = deployed();
    let before = events(&project);
    for (arguments, says) in [
        (vec!["repair", "0001", "--forget"], "migrations/0001_a.sql"),
        (vec!["repair", "1.0", "--forget"], "migrations/0001_a.sql"),
        (vec!["repair", "0009", "--forget"], "not in the ledger"),
        (vec!["repair", "0001", "--accept"], "has the file's checksum"),
        (vec!["repair", "0009", "--accept"], "the repository has no change 0009"),
        (vec!["repair", "0001", "--statement", "1", "--applied"], "is not in flight"),
    ] {
        let run = project.sluice(&arguments).exits(2).says(says);
        assert!(run.all().contains("help:"), "{run}");
    }
    project.write("migrations/0003_c.sql", "CREATE TABLE c (id integer);\n");
    project.sluice(&["repair", "3", "--accept"]).exits(2).says("not in the ledger");
    assert_eq!(events(&project), before);
}

#[test]
fn repairs_use_the_spelling_of_the_ledger() {
    let project = deployed();
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY); -- edited\n");
    std::fs::remove_file(project.path("migrations/0002_b.sql")).unwrap();
    see("repair_shows", &project.sluice(&["repair"]).exits(1));
    read("repair_shows_json", &project.sluice(&["repair", "--format", "json"]).exits(1));
    read("repair_accepts_json", &project.sluice(&["repair", "1", "--accept", "--format", "json"]).exits(0));
    see("repair_forgets", &project.sluice(&["repair", "2", "--forget"]).exits(0));
    assert_eq!(project.sqlite("dev.db", "SELECT version FROM sluice_revision"), "0001");
    assert_eq!(events(&project).lines().skip(2).collect::<Vec<_>>(), ["repaired|0001", "repaired|0002"]);
    project.sluice(&["deploy"]).exits(0).says("nothing to do");
    read("repair_without_problems_json", &project.sluice(&["repair", "--format", "json"]).exits(0));
}

/// A change of which the second statement was in flight when its run stopped.
fn in_flight() -> Project {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    let text = "-- sluice: transaction=none\nCREATE TABLE a (id integer);\nINSERT INTO nowhere VALUES (1);\n";
    project.write("migrations/0001_a.sql", text);
    project.sluice(&["deploy"]).exits(4);
    project.sqlite("dev.db", "UPDATE sluice_statement SET state = 'intended' WHERE ordinal = 2");
    project.sqlite("dev.db", "UPDATE sluice_revision SET state = 'applying'");
    project
}

#[test]
fn a_statement_that_was_edited_in_flight_is_not_decided_about() {
    let project = in_flight();
    let text = project.read("migrations/0001_a.sql");
    read("repair_in_flight_json", &project.sluice(&["repair", "--format", "json"]).exits(1));
    project.write("migrations/0001_a.sql", &text.replace("(1)", "(2)"));
    let run = project.sluice(&["repair", "1", "--statement", "2", "--applied"]).exits(1);
    assert!(run.all().contains("edited since"), "{run}");
    project.write("migrations/0001_a.sql", &text);
    project.sluice(&["repair", "1", "--statement", "3", "--applied"]).exits(2).says("not in flight");
    project.sluice(&["repair", "1", "--statement", "2", "--applied"]).exits(0).says("repaired");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.sqlite("dev.db", "SELECT state FROM sluice_revision"), "applied");
}

/// Files that are wrong in their own ways, with the place that is told.
const WRONG: [(&str, &str, &str); 3] = [
    ("migrations/0002_b.sql", "-- sluice: transactoin=none\nSELECT 1;\n", "migrations/0002_b.sql:1:12"),
    ("migrations/01_again.sql", "SELECT 1;\n", "migrations/01_again.sql"),
    ("migrations/0002_b.sql", "-- sluice: targets=region == 'eu'\nSELECT 1;\n", "migrations/0002_b.sql:1:"),
];

#[test]
fn a_wrong_file_keeps_nobody_from_looking_at_the_ledgers() {
    for (path, content, place) in WRONG {
        let project = in_flight();
        project.write(path, content);
        let status = project.sluice(&["status"]).exits(2).says(place).says("failed");
        assert!(status.stdout.contains("dev"), "{status}");
        let json = project.sluice(&["status", "--format", "json"]).exits(2).json();
        assert!(json["problems"][0]["place"].as_str().unwrap().starts_with(place), "{json}");
        assert_eq!((&json["release"], &json["targets"][0]["pending"]), (&Value::Null, &Value::Null));
        assert_eq!(json["targets"][0]["state"], "failed");
        project.sluice(&["repair"]).exits(2).says(place).says("statement 2 of 0001 was in flight");
        let json = project.sluice(&["repair", "--format", "json"]).exits(2).json();
        assert_eq!(json["targets"][0]["problems"][0]["kind"], "in-flight");
        assert!(json["problems"][0]["place"].as_str().unwrap().starts_with(place), "{json}");
        for command in ["plan", "deploy"] {
            project.sluice(&[command]).exits(2).says(place);
        }
    }
    let project = deployed();
    project.write("migrations/0003_c.sql", WRONG[0].1);
    see("status_with_a_wrong_file", &project.sluice(&["status"]).exits(2));
    see("repair_with_a_wrong_file", &project.sluice(&["repair"]).exits(2));
    project.sqlite("dev.db", "UPDATE sluice_revision SET kind = 'odd' WHERE version = '0001'");
    project.sluice(&["status"]).exits(6).says("migrations/0003_c.sql:1:12").says("kind is `odd`");
    project.sluice(&["repair"]).exits(6).says("migrations/0003_c.sql:1:12").says("changed by hand");
}

#[test]
fn a_repair_that_needs_no_file_is_made_whatever_is_wrong_with_them() {
    for (path, content, place) in WRONG {
        let project = in_flight();
        project.write(path, content);
        for option in ["--accept", "--forget"] {
            project.sluice(&["repair", "1", option]).exits(2).says(place).says(option);
        }
        project.sluice(&["repair", "1", "--statement", "1", "--applied"]).exits(2).says("not in flight");
        project.sluice(&["repair", "9", "--statement", "1", "--applied"]).exits(2).says("not in flight");
        let before = project.sqlite("dev.db", "SELECT count(*) FROM sluice_event WHERE kind = 'repaired'");
        assert_eq!(before, "0");
        project
            .sluice(&["repair", "1", "--statement", "2", "--applied"])
            .exits(0)
            .says("repaired")
            .says(place);
        assert_eq!(
            project.sqlite("dev.db", "SELECT state FROM sluice_statement WHERE ordinal = 2"),
            "applied"
        );
        std::fs::remove_file(project.path(path)).unwrap();
        // What the person could not be held to, the next run is.
        let text = project.read("migrations/0001_a.sql");
        project.write("migrations/0001_a.sql", &text.replace("(1)", "(2)"));
        project.sluice(&["deploy"]).exits(1).says("edited since");
        project.write("migrations/0001_a.sql", &text);
        project.sluice(&["deploy"]).exits(0);
        assert_eq!(project.sqlite("dev.db", "SELECT state FROM sluice_revision"), "applied");
    }
}

#[test]
fn a_plan_of_a_half_applied_change_marks_what_does_not_run_again() {
    let project = in_flight();
    let json = project.sluice(&["plan", "--format", "json"]).exits(0).json();
    let change = &json["targets"][0]["pending"][0];
    assert_eq!(change["action"], "resume");
    let states: Vec<&str> =
        change["statements"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["applied", "in-flight"]);
    let shown = project.sluice(&["plan"]).exits(0).says("resume · 1 of 2 statements to run");
    assert!(
        shown.stdout.contains("✓ applied · CREATE TABLE a") && shown.stdout.contains("? in flight · INSERT"),
        "{shown}"
    );
}

#[test]
fn an_edited_statement_of_a_half_applied_change_is_refused_by_every_command() {
    let project = in_flight();
    let text = project.read("migrations/0001_a.sql");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer);\n");
    for edited in [text.replace("id integer", "id bigint"), text.replace("(1)", "(2)")] {
        project.write("migrations/0001_a.sql", &edited);
        for command in ["plan", "status", "repair", "deploy"] {
            let run = project.sluice(&[command]).exits(1).says("edited since");
            assert!(run.all().contains("migrations/0001_a.sql"), "{run}");
            assert!(run.all().contains("put that statement back as it was"), "{run}");
        }
    }
    // What was not reached may be edited.
    project.write("migrations/0001_a.sql", &format!("{text}CREATE TABLE c (id integer);\n"));
    project.sluice(&["plan"]).exits(0).keeps_quiet_about("edited since");
}

#[test]
fn a_damaged_ledger_is_mended_by_the_statement_that_repair_shows() {
    for (damage, says) in [
        ("UPDATE sluice_revision SET state = 'fine' WHERE version = '0002'", "`applied`"),
        ("UPDATE sluice_revision SET checksum = 'sha256:0' WHERE version = '0002'", "hexadecimal"),
        ("UPDATE sluice_revision SET kind = 'odd' WHERE version = '0001'", "`versioned`"),
        ("UPDATE sluice_revision SET statements_applied = -1 WHERE version = '0001'", "not negative"),
        ("UPDATE sluice_fence SET number = -1", "not negative"),
        ("UPDATE sluice_fence SET format = 'x'", "not negative"),
        ("DELETE FROM sluice_fence", "row of the table fence is missing"),
    ] {
        let project = deployed();
        project.sqlite("dev.db", damage);
        project.sluice(&["deploy"]).exits(6).says("`sluice repair`");
        let run = project.sluice(&["repair"]).exits(6).says(says);
        let sql = run.stdout.split_once("mend it with: ").unwrap_or_else(|| panic!("{run}")).1;
        project.sqlite("dev.db", sql.lines().next().unwrap());
        project.sluice(&["repair"]).exits(0).says("nothing to repair");
        project.write("migrations/0003_c.sql", "CREATE TABLE c (id integer);\n");
        project.sluice(&["deploy"]).exits(0);
    }
    let project = deployed();
    project.sqlite("dev.db", "UPDATE sluice_revision SET state = 'fine' WHERE version = '0002'");
    see("repair_of_a_damaged_ledger", &project.sluice(&["repair"]).exits(6));
    read("repair_of_a_damaged_ledger_json", &project.sluice(&["repair", "--format", "json"]).exits(6));
}

#[test]
fn repair_ends_with_the_worst_of_all_databases() {
    let project = deployed();
    let text = project.read("sluice.toml");
    let more = "\n[[database]]\nname = \"gone\"\nenvironment = \"dev\"\nurl = \"sqlite:no/such/folder/x.db?mode=rw\"\n";
    project.write("sluice.toml", &format!("{text}{more}"));
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer); -- edited\n");
    let run = project.sluice(&["repair"]).exits(3).says("--accept");
    assert!(run.stdout.contains("gone: "), "{run}");
    project.sqlite("dev.db", "UPDATE sluice_revision SET state = 'fine' WHERE version = '0002'");
    project.sluice(&["repair"]).exits(6).says("gone: ");
}

#[test]
fn a_ledger_of_a_newer_version_wants_a_newer_sluice() {
    let project = deployed();
    project.sqlite("dev.db", "UPDATE sluice_fence SET format = 99");
    for command in [vec!["deploy"], vec!["repair"], vec!["plan"]] {
        project.sluice(&command).exits(2).says("newer sluice");
    }
}

#[test]
fn baselines_tell_programs_what_was_recorded() {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    read("baseline_json", &project.sluice(&["baseline", "--to", "1", "--format", "json"]).exits(0));
    see("baseline", &project.sluice(&["baseline"]).exits(0));
    see("baseline_again", &project.sluice(&["baseline"]).exits(0));
    read(
        "adopt_without_a_history_json",
        &project.sluice(&["baseline", "--adopt", "--format", "json"]).exits(2),
    );

    let text = project.read("sluice.toml");
    let more = "\n[[database]]\nname = \"gone\"\nenvironment = \"dev\"\nurl = \"sqlite:no/such/folder/x.db?mode=rw\"\n";
    project.write("sluice.toml", &format!("{text}{more}"));
    let run = project.sluice(&["baseline", "--yes", "--format", "json"]).exits(3);
    let targets = &run.json()["targets"];
    assert_eq!(targets[0]["recorded"], 0, "{run}");
    assert_eq!(targets[1]["problems"].as_array().unwrap().len(), 1, "{run}");
}

#[test]
fn an_adopted_history_tells_programs_where_it_comes_from() {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    project.write("migrations/0001_a.up.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.write("migrations/0001_a.down.sql", "DROP TABLE a;\n");
    project.sqlite(
        "dev.db",
        "CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO \
         schema_migrations VALUES (1, 0)",
    );
    let run = project.sluice(&["baseline", "--adopt", "--format", "json"]).exits(0);
    let target = &run.json()["targets"][0];
    assert_eq!(target["recorded"], 1, "{run}");
    assert!(target["origin"].as_str().unwrap().starts_with("adopted from schema_migrations"), "{run}");
    project.sluice(&["baseline", "--adopt"]).exits(0).says("0 changes adopted from schema_migrations");
}

#[test]
fn a_project_is_set_up_by_programs_too() {
    let project = Project::new();
    project.write("db/V1__a.sql", "CREATE TABLE a (id integer);\n");
    project.write("other/V1__a.sql", "CREATE TABLE a (id integer);\n");
    read("init_json", &project.sluice(&["init", "--format", "json"]).exits(0));
    let project = Project::with_database("sqlite:dev.db");
    let made = project.sluice(&["new", "add totals", "--format", "json"]).exits(0).json();
    let (version, path) = (made["version"].as_str().unwrap(), made["path"].as_str().unwrap());
    assert_eq!(path, format!("migrations/{version}_add_totals.sql"));
    assert!(project.read(path).starts_with("-- add totals"));
}

/// A project of two databases with labels, and one change with a directive.
fn labelled(directive: &str) -> Project {
    let project = Project::new();
    let mut text = "[project]\nname = \"shop\"\n\n[[environment]]\nname = \"dev\"\n".to_owned();
    for (name, labels) in [("eu", "region = \"eu\", tier = \"3\""), ("us", "region = \"us\"")] {
        project.create_sqlite(&format!("{name}.db"));
        text.push_str(&format!(
            "\n[[database]]\nname = \"{name}\"\nenvironment = \"dev\"\nurl = \"sqlite:{name}.db\"\nlabels = {{ {labels} }}\n"
        ));
    }
    project.write("sluice.toml", &text);
    project.write(
        "migrations/0001_a.sql",
        &format!("-- sluice: targets={directive}\nCREATE TABLE a (id integer);\n"),
    );
    project
}

#[test]
fn a_directive_that_no_database_understands_is_refused_with_its_place() {
    for (directive, texts) in [
        ("regoin == 'eu'", ["no database has a label `regoin`", "did you mean `region`?"]),
        ("labels.stage == 'x'", ["no database has a label `stage`", "known are: region, tier"]),
        ("int(region) > 2", ["fails on eu", "int(region) > 2"]),
    ] {
        let project = labelled(directive);
        for command in [vec!["plan"], vec!["deploy"], vec!["status"]] {
            let run = project.sluice(&command).exits(2).says("migrations/0001_a.sql:1:20");
            assert!(texts.iter().all(|text| run.all().contains(text)), "{run}");
        }
        assert_eq!(project.sqlite("eu.db", "SELECT count(*) FROM sqlite_master"), "0");
    }
    // A label that some have, and an expression that has no answer where it is missing, leave the others out.
    for directive in
        ["tier == '3'", "int(tier) > 2", "region.startsWith('e')", "engine == 'sqlite' && region == 'eu'"]
    {
        let project = labelled(directive);
        project.sluice(&["deploy"]).exits(0);
        assert_eq!(project.sqlite("eu.db", "SELECT count(*) FROM a"), "0", "{directive}");
        assert_eq!(project.sqlite("us.db", "SELECT count(*) FROM sqlite_master WHERE name = 'a'"), "0");
    }
}

#[test]
fn a_commit_is_only_claimed_for_files_that_it_has() {
    let project = deployed();
    let commits = || {
        let sql =
            "SELECT version, commit_id IS NOT NULL, author IS NOT NULL FROM sluice_revision ORDER BY version";
        project.sqlite("dev.db", sql)
    };
    assert_eq!(commits(), "0001|1|1\n0002|1|1");
    project.write("notes.txt", "not a migration\n");
    project.write("migrations/0003_c.sql", "CREATE TABLE c (id integer);\n").commit("Third");
    project.write("notes.txt", "edited\n");
    project.sluice(&["deploy"]).exits(0).keeps_quiet_about("name no commit");
    assert_eq!(commits().lines().last(), Some("0003|1|1"));

    project.write("migrations/0004_d.sql", "CREATE TABLE d (id integer);\n");
    let run = project.sluice(&["deploy"]).exits(0).says("name no commit").says("migrations/0004_d.sql");
    assert_eq!(commits().lines().last(), Some("0004|0|0"), "{run}");
    let json = project.sluice(&["release", "show", "--format", "json"]).exits(0).json();
    assert_eq!(json["provenance"]["dirty"], true);

    project.commit("Fourth");
    project.write("migrations/0005_e.sql", "CREATE TABLE e (id integer);\n").commit("Fifth");
    project.write("migrations/0005_e.sql", "CREATE TABLE e (id integer, more text);\n");
    project.sluice(&["deploy"]).exits(0).says("name no commit");
    assert_eq!(commits().lines().last(), Some("0005|0|0"));
}

#[test]
fn what_is_wrong_with_the_state_is_said_with_a_way_out() {
    let project = deployed();
    let digest =
        project.sluice(&["release", "list", "--format", "json"]).exits(0).json()["releases"][0]["digest"]
            .as_str()
            .unwrap()
            .to_owned();
    project.sluice(&["release", "show", "ffff0000ffff"]).exits(2).says(&digest);
    let rollout =
        project.sluice(&["rollout", "list", "--format", "json"]).exits(0).json()["rollouts"][0]["name"]
            .as_str()
            .unwrap()
            .to_owned();
    project.sluice(&["rollout", "show", "r-none"]).exits(2).says(&rollout);
    std::fs::remove_file(project.path(".sluice/state.db-wal")).unwrap();
    project.write(
        ".sluice/state.db",
        "this is no database, and it is longer than a header of one would have to be\n",
    );
    project.sluice(&["release", "list"]).exits(6).says("damaged").says("delete the directory `.sluice`");
}

#[test]
fn a_program_that_gives_a_url_is_asked_once() {
    let mut project = Project::new();
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    project.create_sqlite("dev.db");
    let url = "exec:sh -c 'echo asked >> asked.log; echo sqlite:dev.db'";
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\n\n[[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"shop-dev\"\nenvironment = \
             \"dev\"\nurl = \"{url}\"\n"
        ),
    );
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer);\n");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.read("asked.log"), "asked\n");
}

#[test]
fn a_cancelled_change_is_called_cancelled() {
    let project = deployed();
    project.write(
        "migrations/0003_long.sql",
        "CREATE TABLE c AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000000) SELECT \
         count(*) FROM n;\n",
    );
    let mut deploy = project.start(&["deploy", "-v"]);
    // A warning names the file before.
    deploy.wait_for("running 0003");
    deploy.signal("INT");
    let run = deploy.finish().exits(130).says("the same command again");
    assert!(!run.all().contains("rollout resume"), "{run}");
    let run = project.sluice(&["status"]).exits(0).says("cancelled").says("run the same command again");
    assert!(!run.all().contains("failed"), "{run}");
    assert_eq!(
        project.sluice(&["status", "--format", "json"]).exits(0).json()["targets"][0]["state"],
        "cancelled"
    );
    assert!(events(&project).ends_with("cancelled|0003"), "{}", events(&project));
    project.write("migrations/0003_long.sql", "CREATE TABLE c (id integer);\n");
    project.sluice(&["deploy"]).exits(0);
    project.sluice(&["status"]).exits(0).keeps_quiet_about("cancelled");
}

#[test]
fn a_privilege_that_is_missing_on_the_ledger_is_named_as_a_grant() {
    let home = Project::new();
    let database = Engine::Postgres(18).database(&home, "dev");
    let project = Project::with_database(database.url());
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer);\n");
    project.sluice(&["deploy"]).exits(0);
    let role = format!("ledger_user_{}", std::process::id());
    database.sql(&format!("create role {role} login; grant create on schema public to {role}"));
    let (before, after) = database.url().split_once("://").unwrap();
    let (_, address) = after.split_once('@').unwrap();
    project.write(
        "sluice.toml",
        &project.read("sluice.toml").replace(database.url(), &format!("{before}://{role}@{address}")),
    );
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer);\n");
    for command in ["deploy", "plan", "history", "repair"] {
        let run = project.sluice(&[command]).exits(4);
        assert!(run.all().contains("GRANT USAGE ON SCHEMA sluice TO"), "{run}");
    }
    database.sql(&format!("grant usage on schema sluice to {role}"));
    let run = project.sluice(&["deploy"]).exits(4);
    assert!(
        run.all().contains("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sluice"),
        "{run}"
    );
    database.sql(&format!("grant select, insert, update, delete on all tables in schema sluice to {role}"));
    project.sluice(&["deploy"]).exits(0);
    database.sql(&format!("drop owned by {role} cascade; drop role {role}"));
}
