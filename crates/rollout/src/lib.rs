//! Changes, releases, plans, gates and rollouts: everything that decides, as values and pure functions.
//!
//! Invariants: no I/O and no clock (time is an argument); the same input gives the same output; what waits or
//! refuses says why.

mod change;
mod checksum;
mod decide;
mod release;
mod revision;
mod target;
mod version;

pub use change::{
    Block, Change, ChangeKind, ChecksumInput, Directives, Phase, Script, Split, TransactionMode,
};
pub use checksum::{Algorithm, Checksum, ChecksumError};
pub use decide::{Action, Decision, Integrity, Problem, ProblemKind, Response, Skip, decide};
pub use release::{Digest, Provenance, Release};
pub use revision::{Ledger, Revision, RevisionState, StatementRecord, StatementState};
pub use target::{Target, TargetName};
pub use version::{compare_versions, version_key};
