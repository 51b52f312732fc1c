//! `init`, `new`, `baseline`: the first steps of a project.

use sluice_e2e::{Engine, Project};

use crate::see;

#[test]
fn init_finds_the_layout_and_writes_a_configuration_that_works() {
    // (layout, folder, files with their content)
    type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
    let table: &[Row<'_>] = &[
        ("native", "migrations", &[("migrations/0001_a.sql", "CREATE TABLE a (id integer);\n")]),
        (
            "flyway",
            "sql",
            &[("sql/V1__a.sql", "CREATE TABLE a (id integer);\n"), ("sql/R__v.sql", "SELECT 1;\n")],
        ),
        (
            "golang-migrate",
            "db/migrations",
            &[
                ("db/migrations/1_a.up.sql", "CREATE TABLE a (id integer);\n"),
                ("db/migrations/1_a.down.sql", "DROP TABLE a;\n"),
            ],
        ),
        (
            "goose",
            "migrations",
            &[(
                "migrations/00001_a.sql",
                "-- +goose Up\nCREATE TABLE a (id integer);\n-- +goose Down\nDROP TABLE a;\n",
            )],
        ),
        (
            "dbmate",
            "db/migrations",
            &[(
                "db/migrations/20240101000000_a.sql",
                "-- migrate:up\nCREATE TABLE a (id integer);\n\n-- migrate:down\nDROP TABLE a;\n",
            )],
        ),
        (
            "liquibase",
            "changelog",
            &[(
                "changelog/1.sql",
                "--liquibase formatted sql\n\n--changeset bob:1\nCREATE TABLE a (id integer);\n",
            )],
        ),
        (
            "diesel",
            "migrations",
            &[
                ("migrations/2024-01-01-000000_a/up.sql", "CREATE TABLE a (id integer);\n"),
                ("migrations/2024-01-01-000000_a/down.sql", "DROP TABLE a;\n"),
            ],
        ),
        (
            "prisma",
            "prisma/migrations",
            &[
                ("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n"),
                ("prisma/migrations/20240101000000_a/migration.sql", "CREATE TABLE a (id integer);\n"),
            ],
        ),
    ];
    for (layout, folder, files) in table {
        let mut project = Project::new();
        for (path, content) in *files {
            project.write(path, content);
        }
        let run = project.sluice(&["init"]).exits(0);
        assert!(run.stderr.contains(&format!("found {layout} migrations in {folder}")), "{layout}: {run}");
        let text = project.read("sluice.toml");
        assert!(
            text.contains(&format!("layout = \"{layout}\""))
                && text.contains(&format!("migrations = \"{folder}\"")),
            "{text}"
        );
        for environment in ["DEV", "STAGING", "PROD"] {
            project.set(&format!("PROJECT_{environment}_URL"), &format!("sqlite:{environment}.db"));
        }
        project.sluice(&["deploy", "--env", "dev"]).exits(0);
        assert_eq!(project.sqlite("DEV.db", "SELECT count(*) FROM a"), "0", "{layout}");
        project.sluice(&["init"]).exits(2).says("--force");
        project.sluice(&["init", "--force"]).exits(0);
    }
}

#[test]
fn init_in_an_empty_folder_starts_a_project() {
    let project = Project::new();
    see("init_in_an_empty_folder", &project.sluice(&["init"]).exits(0));
    crate::snapshot_settings()
        .bind(|| insta::assert_snapshot!("first_configuration", project.read("sluice.toml")));
    see("plan_without_urls", &project.sluice(&["plan"]));
    project.sluice(&["init", "no/such/folder"]).exits(2).says("no/such/folder");
}

#[test]
fn new_writes_a_change_with_the_next_version() {
    let project = Project::with_database("sqlite:dev.db");
    let run = project.sluice(&["new", "add-orders-total"]).exits(0);
    let path = run.stdout.trim();
    assert!(path.starts_with("migrations/2") && path.ends_with("_add_orders_total.sql"), "{run}");
    assert!(project.read(path).starts_with("-- add-orders-total"));
    project.sluice(&["new", "???"]).exits(2).says("needs a name");
    // Nothing that is begun and not written runs; it does not keep from beginning another one either.
    let run = project.sluice(&["plan"]).exits(2).says("no statement");
    assert!(run.all().contains(path), "{run}");
    let again = project.sluice(&["new", "drop-orders"]).exits(0);
    assert!(project.read(again.stdout.trim()).contains("drop-orders"), "{again}");
    let project = Project::with_database("sqlite:dev.db");
    project.write("migrations/V1__a.sql", "SELECT 1;\n").write("migrations/V2__b.sql", "SELECT 1;\n");
    project.sluice(&["new", "x"]).exits(2).says("flyway");
}

#[test]
fn baseline_records_without_running() {
    for engine in Engine::ALL {
        let home = Project::new();
        let database = engine.database(&home, "dev");
        let project = Project::with_database(database.url());
        project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
        project.write("migrations/0002_b.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
        project.write("migrations/0003_c.sql", "CREATE TABLE c (id integer PRIMARY KEY);\n");
        database.sql("CREATE TABLE a (id integer PRIMARY KEY)");
        database.sql("CREATE TABLE b (id integer PRIMARY KEY)");
        project.sluice(&["baseline", "--to", "2"]).exits(0).says("2 changes");
        project.sluice(&["deploy"]).exits(0);
        assert_eq!(database.sql("SELECT count(*) FROM c"), "0", "{engine:?}");
        let run = project.sluice(&["history", "--format", "json"]).exits(0);
        let states: Vec<String> = run.json()["revisions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|revision| revision["state"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(states, ["baseline", "baseline", "applied"], "{run}");
        project.sluice(&["deploy"]).exits(0).says("nothing to do");
    }
}

#[test]
fn changes_that_are_begun_at_once_have_versions_of_their_own() {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    let paths: Vec<String> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| project.sluice(&["new", name]).exits(0).stdout.trim().to_owned())
        .collect();
    for path in &paths {
        project.write(path, "SELECT 1;\n");
    }
    assert!(paths.is_sorted(), "{paths:?}");
    project.sluice(&["plan"]).exits(0);
}

#[test]
fn init_says_that_ruby_migrations_cannot_be_run() {
    let project = Project::new();
    project.write("db/migrate/20240101000000_create_users.rb", "class CreateUsers; end\n");
    let run = project.sluice(&["init"]).exits(0).says("Ruby");
    assert!(run.stderr.contains("db/migrate/20240101000000_create_users.rb"), "{run}");
}
