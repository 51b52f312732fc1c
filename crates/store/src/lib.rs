//! What git cannot hold and the databases need not: releases, rollouts with their events and approvals, in one SQLite file. A server
//! keeps its projects, tokens, work and audit log there, too.
//!
//! Invariant: losing the file loses nothing that is applied. The ledgers in the databases are the truth, releases are made
//! again from git, and approvals are asked for again. SQL is written here and nowhere else.

pub mod audit;
mod database;
mod error;
mod feed;
mod idempotency;
mod key;
mod project;
mod release;
mod rollout;
mod runner;
mod schema;
mod state;
mod store;
mod token;
mod work;

pub use database::StoredDatabase;
pub use error::StoreError;
pub use feed::FeedEvent;
pub use idempotency::{Begun, StoredAnswer};
pub use key::{Key, is_hmac, random_hex, sha256_hex};
pub use project::{Observation, ProjectState, StoredProject};
pub use release::{Put, StoredChange, StoredRelease};
pub use rollout::{NewRollout, RolloutSummary, StoredEvent, StoredRollout, Update, rollout_id};
pub use runner::{Holder, RunnerLock};
pub use state::State;
pub use store::Store;
pub use token::{NewToken, StoredToken, TokenKind};
pub use work::{Lease, WorkKind};
