use sluice_rollout::{Problem, ProblemKind};

use crate::ledger::LedgerError;
use crate::proof::ProofError;
use crate::script::ScriptError;
use crate::shadow::ShadowError;
use crate::{DbError, DbErrorKind, Running, grant};

/// Why a target could not be brought to where the release wants it. Whatever it is: what was applied is recorded, and the
/// same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// No session could be had.
    #[error("{0}")]
    Connect(DbError),
    /// The server takes no writes.
    #[error("{address} takes no writes ({})", if *is_file { "the file or its directory is read-only" } else { "replica or read-only" })]
    ReadOnly {
        /// Host and database, or the file.
        address: String,
        /// It is a file.
        is_file: bool,
    },
    /// Another runner kept the lock for longer than `lock_wait`.
    #[error("another run holds the lock of this database{}", by.as_ref().map(|by| format!(": {} ({})", by.backend, by.who)).unwrap_or_default())]
    Locked {
        /// Who, as far as the server can tell.
        by: Option<Running>,
    },
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// History and repository do not fit together.
    #[error("{}", problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused {
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// The schema is not as the last change has left it.
    #[error("the schema has drifted since change {since}: {}", facts.join(", "))]
    Drifted {
        /// The last change.
        since: String,
        /// What differs, in words.
        facts: Vec<String>,
    },
    /// What is pending is not what was planned.
    #[error("the database has moved since the plan was made: pending was {planned}, now it is {found}")]
    Stale {
        /// Pending versions in the plan.
        planned: String,
        /// Pending versions now.
        found: String,
    },
    /// The declared schema is not understood.
    #[error("the declared schema cannot be made on the shadow: {0}")]
    Desired(ShadowError),
    /// The computed way to the declared schema is not proved.
    #[error("the way to the declared schema is not proved: {0}")]
    Unproved(ProofError),
    /// There is no way to the declared schema.
    #[error("{message}")]
    NoWay {
        /// Why.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A change's text cannot be run.
    #[error("{}", .0.message)]
    Script(#[from] ScriptError),
    /// An `assert` directive did not answer true.
    #[error("assertion of change {version} does not hold: `{sql}` answered {answer}")]
    Assertion {
        /// `path:line:column` of the query.
        place: String,
        /// Version of the change.
        version: String,
        /// The query.
        sql: String,
        /// Its answer.
        answer: String,
    },
    /// A statement failed.
    #[error("statement {ordinal} of change {version} failed: {error}{}", error.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Statement {
        /// `path:line:column` of the error, or of the statement.
        place: String,
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// First line of the statement.
        summary: String,
        /// What the server said.
        error: DbError,
        /// Who blocked it, after a lock timeout.
        blockers: Vec<Running>,
        /// Statements of the change that are applied and stay.
        applied: u64,
        /// Where the next run goes on: the first statement of the transaction that was rolled back, or this one.
        resumes_at: u64,
        /// Statements in the change.
        total: u64,
    },
    /// The connection went away and did not come back in time.
    #[error("the connection was lost: {0}")]
    Lost(DbError),
    /// Nobody can tell from the catalog whether a statement took effect.
    #[error(
        "{place}: nobody can tell whether statement {ordinal} of change {version} took effect: {evidence}"
    )]
    Inconclusive {
        /// `path:line:column` of the statement.
        place: String,
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// First line of the statement.
        summary: String,
        /// What was looked at.
        evidence: String,
    },
    /// A statement of an earlier run still runs on the server.
    #[error("statement {ordinal} of change {version} still runs on the server as {}", running.backend)]
    StillRunning {
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// The session.
        running: Running,
    },
    /// A statement that is applied, or in flight, has other text now.
    #[error("statement {ordinal} of change {version} was {what} and has been edited since")]
    EditedInFlight {
        /// File.
        path: String,
        /// Version of the change.
        version: String,
        /// Place in the change, from 1.
        ordinal: u64,
        /// `applied` or `in flight`.
        what: &'static str,
    },
    /// A change was taken back and applied again since its rollback was planned.
    #[error(
        "change {version} is another one than the rollback was planned for: planned {planned}, found {found}"
    )]
    Replaced {
        /// Its version.
        version: String,
        /// As it was.
        planned: String,
        /// As it is.
        found: String,
    },
    /// Rows that a statement changes are to be kept, and cannot be.
    #[error("rows that change {version} touches cannot be kept: {}", refusal.message)]
    NotKept {
        /// Version of the change.
        version: String,
        /// Which statement, and why.
        refusal: crate::backup::Refusal,
    },
    /// A repair that nothing speaks for.
    #[error("{message}")]
    Declined {
        /// Why.
        message: String,
        /// What can be done instead.
        help: Option<String>,
    },
    /// A gate has closed, or a person has paused the rollout, since this run was let go. What was applied stays; nothing was
    /// in flight.
    #[error("stopped between changes: {reason}")]
    Held {
        /// Why it must not go on.
        reason: String,
    },
    /// It was an agent that worked on it, and this is what it has told.
    #[error("{message}")]
    Elsewhere {
        /// How it ended, in the word of an exit code.
        exit: String,
        /// What went wrong.
        message: String,
        /// `path` or `path:line:column`.
        place: Option<String>,
        /// What to do about it.
        help: Option<String>,
    },
    /// A later run has taken over.
    #[error("a later run has taken over this database; this one stops and has written nothing since")]
    Fenced,
    /// The user wanted to stop.
    #[error("cancelled")]
    Cancelled {
        /// What still runs on the server.
        running: Option<Running>,
    },
}

impl ApplyError {
    /// The file that it is about, as `path` or `path:line:column`.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Assertion { place, .. }
            | Self::Statement { place, .. }
            | Self::Inconclusive { place, .. } => Some(place),
            Self::EditedInFlight { path, .. } => Some(path),
            Self::Script(error) => Some(&error.place),
            Self::Elsewhere { place, .. } => place.as_deref(),
            Self::NotKept { refusal, .. } => Some(&refusal.place),
            Self::Desired(ShadowError::Text { place, .. }) => Some(place),
            _ => None,
        }
    }

    /// What to do next, in one sentence.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Connect(error) | Self::Lost(error) | Self::Ledger(LedgerError::Database(error)) => {
                let said = error.hint.clone().or_else(|| grant::missing(error));
                return said.or_else(|| next_step(error.kind).map(str::to_owned));
            }
            Self::Declined { help, .. } | Self::NoWay { help, .. } | Self::Elsewhere { help, .. } => {
                return help.clone();
            }
            Self::NotKept { refusal, .. } => {
                return Some(refusal.help.clone()).filter(|help| !help.is_empty());
            }
            Self::Desired(ShadowError::Database(error)) | Self::Unproved(ProofError::Database(error)) => {
                return error.hint.clone().or_else(|| next_step(error.kind).map(str::to_owned));
            }
            Self::Desired(_) => "correct the files of the declared schema; nothing was run".to_owned(),
            Self::Unproved(ProofError::Base(_)) => {
                "name a shadow that has the roles and extensions of the schema; nothing was run".to_owned()
            }
            Self::Unproved(_) => {
                "this is a mistake in sluice: please report it with both schemas; nothing was run".to_owned()
            }
            Self::ReadOnly { is_file: true, .. } => {
                "let this user write the file and the directory that it lies in".to_owned()
            }
            Self::ReadOnly { is_file: false, .. } => "point the database's url at the primary server".to_owned(),
            Self::Locked { by: Some(by) } => {
                format!("wait for it and run the same command again, or end it with: {}", by.stop_with)
            }
            Self::Locked { by: None } => "wait for it and run the same command again".to_owned(),
            Self::Ledger(_) => return None,
            Self::Refused { problems }
                if problems.iter().any(|problem| problem.kind == ProblemKind::Unadopted) =>
            {
                "`sluice baseline --adopt` takes it over; where it is of something else, set `unadopted = \"warn\"` or \
                 `\"allow\"` in [policy]"
                    .to_owned()
            }
            Self::Refused { .. } => {
                "restore the files as they were applied and make a new change for what is new; `[policy]` in \
                 sluice.toml can warn or allow instead"
                    .to_owned()
            }
            Self::Drifted { .. } => {
                "nothing was run; `sluice drift` shows what differs, `--adopt` makes it official, `--revert` writes the way back"
                    .to_owned()
            }
            Self::Stale { .. } | Self::Replaced { .. } => "run the same command again: it makes a new plan".to_owned(),
            Self::Script(_) => "nothing was run; correct the file and run the same command again".to_owned(),
            Self::Assertion { .. } => "make the assertion hold and run the same command again".to_owned(),
            Self::Statement { error, blockers, applied, resumes_at, ordinal, .. } => {
                let mut help = Vec::new();
                if let Some(hint) = &error.hint {
                    help.push(hint.clone());
                }
                for blocker in blockers {
                    help.push(format!(
                        "it waited for {} ({}), which can be ended with: {}",
                        blocker.backend, blocker.who, blocker.stop_with
                    ));
                }
                help.push(if *applied == 0 {
                    "nothing of this change is applied; correct it and run the same command again".to_owned()
                } else if resumes_at < ordinal {
                    format!(
                        "what comes before statement {resumes_at} stays applied; statement {resumes_at} and what follows \
                         it up to here were rolled back; correct this one and run the same command again: it goes on at \
                         statement {resumes_at}"
                    )
                } else {
                    "the statements before it stay applied; correct this one and run the same command again: it goes \
                     on here"
                        .to_owned()
                });
                help.join("; ")
            }
            Self::Inconclusive { version, ordinal, .. } => format!(
                "look at the database; then run `sluice repair {version} --statement {ordinal} --applied` or `--not-applied`"
            ),
            Self::StillRunning { running, .. } => {
                format!("wait for it and run the same command again, or end it with: {}", running.stop_with)
            }
            Self::EditedInFlight { .. } => crate::unfinished::HELP.to_owned(),
            Self::Held { .. } => "run the same command again when it may go on".to_owned(),
            Self::Fenced => "run the same command again if the other run is gone".to_owned(),
            Self::Cancelled { running: Some(running) } => {
                format!("{} still runs on the server; end it with: {}", running.backend, running.stop_with)
            }
            Self::Cancelled { running: None } => "run the same command again to go on".to_owned(),
        })
    }
}

/// Why nothing can be done on a server that takes no writes.
pub(crate) fn read_only(server: &crate::Server) -> ApplyError {
    ApplyError::ReadOnly {
        address: server.address.clone(),
        is_file: server.dialect == sluice_sql::Dialect::Sqlite,
    }
}

/// What to do next about an error of a connection of which neither the server nor a database crate says it.
fn next_step(kind: DbErrorKind) -> Option<&'static str> {
    match kind {
        DbErrorKind::Connect => Some(
            "see that the server runs and that host, port and database in the source of its url are right; then run the \
             same command again",
        ),
        DbErrorKind::Authentication => Some("correct user and password in the source of its url"),
        DbErrorKind::Permission => {
            Some("grant the user of its url what the message names; then run the same command again")
        }
        DbErrorKind::ConnectionLost => Some("run the same command again: it finds out what was done"),
        DbErrorKind::DiskFull => Some("make room on the server; then run the same command again"),
        DbErrorKind::LockTimeout | DbErrorKind::Conflict | DbErrorKind::StatementTimeout => {
            Some("run the same command again when the server is less busy")
        }
        _ => None,
    }
}
