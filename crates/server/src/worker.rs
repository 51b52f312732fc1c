use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sluice_store::{Lease, StoreError, WorkKind};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::log::Log;
use crate::reconcile::reconcile;

/// How long work stays with a worker that says nothing any more.
const LEASE: Duration = Duration::from_secs(15);

/// Longest rest: also where nothing wakes a worker, it looks.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How long a project is left alone whose look panicked.
const AFTER_PANIC: Duration = Duration::from_mins(5);

/// How long a store that does not answer is left alone.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// Does work that is due until the server stops.
pub fn run(app: &Arc<App>, name: &str) {
    let log = Log::about(name);
    while !app.cancel.is_cancelled() {
        let seen = app.wakes();
        let claimed = app.with_store(|store| {
            let lease = store.claim(WorkKind::Reconcile, name, LEASE)?;
            let due = if lease.is_none() { store.next_due(WorkKind::Reconcile)? } else { None };
            Ok::<_, StoreError>((lease, due))
        });
        match claimed {
            Ok((Some(lease), _)) => work(app, &lease, &log),
            Ok((None, due)) => {
                app.rest(seen, due.unwrap_or(LONGEST_REST).clamp(Duration::from_millis(5), LONGEST_REST))
            }
            Err(error) => {
                log.line(&format!("the store does not answer: {error}"));
                app.rest(seen, AFTER_TROUBLE);
            }
        }
    }
}

fn work(app: &Arc<App>, lease: &Lease, log: &Log) {
    let cancel = app.cancel.child_token();
    let done = AtomicBool::new(false);
    let again = thread::scope(|scope| {
        let keeper = scope.spawn(|| keep(app, lease, &cancel, &done));
        let again = catch_unwind(AssertUnwindSafe(|| reconcile(app, lease, &cancel))).unwrap_or_else(|_| {
            log.line(&format!("{}: the look at the project has panicked", lease.project));
            AFTER_PANIC
        });
        done.store(true, Ordering::Release);
        keeper.thread().unpark();
        again
    });
    let finished = app.with_store(|store| store.finish(lease, again));
    if let Err(error) = finished {
        // It comes again when its lease is over.
        log.line(&format!("{}: the work cannot be given back: {error}", lease.project));
    }
}

/// Keeps the lease while work is done; stops the work when it is somebody else's.
fn keep(app: &App, lease: &Lease, cancel: &CancellationToken, done: &AtomicBool) {
    let mut kept = Instant::now();
    loop {
        thread::park_timeout(LEASE / 5);
        if done.load(Ordering::Acquire) {
            return;
        }
        // The lease begins when it is asked for, not when the answer comes: this process may have stood still in between.
        let asked = Instant::now();
        match app.with_store(|store| store.renew(lease, LEASE)) {
            Ok(true) => kept = asked,
            Ok(false) => return cancel.cancel(),
            // Before others may begin.
            Err(_) if kept.elapsed() >= LEASE * 2 / 3 => return cancel.cancel(),
            Err(_) => {}
        }
    }
}
