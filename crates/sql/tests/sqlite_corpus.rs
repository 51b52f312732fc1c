//! The SQLite statements of the shared corpus: what SQLite accepts must be understood, and what it refuses must not
//! pass silently.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use sluice_sql::Dialect::Sqlite;
use sluice_sql::model::Parsed;
use sluice_sql::{PieceKind, parse, split};
use sluice_text::Span;

/// The corpus: `SLUICE_CORPUS`, or `shared/corpus` beside the repository or above it.
fn corpus(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_CORPUS").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/corpus"));
    let found = named.into_iter().chain(above).map(|root| root.join(path)).find(|root| root.exists());
    if found.is_none() {
        eprintln!("SKIPPED: {path} of the corpus is not there; set SLUICE_CORPUS");
    }
    found
}

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
    let text = format!("\n{}", std::fs::read_to_string(file).unwrap());
    let (mut accepted, mut refused, mut failures) = (0, 0, Vec::new());
    for block in text.split("\n@@ ").skip(1) {
        let (name, sql) = block.split_once('\n').unwrap();
        let sql = sql.trim_end();
        let left = left_out(sql, &parse(Sqlite, sql, Span::new(0, sql.len())));
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

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "sql") {
            found.push(path);
        }
    }
}

#[test]
fn every_statement_of_real_migrations_is_understood() {
    let Some(folder) = corpus("migrations") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let (mut statements, mut failures, mut read) = (0, Vec::new(), 0);
    for path in paths.iter().filter(|path| path.to_string_lossy().contains("sqlite")) {
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

/// A string of JSON that begins behind its opening quote, and what follows it.
fn json_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next().unwrap().1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    value.extend(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()));
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    (value, "")
}

/// Schemas of other tools' tests, all of which load.
#[test]
fn every_schema_that_loads_is_understood() {
    let Some(folder) = corpus("schema-pairs") else { return };
    let (mut statements, mut failures) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().contains("sqlite") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            for key in ["\"setup\": \"", "\"old\": \"", "\"new\": \""] {
                let Some((_, rest)) = line.split_once(key) else { continue };
                let (sql, _) = json_string(rest);
                let Ok(pieces) = split(Sqlite, &sql) else { continue };
                for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
                    statements += 1;
                    let left = left_out(&sql, &parse(Sqlite, &sql, piece.body));
                    if !left.is_empty() {
                        failures.push(format!("{left:?} in {}", piece.body.slice(&sql)));
                    }
                }
            }
        }
    }
    eprintln!("{statements} statements of schemas, {} not understood", failures.len());
    assert!(statements > 100, "only {statements} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
