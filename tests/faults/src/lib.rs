//! Crash safety of `sluice deploy`: a [`Stage`] is a fresh database with a project whose statements show double effects. Tests
//! stop the real binary at a [`Point`] of the apply protocol, let a fault strike, finish the work and check the invariants with
//! queries of their own. Everything here panics when something is wrong: that is how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::new_ret_no_self,
    reason = "a test kit fails by panicking, with a message that says what is wrong"
)]

mod invariant;
mod mysql;
mod point;
mod postgres;
mod runner;
mod sqlite;
mod stage;
mod story;
mod table;

pub use mysql::MysqlTarget;
pub use point::{Hold, Point, Reached};
pub use postgres::PostgresTarget;
pub use runner::{Ended, Project, Runner};
pub use sqlite::SqliteTarget;
pub use stage::{Stage, Target, until};
pub use story::{Effect, Story};
pub use table::{Cell, Outcome, Table};
