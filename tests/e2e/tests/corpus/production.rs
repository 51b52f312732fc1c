//! Whole histories of systems in production.

use std::path::{Path, PathBuf};

use sluice_e2e::{Engine, corpus};

use crate::{deploy_twice, project_around, schema};

/// What Diesel runs, in its order: by the version without dashes.
fn diesel_files(folder: &Path) -> Vec<PathBuf> {
    let version = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.split('_').next().unwrap().replace('-', "")
    };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort_by_key(version);
    folders.iter().map(|folder| folder.join("up.sql")).collect()
}

/// What sqlx runs, in its order.
fn sqlx_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    files
}

fn all_changes_of_crates_io(major: u32) {
    let Some(folder) = corpus("migrations/cratesio/migrations") else { return };
    let engine = Engine::Postgres(major);
    let scratch = sluice_e2e::Project::new();
    let (ours, theirs) = (engine.database(&scratch, "ours"), engine.database(&scratch, "theirs"));
    let project = project_around(&folder, "", &ours);
    let applied = deploy_twice(&project);
    assert_eq!(applied.len(), 285);

    schema::run_files(&theirs, engine, &diesel_files(&folder));
    similar(&schema::postgres(&ours, major), &schema::postgres(&theirs, major));
}

#[test]
fn all_285_changes_of_crates_io_give_the_schema_that_psql_gives_on_postgres_15() {
    all_changes_of_crates_io(15);
}

#[test]
fn all_285_changes_of_crates_io_give_the_schema_that_psql_gives_on_postgres_18() {
    all_changes_of_crates_io(18);
}

#[test]
fn all_changes_of_the_atuin_server_give_the_schema_that_psql_gives() {
    let Some(folder) = corpus("migrations/atuin/server-postgres/migrations") else { return };
    let engine = Engine::Postgres(15);
    let scratch = sluice_e2e::Project::new();
    let (ours, theirs) = (engine.database(&scratch, "ours"), engine.database(&scratch, "theirs"));
    let applied = deploy_twice(&project_around(&folder, "", &ours));
    let files = sqlx_files(&folder);
    assert_eq!((applied.len(), files.len()), (20, 20));
    schema::run_files(&theirs, engine, &files);
    similar(&schema::postgres(&ours, 15), &schema::postgres(&theirs, 15));
}

#[test]
fn all_changes_of_atuin_on_sqlite_give_the_schema_that_sqlite3_gives() {
    for (path, count) in
        [("migrations/atuin/client/migrations", 12), ("migrations/atuin/server-sqlite/migrations", 7)]
    {
        let Some(folder) = corpus(path) else { return };
        let scratch = sluice_e2e::Project::new();
        let (ours, theirs) =
            (Engine::Sqlite.database(&scratch, "ours"), Engine::Sqlite.database(&scratch, "theirs"));
        let applied = deploy_twice(&project_around(&folder, "", &ours));
        let files = sqlx_files(&folder);
        assert_eq!((applied.len(), files.len()), (count, count), "{path}");
        schema::run_files(&theirs, Engine::Sqlite, &files);
        similar(&schema::sqlite(&ours), &schema::sqlite(&theirs));
    }
}

/// Equal, or the lines that differ.
#[track_caller]
fn similar(ours: &str, theirs: &str) {
    assert!(!theirs.is_empty(), "a schema that says nothing proves nothing");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (lines(ours), lines(theirs));
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    assert!(ours == theirs, "only ours:\n{}\nonly theirs:\n{}", only(&left, &right), only(&right, &left));
}
