//! `sluice diff` on real servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod assertions;
mod drift;
mod dump;
mod mariadb;
mod renames;
mod serverless;
mod sqlite;

use sluice_e2e::Project;
use sluice_testkit::postgres;

const OLD: &str = "\
create table users (id serial primary key, name varchar(20) not null);
create view names as select name from users;
grant select on names to public;
";

/// In an order in which nothing runs at once.
const NEW: &str = "\
create view names as select name from users;
grant select on names to public;
create table users (id serial primary key, name text not null, mood mood default 'fine');
create type mood as enum ('fine', 'bad');
";

#[test]
fn the_script_leads_from_one_schema_to_the_other_and_then_there_is_nothing_to_do() {
    let server = postgres(15);
    let (database, project) = (server.database(), Project::new());
    project.write("old.sql", OLD).write("new/tables.sql", NEW);
    let shadow = server.url("postgres");
    database.psql(OLD);
    database.psql("insert into users (name) values ('Ann')");

    let script = project
        .sluice(&["diff", database.url(), "new", "--format", "sql", "--shadow", &shadow])
        .exits(0)
        .stdout;
    database.psql(&script);

    assert_eq!(database.psql("select id, name, mood from users"), "1|Ann|fine");
    let again =
        project.sluice(&["diff", database.url(), "new", "--format", "sql", "--shadow", &shadow]).exits(0);
    assert_eq!(again.stdout, "");
    let report = project
        .sluice(&["diff", "old.sql", "new", "--engine", "postgres", "--shadow", &shadow, "--format", "json"]);
    let report = report.exits(0).json();
    assert_eq!(report["schema"], "sluice/diff/v1");
    assert_eq!(report["refused"], serde_json::json!([]));
    assert_eq!(report["proof"]["from_fingerprint"], report["from_fingerprint"]);
    assert_eq!(report["proof"]["to_fingerprint"], report["to_fingerprint"]);
    assert_ne!(report["from_fingerprint"], report["to_fingerprint"]);
}

#[test]
fn a_plan_is_proved_on_the_shadow_and_nothing_of_it_stays() {
    let server = postgres(15);
    let project = Project::new();
    project.write("old.sql", OLD).write("new.sql", NEW);
    let shadow = server.url("postgres");
    let arguments = ["diff", "old.sql", "new.sql", "--shadow", shadow.as_str()];
    project.sluice(&arguments).exits(0).says("-- proved on PostgreSQL 15");
    let unproved = project.sluice(&[arguments.as_slice(), &["--no-proof"]].concat()).exits(0);
    assert!(!unproved.stdout.contains("proved"), "{}", unproved.stdout);
}

#[test]
fn without_a_shadow_two_databases_are_compared_and_nothing_is_made_beside_them() {
    let server = postgres(15);
    let (old, new, project) = (server.database(), server.database(), Project::new());
    old.psql(OLD);
    project.sluice(&["diff", old.url(), new.url(), "--allow", "all"]).exits(0).says("there is no shadow");
}

#[test]
fn a_schema_that_cannot_be_made_anew_has_no_proof() {
    let server = postgres(15);
    let (database, project) = (server.database(), Project::new());
    let role = format!("{}_reader", database.name());
    database.psql(&format!("{OLD} create role {role}; grant select on users to {role};"));
    project.write("new.sql", "");
    let shadow = server.url("postgres");
    project.sluice(&["diff", database.url(), database.url(), "--save", "kept.snapshot"]).exits(0);
    database.psql(&format!("drop owned by {role}; drop role {role}"));

    let arguments = ["diff", "kept.snapshot", "new.sql", "--shadow", shadow.as_str(), "--allow", "all"];
    let refused = project.sluice(&arguments).exits(6).says("not proved").says(&role);
    assert_eq!(refused.stdout, "");
    project.sluice(&[arguments.as_slice(), &["--no-proof"]].concat()).exits(0).says("DROP TABLE");
}

#[test]
fn data_is_deleted_only_where_that_is_allowed() {
    let server = postgres(15);
    let project = Project::new();
    project.write("old.sql", OLD).write("new.sql", "create table users (id serial primary key);");
    let shadow = server.url("postgres");
    let arguments = ["diff", "old.sql", "new.sql", "--shadow", shadow.as_str(), "--format", "sql"];
    let refused = project.sluice(&arguments).exits(1).says("deletes_data");
    assert_eq!(refused.stdout, "");
    let allowed = project.sluice(&[arguments.as_slice(), &["--allow", "deletes_data"]].concat()).exits(0);
    assert!(allowed.stdout.contains("ALTER TABLE public.users DROP COLUMN name;"), "{}", allowed.stdout);
}

#[test]
fn a_snapshot_stands_for_the_schema_that_it_was_taken_of() {
    let server = postgres(15);
    let project = Project::new();
    project.write("new.sql", NEW);
    let shadow = server.url("postgres");
    project.sluice(&["diff", "new.sql", "new.sql", "--shadow", &shadow, "--save", "kept.snapshot"]).exits(0);
    project
        .sluice(&["diff", "kept.snapshot", "new.sql", "--shadow", &shadow])
        .exits(0)
        .says("The schemas are equal.");
    project.sluice(&["diff", "kept.snapshot", "kept.snapshot"]).exits(0).says("The schemas are equal.");
    project.write("newer.snapshot", "{\"schema\":\"sluice/snapshot/v9\"}\n");
    project.sluice(&["diff", "newer.snapshot", "new.sql", "--shadow", &shadow]).exits(2).says("version 9");
}

#[test]
fn migrations_are_run_forward_up_to_a_version_and_as_a_commit_has_them() {
    let server = postgres(15);
    let project = Project::git();
    project
        .write("db/migrations/1_a.sql", "create table a (id int);")
        .write("db/migrations/1_a.down.sql", "drop table a;")
        .write("db/migrations/2_b.sql", "create table b (id int);")
        .write("goose/1_a.sql", "-- +goose Up\ncreate table a (id int);\n-- +goose Down\ndrop table a;\n")
        .write("schema/01_tables.sql", "create table a (id int);\ncreate table b (id int);\n")
        .commit("Two tables");
    project.write("schema/01_tables.sql", "create table a (id int);\n");
    let shadow = server.url("postgres");
    let facts = |from: &str, to: &str| {
        let run =
            project.sluice(&["diff", from, to, "--shadow", &shadow, "--allow", "all", "--format", "json"]);
        let facts = run.exits(0).json()["facts"].as_array().unwrap().clone();
        facts.iter().filter(|it| it["kind"] == "table").map(|it| it["fact"].to_string()).collect::<String>()
    };
    assert_eq!(facts("db/migrations@1", "goose"), "");
    assert_eq!(facts("db/migrations@1", "db/migrations"), "\"table:public.b\"");
    assert_eq!(facts("db/migrations@1", "schema"), "");
    assert_eq!(facts("git:HEAD:schema", "db/migrations"), "");
    assert_eq!(facts("git:HEAD:db/migrations@1", "git:HEAD:schema"), "\"table:public.b\"");
    for (side, says) in [
        ("db/migrations@9", "has no change 9"),
        ("git:nowhere:schema", "nowhere"),
        ("git:HEAD:none", "the commit has no none"),
        ("git:HEAD", "git:REVISION:PATH"),
    ] {
        project.sluice(&["diff", side, "schema", "--shadow", &shadow]).exits(2).says(says);
    }
}

#[test]
fn every_statement_that_does_not_run_is_told_with_its_place() {
    let server = postgres(15);
    let project = Project::new();
    project
        .write("old.sql", "")
        .write("new.sql", "create table a (x nonsense);\n\ncreate view v as\n select * from gone;\n");
    let run = project.sluice(&["diff", "old.sql", "new.sql", "--shadow", &server.url("postgres")]).exits(2);
    run.says("new.sql:1:1").says("nonsense").says("new.sql:3:1").says("gone");
}

#[test]
fn rows_that_were_made_up_survive_the_plan_and_others_look_at_it_too() {
    let server = postgres(15);
    let project = Project::new();
    project
        .write(
            "old.sql",
            "create type mood as enum ('fine', 'bad');
             create table users (id int generated always as identity primary key, name varchar(9) not null, mood mood);
             create table posts (id bigserial primary key, user_id int not null references users, at timestamptz default now());
             create table odd (id int primary key, place box not null);
             create table strict (id int primary key check (id > 50));",
        )
        .write(
            "new.sql",
            "create type mood as enum ('fine', 'bad', 'odd');
             create table users (id int generated always as identity primary key, name text not null, mood mood);
             create table posts (id bigserial primary key, user_id int not null references users on delete cascade,
               at timestamptz default now(), note text);
             create table odd (id int primary key, place box not null, note text);
             create table strict (id int primary key check (id > 50), level int not null);",
        );
    let shadow = server.url("postgres");
    let arguments = ["diff", "old.sql", "new.sql", "--shadow", shadow.as_str()];
    let proof = project.sluice(&[arguments.as_slice(), &["--format", "json"]].concat()).exits(0).json();
    let proof = &proof["proof"];
    // A new column that must have a value refuses rows, and of one type no value is known.
    assert_eq!((&proof["rows"], &proof["tables"]), (&6.into(), &2.into()), "{proof:#}");
    let without: Vec<&str> =
        proof["without_rows"].as_array().unwrap().iter().map(|it| it["table"].as_str().unwrap()).collect();
    assert_eq!(without, ["table:public.odd", "table:public.strict"], "{proof:#}");
    assert_eq!(proof["observers"], serde_json::json!([{"observer": "pg_dump", "differences": []}]));
    let run = project.sluice(&arguments).exits(0);
    run.says("6 rows that were made up in 2 tables stay what they are; pg_dump says so, too");
}

#[test]
fn each_step_has_its_forecast_and_the_whole_its_way_back() {
    let server = postgres(15);
    let project = Project::new();
    let old =
        "create table users (id int primary key, name varchar(20), age int); create table idle (id int);";
    project.write("old.sql", old).write(
        "new.sql",
        "create table users (id int primary key, label varchar(20), age bigint);\ncreate table idle (id int);\n\
         create table made (id int primary key);",
    );
    let shadow = server.url("postgres");
    let arguments = [
        "diff",
        "old.sql",
        "new.sql",
        "--shadow",
        shadow.as_str(),
        "--rename",
        "column:public.users.name=column:public.users.label",
    ];
    let run = project.sluice(&arguments).exits(0);
    run.says("-- blocks reads and writes of users; rewrites users").says("-- The way back");

    let report = project.sluice(&[arguments.as_slice(), &["--format", "json"]].concat()).exits(0).json();
    let steps = report["steps"].as_array().unwrap();
    let step = |sql: &str| steps.iter().find(|step| step["sql"].as_str().unwrap().contains(sql)).unwrap();
    let rewrite = &step("bigint")["forecast"];
    assert_eq!(rewrite["blocks"], "reads and writes");
    assert!(rewrite["work"].to_string().contains("rewrite"), "{rewrite}");
    // Nobody waits for what is only made.
    assert!(!step("CREATE TABLE public.made")["forecast"].to_string().contains("idle"));

    // The way back leads back.
    let database = server.database();
    database.psql(&project.read("new.sql"));
    let back = report["reverse"].as_array().unwrap();
    for step in back {
        database.psql(step["sql"].as_str().unwrap());
    }
    let arguments = ["diff", database.url(), "old.sql", "--shadow", shadow.as_str()];
    project.sluice(&arguments).exits(0).says("The schemas are equal.");
}

#[test]
fn not_null_is_added_for_new_rows_first_where_the_server_can() {
    for (version, expected) in [(17, "CHECK (a IS NOT NULL) NOT VALID"), (18, "NOT NULL a NOT VALID")] {
        let server = postgres(version);
        let (database, project) = (server.database(), Project::new());
        database.psql("create table t (a int, b int); insert into t values (1, 1)");
        let name = if version == 18 { " constraint always_there" } else { "" };
        project.write("new.sql", &format!("create table t (a int not null, b int{name} not null);"));
        let shadow = server.url("postgres");
        let arguments = ["diff", database.url(), "new.sql", "--shadow", &shadow, "--format", "sql"];
        let script = project.sluice(&arguments).exits(0).stdout;
        assert!(script.contains(expected), "{script}");
        database.psql(&script);
        assert_eq!(project.sluice(&arguments).exits(0).stdout, "");
        // The short form gives the same.
        let offline = [arguments.as_slice(), &["--offline"]].concat();
        database.psql("alter table t alter a drop not null, alter b drop not null");
        database.psql(&project.sluice(&offline).exits(0).stdout);
        assert_eq!(project.sluice(&arguments).exits(0).stdout, "");
    }
}
