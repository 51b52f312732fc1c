use serde_json::Value;
use sluice_e2e::Project;

use super::rules;

const ALLOW: &str = "-- sluice: allow(locks/create-index) reason=\"ten rows\"";

/// The lines of findings, in their order.
fn lines(json: &Value) -> Vec<u64> {
    let findings = json["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["line"].as_u64().unwrap()).collect()
}

#[test]
fn in_a_file_of_changesets_a_suppression_covers_what_it_stands_above() {
    let project = Project::with_database("postgres://localhost/shop");
    let table = "--liquibase formatted sql\n\n--changeset ann:1\n\
                 CREATE TABLE orders (id bigint PRIMARY KEY, total int, code text, note text);\n";
    let index = |column: &str| format!("CREATE INDEX orders_{column} ON orders ({column});");
    let (total, code, note) = (index("total"), index("code"), index("note"));
    project.write("migrations/changes.sql", table);
    project.commit("main");
    let changes = format!(
        "{table}\n--changeset ann:2\n{ALLOW}\n{total}\n{code}\n--rollback empty\n\n--changeset ann:3\n{note}\n"
    );
    project.write("migrations/changes.sql", &changes);
    let json = project.sluice(&["check", "--base", "main", "--format", "json"]).exits(1).json();
    assert_eq!(rules(&json), ["locks/create-index"; 2], "{json:#}");
    assert_eq!((lines(&json), json["summary"]["suppressed"].as_u64()), (vec![9, 13], Some(1)));
    // Above all changesets it covers all of them.
    let changes = changes.replace(&format!("{ALLOW}\n"), "").replacen("\n\n", &format!("\n{ALLOW}\n"), 1);
    project.write("migrations/changes.sql", &changes);
    let json = project.sluice(&["check", "--base", "main", "--format", "json"]).exits(0).json();
    assert_eq!((lines(&json), json["summary"]["suppressed"].as_u64()), (vec![], Some(3)), "{json:#}");
}

#[test]
fn placeholders_move_neither_findings_nor_suppressions() {
    let project = Project::with_database("postgres://localhost/shop");
    let config = project.read("sluice.toml");
    let values = "{ \"schema.of-shop\" = \"public\", \"\u{f6}rtlich\" = \"orders\", pw = \"x\" }";
    project.write("sluice.toml", &format!("{config}\n[placeholders]\nenabled = true\nvalues = {values}\n"));
    let name = "${schema.of-shop}.${\u{f6}rtlich}";
    project.write(
        "migrations/0001_orders.sql",
        &format!("CREATE TABLE {name} (id bigint PRIMARY KEY, total int, code text);\n"),
    );
    let change = format!(
        "CREATE ROLE reporter PASSWORD '${{pw}}';\nCREATE INDEX a ON {name} (total); {ALLOW}\n\
         {ALLOW}\nCREATE INDEX b ON {name} (code);\n/* \u{f6} */ CREATE INDEX c ON {name} (code, total);\n"
    );
    project.write("migrations/0002_indexes.sql", &change);
    let check = ["check", "migrations/0002_indexes.sql", "--format", "json", "--rule", "schema/*=off"];
    let json = project.sluice(&check).exits(1).json();
    assert_eq!(rules(&json), ["locks/create-index"], "{json:#}");
    let finding = &json["findings"][0];
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(5), Some(9)), "{finding:#}");
    assert_eq!(json["summary"]["suppressed"].as_u64(), Some(2));
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("`${schema.of-shop}.${\u{f6}rtlich}`"), "{message}");
    assert!(finding["statement"].as_str().unwrap().contains(name), "{finding:#}");
    // The end is in characters, too.
    let length = format!("/* \u{f6} */ CREATE INDEX c ON {name} (code, total)").chars().count();
    assert_eq!(finding["end_column"].as_u64(), u64::try_from(length + 1).ok(), "{finding:#}");
}
