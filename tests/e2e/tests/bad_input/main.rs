//! Bad input: each with a message that says what is wrong, where, and what to do next, with the right exit code, and with
//! nothing half-written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod configuration;
mod disks;
mod files;
mod ledgers;
mod secrets;
mod servers;

use sluice_e2e::{Project, Run};

/// A project with one SQLite database and one change.
fn project() -> Project {
    let project = Project::with_database("sqlite:dev.db");
    project.create_sqlite("dev.db");
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project
}

/// Asserts the exit code, that people are told all of `texts` and what to do next, and that programs get the same as one
/// valid object with the right kind.
#[track_caller]
fn refuses(project: &Project, arguments: &[&str], code: i32, texts: &[&str]) -> Run {
    let run = project.sluice(arguments).exits(code);
    for text in texts {
        assert!(run.all().contains(text), "`{text}` is missing in {run}");
    }
    assert!(run.all().contains("error"), "no error in {run}");
    let next = [
        "help:",
        "next:",
        "did you mean",
        "use a newer",
        "`sluice repair`",
        "as UTF-8",
        "expect",
        ": write",
        ": replace",
        "damaged",
        "never closed",
    ];
    assert!(next.iter().any(|word| run.all().contains(word)), "what to do next is missing in {run}");
    assert!(!run.all().contains("panicked"), "{run}");
    let mut with_format = arguments.to_vec();
    with_format.extend(["--format", "json"]);
    let run_json = project.sluice(&with_format).exits(code);
    let json = run_json.json();
    if json["schema"] == "sluice/error/v1" {
        let kind = match code {
            1 => "findings",
            2 => "usage",
            3 => "unreachable",
            4 => "failed",
            5 => "waiting",
            6 => "inconclusive",
            _ => "cancelled",
        };
        assert_eq!(json["kind"], kind, "{run_json}");
    }
    run
}

/// Asserts that the SQLite database of [`project`] holds nothing at all, and that no state was written beside it.
#[track_caller]
fn untouched(project: &Project) {
    assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
    assert!(!project.path(".sluice/state.db").exists(), "no state of a deployment that never began");
}
