//! Many small SQLite databases: one `sluice deploy` against a bare loop over the same transactions.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::arena::Arena;
use crate::measurement::Sample;
use crate::table::Line;
use crate::workload::{self, Database, Flavour};

const CHANGES: usize = 10;

/// `databases` databases × 10 changes.
pub fn fleet(arena: &Arena, databases: usize) -> anyhow::Result<Vec<Line>> {
    let threads = std::thread::available_parallelism()?.get();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arena.runs.min(3) {
        ours.push(deploy(arena, databases, threads)?);
        theirs.push(bare_loop(arena, databases, threads)?);
    }
    let work = format!("{databases} SQLite databases x {CHANGES}");
    Ok(vec![Line::ratio(&work, &format!("rusqlite, {threads} threads"), &ours, &theirs, 1.2)])
}

fn deploy(arena: &Arena, databases: usize, threads: usize) -> anyhow::Result<Sample> {
    let project = tempfile::tempdir_in(arena.folder())?;
    let names: Vec<Database> = (0..databases)
        .map(|number| Database { name: format!("db-{number:04}"), url: format!("sqlite:{number:04}.db") })
        .collect();
    workload::write_project(project.path(), Flavour::Sqlite, CHANGES, &names, threads)?;
    create_empty(project.path(), databases)?;
    let sample = arena.sluice(project.path())?.run()?;
    check(project.path(), databases)?;
    Ok(sample)
}

fn bare_loop(arena: &Arena, databases: usize, threads: usize) -> anyhow::Result<Sample> {
    let folder = tempfile::tempdir_in(arena.folder())?;
    create_empty(folder.path(), databases)?;
    let sample = arena
        .subject(std::env::current_exe()?, folder.path())?
        .args(["sqlite-loop", &databases.to_string(), &threads.to_string()])
        .run()?;
    check(folder.path(), databases)?;
    Ok(sample)
}

/// An empty file is an empty database; both sides find one.
fn create_empty(folder: &Path, databases: usize) -> anyhow::Result<()> {
    (0..databases).try_for_each(|number| Ok(std::fs::write(path(folder, number), b"")?))
}

/// The measured loop itself: each change and its history row in a transaction, database by database.
pub fn run_loop(folder: &Path, databases: usize, threads: usize) -> anyhow::Result<()> {
    let statements: Vec<String> =
        (0..CHANGES).map(|index| workload::statement(Flavour::Sqlite, index)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> anyhow::Result<()> {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= databases {
                            return Ok(());
                        }
                        apply(&path(folder, number), &statements)?;
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().map_err(|_| anyhow::anyhow!("a thread of the loop ended in a panic"))?
        })
    })
}

fn apply(path: &Path, statements: &[String]) -> anyhow::Result<()> {
    let mut connection = Connection::open(path)?;
    for (version, statement) in (1_i64..).zip(statements) {
        let transaction = connection.transaction()?;
        if version == 1 {
            transaction.execute_batch(
                "CREATE TABLE history (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, \
                 applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
            )?;
        }
        transaction.execute_batch(statement)?;
        transaction.execute(
            "INSERT INTO history (version, name, checksum) VALUES (?1, 'item', ?2)",
            (version, format!("{version:064x}")),
        )?;
        transaction.commit()?;
    }
    Ok(())
}

/// Speed of work that was not done is worth nothing.
fn check(folder: &Path, databases: usize) -> anyhow::Result<()> {
    for number in 0..databases {
        let path = path(folder, number);
        let connection = Connection::open(&path)?;
        let sql =
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'item\\_%' ESCAPE '\\'";
        let tables: usize = connection
            .query_row(sql, (), |row| row.get::<_, i64>(0))
            .map(|count| usize::try_from(count).unwrap_or_default())
            .with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(tables == workload::tables(CHANGES), "{} has {tables} tables", path.display());
    }
    Ok(())
}

fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number:04}.db"))
}
