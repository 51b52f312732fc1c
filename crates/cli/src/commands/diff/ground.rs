//! Where SQL is run to be understood, and steps are tried.

use std::cell::OnceCell;

use sluice_engine::shadow::{self, Script};
use sluice_engine::{Connect, Database, Server};
use sluice_facts::Snapshot;
use sluice_report::Problem;
use sluice_sql::Dialect;

use super::side::{failed, not_elaborated};
use crate::against::Against;
use crate::cache::{Cache, Entry};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::local_server::{Installed, LocalError, LocalServer, Wanted};
use crate::sites::Resolver;

/// So many schemas are kept, those that were worked out last.
const KEPT: usize = 32;

/// Where scratch databases are made.
pub enum Ground<'a> {
    /// On a server that somebody has named.
    Named(&'a Against),
    /// On one that is started when it is needed.
    Local(&'a Local),
}

impl<'a> Ground<'a> {
    /// The server; it is started where it has not been.
    ///
    /// # Errors
    /// A program that does not start.
    pub fn server(&self) -> Result<&'a Against, CliError> {
        match self {
            Self::Named(against) => Ok(against),
            Self::Local(local) => local.server(),
        }
    }

    /// The schema that scripts make: kept from an earlier run, where `keeps` says so and one had the same texts and server.
    ///
    /// # Errors
    /// SQL that does not run, a server that does not answer.
    pub fn elaborate(&self, scripts: &[Script], keeps: bool) -> Result<(Server, Snapshot), CliError> {
        let entry = if keeps { self.entry(scripts)? } else { None };
        if let Some(known) = entry.as_ref().and_then(restored) {
            return Ok(known);
        }
        let against = self.server()?;
        let (family, connect) = against.reach();
        let elaborated = Context::runtime()?.block_on(shadow::elaborate(family, connect, scripts));
        let (server, snapshot) = elaborated.map_err(|error| not_elaborated(error, &against.name))?;
        if let (Some(entry), Ok(bytes)) = (entry, kept(&server, &snapshot)) {
            entry.keep(&bytes);
        }
        Ok((server, snapshot))
    }

    /// Where the schema of these scripts is kept. What a server makes of them follows from the server and who asks it.
    fn entry(&self, scripts: &[Script]) -> Result<Option<Entry>, CliError> {
        let Some(cache) = Cache::open("elaborated", KEPT) else { return Ok(None) };
        let mut follows_from = match self {
            Self::Local(local) => local.installed.words(),
            Self::Named(against) if against.is_in_memory() => "memory".to_owned(),
            Self::Named(against) => {
                let (family, connect) = against.reach();
                let server = Context::runtime()?.block_on(server_of(family, connect));
                let server = server.map_err(|error| failed(error, &against.name))?;
                format!("{} {} {}", server.product, server.address, without_password(&connect.url))
            }
        };
        for Script { name, text } in scripts {
            follows_from.push_str(&format!("\n{} {name} {}\n{text}", name.len(), text.len()));
        }
        Ok(Some(cache.entry(&follows_from)))
    }
}

async fn server_of(family: &dyn Database, connect: &Connect) -> Result<Server, sluice_engine::DbError> {
    let session = family.connect(connect).await?;
    let server = session.server().clone();
    session.close().await;
    Ok(server)
}

fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) => {
            // Only of a URL without a host can it not be taken away, and that has none.
            let _ = url.set_password(None);
            url.into()
        }
        Err(_) => String::new(),
    }
}

/// The server in words, then the snapshot as it is saved.
fn kept(server: &Server, snapshot: &Snapshot) -> std::io::Result<Vec<u8>> {
    let Server { dialect, product, version, address, read_only: _ } = server;
    let line = serde_json::to_vec(&(dialect.name(), product, version, address))?;
    let mut bytes = line;
    bytes.push(b'\n');
    bytes.extend(snapshot.to_bytes()?);
    Ok(bytes)
}

fn restored(entry: &Entry) -> Option<(Server, Snapshot)> {
    let bytes = entry.read()?;
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, snapshot) = bytes.split_at_checked(at)?;
    let (dialect, product, version, address): (String, String, u32, String) =
        serde_json::from_slice(line).ok()?;
    let dialect = Dialect::named(&dialect)?;
    let server = Server { dialect, product, version, address, read_only: false };
    Some((server, Snapshot::from_bytes(snapshot.get(1..)?).ok()?))
}

/// A server that is started when it is needed, and stopped at the end.
pub struct Local {
    installed: Installed,
    resolver: Resolver,
    started: OnceCell<(Against, LocalServer)>,
}

impl Local {
    /// A program of the engine that is installed here.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn find(dialect: Dialect, wanted: Option<&str>, resolver: Resolver) -> Result<Self, CliError> {
        let wanted = wanted.map(|text| Wanted(text.to_owned()));
        let installed = Installed::find(dialect, wanted.as_ref()).map_err(|error| missing(&error))?;
        Ok(Self { installed, resolver, started: OnceCell::new() })
    }

    fn server(&self) -> Result<&Against, CliError> {
        if self.started.get().is_none() {
            let server = self.installed.start().map_err(|error| missing(&error))?;
            let against = Against::of_url("a local server", &server.url, &self.resolver)?;
            // Nobody else can have set it meanwhile.
            let _ = self.started.set((against, server));
        }
        match self.started.get() {
            Some((against, _)) => Ok(against),
            None => Err(CliError::usage("a local server was started and is not there")),
        }
    }
}

fn missing(error: &LocalError) -> CliError {
    CliError::new(
        Exit::Usage,
        Problem::error(format!(
            "SQL is understood by running it, and there is no server to run it on: {error}"
        )),
    )
    .help("name a server with --shadow: a scratch database is made on it and dropped again")
}
