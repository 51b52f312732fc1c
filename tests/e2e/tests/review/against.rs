use sluice_e2e::{Engine, Project};
use sluice_testkit::{POSTGRES_VERSIONS, postgres};

use crate::rules;

const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total integer);\n";

#[test]
fn only_what_a_database_has_not_applied_is_reviewed_on_top_of_its_schema() {
    for engine in [Engine::Postgres(POSTGRES_VERSIONS[0]), Engine::Mariadb, Engine::Sqlite] {
        let mut project = Project::with_database("env:SHOP_URL");
        let database = engine.database(&project, "shop");
        project.set("SHOP_URL", database.url());
        project.write("migrations/0001_orders.sql", ORDERS);
        project.commit("orders");
        project.sluice(&["deploy", "--yes"]).exits(0);
        // Somebody did this by hand: the changes know nothing of it.
        database.sql("CREATE TABLE hand_made (a integer); CREATE INDEX hand_made_a ON hand_made (a)");
        project.write("migrations/0002_index.sql", "CREATE INDEX hand_made_a ON hand_made (a);\n");
        let check = |against: &str| {
            let arguments = ["check", "--against", against, "--format", "json", "--fail-on", "info"];
            let json = project.sluice(&arguments).exits(1).json();
            assert_eq!(json["summary"]["files"].as_u64(), Some(1), "{engine:?}: {json}");
            let refused = "correctness/duplicate-index-name".to_owned();
            assert!(rules(&json).contains(&refused), "{engine:?}: {json}");
            let findings = json["findings"].as_array().unwrap();
            assert!(findings.iter().all(|finding| finding["evidence"] == "modelled"), "{engine:?}: {json}");
        };
        check("shop-dev");
        check("env:SHOP_URL");
    }
}

#[test]
fn the_history_is_held_against_the_ledger_of_the_database() {
    let project = Project::with_database("sqlite:shop.db");
    project.create_sqlite("shop.db");
    project
        .write("migrations/0002_orders.sql", ORDERS)
        .write("migrations/0003_more.sql", "CREATE TABLE more (id integer PRIMARY KEY);\n");
    project.commit("orders");
    project.sluice(&["deploy", "--yes"]).exits(0);
    let check = ["check", "--against", "shop-dev", "--format", "json"];
    assert_eq!(rules(&project.sluice(&check).exits(0).json()), Vec::<String>::new());
    project.write("migrations/0002_orders.sql", &ORDERS.replace("total", "sum"));
    std::fs::remove_file(project.path("migrations/0003_more.sql")).unwrap();
    project.write("migrations/0001_first.sql", "CREATE TABLE first (id integer PRIMARY KEY);\n");
    let mut found = rules(&project.sluice(&check).exits(1).json());
    found.sort();
    assert_eq!(found, ["integrity/edited-change", "integrity/out-of-order", "integrity/removed-change"]);
}

#[test]
fn files_without_a_project_are_reviewed_on_top_of_a_database() {
    let mut project = Project::new();
    let database = postgres(*POSTGRES_VERSIONS.last().unwrap()).database();
    database.psql(ORDERS);
    project.set("URL", database.url());
    project.write(
        "1.sql",
        "ALTER TABLE orders ADD CONSTRAINT total_there NOT NULL total NOT VALID;\nDROP TABLE nothing;\n",
    );
    let json =
        project.sluice(&["check", "--against", "env:URL", "1.sql", "--format", "json"]).exits(1).json();
    // The version is that of the server: 18 knows the first statement.
    assert!(rules(&json).contains(&"correctness/missing-table".to_owned()), "{json}");
    assert_eq!(json["summary"]["errors"].as_u64(), Some(1), "{json}");
    project
        .sluice(&["check", "--engine", "mysql", "--against", "env:URL", "1.sql"])
        .exits(2)
        .says("--engine says mysql, and --against is PostgreSQL 18");
}

#[test]
fn a_sqlite_file_is_named_by_its_path() {
    let project = Project::new();
    project.create_sqlite("data 1.db");
    project.sqlite("data 1.db", "CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    project.write("1.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);\n");
    let json =
        project.sluice(&["check", "--against", "data 1.db", "1.sql", "--format", "json"]).exits(1).json();
    assert_eq!(rules(&json), ["correctness/duplicate-table"]);
}

#[test]
fn a_change_that_stopped_on_the_way_is_reviewed_from_there_on() {
    let mut project = Project::with_database("env:SHOP_URL");
    let database = Engine::Mariadb.database(&project, "shop");
    project.set("SHOP_URL", database.url());
    project.write(
        "migrations/0001_two.sql",
        "CREATE TABLE a (id bigint PRIMARY KEY);\nCREATE TABLE b (id bigint PRIMARY KEY, a_id bigint, FOREIGN KEY (a_id) REFERENCES missing (id));\n",
    );
    project.commit("two");
    project.sluice(&["deploy", "--yes"]).exits(4);
    let json = project.sluice(&["check", "--against", "shop-dev", "--format", "json"]).json();
    assert!(!rules(&json).contains(&"correctness/duplicate-table".to_owned()), "{json}");
    assert_eq!(json["summary"]["statements"].as_u64(), Some(1), "{json}");
}

#[test]
fn what_cannot_be_looked_at_is_refused_without_a_secret() {
    let mut project = Project::with_database("env:SHOP_URL");
    project.write("migrations/0001_orders.sql", ORDERS);
    project.set("SHOP_URL", "postgres://ann:hush@127.0.0.1:1/shop").set("EMPTY", "");
    let check = |against: &str, code: i32, says: &str| {
        project.sluice(&["check", "--against", against]).exits(code).says(says).keeps_quiet_about("hush");
    };
    check("shop-dev", 3, "nobody listens");
    check("env:SHOP_URL", 3, "nobody listens");
    check("env:NOTHING", 3, "environment variable NOTHING is not set");
    check("env:EMPTY", 3, "is empty");
    check("file:nowhere", 3, "cannot read the secret file nowhere");
    check("exec:sh -c 'exit 3'", 3, "exit status: 3");
    check("postgres://ann:hush@127.0.0.1:1/shop", 2, "write --against env:NAME");
    check("shop-prod", 2, "databases of sluice.toml are: shop-dev");
    check("sqlite:nowhere.db", 3, "nowhere.db` does not exist");
    check("sluice.toml", 3, "is not a SQLite database");
    project.sluice(&["check", "--write-lock"]).exits(2);
    assert!(!project.path("nowhere.db").exists());
}

#[test]
fn a_user_that_may_not_read_the_ledger_is_told_what_it_needs() {
    let server = postgres(POSTGRES_VERSIONS[0]);
    let database = server.database();
    let user = format!("reader_{}", database.name().replace('-', "_"));
    let mut project = Project::with_database("env:SHOP_URL");
    project.set("SHOP_URL", database.url());
    project.write("migrations/0001_orders.sql", ORDERS);
    project.commit("orders");
    project.sluice(&["deploy", "--yes"]).exits(0);
    database.psql(&format!("CREATE ROLE \"{user}\" LOGIN"));
    let (head, tail) = database.url().split_once('@').unwrap();
    let scheme = head.split_once("://").unwrap().0;
    project.set("READER_URL", &format!("{scheme}://{user}@{tail}"));
    let check = ["check", "--against", "env:READER_URL"];
    project.sluice(&check).exits(3).says("USAGE on the schema sluice");
    database.psql(&format!(
        "GRANT USAGE ON SCHEMA sluice TO \"{user}\"; GRANT SELECT ON ALL TABLES IN SCHEMA sluice TO \"{user}\""
    ));
    // Nothing else is needed: not even the right to read a table.
    project.sluice(&check).exits(0).says("nothing found");
    database.psql(&format!("DROP OWNED BY \"{user}\"; DROP ROLE \"{user}\""));
}
