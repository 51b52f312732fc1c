use serde_json::{Value, json};
use sluice_e2e::Project;

use crate::editor::{Editor, capabilities};
use crate::rules;

const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, note text);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";
const CHANGE: &str = "migrations/0002_change.sql";

/// A project with one table and a change of it.
fn project(change: &str) -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE).write(CHANGE, change);
    project
}

/// Findings of `sluice check` about a file, as an editor would show them: rule, severity, text, and the text that they are about.
fn checked(project: &Project, path: &str, text: &str) -> Vec<Value> {
    let json = project.sluice(&["check", "--format", "json"]).json();
    let lines: Vec<&str> = text.split('\n').collect();
    let offset = |line: &Value, column: &Value| {
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let (line, column) = (number(line), number(column));
        let before: usize = lines[..line - 1].iter().map(|line| line.len() + 1).sum();
        before + lines[line - 1].chars().take(column - 1).map(char::len_utf8).sum::<usize>()
    };
    let findings = json["findings"].as_array().unwrap().iter().filter(|one| one["path"] == path);
    findings
        .map(|one| {
            let slice =
                &text[offset(&one["line"], &one["column"])..offset(&one["end_line"], &one["end_column"])];
            // No client can tell a place inside of a line's end.
            let slice = slice.trim_end_matches('\r');
            let help = one["help"].as_str().unwrap();
            let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}") };
            let severity = match one["severity"].as_str().unwrap() {
                "error" => 1,
                "warning" => 2,
                _ => 3,
            };
            json!([
                one["rule"],
                severity,
                format!("{}{help}", one["message"].as_str().unwrap()),
                slice,
                one["line"].as_u64().unwrap() - 1,
                one["evidence"],
            ])
        })
        .collect()
}

/// What an editor shows of a document, in the same shape.
fn shown(editor: &mut Editor, path: &str) -> Vec<Value> {
    let diagnostics = editor.diagnostics(path);
    let diagnostics = diagnostics.as_array().unwrap();
    let ranges: Vec<&Value> = diagnostics.iter().map(|one| &one["range"]).collect();
    let uri = editor.uri(path);
    let slices = editor.act(json!({ "do": "slices", "uri": uri, "ranges": ranges }));
    let slices = slices.as_array().unwrap();
    diagnostics
        .iter()
        .zip(slices)
        .map(|(one, slice)| {
            assert_eq!(one["source"], "sluice");
            let line = &one["range"]["start"]["line"];
            json!([one["code"], one["severity"], one["message"], slice, line, one["data"]["evidence"]])
        })
        .collect()
}

const DANGEROUS: &str = "-- 🚀 é\n\
    UPDATE orders SET note = '🚀🚀' ; CREATE INDEX \"ix_🚀\" ON orders (total);\n\
    ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n\
    DROP TABLE orders;\n\
    FROBNICATE 🚀;\n\
    -- sluice: allow(naming/table) reason=\"nothing\"\n\
    ALTER TABLE customers ADD COLUMN total int NOT NULL;";

#[test]
fn an_editor_shows_the_findings_of_check() {
    for encodings in [json!(["utf-16"]), json!(["utf-8", "utf-16"])] {
        for text in [DANGEROUS.to_owned(), DANGEROUS.replace('\n', "\r\n")] {
            let project = project(&text);
            let general = json!({ "capabilities": { "general": { "positionEncodings": encodings } } });
            let Some(mut editor) = Editor::with(&project, general) else { return };
            editor.open(&project, CHANGE);
            let expected = checked(&project, CHANGE, &text);
            assert!(expected.len() > 5, "{expected:#?}");
            if encodings[0] == "utf-16" {
                assert_eq!(shown(&mut editor, CHANGE), expected);
            } else {
                // The library counts in UTF-16: only lines and messages can be compared.
                let lines =
                    |all: &[Value]| all.iter().map(|one| json!([one[0], one[2], one[4]])).collect::<Vec<_>>();
                assert_eq!(lines(&shown(&mut editor, CHANGE)), lines(&expected));
                let diagnostics = editor.diagnostics(CHANGE);
                let index =
                    diagnostics.as_array().unwrap().iter().find(|one| one["code"] == "locks/create-index");
                let column = index.unwrap()["range"]["start"]["character"].as_u64().unwrap();
                let line = text.lines().nth(1).unwrap();
                assert!(line[usize::try_from(column).unwrap()..].starts_with("CREATE INDEX"), "{column}");
            }
            editor.end();
        }
    }
}

#[test]
fn a_suppression_that_is_typed_takes_effect() {
    let project = project(INDEX);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    assert_eq!(rules(&editor.diagnostics(CHANGE)), ["locks/create-index"]);
    editor.replace(CHANGE, "CREATE", "-- sluice: allow(locks/create-index) reason=\"\"\nCREATE");
    let found = editor.diagnostics(CHANGE);
    assert_eq!(rules(&found), ["review/suppression-without-reason", "locks/create-index"]);
    editor.replace(CHANGE, "reason=\"\"", "reason=\"nobody writes 🚀\"");
    assert_eq!(editor.diagnostics(CHANGE), json!([]));
    editor.replace(CHANGE, "orders_total", "orders_sum");
    assert_eq!(editor.diagnostics(CHANGE), json!([]));
    editor.replace(CHANGE, " reason=\"nobody writes 🚀\"", "");
    assert_eq!(rules(&editor.diagnostics(CHANGE)).len(), 2);
    editor.end();
}

#[test]
fn text_that_is_not_saved_counts_in_the_files_after_it() {
    let project = project(INDEX);
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    assert_eq!(editor.diagnostics(CHANGE)[0]["data"]["evidence"], "modelled");
    editor.open(&project, "migrations/0001_orders.sql");
    editor.replace("migrations/0001_orders.sql", "TABLE orders", "TABLE parcels");
    let uri = editor.uri(CHANGE);
    loop {
        let found = editor.act(json!({ "do": "diagnostics", "uri": uri }));
        if found[0]["data"]["evidence"] == "assumed" {
            break;
        }
        editor.act(json!({ "do": "next", "uri": uri }));
    }
    // Closed without saving: what is on disk counts again.
    let first = editor.uri("migrations/0001_orders.sql");
    editor.act(json!({ "do": "close", "uri": first }));
    while editor.act(json!({ "do": "diagnostics", "uri": uri }))[0]["data"]["evidence"] != "modelled" {
        editor.act(json!({ "do": "next", "uri": uri }));
    }
    assert_eq!(editor.diagnostics("migrations/0001_orders.sql"), json!([]), "cleared");
    editor.end();
}

#[test]
fn a_change_that_is_not_saved_yet_is_a_change() {
    let project = project("SELECT 1;\n");
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open_with("migrations/0003_new.sql", INDEX);
    let found = editor.diagnostics("migrations/0003_new.sql");
    assert_eq!(
        (rules(&found), &found[0]["data"]["evidence"]),
        (vec!["locks/create-index"], &json!("modelled"))
    );
    editor.replace("migrations/0003_new.sql", INDEX, "");
    assert!(
        editor.diagnostics("migrations/0003_new.sql")[0]["message"]
            .as_str()
            .unwrap()
            .contains("no statement")
    );
    editor.append("migrations/0003_new.sql", INDEX);
    assert_eq!(rules(&editor.diagnostics("migrations/0003_new.sql")), ["locks/create-index"]);
    editor.end();
}

#[test]
fn files_of_other_layouts_are_reviewed_while_they_are_typed() {
    let goose = |body: &str| format!("-- +goose Up\n{body}-- +goose Down\nDROP TABLE orders;\n");
    let liquibase = |body: &str| {
        format!("--liquibase formatted sql\n--changeset ann:2\n{body}--rollback DROP TABLE orders;\n")
    };
    let layouts: [(&str, &str, String, String); 3] = [
        ("0001_a.sql", "0002_b.sql", goose(TABLE), goose(INDEX)),
        ("V1__a.sql", "V2__b.sql", TABLE.to_owned(), INDEX.to_owned()),
        ("1.sql", "2.sql", liquibase(TABLE).replace("ann:2", "ann:1"), liquibase(INDEX)),
    ];
    for (first, second, table, index) in layouts {
        let project = Project::with_database("postgres://localhost/shop");
        let path = format!("migrations/{second}");
        project.write(&format!("migrations/{first}"), &table).write(&path, &index);
        let Some(mut editor) = Editor::of(&project) else { return };
        editor.open(&project, &path);
        assert_eq!(shown(&mut editor, &path), checked(&project, &path, &index), "{path}");
        editor.replace(&path, "INDEX", "INDEX CONCURRENTLY");
        assert_eq!(editor.diagnostics(&path), json!([]), "{path}");
        editor.replace(&path, "CREATE INDEX CONCURRENTLY", "-- 🚀\nCREATE INDEX");
        let typed = index.replace("CREATE", "-- 🚀\nCREATE");
        project.write(&path, &typed);
        assert_eq!(shown(&mut editor, &path), checked(&project, &path, &typed), "{path}");
        editor.end();
    }
}

#[test]
fn every_engine_of_a_project_has_its_findings() {
    let project = project(INDEX);
    let config = project.read("sluice.toml");
    project.write(
        "sluice.toml",
        &format!("{config}\n[[database]]\nname = \"lite\"\nenvironment = \"dev\"\nurl = \"sqlite:a.db\"\n"),
    );
    let Some(mut editor) = Editor::of(&project) else { return };
    editor.open(&project, CHANGE);
    assert_eq!(shown(&mut editor, CHANGE), checked(&project, CHANGE, INDEX));
    let said = editor.hover(CHANGE, "INDEX");
    let said = said["contents"]["value"].as_str().unwrap();
    assert!(said.contains("### postgres") && said.contains("### sqlite"), "{said}");
    editor.end();
}

#[test]
fn rules_are_linked_where_their_documentation_is() {
    let project = project(INDEX);
    let options = json!({ "capabilities": capabilities(), "initializationOptions": { "ruleDocs": "https://docs.example/rules/" } });
    let Some(mut editor) = Editor::with(&project, options) else { return };
    editor.open(&project, CHANGE);
    let href = &editor.diagnostics(CHANGE)[0]["codeDescription"]["href"];
    assert_eq!(href, "https://docs.example/rules/locks.md#lockscreate-index");
    editor.end();
}
