use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::Editor;
use crate::rules;

const TABLE: &str = "migrations/0001_orders.sql";
const INDEX: &str = "migrations/0002_index.sql";

fn project() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write(TABLE, "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n");
    project.write(INDEX, "CREATE INDEX a ON orders (total);\n");
    project
}

fn pull(editor: &mut Editor, path: &str, previous: &Value) -> Value {
    let uri = editor.uri(path);
    editor.act(json!({ "do": "pull", "uri": uri, "previous": previous }))
}

#[test]
fn a_client_that_asks_is_told_when_it_asks() {
    let project = project();
    let capabilities = json!({
        "textDocument": { "diagnostic": {} },
        "workspace": { "diagnostics": { "refreshSupport": true } },
    });
    let Some(mut editor) = Editor::with(&project, json!({ "capabilities": capabilities })) else { return };
    editor.open(&project, INDEX);
    let first = pull(&mut editor, INDEX, &Value::Null);
    assert_eq!((&first["kind"], rules(&first["items"])), (&json!("full"), vec!["locks/create-index"]));
    let same = pull(&mut editor, INDEX, &first["resultId"]);
    assert_eq!(same, json!({ "kind": "unchanged", "resultId": first["resultId"] }));
    editor.replace(INDEX, "INDEX", "INDEX CONCURRENTLY");
    let mended = pull(&mut editor, INDEX, &first["resultId"]);
    assert_eq!((&mended["kind"], &mended["items"]), (&json!("full"), &json!([])));
    // Another file changes what is to be said of this one.
    let before = editor.act(json!({ "do": "refreshed", "more": -1 }));
    editor.open(&project, TABLE);
    editor.act(json!({ "do": "refreshed", "more": before }));
    let before = editor.act(json!({ "do": "refreshed", "more": -1 }));
    editor.replace(TABLE, "total", "amount");
    editor.act(json!({ "do": "refreshed", "more": before }));
    let changed = pull(&mut editor, INDEX, &mended["resultId"]);
    assert_eq!(rules(&changed["items"]), ["correctness/index-on-missing-column"], "{changed:#}");
    assert_eq!(editor.act(json!({ "do": "published" })), 0, "nothing is shown twice");
    let closed = pull(&mut editor, "migrations/0009_not_open.sql", &Value::Null);
    assert_eq!(closed["items"], json!([]));
    editor.end();
}

#[test]
fn what_is_asked_for_is_what_is_sent_to_others() {
    let project = project();
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, INDEX);
    let sent = editor.diagnostics(INDEX);
    assert_eq!(pull(&mut editor, INDEX, &Value::Null)["items"], sent);
    editor.end();
}
