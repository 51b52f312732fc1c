//! `examples/dangerous` and the page that shows its review.

use std::process::Command;

use regex::Regex;
use sluice_e2e::Project;
use sluice_testkit::repository;

/// The example's repository.
fn dangerous() -> Project {
    let project = Project::new();
    let mut git = Command::new(repository().join("examples/dangerous/make.sh"));
    let clean = project.command(&[]);
    git.env_clear().envs(clean.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let made = git.arg(project.root()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    project
}

#[test]
fn the_page_about_the_dangerous_branch_shows_what_is_printed() {
    let path = repository().join("docs/review-example.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let project = dangerous();
    let time = Regex::new(r", \d+ ms(\n|;)").unwrap();
    let (mut fresh, mut rest, mut commands) = (String::new(), page.as_str(), 0);
    // A block of four backquotes begins with the command whose output it is.
    while let Some((before, after)) = rest.split_once("\n$ sluice ") {
        let (command, after) = after.split_once('\n').unwrap();
        let run = project.sluice(&command.split(' ').collect::<Vec<_>>());
        fresh.push_str(&format!("{before}\n$ sluice {command}\n{}", time.replace(&run.stdout, ", 24 ms$1")));
        let end = if after.starts_with("````") { 0 } else { after.find("\n````").unwrap() + 1 };
        rest = &after[end..];
        commands += 1;
    }
    fresh.push_str(rest);
    assert_eq!(commands, 4);
    if std::env::var_os("SLUICE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap();
    assert!(
        shown == fresh,
        "docs/review-example.md is stale: run this test with SLUICE_WRITE_DOCS=1\n{fresh}"
    );
}

#[test]
fn the_dangerous_branch_has_no_effect_on_its_policy_and_is_found_at_every_turn() {
    let project = dangerous();
    let json = project
        .sluice(&["check", "--engine", "postgres", "--base", "main", "--format", "json"])
        .exits(1)
        .json();
    let found = crate::rules(&json);
    for rule in [
        "integrity/edited-change",
        "locks/create-index",
        "locks/set-not-null",
        "data-loss/drop-column",
        "rows/update-without-where",
        "security/security-definer-search-path",
        "security/grant-to-public",
    ] {
        assert!(found.iter().any(|one| one == rule), "{rule}: {found:?}");
    }
    assert_eq!(json["summary"]["ignored"].as_u64(), Some(0));
    assert_eq!(json["suppressed"][0]["reason"], "a few hundred payments so far");
}
