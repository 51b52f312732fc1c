//! Our statement borders next to those of the databases' own clients.
//!
//! `psql` and `mariadb` talk to a listener in this process that records every statement they send: the clients decide
//! about the borders, no server is needed and nothing has an effect. `sqlite3` runs the text in memory and traces what it
//! prepares.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

#[path = "differential/mariadb.rs"]
mod mariadb;
#[path = "differential/postgres.rs"]
mod postgres;
#[path = "differential/sqlite.rs"]
mod sqlite;

use std::process::Command;

use sluice_sql::{Dialect, PieceKind, split};

/// Whether a program is on PATH; says so loudly where it is not.
fn found(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: {program} is not on PATH");
    }
    found
}

/// What we would send, and the data of `COPY`.
fn ours(dialect: Dialect, text: &str) -> Vec<String> {
    let pieces = split(dialect, text).unwrap_or_else(|error| panic!("{dialect} {text:?}: {error}"));
    let mut sent = Vec::new();
    for piece in pieces {
        match piece.kind {
            PieceKind::Statement => sent.push(squeeze(dialect, piece.body.slice(text))),
            PieceKind::CopyFromStdin { data } => {
                sent.push(squeeze(dialect, piece.body.slice(text)));
                sent.push(format!("data: {}", data.slice(text).replace("\r\n", "\n")));
            }
            PieceKind::Blank | PieceKind::Delimiter => {}
        }
    }
    sent
}

/// Without the blanks and terminators at the ends, which clients keep or drop as they like.
fn squeeze(dialect: Dialect, sent: &str) -> String {
    let text = sent.trim().trim_end_matches(';');
    if dialect == Dialect::Mariadb || dialect == Dialect::Mysql {
        // This client joins lines and drops comments.
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    text.trim().to_owned()
}
