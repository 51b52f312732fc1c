//! The databases that the options select, and how each is reached.

use std::path::{Path, PathBuf};

use sluice_engine::{Connect, Database, DbError, DbErrorKind};
use sluice_project::config::{Config, DatabaseEntry};
use sluice_project::secret::{Secret, SecretError, SecretRef};
use sluice_rollout::{Target, TargetFilter};
use tokio_util::sync::CancellationToken;

use crate::engines::family_of;
use crate::error::RunError;
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
    /// Folder of the configuration.
    pub root: PathBuf,
    /// How far the configuration is trusted.
    pub trust: Trust,
}

/// How far a configuration is trusted by the process that reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// It is that of the person who runs the process.
    Own,
    /// Others write it: it starts no programs here, and no file in this folder or of its own checkout is a database.
    Others {
        /// Where the process keeps its own state.
        state: PathBuf,
        /// Whether databases of agents are left to them.
        agents: bool,
    },
}

/// Which databases of a project are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this environment.
    pub env: Option<String>,
    /// Only these: a name, several with commas, `group:NAME`, or a CEL expression.
    pub database: Option<String>,
}

impl Resolver {
    /// For a configuration of the person who runs the process, in whose folder it is.
    pub fn own(secrets: Secrets, run_id: String, cancel: CancellationToken) -> Self {
        Self { secrets, run_id, cancel, root: PathBuf::from("."), trust: Trust::Own }
    }

    /// Whether this process works on a database itself; an agent does otherwise.
    pub fn reaches(&self, entry: &DatabaseEntry) -> bool {
        entry.agent.is_empty() || !matches!(self.trust, Trust::Others { agents: true, .. })
    }

    /// The URL of a database, and whether it was known before in this process.
    ///
    /// # Errors
    /// A reference that does not resolve or is not trusted, a cancellation while a program or Vault is asked.
    pub fn url(&self, entry: &DatabaseEntry, cancel: &CancellationToken) -> Result<(Secret, bool), DbError> {
        if !self.reaches(entry) {
            // Never here: what the reference names on this machine is of something else.
            let message = format!("{}: only its agents know where it is", entry.name);
            return Err(DbError::new(DbErrorKind::Connect, message));
        }
        self.trusted(&entry.name, &entry.url, cancel)
    }

    /// The URL that a reference of the configuration gives; `name` is for messages.
    ///
    /// # Errors
    /// Those of [`Resolver::url`].
    pub fn trusted(
        &self,
        name: &str,
        reference: &SecretRef,
        cancel: &CancellationToken,
    ) -> Result<(Secret, bool), DbError> {
        let Trust::Others { state, .. } = &self.trust else { return self.resolve(reference, cancel) };
        let refused = |message: String, hint: &str| {
            Err(DbError { hint: Some(hint.to_owned()), ..DbError::new(DbErrorKind::Url, message) })
        };
        if matches!(reference, SecretRef::Exec(_)) {
            return refused(
                format!("{name}: the server starts no programs that a repository names"),
                "refer to the secret with env:, file: or vault:",
            );
        }
        let (url, known) = self.resolve(reference, cancel)?;
        if !url.expose().starts_with("sqlite:") {
            return Ok((url, known));
        }
        match sluice_sqlite::file_of(url.expose())? {
            Some(file) if file.is_relative() || is_within(&file, state) => refused(
                format!("{name}: the server takes this file for no database"),
                "give the absolute path of a file outside of the checkout and of the server's data",
            ),
            // What a repository runs there must not reach other files.
            _ => Ok((Secret::new(sluice_sqlite::alone(url.expose())), known)),
        }
    }

    fn resolve(&self, reference: &SecretRef, cancel: &CancellationToken) -> Result<(Secret, bool), DbError> {
        self.secrets.resolve(reference, &self.root, cancel).map_err(|error| {
            let kind = match *error {
                SecretError::Cancelled { .. } => DbErrorKind::Cancelled,
                _ => DbErrorKind::Connect,
            };
            DbError { hint: Some(error.help()), ..DbError::new(kind, error.to_string()) }
        })
    }

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
        let (secret, known_before) = self.url(site.entry, cancel)?;
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
pub fn select<'c>(config: &'c Config, options: &Selection) -> Result<Vec<Site<'c>>, RunError> {
    let known: Vec<&str> = config.environments.iter().map(|environment| environment.name.as_str()).collect();
    if let Some(name) = options.env.as_deref()
        && !known.contains(&name)
    {
        return Err(RunError::usage(format!("there is no environment `{name}` in sluice.toml"))
            .help(format!("environments are: {}", known.join(", "))));
    }
    let filter = options.database.as_deref().map(TargetFilter::parse).transpose().map_err(|error| {
        RunError::usage(format!("--database: {error}")).help(
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
                        .map_err(|error| RunError::usage(format!("--database: {error}")))?
                }
            };
            if selected {
                sites.push(site);
            }
        }
    }
    if sites.is_empty() {
        let names: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
        return Err(RunError::usage("no database is selected").help(match names.as_slice() {
            [] => "sluice.toml has no [[database]]".to_owned(),
            names => format!("databases are: {}", names.join(", ")),
        }));
    }
    Ok(sites)
}

/// Says which names of `--database` sluice.toml does not have: leaving them out in silence would do half the work.
fn check_filter(config: &Config, filter: Option<&TargetFilter>) -> Result<(), RunError> {
    let known = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => format!("sluice.toml has no {what}"),
        names => format!("{what}s are: {}", names.join(", ")),
    };
    match filter {
        Some(TargetFilter::Names(names)) => {
            let databases: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
            match names.iter().find(|name| !databases.contains(&name.as_str())) {
                Some(name) => Err(RunError::usage(format!("--database: there is no database `{name}`"))
                    .help(known("database", databases))),
                None => Ok(()),
            }
        }
        Some(TargetFilter::Group(name)) => {
            let groups: Vec<&str> = config.groups.iter().map(|group| group.name.as_str()).collect();
            if groups.contains(&name.as_str()) {
                return Ok(());
            }
            Err(RunError::usage(format!("--database: there is no group `{name}`"))
                .help(known("group", groups)))
        }
        Some(TargetFilter::Matching(_)) | None => Ok(()),
    }
}

/// Whether a file is in a folder, whatever links lead there.
fn is_within(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let place = real(file).or_else(|| real(file.parent()?));
    match (place, real(folder)) {
        (Some(place), Some(folder)) => place.starts_with(folder),
        // The folder of the file is not there: neither is the database.
        (None, _) => true,
        (Some(_), None) => false,
    }
}
