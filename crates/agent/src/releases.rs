use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sluice_project::bundle::{Bundle, PublicKey};
use sluice_runner::remote::Ticket;

use crate::client::Client;
use crate::error::AgentError;

/// Releases whose signatures hold, as folders.
pub struct Releases {
    data: PathBuf,
    /// Whose signatures count.
    pub trusted: Vec<PublicKey>,
    known: Mutex<HashMap<String, PathBuf>>,
}

impl Releases {
    /// Below the agent's folder. Nothing of an earlier start is believed.
    pub fn new(data: PathBuf, trusted: Vec<PublicKey>) -> Self {
        // What cannot be removed is overwritten, or told then.
        let _ = std::fs::remove_dir_all(data.join("releases"));
        Self { data, trusted, known: Mutex::default() }
    }

    /// The folder of the release that a ticket is about.
    pub fn folder(&self, ticket: &Ticket, client: &Client) -> Result<PathBuf, AgentError> {
        // One at a time: jobs of a rollout mostly want the same.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = known.get(&ticket.release) {
            return Ok(folder.clone());
        }
        let text = client.get(&format!("jobs/{}/bundle?fence={}", ticket.job, ticket.fence))?;
        let bundle = Bundle::open(text.as_bytes(), &self.trusted)?;
        if bundle.digest.0 != ticket.release || bundle.project != ticket.project {
            return Err(AgentError::NotAllowed(format!(
                "the server has sent release {} of {} where {} of {} was asked for",
                bundle.digest, bundle.project, ticket.release, ticket.project
            )));
        }
        let name: String = ticket.release.chars().filter(char::is_ascii_alphanumeric).collect();
        let folder = self.data.join("releases").join(name);
        bundle.unpack(&folder)?;
        known.insert(ticket.release.clone(), folder.clone());
        Ok(folder)
    }
}
