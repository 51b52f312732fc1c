use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::Editor;

const CHANGE: &str = "migrations/0002_change.sql";
const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, note text);\n";
const TWO: &str =
    "-- 🚀\nSELECT 1; CREATE INDEX a ON orders (total); -- 🚀\n\n  CREATE INDEX b ON orders (note);\n";

fn project(change: &str) -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE).write(CHANGE, change);
    project
}

/// The action whose title holds a text.
fn named<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let found = actions.iter().find(|one| one["title"].as_str().unwrap().contains(title));
    found.unwrap_or_else(|| panic!("no `{title}` in {actions:#?}"))
}

/// What `sluice check --fix` makes of the files of a project: every migration by its path.
fn fixed(project: &Project) -> Vec<(String, String)> {
    project.sluice(&["check", "--fix"]);
    let folder = std::fs::read_dir(project.path("migrations")).unwrap();
    let names = folder.map(|item| format!("migrations/{}", item.unwrap().file_name().to_str().unwrap()));
    let mut files: Vec<(String, String)> = names.map(|path| (path.clone(), project.read(&path))).collect();
    files.sort();
    files
}

#[test]
fn all_fixes_make_the_text_of_check_fix() {
    for text in [TWO, &TWO.replace('\n', "\r\n"), "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n"] {
        let project = project(text);
        let Some(mut editor) = Editor::of(&project) else { return };
        editor.open(&project, CHANGE);
        let actions = editor.actions(CHANGE, "🚀", json!({ "only": ["source.fixAll"] }));
        assert_eq!(actions.len(), 1, "{actions:#?}");
        assert_eq!(actions[0]["kind"], "source.fixAll.sluice");
        let made = editor.preview(&actions[0]);
        let expected = fixed(&project);
        assert!(expected.iter().any(|(path, now)| path == CHANGE && now != text));
        for (path, text) in &expected[1..] {
            assert_eq!(made[editor.uri(path)], **text, "{path}: {made:#}");
        }
        assert_eq!(made.as_object().unwrap().len(), expected.len() - 1, "{made:#}");
        editor.end();
    }
}

#[test]
fn a_fix_is_made_where_its_finding_is() {
    let project = project(TWO);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    let found = editor.diagnostics(CHANGE);
    let actions = editor.actions(CHANGE, "CREATE INDEX b", json!({ "only": ["quickfix"] }));
    let fix = actions.iter().find(|one| one["isPreferred"] == true).unwrap();
    assert_eq!(fix["kind"], "quickfix");
    assert!(found.as_array().unwrap().contains(&fix["diagnostics"][0]), "{fix:#}");
    let made = editor.preview(fix);
    assert_eq!(made[editor.uri(CHANGE)], *TWO.replace("INDEX b", "INDEX CONCURRENTLY b"));
    let nothing = editor.actions(CHANGE, "SELECT", json!({ "only": ["quickfix"] }));
    assert!(nothing.is_empty(), "{nothing:#?}");
    let nothing = editor.actions(CHANGE, "CREATE INDEX b", json!({ "only": ["refactor"] }));
    assert!(nothing.is_empty(), "{nothing:#?}");
    editor.end();
}

#[test]
fn a_fix_that_needs_files_is_offered_to_those_who_can_make_them() {
    let text = "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n";
    let project = project(text);
    for (capabilities, offered) in [
        (json!({}), false),
        (json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } }), false),
        (crate::editor::capabilities(), true),
    ] {
        let Some(mut editor) = Editor::with(&project, json!({ "capabilities": capabilities })) else {
            return;
        };
        editor.open(&project, CHANGE);
        let actions = editor.actions(CHANGE, "ALTER COLUMN", json!({}));
        assert_eq!(actions.iter().any(|one| one["isPreferred"] == true), offered, "{actions:#?}");
        editor.end();
    }
}

#[test]
fn edits_of_plain_clients_name_no_version() {
    let project = project(TWO);
    let Some(mut editor) = Editor::with(&project, json!({ "capabilities": {} })) else { return };
    editor.open(&project, CHANGE);
    let actions = editor.actions(CHANGE, "CREATE INDEX b", json!({}));
    let fix = actions.iter().find(|one| one["isPreferred"] == true).unwrap();
    assert!(fix["edit"]["documentChanges"].is_null() && fix["edit"]["changes"].is_object(), "{fix:#}");
    let made = editor.preview(fix);
    assert_eq!(made[editor.uri(CHANGE)], *TWO.replace("INDEX b", "INDEX CONCURRENTLY b"));
    editor.end();
}

#[test]
fn a_suppression_waits_for_its_reason() {
    let allow = "-- sluice: allow(locks/create-index) reason=\"\"";
    for (text, at, title, expected) in [
        (
            TWO,
            "CREATE INDEX b",
            "here",
            TWO.replace("  CREATE INDEX b", &format!("  {allow}\n  CREATE INDEX b")),
        ),
        (TWO, "CREATE INDEX a", "here", TWO.replace("CREATE INDEX a", &format!("\n{allow}\nCREATE INDEX a"))),
        (
            "-- x\r\nCREATE INDEX a ON orders (total);\r\n",
            "CREATE",
            "in this file",
            format!("-- x\r\n{allow}\r\nCREATE INDEX a ON orders (total);\r\n"),
        ),
    ] {
        let project = project(text);
        let Some(mut editor) = Editor::of(&project) else { return };
        editor.open(&project, CHANGE);
        let actions = editor.actions(CHANGE, at, json!({}));
        let action = named(&actions, &format!("allow locks/create-index {title}"));
        let made = editor.preview(action);
        assert_eq!(made[editor.uri(CHANGE)], *expected);
        editor.end();
    }
}
