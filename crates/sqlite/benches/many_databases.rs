//! Many databases, ten changes each, one thread: a session with its lock and its limits against a bare `rusqlite` loop that
//! runs the same transactions. Prints the ratio of the fastest rounds, since whatever else the machine does only adds.
//!
//! `cargo bench -p sluice-sqlite --bench many_databases -- [DATABASES] [DIRECTORY]`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a benchmark")]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::path::Path;
use std::time::{Duration, Instant};

use kit::{connect, own, user};
use rusqlite::params;
use sluice_engine::{Database, LockAttempt, Query, Step, Value};
use sluice_sqlite::Sqlite;
use tokio_util::sync::CancellationToken;

const CHANGES: usize = 10;

const RECORD: &str = "INSERT INTO main.sluice_revision (version, name, kind, checksum, applied_by, run_id, started_at, \
     statements_total, statements_applied, state, sequence, fence) VALUES (?, ?, 'versioned', ?, 'me', 'r-1', \
     strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 1, 1, 'applied', ?, (SELECT number FROM main.sluice_fence WHERE number = ?))";
const CHECKSUM: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const READ: &str =
    "SELECT f.number, r.version FROM main.sluice_fence f LEFT JOIN main.sluice_revision r ON 1 = 1";

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let databases: usize = arguments.next().map_or(100, |number| number.parse().unwrap());
    let directory = arguments.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let ddl: Vec<String> = (0..CHANGES)
        .map(|n| {
            format!("CREATE TABLE orders_{n} (id integer PRIMARY KEY, customer text NOT NULL, total integer)")
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let create = runtime.block_on(async {
        Sqlite
            .connect(&connect("sqlite::memory:".to_owned(), CancellationToken::new()))
            .await
            .unwrap()
            .ledger_dialect()
            .create
            .clone()
    });

    let mut times: [Vec<Duration>; 2] = Default::default();
    for round in 0..10 {
        let site = tempfile::tempdir_in(&directory).unwrap();
        let begun = Instant::now();
        for number in 0..databases {
            let file = site.path().join(format!("{number}.db"));
            if round % 2 == 0 {
                runtime.block_on(session(&file, &create, &ddl));
            } else {
                bare(&file, &create, &ddl);
            }
        }
        times[round % 2].push(begun.elapsed());
    }
    let [session, bare] = times.map(|mut times| {
        times.sort();
        times[0]
    });
    println!(
        "{databases} databases x {CHANGES} changes: session {session:?}, bare loop {bare:?}, ratio {:.3}",
        session.as_secs_f64() / bare.as_secs_f64()
    );
}

async fn session(file: &Path, create: &[String], ddl: &[String]) {
    let url = format!("sqlite:{}", file.display());
    let mut session = Sqlite.connect(&connect(url, CancellationToken::new())).await.unwrap();
    assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
    session.query(&Query::new(READ, vec![])).await.unwrap_err();
    for (number, ddl) in (0_i64..).zip(ddl) {
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(create.len() + 2);
        if number == 0 {
            steps.extend(create.iter().map(|sql| own(sql, vec![])));
        }
        steps.push(user(ddl));
        let name = format!("orders_{number}");
        steps.push(own(
            RECORD,
            vec![
                name.as_str().into(),
                name.as_str().into(),
                CHECKSUM.into(),
                Value::Int(number),
                Value::Int(0),
            ],
        ));
        session.transaction(&steps).await.unwrap();
    }
    session.close().await;
}

fn bare(file: &Path, create: &[String], ddl: &[String]) {
    let connection = rusqlite::Connection::open(file).unwrap();
    for (number, ddl) in (0_i64..).zip(ddl) {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        if number == 0 {
            for sql in create {
                connection.execute_batch(sql).unwrap();
            }
        }
        connection.execute_batch(ddl).unwrap();
        let name = format!("orders_{number}");
        connection.prepare_cached(RECORD).unwrap().execute(params![name, name, CHECKSUM, number, 0]).unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }
}
