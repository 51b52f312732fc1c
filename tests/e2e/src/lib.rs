//! The binary `sluice`, driven as a person or a CI job drives it: a [`Project`] is a folder with a configuration, migrations
//! and (where a story needs an author) a git repository; [`Project::sluice`] runs a command in it and gives a [`Run`] back:
//! exit code, both streams, parsed JSON. Everything here panics when something is missing or wrong: that is how a
//! test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test kit fails by panicking, with a message that says what to do"
)]

mod agent;
mod binary;
mod corpus;
mod database;
mod project;
mod redaction;
mod run;
mod schema;
mod server;
mod shop;

pub use agent::Agent;
pub use binary::{binary, copy_program};
pub use corpus::corpus;
pub use database::{EmptyDatabase, Engine};
pub use project::{AUTHOR, Project, REVIEWER};
pub use redaction::{redact, snapshot_settings};
pub use run::{Run, Started};
pub use schema::assert_valid;
pub use server::{Answer, Server, Stream};
pub use shop::Shop;
