//! `sluice serve`

use sluice_report::{Problem, ServerStarted};
use sluice_server::{Options, ServeError, serve};
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Runs the server until a signal stops it.
pub fn run(output: Output, cancel: &CancellationToken, args: &args::Serve) -> Result<Exit, CliError> {
    let options = Options {
        data: args.data.clone(),
        listen: args.listen,
        file_repositories: args.allow_file_repositories,
        clone_limit: args.largest_repository.saturating_mul(1024 * 1024),
    };
    serve(&options, cancel, |address, token| {
        output.result(&ServerStarted {
            url: format!("http://{address}"),
            admin_token: token.map(str::to_owned),
        });
    })
    .map_err(|error| match error {
        ServeError::Store(error) => CliError::from(error),
        ServeError::Listen { .. } => CliError::usage(error.to_string())
            .help("choose another address with --listen, or stop what listens there"),
        ServeError::System { .. } => CliError::new(Exit::Failed, Problem::error(error.to_string())),
    })?;
    Ok(Exit::Done)
}
