//! What git cannot hold and the databases need not: releases, rollouts with their events and approvals, in one SQLite file. A server
//! keeps its projects, tokens, work and audit log there, too; several servers share one PostgreSQL database.
//!
//! Invariant: losing it loses nothing that is applied. The ledgers in the databases are the truth, releases are made
//! again from git, and approvals are asked for again. SQL is written here and nowhere else.

mod agents;
pub mod audit;
mod backend;
mod backup;
mod database;
mod error;
mod fault;
mod feed;
mod idempotency;
mod installation;
mod issuer;
mod key;
mod news;
mod place;
mod project;
mod release;
mod rollout;
mod runner;
mod schema;
mod state;
mod store;
mod token;
mod value;
mod work;

pub use agents::{ClaimedJob, Enrolled, JobState, NewJob, StoredAgent, StoredEnrolment};
pub use backup::{back_up, restore};
pub use database::StoredDatabase;
pub use error::StoreError;
pub use feed::FeedEvent;
pub use idempotency::{Begun, StoredAnswer};
pub use issuer::{Assertion, StoredIssuer};
pub use key::{Key, is_hmac, random_hex, sha256_hex};
pub use news::News;
pub use place::{Location, Place};
pub use project::{Observation, ProjectState, StoredProject};
pub use release::{Put, StoredChange, StoredRelease};
pub use rollout::{NewRollout, RolloutSummary, StoredEvent, StoredRollout, Update, rollout_id};
pub use runner::{Holder, RunnerLock};
pub use schema::VERSION as SCHEMA_VERSION;
pub use state::State;
pub use store::Store;
pub use token::{NewToken, StoredToken, TokenKind};
pub use work::{Cap, Lease, Task, WorkKind};
