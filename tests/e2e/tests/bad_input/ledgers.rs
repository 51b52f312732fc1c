//! Ledgers that this version did not write like that.

use sluice_e2e::{Engine, Project};

use crate::refuses;

/// A deployed project on an engine, its ledger then changed by `sql`.
#[track_caller]
fn refused_after(engine: Engine, sql: &str, code: i32, texts: &[&str]) {
    let home = Project::new();
    let database = engine.database(&home, "dev");
    let project = Project::with_database(database.url());
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    project.sluice(&["deploy"]).exits(0);
    project.write("migrations/0003_c.sql", "CREATE TABLE c (id integer PRIMARY KEY);\n");
    let sql = sql.replace("LEDGER.", engine.ledger());
    let before = database.sql(&sql);
    assert_eq!(before, "", "{sql}");
    for command in ["plan", "deploy"] {
        refuses(&project, &[command], code, texts);
    }
    let status = project.sluice(&["status", "--format", "json"]).exits(code).json();
    // Where a ledger cannot be read, what is pending is not known.
    assert_eq!(status["targets"][0]["pending"].is_null(), code != 1, "{status}");
    // What a damaged ledger still tells can be looked at; of a newer one nothing is understood.
    if !sql.contains("COLUMN") {
        project.sluice(&["history"]).exits(if code == 2 { 2 } else { 0 });
    }
    let tables = match engine {
        Engine::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = 'c'",
        Engine::Postgres(_) => "SELECT count(*) FROM pg_class WHERE relname = 'c'",
        Engine::Mariadb => {
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = 'c'"
        }
    };
    assert_eq!(database.sql(tables), "0", "nothing runs on a ledger that is not understood");
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    for engine in Engine::ALL {
        refused_after(engine, "UPDATE LEDGER.fence SET format = 99", 2, &["99", "newer sluice"]);
    }
}

#[test]
fn ledgers_changed_by_hand_are_found() {
    for engine in Engine::ALL {
        for (sql, code, texts) in [
            (
                "UPDATE LEDGER.revision SET checksum = 'sha256:0000' WHERE version = '0001'",
                6,
                ["0001", "checksum"],
            ),
            ("UPDATE LEDGER.revision SET state = 'fine' WHERE version = '0002'", 6, ["0002", "state"]),
            ("DELETE FROM LEDGER.revision WHERE version = '0001'", 1, ["0001", "0002"]),
            ("DELETE FROM LEDGER.fence", 6, ["fence", "hand"]),
            (
                "UPDATE LEDGER.revision SET finished_at = NULL WHERE version = '0001'",
                6,
                ["0001", "finished_at"],
            ),
            ("DROP TABLE LEDGER.event", 6, ["event", "missing"]),
            ("DROP TABLE LEDGER.revision", 6, ["revision", "missing"]),
            (
                "ALTER TABLE LEDGER.revision DROP COLUMN statements_total",
                6,
                ["statements_total", "as they were created"],
            ),
            (
                "UPDATE LEDGER.revision SET checksum = 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' WHERE version = '0002'",
                1,
                ["0002", "edited"],
            ),
        ] {
            refused_after(engine, sql, code, &texts);
        }
    }
}
