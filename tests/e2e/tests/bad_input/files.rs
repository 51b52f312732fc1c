//! Migration files.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use sluice_e2e::{Project, binary, copy_program};

use crate::{project, refuses, untouched};

#[test]
fn files_that_are_no_sql_are_refused_before_anything_runs() {
    let table: &[(&str, &[u8], &[&str])] = &[
        ("migrations/0002_latin.sql", b"SELECT 'caf\xe9';\n", &["migrations/0002_latin.sql", "UTF-8", "11"]),
        ("migrations/0002_wide.sql", b"\xff\xfeS\0E\0L\0", &["migrations/0002_wide.sql", "UTF-16"]),
        ("migrations/0002_zero.sql", b"SELECT 1;\0\n", &["migrations/0002_zero.sql"]),
        ("migrations/01_again.sql", b"SELECT 1;\n", &["migrations/01_again.sql", "migrations/0001_a.sql"]),
        ("migrations/1.0_again.sql", b"SELECT 1;\n", &["migrations/1.0_again.sql", "migrations/0001_a.sql"]),
        ("migrations/0002_meta.sql", b"SELECT 1;\n.tables\n", &["migrations/0002_meta.sql:2:1", ".tables"]),
        ("migrations/0002_open.sql", b"SELECT 1;\nSELECT 'open;\n", &["migrations/0002_open.sql:2:8"]),
        (
            "migrations/0002_key.sql",
            b"-- sluice: transactoin=none\nSELECT 1;\n",
            &["migrations/0002_key.sql:1", "transaction"],
        ),
        (
            "migrations/0002_value.sql",
            b"-- sluice: lock_timeout=soon\nSELECT 1;\n",
            &["migrations/0002_value.sql:1", "soon"],
        ),
        (
            "migrations/0002_need.sql",
            b"-- sluice: requires=77\nSELECT 1;\n",
            &["migrations/0002_need.sql", "77"],
        ),
        (
            "migrations/0002_where.sql",
            b"-- sluice: targets=region ==\nSELECT 1;\n",
            &["migrations/0002_where.sql", "targets"],
        ),
    ];
    for (path, content, texts) in table {
        let project = project();
        project.write_bytes(path, content);
        refuses(&project, &["deploy"], 2, texts);
        refuses(&project, &["plan"], 2, texts);
        // What only a dialect can tell is found after the rollout began, and still before anything runs.
        assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
    }
}

#[test]
fn commands_of_psql_are_refused_by_name_and_line() {
    let home = Project::new();
    let database = sluice_e2e::Engine::Postgres(18).database(&home, "dev");
    for command in ["\\dt", "\\! touch pwned", "\\connect other", "\\i other.sql", "\\gexec"] {
        let project = Project::with_database(database.url());
        project.write("migrations/0001_a.sql", &format!("CREATE TABLE a (id integer);\n{command}\n"));
        let name = command.split(' ').next().unwrap();
        refuses(&project, &["deploy"], 2, &["migrations/0001_a.sql:2:1", name]);
        assert!(!project.path("pwned").exists());
        assert_eq!(database.sql("SELECT count(*) FROM pg_class WHERE relname = 'a'"), "0", "{command}");
    }
}

#[test]
fn requirements_in_a_circle_are_refused_with_their_names() {
    let project = project();
    project.write("migrations/0002_b.sql", "-- sluice: requires=0003\nSELECT 1;\n");
    project.write("migrations/0003_c.sql", "-- sluice: requires=0002\nSELECT 1;\n");
    refuses(&project, &["deploy"], 2, &["0002", "0003", "migrations/0002_b.sql"]);
    let project = crate::project();
    project.write("migrations/R__one.sql", "-- sluice: requires=R__two\nSELECT 1;\n");
    project.write("migrations/R__two.sql", "-- sluice: requires=R__one\nSELECT 1;\n");
    refuses(&project, &["deploy"], 2, &["R__one", "R__two"]);
    untouched(&project);
}

#[test]
fn files_without_a_statement_are_refused_because_they_are_forgotten_work() {
    for content in ["", "-- only a comment\n", ";;\n;\n"] {
        let project = project();
        project.write("migrations/0002_empty.sql", content);
        refuses(
            &project,
            &["deploy"],
            2,
            &["migrations/0002_empty.sql:1:1", "no statement", "delete the file"],
        );
        untouched(&project);
    }
}

#[test]
fn a_directory_or_a_dangling_link_in_place_of_a_file_is_said() {
    let project = project();
    std::fs::create_dir(project.path("migrations/0002_b.sql")).unwrap();
    refuses(&project, &["plan"], 2, &["migrations/0002_b.sql", "directory"]);
    std::fs::remove_dir(project.path("migrations/0002_b.sql")).unwrap();
    symlink("gone.sql", project.path("migrations/0002_b.sql")).unwrap();
    refuses(&project, &["plan"], 2, &["migrations/0002_b.sql"]);
    std::fs::remove_file(project.path("migrations/0002_b.sql")).unwrap();
    std::fs::remove_dir_all(project.path("migrations")).unwrap();
    project.write("migrations", "a file\n");
    refuses(&project, &["plan"], 2, &["migrations"]);
    untouched(&project);
}

/// Root reads everything, so the command runs as somebody else when the test is root.
#[test]
fn a_file_that_may_not_be_read_is_said() {
    let project = project();
    project.write("migrations/0002_b.sql", "SELECT 1;\n");
    std::fs::set_permissions(project.path("migrations/0002_b.sql"), std::fs::Permissions::from_mode(0o000))
        .unwrap();
    for folder in [project.as_ref(), &project.root(), &project.path("migrations")] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let program = project.as_ref().join("sluice");
    copy_program(binary(), &program);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.args(["plan"]).current_dir(project.root()).env("NO_COLOR", "1");
    let output = sluice_testkit::unprivileged(&mut command).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("0002_b.sql") && text.contains("ermission"), "{text}");
}

#[test]
fn a_project_without_changes_has_nothing_to_do() {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    std::fs::create_dir(project.path("migrations")).unwrap();
    let run = project.sluice(&["deploy"]);
    assert!([0, 2].contains(&run.code), "{run}");
    untouched(&project);
}

#[test]
fn pipes_among_the_files_are_refused_by_name() {
    let project = project();
    let status = Command::new("mkfifo").arg(project.path("migrations/0002_f.sql")).status().unwrap();
    assert!(status.success());
    refuses(&project, &["plan"], 2, &["migrations/0002_f.sql", "a pipe"]);
    refuses(&project, &["deploy"], 2, &["migrations/0002_f.sql", "a pipe"]);
    untouched(&project);
}

#[test]
fn changes_that_are_written_for_another_engine_are_refused_with_the_place() {
    let change = "CREATE TABLE a (id integer);\n";
    let prisma: &[(&str, &str)] = &[
        ("migrations/migration_lock.toml", "provider = \"mysql\"\n"),
        ("migrations/20240101000000_a/migration.sql", change),
    ];
    let journal = r#"{"dialect": "postgresql", "entries": [{"idx": 0, "when": 1, "tag": "0000_a"}]}"#;
    let drizzle: &[(&str, &str)] =
        &[("migrations/meta/_journal.json", journal), ("migrations/0000_a.sql", change)];
    for (files, place, engine) in [
        (prisma, "migrations/migration_lock.toml:1:1", "mysql"),
        (drizzle, "migrations/meta/_journal.json:1:2", "postgresql"),
    ] {
        let project = Project::with_database("sqlite:dev.db");
        project.create_sqlite("dev.db");
        for (path, text) in files {
            project.write(path, text);
        }
        refuses(&project, &["plan"], 2, &[place, engine, "sqlite"]);
        project.sluice(&["deploy"]).exits(2).says(place);
        assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
    }
}

#[test]
fn placeholders_of_flyway_do_not_run_as_they_are_written_in_silence() {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    project.write("migrations/V1__a.sql", "CREATE TABLE a (id integer);\n");
    project.write("migrations/R__v.sql", "CREATE VIEW v AS SELECT '${x}' AS x;\n");
    refuses(&project, &["deploy"], 2, &["migrations/R__v.sql:1:26", "`${x}`", "[placeholders]"]);
    untouched(&project);
    let text = project.read("sluice.toml");
    project.write("sluice.toml", &format!("{text}[placeholders]\nenabled = false\n"));
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.sqlite("dev.db", "SELECT x FROM v"), "${x}");
}
