use std::path::{Path, PathBuf};

use serde::Deserialize;
use sluice_project::bundle::PublicKey;
use sluice_runner::remote::Ticket;

use crate::error::AgentError;

/// What whoever runs the agent lets it do, whatever the server says. What is left out is not limited.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Projects that it works for.
    projects: Option<Vec<String>>,
    /// Environments whose databases it works on.
    environments: Option<Vec<String>>,
    /// Databases that it works on.
    databases: Option<Vec<String>>,
    /// Whose releases and tickets it takes: public keys, in hexadecimal digits or as files beside the policy.
    signers: Option<Vec<String>>,
    #[serde(skip)]
    folder: PathBuf,
}

impl Policy {
    /// Reads a policy.
    pub fn read(path: &Path) -> Result<Self, AgentError> {
        let text = std::fs::read_to_string(path).map_err(AgentError::file(path))?;
        let mut policy: Self = toml::from_str(&text)
            .map_err(|error| AgentError::Content { path: path.to_owned(), what: error.to_string() })?;
        policy.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(policy)
    }

    /// Whose signatures count; that of the server as the agent met it where nothing is said.
    pub fn signers(&self, met: PublicKey) -> Result<Vec<PublicKey>, AgentError> {
        let Some(signers) = &self.signers else { return Ok(vec![met]) };
        let parse = |text: &String| match text.parse() {
            Ok(key) => Ok(key),
            Err(_) => PublicKey::of_file(&self.folder.join(text)).map_err(AgentError::from),
        };
        signers.iter().map(parse).collect()
    }

    /// Whether a job may be done.
    pub fn check(&self, ticket: &Ticket) -> Result<(), AgentError> {
        for (what, allowed, asked) in [
            ("project", &self.projects, &ticket.project),
            ("environment", &self.environments, &ticket.environment),
            ("database", &self.databases, &ticket.database),
        ] {
            if allowed.as_ref().is_some_and(|allowed| !allowed.contains(asked)) {
                let message = format!("the policy of the agent does not have the {what} `{asked}`");
                return Err(AgentError::NotAllowed(message));
            }
        }
        Ok(())
    }
}
