//! Where SQL of a project is tried: the shadow of a database.

use sluice_engine::{ApplyError, Connect, Database};
use sluice_project::config::{Config, DatabaseEntry, Shadow};
use sluice_project::secret::SecretRef;

use crate::engines::family_of;
use crate::sites::{Resolver, Site};

/// A server on which scratch databases are made, and how it is reached.
pub type Ground = (&'static dyn Database, Connect);

/// What to do where no shadow is named.
const HELP: &str = "`shadow` of its [[database]], or of [schema], names a server on which scratch databases are made, env:NAME; `own` is \
     the database's own server";

/// The shadow of a database. The database itself need not be there for it.
///
/// # Errors
/// None is named; a reference that does not resolve.
pub fn of_database(
    config: &Config,
    resolver: &Resolver,
    entry: &DatabaseEntry,
) -> Result<Ground, ApplyError> {
    let named = entry.shadow.as_ref().or(config.schema.shadow.as_ref());
    let (family, connect) = match named {
        Some(Shadow::At(reference)) => at(config, resolver, reference)?,
        Some(Shadow::Own) | None => {
            let site = Site { entry, target: entry.target() };
            let own = resolver.connection(config, &site, &resolver.cancel).map_err(ApplyError::Connect)?;
            (own.family, own.connect)
        }
    };
    if family.schemes().contains(&"sqlite") {
        return Ok((family, Connect { url: "sqlite::memory:".to_owned(), ..connect }));
    }
    if named.is_none() {
        return Err(ApplyError::NoWay {
            message: "SQL is understood by running it, and this database has no shadow to run it on"
                .to_owned(),
            help: Some(HELP.to_owned()),
        });
    }
    Ok((family, connect))
}

/// The shadow of the first database that has one.
///
/// # Errors
/// Those of [`of_database`] for the first one.
pub fn of_project(config: &Config, resolver: &Resolver) -> Result<Ground, ApplyError> {
    let mut first = None;
    for entry in &config.databases {
        match of_database(config, resolver, entry) {
            Ok(ground) => return Ok(ground),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| ApplyError::NoWay {
        message:
            "SQL is understood by running it, and sluice.toml has no [[database]] that could have a shadow"
                .to_owned(),
        help: None,
    }))
}

/// The shadow for a review, which runs no programs and asks nobody for secrets; none where there is no such one.
pub fn of_review(config: &Config, resolver: &Resolver) -> Option<Result<Ground, ApplyError>> {
    let is_plain = |reference: &SecretRef| match reference {
        SecretRef::Env(name) => std::env::var_os(name).is_some(),
        SecretRef::Plain(_) => true,
        SecretRef::File(_) | SecretRef::Exec(_) | SecretRef::Vault { .. } => false,
    };
    let is_there = |entry: &&DatabaseEntry| match entry.shadow.as_ref().or(config.schema.shadow.as_ref()) {
        Some(Shadow::At(reference)) => is_plain(reference),
        Some(Shadow::Own) | None => entry.url.engine() == Some("sqlite"),
    };
    config.databases.iter().find(is_there).map(|entry| of_database(config, resolver, entry))
}

fn at(config: &Config, resolver: &Resolver, reference: &SecretRef) -> Result<Ground, ApplyError> {
    let (secret, _) =
        resolver.trusted("the shadow", reference, &resolver.cancel).map_err(ApplyError::Connect)?;
    let family = family_of(secret.expose()).map_err(ApplyError::Connect)?;
    let connect = Connect {
        url: secret.expose().to_owned(),
        run_id: resolver.run_id.clone(),
        connect_timeout: config.apply.connect_timeout,
        cancel: resolver.cancel.child_token(),
    };
    Ok((family, connect))
}
