//! Changes, releases, plans, gates and rollouts: everything that decides, as values and pure functions.
//!
//! Invariants: no I/O and no clock (time is an argument); the same input gives the same output; what waits or
//! refuses says why.

mod approval;
mod calendar;
mod change;
mod checksum;
mod cover;
mod decide;
mod environment;
mod freeze;
mod gate;
mod machine;
mod past;
mod plan;
mod release;
mod revision;
mod selector;
mod target;
mod version;
mod wave;
mod window;
mod zone;

pub use approval::{
    Approval, ApprovalError, ApprovalRule, Approver, Authorship, Identity, IdentityError, NotCounted, People,
    Tally,
};
pub use calendar::{Calendar, Opening};
pub use change::{
    Assertion, Block, Change, ChangeKind, ChecksumInput, Directives, Phase, Script, Split, TransactionMode,
};
pub use checksum::{Algorithm, Checksum, ChecksumError};
pub use cover::{Cover, Covers};
pub use decide::{Action, Decision, Integrity, Problem, ProblemKind, Response, Skip, decide};
pub use environment::Environment;
pub use freeze::{Freeze, FreezeError};
pub use gate::{Gate, GateInput, GateKind, GateVerdict, Observed};
pub use machine::{
    Command, Event, Outcome, Reason, ReasonKind, Rejection, Rollout, RolloutError, RolloutInput,
    RolloutState, Stage, StageInput, StageState, TargetFact, TargetInput, TargetRun, TargetState,
};
pub use past::{ForeignHistory, Past};
pub use plan::{
    PendingChange, Plan, PlannedScript, PlannedState, PlannedStatement, SkippedChange, StatementMode,
    TargetPlan,
};
pub use release::{Digest, Provenance, Release};
pub use revision::{Ledger, Revision, RevisionState, StatementRecord, StatementState};
pub use selector::{Selector, SelectorError, TargetFilter};
pub use target::{Target, TargetName};
pub use version::{compare_versions, key_of, version_key};
pub use wave::{Wave, WaveError};
pub use window::{Window, WindowError};
pub use zone::{Zone, ZoneError};
