//! `make bench`: whole runs of `sluice deploy`, `sluice check` and `sluice diff` next to other tools, as a table of measured ratios and limits.
//!
//! Each figure is the median of several runs of the whole process; ours and theirs take turns, so that a slow moment
//! of the machine hits both. After each run the database is looked at: work that was not done does not count.

mod arena;
mod measurement;
mod postgres;
mod review;
mod schema;
mod sqlite;
mod table;
mod workload;

use std::path::{Path, PathBuf};

use arena::Arena;
use clap::{Parser, Subcommand, ValueEnum};
use table::Line;

/// Measures sluice next to refinery_cli, sqlx-cli, psql, a bare rusqlite loop, squawk, pg_dump and pgmold.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    inner: Option<Inner>,
    /// What to measure; everything without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Work>,
    /// How often each program runs.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The program to measure; without this the one that was built with this one.
    #[arg(long)]
    sluice: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, default_value = "human")]
    format: Format,
}

/// What this program calls itself for.
#[derive(Subcommand)]
enum Inner {
    /// Runs one process and prints its wall time and peak memory.
    #[command(hide = true)]
    Measure {
        /// File for its output.
        log: PathBuf,
        /// Program and arguments.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// The bare rusqlite loop.
    #[command(hide = true)]
    SqliteLoop {
        /// How many databases.
        databases: usize,
        /// How many threads.
        threads: usize,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Work {
    /// 1,000 migrations.
    Apply1000,
    /// 100 migrations.
    Apply100,
    /// Nothing to do at 1,000 files.
    Idle,
    /// 1,000 SQLite databases.
    SqliteFleet,
    /// 100 PostgreSQL databases.
    PostgresFleet,
    /// Review of one file.
    CheckFile,
    /// Review of many files.
    CheckFiles,
    /// Review of dumps.
    CheckDumps,
    /// Review of one change on top of a long history.
    CheckHistory,
    /// Reading schemas.
    Extract,
    /// Plans of PostgreSQL schemas.
    Plan,
    /// Plans of MariaDB schemas.
    PlanMariadb,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.inner {
        Some(Inner::Measure { log, command }) => measurement::measure(log, command),
        Some(Inner::SqliteLoop { databases, threads }) => {
            sqlite::run_loop(Path::new("."), *databases, *threads)
        }
        None => bench(arguments),
    }
}

fn bench(arguments: Arguments) -> anyhow::Result<()> {
    let arena = Arena::new(arguments.sluice, arguments.runs)?;
    let wanted = |work: Work| arguments.only.is_empty() || arguments.only.contains(&work);
    let mut lines: Vec<Line> = Vec::new();
    if [Work::Apply1000, Work::Apply100, Work::Idle, Work::PostgresFleet].into_iter().any(wanted) {
        let server = postgres::server();
        if wanted(Work::Apply1000) {
            lines.extend(postgres::apply(&arena, &server, 1000, Some(1.15))?);
        }
        if wanted(Work::Apply100) {
            lines.extend(postgres::apply(&arena, &server, 100, None)?);
        }
        if wanted(Work::Idle) {
            lines.extend(postgres::idle(&arena, &server, 1000)?);
        }
        if wanted(Work::PostgresFleet) {
            lines.extend(postgres::fleet(&arena, &server, 100)?);
        }
    }
    if wanted(Work::SqliteFleet) {
        lines.extend(sqlite::fleet(&arena, 1000)?);
    }
    if wanted(Work::CheckFile) {
        lines.extend(review::one_file(&arena)?);
    }
    if wanted(Work::CheckFiles) {
        lines.extend(review::many_files(&arena)?);
    }
    if wanted(Work::CheckDumps) {
        lines.extend(review::dumps(&arena)?);
    }
    if wanted(Work::CheckHistory) {
        lines.extend(review::history(&arena, 5000)?);
    }
    if [Work::Extract, Work::Plan].into_iter().any(wanted) {
        let server = postgres::server();
        if wanted(Work::Extract) {
            lines.extend(schema::extract(&arena, &server)?);
        }
        if wanted(Work::Plan) {
            lines.extend(schema::plan(&arena, &server)?);
        }
    }
    if wanted(Work::PlanMariadb) {
        lines.extend(schema::mariadb(&arena)?);
    }
    match arguments.format {
        Format::Human => print!("{}", table::render(&lines)),
        Format::Json => println!("{}", serde_json::json!({ "schema": "sluice/bench/v1", "lines": lines })),
    }
    Ok(())
}
