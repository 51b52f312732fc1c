use sluice_e2e::Project;

use crate::rules;

const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";

#[test]
fn a_file_needs_no_project() {
    let project = Project::new();
    project.write("1.sql", INDEX);
    let run = project.sluice(&["check", "--engine", "postgres", "1.sql", "--format", "json"]).exits(1);
    let json = run.json();
    assert_eq!(rules(&json), ["locks/create-index"]);
    assert_eq!(json["findings"][0]["evidence"], "assumed");
    assert_eq!(
        (json["summary"]["errors"].as_u64(), json["summary"]["failed"].as_bool()),
        (Some(1), Some(true))
    );
}

#[test]
fn a_schema_that_is_given_is_known() {
    let project = Project::new();
    project
        .write("1.sql", INDEX)
        .write("schema.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, total int);");
    let arguments = ["check", "--engine", "postgres", "--schema", "schema.sql", "1.sql", "--format", "json"];
    let json = project.sluice(&arguments).exits(1).json();
    assert_eq!(json["findings"][0]["evidence"], "modelled");
}

#[test]
fn a_table_of_the_same_file_is_new() {
    let project = Project::new();
    project.write("1.sql", &format!("CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n{INDEX}"));
    project.sluice(&["check", "--engine", "postgres", "1.sql"]).exits(0);
}

#[test]
fn severities_come_from_the_options() {
    let project = Project::new();
    project.write("1.sql", INDEX);
    let check = ["check", "--engine", "postgres", "1.sql"];
    project
        .sluice(&[&check[..], &["--rule", "locks/create-index=warning"]].concat())
        .exits(0)
        .says("warning[");
    project
        .sluice(&[&check[..], &["--rule", "locks/create-index=off"]].concat())
        .exits(0)
        .says("nothing found");
    project.sluice(&[&check[..], &["--fail-on", "never"]].concat()).exits(0).says("error[");
    let unknown = project.sluice(&[&check[..], &["--rule", "locks/create-indexx=off"]].concat()).exits(2);
    unknown.says("did you mean `locks/create-index`?");
}

#[test]
fn a_suppression_needs_a_reason_and_a_finding() {
    let project = Project::new();
    let check = ["check", "--engine", "postgres", "1.sql", "--format", "json"];
    project.write(
        "1.sql",
        &format!("-- sluice: allow(locks/create-index) reason=\"nobody writes here\"\n{INDEX}"),
    );
    let json = project.sluice(&check).exits(0).json();
    assert_eq!((rules(&json).len(), json["summary"]["suppressed"].as_u64()), (0, Some(1)));
    project.write("1.sql", &format!("-- sluice: allow(locks/create-index)\n{INDEX}"));
    let json = project.sluice(&check).exits(1).json();
    assert_eq!(rules(&json), ["review/suppression-without-reason", "locks/create-index"]);
    project.write("1.sql", "-- sluice: allow(locks/create-index) reason=\"x\"\nSELECT 1;\n");
    assert_eq!(rules(&project.sluice(&check).exits(0).json()), ["review/unused-suppression"]);
}

#[test]
fn what_a_statement_locks_is_told_on_every_engine() {
    let project = Project::new();
    project.write("1.sql", "CREATE INDEX orders_total ON orders (total);\n");
    for (engine, blocks) in [("postgres", "writes"), ("sqlite", "writes")] {
        let json = project.sluice(&["check", "--engine", engine, "1.sql", "--format", "json"]).json();
        assert_eq!(json["forecasts"][0]["blocks"], blocks, "{engine}: {json:#}");
        assert_eq!(json["forecasts"][0]["work"][0]["kind"], "index-build", "{engine}");
    }
    let markdown = project.sluice(&["check", "--engine", "postgres", "1.sql", "--format", "markdown"]);
    markdown.exits(1).says("SHARE");
}

#[test]
fn forecasts_tell_no_secrets() {
    let project = Project::new();
    project.write("2.sql", "CREATE TABLE p AS SELECT * FROM q; CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'hidden2');\n");
    project.write("3.sql", "CREATE SUBSCRIPTION s CONNECTION 'password=hidden3' PUBLICATION p; CREATE ROLE r PASSWORD 'hidden3';\n");
    for file in ["2.sql", "3.sql"] {
        let run = project.sluice(&["check", "--engine", "postgres", file, "--format", "json"]);
        let json = run.json();
        for one in json["forecasts"].as_array().unwrap() {
            assert!(!one["statement"].as_str().unwrap().contains("hidden"), "{one}");
        }
    }
}

#[test]
fn the_policy_weighs_what_the_review_says_of_itself() {
    let project = Project::new();
    project.write("1.sql", "-- sluice: allow(locks/create-index) reason=\"x\"\nSELECT 1;\n");
    let check = ["check", "--engine", "postgres", "1.sql"];
    project.sluice(&check).exits(0).says("warning[review/unused-suppression]");
    let strict = [&check[..], &["--rule", "review/unused-suppression=error"]].concat();
    project.sluice(&strict).exits(1).says("error[review/unused-suppression]");
}

#[test]
fn fixes_are_written_and_what_is_left_is_reviewed() {
    let project = Project::new();
    project.write("1.sql", INDEX);
    project.sluice(&["check", "--engine", "postgres", "1.sql", "--fix"]).exits(0).says("1 fixed");
    let text = std::fs::read_to_string(project.path("1.sql")).unwrap();
    assert_eq!(text, "CREATE INDEX CONCURRENTLY orders_total ON orders (total);\n");
}

#[test]
fn every_rule_explains_itself() {
    let project = Project::new();
    let json = project.sluice(&["rules", "--format", "json"]).exits(0).json();
    for rule in json["rules"].as_array().unwrap() {
        assert!(!rule["summary"].as_str().unwrap().is_empty(), "{rule}");
    }
    project.sluice(&["rules", "locks/create-index"]).exits(0).says("SHARE").says("## Why");
    project.sluice(&["rules", "locks/create-indx"]).exits(2).says("did you mean `locks/create-index`?");
    for category in ["locks", "locks/", "locks/*"] {
        project.sluice(&["rules", category]).exits(2).says("sluice rules --category locks");
    }
}

#[test]
fn only_findings_have_the_formats_of_findings() {
    let project = Project::with_database("sqlite:a.db");
    project.sluice(&["status", "--format", "sarif"]).exits(2).says("which only `sluice check` has");
}

#[test]
fn versions_of_which_nothing_is_known_are_refused() {
    let project = Project::new();
    project.write("1.sql", "ALTER TABLE orders ADD COLUMN total int DEFAULT 5;\n");
    for (engine, old, known) in [("postgres", "10", "14"), ("mysql", "5.7", "8"), ("mariadb", "10.2", "10.6")]
    {
        let check = |version| ["check", "--engine", engine, "--server-version", version, "1.sql"];
        project.sluice(&check(old)).exits(2).says(&format!("{engine} {old} is not supported"));
        project.sluice(&check(known)).exits(0);
    }
}

#[test]
fn fixed_files_are_clean_in_the_order_of_a_shell() {
    let project = Project::new();
    project
        .write("schema.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n")
        .write("7.sql", "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n");
    let check = ["check", "--engine", "postgres", "--schema", "schema.sql"];
    project.sluice(&[&check[..], &["--fix", "7.sql"]].concat());
    let mut names: Vec<String> = std::fs::read_dir(project.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('7'))
        .collect();
    names.sort();
    assert!(names.len() > 1 && names.last().map(String::as_str) == Some("7.sql"), "{names:?}");
    let named: Vec<&str> = check.into_iter().chain(names.iter().map(String::as_str)).collect();
    project.sluice(&named).exits(0).keeps_quiet_about("locks/set-not-null");
}
