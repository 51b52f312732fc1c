//! Reads a repository: `sluice.toml` and the migration directories of every layout.

pub mod bundle;
pub mod config;
pub mod desired;
pub mod git;
pub mod layout;
mod message;
mod process;
mod release;
pub mod secret;
pub mod tls;

pub use message::{Message, ProjectError};
pub use release::{Project, find_config, read_config};
