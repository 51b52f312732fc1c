//! Every fault that one machine can cause, at every point of the apply protocol, on every engine. `cargo test -p
//! sluice-faults` prints one table for each engine; `SLUICE_CELL=h,5` runs one cell, `SLUICE_KILLS=200` kills for
//! longer, `SLUICE_SWEEP=1` stops SQLite at every system call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests fail by panicking"
)]

mod cells;
mod kills;
mod mariadb;
mod postgres;
mod queue;
mod secret;
mod sqlite;
mod sweep;
