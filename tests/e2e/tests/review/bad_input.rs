use sluice_e2e::Project;

use crate::rules;

/// Rules that a file of these bytes is found by.
fn found(bytes: &[u8]) -> Vec<String> {
    let project = Project::new();
    project.write_bytes("1.sql", bytes);
    rules(&project.sluice(&["check", "--engine", "postgres", "1.sql", "--format", "json"]).json())
}

#[test]
fn what_cannot_be_read_is_a_finding() {
    for bytes in [
        &b"SELECT 1;\0"[..],
        b"\xff\xfeS\0E\0L\0",
        b"SELECT '\xff';",
        b"SELECT 'open;",
        b"/* open",
        b"SELECT \"open;",
        b"DO $$ BEGIN",
        b"\\gexec",
    ] {
        assert_eq!(found(bytes), ["review/unreadable-file"], "{}", String::from_utf8_lossy(bytes));
    }
    let project = Project::new();
    std::fs::create_dir(project.path("folder")).unwrap();
    for path in ["folder", "nowhere.sql"] {
        let run = project.sluice(&["check", "--engine", "postgres", path, "--format", "json"]).exits(1);
        assert_eq!(rules(&run.json()), ["review/unreadable-file"], "{path}");
    }
}

#[test]
fn hostile_text_neither_ends_the_review_nor_hides() {
    let nested = format!("SELECT {}1{};", "(".repeat(100_000), ")".repeat(100_000));
    let found_nested = found(nested.as_bytes());
    assert!(found_nested.contains(&"review/not-analysed".to_owned()), "{found_nested:?}");
    let index = |length| format!("CREATE INDEX {} ON orders (total);", "x".repeat(length));
    assert!(found(index(10_000).as_bytes()).contains(&"locks/create-index".to_owned()));
    assert_eq!(found(index(1 << 20).as_bytes()), ["review/not-analysed"], "too long to be parsed");
    let project = Project::new();
    project.write("1.sql", "FROBNICATE x; SELECT 1;");
    project.sluice(&["check", "--engine", "postgres", "1.sql"]).exits(0).says("review/not-analysed");
}

#[test]
fn nothing_to_review_is_said() {
    let project = Project::new();
    project.sluice(&["check"]).exits(2).says("sluice.toml").says("--engine");
    project.write("1.sql", "");
    project.sluice(&["check", "--engine", "postgres", "1.sql"]).exits(0).says("nothing found");
}
