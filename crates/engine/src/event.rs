use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::{Leftover, Running};

/// Something that happened while a target was worked on. One stream of these feeds every reporter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A session is open.
    Connected {
        /// Product and version.
        server: String,
        /// Host and database.
        address: String,
    },
    /// Another runner holds the target's lock.
    WaitingForLock {
        /// Who, as far as the server can tell.
        by: Option<Running>,
    },
    /// What will be done is known.
    Planned {
        /// Changes to run.
        pending: usize,
    },
    /// A change begins.
    ChangeStarted {
        /// Version.
        version: String,
        /// Name.
        name: String,
        /// Statements in it.
        statements: u64,
    },
    /// A statement of a change that does not fit into one transaction begins.
    StatementStarted {
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// First line of it.
        summary: String,
    },
    /// A statement waits for a lock.
    Blocked {
        /// Who blocks, as far as the server can tell.
        blockers: Vec<Running>,
    },
    /// A lock was not granted in time; it is tried again.
    LockRetry {
        /// Version of the change.
        version: String,
        /// Tries so far.
        attempt: u32,
        /// Tries at most.
        attempts: u32,
        /// Who blocks, as far as the server can tell.
        blockers: Vec<Running>,
        /// Pause before the next try.
        #[serde(skip)]
        pause: Duration,
    },
    /// A statement of a runner that is gone still runs on the server; it is waited for.
    WaitingForOrphan {
        /// Version of the change.
        version: String,
        /// The session.
        running: Running,
    },
    /// A statement of an interrupted run turned out to be applied.
    Adopted {
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// What proves it.
        evidence: String,
    },
    /// Something half-done was removed.
    CleanedUp {
        /// Version of the change.
        version: String,
        /// The statement that removed it.
        statement: String,
    },
    /// A change is applied and recorded.
    ChangeApplied {
        /// Version.
        version: String,
        /// Time it took, in milliseconds.
        milliseconds: u64,
    },
    /// The connection is gone; a new one is tried.
    Reconnecting {
        /// Why.
        reason: String,
    },
    /// Interrupted statements have left something in the database that this run does not own.
    LeftoverFound(Leftover),
    /// Something that does not stop the run.
    Warning {
        /// What.
        message: String,
    },
}

/// Takes events as they happen. Must not block.
pub type EventSink = Arc<dyn Fn(Event) + Send + Sync>;
