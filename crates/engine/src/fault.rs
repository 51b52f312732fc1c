//! Points at which a test can stop the runner, named as in the fault matrix. Compiled into debug builds only.
//!
//! `SLUICE_FAULT=g:abort` aborts the process at the first point `g`, `g:abort:2` at the second;
//! `g:wait:PATH` creates the file PATH and goes on when it is gone.

/// A point of the apply protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// a: before the lock.
    BeforeLock,
    /// b: lock held, nothing done.
    LockHeld,
    /// f: a transaction is committed, nobody knows yet.
    Committed,
    /// g: the intent is committed, the statement is not sent.
    Intended,
    /// i: the statement is done, the ledger does not know.
    Executed,
    /// j: between statements.
    BetweenStatements,
}

impl Point {
    #[cfg(debug_assertions)]
    fn letter(self) -> &'static str {
        match self {
            Self::BeforeLock => "a",
            Self::LockHeld => "b",
            Self::Committed => "f",
            Self::Intended => "g",
            Self::Executed => "i",
            Self::BetweenStatements => "j",
        }
    }
}

/// Says that the runner is at `point`.
#[cfg(not(debug_assertions))]
#[inline]
pub fn at(_point: Point) {}

/// Says that the runner is at `point`.
#[cfg(debug_assertions)]
pub fn at(point: Point) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static HITS: AtomicU32 = AtomicU32::new(0);
    let Ok(spec) = std::env::var("SLUICE_FAULT") else { return };
    let mut parts = spec.splitn(3, ':');
    if parts.next() != Some(point.letter()) {
        return;
    }
    let hit = HITS.fetch_add(1, Ordering::SeqCst) + 1;
    match (parts.next(), parts.next()) {
        (Some("abort"), nth) if nth.map_or(1, |nth| nth.parse().unwrap_or(1)) == hit => std::process::abort(),
        (Some("wait"), Some(path)) if hit == 1 => {
            let path = std::path::Path::new(path);
            if std::fs::write(path, point.letter()).is_ok() {
                while path.exists() {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
        }
        _ => {}
    }
}
