//! One file a command: options in, report out.

mod adopt;
pub mod agent;
pub mod audit;
pub mod baseline;
pub mod bundle;
pub mod check;
pub mod deploy;
pub mod diff;
pub mod drift;
pub mod history;
pub mod init;
pub mod lsp;
pub mod new;
pub mod plan;
pub mod release;
pub mod repair;
pub mod rollback;
pub mod rollout;
pub mod rules;
pub mod serve;
pub mod server;
pub mod stats;
pub mod status;
