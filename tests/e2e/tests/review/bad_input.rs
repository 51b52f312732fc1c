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
    assert!(found_nested.contains(&"review/beyond-limits".to_owned()), "{found_nested:?}");
    let index = |length| format!("CREATE INDEX {} ON orders (total);", "x".repeat(length));
    assert!(found(index(10_000).as_bytes()).contains(&"locks/create-index".to_owned()));
    assert_eq!(found(index(1 << 20).as_bytes()), ["review/beyond-limits"], "too long to be parsed");
    let project = Project::new();
    project.write("1.sql", "FROBNICATE x; SELECT 1;");
    project.sluice(&["check", "--engine", "postgres", "1.sql"]).exits(0).says("review/not-analysed");
}

#[test]
fn hostile_text_is_survived_on_every_engine() {
    let project = Project::new();
    let nested = format!("SELECT {}1{};\n", "(".repeat(100_000), ")".repeat(100_000));
    let name = format!("CREATE TABLE {} (id int);\n", "x".repeat(1 << 20));
    let blocks = "BEGIN ".repeat(20_000);
    project.write("1.sql", &nested).write("2.sql", &name).write("3.sql", &blocks);
    project
        .write("4.sql", &"/*".repeat(100_000))
        .write("5.sql", &format!("SELECT '{}';\n", "''".repeat(1 << 20)));
    project.write("6.sql", &"-- sluice: allow(".repeat(20_000)).write("7.sql", &"$a$".repeat(100_001));
    for engine in ["postgres", "mysql", "mariadb", "sqlite"] {
        let files = ["1.sql", "2.sql", "3.sql", "4.sql", "5.sql", "6.sql", "7.sql"];
        let run = project.sluice(&[&["check", "--engine", engine, "--format", "json"][..], &files].concat());
        assert!(run.code <= 1, "{engine}: {}", run.code);
        let json = run.json();
        let found: Vec<(&str, &str)> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["path"].as_str().unwrap(), one["rule"].as_str().unwrap()))
            .collect();
        assert!(found.contains(&("1.sql", "review/beyond-limits")), "{engine}: {found:?}");
        for path in ["3.sql", "4.sql", "6.sql", "7.sql"] {
            assert!(found.iter().any(|(of, _)| *of == path), "{engine}, {path}: {found:?}");
        }
    }
}

#[test]
fn a_file_that_is_gone_when_it_is_read_stops_the_review_of_a_project() {
    let project = Project::with_database("sqlite:a.db");
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY) STRICT;\n");
    std::os::unix::fs::symlink("gone.sql", project.path("migrations/0002_b.sql")).unwrap();
    project.sluice(&["check"]).exits(2).says("migrations/0002_b.sql").says("cannot be read");
    std::fs::remove_file(project.path("migrations/0002_b.sql")).unwrap();
    std::fs::create_dir(project.path("migrations/0002_b.sql")).unwrap();
    project.sluice(&["check"]).exits(2).says("this is a directory, and its name is that of a file");
    std::fs::remove_dir(project.path("migrations/0002_b.sql")).unwrap();
    project.write_bytes("migrations/0002_b.sql", b"SELECT 1;\0");
    project.sluice(&["check"]).exits(2).says("migrations/0002_b.sql:1:10");
    project.write_bytes("migrations/0002_b.sql", b"\xff\xfeS\0E\0L\0");
    project.sluice(&["check"]).exits(2).says("UTF-16");
    project.write_bytes("migrations/0002_b.sql", b"SELECT '\xff';");
    project.sluice(&["check"]).exits(2).says("not valid UTF-8");
}

#[test]
fn a_hundred_thousand_files_are_reviewed() {
    let project = Project::with_database("sqlite:a.db");
    for at in 0..100_000 {
        project.write(&format!("migrations/{at:06}_a.sql"), "SELECT 1;\n");
    }
    let json = project.sluice(&["check", "--format", "json"]).exits(0).json();
    assert_eq!(
        (json["summary"]["files"].as_u64(), json["summary"]["statements"].as_u64()),
        (Some(100_000), Some(100_000))
    );
}

#[test]
fn many_files_are_compared_with_their_base_to_the_last_one() {
    let project = Project::with_database("sqlite:a.db");
    // Their names are more than a megabyte.
    let path = |at: usize| format!("migrations/{at:06}_{}.sql", "a_long_name_".repeat(12));
    for at in 0..8_000 {
        project.write(&path(at), "SELECT 1;\n");
    }
    project.commit("many");
    std::fs::remove_file(project.path(&path(7_999))).unwrap();
    project.write(&path(8_000), "CREATE TABLE a (id integer PRIMARY KEY) STRICT;\n");
    let json = project.sluice(&["check", "--base", "main", "--format", "json"]).exits(1).json();
    assert_eq!(rules(&json), ["integrity/removed-change"]);
    assert_eq!(json["summary"]["files"].as_u64(), Some(1));
}

#[test]
fn what_a_policy_cannot_mean_is_refused() {
    let project = Project::with_database("sqlite:a.db");
    project.write("migrations/0001_a.sql", "SELECT 1;\n");
    let config = project.read("sluice.toml");
    for (review, said) in [
        ("[review.rules]\n\"naming/nothing-such\" = \"error\"", "there is no rule `naming/nothing-such`"),
        ("[review.rules]\n\"nothing/*\" = \"error\"", "there is no rule `nothing/*`"),
        ("[review.rules]\n\"naming/table\" = { pattern = \"(\" }", "is no regular expression"),
        ("[review.rules]\n\"naming/table\" = { pattern = 3 }", "must be a regular expression in quotes"),
        ("[review.rules]\n\"naming/table\" = { patern = \"x\" }", "did you mean `pattern`?"),
        ("[review.rules]\n\"statement/in-list-length\" = { max = -1 }", "must be a whole number"),
        ("[review]\nextends = \"harsh\"", "there is no rule set `harsh`"),
        ("[review]\nfail_on = \"errors\"", "did you mean `error`?"),
    ] {
        project.write("sluice.toml", &format!("{config}\n{review}\n"));
        project.sluice(&["check"]).exits(2).says(said);
    }
}

#[test]
fn an_expired_suppression_keeps_nothing_quiet() {
    let index = "CREATE INDEX orders_total ON orders (total);\n";
    let until =
        |day| format!("-- sluice: allow(locks/create-index) reason=\"ten rows\" until={day}\n{index}");
    assert_eq!(found(until("2001-01-01").as_bytes()), ["review/expired-suppression", "locks/create-index"]);
    assert_eq!(found(until("2999-01-01").as_bytes()), [""; 0]);
    let soon = found(until("soon").as_bytes());
    assert_eq!(soon, ["review/suppression-without-reason", "locks/create-index"]);
}

#[test]
fn nothing_to_review_is_said() {
    let project = Project::new();
    project.sluice(&["check"]).exits(2).says("sluice.toml").says("--engine");
    project.write("1.sql", "");
    project.sluice(&["check", "--engine", "postgres", "1.sql"]).exits(0).says("nothing found");
}
