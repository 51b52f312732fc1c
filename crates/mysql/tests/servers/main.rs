//! Sessions on real servers: MariaDB, and MySQL where it could be installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod conformance;
mod connecting;
mod errors;
mod facts;
mod faults;
mod ledger;
mod locking;
mod probing;
mod rows_that_stay;
mod silence;
mod stage;
