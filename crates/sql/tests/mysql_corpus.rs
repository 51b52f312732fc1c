//! The MySQL and MariaDB statements of the shared corpus: what a server accepts must be understood.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod shared;

use sluice_sql::Dialect::{Mariadb, Mysql};
use sluice_sql::model::{Reason, Statement};
use sluice_sql::{Dialect, PieceKind, parse, split};
use sluice_text::Span;

use shared::{cases, corpus, schemas};

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
    let answers = std::fs::read_to_string(answers).unwrap();
    let (mut accepted, mut refused, mut failures) = (0, 0, Vec::new());
    for (head, sql) in cases(&file) {
        let (name, server) = head.split_once(' ').unwrap();
        for dialect in [Mysql, Mariadb] {
            let answer = verdict(&answers, name, dialect.name());
            let ours = server == "both" || server == dialect.name();
            if answer.map_or(!ours, |code| code == "1064" || code == "1149") {
                refused += 1;
                continue;
            }
            accepted += 1;
            let left = left_out(dialect, &sql);
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

/// Schemas of other tools' tests, all of which load on MariaDB 10.11.
#[test]
fn every_schema_that_loads_on_mariadb_is_understood() {
    let Some(scripts) = schemas(&["mysql", "mariadb"]) else { return };
    let (mut statements, mut failures) = (0, Vec::new());
    for (name, sql) in scripts {
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
    eprintln!("{statements} statements of schemas, {} not understood", failures.len());
    assert!(statements > 500, "only {statements} statements");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
