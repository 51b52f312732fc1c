use serde_json::json;
use sluice_e2e::Project;

use crate::editor::Editor;
use crate::rules;

#[test]
fn how_it_ends_is_its_exit_code() {
    let project = Project::new();
    for (how, code) in [("shutdown", 0), ("exit", 1), ("silence", 1)] {
        let Some(mut editor) = Editor::of(&project) else { return };
        let ended = editor.act(json!({ "do": "end", "how": how }));
        assert_eq!((&ended["code"], &ended["errors"]), (&json!(code), &json!("")), "{how}");
    }
    let Some(mut editor) = Editor::silent(&project, &["--stdio"]) else { return };
    assert_eq!(editor.act(json!({ "do": "end", "how": "exit" }))["code"], 1);
    let Some(mut editor) = Editor::silent(&project, &[]) else { return };
    editor.act(json!({ "do": "raw", "bytes": "GET / HTTP/1.1\r\nHost: x\r\n\r\n" }));
    let ended = editor.act(json!({ "do": "end", "how": "silence" }));
    assert_eq!(ended["code"], 1);
    assert!(ended["errors"].as_str().unwrap().contains("not the protocol"), "{ended}");
}

#[test]
fn requests_have_their_time() {
    let project = Project::new();
    let Some(mut editor) = Editor::silent(&project, &[]) else { return };
    let early = editor.attempt(&json!({ "do": "request", "method": "textDocument/hover", "params": {} }));
    assert_eq!(early["code"], -32002, "{early}");
    let answer = editor.act(json!({ "do": "initialize", "params": { "capabilities": {} } }));
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(answer["serverInfo"]["name"], "sluice");
    let again =
        editor.attempt(&json!({ "do": "request", "method": "initialize", "params": { "capabilities": {} } }));
    assert_eq!(again["code"], -32600, "{again}");
    editor.act(json!({ "do": "request", "method": "shutdown" }));
    let late = editor.attempt(&json!({ "do": "request", "method": "textDocument/hover", "params": {} }));
    assert_eq!(late["code"], -32600, "{late}");
}

#[test]
fn a_request_that_is_called_off_is_answered_once() {
    let project = Project::new();
    project.write("a.sql", "CREATE INDEX a ON b (c);\n");
    let params = json!({ "capabilities": {}, "initializationOptions": { "engine": "postgres" } });
    let Some(mut editor) = Editor::with(&project, params) else { return };
    editor.open(&project, "a.sql");
    for _ in 0..20 {
        let uri = editor.uri("a.sql");
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } });
        let answer =
            editor.act(json!({ "do": "cancelled", "method": "textDocument/hover", "params": params }));
        assert!(answer == "answered" || answer == -32800, "{answer}");
    }
    assert_eq!(rules(&editor.diagnostics("a.sql")), ["locks/create-index"]);
    editor.end();
}

#[test]
fn options_that_cannot_be_taken_are_said() {
    let project = Project::new();
    let params = json!({ "capabilities": {}, "initializationOptions": { "engine": "oracle" } });
    let Some(mut editor) = Editor::with(&project, params) else { return };
    editor.request_nothing();
    let said = editor.act(json!({ "do": "said" }));
    assert!(said[0].as_str().unwrap().contains("`engine`"), "{said}");
    editor.end();
}

#[test]
fn the_configuration_can_be_named() {
    let project = Project::with_database("postgres://localhost/shop");
    std::fs::rename(project.path("sluice.toml"), project.path("other.toml")).unwrap();
    project.write("migrations/0_b.sql", "CREATE TABLE b (c integer);\n");
    project.write("migrations/1_a.sql", "CREATE INDEX a ON b (c);\n");
    let Some(mut editor) = Editor::silent(&project, &["--config", "other.toml"]) else { return };
    editor.act(json!({ "do": "initialize", "params": { "capabilities": {} } }));
    editor.open(&project, "migrations/1_a.sql");
    assert_eq!(rules(&editor.diagnostics("migrations/1_a.sql"))[0], "locks/create-index");
    editor.open(&project, "other.toml");
    editor.replace("other.toml", "[project]", "[projekt]");
    let found = editor.diagnostics("other.toml").to_string();
    assert!(found.contains("`projekt`"), "{found}");
    editor.end();
}
