use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::Editor;
use crate::rules;

const CHANGE: &str = "migrations/0002_change.sql";
const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, note text);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";

fn project() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE).write(CHANGE, INDEX);
    project
}

fn messages(diagnostics: &Value) -> Vec<&str> {
    diagnostics.as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect()
}

#[test]
fn a_broken_configuration_is_said_once_and_the_server_goes_on() {
    let project = project();
    let config = project.read("sluice.toml");
    project.write("sluice.toml", &format!("{config}\n[revew]\nfail_on = \"error\"\n"));
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let found = editor.diagnostics(CHANGE);
    assert_eq!(rules(&found), ["-"], "{found:#}");
    assert!(
        messages(&found)[0].contains("sluice.toml:") && messages(&found)[0].contains("`revew`"),
        "{found:#}"
    );
    editor.open(&project, "sluice.toml");
    let found = editor.diagnostics("sluice.toml");
    assert!(messages(&found)[0].contains("`revew`") && messages(&found)[0].contains("`review`"), "{found:#}");
    let uri = editor.uri("sluice.toml");
    let covered = editor.act(json!({ "do": "slices", "uri": uri, "ranges": [found[0]["range"]] }));
    assert_eq!(covered[0], "revew");
    // Corrected in the editor, not yet on disk.
    editor.replace("sluice.toml", "revew", "review");
    assert_eq!(editor.diagnostics("sluice.toml"), json!([]));
    editor.append(CHANGE, "\n");
    assert_eq!(rules(&editor.diagnostics(CHANGE)), ["locks/create-index"]);
    // A project that was read once goes on by what was read.
    editor.replace("sluice.toml", "[review]", "[review");
    assert!(!editor.diagnostics("sluice.toml").as_array().unwrap().is_empty());
    editor.append(CHANGE, "\n");
    let found = editor.diagnostics(CHANGE);
    assert_eq!(rules(&found), ["-", "locks/create-index"], "{found:#}");
    assert_eq!(found[1]["data"]["evidence"], "modelled");
    editor.end();
}

#[test]
fn unknown_rules_of_the_policy_are_found_where_they_stand() {
    let project = project();
    let config = project.read("sluice.toml");
    let text = format!("# locks/create-indx\n{config}\n[review.rules]\n\"locks/create-indx\" = \"off\"\n");
    project.write("sluice.toml", &text);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, "sluice.toml");
    let found = editor.diagnostics("sluice.toml");
    assert!(messages(&found)[0].contains("did you mean `locks/create-index`?"), "{found:#}");
    let line = u64::try_from(text.lines().count() - 1).unwrap();
    assert_eq!(found[0]["range"]["start"]["line"], line);
    editor.replace("sluice.toml", "\"locks/create-indx\"", "\"locks/create-index\"");
    assert_eq!(editor.diagnostics("sluice.toml"), json!([]));
    editor.open(&project, CHANGE);
    assert_eq!(editor.diagnostics(CHANGE), json!([]), "the policy of the text that is not saved");
    editor.end();
}

#[test]
fn a_change_that_cannot_be_read_spoils_no_other() {
    let project = project();
    project.write("migrations/0003_bad.sql", "-- sluice: transaktion=none\nSELECT 1;\n");
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let found = editor.diagnostics(CHANGE);
    assert_eq!(rules(&found), ["-", "locks/create-index"], "{found:#}");
    assert!(messages(&found)[0].contains("migrations/0003_bad.sql:1:"), "{found:#}");
    editor.open(&project, "migrations/0003_bad.sql");
    let found = editor.diagnostics("migrations/0003_bad.sql");
    assert!(messages(&found)[0].contains("transaktion"), "{found:#}");
    editor.replace("migrations/0003_bad.sql", "transaktion", "transaction");
    assert_eq!(editor.diagnostics("migrations/0003_bad.sql"), json!([]));
    editor.append(CHANGE, "\n");
    let found = editor.diagnostics(CHANGE);
    assert_eq!(
        (rules(&found), &found[0]["data"]["evidence"]),
        (vec!["locks/create-index"], &json!("modelled"))
    );
    editor.end();
}

#[test]
fn files_that_change_on_disk_are_read_again() {
    let project = project();
    let params = json!({ "capabilities": { "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } } });
    let Some(mut editor) = Editor::with(&project, params) else { return };
    editor.open(&project, CHANGE);
    assert_eq!(editor.diagnostics(CHANGE)[0]["data"]["evidence"], "modelled");
    let registered = editor.act(json!({ "do": "registered" }));
    assert_eq!(registered[0]["method"], "workspace/didChangeWatchedFiles", "{registered}");
    let uri = editor.uri(CHANGE);
    for (table, evidence) in [("parcels", "assumed"), ("orders", "modelled")] {
        project.write("migrations/0001_orders.sql", &TABLE.replace("orders", table));
        let first = editor.uri("migrations/0001_orders.sql");
        let params = json!({ "changes": [{ "uri": first, "type": 2 }] });
        editor.act(json!({ "do": "notify", "method": "workspace/didChangeWatchedFiles", "params": params }));
        let found = editor.act(json!({ "do": "next", "uri": uri }));
        assert_eq!(found[0]["data"]["evidence"], evidence);
    }
    project.write("migrations/0001_orders.sql", &TABLE.replace("orders", "parcels"));
    editor.save(CHANGE);
    let found = editor.act(json!({ "do": "next", "uri": uri }));
    assert_eq!(found[0]["data"]["evidence"], "assumed");
    editor.end();
}

#[test]
fn files_without_a_project_are_reviewed_by_the_options() {
    let project = Project::new();
    project.write("a b/é.sql", INDEX);
    let options = json!({ "engine": "mysql", "serverVersion": "8.0.36", "extends": "all" });
    let Some(mut editor) =
        Editor::with(&project, json!({ "capabilities": {}, "initializationOptions": options }))
    else {
        return;
    };
    editor.open(&project, "a b/é.sql");
    let json = project
        .sluice(&[
            "check",
            "--engine",
            "mysql",
            "--server-version",
            "8.0.36",
            "--extends",
            "all",
            "a b/é.sql",
            "--format",
            "json",
        ])
        .json();
    let expected: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
    assert!(!expected.is_empty());
    assert_eq!(rules(&editor.diagnostics("a b/é.sql")), expected);
    assert!(editor.hover("a b/é.sql", "INDEX")["contents"]["value"].as_str().unwrap().contains("orders"));
    // Never saved: no path, no way to make files beside it.
    editor.act(json!({ "do": "open", "uri": "untitled:Untitled-1", "text": INDEX }));
    let found = editor.act(json!({ "do": "diagnostics", "uri": "untitled:Untitled-1" }));
    assert_eq!(rules(&found), expected);
    editor.end();
}

#[test]
fn without_project_and_engine_it_is_said_why_there_is_no_review() {
    let project = Project::new();
    project.write("a.sql", INDEX);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, "a.sql");
    let found = editor.diagnostics("a.sql");
    assert!(
        messages(&found)[0].contains("no sluice.toml") && messages(&found)[0].contains("`engine`"),
        "{found}"
    );
    assert_eq!(editor.hover("a.sql", "INDEX"), Value::Null);
    editor.end();
}

#[test]
fn what_is_no_change_of_the_project_is_left_alone() {
    let project = project();
    project
        .write("queries/report.sql", "DROP TABLE orders;\n")
        .write("migrations/0001_orders.down.sql", "DROP TABLE orders;\n");
    let Some(mut editor) = Editor::of(&project) else { return };
    for path in ["queries/report.sql", "migrations/0001_orders.down.sql"] {
        editor.open(&project, path);
        assert_eq!(editor.diagnostics(path), json!([]), "{path}");
        assert_eq!(editor.hover(path, "DROP"), Value::Null);
    }
    editor.end();
}

#[test]
fn an_engine_that_cannot_be_told_comes_from_the_options() {
    let project = project();
    project.write(
        "sluice.toml",
        &project.read("sluice.toml").replace("postgres://localhost/shop", "env:NOWHERE"),
    );
    for (options, expected) in
        [(json!({}), vec!["-"]), (json!({ "engine": "postgres" }), vec!["locks/create-index"])]
    {
        let params = json!({ "capabilities": {}, "initializationOptions": options });
        let Some(mut editor) = Editor::with(&project, params) else { return };
        editor.open(&project, CHANGE);
        let found = editor.diagnostics(CHANGE);
        assert_eq!(rules(&found), expected, "{found:#}");
        editor.end();
    }
}
