//! The control plane: follows repositories, runs their rollouts, asks people where gates want it, and remembers who did what.
//!
//! It decides nothing by itself: gates are asked in `rollout`, changes are run by `runner`, as by `sluice deploy`. Whatever it knows
//! lies in the store and in the ledgers, so that it may be killed at any moment. Everything that is wanted is found again by looking:
//! a webhook only makes it look earlier.

mod access;
mod api;
mod app;
mod log;
mod outgoing;
mod page;
mod permission;
mod problem;
mod reconcile;
mod remote;
mod serve;
mod worker;
mod workload;

pub use api::document;
pub use permission::{Action, Grant, Role};
pub use serve::{Options, ServeError, serve};
