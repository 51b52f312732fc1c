//! What everybody who keeps state relies on: one suite, on a real SQLite file and on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod agents;
mod audit;
mod identity;
mod kit;
mod projects;
mod replicas;
mod requests;
mod rollouts;
mod work;
