//! Ways around a gate that are closed: selections, second rollouts, other identities, plans that nobody saw.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use sluice_e2e::Project;

/// Two databases in staging (`sa`, `sb`), two in prod (`pa`, `pb`), and a change.
fn pairs(staging: &str, prod: &str) -> Project {
    let project = Project::git();
    configure(&project, staging, prod);
    for name in ["sa", "sb", "pa", "pb"] {
        project.create_sqlite(&format!("{name}.db"));
    }
    project.write("migrations/0001_a.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    project.commit("First");
    project
}

fn configure(project: &Project, staging: &str, prod: &str) {
    let mut text = "[project]\nname = \"shop\"\n".to_owned();
    for (environment, lines) in [("staging", staging), ("prod", prod)] {
        text.push_str(&format!("\n[[environment]]\nname = \"{environment}\"\n{lines}\n"));
    }
    for (name, environment) in [("sa", "staging"), ("sb", "staging"), ("pa", "prod"), ("pb", "prod")] {
        text.push_str(&format!(
            "\n[[database]]\nname = \"{name}\"\nenvironment = \"{environment}\"\nurl = \"sqlite:{name}.db\"\n"
        ));
    }
    project.write("sluice.toml", &text);
}

/// How many of the tables `a`, `b`, `c` a database has.
fn tables(project: &Project, name: &str) -> usize {
    let sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('a', 'b', 'c')";
    project.sqlite(&format!("{name}.db"), sql).parse().unwrap()
}

#[test]
fn a_selection_does_not_shorten_the_soak_of_what_it_leaves_out() {
    let project = pairs("", "soak = \"1h\"");
    project.sluice(&["deploy", "--database", "sa"]).exits(0);
    project.sqlite("sa.db", "UPDATE sluice_revision SET finished_at = '2020-01-01 00:00:00'");
    project.sluice(&["deploy", "--database", "sb"]).exits(0);
    // Of what is selected, staging has been done for years.
    project.sluice(&["deploy", "--database", "sa,pa"]).exits(5).says("staging must have been done for 1h");
    project.sluice(&["deploy"]).exits(5).says("staging must have been done for 1h");
    assert_eq!(tables(&project, "pa"), 0);
}

#[test]
fn a_change_that_never_ran_in_staging_soaks_from_the_moment_the_rollout_saw_staging_done() {
    let project = pairs("", "soak = \"4s\"");
    project.sluice(&["deploy", "--wait", "1m"]).exits(0);
    for name in ["sa", "sb"] {
        project.sqlite(&format!("{name}.db"), "UPDATE sluice_revision SET finished_at = '2020-01-01 00:00:00'");
    }
    project.write(
        "migrations/0002_b.sql",
        "-- sluice: targets=environment == 'prod'\nCREATE TABLE b (id integer PRIMARY KEY);\n",
    );
    project.commit("Only for prod");
    for selection in [&["deploy"][..], &["deploy", "--env", "prod"]] {
        let run = project.sluice(selection).exits(5).says("staging must have been done for 4s");
        assert_eq!(tables(&project, "pa"), 1, "{run}");
    }
    // The time is kept: asking again does not begin anew.
    project.sluice(&["deploy", "--env", "prod", "--wait", "1m"]).exits(0);
    assert_eq!((tables(&project, "pa"), tables(&project, "pb")), (2, 2));
}
