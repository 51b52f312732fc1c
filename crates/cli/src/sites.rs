//! The databases that the options select, and how each is reached.

use std::path::Path;

use sluice_engine::{Connect, Database, DbError, DbErrorKind};
use sluice_project::config::{Config, DatabaseEntry};
use sluice_project::secret::SecretError;
use sluice_rollout::{Target, TargetFilter};
use tokio_util::sync::CancellationToken;

use crate::args::Global;
use crate::engines::family_of;
use crate::error::CliError;
use crate::secrets::Secrets;

/// A database of the project.
#[derive(Debug, Clone)]
pub struct Site<'a> {
    /// Its entry in the configuration.
    pub entry: &'a DatabaseEntry,
    /// As selectors see it.
    pub target: Target,
}

/// A resolved database.
#[derive(Clone)]
pub struct Connection {
    /// Its family.
    pub family: &'static dyn Database,
    /// As directives of changes see it: its engine is known even where the configuration only refers to its URL.
    pub target: Target,
    /// How to connect. Holds the secret.
    pub connect: Connect,
    /// Whether the secret was asked for earlier in this process.
    pub known_before: bool,
}

/// Finds out how databases are reached.
pub struct Resolver {
    /// Secrets that were asked for.
    pub secrets: Secrets,
    /// Names this process in ledgers and on servers.
    pub run_id: String,
    /// Cancelled when the user wants to stop.
    pub cancel: CancellationToken,
}

impl Resolver {
    /// Resolves a target's URL.
    ///
    /// # Errors
    /// A reference that does not resolve, a URL of an unknown kind, a cancellation while a program or Vault is asked.
    pub fn connection(
        &self,
        config: &Config,
        site: &Site<'_>,
        cancel: &CancellationToken,
    ) -> Result<Connection, DbError> {
        let (secret, known_before) =
            self.secrets.resolve(&site.entry.url, Path::new("."), cancel).map_err(|error| {
                let kind = match *error {
                    SecretError::Cancelled { .. } => DbErrorKind::Cancelled,
                    _ => DbErrorKind::Connect,
                };
                DbError { hint: Some(error.help()), ..DbError::new(kind, error.to_string()) }
            })?;
        let family = family_of(secret.expose())?;
        let mut target = site.target.clone();
        if target.engine.is_none() {
            target.engine = sluice_project::secret::engine_of(secret.expose()).map(str::to_owned);
        }
        Ok(Connection {
            family,
            target,
            known_before,
            connect: Connect {
                url: secret.expose().to_owned(),
                run_id: self.run_id.clone(),
                connect_timeout: config.apply.connect_timeout,
                cancel: cancel.child_token(),
            },
        })
    }
}

/// The databases that `--env` and `--database` select, in the order of the environments.
///
/// # Errors
/// An unknown environment, database or group, an invalid expression, or no database at all.
pub fn select<'c>(config: &'c Config, options: &Global) -> Result<Vec<Site<'c>>, CliError> {
    let known: Vec<&str> = config.environments.iter().map(|environment| environment.name.as_str()).collect();
    if let Some(name) = options.env.as_deref()
        && !known.contains(&name)
    {
        return Err(CliError::usage(format!("there is no environment `{name}` in sluice.toml"))
            .help(format!("environments are: {}", known.join(", "))));
    }
    let filter = options.database.as_deref().map(TargetFilter::parse).transpose().map_err(|error| {
        CliError::usage(format!("--database: {error}")).help(
            "give a name, several names with commas, group:NAME, or a CEL expression such as region == 'eu'",
        )
    })?;
    check_filter(config, filter.as_ref())?;
    let mut sites = Vec::new();
    for environment in &config.environments {
        if options.env.as_deref().is_some_and(|name| name != environment.name) {
            continue;
        }
        for entry in config.databases_of(&environment.name) {
            let site = Site { entry, target: entry.target() };
            let selected = match &filter {
                None => true,
                Some(filter) => {
                    let group = |name: &str| {
                        config.groups.iter().find(|group| group.name == name).map(|group| &group.selector)
                    };
                    filter
                        .matches(&site.target, group)
                        .map_err(|error| CliError::usage(format!("--database: {error}")))?
                }
            };
            if selected {
                sites.push(site);
            }
        }
    }
    if sites.is_empty() {
        let names: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
        return Err(CliError::usage("no database is selected").help(match names.as_slice() {
            [] => "sluice.toml has no [[database]]".to_owned(),
            names => format!("databases are: {}", names.join(", ")),
        }));
    }
    Ok(sites)
}

/// Says which names of `--database` sluice.toml does not have: leaving them out in silence would do half the work.
fn check_filter(config: &Config, filter: Option<&TargetFilter>) -> Result<(), CliError> {
    let known = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => format!("sluice.toml has no {what}"),
        names => format!("{what}s are: {}", names.join(", ")),
    };
    match filter {
        Some(TargetFilter::Names(names)) => {
            let databases: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
            match names.iter().find(|name| !databases.contains(&name.as_str())) {
                Some(name) => Err(CliError::usage(format!("--database: there is no database `{name}`"))
                    .help(known("database", databases))),
                None => Ok(()),
            }
        }
        Some(TargetFilter::Group(name)) => {
            let groups: Vec<&str> = config.groups.iter().map(|group| group.name.as_str()).collect();
            if groups.contains(&name.as_str()) {
                return Ok(());
            }
            Err(CliError::usage(format!("--database: there is no group `{name}`"))
                .help(known("group", groups)))
        }
        Some(TargetFilter::Matching(_)) | None => Ok(()),
    }
}
