//! The schema that replay leads to, next to what real servers say of theirs after the same statements.
//!
//! Statements are made from random choices over a handful of names, so that they meet each other. A server that refuses one
//! leaves it out; after each that it takes, both must agree.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

mod choices;
mod mariadb;
mod postgres;
mod promises;
mod sqlite;
