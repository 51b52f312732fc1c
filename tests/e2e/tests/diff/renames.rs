//! Tables and columns that get another name, and keep what is in them.

use sluice_e2e::{EmptyDatabase, Engine, Project};

const OLD: &str = "CREATE TABLE people (id integer NOT NULL PRIMARY KEY, email varchar(40) NOT NULL, note varchar(40));
CREATE TABLE posts (id integer NOT NULL PRIMARY KEY, author integer NOT NULL, FOREIGN KEY (author) REFERENCES people (id));
CREATE VIEW mails AS SELECT email FROM people;
INSERT INTO people VALUES (1, 'ann@example.com', 'first');
INSERT INTO posts VALUES (1, 1);
";

const NEW: &str = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, mail varchar(40) NOT NULL, note varchar(80));
CREATE TABLE posts (id integer NOT NULL PRIMARY KEY, author integer NOT NULL, FOREIGN KEY (author) REFERENCES users (id));
CREATE VIEW mails AS SELECT mail FROM users;
";

/// The id of something in the schema that is used where nobody names one.
fn id(engine: Engine, kind: &str, path: &str) -> String {
    match engine {
        Engine::Postgres(_) => format!("{kind}:public.{path}"),
        _ => format!("{kind}:{path}"),
    }
}

fn prepared(engine: Engine, old: &str) -> (EmptyDatabase, Project) {
    let project = Project::new();
    let database = engine.database(&project, "dev");
    database.sql(old);
    (database, project)
}

fn diff(project: &Project, database: &EmptyDatabase, more: &[&str]) -> sluice_e2e::Run {
    let url = database.url();
    let mut arguments = vec!["diff", &url, "new.sql", "--shadow", &url, "--format", "sql"];
    arguments.extend(more);
    project.sluice(&arguments)
}

/// NOT NULL has a name of its own since PostgreSQL 18.
const ENGINES: [Engine; 4] = [Engine::Postgres(15), Engine::Postgres(18), Engine::Mariadb, Engine::Sqlite];

#[test]
fn a_column_that_may_be_another_one_is_asked_about_and_keeps_its_values() {
    for engine in ENGINES {
        let (database, project) = prepared(engine, OLD);
        project.write("new.sql", &OLD.split("INSERT").next().unwrap().replace("email", "mail"));
        let (old, new) = (id(engine, "column", "people.email"), id(engine, "column", "people.mail"));
        let rename = format!("{old}={new}");
        let asked = diff(&project, &database, &["--allow", "deletes_data"]).exits(6);
        asked.says(&format!("--rename {rename}")).says(&format!("--no-rename {rename}"));

        let apart = diff(&project, &database, &["--no-rename", &rename]).exits(1);
        apart.says("deletes_data");
        let script = diff(&project, &database, &["--rename", &rename]).exits(0).stdout;
        database.sql(&script);
        assert_eq!(database.sql("SELECT mail FROM people"), "ann@example.com", "{engine:?}");
        assert_eq!(database.sql("SELECT mail FROM mails"), "ann@example.com", "{engine:?}");
        assert_eq!(diff(&project, &database, &[]).exits(0).stdout, "");
        diff(&project, &database, &["--rename", &rename]).exits(2).says("in FROM alone");
    }
}

#[test]
fn directives_in_the_schema_rename_a_table_and_a_column_that_changes_beside_it() {
    for engine in ENGINES {
        let (database, project) = prepared(engine, OLD);
        let new = NEW
            .replace("CREATE TABLE users (", "-- sluice: renamed from=people\nCREATE TABLE users (")
            .replace(" mail varchar(40)", "\n-- sluice: renamed from=email\nmail varchar(40)");
        project.write("new.sql", &new);
        let script = diff(&project, &database, &[]).exits(0).stdout;
        database.sql(&script);
        let rows = database.sql("SELECT id || '', mail, note FROM users").replace(['|', '\t'], " ");
        assert!(rows.ends_with("ann@example.com first"), "{engine:?} {rows}");
        assert_eq!(database.sql("SELECT author FROM posts"), "1");
        assert_eq!(diff(&project, &database, &[]).exits(0).stdout, "", "{engine:?}");
    }
}

#[test]
fn what_was_decided_is_remembered_beside_the_project() {
    for engine in ENGINES {
        let (database, project) = prepared(engine, OLD);
        project.write("sluice.toml", "[project]\nname = \"shop\"\n");
        project.write("new.sql", &OLD.split("INSERT").next().unwrap().replace("people", "users"));
        let rename = format!("{}={}", id(engine, "table", "people"), id(engine, "table", "users"));
        diff(&project, &database, &[]).exits(6).says(&format!("--rename {rename}"));
        diff(&project, &database, &["--no-rename", &rename]).exits(1);
        assert!(project.read(".sluice-renames").ends_with(&format!("\nno-rename {rename}\n")));
        diff(&project, &database, &[]).exits(1).says("deletes_data");
        diff(&project, &database, &["--rename", &rename]).exits(0);
        assert!(project.read(".sluice-renames").ends_with(&format!("\nrename {rename}\n")));
        let script = diff(&project, &database, &[]).exits(0).stdout;
        assert!(!script.contains("DROP TABLE") && !script.contains("deletes_data"), "{script}");
        database.sql(&script);
        assert_eq!(database.sql("SELECT email FROM users"), "ann@example.com");
        project.write(".sluice-renames", "rename nothing\n");
        diff(&project, &database, &[]).exits(2).says(".sluice-renames:1");
    }
}

#[test]
fn whoever_allows_everything_or_wants_no_renames_is_not_asked() {
    for engine in ENGINES {
        // Without rows: a new column that is NOT NULL has no value for them.
        let old = OLD.split("INSERT").next().unwrap();
        let (database, project) = prepared(engine, old);
        project.write("new.sql", &old.replace("email", "mail"));
        let everything = diff(&project, &database, &["--allow", "all"]).exits(0).says("keeps what is in it");
        assert!(!everything.stdout.contains("RENAME COLUMN"), "{}", everything.stdout);
        diff(&project, &database, &["--no-renames"]).exits(1).says("deletes_data");
    }
}

#[test]
fn constraints_indexes_and_sequences_of_a_renamed_table_follow_without_a_question() {
    let (database, project) = prepared(
        Engine::Postgres(15),
        "create table people (id serial primary key, email text unique); create index people_mail on people (lower(email));
         insert into people (email) values ('ann'), ('bob');",
    );
    project.write(
        "new.sql",
        "-- sluice: renamed from=people\ncreate table users (id serial primary key, email text unique); create index users_mail on users (lower(email));",
    );
    let script = diff(&project, &database, &[]).exits(0).stdout;
    assert!(script.contains("ALTER INDEX public.people_mail RENAME TO users_mail;"), "{script}");
    assert!(script.contains("ALTER SEQUENCE public.people_id_seq RENAME TO users_id_seq;"), "{script}");
    assert!(!script.contains("DROP") && !script.contains("CREATE"), "{script}");
    database.sql(&script);
    database.sql("insert into users (email) values ('cy')");
    assert_eq!(database.sql("select max(id) from users"), "3");
    assert_eq!(diff(&project, &database, &[]).exits(0).stdout, "");
}

#[test]
fn a_directive_that_names_nothing_is_refused_with_its_place() {
    let (database, project) = prepared(Engine::Sqlite, OLD);
    project.write(
        "new.sql",
        "CREATE TABLE a (id integer);\n-- sluice: renamed from=b\nPRAGMA user_version = 1;\n",
    );
    diff(&project, &database, &["--no-renames"]).exits(2).says("new.sql:2").says("stands above nothing");
}
