//! Schemas that are read from real databases: what the catalog tells is what the statements make that the database was made by.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod mariadb;
mod plain;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_engine::{Connect, Database, LiveSchema};
use sluice_schema::{Name, Schema};
use sluice_sql::{Dialect, PieceKind};

/// The schema of a database as its catalog tells it.
fn read(database: &dyn Database, url: &str) -> LiveSchema {
    let connect = Connect {
        url: url.to_owned(),
        run_id: "live".to_owned(),
        connect_timeout: Duration::from_secs(10),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reading = async {
        let mut session = database.connect(&connect).await?;
        session.read_only().await?;
        session.live_schema().await
    };
    runtime.block_on(reading).unwrap_or_else(|error| panic!("{error}"))
}

/// What the statements of a catalog make.
fn made_by(dialect: Dialect, live: &LiveSchema) -> Schema {
    let mut schema = sluice_review::replayed(dialect, live.statements.iter().map(String::as_str));
    for (of, name) in &live.invalid_indexes {
        schema.invalidate_index(&Name::new(of.as_str(), name.as_str()));
    }
    schema.complete = live.complete;
    schema
}

/// What the statements of files make.
fn made_by_files<'t>(dialect: Dialect, texts: impl IntoIterator<Item = &'t str>) -> Schema {
    let mut statements: Vec<&str> = Vec::new();
    for text in texts {
        let pieces = sluice_sql::split(dialect, text).unwrap();
        let bodies = pieces
            .into_iter()
            .filter(|piece| matches!(piece.kind, PieceKind::Statement | PieceKind::CopyFromStdin { .. }));
        statements.extend(bodies.map(|piece| piece.body.slice(text)));
    }
    let mut schema = sluice_review::replayed(dialect, statements);
    schema.complete = true;
    schema
}

/// The files of a folder that end so, in the order of their paths.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(path);
            }
        }
    }
    // Versions are the digits that the names begin with, whatever divides them.
    found.sort_by_key(|path| {
        let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        let name = name.rsplit_once("migrations/").map_or(name.clone(), |(_, name)| name.to_owned());
        let version = name.chars().take_while(|c| c.is_ascii_digit() || *c == '-');
        version.filter(char::is_ascii_digit).collect::<String>()
    });
    found
}
