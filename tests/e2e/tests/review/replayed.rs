use std::path::PathBuf;

use serde_json::Value;
use sluice_e2e::Project;
use tempfile::TempDir;

use crate::rules;

const HISTORY: usize = 220;
const LAST: &str = "migrations/0221_last.sql";

/// A history of many changes with one more that alters `t5`, and a cache of its own.
struct Long {
    project: Project,
    cache: TempDir,
}

impl Long {
    fn new() -> Self {
        let mut project = Project::with_database("postgres://localhost/shop");
        let cache = TempDir::new().unwrap();
        project.set("XDG_CACHE_HOME", cache.path().to_str().unwrap());
        for number in 1..=HISTORY {
            let sql = format!("CREATE TABLE t{number} (id bigint PRIMARY KEY, note varchar(10));\n");
            project.write(&format!("migrations/{number:04}_t.sql"), &sql);
        }
        project.write(LAST, "ALTER TABLE t5 ALTER COLUMN note TYPE varchar(20);\n");
        Self { project, cache }
    }

    fn check(&self) -> Value {
        let run = self.project.sluice(&[
            "check",
            "--format",
            "json",
            "--rule",
            "timeouts/*=off",
            "--fail-on",
            "never",
            LAST,
        ]);
        let mut json = run.exits(0).json();
        json["summary"]["milliseconds"] = Value::Null;
        json["summary"]["seconds"] = Value::Null;
        json
    }

    fn kept(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.cache.path().join("sluice/schemas")) else {
            return Vec::new();
        };
        let mut kept: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        kept.sort();
        kept
    }
}

/// What the last change finds where `t5` has no column that it names.
const MISSING: &str = "correctness/missing-column";

#[test]
fn a_kept_schema_gives_what_replaying_gives() {
    let long = Long::new();
    assert!(long.kept().is_empty());
    let replayed = long.check();
    assert_eq!(long.kept().len(), 1);
    assert_eq!(long.check(), replayed);
    assert_eq!(long.kept().len(), 1, "the same history is kept once");
}

#[test]
fn an_edited_history_is_replayed_again() {
    let long = Long::new();
    let replayed = long.check();
    assert!(!rules(&replayed).contains(&MISSING.to_owned()), "{replayed}");
    long.project.write("migrations/0005_t.sql", "CREATE TABLE t5 (id bigint PRIMARY KEY);\n");
    let json = long.check();
    assert!(rules(&json).contains(&MISSING.to_owned()), "{json}");
    assert_eq!(long.kept().len(), 2);
}

#[test]
fn what_is_kept_is_used_and_what_is_damaged_is_not() {
    let long = Long::new();
    let replayed = long.check();
    let [kept] = &long.kept()[..] else { panic!("one is kept") };
    let whole = std::fs::read(kept).unwrap();

    // The schema of another history in its place: only who reads it can tell.
    long.project.write("migrations/0005_t.sql", "CREATE TABLE t5 (id bigint PRIMARY KEY);\n");
    long.check();
    let other = long.kept().into_iter().find(|path| path != kept).unwrap();
    std::fs::write(&other, &whole).unwrap();
    assert!(!rules(&long.check()).contains(&MISSING.to_owned()), "the kept schema is not read");

    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [&damaged[..], &whole[..middle], b""] {
        std::fs::write(&other, bytes).unwrap();
        assert!(rules(&long.check()).contains(&MISSING.to_owned()), "a damaged schema is read");
    }
    assert!(!rules(&replayed).contains(&MISSING.to_owned()));
}

#[test]
fn few_schemas_are_kept_and_a_cache_that_cannot_be_written_is_done_without() {
    let long = Long::new();
    for number in 1..=10 {
        let sql = format!("CREATE TABLE t5 (id bigint PRIMARY KEY, note varchar({number}));\n");
        long.project.write("migrations/0005_t.sql", &sql);
        long.check();
    }
    assert_eq!(long.kept().len(), 8);
    std::fs::remove_dir_all(long.cache.path().join("sluice")).unwrap();
    std::fs::write(long.cache.path().join("sluice"), "in the way").unwrap();
    let json = long.check();
    assert!(!rules(&json).contains(&MISSING.to_owned()), "{json}");
}
