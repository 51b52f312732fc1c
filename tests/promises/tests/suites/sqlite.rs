use rusqlite::Connection;
use sluice_sql::{Dialect, PieceKind, split};

use crate::figures::Figures;
use crate::{files, suite};

/// What the scripts of Tcl have in braces behind one of these words.
const BEFORE: [&str; 5] = ["execsql {", "catchsql {", "do_execsql_test ", "do_catchsql_test ", "db eval {"];

/// SQL in a script: the text in the first braces behind each of the words.
fn scripts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = BEFORE.iter().filter_map(|word| rest.find(word)).min() {
        let line_end = rest[at..].find('\n').map_or(rest.len(), |end| at + end);
        let Some(open) = rest[at..line_end].find('{').map(|open| at + open) else {
            rest = &rest[line_end..];
            continue;
        };
        let mut depth = 0_usize;
        let close = rest[open..].bytes().position(|byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some(close) = close.map(|close| open + close) else { break };
        found.push(&rest[open + 1..close]);
        rest = &rest[close..];
    }
    found
}

/// What it refuses for other reasons than syntax went through the parser.
fn takes(database: &Connection, sql: &str) -> bool {
    match database.prepare(sql) {
        Ok(_) => true,
        Err(error) => {
            let message = error.to_string();
            let syntax = [
                "syntax error",
                "incomplete input",
                "unrecognized token",
                "ORDER BY clause should come",
                "LIMIT clause should come",
            ];
            !syntax.iter().any(|one| message.contains(one))
        }
    }
}

#[test]
fn sqlite_test_suite_is_analysed() {
    let Some(folder) = suite("sqlite") else { return };
    let database = Connection::open_in_memory().unwrap();
    let mut figures = Figures::default();
    for file in files(&folder, "test") {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let label = file.strip_prefix(&folder).unwrap().display().to_string();
        for script in scripts(&text) {
            let Ok(pieces) = split(Dialect::Sqlite, script) else { continue };
            for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
                let sql = piece.body.slice(script);
                if takes(&database, sql) {
                    figures.take(Dialect::Sqlite, &label, sql);
                }
            }
        }
    }
    let percent = figures.finish("SQLite's test suite");
    assert!(percent >= 99.0, "{percent} %");
}
