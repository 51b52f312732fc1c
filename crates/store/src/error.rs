use std::path::PathBuf;

use crate::{Holder, Location};

/// State cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Files or directories.
    #[error("`{path}` cannot be {action}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// `created`, `read`, `locked`.
        action: &'static str,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// Written by a newer version.
    #[error("`{place}` has schema version {found}, and this version of sluice knows versions up to {known}")]
    Newer {
        /// Where the state is.
        place: Location,
        /// Its schema version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// Not what was written.
    #[error("`{place}` is damaged: {what}")]
    Damaged {
        /// Where the state is.
        place: Location,
        /// What is wrong with it.
        what: String,
    },
    /// The file, its directory or the database cannot be written.
    #[error("`{place}` cannot be written: {what}")]
    ReadOnly {
        /// Where the state is.
        place: Location,
        /// What the system says.
        what: String,
    },
    /// Another process writes for longer than we wait.
    #[error("`{place}` is locked by another process: {what}")]
    Busy {
        /// Where the state is.
        place: Location,
        /// What the database says.
        what: String,
    },
    /// The database's server does not answer. What was about to be written may have been.
    #[error("the store `{place}` does not answer: {what}")]
    Unreachable {
        /// Where the state is.
        place: Location,
        /// Why.
        what: String,
    },
    /// The database failed otherwise.
    #[error("`{place}` could not be used: {what}")]
    Database {
        /// Where the state is.
        place: Location,
        /// Why.
        what: String,
    },
    /// The work that something was to be written for is somebody else's by now.
    #[error("the work on {project} was taken over by another worker: nothing more is written for it here")]
    Fenced {
        /// The project.
        project: String,
    },
    /// Servers that share a store have different keys.
    #[error("this server's key is {found}, and the servers of this store have {known}")]
    OtherKey {
        /// The public key of this one.
        found: String,
        /// The public key of the others.
        known: String,
    },
    /// A value cannot be written as JSON.
    #[error("the {what} cannot be written as JSON: {error}")]
    Json {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        error: serde_json::Error,
    },
    /// No release or rollout begins with the given text.
    #[error("there is no {kind} `{given}`")]
    NotFound {
        /// `release` or `rollout`.
        kind: &'static str,
        /// What was asked for.
        given: String,
        /// The newest of those that there are.
        known: Vec<String>,
    },
    /// More than one begins with it.
    #[error("`{given}` may be any of {count} {kind}s: {}", .candidates.join(", "))]
    Ambiguous {
        /// `release` or `rollout`.
        kind: &'static str,
        /// What was asked for.
        given: String,
        /// How many there are.
        count: usize,
        /// The first of them.
        candidates: Vec<String>,
    },
    /// A rollout with the identifier is there already.
    #[error("rollout `{id}` exists already")]
    RolloutExists {
        /// The identifier.
        id: String,
    },
    /// Somebody else has changed the rollout since it was read: read it again.
    #[error("rollout `{id}` was changed by another process meanwhile (generation {found}, not {expected})")]
    Conflict {
        /// The rollout.
        id: String,
        /// Generation that the caller had read.
        expected: u64,
        /// Generation that is there.
        found: u64,
    },
    /// Another process runs rollouts of this project.
    #[error("another sluice is at work here{}", .holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default())]
    Running {
        /// Who, if known.
        holder: Option<Holder>,
    },
}

impl StoreError {
    /// Whether it may be over in a moment: the database does not answer, or somebody else writes.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::ReadOnly { place: Location::Server(_), .. } => {
                "connect to the primary with a user who may create a schema, and see that its disk has room".to_owned()
            }
            Self::File { .. } | Self::ReadOnly { .. } => {
                "see that this user may write the directory and that the disk has room".to_owned()
            }
            Self::Newer { .. } => "use the newer sluice that wrote it".to_owned(),
            Self::Damaged { place: Location::Server(_), .. } => {
                "restore the database from a backup; what is applied is in the ledgers of the databases in any case".to_owned()
            }
            Self::Damaged { place: Location::File(path), .. } => format!(
                "delete the directory `{}`: what is applied is in the ledgers of the databases, and the next run goes on from \
                 there; releases are made again from git, approvals must be given again",
                path.parent().unwrap_or(path).display()
            ),
            Self::Busy { .. } => "wait for the other sluice and run the same command again".to_owned(),
            Self::Unreachable { .. } => "see that the database's server runs and can be reached from here".to_owned(),
            Self::Fenced { .. } => "nothing is lost: whoever has it goes on with it".to_owned(),
            Self::OtherKey { .. } => {
                "copy `server.key` from the data folder of a server that works into this one's".to_owned()
            }
            Self::Database { .. } | Self::Json { .. } | Self::RolloutExists { .. } => return None,
            Self::NotFound { kind, known, .. } if known.is_empty() => format!("there are no {kind}s yet"),
            Self::NotFound { kind, known, .. } => {
                format!("the newest are: {}; `sluice {kind} list` shows all", known.join(", "))
            }
            Self::Ambiguous { .. } => "give more characters".to_owned(),
            Self::Conflict { .. } => "run the same command again".to_owned(),
            Self::Running { holder } => match holder {
                Some(holder) => format!("wait for it, or stop it with `kill {}`", holder.pid),
                None => "wait for it".to_owned(),
            },
        };
        Some(text)
    }
}
