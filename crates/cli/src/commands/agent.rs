//! `sluice agent`

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_agent::{AgentError, Options};
use sluice_report::Problem;
use sluice_runner::listener::Listener;
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::context::user_at_host;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Runs an agent until a signal stops it.
pub fn run(output: Output, cancel: &CancellationToken, args: &args::Agent) -> Result<Exit, CliError> {
    let mut labels = BTreeMap::new();
    for label in &args.labels {
        let (name, value) = label
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| {
                CliError::usage(format!("--labels: `{label}` is no label"))
                    .help("give NAME=VALUE, for example region=eu")
            })?;
        labels.insert(name.to_owned(), value.to_owned());
    }
    let options = Options {
        server: args.server.clone(),
        token_file: args.token_file.clone(),
        data: args.data.clone(),
        name: args.name.clone().unwrap_or_else(user_at_host),
        labels,
        policy: args.policy.clone(),
        parallel: args.parallel,
        insecure_http: args.insecure_http,
    };
    let listener: Arc<dyn Listener> = Arc::new(output);
    sluice_agent::run(&options, &listener, cancel).map_err(told)?;
    Ok(Exit::Done)
}

fn told(error: AgentError) -> CliError {
    let exit = match &error {
        AgentError::Unreachable(_) => Exit::Unreachable,
        AgentError::System(_) | AgentError::Fenced => Exit::Failed,
        _ => Exit::Usage,
    };
    let help = error.help();
    CliError::new(exit, Problem::error(error.to_string()).help(help))
}
