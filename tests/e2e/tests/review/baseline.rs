//! Baseline files: what is known and may stay.

use sluice_e2e::Project;

use crate::rules;

const FILE: &str = "sluice.baseline.json";
const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";
const JSON: [&str; 3] = ["check", "--format", "json"];
const WRITE: [&str; 2] = ["check", "--write-baseline"];

/// A project with a change that something is wrong with.
fn project() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE).write("migrations/0002_index.sql", INDEX);
    project
}

#[test]
fn what_is_known_is_counted_and_not_reported() {
    let project = project();
    project.sluice(&JSON).exits(1);
    project.sluice(&WRITE).exits(0).says("1 finding is in sluice.baseline.json").says("1 in the baseline");
    let json = project.sluice(&JSON).exits(0).json();
    assert_eq!((rules(&json).len(), json["summary"]["baselined"].as_u64()), (0, Some(1)));
    project.sluice(&["check"]).exits(0).says("1 in the baseline");
    // The line moves; the finding stays known. Another one like it is new.
    project.write("migrations/0002_index.sql", &format!("-- why\nSELECT 1;\n\n{INDEX}"));
    project.sluice(&JSON).exits(0);
    project.write("migrations/0002_index.sql", &INDEX.repeat(2));
    let json = project.sluice(&JSON).exits(1).json();
    assert_eq!(json["summary"]["baselined"].as_u64(), Some(1));
    project.write("migrations/0003_index.sql", "CREATE INDEX orders_id ON orders (id);\n");
    assert!(rules(&project.sluice(&JSON).exits(1).json()).contains(&"locks/create-index".to_owned()));
}

#[test]
fn the_file_is_the_same_bytes_as_long_as_nothing_changes_and_keeps_reasons() {
    let project = project();
    project.sluice(&WRITE).exits(0);
    let first = project.read(FILE);
    project.sluice(&WRITE).exits(0);
    assert_eq!(project.read(FILE), first);
    let reason = "\"message\": \"";
    let explained = first.replacen(reason, &format!("\"reason\": \"small table\",\n      {reason}"), 1);
    project.write(FILE, &explained);
    project.sluice(&JSON).exits(0);
    project.write("migrations/0002_index.sql", &format!("\n{INDEX}"));
    project.sluice(&WRITE).exits(0);
    let written = project.read(FILE);
    assert!(written.contains("\"reason\": \"small table\""), "{written}");
    let sarif = project.sluice(&["check", "--baseline", FILE, "--format", "sarif"]).exits(0);
    let listed: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&sarif.stdout).unwrap()["runs"][0]["results"],
        serde_json::json!([])
    );
    std::fs::remove_file(project.path(FILE)).unwrap();
    let sarif = project.sluice(&["check", "--format", "sarif"]).exits(1);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    let print = &sarif["runs"][0]["results"][0]["partialFingerprints"]["sluice/v1"];
    assert_eq!(print, &listed["findings"][0]["fingerprint"], "a baseline and SARIF name findings alike");
}

#[test]
fn entries_that_match_nothing_any_more_are_noted() {
    let project = project();
    project.sluice(&WRITE).exits(0);
    project.write("migrations/0002_index.sql", "SELECT 1;\n");
    let run = project.sluice(&["check"]).exits(0).says("note[review/stale-baseline]");
    run.says("locks/create-index no longer finds in migrations/0002_index.sql")
        .says("--> sluice.baseline.json:");
    // Where only other files are reviewed, nothing can be said.
    project.sluice(&["check", "migrations/0001_orders.sql"]).exits(0).keeps_quiet_about("stale-baseline");
    project.write("migrations/0002_index.sql", INDEX);
    project.sluice(&["check", "--write-baseline", "migrations/0001_orders.sql"]).exits(0);
    project.sluice(&JSON).exits(0);
    project.write("migrations/0002_index.sql", "SELECT 1;\n");
    project.sluice(&WRITE).exits(0).says("0 findings are in");
    assert_eq!(rules(&project.sluice(&JSON).exits(0).json()), [""; 0]);
}

#[test]
fn what_could_not_be_reviewed_cannot_be_known() {
    let project = project();
    project.write("migrations/0003_open.sql", "SELECT 'open;\n");
    project.sluice(&WRITE).exits(1).says("review/unreadable-file");
    assert_eq!(rules(&project.sluice(&JSON).exits(1).json()), ["review/unreadable-file"]);
}

#[test]
fn files_that_are_no_baseline_are_neither_read_nor_overwritten() {
    let project = project();
    for (content, said) in [
        ("{}", "missing field `schema`"),
        ("[1]", "is not a baseline file"),
        ("{\"schema\": \"sluice/check/v1\"}", "its schema is `sluice/check/v1`"),
        ("{\"schema\": \"sluice/review-baseline/v1\", \"finding\": []}", "unknown field `finding`"),
    ] {
        project.write("other.json", content);
        project.sluice(&["check", "--baseline", "other.json"]).exits(2).says(said);
        project.sluice(&["check", "--write-baseline=other.json"]).exits(2).says(said);
        assert_eq!(project.read("other.json"), content);
    }
    project
        .sluice(&["check", "--baseline", "nowhere.json"])
        .exits(2)
        .says("there is no baseline file nowhere.json");
    project
        .sluice(&["check", "--base", "nowhere.json"])
        .exits(2)
        .says("there is no baseline file nowhere.json");
    project.sluice(&["check", "--write-baseline=mine.json"]).exits(0);
    project.sluice(&["check"]).exits(1);
    project.sluice(&["check", "--baseline", "mine.json"]).exits(0);
}

#[test]
fn a_branch_is_held_against_the_baseline_of_its_base() {
    let project = project();
    project.sluice(&WRITE).exits(0);
    let known = project.read(FILE);
    std::fs::remove_file(project.path("migrations/0002_index.sql")).unwrap();
    std::fs::remove_file(project.path(FILE)).unwrap();
    project.commit("orders");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project.write("migrations/0002_index.sql", INDEX).write(FILE, &known).commit("index, and its excuse");
    let check = ["check", "--base", "main", "--format", "json"];
    assert_eq!(rules(&project.sluice(&check).exits(1).json()), ["locks/create-index"]);
    project.sluice(&[&check[..], &["--baseline", FILE]].concat()).exits(2).says("main has no baseline file");
    project.run_git(&["checkout", "--quiet", "main"]);
    project.write(FILE, &known).commit("agreed");
    project.run_git(&["checkout", "--quiet", "branch"]);
    let json = project.sluice(&check).exits(0).json();
    assert_eq!(json["summary"]["baselined"].as_u64(), Some(1));
}

#[test]
fn a_baseline_file_is_a_base_without_git() {
    let project = project();
    std::fs::remove_dir_all(project.path(".git")).unwrap();
    project.sluice(&WRITE).exits(0);
    let check = ["check", "--base", FILE, "--format", "json"];
    let json = project.sluice(&check).exits(0).json();
    assert_eq!(json["summary"]["files"].as_u64(), Some(0));
    project.write("migrations/0003_index.sql", "CREATE INDEX orders_both ON orders (id, total);\n");
    let json = project.sluice(&check).exits(1).json();
    assert_eq!(
        (rules(&json), json["summary"]["files"].as_u64()),
        (vec!["locks/create-index".to_owned()], Some(1))
    );
    assert_eq!(json["findings"][0]["evidence"], "modelled");
    std::fs::remove_file(project.path("migrations/0003_index.sql")).unwrap();
    project.write("migrations/0001_orders.sql", &TABLE.replace("total int", "total bigint"));
    assert_eq!(rules(&project.sluice(&check).exits(1).json()), ["integrity/edited-change"]);
    project.write("migrations/0001_orders.sql", TABLE);
    project.write("migrations/0000_early.sql", "CREATE TABLE early (id bigint PRIMARY KEY);\n");
    assert_eq!(rules(&project.sluice(&check).exits(1).json()), ["integrity/out-of-order"]);
    std::fs::remove_file(project.path("migrations/0000_early.sql")).unwrap();
    std::fs::remove_file(project.path("migrations/0001_orders.sql")).unwrap();
    assert_eq!(rules(&project.sluice(&check).exits(1).json()), ["integrity/removed-change"]);
}

#[test]
fn files_without_a_project_have_baselines_where_one_is_named() {
    let project = Project::new();
    project.write("1.sql", INDEX);
    let check = ["check", "--engine", "postgres", "1.sql"];
    project.sluice(&[&check[..], &["--write-baseline"]].concat()).exits(0);
    project.sluice(&check).exits(1);
    project.sluice(&[&check[..], &["--baseline", FILE]].concat()).exits(0).says("1 in the baseline");
}

#[test]
fn entries_of_a_rule_that_does_not_look_are_not_stale() {
    let project = project();
    project.sluice(&WRITE).exits(0);
    let without = ["check", "--rule", "locks/create-index=off", "--format", "json"];
    let json = project.sluice(&without).exits(0).json();
    assert!(!rules(&json).contains(&"review/stale-baseline".to_owned()), "{json}");
}
