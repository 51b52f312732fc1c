//! Every pair of schemas on SQLite: load the old one, put rows into it, find the way to the new one, go it, and compare with a direct
//! load; and the way back. The `sqlite3` program runs the script and is the judge; our own session runs it, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod judge;
mod mutation;
mod rows;
mod way;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_pairs::{Outcome, Pair, Score, own_pairs, pairs};

/// Hundredths of a percent that must come out right.
const FLOOR: usize = 10_000;

#[test]
fn every_pair_becomes_what_a_direct_load_gives() {
    let mut all = pairs("sqlite");
    all.extend(own_pairs(include_str!("../../own/sqlite.sql")));
    let score = judge_all(&all);
    println!("{}", score.table());
    println!("{}", score.failures());
    if std::env::var_os("PAIRS_ONLY").is_none() {
        assert!(score.rate() >= FLOOR, "only {} of 10000 come out right", score.rate());
    }
}

#[test]
fn schemas_that_were_changed_at_random_become_what_a_direct_load_gives() {
    let count = std::env::var("PAIRS_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(40);
    let score = judge_all(&mutation::pairs(count));
    println!("{}{}", score.table(), score.failures());
    assert_eq!(score.rate(), FLOOR, "{}", score.failures());
}

fn judge_all(pairs: &[Pair]) -> Score {
    let score = Mutex::new(Score::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcomes = both_ways(pair);
                    score.lock().unwrap().0.extend(outcomes);
                }
            });
        }
    });
    let mut score = score.into_inner().unwrap();
    score.0.sort_by(|a, b| a.name.cmp(&b.name));
    score
}

fn both_ways(pair: &Pair) -> [Outcome; 2] {
    let outcome = |direction: &str, from: &str, to: &str| Outcome {
        source: pair.source.clone(),
        name: format!("{} {direction}", pair.name()),
        verdict: way::judge(from, to, pair.kind == "noop" || pair.kind == "column-order-only"),
    };
    [outcome("→", &pair.old, &pair.new), outcome("←", &pair.new, &pair.old)]
}
