use sluice_sql::{Dialect, PieceKind, split};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use crate::figures::Figures;
use crate::{files, suite};

/// The server parses a statement without running it when it prepares it. What it refuses for other reasons than its syntax
/// went through the parser.
async fn takes(client: &Client, sql: &str) -> bool {
    match client.prepare(sql).await {
        Ok(_) => true,
        Err(error) => error.code().is_some_and(|code| *code != SqlState::SYNTAX_ERROR),
    }
}

/// Without the commands of psql, which are lines that begin with a backslash, or end a statement.
fn without_commands(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let command = line
            .trim_start()
            .strip_prefix('\\')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '!'));
        if !command {
            let ends = [
                " \\g",
                "\t\\g",
                "\\gset",
                "\\gexec",
                "\\gx",
                "\\crosstabview",
                "\\gdesc",
                "\\bind",
                "\\parse",
                "\\watch",
                "\\sendpipeline",
            ];
            let end = ends.iter().filter_map(|end| line.find(end)).min();
            match end {
                Some(end) => {
                    out.push_str(&line[..end]);
                    out.push(';');
                }
                None => out.push_str(&line.replace("\\;", ";")),
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn postgres_regression_suite_is_analysed() {
    let Some(folder) = suite("postgres") else { return };
    let server = sluice_testkit::newest_postgres();
    let database = server.database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (client, connection) = runtime.block_on(tokio_postgres::connect(database.url(), NoTls)).unwrap();
    runtime.spawn(connection);
    let mut figures = Figures::default();
    for file in files(&folder, "sql") {
        // Files in other encodings are about these encodings.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let text = without_commands(&text);
        let label = file.strip_prefix(&folder).unwrap().display().to_string();
        let pieces = match split(Dialect::Postgres, &text) {
            Ok(pieces) => pieces,
            Err(error) => {
                println!("{label}: cannot be split at {:?}: {error}", error.span);
                continue;
            }
        };
        for piece in pieces {
            let sql = piece.body.slice(&text);
            let statement = matches!(piece.kind, PieceKind::Statement | PieceKind::CopyFromStdin { .. });
            if statement && runtime.block_on(takes(&client, sql)) {
                figures.take(Dialect::Postgres, &label, sql);
            }
        }
    }
    let percent = figures.finish("PostgreSQL's regression suite");
    assert!(percent >= 99.9, "{percent} %");
}
