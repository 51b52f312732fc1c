//! Migrations of real projects as input, as they are: read through a symbolic link from a `sluice.toml` outside of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod layouts;
mod production;
mod schema;

use std::path::Path;

use sluice_e2e::{EmptyDatabase, Project, Run};

/// A project around a folder of migrations that somebody else owns.
fn project_around(migrations: &Path, layout: &str, database: &EmptyDatabase) -> Project {
    let project = Project::new();
    std::os::unix::fs::symlink(migrations, project.path("migrations")).unwrap();
    configure(&project, layout, database);
    project
}

fn configure(project: &Project, layout: &str, database: &EmptyDatabase) {
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"corpus\"\nmigrations = \"migrations\"\n{layout}\n\n[[environment]]\nname = \"dev\"\n\n\
             [[database]]\nname = \"corpus\"\nenvironment = \"dev\"\nurl = \"{}\"\n",
            database.url()
        ),
    );
}

/// Applies everything, then finds nothing to do; returns the versions in the order of application.
fn deploy_twice(project: &Project) -> Vec<String> {
    let first = project.sluice(&["deploy", "--format", "json"]).exits(0);
    let applied = versions(&first);
    let second = project.sluice(&["deploy", "--format", "json"]).exits(0);
    let json = second.json();
    assert_eq!(json["outcome"], "nothing-to-do", "{second}");
    assert_eq!(json["targets"][0]["skipped"].as_u64(), u64::try_from(applied.len()).ok(), "{second}");
    let history = project.sluice(&["history", "--format", "json"]).exits(0).json();
    let revisions = history["revisions"].as_array().unwrap();
    let recorded: Vec<&str> =
        revisions.iter().map(|revision| revision["version"].as_str().unwrap()).collect();
    assert_eq!(recorded, applied, "the ledger has what was applied");
    assert!(revisions.iter().all(|revision| revision["state"] == "applied"), "{history}");
    applied
}

fn versions(run: &Run) -> Vec<String> {
    let json = run.json();
    let applied = json["targets"][0]["applied"].as_array().unwrap_or_else(|| panic!("{run}"));
    applied.iter().map(|version| version.as_str().unwrap().to_owned()).collect()
}
