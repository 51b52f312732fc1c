//! A database that is only looked at: for its schema, for what is applied to it, for its statistics.

use std::path::Path;

use sluice_engine::{
    ApplyError, Connect, Database, DbError, DbErrorKind, Histories, Live, Server, Statistics, live,
    statistics,
};
use sluice_project::config::{Apply, Config};
use sluice_project::secret::{SecretRef, SecretRefError};
use sluice_report::Problem;
use sluice_review::ServerVersion;
use sluice_rollout::Target;
use sluice_sql::Dialect;

use crate::context::Context;
use crate::engines::family_of;
use crate::error::{CliError, Exit, exit_of};
use crate::sites::{Resolver, Site};

/// How the database is reached.
pub struct Against {
    /// Its name in `sluice.toml`, or the option that names it.
    pub name: String,
    /// As selectors see it, where it is one of `sluice.toml`.
    pub target: Option<Target>,
    family: &'static dyn Database,
    connect: Connect,
}

impl Against {
    /// The database that `text` of the option `--against` names: one of the configuration, a reference to a URL, a URL without a
    /// secret, a file. Paths are relative to `here`.
    ///
    /// # Errors
    /// Text that names nothing, a reference that does not resolve. The text is not repeated: it may hold a password.
    pub fn named(
        text: &str,
        config: Option<&Config>,
        here: &Path,
        resolver: &Resolver,
    ) -> Result<Self, CliError> {
        Self::named_by("--against", text, config, here, resolver)
    }

    /// The same for another option.
    ///
    /// # Errors
    /// Those of [`Against::named`].
    pub fn named_by(
        option: &str,
        text: &str,
        config: Option<&Config>,
        here: &Path,
        resolver: &Resolver,
    ) -> Result<Self, CliError> {
        let entry = config.and_then(|config| {
            let entry = config.databases.iter().find(|entry| entry.name == text)?;
            Some((config, entry))
        });
        if let Some((config, entry)) = entry {
            return Self::of_site(config, &Site { entry, target: entry.target() }, resolver);
        }
        let reference = match text.parse::<SecretRef>() {
            Ok(reference) => reference,
            Err(SecretRefError::Unknown { .. }) if here.join(text).is_file() => {
                SecretRef::Plain(format!("sqlite:{}", text.replace('%', "%25").replace('?', "%3F")))
            }
            Err(error) => return Err(not_named(option, &error, config)),
        };
        let failed = |error: DbError| refused(&ApplyError::Connect(error), option);
        let secret = resolver.secrets.resolve(&reference, here, &resolver.cancel);
        let (secret, _) = secret.map_err(|error| {
            CliError::new(Exit::Unreachable, Problem::error(error.to_string()).at(option)).help(error.help())
        })?;
        let family = family_of(secret.expose()).map_err(failed)?;
        let url = if secret.expose().starts_with("sqlite:") {
            sluice_sqlite::absolute_url(secret.expose(), here).map_err(failed)?
        } else {
            secret.expose().to_owned()
        };
        let apply = config.map_or_else(Apply::default, |config| config.apply);
        let connect = Connect {
            url,
            run_id: resolver.run_id.clone(),
            connect_timeout: apply.connect_timeout,
            cancel: resolver.cancel.child_token(),
        };
        Ok(Self { name: option.to_owned(), target: None, family, connect })
    }

    /// A database of a URL of our own making.
    ///
    /// # Errors
    /// A URL of no family.
    pub fn of_url(name: &str, url: &str, resolver: &Resolver) -> Result<Self, CliError> {
        let family = family_of(url).map_err(|error| refused(&ApplyError::Connect(error), name))?;
        let connect = Connect {
            url: url.to_owned(),
            run_id: resolver.run_id.clone(),
            connect_timeout: Apply::default().connect_timeout,
            cancel: resolver.cancel.child_token(),
        };
        Ok(Self { name: name.to_owned(), target: None, family, connect })
    }

    /// A database of the configuration.
    ///
    /// # Errors
    /// Those of [`Resolver::connection`].
    pub fn of_site(config: &Config, site: &Site<'_>, resolver: &Resolver) -> Result<Self, CliError> {
        let name = site.target.name.0.clone();
        let connection = resolver
            .connection(config, site, &resolver.cancel)
            .map_err(|error| refused(&ApplyError::Connect(error), &name))?;
        Ok(Self {
            name,
            target: Some(connection.target),
            family: connection.family,
            connect: connection.connect,
        })
    }

    /// Reads what is applied, and the schema.
    ///
    /// # Errors
    /// A database that does not answer, or lets nobody look.
    pub fn live(&self, histories: Option<Histories>) -> Result<Live, CliError> {
        let reading = live(self.family, &self.connect, histories);
        Context::runtime()?.block_on(reading).map_err(|error| refused(&error, &self.name))
    }

    /// The family, and how to connect.
    pub fn reach(&self) -> (&'static dyn Database, &Connect) {
        (self.family, &self.connect)
    }

    /// Whether it is a database of SQLite that is nobody's and nowhere.
    pub fn is_in_memory(&self) -> bool {
        self.connect.url == "sqlite::memory:"
    }

    /// Reads the statistics.
    ///
    /// # Errors
    /// A database that does not answer.
    pub fn statistics(&self) -> Result<(Server, Statistics), CliError> {
        let reading = statistics(self.family, &self.connect);
        Context::runtime()?.block_on(reading).map_err(|error| refused(&error, &self.name))
    }
}

/// The version of a server, as the review writes it.
pub fn version_of(server: &Server) -> ServerVersion {
    let number = server.version;
    match server.dialect {
        Dialect::Postgres => ServerVersion::new(number / 10_000, number % 10_000, 0),
        Dialect::Mysql | Dialect::Mariadb => {
            ServerVersion::new(number / 10_000, number / 100 % 100, number % 100)
        }
        Dialect::Sqlite => ServerVersion::new(number / 1_000_000, number / 1_000 % 1_000, number % 1_000),
    }
}

/// What the text of the option is not.
fn not_named(option: &str, error: &SecretRefError, config: Option<&Config>) -> CliError {
    let names: Vec<&str> =
        config.into_iter().flat_map(|config| &config.databases).map(|entry| entry.name.as_str()).collect();
    match error {
        SecretRefError::Secret => {
            CliError::usage(format!("{option}: the URL holds a password, which everybody on this machine can read in the list of processes"))
                .help(format!("put the URL into an environment variable and write {} env:NAME", option))
        }
        SecretRefError::Malformed { .. } => CliError::usage(format!("{option}: {error}")).help(error.help()),
        SecretRefError::Unknown { .. } => {
            let known = match names.as_slice() {
                [] => String::new(),
                names => format!("; databases of sluice.toml are: {}", names.join(", ")),
            };
            CliError::usage(format!("{option} names no database of sluice.toml, no reference, no url of a known database and no file"))
                .help(format!("{}{known}", error.help()))
        }
    }
}

/// A database that could not be looked at. That nothing may be read is as good as nobody answering: nothing was run.
fn refused(error: &ApplyError, name: &str) -> CliError {
    let exit = match exit_of(error) {
        Exit::Failed => Exit::Unreachable,
        exit => exit,
    };
    let denied = match error {
        ApplyError::Connect(error) => error.kind == DbErrorKind::Permission,
        ApplyError::Ledger(sluice_engine::ledger::LedgerError::Database(error)) => {
            error.kind == DbErrorKind::Permission
        }
        _ => false,
    };
    let help = if denied {
        Some("let the user read the ledger: on PostgreSQL USAGE on the schema sluice and SELECT on its tables, elsewhere SELECT".to_owned())
    } else {
        error.help()
    };
    CliError::new(exit, Problem::error(error.to_string()).at(name).help(help))
}
