//! `sluice serve`, as people and programs meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is missing"
)]

mod agents;
mod api;
mod bad_input;
mod kit;
mod permissions;
mod replicas;
mod signer;
mod story;
mod workload;
