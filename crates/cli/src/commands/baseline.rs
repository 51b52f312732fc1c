use sluice_engine::{Admin, ApplyError, Existing};

use super::adopt;
use crate::args;
use crate::context::{Context, Site, silent};
use crate::error::{CliError, Exit, exit_of, problems_of};

/// `sluice baseline`
pub fn run(context: &Context, args: &args::Baseline) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    if args.adopt {
        return adopt::run(context, &sites);
    }
    let changes = context.project.changes();
    let until = match &args.to {
        Some(version) => {
            let key = sluice_rollout::version_key(version);
            let at = changes.iter().position(|change| change.key == key);
            let at = at.ok_or_else(|| {
                CliError::usage(format!("the repository has no change {version}"))
                    .help("`sluice plan --summary` lists the versions")
            })?;
            at + 1
        }
        None => changes.len(),
    };
    let existing: Vec<Existing<'_>> =
        changes.iter().take(until).map(|change| Existing { change, checksum: None }).collect();
    let runtime = Context::runtime()?;
    for site in &sites {
        let recorded =
            runtime.block_on(record(context, site, &existing, "sluice baseline")).map_err(|error| {
                CliError { exit: exit_of(&error), problems: problems_of(&error, &site.target.name.0) }
            })?;
        context
            .output
            .message(&format!("{}: {recorded} changes recorded as already there", site.target.name));
    }
    Ok(Exit::Done)
}

/// Records changes as already there on one database; `origin` goes into its history.
///
/// # Errors
/// As [`sluice_engine::Admin::baseline`].
pub async fn record(
    context: &Context,
    site: &Site<'_>,
    existing: &[Existing<'_>],
    origin: &str,
) -> Result<usize, ApplyError> {
    let connection = context.connection(site).map_err(ApplyError::Connect)?;
    let events = silent();
    let admin = Admin {
        database: connection.family,
        connect: &connection.connect,
        identity: context.identity(),
        timing: context.timing(),
        events: &events,
    };
    admin.baseline(existing, origin).await
}
