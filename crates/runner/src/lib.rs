//! Runs rollouts: finds out what is pending, asks the state machine what to do, carries it out, and reports back. `sluice deploy`
//! and the server share it, so that there is one way in which a change reaches a database.
//!
//! Knows no arguments, terminals and processes: where the project is and who is told is given. Every state that it has lies in the
//! store and in the ledgers, so that it may be killed at any moment.

/// Looking at databases while files are read.
pub mod ahead;
/// Who wrote what is about to run.
pub mod authors;
/// A project and what is selected of it.
pub mod context;
/// What people decide about a rollout.
pub mod decision;
/// The way to a declared schema.
pub mod declared;
/// A deployment from plan to end.
pub mod deploy;
/// What the policy says about drift.
pub mod drift;
/// The loop that runs a rollout.
pub mod driver;
/// The database families.
pub mod engines;
/// What goes wrong, and how it ends.
pub mod error;
/// Where SQL of a project is tried.
pub mod ground;
pub mod histories;
pub mod kept;
/// Who is told what goes on.
pub mod listener;
pub mod places;
/// What is pending where.
pub mod planning;
/// What a rollout is made from.
pub mod preparation;
/// Databases that agents work on.
pub mod remote;
pub mod renaming;
/// What changes make, next to what is declared.
pub mod replay;
/// What of schemas counts.
pub mod scope;
/// Secrets that were asked for.
pub mod secrets;
pub mod sites;
pub mod targets;
/// A rollout and its place in the store.
pub mod tracker;

pub use context::Context;
pub use error::{Exit, RunError};
pub use sites::Selection;
