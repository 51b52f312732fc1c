//! Small projects in the layouts of other tools. Some hold statements that no database takes as it is set up by default:
//! there the database is right, and the failure must say where.

use sluice_e2e::{EmptyDatabase, Engine, Project, Run, corpus};
use sluice_testkit::private_mariadb;

use crate::{configure, deploy_twice, project_around};

fn layout(path: &str) -> Option<std::path::PathBuf> {
    corpus(&format!("migrations/layouts/{path}"))
}

/// A project around a layout and its database, both alive as long as the value.
fn around(path: &str, engine: Engine) -> Option<(Project, EmptyDatabase)> {
    let folder = layout(path)?;
    let scratch = Project::new();
    let database = match engine {
        Engine::Sqlite => None,
        _ => Some(engine.database(&scratch, "corpus")),
    };
    match database {
        Some(database) => Some((project_around(&folder, "", &database), database)),
        None => {
            let project = Project::new();
            let database = engine.database(&project, "corpus");
            std::os::unix::fs::symlink(&folder, project.path("migrations")).unwrap();
            configure(&project, "", &database);
            Some((project, database))
        }
    }
}

#[test]
fn dbmate_runs_as_it_is_on_every_engine() {
    for engine in Engine::ALL {
        let Some((project, database)) = around("dbmate/db/migrations", engine) else { return };
        assert_eq!(deploy_twice(&project), ["20151129054053", "20200227231541"], "{engine:?}");
        assert_eq!(database.sql("SELECT name FROM users"), "alice", "{engine:?}");
        assert_eq!(database.sql("SELECT count(*) FROM posts"), "0", "{engine:?}");
    }
}

#[test]
fn goose_runs_as_it_is() {
    for engine in [Engine::Sqlite, Engine::Postgres(18)] {
        let Some((project, database)) = around("goose/migrations", engine) else { return };
        assert_eq!(deploy_twice(&project).len(), 5, "{engine:?}");
        assert_ne!(database.sql("SELECT count(*) FROM posts"), "0", "{engine:?}");
    }
}

#[test]
fn goose_without_versions_runs_its_migrations_and_its_seed() {
    let Some((project, database)) = around("goose/no-versioning/migrations", Engine::Sqlite) else { return };
    assert_eq!(deploy_twice(&project).len(), 3);
    assert_eq!(database.sql("SELECT group_concat(owner_name) FROM owners"), "lucas,ocean,james,space");
}

#[test]
fn sqitch_runs_as_it_is_by_its_plan_not_by_its_folder() {
    for engine in Engine::ALL {
        let Some((project, _database)) = around("sqitch", engine) else { return };
        // Seven files, three of them planned.
        assert_eq!(deploy_twice(&project).len(), 3, "{engine:?}");
    }
}

#[test]
fn golang_migrate_runs_as_it_is_on_every_engine() {
    for engine in Engine::ALL {
        let Some((project, database)) = around("import/golang-migrate", engine) else { return };
        assert_eq!(deploy_twice(&project), ["1", "2"], "{engine:?}");
        assert_eq!(database.sql("SELECT count(*) FROM tbl"), "0", "{engine:?}");
        assert_eq!(database.sql("SELECT count(*) FROM tbl_2"), "0", "{engine:?}");
    }
}

/// Deploys and expects that the database refuses a statement: exit code 4, the place, the server's own words, and again
/// the same.
#[track_caller]
fn refused(project: &Project, place: &str, words: &str) -> Run {
    let run = project.sluice(&["deploy"]).exits(4).says(place).says(words);
    project.sluice(&["deploy"]).exits(4).says(place);
    run
}

/// `INSERT INTO post (title)` leaves out `id`, which is NOT NULL and has no default.
#[test]
fn an_insert_without_a_key_fails_with_its_place_where_the_server_is_strict() {
    for (path, file) in [
        ("import/dbmate", "migrations/1_initial.sql:"),
        ("import/goose", "migrations/1_initial.sql:"),
        ("import/liquibase", "migrations/1_initial.sql:"),
    ] {
        let Some((project, _database)) = around(path, Engine::Postgres(18)) else { return };
        refused(&project, file, "23502");
    }
    let Some((project, _database)) = around("import/dbmate", Engine::Mariadb) else { return };
    refused(&project, "migrations/1_initial.sql:", "1364");
}

/// The same, on the server that they were written for: MySQL without strict mode.
#[test]
fn imports_for_a_lenient_server_run_there() {
    let Some(_) = layout("import") else { return };
    let server = std::sync::Arc::new(private_mariadb(&["--sql-mode="]));
    for (path, versions) in [("import/dbmate", 2), ("import/liquibase", 4)] {
        let folder = layout(path).unwrap();
        let database = server.database();
        let project = Project::new();
        std::os::unix::fs::symlink(&folder, project.path("migrations")).unwrap();
        project.write("sluice.toml", &toml(&database.url()));
        assert_eq!(deploy_twice(&project).len(), versions, "{path}");
        assert_eq!(database.sql("SELECT count(*) FROM post").trim(), "1", "{path}");
    }
    // Flyway: a fresh database begins at the baseline, and `B2__baseline.sql` lacks a comma.
    let database = server.database();
    let project = Project::new();
    std::os::unix::fs::symlink(layout("import/flyway").unwrap(), project.path("migrations")).unwrap();
    project.write("sluice.toml", &toml(&database.url()));
    refused(&project, "migrations/B2__baseline.sql:7:", "1064");
    assert_eq!(database.sql("SHOW TABLES LIKE 'post'").trim(), "", "nothing half-written");
    // Without the baseline everything of it runs, the undo script aside.
    let project = Project::new();
    for file in [
        "V1__initial.sql",
        "V2__second_migration.sql",
        "V3__third_migration.sql",
        "U1__initial.sql",
        "R__views.sql",
    ] {
        let text = std::fs::read_to_string(layout("import/flyway").unwrap().join(file)).unwrap();
        project.write(&format!("migrations/{file}"), &text);
    }
    let database = server.database();
    project.write("sluice.toml", &toml(&database.url()));
    assert_eq!(deploy_twice(&project).len(), 4);
    assert_eq!(database.sql("SELECT count(*) FROM my_view").trim(), "1");
}

fn toml(url: &str) -> String {
    format!(
        "[project]\nname = \"corpus\"\n\n[[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"corpus\"\n\
         environment = \"dev\"\nurl = \"{url}\"\n"
    )
}
