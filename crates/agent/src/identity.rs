use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_project::bundle::PublicKey;
use sluice_runner::listener::Listener;
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::client::{Client, SHORT};
use crate::error::AgentError;
use crate::poll::Patience;

/// Who the agent is to the server.
pub struct Identity {
    path: PathBuf,
    kept: Kept,
    /// Who signs for the server, as it was when the agent became known.
    pub signer: PublicKey,
}

/// The file with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    server: String,
    agent: String,
    key: String,
    signer: String,
}

#[derive(Serialize)]
struct Enrol<'a> {
    name: &'a str,
    labels: &'a BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Enrolled {
    agent: Named,
    key: String,
    signer: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Rotated {
    key: String,
}

impl Identity {
    /// What is kept of an earlier start, or what the server gives for the enrolment token; `None` when it was cancelled before.
    pub fn of(
        data: &Path,
        options: &Options,
        client: &Client,
        listener: &dyn Listener,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, AgentError> {
        let path = data.join("agent.json");
        let kept = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| AgentError::Content { path: path.clone(), what: error.to_string() })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let Some(kept) = enrol(options, client, listener, cancel)? else { return Ok(None) };
                write(&path, &kept)?;
                kept
            }
            Err(error) => return Err(AgentError::File { path, error }),
        };
        if kept.server != options.server {
            let what =
                format!("it is an agent of {}; give --data another folder for another server", kept.server);
            return Err(AgentError::Content { path, what });
        }
        client.use_key(&kept.key);
        let signer = kept.signer.parse()?;
        Ok(Some(Self { path, kept, signer }))
    }

    /// Takes a new key. It is kept before it is used: until then the old one counts.
    pub fn rotate(&mut self, client: &Client) -> Result<(), AgentError> {
        let Some(Rotated { key }) = client.post("key", &serde_json::json!({}), SHORT)? else { return Ok(()) };
        self.kept.key = key;
        write(&self.path, &self.kept)?;
        client.use_key(&self.kept.key);
        Ok(())
    }
}

fn enrol(
    options: &Options,
    client: &Client,
    listener: &dyn Listener,
    cancel: &CancellationToken,
) -> Result<Option<Kept>, AgentError> {
    let file = &options.token_file;
    let token = fs::read_to_string(file).map_err(AgentError::file(file))?;
    client.use_key(token.trim());
    let mut patience = Patience::default();
    let asked = Enrol { name: &options.name, labels: &options.labels };
    while !cancel.is_cancelled() {
        match client.post::<Enrolled>("enrol", &asked, SHORT) {
            Ok(Some(Enrolled { agent, key, signer })) => {
                return Ok(Some(Kept { server: options.server.clone(), agent: agent.id, key, signer }));
            }
            Ok(None) => {}
            Err(error) if error.passes() => patience.told(&error, listener),
            Err(error) => return Err(error),
        }
        patience.rest(cancel);
    }
    Ok(None)
}

/// Whole or not at all, and readable by nobody else.
fn write(path: &Path, kept: &Kept) -> Result<(), AgentError> {
    let failed = AgentError::file(path);
    let beside = path.with_extension("new");
    let text = serde_json::to_string(kept)
        .map_err(|error| AgentError::Content { path: path.to_owned(), what: error.to_string() })?;
    let mut options = fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(&failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(&failed)?;
    fs::rename(&beside, path).map_err(&failed)
}
