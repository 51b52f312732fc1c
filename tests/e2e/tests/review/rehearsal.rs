//! `sluice check --shadow` and `--reversibility`: changes are run before they are reviewed.

use sluice_e2e::Project;
use sluice_testkit::{mariadb, postgres};

fn forecasts(report: &serde_json::Value) -> Vec<(String, String)> {
    let all = report["forecasts"].as_array().unwrap().iter();
    all.map(|one| {
        let locks = one["locks"].as_array().unwrap().iter();
        let locks: Vec<String> = locks
            .map(|lock| format!("{} {}", lock["relation"].as_str().unwrap(), lock["mode"].as_str().unwrap()))
            .collect();
        (one["evidence"].as_str().unwrap().to_owned(), locks.join(", "))
    })
    .collect()
}

#[test]
fn what_fails_on_the_shadow_is_a_finding_at_the_word_where_it_fails() {
    let server = postgres(16);
    let project = Project::new();
    project.write("schema.sql", "create table people (id int primary key, name text);\n").write(
        "1_change.sql",
        "alter table people add age int;\n\ninsert into people (id, name, aeg)\n  values (1, 'a', 2);\n",
    );
    let run = project.sluice(&[
        "check",
        "--engine",
        "postgres",
        "--schema",
        "schema.sql",
        "--shadow",
        &server.url("postgres"),
        "--format",
        "json",
        "--extends",
        "recommended",
        "1_change.sql",
    ]);
    let report = run.exits(1).json();
    let found = report["findings"].as_array().unwrap().iter();
    let found: Vec<_> = found.filter(|it| it["rule"] == "correctness/does-not-run").collect();
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!((&found[0]["line"], &found[0]["column"]), (&3.into(), &31.into()));
    assert_eq!(found[0]["evidence"], "measured");
    assert!(found[0]["message"].as_str().unwrap().contains("aeg"), "{found:?}");
}

#[test]
fn locks_are_measured_and_agree_with_the_forecast() {
    let server = postgres(17);
    let project = Project::new();
    project
        .write(
            "schema.sql",
            "create table people (id int primary key, name text, level int);\n\
             create table pets (id int primary key, owner int);\ncreate index by_name on people (name);\n",
        )
        .write(
            "1_change.sql",
            "set lock_timeout = '2s';\n\
             alter table people add age int;\n\
             alter table people alter level type bigint;\n\
             alter table pets add constraint owned foreign key (owner) references people (id);\n\
             create index concurrently by_level on people (level);\n\
             drop index by_name;\n",
        );
    let report = project
        .sluice(&[
            "check",
            "--engine",
            "postgres",
            "--schema",
            "schema.sql",
            "--shadow",
            &server.url("postgres"),
            "--format",
            "json",
            "--fail-on",
            "never",
            "1_change.sql",
        ])
        .exits(0)
        .json();
    let seen = forecasts(&report);
    assert!(seen.contains(&("measured".to_owned(), "people ACCESS EXCLUSIVE".to_owned())), "{seen:?}");
    assert!(
        seen.iter().any(|(evidence, locks)| evidence == "measured"
            && locks.contains("people SHARE ROW EXCLUSIVE")
            && locks.contains("pets SHARE ROW EXCLUSIVE")),
        "{seen:?}"
    );
    // What cannot run in a transaction cannot be measured.
    assert!(seen.iter().any(|(evidence, _)| evidence == "modelled"), "{seen:?}");
    let rewrites = report["forecasts"].as_array().unwrap().iter();
    assert!(rewrites.flat_map(|one| one["work"].as_array().unwrap()).any(|work| work["kind"] == "rewrite"));
    let rules: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert!(!rules.contains(&"review/forecast-differs"), "{report:#}");
    assert!(!rules.contains(&"correctness/does-not-run"), "{report:#}");
}

#[test]
fn a_database_lends_its_schema_and_is_left_alone() {
    let server = postgres(15);
    let (database, shadow) = (server.database(), server.url("postgres"));
    database.psql("create table people (id int primary key)");
    let project = Project::new();
    project.write("1_change.sql", "alter table people add name text;\nalter table poeple add age int;\n");
    let run = project.sluice(&["check", "--against", database.url(), "--shadow", &shadow, "1_change.sql"]);
    run.exits(1).says("correctness/does-not-run").says("1_change.sql:2:");
    assert_eq!(
        database.psql("select count(*) from information_schema.columns where table_name = 'people'"),
        "1"
    );
}

#[test]
fn mariadb_says_which_algorithm_it_takes() {
    let (database, project) = (mariadb().database(), Project::new());
    project
        .write("schema.sql", "create table people (id int primary key, name varchar(20));\n")
        .write(
            "1_change.sql",
            "alter table people add age int;\nalter table people modify name text;\nalter table people add oops nonsense;\n",
        );
    let report = project
        .sluice(&[
            "check",
            "--engine",
            "mariadb",
            "--schema",
            "schema.sql",
            "--shadow",
            &database.url(),
            "--format",
            "json",
            "1_change.sql",
        ])
        .exits(1)
        .json();
    let taken: Vec<(&str, &str)> = report["forecasts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["algorithm"].as_str().unwrap_or_default(), one["evidence"].as_str().unwrap()))
        .collect();
    assert!(taken.contains(&("INSTANT", "measured")) && taken.contains(&("COPY", "measured")), "{report:#}");
    let found =
        report["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "correctness/does-not-run");
    assert_eq!(found.map(|it| (&it["line"], &it["column"])), Some((&3.into(), &29.into())), "{report:#}");
}

#[test]
fn a_way_back_that_leads_elsewhere_is_found() {
    let server = postgres(15);
    let database = server.database();
    let project = Project::with_database(database.url());
    project
        .write("migrations/1_people.sql", "create table people (id int primary key);\n")
        .write("migrations/1_people.down.sql", "drop table people;\n")
        .write(
            "migrations/2_age.sql",
            "alter table people add age int;\ncreate index by_age on people (age);\n",
        )
        .write("migrations/2_age.down.sql", "drop index by_age;\n");
    let arguments = ["check", "--reversibility", "--shadow", &server.url("postgres"), "--format", "json"];
    let report = project.sluice(&arguments).exits(1).json();
    let found = report["findings"].as_array().unwrap().iter();
    let found: Vec<_> = found.filter(|it| it["rule"] == "correctness/not-reversible").collect();
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["path"], "migrations/2_age.down.sql");
    assert!(found[0]["message"].as_str().unwrap().contains("column:public.people.age"), "{found:?}");

    project.write("migrations/2_age.down.sql", "drop index by_age;\nalter table people drop age;\n");
    let report = project.sluice(&arguments).json();
    let rules =
        report["findings"].as_array().unwrap().iter().map(|it| it["rule"].to_string()).collect::<String>();
    assert!(!rules.contains("not-reversible") && !rules.contains("does-not-run"), "{report:#}");
}
