//! What is wrong between a branch and its base, on real repositories.

use sluice_e2e::Project;

use crate::rules;

const CHECK: [&str; 5] = ["check", "--base", "main", "--format", "json"];

fn table(name: &str) -> String {
    format!("CREATE TABLE {name} (id bigint PRIMARY KEY);\n")
}

/// `main` with two changes, on a branch of it.
fn branch() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_a.sql", &table("a")).write("migrations/0002_b.sql", &table("b"));
    project.commit("a and b");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project
}

/// Does something on `main` and commits it there.
fn on_main(project: &Project, work: impl FnOnce(&Project)) {
    project.commit("work of the branch");
    project.run_git(&["checkout", "--quiet", "main"]);
    work(project);
    project.commit("meanwhile");
    project.run_git(&["checkout", "--quiet", "branch"]);
}

/// Rules that are broken, and how many files were reviewed.
fn found(project: &Project) -> (Vec<String>, u64) {
    let json = project.sluice(&CHECK).json();
    (rules(&json), json["summary"]["files"].as_u64().unwrap())
}

fn nothing(files: u64) -> (Vec<String>, u64) {
    (Vec::new(), files)
}

#[test]
fn a_version_that_both_sides_have_added_is_found_before_it_is_merged() {
    let project = branch();
    project.write("migrations/0003_mine.sql", &table("mine"));
    on_main(&project, |project| {
        project.write("migrations/3_theirs.sql", &table("theirs"));
    });
    let json = project.sluice(&CHECK).exits(1).json();
    assert_eq!(rules(&json), ["integrity/duplicate-version"]);
    let message = json["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("version 0003 is also that of migrations/3_theirs.sql"), "{message}");
    // Merged all the same, nothing can be read as a project any more.
    project.run_git(&["merge", "--quiet", "--no-edit", "main"]);
    project.sluice(&CHECK).exits(2).says("is also that of");
}

#[test]
fn the_same_change_on_both_sides_is_one_change() {
    let project = branch();
    project.write("migrations/0003_c.sql", &table("c"));
    on_main(&project, |project| {
        project.write("migrations/0003_c.sql", &table("c"));
    });
    assert_eq!(found(&project), nothing(0));
    project.write("migrations/0003_c.sql", &table("d"));
    assert_eq!(found(&project).0, ["integrity/duplicate-version"]);
}

#[test]
fn versions_come_after_what_the_base_has_by_now() {
    let project = branch();
    project.write("migrations/0003_c.sql", &table("c"));
    assert_eq!(found(&project), nothing(1));
    on_main(&project, |project| {
        project.write("migrations/0010_d.sql", &table("d"));
    });
    assert_eq!(found(&project).0, ["integrity/out-of-order"]);
    project.run_git(&["mv", "migrations/0003_c.sql", "migrations/0011_c.sql"]);
    assert_eq!(found(&project), nothing(1));
    // Where deployments take them in any order, so does the review; by what the base says.
    project.run_git(&["mv", "migrations/0011_c.sql", "migrations/0003_c.sql"]);
    let config = format!("{}\n[policy]\nout_of_order = \"allow\"\n", project.read("sluice.toml"));
    project.write("sluice.toml", &config);
    assert_eq!(found(&project).0, ["integrity/out-of-order"]);
    on_main(&project, |project| {
        project.write("sluice.toml", &config);
    });
    assert_eq!(found(&project), nothing(1));
}

#[test]
fn a_branch_into_which_its_base_was_merged_has_only_its_own_changes() {
    let project = branch();
    project.write("migrations/0004_mine.sql", &table("mine"));
    on_main(&project, |project| {
        project.write("migrations/0003_theirs.sql", &table("theirs"));
    });
    assert_eq!(found(&project), nothing(1));
    project.run_git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(found(&project), nothing(1));
    // As forges check out what would be merged: no branch, a commit with two parents.
    project.run_git(&["checkout", "--quiet", "--detach", "main"]);
    project.run_git(&["merge", "--quiet", "--no-ff", "--no-edit", "branch"]);
    assert_eq!(found(&project), nothing(1));
}

#[test]
fn history_is_what_databases_know_not_where_files_are() {
    let project = branch();
    project.run_git(&["mv", "migrations/0002_b.sql", "migrations/0002_better_name.sql"]);
    assert_eq!(found(&project), nothing(0), "the same version with the same content");
    project.write("migrations/0002_better_name.sql", &table("other"));
    assert_eq!(found(&project).0, ["integrity/edited-change"]);
    std::fs::remove_file(project.path("migrations/0002_better_name.sql")).unwrap();
    assert_eq!(found(&project).0, ["integrity/removed-change"]);
    on_main(&project, |project| drop(project.run_git(&["rm", "--quiet", "migrations/0002_b.sql"])));
    assert_eq!(found(&project), nothing(0), "the base has removed it, too");
}

#[test]
fn an_edit_that_the_base_has_made_as_well_is_not_the_branchs() {
    let project = branch();
    project.write("migrations/0002_b.sql", &table("b2"));
    assert_eq!(found(&project).0, ["integrity/edited-change"]);
    on_main(&project, |project| {
        project.write("migrations/0002_b.sql", &table("b2"));
    });
    assert_eq!(found(&project), nothing(0));
}

#[test]
fn repeatable_changes_and_ways_back_are_not_history() {
    let project = branch();
    on_main(&project, |project| {
        project.write("migrations/R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT id FROM a;\n");
        project.write("migrations/0002_b.down.sql", "DROP TABLE b;\n");
    });
    project.run_git(&["merge", "--quiet", "--no-edit", "main"]);
    project.write("migrations/R__view.sql", "CREATE OR REPLACE VIEW v AS SELECT id FROM b;\n");
    std::fs::remove_file(project.path("migrations/0002_b.down.sql")).unwrap();
    assert_eq!(found(&project), nothing(1));
    std::fs::remove_file(project.path("migrations/R__view.sql")).unwrap();
    assert_eq!(found(&project), nothing(0));
}

#[test]
fn a_changeset_that_is_added_to_a_file_is_new_and_the_others_are_not_edited() {
    let project = Project::with_database("postgres://localhost/shop");
    let set = |id: u32, sql: &str| format!("--changeset ann:{id}\n{sql}");
    let one = format!("--liquibase formatted sql\n\n{}", set(1, &table("a")));
    project.write("migrations/changelog.sql", &one).commit("one");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project.write("migrations/changelog.sql", &format!("{one}\n{}", set(2, &table("b"))));
    assert_eq!(found(&project), nothing(1));
    project.write("migrations/changelog.sql", &one.replace("TABLE a", "TABLE z"));
    assert_eq!(found(&project).0, ["integrity/edited-change"]);
}

#[test]
fn a_project_in_a_folder_of_its_repository_is_compared_like_any_other() {
    let project = branch();
    on_main(&project, |project| {
        std::fs::create_dir(project.path("db")).unwrap();
        project.run_git(&["mv", "migrations", "sluice.toml", "db"]);
    });
    project.run_git(&["checkout", "--quiet", "-B", "branch", "main"]);
    project.write("db/migrations/0003_mine.sql", &table("mine"));
    on_main(&project, |project| {
        project.write("db/migrations/0003_theirs.sql", &table("theirs"));
    });
    let arguments = [&CHECK[..], &["--config", "db/sluice.toml"]].concat();
    let json = project.sluice(&arguments).exits(1).json();
    assert_eq!(rules(&json), ["integrity/duplicate-version"]);
}

#[test]
fn a_base_that_cannot_be_read_is_a_finding() {
    let project = branch();
    project.write("migrations/0004_mine.sql", &table("mine"));
    on_main(&project, |project| {
        project
            .write("migrations/0003_one.sql", &table("one"))
            .write("migrations/3_other.sql", &table("other"));
    });
    let json = project.sluice(&CHECK).exits(1).json();
    assert_eq!(rules(&json), ["review/unreadable-file"]);
    let message = json["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("the changes of main cannot be read"), "{message}");
}

/// `main` with a table, on a branch that indexes and drops it.
fn harmful() -> Project {
    let project = branch();
    let sql = "CREATE INDEX a_id ON a (id);\nDROP TABLE b;\n";
    project.write("migrations/0004_harm.sql", sql);
    project
}

/// As [`found`], rules in the order of their names.
fn sorted(project: &Project) -> (Vec<String>, u64) {
    let (mut rules, files) = found(project);
    rules.sort();
    (rules, files)
}

#[test]
fn a_branch_that_moves_the_folder_of_its_changes_is_held_against_that_of_the_base() {
    let harm = ["data-loss/drop-table", "locks/create-index"];
    let project = harmful();
    assert_eq!(sorted(&project).0, harm);
    project.run_git(&["mv", "migrations", "elsewhere"]);
    let config = project.read("sluice.toml");
    let moved = |to: &str| config.replacen("\n\n", &format!("\nmigrations = \"{to}\"\n\n"), 1);
    project.write("sluice.toml", &moved("elsewhere"));
    assert_eq!(sorted(&project), (harm.map(str::to_owned).to_vec(), 1));
    // Nor does an empty folder hide that changes are gone.
    project.write("empty/.keep", "").write("sluice.toml", &moved("empty"));
    assert_eq!(found(&project).0, ["integrity/removed-change"; 2]);
    // A base that has moved them already has no other changes for it.
    project.write("sluice.toml", &moved("elsewhere")).commit("all of it");
    project.run_git(&["checkout", "--quiet", "-B", "main"]);
    project.run_git(&["checkout", "--quiet", "-B", "branch"]);
    assert_eq!(found(&project), nothing(0));
}

#[test]
fn an_edited_change_does_not_hide_what_new_ones_do_to_its_tables() {
    let project = harmful();
    project.write("migrations/0001_a.sql", &format!("{}-- typo\n", table("a")));
    let harm = ["data-loss/drop-table", "integrity/edited-change", "locks/create-index"];
    assert_eq!(sorted(&project), (harm.map(str::to_owned).to_vec(), 2));
    // What databases have is what the base says, not what the branch makes of it.
    project.write("migrations/0001_a.sql", &table("other"));
    assert_eq!(sorted(&project).0, harm);
    // Reviewed is one file; the other one is edited all the same.
    let named = [&CHECK[..], &["migrations/0004_harm.sql"]].concat();
    assert!(rules(&project.sluice(&named).exits(1).json()).contains(&"locks/create-index".to_owned()));
}

#[test]
fn a_clone_without_the_history_is_refused_with_what_to_do() {
    let project = branch();
    project.write("migrations/0003_c.sql", &table("c"));
    on_main(&project, |project| {
        project.write("README", "x");
    });
    let clone = Project::new();
    let from = format!("file://{}", project.root().display());
    clone.run_git(&["init", "--quiet", "--initial-branch=x"]);
    for branch in ["main", "branch"] {
        clone.run_git(&["fetch", "--quiet", "--depth=1", &from, &format!("{branch}:{branch}")]);
    }
    clone.run_git(&["checkout", "--quiet", "branch"]);
    clone.sluice(&CHECK).exits(2).says("the clone is shallow");
}
