//! `sluice server`

use sluice_store::{back_up, restore};

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice server …`
pub fn run(output: Output, command: &args::Server) -> Result<Exit, CliError> {
    match command {
        args::Server::Backup { data, to } => {
            back_up(data, to)?;
            output.message(&format!("{} has a copy of {}, key included", to.display(), data.display()));
        }
        args::Server::Restore { data, from } => {
            restore(from, data)?;
            output.message(&format!("{} is as {} has it", data.display(), from.display()));
        }
    }
    Ok(Exit::Done)
}
