//! Ways back that nobody has written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use sluice_e2e::{EmptyDatabase, Engine, Project};

fn project(engine: Engine, changes: &[(&str, &str)]) -> (EmptyDatabase, Project) {
    let mut project = Project::git();
    project.set("SLUICE_ACTOR", "Ann <ann@example.com>");
    let database = engine.database(&project, "dev");
    project.set("SCRATCH_URL", database.url());
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\n\n[policy]\nbackup = \"on\"\n\n[[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"main\"\n\
             environment = \"dev\"\nurl = \"{}\"\n",
            database.url()
        ),
    );
    for (name, sql) in changes {
        project.write(&format!("migrations/{name}.sql"), sql);
    }
    project.sluice(&["deploy"]).exits(0);
    (database, project)
}

fn rollback(project: &Project, engine: Engine, more: &[&str]) -> sluice_e2e::Run {
    let mut arguments = vec!["rollback"];
    if engine != Engine::Sqlite {
        arguments.extend(["--shadow", "env:SCRATCH_URL"]);
    }
    arguments.extend(more);
    project.sluice(&arguments)
}

const USERS: (&str, &str) =
    ("1_users", "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(40));\n");

#[test]
fn a_change_without_a_way_back_is_undone_by_one_that_was_proved() {
    for engine in Engine::ALL {
        let (database, project) = project(
            engine,
            &[
                USERS,
                (
                    "2_more",
                    "ALTER TABLE users ADD COLUMN mail varchar(40);\nCREATE INDEX by_name ON users (name);\n",
                ),
            ],
        );
        database.sql("INSERT INTO users (id, name, mail) VALUES (1, 'Ann', 'ann@example.com')");
        rollback(&project, engine, &["--yes"])
            .exits(1)
            .says("deletes what is in column")
            .says("--allow deletes_data");
        let plan = rollback(&project, engine, &["--plan", "--allow", "deletes_data", "--format", "json"])
            .exits(0)
            .json();
        let change = &plan["databases"][0]["changes"][0];
        assert_eq!(change["computed"], true);
        assert!(change["hazards"].to_string().contains("deletes_data"));
        let again = rollback(&project, engine, &["--plan", "--allow", "deletes_data", "--format", "json"])
            .exits(0)
            .json();
        assert_eq!(plan["digest"], again["digest"]);

        rollback(&project, engine, &["--yes", "--allow", "deletes_data"]).exits(0).says("2 more: taken back");
        assert_eq!(database.sql("SELECT name FROM users"), "Ann", "{engine:?}");
        let ledger = database.sql(&format!("SELECT count(*) FROM {}revision", engine.ledger()));
        assert_eq!(ledger, "1");
        project.sluice(&["deploy"]).exits(0);
        assert_eq!(database.sql("SELECT count(*) FROM users WHERE mail IS NULL"), "1");
    }
}

#[test]
fn a_new_name_is_taken_back_with_what_is_in_it() {
    for engine in Engine::ALL {
        let (database, project) =
            project(engine, &[USERS, ("2_title", "ALTER TABLE users RENAME COLUMN name TO title;\n")]);
        database.sql("INSERT INTO users VALUES (1, 'Ann')");
        rollback(&project, engine, &["--yes"]).exits(0);
        assert_eq!(database.sql("SELECT name FROM users"), "Ann", "{engine:?}");
    }
}

#[test]
fn rows_that_a_change_has_touched_are_put_back_first() {
    for engine in Engine::ALL {
        let (database, project) =
            project(engine, &[USERS, ("2_names", "UPDATE users SET name = 'nobody' WHERE id = 1;\n")]);
        database.sql("INSERT INTO users VALUES (2, 'Bob')");
        rollback(&project, engine, &["--yes"])
            .exits(1)
            .says("migrations/2_names.sql:1:1")
            .says("--data --change 2");
        project.sluice(&["rollback", "--data", "--change", "2", "--yes"]).exits(0);
        rollback(&project, engine, &["--yes"]).exits(0);
        project.sluice(&["status"]).exits(0).says("pending");
        assert_eq!(database.sql("SELECT name FROM users"), "Bob");
    }
}

#[test]
fn what_is_not_as_the_change_has_left_it_is_not_undone() {
    let (database, project) =
        project(Engine::Sqlite, &[USERS, ("2_view", "CREATE VIEW names AS SELECT name FROM users;\n")]);
    database.sql("DROP VIEW names; CREATE VIEW names AS SELECT id FROM users");
    rollback(&project, Engine::Sqlite, &["--yes"])
        .exits(1)
        .says("view:names")
        .says("is not as change 2 has left it");
    let (_other, without_shadow) = self::project(Engine::Postgres(18), &[USERS]);
    without_shadow.sluice(&["rollback", "--yes"]).exits(1).says("--shadow").says("NAME.down.sql");
}

#[test]
fn a_file_that_was_edited_since_is_not_trusted() {
    let (database, project) = project(Engine::Sqlite, &[USERS]);
    project.write("migrations/1_users.sql", "CREATE TABLE people (id integer);\n");
    rollback(&project, Engine::Sqlite, &["--yes", "--allow", "all"])
        .exits(1)
        .says("edited after it was applied");
    assert_eq!(database.sql("SELECT count(*) FROM users"), "0");
}
