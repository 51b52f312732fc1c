//! Rows that changes update or delete: kept before, and put back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use sluice_e2e::{EmptyDatabase, Engine, Project};

const TABLE: &str = "CREATE TABLE goods (id integer NOT NULL PRIMARY KEY, name varchar(40), price decimal(30,10), at timestamp NULL, raw BYTES);";

/// A database with goods of every odd kind, and a project whose policy is `policy`.
fn stocked(engine: Engine, policy: &str) -> (EmptyDatabase, Project) {
    let mut project = Project::git();
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    let database = engine.database(&project, "dev");
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\n\n[policy]\n{policy}\n\n[[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"main\"\n\
             environment = \"dev\"\nurl = \"{}\"\n",
            database.url()
        ),
    );
    let (bytes, value) = match engine {
        Engine::Postgres(_) => ("bytea", "'\\x00ff27'"),
        Engine::Mariadb => ("varbinary(10)", "x'00ff27'"),
        Engine::Sqlite => ("blob", "x'00ff27'"),
    };
    project.write("migrations/1_goods.sql", &TABLE.replace("BYTES", bytes));
    project.sluice(&["deploy"]).exits(0);
    database.sql(&format!(
        "INSERT INTO goods VALUES (1, 'Füße 🦶', 12345678901234567.1234567891, '2024-02-29 12:34:56', {value}), \
         (2, NULL, 2.5, NULL, NULL), (3, '', 0, '2024-01-01 00:00:00', NULL), (4, 'four', 4, NULL, NULL)"
    ));
    (database, project)
}

/// Every row, so that each value counts.
fn goods(database: &EmptyDatabase) -> String {
    database.sql("SELECT id, name, price, at, raw FROM goods ORDER BY id")
}

fn ledger(database: &EmptyDatabase, engine: Engine, sql: &str) -> String {
    database.sql(&sql.replace("LEDGER", engine.ledger()))
}

fn story(engine: Engine) {
    let (database, project) = stocked(engine, "");
    let before = goods(&database);
    project.write(
        "migrations/2_prices.sql",
        "-- sluice: backup=on\nUPDATE goods SET price = price + 1, name = 'new', at = NULL WHERE id < 4;\nDELETE FROM goods AS g WHERE g.id IN (2, 4);\n"
            .replace(" AS g", if engine == Engine::Mariadb { "" } else { " AS g" })
            .replace("g.id", if engine == Engine::Mariadb { "id" } else { "g.id" })
            .as_str(),
    );
    project.sluice(&["deploy"]).exits(0);
    assert_ne!(goods(&database), before);
    assert_eq!(ledger(&database, engine, "SELECT count(*) FROM LEDGERbackup"), "2");

    let plan = project.sluice(&["rollback", "--data", "--plan", "--format", "json"]).exits(0).json();
    assert_eq!(plan["run"], false);
    assert_eq!(plan["databases"][0]["rows"][0]["were"], "deleted");
    assert_eq!(plan["databases"][0]["rows"][0]["restored"], 2);
    assert!(plan["digest"].as_str().unwrap().starts_with("sha256:"));

    project.sluice(&["rollback", "--data", "--yes", "--reason", "wrong prices"]).exits(0).says("put back");
    assert_eq!(goods(&database), before, "{engine:?}");
    assert_eq!(
        ledger(&database, engine, "SELECT count(*) FROM LEDGERevent WHERE kind = 'data-restored'"),
        "2"
    );
    project.sluice(&["rollback", "--data", "--yes"]).exits(0).says("nothing to take back");
    // What is kept is no part of the schema.
    project.sluice(&["status"]).exits(0);
}

#[test]
fn rows_come_back_as_they_were_on_postgres() {
    story(Engine::Postgres(18));
}

#[test]
fn rows_come_back_as_they_were_on_mariadb() {
    story(Engine::Mariadb);
}

#[test]
fn rows_come_back_as_they_were_on_sqlite() {
    story(Engine::Sqlite);
}

#[test]
fn what_somebody_has_changed_since_is_left_alone_and_told_by_its_key() {
    for engine in Engine::ALL {
        let (database, project) = stocked(engine, "backup = \"on\"");
        project.write("migrations/2_prices.sql", "UPDATE goods SET price = 9 WHERE id <= 3;\n");
        project.write("migrations/3_gone.sql", "DELETE FROM goods WHERE id = 4;\n");
        project.sluice(&["deploy"]).exits(0);
        database.sql("UPDATE goods SET price = 10 WHERE id = 1; DELETE FROM goods WHERE id = 2; INSERT INTO goods (id, name) VALUES (4, 'other'); UPDATE goods SET name = 'three' WHERE id = 3");
        let run = project.sluice(&["rollback", "--data", "--to", "1", "--yes"]).exits(1);
        run.says("id=1 was changed since")
            .says("id=2 was deleted since")
            .says("id=4 is there again, with other values");
        // Another column was changed by somebody, and the price is put back all the same.
        assert_eq!(database.sql("SELECT name FROM goods WHERE id = 3 AND price = 0"), "three", "{engine:?}");
        assert_eq!(database.sql("SELECT name FROM goods WHERE id = 4"), "other");
        assert_eq!(database.sql("SELECT count(*) FROM goods WHERE id = 1 AND price = 10"), "1");
    }
}

#[test]
fn a_release_is_put_back_as_a_whole_and_one_change_by_itself() {
    for engine in Engine::ALL {
        let (database, project) = stocked(engine, "backup = \"on\"");
        let before = goods(&database);
        let release =
            ledger(&database, engine, "SELECT release_digest FROM LEDGERrevision WHERE version = '1'");
        project.write("migrations/2_prices.sql", "UPDATE goods SET price = 9 WHERE id <= 3;\n");
        project.write("migrations/3_more.sql", "UPDATE goods SET price = 10, name = 'x' WHERE id >= 2;\n");
        project.sluice(&["deploy"]).exits(0);
        project
            .sluice(&["rollback", "--data", "--change", "7", "--yes"])
            .exits(2)
            .says("change 7 is not applied");
        project.sluice(&["rollback", "--data", "--release", &release, "--yes"]).exits(0);
        assert_eq!(goods(&database), before, "{engine:?}");
        project
            .sluice(&["rollback", "--release", "abcdef012345", "--yes"])
            .exits(2)
            .says("no change on this database");
    }
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_runs() {
    for engine in Engine::ALL {
        let (database, project) = stocked(engine, "backup = \"on\"\nbackup_rows = 3");
        database.sql("CREATE TABLE plain (id integer); CREATE TABLE kid (id integer NOT NULL PRIMARY KEY, good integer, FOREIGN KEY (good) REFERENCES goods (id) ON DELETE CASCADE); CREATE TABLE free (id integer NOT NULL PRIMARY KEY)");
        for (sql, says) in [
            ("UPDATE plain SET id = 1", "has no primary key"),
            ("UPDATE goods SET name = 'x'", "touches more than 3 rows"),
            ("UPDATE goods SET id = 7 WHERE id = 1", "are found again"),
            ("DELETE FROM goods WHERE id = 1", "kid change with those"),
            ("DELETE FROM goods WHERE price < random() * 5", "random"),
            ("DELETE FROM free WHERE id IN (SELECT id FROM goods LIMIT 1)", "subquery with a limit"),
            ("TRUNCATE free", "TRUNCATE"),
        ] {
            if engine == Engine::Sqlite && sql.starts_with("TRUNCATE") {
                continue;
            }
            let sql =
                if engine == Engine::Mariadb { sql.replace("random()", "rand()") } else { sql.to_owned() };
            let says = if says == "random" { "may choose other rows each time" } else { says };
            project
                .write("migrations/2_first.sql", "CREATE TABLE first (id integer NOT NULL PRIMARY KEY);\n");
            project.write("migrations/3_rows.sql", &format!("INSERT INTO free VALUES (1);\n{sql};\n"));
            project.sluice(&["deploy"]).exits(1).says(says).says("migrations/3_rows.sql:2:1");
            assert_eq!(
                ledger(&database, engine, "SELECT count(*) FROM LEDGERrevision"),
                "1",
                "{engine:?} {sql}"
            );
            assert_eq!(database.sql("SELECT count(*) FROM free"), "0");
        }
        project.write("migrations/3_rows.sql", "-- sluice: backup=off\nUPDATE goods SET name = 'x';\n");
        project.sluice(&["deploy"]).exits(0);
    }
}

#[test]
fn a_run_that_is_killed_keeps_rows_exactly_once() {
    for engine in Engine::ALL {
        for point in ["a", "b", "f", "j"] {
            let (database, mut project) = stocked(engine, "backup = \"on\"");
            let before = goods(&database);
            project.write("migrations/2_prices.sql", "UPDATE goods SET price = price * 2 WHERE id <= 3;\n");
            project.write("migrations/3_gone.sql", "DELETE FROM goods WHERE id = 4;\n");
            project.set("SLUICE_FAULT", &format!("{point}:abort"));
            project.sluice(&["deploy"]);
            project.set("SLUICE_FAULT", "");
            project.sluice(&["deploy"]).exits(0);
            assert_eq!(
                ledger(&database, engine, "SELECT count(*) FROM LEDGERbackup"),
                "2",
                "{engine:?} {point}"
            );

            // And so does what puts them back.
            project.set("SLUICE_FAULT", "j:abort");
            project.sluice(&["rollback", "--data", "--to", "1", "--yes"]);
            project.set("SLUICE_FAULT", "");
            project.sluice(&["rollback", "--data", "--to", "1", "--yes"]).exits(0);
            assert_eq!(goods(&database), before, "{engine:?} {point}");
        }
    }
}

#[test]
fn rows_are_kept_for_as_long_as_the_policy_says() {
    for engine in Engine::ALL {
        let (database, project) = stocked(engine, "backup = \"on\"\nbackup_retention = \"7d\"");
        project.write("migrations/2_prices.sql", "UPDATE goods SET price = 9 WHERE id <= 3;\n");
        project.sluice(&["deploy"]).exits(0);
        let name = ledger(&database, engine, "SELECT name FROM LEDGERbackup");
        assert_eq!(ledger(&database, engine, &format!("SELECT count(*) FROM LEDGERbackup_{name}")), "6");
        ledger(&database, engine, "UPDATE LEDGERbackup SET taken_at = '2020-01-01 00:00:00'");
        project.write("migrations/3_more.sql", "CREATE TABLE more (id integer);\n");
        project.sluice(&["deploy"]).exits(0);
        assert_eq!(ledger(&database, engine, "SELECT count(*) FROM LEDGERbackup"), "0", "{engine:?}");
        let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            ledger(&database, engine, &format!("SELECT count(*) FROM LEDGERbackup_{name}"))
        }));
        assert!(gone.is_err());
    }
}
