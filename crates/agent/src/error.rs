use std::io;
use std::path::{Path, PathBuf};

use sluice_project::bundle::{BundleError, KeyError};
use sluice_store::StoreError;

/// Why an agent cannot work.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The address of the server.
    #[error("--server: {0}")]
    Server(String),
    /// A file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The policy, or what is kept of the agent.
    #[error("{}: {what}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A key in the policy.
    #[error("policy: {0}")]
    Key(#[from] KeyError),
    /// A release.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The system.
    #[error("the system gives no thread: {0}")]
    System(io::Error),
    /// The folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server does not want the agent.
    #[error("the server refuses the agent: {detail}")]
    Refused {
        /// Why.
        detail: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// The server cannot be reached.
    #[error("the server does not answer: {0}")]
    Unreachable(String),
    /// What it was told is not what it may do.
    #[error("{0}")]
    NotAllowed(String),
    /// Somebody else has the job.
    #[error("somebody else has the job")]
    Fenced,
}

impl AgentError {
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path: path.clone(), error }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused { help, .. } => help.clone(),
            Self::Server(_) => Some("give https://HOST, or http:// with --insecure-http".to_owned()),
            Self::Key(error) => Some(error.help().to_owned()),
            Self::Bundle(error) => Some(error.help().to_owned()),
            Self::Store(error) => error.help(),
            _ => None,
        }
    }

    /// Whether trying again may help.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}
