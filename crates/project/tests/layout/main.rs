//! Migration directories of every layout, as their owners wrote them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

mod bad_input;
mod corpus;
mod foreign;
mod histories;
mod kit;
mod native;
mod properties;
mod reread;
