use sluice_e2e::Project;

use crate::rules;

const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n";
const CHECK: [&str; 5] = ["check", "--base", "main", "--format", "json"];

/// A project with one change on `main`, on a branch of it.
fn branch() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE);
    project.commit("orders");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project
}

#[test]
fn only_what_is_new_is_reviewed_and_the_rest_is_known() {
    let project = branch();
    project.write("migrations/0002_index.sql", "CREATE INDEX orders_total ON orders (total);\n");
    let json = project.sluice(&CHECK).exits(1).json();
    assert_eq!(rules(&json), ["locks/create-index"]);
    assert_eq!(json["findings"][0]["evidence"], "modelled");
    assert_eq!(json["summary"]["files"].as_u64(), Some(1));
}

#[test]
fn edited_removed_and_misplaced_changes_are_found() {
    let project = branch();
    project.write("migrations/0001_orders.sql", &TABLE.replace("total int", "total bigint"));
    assert_eq!(rules(&project.sluice(&CHECK).exits(1).json()), ["integrity/edited-change"]);
    project.write("migrations/0001_orders.sql", TABLE);
    project.write("migrations/0000_before.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n");
    assert_eq!(rules(&project.sluice(&CHECK).exits(1).json()), ["integrity/out-of-order"]);
    std::fs::rename(project.path("migrations/0001_orders.sql"), project.path("migrations/0002_orders.sql"))
        .unwrap();
    assert!(rules(&project.sluice(&CHECK).exits(1).json()).contains(&"integrity/removed-change".to_owned()));
}

#[test]
fn a_branch_cannot_soften_its_own_policy() {
    let project = branch();
    project.write("migrations/0002_index.sql", "CREATE INDEX orders_total ON orders (total);\n");
    let config = std::fs::read_to_string(project.path("sluice.toml")).unwrap();
    project.write("sluice.toml", &format!("{config}\n[review.rules]\n\"locks/create-index\" = \"off\"\n"));
    assert_eq!(rules(&project.sluice(&CHECK).exits(1).json()), ["locks/create-index"]);
    // Without a base the files' own policy holds.
    project.sluice(&["check"]).exits(0);
}

#[test]
fn a_base_that_git_does_not_know_is_refused() {
    branch().sluice(&["check", "--base", "nowhere"]).exits(2).says("nowhere").says("--base");
    branch().sluice(&["check", "--base", "--upload-pack=x"]).exits(2);
}

#[test]
fn unknown_rules_and_options_of_the_policy_are_refused() {
    let project = branch();
    let config = std::fs::read_to_string(project.path("sluice.toml")).unwrap();
    project.write("sluice.toml", &format!("{config}\n[review.rules]\n\"locks/create-indx\" = \"off\"\n"));
    project.sluice(&["check"]).exits(2).says("did you mean `locks/create-index`?");
}

#[test]
fn fixes_reach_files_that_are_named_from_a_folder_of_the_project() {
    let project = branch();
    project.write("migrations/0002_index.sql", "CREATE INDEX orders_total ON orders (total);\n");
    let mut command = project.command(&["check", "--fix", "0002_index.sql"]);
    let ended = command.current_dir(project.path("migrations")).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(project.read("migrations/0002_index.sql").contains("CONCURRENTLY"));
}
