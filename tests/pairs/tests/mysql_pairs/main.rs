//! Every pair of schemas on MariaDB, and on MySQL where the test kit has it: load the old one, find the way to the new one, go it, and
//! compare with a direct load, judged by what `SHOW CREATE` says of every object; and the way back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod observer;
mod side;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sluice_pairs::{Outcome, Pair, Score, own_pairs, pairs};
use sluice_testkit::MysqlServer;

use side::Bench;

/// Hundredths of a percent that must come out right. Goes up, never down.
const FLOOR: usize = 9_800;
/// One pair in so many is tried where `PAIRS=all` does not ask for every one.
const SAMPLE: usize = 6;

#[test]
fn every_pair_becomes_what_a_direct_load_gives_on_mariadb() {
    judge(&Arc::new(sluice_testkit::private_mariadb(&["--innodb-flush-log-at-trx-commit=0"])));
}

#[test]
fn every_pair_becomes_what_a_direct_load_gives_on_mysql() {
    if let Some(server) = sluice_testkit::private_mysql(&["--innodb-flush-log-at-trx-commit=0"]) {
        judge(&Arc::new(server));
    }
}

fn judge(server: &Arc<MysqlServer>) {
    let all = std::env::var_os("PAIRS").is_some_and(|asked| asked == "all");
    let step = if all { 1 } else { SAMPLE };
    let chosen: Vec<Pair> = pairs("mysql")
        .into_iter()
        .step_by(step)
        .chain(own_pairs(include_str!("../../own/mysql.sql")))
        .collect();
    let chosen: Vec<Pair> = chosen.into_iter().filter(|pair| runs_on(pair, server.is_mariadb())).collect();
    let score = Mutex::new(Score::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut bench = Bench::new(server);
                while let Some(pair) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdicts = bench.judge(pair);
                    let outcomes = ["→", "←"].into_iter().zip(verdicts).map(|(direction, verdict)| Outcome {
                        source: pair.source.clone(),
                        name: format!("{} {direction}", pair.name()),
                        verdict,
                    });
                    score.lock().unwrap().0.extend(outcomes);
                }
            });
        }
    });
    let mut score = score.into_inner().unwrap();
    score.0.sort_by(|a, b| a.name.cmp(&b.name));
    let product = if server.is_mariadb() { "mariadb" } else { "mysql" };
    println!("{product}\n{}", score.table());
    match std::env::var("PAIRS_FAILURES") {
        Ok(path) => std::fs::write(format!("{path}.{product}"), score.failures()).unwrap(),
        Err(_) => println!("{}", score.failures()),
    }
    if std::env::var_os("PAIRS_ONLY").is_none() {
        assert!(score.rate() >= FLOOR, "only {} of 10000 come out right, {FLOOR} did before", score.rate());
    }
}

/// `mariadb`, `maria107`, `mysql8 maria107`, `!mariadb`, `!tidb`: where a pair runs.
fn runs_on(pair: &Pair, is_mariadb: bool) -> bool {
    let is_own = |word: &str| if is_mariadb { word.starts_with("maria") } else { word.starts_with("mysql") };
    let words = || pair.flavor.as_deref().unwrap_or_default().split_whitespace();
    let refused = words().filter_map(|word| word.strip_prefix('!')).any(is_own);
    let mut wanted = words().filter(|word| !word.starts_with('!')).peekable();
    !refused && (wanted.peek().is_none() || wanted.any(is_own))
}
