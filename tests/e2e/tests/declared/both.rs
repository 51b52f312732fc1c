//! Projects with changes and a declared schema: the one is held against the other.

use sluice_e2e::{Engine, Project};
use sluice_testkit::{mariadb, postgres};

const USERS: &str = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);\n";

/// A project with one change, and a schema that is one index ahead.
fn one_index_ahead(engine: Engine) -> (Project, Option<String>) {
    let mut project = Project::git();
    let database = engine.database(&project, "app");
    let shadow = match engine {
        Engine::Sqlite => None,
        Engine::Postgres(major) => Some(postgres(major).url("postgres")),
        Engine::Mariadb => Some(mariadb().url("mysql")),
    };
    let line = shadow.as_ref().map_or("", |_| "shadow = \"env:SCRATCH_URL\"\n");
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\nmigrations = \"migrations\"\nschema = \"schema\"\n\n[[environment]]\nname = \"dev\"\n\n\
             [[database]]\nname = \"shop-dev\"\nenvironment = \"dev\"\nurl = \"{}\"\n{line}",
            database.url()
        ),
    );
    if let Some(url) = &shadow {
        project.set("SCRATCH_URL", url);
    }
    project.write("migrations/0001_users.sql", USERS);
    project.write("schema/users.sql", &format!("CREATE INDEX by_name ON users (name);\n{USERS}"));
    project.commit("One index ahead");
    // It is dropped here; nothing needs it.
    drop(database);
    (project, shadow)
}

fn the_change_is_written_and_proved(engine: Engine) {
    let (project, _) = one_index_ahead(engine);
    let run = project.sluice(&["check", "--format", "json"]).exits(1);
    let found = run.json()["findings"].as_array().unwrap().clone();
    let differs: Vec<_> = found.iter().filter(|it| it["rule"] == "integrity/schema-differs").collect();
    assert_eq!(differs.len(), 1, "{run}");
    assert!(differs[0]["message"].as_str().unwrap().contains("by_name is missing"), "{run}");
    assert_eq!(differs[0]["evidence"], "measured");

    let written =
        project.sluice(&["new", "--from-schema", "Index of names", "--format", "json"]).exits(0).json();
    let (up, down) = (written["path"].as_str().unwrap(), written["down"].as_str().unwrap());
    assert!(up.ends_with("_index_of_names.sql") && down.ends_with("_index_of_names.down.sql"), "{written}");
    let text = project.read(up);
    assert!(text.starts_with("-- Index of names\n"), "{text}");
    assert!(text.contains("by_name"), "{text}");
    assert!(project.read(down).contains("by_name"));
    project.sluice(&["check"]).keeps_quiet_about("schema-differs");
    project.sluice(&["new", "--from-schema", "more"]).exits(0).says("nothing to do");

    // A column that goes takes what was written to it.
    let more = USERS.replace(");", ", mood varchar(9));");
    project.write("schema/users.sql", &format!("CREATE INDEX by_name ON users (name);\n{more}"));
    let written = project.sluice(&["new", "--from-schema", "moods", "--format", "json"]).exits(0).json();
    assert_eq!(written["down"], serde_json::Value::Null, "{written}");
    let text = project.read(written["path"].as_str().unwrap());
    assert!(text.contains("-- There is no way back that keeps what is written since:\n--   "), "{text}");
    project.sluice(&["check"]).keeps_quiet_about("schema-differs");

    // And one that the changes make and nobody declares.
    project.write("schema/users.sql", &format!("CREATE INDEX by_name ON users (name);\n{USERS}"));
    project.sluice(&["new", "--from-schema", "no moods"]).exits(1).says("deletes_data").says("--allow");
    project.sluice(&["new", "--from-schema", "no moods", "--allow", "deletes_data"]).exits(0);
    project.sluice(&["check"]).keeps_quiet_about("schema-differs");
}

#[test]
fn the_change_to_the_declared_schema_is_written_on_sqlite() {
    the_change_is_written_and_proved(Engine::Sqlite);
}

#[test]
fn the_change_to_the_declared_schema_is_written_on_postgres() {
    the_change_is_written_and_proved(Engine::Postgres(18));
}

#[test]
fn the_change_to_the_declared_schema_is_written_on_mariadb() {
    the_change_is_written_and_proved(Engine::Mariadb);
}

#[test]
fn changes_are_deployed_and_the_declared_schema_is_only_held_against_them() {
    let (project, _) = one_index_ahead(Engine::Sqlite);
    project.create_sqlite("app.db");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.sqlite("app.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'by_name'"), "0");
    project.write("schema/more.sql", "CREATE TABLE wrong (id integer,);\n");
    project.sluice(&["check"]).exits(1).says("schema/more.sql:1:1").says("syntax error");
    project.sluice(&["new", "--from-schema", "x"]).exits(2).says("schema/more.sql:1:1");
    let without = project.read("sluice.toml").replace("schema = \"schema\"\n", "");
    project.write("sluice.toml", &without);
    project.sluice(&["new", "--from-schema", "x"]).exits(2).says("declares no schema");
}

#[test]
fn a_declared_schema_is_reviewed_by_what_leads_to_it() {
    let mut project = Project::git();
    project.set("SCRATCH_URL", &postgres(18).url("postgres"));
    project.write(
        "sluice.toml",
        "[project]\nname = \"shop\"\nschema = \"schema\"\n\n[schema]\nshadow = \"env:SCRATCH_URL\"\n\n[[environment]]\nname = \"dev\"\n\n\
         [[database]]\nname = \"shop-dev\"\nenvironment = \"dev\"\nurl = \"postgres://nobody@nowhere/shop\"\n",
    );
    project.write("schema/users.sql", USERS).commit("Users");
    project.sluice(&["check"]).exits(0);
    project
        .write("schema/users.sql", "CREATE TABLE users (id integer NOT NULL PRIMARY KEY);\n")
        .commit("No names");
    let run = project.sluice(&["check", "--base", "HEAD~1"]).exits(1);
    run.says("DROP COLUMN name").says("data-loss/");
    project.write("schema/users.sql", "CREATE TABLE users (id nonsense);\n").commit("Nonsense");
    project.sluice(&["check"]).exits(1).says("schema/users.sql:1:1").says("nonsense");
}
