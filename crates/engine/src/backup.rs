//! Rows that a change updates or deletes, kept in the ledger's schema before it does, and put back from there.
//!
//! What is kept is kept in the transaction of the statement: exactly once, or not at all. Each statement has a table of its own,
//! with the rows as they were and, for an `UPDATE`, as they were after it. How a family writes values so that nothing is lost, it
//! says itself ([`Rows`]).

mod capture;
mod kept;
mod relation;
mod restore;
mod rows;
mod selection;
mod sweep;

use std::time::Duration;

pub(crate) use capture::{Capture, Place, is_on, plan, refuse_unfit};
pub use kept::{Kept, list};
pub use relation::{Column, Relation};
pub use restore::{Conflict, Restored, examine, restore};
pub use rows::{Rows, UpdateParts};
pub(crate) use sweep::sweep;

/// Of conflicts, so many are told one by one.
pub const TOLD: usize = 50;

/// What is kept of the rows that changes touch, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether changes that say nothing of it are captured.
    pub on: bool,
    /// A statement that touches more rows is refused.
    pub rows: u64,
    /// How long rows are kept.
    pub retention: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { on: false, rows: 100_000, retention: Duration::from_secs(30 * 86_400) }
    }
}

/// Why rows cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `path:line:column` of the statement.
    pub place: String,
    /// What is the matter.
    pub message: String,
    /// What can be done.
    pub help: String,
}
