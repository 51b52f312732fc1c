use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::Editor;
use crate::rules;

const CHANGE: &str = "migrations/0001_change.sql";

fn project() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0000_table.sql", "CREATE TABLE b (c integer);\n");
    project.write(CHANGE, "CREATE INDEX a ON b (c);\n");
    project
}

#[test]
fn hostile_text_ends_nothing() {
    let project = project();
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let nested = format!("SELECT {}1{};", "(".repeat(100_000), ")".repeat(100_000));
    for (text, expected) in [
        ("SELECT 'open;", "review/unreadable-file"),
        ("DO $$ BEGIN", "review/unreadable-file"),
        (&nested, "review/beyond-limits"),
        ("SELECT 1;\u{0}", "-"),
        ("\u{feff}CREATE INDEX a ON b (c);", "locks/create-index"),
        ("", "-"),
        ("\r\r\n-- \u{2028}\nCREATE INDEX a ON b (c);", "locks/create-index"),
        (&"x".repeat(5 << 20), "-"),
    ] {
        let uri = editor.uri(CHANGE);
        editor.act(json!({ "do": "close", "uri": uri }));
        editor.open_with(CHANGE, text);
        let shown: String = text.chars().take(40).collect();
        let found = editor.diagnostics(CHANGE);
        let found = rules(&found);
        assert!(found.contains(&expected), "{shown}: {found:?}");
        editor.hover(CHANGE, "");
        editor.actions(CHANGE, "", json!({}));
    }
    editor.end();
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let project = project();
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open_with(CHANGE, "\u{feff}CREATE INDEX a ON b (c);\n");
    let found = editor.diagnostics(CHANGE);
    assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": 1 }));
    let actions = editor.actions(CHANGE, "CREATE", json!({ "only": ["source.fixAll.sluice"] }));
    let made = editor.preview(&actions[0]);
    assert_eq!(made[editor.uri(CHANGE)], "\u{feff}CREATE INDEX CONCURRENTLY a ON b (c);\n");
    editor.end();
}

#[test]
fn files_that_are_not_utf8_are_said_and_spoil_no_other() {
    let project = project();
    project.write_bytes("migrations/0002_latin.sql", b"SELECT 'K\xf6ln';\n");
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let found = editor.diagnostics(CHANGE);
    assert_eq!(rules(&found)[..2], ["-", "locks/create-index"]);
    assert!(
        found[0]["message"].as_str().unwrap().contains("0002_latin.sql:1:10: not valid UTF-8"),
        "{found:#}"
    );
    editor.end();
}

#[test]
fn places_outside_of_the_text_have_nothing() {
    let project = project();
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    for (line, character) in [(99, 0), (0, 9999), (4_294_967_295_u32, 4_294_967_295_u32)] {
        let at = json!({ "line": line, "character": character });
        editor.request("textDocument/hover", CHANGE, json!({ "position": at }));
        let params = json!({ "range": { "start": at, "end": at }, "context": { "diagnostics": [] } });
        editor.request("textDocument/codeAction", CHANGE, params);
    }
    // Of a file that is not open.
    let at = json!({ "line": 0, "character": 0 });
    assert_eq!(editor.request("textDocument/hover", "elsewhere.sql", json!({ "position": at })), Value::Null);
    editor.end();
}

#[test]
fn what_is_not_understood_is_refused_and_the_server_goes_on() {
    let project = project();
    let Some(mut editor) = Editor::of(&project) else { return };
    let refused = editor.attempt(&json!({ "do": "request", "method": "textDocument/rename", "params": {} }));
    assert_eq!(refused["code"], -32601, "{refused}");
    let refused = editor
        .attempt(&json!({ "do": "request", "method": "textDocument/hover", "params": { "position": 3 } }));
    assert_eq!(refused["code"], -32602, "{refused}");
    for (method, params) in [
        ("textDocument/didChange", json!({ "textDocument": 1 })),
        (
            "textDocument/didChange",
            json!({ "textDocument": { "uri": "file:///nowhere.sql", "version": 2 }, "contentChanges": [] }),
        ),
        ("textDocument/didClose", json!({ "textDocument": { "uri": "no uri" } })),
        ("workspace/didChangeConfiguration", json!({ "settings": [] })),
        ("sluice/unknown", json!(null)),
        ("$/setTrace", json!({ "value": "verbose" })),
    ] {
        editor.act(json!({ "do": "notify", "method": method, "params": params }));
    }
    editor.act(json!({ "do": "raw", "bytes": "Content-Length: 9\r\n\r\n{\"broken\"" }));
    editor.open(&project, CHANGE);
    assert_eq!(rules(&editor.diagnostics(CHANGE))[0], "locks/create-index");
    let ended = editor.act(json!({ "do": "end", "how": "shutdown" }));
    assert_eq!(ended["code"], 0, "{ended}");
}
