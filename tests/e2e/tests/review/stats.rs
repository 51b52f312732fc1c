use serde_json::{Value, json};
use sluice_e2e::{Engine, Project};
use sluice_testkit::{POSTGRES_VERSIONS, postgres};

use crate::rules;

const ORDERS: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total integer);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";

/// Statistics of one table of PostgreSQL.
fn stats(rows: u64, bytes: u64, calls: Option<u64>) -> String {
    json!({
        "schema": "sluice/stats/v1", "taken_at": "2026-01-02T03:04:05Z", "engine": "postgres", "server": "16.4",
        "databases": ["shop"], "counted_seconds": 3600,
        "relations": [{"schema": "public", "name": "orders", "rows": rows, "bytes": bytes, "reads": null, "writes": null, "calls": calls}],
    })
    .to_string()
}

fn project() -> Project {
    let project = Project::new();
    project.write("before.sql", ORDERS).write("1.sql", INDEX);
    project
}

fn check(project: &Project, code: i32) -> Value {
    let arguments = [
        "check",
        "--engine",
        "postgres",
        "--schema",
        "before.sql",
        "1.sql",
        "--stats",
        "stats.json",
        "--format",
        "json",
    ];
    project.sluice(&arguments).exits(code).json()
}

#[test]
fn work_on_a_small_table_is_softened_and_the_forecast_says_how_long_it_takes() {
    let project = project();
    for (rows, bytes, calls, severity, duration, code) in [
        (200, 40_000, None, "warning", "moment", 0),
        (200, 40_000, Some(10), "info", "moment", 0),
        (200, 40_000, Some(1_000_000), "warning", "moment", 0),
        (200, 3 << 30, Some(10), "error", "minutes", 1),
        (300_000_000, 30 << 30, Some(10), "error", "minutes", 1),
        (3_000_000_000, 300 << 30, None, "error", "hours", 1),
    ] {
        project.write("stats.json", &stats(rows, bytes, calls));
        let json = check(&project, code);
        let finding = &json["findings"][0];
        assert_eq!(finding["rule"], "locks/create-index");
        assert_eq!(finding["severity"], severity, "{json}");
        assert_eq!(finding["evidence"], "measured");
        assert!(finding["help"].as_str().unwrap().contains("; statistics: "), "{json}");
        let forecast = &json["forecasts"][0];
        assert_eq!((forecast["rows"].as_u64(), forecast["bytes"].as_u64()), (Some(rows), Some(bytes)));
        assert_eq!(forecast["duration"], duration, "{json}");
    }
}

#[test]
fn a_table_that_the_statistics_do_not_have_stays_as_it_was() {
    let project = project();
    project.write("stats.json", &stats(1, 1, None).replace("orders", "others"));
    let json = check(&project, 1);
    assert_eq!(json["findings"][0]["evidence"], "modelled");
    assert!(json["forecasts"][0].get("rows").is_none());
}

#[test]
fn locks_that_wait_in_a_queue_are_not_softened() {
    let project = project();
    project.write("stats.json", &stats(1, 1, Some(0)));
    project.write("before.sql", &format!("{ORDERS}{INDEX}")).write("1.sql", "DROP INDEX orders_total;\n");
    let json = check(&project, 0);
    assert_eq!(rules(&json), ["locks/drop-index"]);
    assert_eq!(json["findings"][0]["severity"], "warning");
    assert_eq!(json["findings"][0]["evidence"], "modelled");
}

#[test]
fn the_policy_says_how_many_rows_are_few() {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", ORDERS);
    project.commit("orders");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project.write("migrations/0002_index.sql", INDEX);
    project.write("sluice.stats.json", &stats(200, 40_000, None));
    project.sluice(&["check", "1"]).exits(2);
    project
        .sluice(&["check", "migrations/0002_index.sql"])
        .exits(0)
        .says("warning[locks/create-index]")
        .says("200 rows, 39 KiB");
    // A branch does not choose the statistics that it is held against.
    project.sluice(&["check", "--base", "main"]).exits(1).says("error[locks/create-index]");
    let config = project.read("sluice.toml");
    project.write("sluice.toml", &format!("{config}\n[review]\nsmall_table = 100\n"));
    project.sluice(&["check", "migrations/0002_index.sql"]).exits(1).says("error[locks/create-index]");
    project.write("sluice.toml", &format!("{config}\n[review]\nstats = \"nowhere.json\"\n"));
    project.sluice(&["check"]).exits(2).says("nowhere.json does not exist").says("sluice stats --out");
}

#[test]
fn statistics_are_read_from_every_engine_and_taken_again() {
    for engine in
        [Engine::Postgres(POSTGRES_VERSIONS[0]), Engine::Postgres(18), Engine::Mariadb, Engine::Sqlite]
    {
        let mut project = Project::with_database("env:SHOP_URL");
        let database = engine.database(&project, "shop");
        project.set("SHOP_URL", database.url());
        database.sql("CREATE TABLE orders (id integer PRIMARY KEY, note varchar(80)); INSERT INTO orders VALUES (1, 'secret-note'), (2, 'x'), (3, 'y')");
        match engine {
            Engine::Mariadb => drop(database.sql("ANALYZE TABLE orders")),
            Engine::Postgres(_) | Engine::Sqlite => drop(database.sql("ANALYZE")),
        }
        project.sluice(&["stats", "--out", "sluice.stats.json"]).exits(0).says("1 relation");
        let text = project.read("sluice.stats.json");
        let file: Value = serde_json::from_str(&text).unwrap();
        let orders = &file["relations"][0];
        assert_eq!(
            (orders["name"].as_str(), orders["rows"].as_u64()),
            (Some("orders"), Some(3)),
            "{engine:?}: {text}"
        );
        assert!(orders["bytes"].as_u64().unwrap() >= 4096, "{engine:?}: {text}");
        assert!(!text.contains("secret-note"));
        assert_eq!(file["databases"], json!(["shop-dev"]));
        let json =
            project.sluice(&["stats", "--against", "env:SHOP_URL", "--format", "json"]).exits(0).json();
        assert_eq!(json["relations"][0]["rows"].as_u64(), Some(3));
        assert!(!json["databases"][0].as_str().unwrap().is_empty());
        // What was written is taken.
        project.write("migrations/0001_more.sql", "CREATE TABLE more (id integer PRIMARY KEY);\n");
        project.sluice(&["check", "--against", "shop-dev"]).exits(0);
    }
}

#[test]
fn a_partitioned_table_counts_what_its_partitions_have() {
    let mut project = Project::new();
    let database = postgres(POSTGRES_VERSIONS[0]).database();
    database.psql(
        "CREATE TABLE e (a integer) PARTITION BY LIST (a); CREATE TABLE e1 PARTITION OF e FOR VALUES IN (1);
         CREATE TABLE e2 PARTITION OF e FOR VALUES IN (2); INSERT INTO e VALUES (1), (2), (2); ANALYZE",
    );
    project.set("URL", database.url());
    let json = project.sluice(&["stats", "--against", "env:URL", "--format", "json"]).exits(0).json();
    let rows: Vec<_> =
        json["relations"].as_array().unwrap().iter().map(|it| it["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [3, 1, 2]);
}

#[test]
fn statistics_that_cannot_be_taken_are_refused() {
    let project = project();
    let check = |says: &str| {
        let arguments = ["check", "--engine", "postgres", "1.sql", "--stats", "stats.json"];
        project.sluice(&arguments).exits(2).says(says);
    };
    check("stats.json does not exist");
    project.write("stats.json", &stats(1, 1, None).replace("\"postgres\"", "\"mysql\""));
    check("stats.json is of mysql, and the review is for postgres");
    project.write("stats.json", &stats(1, 1, None).replace("stats/v1", "stats/v2"));
    check("has the format sluice/stats/v2");
    project.write("stats.json", &stats(1, 1, None).replace("\"rows\":1", "\"rows\":-1"));
    check("it is no file of the format sluice/stats/v1");
    project.write("stats.json", "");
    check("it is no file of the format");
    let mut project = Project::new();
    project.set("URL", "postgres://ann:hush@127.0.0.1:1/shop");
    project
        .sluice(&["stats", "--against", "env:URL"])
        .exits(3)
        .says("nobody listens")
        .keeps_quiet_about("hush");
    project.sluice(&["stats"]).exits(2).says("sluice.toml");
}
