//! `sluice serve`

use std::path::Path;
use std::time::Duration;

use sluice_project::secret::{Secret, SecretRef, resolve as resolve_secret};
use sluice_report::{Problem, ServerStarted};
use sluice_server::{Options, ServeError, serve};
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Runs the server until a signal stops it.
pub fn run(output: Output, cancel: &CancellationToken, args: &args::Serve) -> Result<Exit, CliError> {
    let store = args.store.as_deref().map(|reference| resolve(reference, cancel)).transpose()?;
    let options = Options {
        data: args.data.clone(),
        store,
        listen: args.listen,
        file_repositories: args.allow_file_repositories,
        private_addresses: args.allow_private_addresses,
        keep_events: Duration::from_secs(u64::from(args.keep_events).saturating_mul(86_400)),
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

/// The URL that a reference leads to. A URL with a password is refused: arguments can be read by everybody on the machine.
pub fn resolve(reference: &str, cancel: &CancellationToken) -> Result<Secret, CliError> {
    let parsed: SecretRef = reference.parse().map_err(|error: sluice_project::secret::SecretRefError| {
        CliError::usage(format!("--store: {error}")).help(error.help())
    })?;
    resolve_secret(&parsed, Path::new("."), &|| cancel.is_cancelled())
        .map_err(|error| CliError::usage(format!("--store: {error}")).help(error.help()))
}
