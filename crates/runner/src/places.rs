//! Where databases are, as their URLs say, so that one is not taken for two.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sluice_project::config::{Config, DatabaseEntry};
use sluice_project::secret::SecretRef;
use sluice_report::Problem;

use crate::error::{Exit, RunError};
use crate::sites::{Resolver, Site};

/// Refuses two names of one database: what is deployed to the one would count for the other, past its gates.
///
/// The selected databases are compared with all of the project, as far as their URLs are found without asking programs or Vault
/// for more than this run does anyway.
///
/// # Errors
/// The names of both.
pub fn check(config: &Config, sites: &[Site<'_>], resolver: &Resolver) -> Result<(), RunError> {
    let selected = |entry: &DatabaseEntry| sites.iter().any(|site| site.target.name.0 == entry.name);
    let mut known: HashMap<String, &DatabaseEntry> = HashMap::new();
    let mut problems = Vec::new();
    for entry in &config.databases {
        if !selected(entry) && matches!(entry.url, SecretRef::Exec(_) | SecretRef::Vault { .. }) {
            continue;
        }
        // What does not resolve is told when its turn comes.
        let Ok((url, _)) = resolver.url(entry, &resolver.cancel) else {
            continue;
        };
        let Some(place) = place(url.expose()) else { continue };
        let Some(other) = known.get(&place) else {
            known.insert(place, entry);
            continue;
        };
        if selected(entry) || selected(other) {
            let message = format!(
                "{} ({}) and {} ({}) are the same database",
                other.name, other.environment, entry.name, entry.environment
            );
            problems.push(Problem::error(message).at("sluice.toml").help(Some(
                "give each its own url, or remove one of them: what is deployed to the one would count for the other"
                    .to_owned(),
            )));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(RunError { exit: Exit::Usage, problems }) }
}

/// The server and the database, or the file, that a URL names; `None` where it does not tell. No part of it is secret.
fn place(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    if scheme == "sqlite" {
        let path = sluice_sqlite::file_of(url).ok()??;
        return Some(format!("file {}", std::fs::canonicalize(path).ok()?.display()));
    }
    let (family, port) = match scheme {
        "postgres" | "postgresql" => ("postgres", "5432"),
        "mysql" | "mariadb" => ("mysql", "3306"),
        _ => return None,
    };
    let rest = rest.strip_prefix("//")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let of = |names: &[&str]| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| names.contains(key))
            .map(|(_, value)| value.replace("%2F", "/").replace("%2f", "/"))
    };
    let (host, written) = match server.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (server, None),
    };
    let host = machine(&of(&["host", "socket"]).unwrap_or_else(|| host.to_owned()));
    // MySQL's clients take this machine where there is no other.
    let host = if host.is_empty() && family == "mysql" { "localhost".to_owned() } else { host };
    let port = of(&["port"]).or_else(|| written.map(str::to_owned)).unwrap_or_else(|| port.to_owned());
    let user = user.split(':').next().unwrap_or_default();
    let database = of(&["dbname"]).unwrap_or_else(|| database.to_owned());
    // PostgreSQL takes the name of the user where there is no other.
    let database = if database.is_empty() && family == "postgres" { user.to_owned() } else { database };
    Some(format!("{family} {host} {port} {database}"))
}

/// One name for each machine: addresses in their short form, this machine as `localhost`.
fn machine(host: &str) -> String {
    let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_lowercase();
    match name.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) if address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST => {
            "localhost".to_owned()
        }
        Ok(address) => address.to_string(),
        Err(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_server_and_database_whoever_connects_and_however() {
        for (left, right) in [
            ("postgres://a:x@DB.example/shop", "postgresql://b@db.example:5432/shop?sslmode=require"),
            ("mysql://a@h/shop", "mariadb://b:p%40@h:3306/shop"),
            ("postgres://u@/shop?host=%2Frun%2Fpg", "postgres:///shop?host=/run/pg"),
            ("postgres://shop@h", "postgres://h/shop"),
            ("postgres://localhost/shop", "postgres://127.0.0.1:5432/shop"),
            ("postgres://u@LOCALHOST:5433/shop", "postgres://[::1]:5433/shop"),
            ("postgres://[::1]/shop", "postgres://[0:0:0:0:0:0:0:1]:5432/shop"),
            ("postgres://127.0.0.1/shop", "postgres:///shop?host=localhost&port=5432"),
            ("mysql://u@localhost/shop", "mariadb://u@127.0.0.1:3306/shop"),
            ("mysql://u@localhost:3306/shop", "mysql://u@[::1]/shop"),
            ("mysql://u@/shop", "mysql://u@[::ffff:127.0.0.1]/shop"),
            ("mysql://u@[fe80:0::1]/shop", "mysql://u@[fe80::1]:3306/shop"),
            ("sqlite:src/places.rs", "sqlite://./src/places.rs?mode=rw"),
        ] {
            assert!(place(left).is_some(), "{left}");
            assert_eq!(place(left), place(right));
        }
        for (left, right) in [
            ("postgres://h/shop", "postgres://h/other"),
            ("postgres://h/shop", "postgres://h:5433/shop"),
            ("postgres://h/shop", "mysql://h/shop"),
            ("postgres://[::1]/shop", "postgres://[::2]/shop"),
            ("postgres://localhost/shop", "postgres://127.0.0.1:5433/shop"),
            ("postgres://localhost/shop", "mysql://127.0.0.1/shop"),
            ("mysql://u@localhost/shop", "mysql://u@127.0.0.1/other"),
            ("mysql://u@127.0.0.1/shop", "mysql://u@127.0.0.2/shop"),
            ("mysql://u@localhost/shop", "mysql://u@localhost/shop?socket=/run/other.sock"),
        ] {
            assert_ne!(place(left), place(right));
        }
    }
}
