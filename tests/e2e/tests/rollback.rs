//! Changes that are taken back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use sluice_e2e::{EmptyDatabase, Engine, Project};

/// Three changes with their ways back, applied.
fn deployed(engine: Engine) -> (EmptyDatabase, Project) {
    let mut project = Project::git();
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    let database = engine.database(&project, "dev");
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\n\n[[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"main\"\n\
             environment = \"dev\"\nurl = \"{}\"\n",
            database.url()
        ),
    );
    for (name, up, down) in [
        ("1_a", "CREATE TABLE a (id integer);", "DROP TABLE a;"),
        ("2_b", "CREATE TABLE b (id integer);\nCREATE TABLE c (id integer);", "DROP TABLE c;\nDROP TABLE b;"),
        ("3_d", "CREATE TABLE d (id integer);", "DROP TABLE d;"),
    ] {
        project.write(&format!("migrations/{name}.sql"), up);
        project.write(&format!("migrations/{name}.down.sql"), down);
    }
    project.sluice(&["deploy"]).exits(0);
    (database, project)
}

fn has(database: &EmptyDatabase, table: &str) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| database.sql(&format!("SELECT 1 FROM {table}"))))
        .is_ok()
}

fn rows(database: &EmptyDatabase, engine: Engine, sql: &str) -> String {
    database.sql(&sql.replace("LEDGER", engine.ledger()))
}

fn story(engine: Engine) {
    let (database, project) = deployed(engine);
    let plan = project.sluice(&["rollback", "--format", "json"]).exits(5).json();
    assert_eq!(plan["run"], false);
    assert_eq!(plan["databases"][0]["changes"][0]["version"], "3");
    assert!(has(&database, "d"));

    project.sluice(&["rollback", "--yes"]).exits(0).says("3 d: taken back by migrations/3_d.down.sql");
    assert!(!has(&database, "d"));
    assert_eq!(rows(&database, engine, "SELECT count(*) FROM LEDGERrevision"), "2");
    assert_eq!(rows(&database, engine, "SELECT version FROM LEDGERevent WHERE kind = 'rolled-back'"), "3");
    project.sluice(&["history"]).exits(0).says("rolled-back");
    project.sluice(&["status"]).exits(0).says("pending");

    project.sluice(&["rollback", "--to", "1", "--yes"]).exits(0).says("2 b: taken back");
    assert!(!has(&database, "b") && !has(&database, "c") && has(&database, "a"));
    project.sluice(&["rollback", "--to", "1", "--yes"]).exits(0).says("nothing to take back");

    project.sluice(&["deploy"]).exits(0);
    assert!(has(&database, "c") && has(&database, "d"));
    assert_eq!(rows(&database, engine, "SELECT count(*) FROM LEDGERrevision"), "3");
}

#[test]
fn changes_are_taken_back_and_applied_again_on_sqlite() {
    story(Engine::Sqlite);
}

#[test]
fn changes_are_taken_back_and_applied_again_on_postgres() {
    story(Engine::Postgres(18));
}

#[test]
fn changes_are_taken_back_and_applied_again_on_mariadb() {
    story(Engine::Mariadb);
}

#[test]
fn nothing_is_run_where_one_change_has_no_way_back() {
    let (database, project) = deployed(Engine::Sqlite);
    std::fs::remove_file(project.path("migrations/2_b.down.sql")).unwrap();
    project
        .sluice(&["rollback", "--to", "1", "--yes"])
        .exits(1)
        .says("to take change 2 back deletes what is in table b, table c")
        .says("write the way back beside the change");
    assert!(has(&database, "d") && has(&database, "b"));
    project.sluice(&["rollback", "--to", "9", "--yes"]).exits(2).says("change 9 is not applied");
}

#[test]
fn a_way_back_that_was_killed_goes_on_where_it_stopped() {
    for engine in [Engine::Mariadb, Engine::Postgres(18), Engine::Sqlite] {
        for point in ["f", "g", "i", "j"] {
            let (database, mut project) = deployed(engine);
            project.sluice(&["rollback", "--yes"]).exits(0);
            project.set("SLUICE_FAULT", &format!("{point}:abort"));
            let killed = project.sluice(&["rollback", "--yes"]);
            project.set("SLUICE_FAULT", "");
            // A deployment does not run into what is half taken back.
            if rows(&database, engine, "SELECT count(*) FROM LEDGERrevision WHERE kind = 'undo'") == "1" {
                project.sluice(&["deploy"]).exits(1).says("the rollback of change 2 is unfinished");
            }
            if rows(&database, engine, "SELECT count(*) FROM LEDGERrevision") != "1" {
                project.sluice(&["rollback", "--to", "1", "--yes"]).exits(0);
            }
            assert!(
                !has(&database, "b") && !has(&database, "c") && has(&database, "a"),
                "{engine:?} {point} {killed}"
            );
            assert_eq!(rows(&database, engine, "SELECT count(*) FROM LEDGERrevision"), "1");
            assert_eq!(
                rows(&database, engine, "SELECT count(*) FROM LEDGERstatement WHERE version LIKE 'undo%'"),
                "0"
            );
        }
    }
}

#[test]
fn where_changes_need_an_approval_a_rollback_needs_one_or_a_reason_in_an_emergency() {
    let (database, mut project) = deployed(Engine::Sqlite);
    let text = project.read("sluice.toml").replace(
        "name = \"dev\"\n\n[[database]]",
        "name = \"dev\"\napprovals = [{ required = 1, from = [\"bob@example.com\"] }]\n\n[[database]]",
    );
    project.write("sluice.toml", &text);
    project.sluice(&["rollback", "--yes"]).exits(5).says("0 of 1").says("--approve");
    project.sluice(&["rollback", "--yes", "--reason", "orders fail"]).exits(5);
    project.sluice(&["rollback", "--approve"]).exits(2).says("does not count");
    assert!(has(&database, "d"));

    project.set("SLUICE_ACTOR", "Bob <bob@example.com>");
    project.sluice(&["rollback", "--approve"]).exits(0).says("approves the rollback sha256:");
    // Who runs it is not who agrees to it.
    project.sluice(&["rollback", "--yes"]).exits(5);
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    // What was approved is what was shown.
    project.write("migrations/3_d.down.sql", "DROP TABLE d; DROP TABLE c;");
    project.sluice(&["rollback", "--yes"]).exits(5);
    project.write("migrations/3_d.down.sql", "DROP TABLE d;");
    project.sluice(&["rollback", "--yes"]).exits(0);
    assert!(!has(&database, "d"));

    project.sluice(&["rollback", "--yes", "--break-glass"]).exits(2).says("--reason");
    project.sluice(&["rollback", "--yes", "--break-glass", "--reason", "orders fail"]).exits(0);
    assert!(!has(&database, "b"));
    assert!(
        database
            .sql("SELECT actor FROM sluice_event WHERE kind = 'rolled-back' ORDER BY id DESC LIMIT 1")
            .contains("orders fail")
    );
}

#[test]
fn a_change_that_was_undone_and_applied_again_meanwhile_is_not_taken_back() {
    for engine in [Engine::Sqlite, Engine::Postgres(18), Engine::Mariadb] {
        let (database, mut project) = deployed(engine);
        let gate = project.path("gate");
        project.set("SLUICE_FAULT", &format!("a:wait:{}", gate.display()));
        let mut late = project.start(&["rollback", "--yes"]);
        while !gate.exists() {
            assert!(late.is_running());
            std::thread::yield_now();
        }
        project.set("SLUICE_FAULT", "");
        project.sluice(&["rollback", "--yes"]).exits(0);
        project.write("migrations/3_d.sql", "CREATE TABLE d (id integer, note varchar(10));");
        project.sluice(&["deploy"]).exits(0);
        std::fs::remove_file(&gate).unwrap();
        late.finish().exits(4).says("change 3 is another one than the rollback was planned for");
        assert!(has(&database, "d"), "{engine:?}");
    }
}

#[test]
fn passwords_are_not_shown() {
    let (_database, project) = deployed(Engine::Postgres(18));
    project.write("migrations/3_d.down.sql", "ALTER ROLE app PASSWORD 'geheim'; DROP TABLE d;");
    project.sluice(&["rollback", "--format", "json"]).exits(5).keeps_quiet_about("geheim");
}

#[test]
fn what_is_taken_back_before_a_failure_is_told() {
    let (database, project) = deployed(Engine::Sqlite);
    project.write("migrations/2_b.down.sql", "DROP TABLE nowhere;");
    let run = project.sluice(&["rollback", "--to", "1", "--yes"]).exits(4);
    run.says("3 d: taken back").says("2 b: to be taken back").says("nowhere");
    assert!(!has(&database, "d") && has(&database, "b"));
    project.sluice(&["deploy"]).exits(0);
    assert!(has(&database, "d"));
}
