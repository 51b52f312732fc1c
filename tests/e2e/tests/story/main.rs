//! Stories of the main job, told through the binary: three environments, gates, people, failures, machines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod decisions;
mod failures;
mod gates;
mod interruption;
mod promotion;
mod together;
mod waves;
