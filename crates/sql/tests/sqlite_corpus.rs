//! The SQLite statements of the shared corpus: what SQLite accepts must be understood, and what it refuses must not
//! pass silently.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod shared;

use sluice_sql::Dialect::Sqlite;
use sluice_sql::model::Parsed;
use sluice_sql::{PieceKind, parse, split};
use sluice_text::Span;

use shared::{cases, corpus, schemas, sql_files};

/// Parts that were not understood, those of nested statements too.
fn left_out(text: &str, parsed: &Parsed) -> Vec<String> {
    let mut parts: Vec<String> = parsed
        .not_analysed
        .iter()
        .map(|part| format!("{}: {}", part.reason, part.span.slice(text)))
        .collect();
    for inner in parsed.statement.nested() {
        parts.extend(left_out(text, inner));
    }
    parts
}

#[test]
fn every_hard_statement_that_sqlite_accepts_is_understood_and_no_other() {
    let Some(file) = corpus("sql/sqlite.txt") else { return };
    let (mut accepted, mut refused, mut failures) = (0, 0, Vec::new());
    for (name, sql) in cases(&file) {
        let left = left_out(&sql, &parse(Sqlite, &sql, Span::new(0, sql.len())));
        let bad = name.starts_with("bad_");
        if bad {
            refused += 1;
        } else {
            accepted += 1;
        }
        if bad == left.is_empty() {
            failures.push(format!("{name}: {left:?} in {sql}"));
        }
    }
    eprintln!("{accepted} accepted, {refused} refused, {} judged wrongly", failures.len());
    assert!(accepted > 50, "only {accepted} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_statement_of_real_migrations_is_understood() {
    let Some(folder) = corpus("migrations") else { return };
    let (mut statements, mut failures, mut read) = (0, Vec::new(), 0);
    for path in sql_files(&folder).iter().filter(|path| path.to_string_lossy().contains("sqlite")) {
        read += 1;
        let text = std::fs::read_to_string(path).unwrap();
        for piece in split(Sqlite, &text).unwrap().iter().filter(|piece| piece.kind == PieceKind::Statement) {
            statements += 1;
            let parsed = parse(Sqlite, &text, piece.body);
            let left = left_out(&text, &parsed);
            if !left.is_empty() {
                failures.push(format!("{}: {left:?}", path.display()));
            }
        }
    }
    eprintln!("{statements} statements of {read} files, {} not understood", failures.len());
    assert!(statements > 10, "only {statements} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Schemas of other tools' tests, all of which load.
#[test]
fn every_schema_that_loads_is_understood() {
    let Some(scripts) = schemas(&["sqlite"]) else { return };
    let (mut statements, mut failures) = (0, Vec::new());
    for (_, sql) in scripts {
        let Ok(pieces) = split(Sqlite, &sql) else { continue };
        for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
            statements += 1;
            let left = left_out(&sql, &parse(Sqlite, &sql, piece.body));
            if !left.is_empty() {
                failures.push(format!("{left:?} in {}", piece.body.slice(&sql)));
            }
        }
    }
    eprintln!("{statements} statements of schemas, {} not understood", failures.len());
    assert!(statements > 100, "only {statements} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
