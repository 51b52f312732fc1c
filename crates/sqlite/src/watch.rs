//! Bounds for what runs inside SQLite, which otherwise runs until it is done: SQLite calls back while it works and
//! while it waits for a lock, and the answers come from here.

use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use sluice_engine::Limits;
use tokio_util::sync::CancellationToken;

/// Virtual machine steps between two looks at the clock. About 20 µs of work, so that looking costs well under a
/// hundredth.
pub(crate) const STEPS: i32 = 1000;

/// Longest wait for a lock until [`Limits`] say otherwise.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

const NEVER: u64 = u64::MAX;

/// What cancelling may cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Nothing: the ledger must still be written after a cancel.
    Nothing,
    /// Waiting for a lock.
    Waits,
    /// Waiting, and the statement itself, which also has a deadline.
    Statement,
}

/// Why a call was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Cancelled,
    StatementTimeout,
    LockTimeout,
}

/// Shared between a session, which sets it before each call, and the handlers that SQLite calls on the same thread.
#[derive(Debug)]
pub(crate) struct Watch {
    cancel: CancellationToken,
    /// No other file is reached from the connection.
    alone: bool,
    origin: Instant,
    lock_timeout: AtomicU64,
    statement_timeout: AtomicU64,
    reach: AtomicU8,
    /// Nanoseconds after `origin`.
    deadline: AtomicU64,
    /// Nanoseconds after `origin`; 0 until the call first waits.
    wait_until: AtomicU64,
    cut: AtomicU8,
    /// Unix time in milliseconds.
    transaction_began: AtomicI64,
}

impl Watch {
    /// Whether no other file is reached from the connection.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(crate) fn new(cancel: CancellationToken, alone: bool) -> Self {
        Self {
            cancel,
            alone,
            origin: Instant::now(),
            lock_timeout: AtomicU64::new(nanos(LOCK_TIMEOUT)),
            statement_timeout: AtomicU64::new(NEVER),
            reach: AtomicU8::new(0),
            deadline: AtomicU64::new(NEVER),
            wait_until: AtomicU64::new(0),
            cut: AtomicU8::new(0),
            transaction_began: AtomicI64::new(0),
        }
    }

    pub(crate) fn set_limits(&self, limits: &Limits) {
        self.lock_timeout.store(limits.lock_timeout.map_or(NEVER, nanos), Relaxed);
        self.statement_timeout.store(limits.statement_timeout.map_or(NEVER, nanos), Relaxed);
    }

    /// Begins the watch over the next call.
    pub(crate) fn begin(&self, reach: Reach) {
        let timeout = self.statement_timeout.load(Relaxed);
        let deadline = match reach {
            Reach::Statement if timeout != NEVER => self.elapsed().saturating_add(timeout),
            _ => NEVER,
        };
        self.deadline.store(deadline, Relaxed);
        self.wait_until.store(0, Relaxed);
        self.cut.store(0, Relaxed);
        self.reach.store(
            match reach {
                Reach::Nothing => 0,
                Reach::Waits => 1,
                Reach::Statement => 2,
            },
            Relaxed,
        );
    }

    /// As [`Watch::begin`] for what nobody waits for: a lock that is not to be had at once is not to be had.
    pub(crate) fn begin_impatient(&self) {
        self.begin(Reach::Waits);
        self.wait_until.store(1, Relaxed);
    }

    /// Notes that a transaction begins now.
    pub(crate) fn begin_transaction(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.transaction_began.store(i64::try_from(now.as_millis()).unwrap_or(i64::MAX), Relaxed);
    }

    /// When the last transaction began, in milliseconds of Unix time.
    pub(crate) fn transaction_began(&self) -> i64 {
        self.transaction_began.load(Relaxed)
    }

    /// Why the call that was watched last was cut short, if it was.
    pub(crate) fn cut(&self) -> Option<Cut> {
        match self.cut.load(Relaxed) {
            1 => Some(Cut::Cancelled),
            2 => Some(Cut::StatementTimeout),
            3 => Some(Cut::LockTimeout),
            _ => None,
        }
    }

    /// The longest wait for a lock; `None` is no limit.
    pub(crate) fn lock_timeout(&self) -> Option<Duration> {
        Some(self.lock_timeout.load(Relaxed)).filter(|timeout| *timeout != NEVER).map(Duration::from_nanos)
    }

    /// Called every [`STEPS`]: whether to interrupt.
    pub(crate) fn interrupts(&self) -> bool {
        if self.reach.load(Relaxed) < 2 {
            return false;
        }
        if self.cancel.is_cancelled() {
            self.cut.store(1, Relaxed);
            return true;
        }
        let deadline = self.deadline.load(Relaxed);
        if deadline != NEVER && self.elapsed() >= deadline {
            self.cut.store(2, Relaxed);
            return true;
        }
        false
    }

    /// Called while a lock is not to be had, `count` times before: whether to try again, after a nap.
    pub(crate) fn waits(&self, count: i32) -> bool {
        if self.reach.load(Relaxed) > 0 && self.cancel.is_cancelled() {
            self.cut.store(1, Relaxed);
            return false;
        }
        let now = self.elapsed();
        let mut until = self.wait_until.load(Relaxed);
        if until == 0 {
            until = now.saturating_add(self.lock_timeout.load(Relaxed));
            self.wait_until.store(until, Relaxed);
        }
        if now >= until.min(self.deadline.load(Relaxed)) {
            self.cut.store(if now >= until { 3 } else { 2 }, Relaxed);
            return false;
        }
        // Short at first, since most write transactions are; the odd part keeps two waiters out of step.
        let jitter = now % 500_000;
        let nap = (500_000_u64 << count.clamp(0, 6)).min(20_000_000) + jitter;
        std::thread::sleep(Duration::from_nanos(nap.min(until - now)));
        true
    }

    fn elapsed(&self) -> u64 {
        nanos(self.origin.elapsed())
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}
