//! The MySQL and MariaDB statements of the shared corpus: what a server accepts must be understood.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};

use sluice_sql::Dialect::{Mariadb, Mysql};
use sluice_sql::model::{Reason, Statement};
use sluice_sql::{Dialect, PieceKind, parse, split};
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

/// The answer that `server` gave to the statement called `name`.
fn verdict<'a>(answers: &'a str, name: &str, server: &str) -> Option<&'a str> {
    let (_, rest) = answers.split_once(&format!("\"{name}\": {{"))?;
    let (entry, _) = rest.split_once('}')?;
    let (_, rest) = entry.split_once(&format!("\"{server}\": \""))?;
    rest.split_once('"').map(|(code, _)| code)
}

/// Parts that were not understood, dynamic SQL left out: nobody understands that.
fn left_out(dialect: Dialect, sql: &str) -> Vec<String> {
    let parsed = parse(dialect, sql, Span::new(0, sql.len()));
    let mut parts: Vec<String> = parsed
        .not_analysed
        .iter()
        .filter(|part| part.reason != Reason::Dynamic)
        .map(|part| format!("{}: {}", part.reason, part.span.slice(sql)))
        .collect();
    for body in bodies(&parsed.statement) {
        for inner in &body.statements {
            parts.extend(
                inner.not_analysed.iter().map(|part| format!("{}: {}", part.reason, part.span.slice(sql))),
            );
        }
    }
    parts
}

fn bodies(statement: &Statement) -> Vec<&sluice_sql::model::Body> {
    match statement {
        Statement::CreateRoutine(routine) => routine.body.iter().collect(),
        Statement::CreateTrigger(trigger) => trigger.body.iter().collect(),
        Statement::CreateEvent(event) => vec![&event.body],
        Statement::Do(block) => vec![&block.body],
        _ => Vec::new(),
    }
}

#[test]
fn every_hard_statement_that_a_server_accepts_is_understood() {
    let (Some(file), Some(answers)) = (corpus("sql/mysql.txt"), corpus("sql/mysql_server.json")) else {
        return;
    };
    let text = format!("\n{}", std::fs::read_to_string(file).unwrap());
    let answers = std::fs::read_to_string(answers).unwrap();
    let (mut accepted, mut refused, mut failures) = (0, 0, Vec::new());
    for block in text.split("\n@@ ").skip(1) {
        let (head, sql) = block.split_once('\n').unwrap();
        let (name, server) = head.split_once(' ').unwrap();
        let sql = sql.trim_end();
        for dialect in [Mysql, Mariadb] {
            let answer = verdict(&answers, name, dialect.name());
            let ours = server == "both" || server == dialect.name();
            if answer.map_or(!ours, |code| code == "1064" || code == "1149") {
                refused += 1;
                continue;
            }
            accepted += 1;
            let left = left_out(dialect, sql);
            if !left.is_empty() {
                failures.push(format!("{dialect} {name}: {left:?}"));
            }
        }
    }
    eprintln!(
        "{accepted} accepted and {} understood, {refused} refused by the server",
        accepted - failures.len()
    );
    assert!(accepted > 180, "only {accepted} statements");
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

/// Schemas of other tools' tests, all of which load on MariaDB 10.11.
#[test]
fn every_schema_that_loads_on_mariadb_is_understood() {
    let Some(folder) = corpus("schema-pairs") else { return };
    let (mut statements, mut failures) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains("mysql") && !name.contains("mariadb") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            for key in ["\"setup\": \"", "\"old\": \"", "\"new\": \""] {
                let Some((_, rest)) = line.split_once(key) else { continue };
                let (sql, _) = json_string(rest);
                let Ok(pieces) = split(Mariadb, &sql) else { continue };
                for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
                    statements += 1;
                    let body = piece.body.slice(&sql);
                    for dialect in [Mariadb, Mysql] {
                        let left = left_out(dialect, body);
                        if !left.is_empty() {
                            failures.push(format!("{name} {dialect} {left:?} in {body}"));
                        }
                    }
                }
            }
        }
    }
    eprintln!("{statements} statements of schemas, {} not understood", failures.len());
    assert!(statements > 500, "only {statements} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
