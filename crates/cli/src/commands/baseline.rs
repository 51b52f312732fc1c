use sluice_engine::{ApplyError, DbError, DbErrorKind, Existing, Look, inspect};
use sluice_report::{Baseline, BaselineTarget, Problem};
use sluice_rollout::{Digest, version_key};

use super::adopt;
use crate::args;
use crate::context::{Context, silent};
use crate::error::{CliError, Exit, exit_of, problems_of};
use crate::preparation::check_rejected;
use crate::question::confirm_baseline;
use crate::sites::{Connection, Site};

/// `sluice baseline`
pub fn run(context: &Context, args: &args::Baseline) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    if context.config().project.is_declarative() {
        return Err(CliError::usage("a declarative project has no changes that could be there already")
            .help("`sluice deploy` leads from whatever is there to the declared schema"));
    }
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
    if args.to.is_none() {
        confirm_baseline(context, &sites, existing.len())?;
    }
    let release = context.digest();
    each(context, &sites, |site| {
        let origin = "sluice baseline";
        check(context, site, &existing, &release)?;
        let recorded = record(context, site, &existing, origin).map_err(|error| failed(site, &error))?;
        Ok(Recorded { count: recorded, origin: origin.to_owned(), warnings: Vec::new() })
    })
}

/// Refuses to record what somebody has refused for the database, and to pass over a change that is half applied there.
fn check(
    context: &Context,
    site: &Site<'_>,
    existing: &[Existing<'_>],
    release: &Digest,
) -> Result<(), CliError> {
    let runtime = runtime().map_err(|error| failed(site, &error))?;
    let inspection = context.connected(site, |connection| {
        runtime.block_on(inspect(connection.family, &connection.connect, Look::default()))
    });
    let revisions = inspection.map_err(|error| failed(site, &error))?.ledger.revisions;
    let revision = |existing: &Existing<'_>| {
        revisions.iter().find(|revision| version_key(&revision.version) == existing.change.key)
    };
    if let Some(half) = existing.iter().filter_map(revision).find(|revision| !revision.state.is_complete()) {
        let (name, version) = (&site.target.name, &half.version);
        let message = format!("change {version} is half applied: it is not there, and nothing was recorded");
        let help = format!(
            "`sluice deploy` goes on with it; `sluice repair --database {name}` shows what is left of it"
        );
        return Err(CliError::new(Exit::Findings, Problem::error(message).at(name.0.clone())).help(help));
    }
    if existing.iter().any(|existing| revision(existing).is_none()) {
        check_rejected(&context.state, release, &site.target.name)?;
    }
    Ok(())
}

/// What was recorded on one database.
pub struct Recorded {
    /// How many changes.
    pub count: usize,
    /// Where the knowledge comes from.
    pub origin: String,
    /// What does not keep them from being recorded.
    pub warnings: Vec<Problem>,
}

/// Records on every database, whatever happens on another one; reports all of them.
///
/// # Errors
/// When it failed on all of them.
pub fn each(
    context: &Context,
    sites: &[Site<'_>],
    mut work: impl FnMut(&Site<'_>) -> Result<Recorded, CliError>,
) -> Result<Exit, CliError> {
    let (mut targets, mut exit) = (Vec::new(), Exit::Done);
    for site in sites {
        let mut target = BaselineTarget {
            name: site.target.name.0.clone(),
            environment: site.target.environment.clone(),
            recorded: 0,
            origin: None,
            problems: Vec::new(),
        };
        match work(site) {
            Ok(recorded) => {
                target.recorded = recorded.count;
                target.origin = Some(recorded.origin);
                target.problems = recorded.warnings;
            }
            Err(error) => {
                exit = exit.worse(error.exit);
                target.problems = error.problems;
            }
        }
        targets.push(target);
    }
    if targets.iter().all(|target| target.origin.is_none()) {
        let problems = targets.into_iter().flat_map(|target| target.problems).collect();
        return Err(CliError { exit, problems });
    }
    context.output.result(&Baseline { targets });
    Ok(exit)
}

/// The error of a database.
pub fn failed(site: &Site<'_>, error: &ApplyError) -> CliError {
    CliError { exit: exit_of(error), problems: problems_of(error, &site.target.name.0) }
}

/// Records changes as already there on one database; `origin` goes into its history.
///
/// # Errors
/// As [`sluice_engine::Admin::baseline`].
pub fn record(
    context: &Context,
    site: &Site<'_>,
    existing: &[Existing<'_>],
    origin: &str,
) -> Result<usize, ApplyError> {
    let runtime = runtime()?;
    context.connected(site, |connection| runtime.block_on(record_by(context, &connection, existing, origin)))
}

/// An event loop for one database.
///
/// # Errors
/// When the system gives none.
pub fn runtime() -> Result<tokio::runtime::Runtime, ApplyError> {
    Context::runtime().map_err(|_| {
        ApplyError::Connect(DbError::new(DbErrorKind::Connect, "the system gives no event loop"))
    })
}

async fn record_by(
    context: &Context,
    connection: &Connection,
    existing: &[Existing<'_>],
    origin: &str,
) -> Result<usize, ApplyError> {
    let events = silent();
    let admin = context.admin(connection.family, &connection.connect, &events);
    admin.baseline(existing, origin).await
}
