//! Reads a repository: `sluice.toml` and the migration directories of every layout.

pub mod config;
pub mod layout;
