//! Databases that agents work on: what an agent is told, and what it tells back. Both sides share these words, so that a database
//! behind an agent is decided about as any other.

use serde::{Deserialize, Serialize};
use sluice_engine::ledger::Identity;
use sluice_engine::{Applied, ApplyError, Inspection, Server};
use sluice_rollout::{
    ChangeKind, ForeignHistory, Ledger, Problem, Revision, RevisionState, StatementRecord, StatementState,
};
use sluice_sql::Dialect;
use tokio_util::sync::CancellationToken;

use crate::error::exit_of;
use crate::sites::Site;

/// Whoever works on databases in place of this process. Waits as long as it takes.
pub trait Remote: Send + Sync {
    /// Has a database looked at.
    ///
    /// # Errors
    /// Why it cannot be; also where nobody takes the work.
    fn look(&self, site: &Site<'_>) -> Result<Inspection, ApplyError>;

    /// Has a database brought to the release.
    ///
    /// # Errors
    /// As [`crate::driver::run_one`].
    fn apply(
        &self,
        site: &Site<'_>,
        order: &Apply,
        may_go_on: &dyn Fn() -> Result<(), String>,
        cancel: &CancellationToken,
    ) -> Result<Applied, ApplyError>;
}

/// Bringing a database to a release for a rollout.
#[derive(Debug, Clone)]
pub struct Apply {
    /// Name of the rollout.
    pub rollout: String,
    /// Versions that the plan says are pending; `None` where nobody has to agree.
    pub planned: Option<Vec<String>>,
    /// Who has it done.
    pub identity: Identity,
    /// How many databases of its environment may be worked on at a time; `None` for any number.
    pub most: Option<u32>,
}

/// What an agent is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Task {
    /// Look at the database.
    Look,
    /// Bring it to the release.
    Apply {
        /// Name of the rollout.
        rollout: String,
        /// Versions that the plan says are pending.
        planned: Option<Vec<String>>,
        /// Commit, for the ledger.
        commit: Option<String>,
        /// Author, for the ledger.
        author: Option<String>,
    },
}

/// The right to begin a job, signed by the server. What is in it is believed only then, and only as the answer to the agent's own question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// What the agent has asked with.
    pub nonce: String,
    /// Name of the job.
    pub job: String,
    /// What the agent writes is held against it.
    pub fence: u64,
    /// Project.
    pub project: String,
    /// Environment of the database.
    pub environment: String,
    /// The database.
    pub database: String,
    /// Digest of the release.
    pub release: String,
    /// How long, from the question on, something may be begun on the database; each answer that lets it go on counts anew. A length, not
    /// a time, so that no clock has to be right.
    pub start_for_ms: u64,
    /// What is to be done.
    pub task: Task,
}

impl Ticket {
    /// What is signed of its text: no other signature of a server begins so.
    pub fn signed(text: &str) -> String {
        format!("sluice ticket\n{text}")
    }
}

/// The version of this program, as agents and servers tell each other.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The header that tells it.
pub const VERSION_HEADER: &str = "sluice-version";

/// Whether agents and servers of two versions understand each other: the same, or one after the other.
pub fn understand(one: &str, other: &str) -> bool {
    let parse = |text: &str| {
        let mut parts = text.split(['.', '-', '+']).map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    };
    match (parse(one), parse(other)) {
        (Some((major, minor)), Some((other_major, other_minor))) => {
            major == other_major && minor.abs_diff(other_minor) <= 1
        }
        _ => false,
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Report {
    /// What the database looks like.
    Seen(Sighting),
    /// It has the release.
    Applied {
        /// The server.
        server: Machine,
        /// Versions applied in this run, in order.
        versions: Vec<String>,
        /// How many changes were skipped.
        skipped: usize,
        /// Problems that the policy only warns of.
        warnings: Vec<Problem>,
        /// When the last change before this run was finished.
        finished_at: Option<String>,
    },
    /// It was stopped between changes.
    Held {
        /// Why.
        reason: String,
    },
    /// The database has moved away from the plan.
    Stale {
        /// As [`ApplyError::Stale`].
        planned: String,
        /// As [`ApplyError::Stale`].
        found: String,
    },
    /// It failed.
    Failed {
        /// How it ended, in the word of an exit code.
        exit: String,
        /// What went wrong.
        message: String,
        /// `path` or `path:line:column`.
        place: Option<String>,
        /// What to do about it.
        help: Option<String>,
    },
}

/// As [`Server`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the fields of `Server`")]
pub struct Machine {
    pub dialect: String,
    pub product: String,
    pub version: u32,
    pub address: String,
    pub read_only: bool,
}

/// A database, as far as plans are made from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the fields of `Inspection` and `Ledger`")]
pub struct Sighting {
    pub server: Machine,
    pub exists: bool,
    pub fence: u64,
    pub revisions: Vec<SeenRevision>,
    pub statements: Vec<SeenStatement>,
    pub histories: Vec<SeenHistory>,
}

/// As [`Revision`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the fields of `Revision`")]
pub struct SeenRevision {
    pub version: String,
    pub kind: ChangeKind,
    pub checksum: String,
    pub state: String,
    pub statements_applied: u64,
    pub finished_at: Option<String>,
}

/// As [`StatementRecord`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the fields of `StatementRecord`")]
pub struct SeenStatement {
    pub version: String,
    pub ordinal: u64,
    pub checksum: String,
    pub state: String,
    pub backend: Option<String>,
    pub evidence: Option<String>,
}

/// As [`ForeignHistory`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as the fields of `ForeignHistory`")]
pub struct SeenHistory {
    pub tools: Vec<String>,
    pub table: String,
    pub shared: bool,
}

impl From<&Server> for Machine {
    fn from(server: &Server) -> Self {
        Self {
            dialect: server.dialect.name().to_owned(),
            product: server.product.clone(),
            version: server.version,
            address: server.address.clone(),
            read_only: server.read_only,
        }
    }
}

impl Machine {
    fn server(self) -> Option<Server> {
        Some(Server {
            dialect: Dialect::named(&self.dialect)?,
            product: self.product,
            version: self.version,
            address: self.address,
            read_only: self.read_only,
        })
    }
}

impl From<&Inspection> for Sighting {
    fn from(inspection: &Inspection) -> Self {
        let ledger = &inspection.ledger;
        let revision = |revision: &Revision| SeenRevision {
            version: revision.version.clone(),
            kind: revision.kind,
            checksum: revision.checksum.as_str().to_owned(),
            state: revision.state.name().to_owned(),
            statements_applied: revision.statements_applied,
            finished_at: revision.finished_at.clone(),
        };
        let statement = |statement: &StatementRecord| SeenStatement {
            version: statement.version.clone(),
            ordinal: statement.ordinal,
            checksum: statement.checksum.as_str().to_owned(),
            state: statement.state.name().to_owned(),
            backend: statement.backend.clone(),
            evidence: statement.evidence.clone(),
        };
        let history = |history: &ForeignHistory| SeenHistory {
            tools: history.tools.clone(),
            table: history.table.clone(),
            shared: history.shared,
        };
        Self {
            server: (&inspection.server).into(),
            exists: ledger.exists,
            fence: ledger.fence,
            revisions: ledger.revisions.iter().map(revision).collect(),
            statements: ledger.statements.iter().map(statement).collect(),
            histories: inspection.histories.iter().map(history).collect(),
        }
    }
}

impl Sighting {
    /// The words of this version; `None` where another version has said something that it does not know.
    fn inspection(self) -> Option<Inspection> {
        let revision = |seen: SeenRevision| {
            Some(Revision {
                version: seen.version,
                kind: seen.kind,
                checksum: seen.checksum.parse().ok()?,
                state: RevisionState::from_name(&seen.state)?,
                statements_applied: seen.statements_applied,
                finished_at: seen.finished_at,
            })
        };
        let statement = |seen: SeenStatement| {
            Some(StatementRecord {
                version: seen.version,
                ordinal: seen.ordinal,
                checksum: seen.checksum.parse().ok()?,
                state: StatementState::from_name(&seen.state)?,
                backend: seen.backend,
                evidence: seen.evidence,
            })
        };
        let history =
            |seen: SeenHistory| ForeignHistory { tools: seen.tools, table: seen.table, shared: seen.shared };
        Some(Inspection {
            server: self.server.server()?,
            ledger: Ledger {
                exists: self.exists,
                fence: self.fence,
                revisions: self.revisions.into_iter().map(revision).collect::<Option<_>>()?,
                statements: self.statements.into_iter().map(statement).collect::<Option<_>>()?,
            },
            histories: self.histories.into_iter().map(history).collect(),
            leftovers: Vec::new(),
            failures: Vec::new(),
            drift: None,
            facts: None,
            begun: None,
        })
    }
}

impl Report {
    /// What a look has come to.
    pub fn of_look(result: Result<Inspection, ApplyError>) -> Self {
        result.map_or_else(|error| Self::of_error(&error), |seen| Self::Seen((&seen).into()))
    }

    /// What bringing a database to the release has come to.
    pub fn of_apply(result: Result<Applied, ApplyError>) -> Self {
        match result {
            Ok(applied) => Self::Applied {
                server: (&applied.server).into(),
                versions: applied.versions,
                skipped: applied.skipped,
                warnings: applied.warnings,
                finished_at: applied.finished_at,
            },
            Err(error) => Self::of_error(&error),
        }
    }

    /// Why nothing, or not everything, was done.
    pub fn of_error(error: &ApplyError) -> Self {
        match error {
            ApplyError::Held { reason } => Self::Held { reason: reason.clone() },
            ApplyError::Stale { planned, found } => {
                Self::Stale { planned: planned.clone(), found: found.clone() }
            }
            error => Self::Failed {
                exit: exit_of(error).name().to_owned(),
                message: error.to_string(),
                place: error.place().map(str::to_owned),
                help: error.help(),
            },
        }
    }

    /// As whoever asked for a look is told.
    ///
    /// # Errors
    /// What the agent has told.
    pub fn seen(self) -> Result<Inspection, ApplyError> {
        match self {
            Self::Seen(seen) => {
                seen.inspection().ok_or_else(|| misunderstood("what the database looks like"))
            }
            other => Err(other.error()),
        }
    }

    /// As whoever asked for a release is told.
    ///
    /// # Errors
    /// What the agent has told.
    pub fn applied(self) -> Result<Applied, ApplyError> {
        match self {
            Self::Applied { server, versions, skipped, warnings, finished_at } => {
                let server = server.server().ok_or_else(|| misunderstood("the database's engine"))?;
                Ok(Applied { server, versions, skipped, warnings, finished_at })
            }
            other => Err(other.error()),
        }
    }

    fn error(self) -> ApplyError {
        match self {
            Self::Held { reason } => ApplyError::Held { reason },
            Self::Stale { planned, found } => ApplyError::Stale { planned, found },
            Self::Failed { exit, message, place, help } => {
                ApplyError::Elsewhere { exit, message, place, help }
            }
            Self::Seen(_) | Self::Applied { .. } => misunderstood("an answer to another question"),
        }
    }
}

fn misunderstood(what: &str) -> ApplyError {
    ApplyError::Elsewhere {
        exit: "inconclusive".to_owned(),
        message: format!("the agent has told something that this version does not know: {what}"),
        place: None,
        help: Some("use the same version of sluice for the agent and the server".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_has_seen_is_what_the_server_decides_on() {
        let revision = Revision {
            version: "0001".to_owned(),
            kind: ChangeKind::Versioned,
            checksum: sluice_rollout::Checksum::of(b"select 1;\n"),
            state: RevisionState::Applying,
            statements_applied: 1,
            finished_at: None,
        };
        let statement = StatementRecord {
            version: "0001".to_owned(),
            ordinal: 2,
            checksum: sluice_rollout::Checksum::of(b"select 2"),
            state: StatementState::Intended,
            backend: Some("7".to_owned()),
            evidence: None,
        };
        let server = Server {
            dialect: Dialect::Mariadb,
            product: "MariaDB 10.11".to_owned(),
            version: 101_100,
            address: "db/shop".to_owned(),
            read_only: false,
        };
        let ledger =
            Ledger { exists: true, fence: 3, revisions: vec![revision], statements: vec![statement] };
        let inspection = Inspection {
            server: server.clone(),
            ledger: ledger.clone(),
            histories: Vec::new(),
            leftovers: Vec::new(),
            failures: Vec::new(),
            drift: None,
            facts: None,
            begun: None,
        };
        let text = serde_json::to_string(&Report::of_look(Ok(inspection))).expect("JSON");
        let told = serde_json::from_str::<Report>(&text).expect("a report").seen().expect("a look");
        assert_eq!((told.ledger, told.server), (ledger, server));
    }

    #[test]
    fn versions_next_to_each_other_understand_each_other() {
        for (one, other, understood) in [
            ("0.1.0", "0.1.9", true),
            ("0.1.0", "0.2.0-rc.1", true),
            ("0.2.0", "0.1.0", true),
            ("0.1.0", "0.3.0", false),
            ("1.0.0", "0.1.0", false),
            ("", "0.1.0", false),
            ("x.y", "x.y", false),
        ] {
            assert_eq!(understand(one, other), understood, "{one} and {other}");
        }
    }

    #[test]
    fn an_error_keeps_its_exit_its_place_and_its_help() {
        let held = Report::of_apply(Err(ApplyError::Held { reason: "paused".to_owned() })).applied();
        assert!(matches!(held, Err(ApplyError::Held { reason }) if reason == "paused"));
        let failed = ApplyError::Inconclusive {
            place: "migrations/1.sql:1:1".to_owned(),
            version: "1".to_owned(),
            ordinal: 1,
            summary: String::new(),
            evidence: "none".to_owned(),
        };
        let told = Report::of_error(&failed).applied().expect_err("an error");
        assert_eq!((exit_of(&told), told.to_string()), (exit_of(&failed), failed.to_string()));
        assert_eq!((told.place(), told.help()), (failed.place(), failed.help()));
    }
}
