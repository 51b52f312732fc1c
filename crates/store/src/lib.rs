//! What git cannot hold and the databases need not: releases, rollouts with their events and approvals, in one SQLite file.
//!
//! Invariant: losing the file loses nothing that is applied. The ledgers in the databases are the truth, releases are made
//! again from git, and approvals are asked for again.

mod error;
mod release;
mod rollout;
mod runner;
mod schema;
mod store;

pub use error::StoreError;
pub use release::{Put, StoredChange, StoredRelease};
pub use rollout::{NewRollout, RolloutSummary, StoredEvent, StoredRollout, Update, rollout_id};
pub use runner::{Holder, RunnerLock};
pub use store::Store;
