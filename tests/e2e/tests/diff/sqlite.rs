//! `sluice diff` with SQLite, which needs nothing but the two sides.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sluice_e2e::Project;

const OLD: &str = "\
CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name text);
CREATE TABLE posts (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE, note text);
CREATE INDEX by_name ON users (name);
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER greet AFTER INSERT ON users BEGIN INSERT INTO posts (user_id) VALUES (NEW.id); END;
";

/// In an order in which not everything runs at once.
const NEW: &str = "\
CREATE INDEX by_mood ON users (mood);
CREATE INDEX by_name ON users (name);
CREATE TRIGGER greet AFTER INSERT ON users BEGIN INSERT INTO posts (user_id) VALUES (NEW.id); END;
CREATE VIEW names AS SELECT name FROM users;
CREATE TABLE users (
  id integer PRIMARY KEY AUTOINCREMENT,
  name text NOT NULL, -- what people call them
  mood text DEFAULT 'fine'
);
CREATE TABLE posts (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE, note text);
";

/// Two users, each with a post; a third one is gone, and its number with it.
const ROWS: &str = "INSERT INTO users (name) VALUES ('Ann'), ('Bob'), ('Cy'); DELETE FROM users WHERE name = 'Cy'; \
    DELETE FROM posts WHERE user_id = 3;";

#[test]
fn the_script_leads_from_one_schema_to_the_other_and_then_there_is_nothing_to_do() {
    let project = Project::new();
    project.write("new/all.sql", NEW);
    project.create_sqlite("app.db");
    project.sqlite("app.db", &format!("{OLD}{ROWS}"));

    let script = project.sluice(&["diff", "sqlite:app.db", "new", "--format", "sql"]).exits(0).stdout;
    project.sqlite("app.db", &script);

    assert_eq!(project.sqlite("app.db", "SELECT id, name, mood FROM users"), "1|Ann|fine\n2|Bob|fine");
    project.sqlite("app.db", "INSERT INTO users (name) VALUES ('Dee')");
    assert_eq!(project.sqlite("app.db", "SELECT max(id) FROM users"), "4", "numbers are not given twice");
    assert_eq!(
        project.sqlite("app.db", "SELECT group_concat(user_id) FROM posts"),
        "1,2,4",
        "the trigger is there"
    );
    assert!(project.sqlite("app.db", ".schema users").contains("-- what people call them"));
    let again = project.sluice(&["diff", "app.db", "new", "--format", "sql"]).exits(0);
    assert_eq!(again.stdout, "");
    project.sluice(&["diff", "app.db", "new"]).exits(0).says("The schemas are equal.");
}

#[test]
fn two_files_need_nothing_else() {
    let project = Project::new();
    project.write("old.sql", OLD).write("new.sql", NEW);
    let arguments = ["diff", "old.sql", "new.sql", "--engine", "sqlite"];
    let told = project.sluice(&arguments).exits(0);
    told.clone()
        .says("~ column:users.name")
        .says("not_null: default → true")
        .says("+ column:users.mood")
        .says("+ index:by_mood")
        .says("-- rewrites_table, depends_on_data\nINSERT OR ROLLBACK INTO \"users\"")
        .says("PRAGMA foreign_keys = OFF;\nPRAGMA legacy_alter_table = ON;\nBEGIN IMMEDIATE;\n")
        .says("COMMIT;\n")
        .keeps_quiet_about("DROP VIEW");
    let report = project.sluice(&[arguments.as_slice(), &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(report["engine"], "sqlite");
    assert_eq!(report["refused"], serde_json::json!([]));
    assert_eq!(report["prelude"][2], "BEGIN IMMEDIATE");
    assert_eq!(report["coda"][0], "COMMIT");
    assert_eq!(report["rebuilt"], serde_json::json!(["index:by_name", "trigger:greet"]));
    assert_eq!(
        project
            .sluice(&["diff", "old.sql", "old.sql", "--engine", "sqlite", "--format", "sql"])
            .exits(0)
            .stdout,
        ""
    );
}

#[test]
fn a_change_with_the_script_is_deployed_as_it_is() {
    let project = Project::with_database("sqlite:app.db");
    project.create_sqlite("app.db");
    project.write("old.sql", OLD).write("new.sql", NEW);
    let script = project
        .sluice(&["diff", "old.sql", "new.sql", "--engine", "sqlite", "--format", "sql"])
        .exits(0)
        .stdout;
    project.write("migrations/0001_first.sql", &format!("{OLD}{ROWS}"));
    project.write("migrations/0002_second.sql", &script);
    project.commit("both changes");
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.sqlite("app.db", "SELECT id, name, mood FROM users"), "1|Ann|fine\n2|Bob|fine");
    assert_eq!(project.sqlite("app.db", "SELECT count(*) FROM posts"), "2");
    // The ledger is not part of the schema.
    project.sluice(&["diff", "app.db", "new.sql"]).exits(0).says("The schemas are equal.");
}

#[test]
fn data_is_deleted_only_where_that_is_allowed() {
    let project = Project::new();
    project
        .write("old.sql", OLD)
        .write("new.sql", "CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name text);");
    let arguments = ["diff", "old.sql", "new.sql", "--engine", "sqlite", "--format", "sql"];
    let refused = project.sluice(&arguments).exits(1).says("deletes_data");
    assert_eq!(refused.stdout, "");
    let allowed = project.sluice(&[arguments.as_slice(), &["--allow", "deletes_data"]].concat()).exits(0);
    assert!(allowed.stdout.contains("DROP TABLE \"posts\";"), "{}", allowed.stdout);
}

#[test]
fn rows_that_do_not_fit_stop_the_script_and_nothing_is_lost_even_if_it_goes_on() {
    let project = Project::new();
    project.write("new.sql", &NEW.replace("mood text", "mood text CHECK (mood <> 'fine')"));
    project.create_sqlite("app.db");
    project.sqlite("app.db", &format!("{OLD}{ROWS}"));
    let script = project.sluice(&["diff", "app.db", "new.sql", "--format", "sql"]).exits(0).stdout;
    // As `sqlite3 app.db < script.sql` does it, without -bail.
    project.write("script.sql", &script);
    let output = Command::new("sqlite3")
        .arg(project.path("app.db"))
        .stdin(Stdio::from(fs::File::open(project.path("script.sql")).unwrap()))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("CHECK constraint failed"));
    assert_eq!(project.sqlite("app.db", "SELECT id, name FROM users"), "1|Ann\n2|Bob");
    assert_eq!(project.sqlite("app.db", "SELECT count(*) FROM posts"), "2");
}

#[test]
fn every_statement_that_does_not_run_is_told_with_its_place() {
    let project = Project::new();
    project.write("old.sql", "").write(
        "new.sql",
        "CREATE TABLE a (x int,);\n\nCREATE INDEX i\n ON gone (x);\nCREATE TABLE fine (y int);\n",
    );
    let run = project.sluice(&["diff", "old.sql", "new.sql", "--engine", "sqlite"]).exits(2);
    run.says("new.sql:1:1").says("syntax error").says("new.sql:3:1").says("gone").keeps_quiet_about("fine");
}

#[test]
fn sides_that_are_not_there_are_named() {
    let project = Project::new();
    project.write("new.sql", NEW);
    project
        .sluice(&["diff", "old.sql", "new.sql", "--engine", "sqlite"])
        .exits(2)
        .says("FROM")
        .says("no file");
    let missing = project.sluice(&["diff", "sqlite:missing.db", "new.sql"]);
    missing.exits(3).says("missing.db").says("does not exist");
    assert!(!project.path("missing.db").exists());
    project.write("text.db", "not a database, and no SQL either");
    project.sluice(&["diff", "sqlite:text.db", "new.sql"]).exits(3).says("is not a SQLite database");
}

#[test]
fn a_snapshot_stands_for_the_schema_that_it_was_taken_of() {
    let project = Project::new();
    project.write("old.sql", OLD).write("new.sql", NEW);
    project.sluice(&["diff", "old.sql", "new.sql", "--engine", "sqlite", "--save", "kept.snapshot"]).exits(0);
    project.sluice(&["diff", "kept.snapshot", "new.sql"]).exits(0).says("The schemas are equal.");
    let both = project.sluice(&["diff", "old.sql", "kept.snapshot", "--format", "sql"]).exits(0).stdout;
    let direct = project
        .sluice(&["diff", "old.sql", "new.sql", "--engine", "sqlite", "--format", "sql"])
        .exits(0)
        .stdout;
    assert_eq!(both, direct);
}

/// What lies in the project's folder, with its bytes.
fn files(project: &Project) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut files: Vec<_> = fs::read_dir(project.root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            (entry.path(), fs::read(entry.path()).unwrap(), entry.metadata().unwrap().modified().unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_database_is_only_read() {
    for mode in ["delete", "wal"] {
        let project = Project::new();
        project.write("new.sql", NEW);
        project.create_sqlite("app.db");
        project.sqlite("app.db", &format!("PRAGMA journal_mode = {mode}; {OLD}{ROWS}"));
        let before = files(&project);
        project.sluice(&["diff", "app.db", "new.sql"]).exits(0).says("column:users.mood");
        project.sluice(&["diff", "new.sql", "app.db", "--allow", "all"]).exits(0).says("column:users.mood");
        assert_eq!(files(&project), before, "{mode}");
    }
}

#[test]
fn what_is_in_the_log_of_somebody_else_is_seen() {
    let project = Project::new();
    project.create_sqlite("app.db");
    project.sqlite("app.db", &format!("PRAGMA journal_mode = wal; {OLD}"));
    project.write("new.sql", &format!("{OLD}CREATE TABLE late (x int);"));
    let mut program = Command::new("sqlite3")
        .arg(project.path("app.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::{BufRead, BufReader, Write};
    let mut input = program.stdin.take().unwrap();
    input.write_all(b"CREATE TABLE late (x int);\nSELECT 'done';\n").unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "done\n");
    let log = fs::read(project.path("app.db-wal")).unwrap();
    project.sluice(&["diff", "app.db", "new.sql"]).exits(0).says("The schemas are equal.");
    assert_eq!(fs::read(project.path("app.db-wal")).unwrap(), log);
    drop(input);
    program.wait().unwrap();
}

#[test]
fn what_is_not_modelled_is_named() {
    let project = Project::new();
    project.create_sqlite("app.db");
    project.sqlite(
        "app.db",
        "CREATE TABLE t (a int); CREATE TABLE vec_chunks (x int); PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES \
         ('table', 'vec', 'vec', 0, 'CREATE VIRTUAL TABLE vec USING vec0(a)');",
    );
    project.write("new.sql", "CREATE TABLE t (a int);");
    let run = project.sluice(&["diff", "app.db", "new.sql"]).exits(0).says("The schemas are equal.");
    run.says("virtual table vec is not compared").says("table vec_chunks is not compared");
}

#[test]
fn rows_of_full_text_tables_are_copied_and_others_are_given_up_only_where_that_is_allowed() {
    let project = Project::new();
    project.create_sqlite("app.db");
    project.sqlite(
        "app.db",
        "CREATE VIRTUAL TABLE notes USING fts5 (title, body); INSERT INTO notes (rowid, title, body) VALUES (7, 'one', 'running'); \
         CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1);",
    );
    project.write("new.sql", "CREATE VIRTUAL TABLE notes USING fts5 (body, title, lang UNINDEXED, tokenize = 'porter'); CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1);");
    let script = project.sluice(&["diff", "app.db", "new.sql", "--format", "sql"]).exits(0).stdout;
    project.sqlite("app.db", &script);
    assert_eq!(project.sqlite("app.db", "SELECT rowid, title FROM notes WHERE notes MATCH 'run'"), "7|one");
    project.sluice(&["diff", "app.db", "new.sql"]).exits(0).says("The schemas are equal.");
    project.write("other.sql", "CREATE VIRTUAL TABLE notes USING fts5 (body, title, lang UNINDEXED, tokenize = 'porter'); CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1, y0, y1);");
    project
        .sluice(&["diff", "app.db", "other.sql"])
        .exits(1)
        .says("-- deletes_data\n-- blocks writes of boxes\nDROP TABLE \"boxes\"");
}

#[test]
fn drift_is_found_and_its_way_back_keeps_what_names_the_table() {
    let project = Project::with_database("sqlite:app.db");
    project.create_sqlite("app.db");
    project.write("sluice.toml", &format!("{}\n[policy]\ndrift = \"warn\"\n", project.read("sluice.toml")));
    project.write("migrations/0001_first.sql", OLD);
    project.commit("the first change");
    project.sluice(&["deploy"]).exits(0);
    project.sluice(&["drift"]).exits(0);
    project.sqlite("app.db", "ALTER TABLE users ADD COLUMN mood text; DROP INDEX by_name; CREATE UNIQUE INDEX by_name ON users (mood)");
    project.sluice(&["drift"]).exits(1).says("+ column:users.mood").says("~ index:by_name");
    project
        .sluice(&["drift", "--revert"])
        .exits(1)
        .says("PRAGMA legacy_alter_table = ON;")
        .says("DROP COLUMN \"mood\"");
}
