//! Help, mistakes, colours.

use std::process::Command;

use sluice_e2e::{Engine, Project, Shop, binary};

use crate::see;

#[test]
fn help_says_what_there_is() {
    let project = Project::new();
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help_deploy", vec!["deploy", "--help"]),
        ("help_release", vec!["release", "--help"]),
        ("help_rollout", vec!["rollout", "--help"]),
        ("help_repair", vec!["repair", "-h"]),
    ] {
        see(name, &project.sluice(&arguments).exits(0));
    }
    assert!(project.sluice(&["--version"]).exits(0).stdout.starts_with("sluice 0."));
}

#[test]
fn mistakes_are_answered_with_the_nearest_word() {
    let project = Project::new();
    for (name, arguments) in [
        ("unknown_command", vec!["deplyo"]),
        ("unknown_option", vec!["deploy", "--databse", "x"]),
        ("unknown_format", vec!["plan", "--format", "yaml"]),
        ("no_project", vec!["plan"]),
    ] {
        see(name, &project.sluice(&arguments).exits(2));
    }
}

#[test]
fn completions_and_the_manual_page_go_to_standard_output() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(project.sluice(&["completions", shell]).exits(0).stdout.contains("rollout"));
    }
    assert!(project.sluice(&["man"]).exits(0).stdout.starts_with(".ie"));
}

/// Runs `sluice status` on a terminal of its own.
fn on_a_terminal(project: &Project, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--command"])
        .arg(format!("{} status", binary().display()))
        .arg("/dev/null");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("TERM", "xterm-256color");
    command.envs(environment.iter().copied()).current_dir(project.root());
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: the program script (package bsdutils) is missing");
        return;
    }
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    assert!(on_a_terminal(&shop, &[]).contains("\x1b["));
    assert!(!on_a_terminal(&shop, &[("NO_COLOR", "1")]).contains("\x1b["));
    assert!(!on_a_terminal(&shop, &[("TERM", "dumb")]).contains("\x1b["));
    assert!(!shop.sluice(&["status"]).exits(0).stdout.contains("\x1b["), "a pipe is no terminal");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    let mut command = shop.command(&["plan"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn programs_are_told_mistakes_of_the_command_line_as_json() {
    let project = Project::new();
    for (arguments, message, help) in [
        (vec!["plan", "--format", "json", "foo"], "unexpected argument 'foo' found", "sluice --help"),
        (vec!["--format=json", "deplyo"], "unrecognized subcommand 'deplyo'", "deploy"),
    ] {
        let run = project.sluice(&arguments).exits(2);
        let json = run.json();
        assert_eq!(
            (json["schema"].as_str(), json["kind"].as_str()),
            (Some("sluice/error/v1"), Some("usage"))
        );
        assert_eq!(json["problems"][0]["message"], message, "{run}");
        assert!(json["problems"][0]["help"].as_str().unwrap().contains(help), "{run}");
        assert_eq!(run.stderr, "");
    }
}
