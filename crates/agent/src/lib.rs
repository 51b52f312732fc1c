//! Works on databases that the server does not reach: asks it for work, does it with the same engine, and tells what came of it.
//!
//! It only connects outward. What it is told is believed when the server's key has signed it and the policy of whoever runs it allows
//! it; credentials are resolved here and go nowhere. It keeps nothing that counts: what was applied is in the ledgers.

mod client;
mod error;
mod identity;
mod job;
mod keeper;
mod policy;
mod poll;
mod releases;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use sluice_runner::listener::Listener;
use sluice_store::RunnerLock;
use tokio_util::sync::CancellationToken;

use client::Client;
pub use error::AgentError;
use identity::Identity;
use policy::Policy;
use poll::Poll;
use releases::Releases;

/// What an agent is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// URL of the server.
    pub server: String,
    /// File with the enrolment token; read only while the agent is not known yet.
    pub token_file: PathBuf,
    /// Folder for its key and for releases.
    pub data: PathBuf,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub labels: BTreeMap<String, String>,
    /// What it may do.
    pub policy: Option<PathBuf>,
    /// How many databases it works on at a time.
    pub parallel: usize,
    /// Whether a server on another machine may be asked without TLS.
    pub insecure_http: bool,
}

/// How often it is looked whether the agent is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Runs an agent until it is cancelled: what runs is stopped at the next border then, and told.
///
/// # Errors
/// What keeps it from working for good; a server that cannot be reached does not.
pub fn run(
    options: &Options,
    listener: &Arc<dyn Listener>,
    cancel: &CancellationToken,
) -> Result<(), AgentError> {
    std::fs::create_dir_all(&options.data).map_err(AgentError::file(&options.data))?;
    let data = std::fs::canonicalize(&options.data).map_err(AgentError::file(&options.data))?;
    let _only = RunnerLock::try_take(&data, "agent")?;
    let policy = options.policy.as_deref().map(Policy::read).transpose()?.unwrap_or_default();
    let client = Client::new(&options.server, options.insecure_http)?;
    let Some(identity) = Identity::of(&data, options, &client, listener.as_ref(), cancel)? else {
        return Ok(());
    };
    let trusted = policy.signers(identity.signer)?;
    let poll = Arc::new(Poll::new(
        client,
        identity,
        policy,
        Releases::new(data.clone(), trusted),
        data,
        options.parallel.max(1),
        Arc::clone(listener),
        cancel.clone(),
    ));
    listener.message(&format!("agent {} works for {}", options.name, options.server));
    let (sender, receiver) = channel();
    let asking = Arc::clone(&poll);
    // Nobody waits for it: an answer may take a minute.
    std::thread::Builder::new()
        .name("poll".to_owned())
        .spawn(move || drop(sender.send(asking.run())))
        .map_err(AgentError::System)?;
    let ended = loop {
        match receiver.recv_timeout(LOOK) {
            Ok(ended) => break ended,
            Err(RecvTimeoutError::Disconnected) => break Ok(()),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => break Ok(()),
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    cancel.cancel();
    poll.wait_for_jobs();
    ended
}
