use sluice_e2e::{Engine, Project};

use crate::rules;

const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total integer);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";

/// A project whose first change is applied, and a lock of it.
fn locked() -> Project {
    let project = Project::with_database("sqlite:shop.db");
    project.create_sqlite("shop.db");
    project.write("migrations/0001_orders.sql", ORDERS);
    project.commit("orders");
    project.sluice(&["deploy", "--yes"]).exits(0);
    project.sqlite("shop.db", "CREATE TABLE hand_made (a INTEGER PRIMARY KEY)");
    project
        .sluice(&["check", "--against", "shop-dev", "--write-lock"])
        .exits(0)
        .says("sluice.lock.json: written");
    project
}

#[test]
fn a_lock_stands_for_the_database_that_it_was_written_of() {
    let project = locked();
    std::fs::remove_file(project.path("shop.db")).unwrap();
    project.write("migrations/0002_more.sql", "CREATE TABLE hand_made (a INTEGER PRIMARY KEY);\n");
    let json = project.sluice(&["check", "--format", "json"]).exits(1).json();
    assert_eq!(rules(&json), ["correctness/duplicate-table"]);
    assert_eq!(json["summary"]["files"].as_u64(), Some(1), "what the lock has is not reviewed again: {json}");
}

#[test]
fn the_same_schema_gives_the_same_lock_byte_by_byte() {
    for engine in [Engine::Postgres(16), Engine::Mariadb] {
        let mut project = Project::with_database("env:SHOP_URL");
        let database = engine.database(&project, "shop");
        project.set("SHOP_URL", database.url());
        project.write("migrations/0001_orders.sql", ORDERS);
        project.commit("orders");
        project.sluice(&["deploy", "--yes"]).exits(0);
        let write = ["check", "--against", "shop-dev", "--write-lock"];
        project.sluice(&write).exits(0).says("sluice.lock.json: written");
        let first = project.read("sluice.lock.json");
        database.sql("INSERT INTO orders VALUES (1, 2)");
        project.sluice(&write).exits(0).says("sluice.lock.json: unchanged");
        assert_eq!(project.read("sluice.lock.json"), first);
        // Engine and version are known without any database.
        project.set("SHOP_URL", "");
        project.write("migrations/0002_index.sql", INDEX);
        project.sluice(&["check", "--fail-on", "never"]).exits(0).says("1 file, 1 statement");
    }
}

#[test]
fn a_lock_that_cannot_be_taken_is_refused() {
    let project = locked();
    let text = project.read("sluice.lock.json");
    for (from, to, says) in [
        ("hand_made", "hand_mode", "it was changed since it was written"),
        ("sluice/lock/v1", "sluice/lock/v2", "has the format sluice/lock/v2"),
        ("\"engine\": \"sqlite\"", "\"engine\": \"oracle\"", "it was changed since it was written"),
        ("{", "", "sluice.lock.json: it is no file of the format sluice/lock/v1"),
    ] {
        project.write("sluice.lock.json", &text.replacen(from, to, 1));
        project.sluice(&["check"]).exits(2).says(says);
    }
    project.write_bytes("sluice.lock.json", b"\xff\xfe");
    project.sluice(&["check"]).exits(2).says("sluice.lock.json cannot be read");
}

#[test]
fn a_lock_of_another_engine_is_refused() {
    let project = locked();
    let config = project.read("sluice.toml").replace("sqlite:shop.db", "postgres://localhost/shop");
    project.write("sluice.toml", &config);
    project
        .sluice(&["check"])
        .exits(2)
        .says("sluice.lock.json is of sqlite, and the databases of the project are postgres");
}

#[test]
fn a_branch_cannot_say_by_a_lock_that_its_changes_are_applied() {
    let project = locked();
    project.commit("lock");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project.write("migrations/0002_more.sql", "DROP TABLE orders;\n");
    project.commit("drop");
    project.sluice(&["deploy", "--yes"]).exits(0);
    project.sluice(&["check", "--against", "shop-dev", "--write-lock"]).exits(0);
    project.sluice(&["check"]).exits(0);
    let json = project.sluice(&["check", "--base", "main", "--format", "json"]).exits(1).json();
    assert_eq!(rules(&json), ["data-loss/drop-table"]);
}
