use std::path::PathBuf;

use serde_json::Value;
use sluice_e2e::Project;
use sluice_rollout::{Algorithm, Checksum};
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
        self.kept_of("schemas")
    }

    fn kept_of(&self, kind: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.cache.path().join("sluice").join(kind)) else {
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

/// `t5` with a column of another name: as long a text as before.
const RENAMED: &str = "CREATE TABLE t5 (id bigint PRIMARY KEY, n0te varchar(10));\n";
const FIFTH: &str = "migrations/0005_t.sql";

/// What is known of the files, without the digest at its end, and where it lies.
fn seen(long: &Long) -> (PathBuf, Vec<u8>) {
    let [file] = &long.kept_of("files")[..] else { panic!("one is kept") };
    let mut bytes = std::fs::read(file).unwrap();
    bytes.truncate(bytes.len() - 64);
    (file.clone(), bytes)
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Reviews until the file of `t5` is old enough to be known by what the file system says of it.
fn check_until_seen(long: &Long) -> Value {
    loop {
        let json = long.check();
        if position(&seen(long).1, FIFTH.as_bytes()).is_some() {
            return json;
        }
    }
}

#[test]
fn files_of_a_long_history_are_not_opened_again() {
    let long = Long::new();
    let was = std::fs::read(long.project.path(FIFTH)).unwrap();
    check_until_seen(&long);
    long.project.write(FIFTH, RENAMED);
    assert!(rules(&check_until_seen(&long)).contains(&MISSING.to_owned()));
    std::fs::write(long.project.path(FIFTH), &was).unwrap();
    assert!(!rules(&check_until_seen(&long)).contains(&MISSING.to_owned()));

    // The checksum of the other text in its place: only who opens the file can tell.
    let (file, mut bytes) = seen(&long);
    let checksum = |text: &[u8]| Checksum::of(text).to_string().into_bytes();
    let at = position(&bytes, &checksum(&was)).unwrap();
    let other = checksum(RENAMED.as_bytes());
    bytes[at..at + other.len()].copy_from_slice(&other);
    let digest = Checksum::with(Algorithm::Sha256Raw, &bytes).value().to_owned();
    bytes.extend(digest.into_bytes());
    std::fs::write(&file, bytes).unwrap();
    assert!(rules(&long.check()).contains(&MISSING.to_owned()), "the file is opened");
}

#[test]
fn an_edit_that_leaves_length_and_time_as_they_were_is_noticed() {
    let long = Long::new();
    check_until_seen(&long);
    let path = long.project.path(FIFTH);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(std::fs::read(&path).unwrap().len(), RENAMED.len());
    std::fs::write(&path, RENAMED).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert!(rules(&long.check()).contains(&MISSING.to_owned()));
}

#[test]
fn all_of_a_history_can_be_reviewed_after_its_files_were_left_unopened() {
    let long = Long::new();
    let run = || {
        let run = long.project.sluice(&["check", "--format", "json", "--fail-on", "never"]);
        run.exits(0).json()["summary"]["statements"].clone()
    };
    let whole = run();
    check_until_seen(&long);
    assert_eq!(run(), whole);
    assert_eq!(whole, HISTORY + 1);
}
