//! Fixes lead where the unfixed change leads: each case runs a change as it is written in one database and as `sluice check --fix`
//! makes it in another, changes that follow included, by `sluice deploy`; schema and rows must be the same, and the review must be
//! content with what was written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod case;
mod coverage;
mod mysql;
mod postgres;
mod schema;
mod sqlite;
mod writing;
