use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::Editor;

const CHANGE: &str = "migrations/0002_change.sql";

#[test]
fn a_statement_tells_what_it_locks() {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n");
    let text = "-- 🚀 sluice: nothing\n\
        CREATE TABLE parcels (id bigint PRIMARY KEY);\n\
        /* 🚀 */ CREATE INDEX orders_total ON orders (total);\n\
        UPDATE orders SET total = 1;\n\
        SELECT 1;\n";
    project.write(CHANGE, text);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let said = editor.hover(CHANGE, "INDEX");
    assert_eq!(said["contents"]["kind"], "markdown");
    insta::assert_snapshot!(said["contents"]["value"].as_str().unwrap(), @r"
    **Blocks writes** while it runs

    Locks
    - SHARE on `orders`

    Work
    - index-build of `orders_total`

    Taken back: by a statement

    Known how: modelled
    ");
    let uri = editor.uri(CHANGE);
    let covered = editor.act(json!({ "do": "slices", "uri": uri, "ranges": [said["range"]] }));
    assert_eq!(covered[0], "CREATE INDEX orders_total ON orders (total)");
    insta::assert_snapshot!(editor.hover(CHANGE, "UPDATE")["contents"]["value"].as_str().unwrap(), @r"
    **Others read and write** while it runs

    Locks
    - ROW EXCLUSIVE on `orders`

    Taken back: no: values are lost

    Known how: modelled

    Rows that it writes stay locked until its transaction ends.
    ");
    insta::assert_snapshot!(editor.hover(CHANGE, "TABLE parcels")["contents"]["value"].as_str().unwrap(), @r"
    **Others read and write** while it runs

    Taken back: by a statement

    Known how: modelled
    ");
    assert_eq!(editor.hover(CHANGE, "SELECT"), Value::Null);
    assert_eq!(editor.hover(CHANGE, "nothing"), Value::Null);
    editor.end();
}

#[test]
fn a_rule_is_explained_where_it_is_named() {
    let project = Project::with_database("postgres://localhost/shop");
    let config =
        format!("{}\n[review.rules]\n\"locks/create-index\" = \"warning\"\n", project.read("sluice.toml"));
    project.write("sluice.toml", &config);
    project.write(CHANGE, "-- sluice: allow(locks/create-index) reason=\"x\"\nCREATE INDEX a ON b (c);\n");
    let Some(mut editor) = Editor::of(&project) else { return };
    for path in [CHANGE, "sluice.toml"] {
        editor.open(&project, path);
        let said = editor.hover(path, "create-index");
        let text = said["contents"]["value"].as_str().unwrap();
        assert!(text.starts_with("**locks/create-index**") && text.contains("## Why"), "{text}");
        let uri = editor.uri(path);
        let covered = editor.act(json!({ "do": "slices", "uri": uri, "ranges": [said["range"]] }));
        assert_eq!(covered[0], "locks/create-index", "{path}");
    }
    editor.end();
}
