//! Projects of other tools: `sluice init` finds them, `sluice baseline --adopt` takes their history over, `sluice deploy` runs
//! what is left, on real servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod adopting;
mod deploying;
mod past;
mod refusing;
mod unadopted;

mod server;
