use std::io::ErrorKind;

use sluice_engine::ledger::LedgerError;
use sluice_engine::proof::ProofError;
use sluice_engine::shadow::{Refused, ShadowError};
use sluice_engine::{ApplyError, DbError, DbErrorKind};
use sluice_report::{Failure, Problem};
use sluice_rollout::{self as rollout, ProblemKind, Response};
use sluice_store::StoreError;

/// How a command ends, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing wrong; also: nothing to do.
    Done,
    /// Findings at or above the failing severity, or a verdict of "no".
    Findings,
    /// Usage or configuration.
    Usage,
    /// A target or service could not be reached.
    Unreachable,
    /// A change failed; what was done is recorded, and the next run resumes.
    Failed,
    /// Waiting at a gate.
    Waiting,
    /// A person must look.
    Inconclusive,
    /// Cancelled.
    Cancelled,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Failed => 4,
            Self::Waiting => 5,
            Self::Inconclusive => 6,
            Self::Cancelled => 130,
        }
    }

    /// The one of two that says more, for commands that look at many databases: cancelled, then inconclusive (a person must
    /// look), failed, unreachable, usage, waiting, findings, done.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Waiting => 2,
            Self::Usage => 3,
            Self::Unreachable => 4,
            Self::Failed => 5,
            Self::Inconclusive => 6,
            Self::Cancelled => 7,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// The exit with this [name](Self::name); what has none of ours is a failure.
    pub fn named(name: &str) -> Self {
        let all = [
            Self::Done,
            Self::Findings,
            Self::Usage,
            Self::Unreachable,
            Self::Waiting,
            Self::Inconclusive,
            Self::Cancelled,
        ];
        all.into_iter().find(|exit| exit.name() == name).unwrap_or(Self::Failed)
    }

    /// The exit code in a word, as `--format json` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Findings => "findings",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Inconclusive => "inconclusive",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something that cannot be done as it was asked for, and everything that is wrong with it.
#[derive(Debug)]
pub struct RunError {
    /// How it ends.
    pub exit: Exit,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

impl RunError {
    /// One problem.
    pub fn new(exit: Exit, problem: Problem) -> Self {
        Self { exit, problems: vec![problem] }
    }

    /// Something wrong with what was asked for, the configuration or the files.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, Problem::error(message))
    }

    /// With advice on the last problem.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.help = Some(help.into());
        }
        self
    }

    /// What a program is told.
    pub fn failure(&self) -> Failure {
        Failure { kind: self.exit.name().to_owned(), problems: self.problems.clone() }
    }
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::NotFound { .. }
            | StoreError::Ambiguous { .. }
            | StoreError::Newer { .. }
            | StoreError::OtherKey { .. } => Exit::Usage,
            StoreError::Unreachable { .. } => Exit::Unreachable,
            // A file where the directory should be, or the other way round.
            StoreError::File { error, .. }
                if matches!(
                    error.kind(),
                    ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory
                ) =>
            {
                Exit::Usage
            }
            StoreError::Damaged { .. } => Exit::Inconclusive,
            StoreError::File { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Busy { .. }
            | StoreError::Database { .. }
            | StoreError::Json { .. }
            | StoreError::RolloutExists { .. }
            | StoreError::Conflict { .. }
            | StoreError::Fenced { .. }
            | StoreError::Running { .. } => Exit::Failed,
        };
        let help = error.help().unwrap_or_else(|| {
            "run the same command again; if it comes again, delete the directory .sluice: what is applied is in the \
             ledgers of the databases"
                .to_owned()
        });
        Self::new(exit, Problem::error(error.to_string()).help(Some(help)))
    }
}

/// How a failed target ends the command.
pub fn exit_of(error: &ApplyError) -> Exit {
    match error {
        ApplyError::Connect(error) => exit_of_database(error),
        // The database refused, or did not answer: the ledger itself is as it was.
        ApplyError::Ledger(LedgerError::Database(error)) if error.kind != DbErrorKind::Statement => {
            exit_of_database(error)
        }
        ApplyError::ReadOnly { .. } | ApplyError::Lost(_) => Exit::Unreachable,
        ApplyError::Desired(ShadowError::Database(error))
        | ApplyError::Unproved(ProofError::Database(error)) => exit_of_database(error),
        ApplyError::Unproved(_) => Exit::Inconclusive,
        ApplyError::Script(_)
        | ApplyError::Desired(_)
        | ApplyError::NoWay { .. }
        | ApplyError::Declined { .. }
        | ApplyError::Ledger(LedgerError::Newer { .. }) => Exit::Usage,
        ApplyError::Refused { .. }
        | ApplyError::EditedInFlight { .. }
        | ApplyError::Drifted { .. }
        | ApplyError::NotKept { .. } => Exit::Findings,
        ApplyError::Ledger(_) | ApplyError::Inconclusive { .. } | ApplyError::StillRunning { .. } => {
            Exit::Inconclusive
        }
        ApplyError::Locked { .. }
        | ApplyError::Stale { .. }
        | ApplyError::Replaced { .. }
        | ApplyError::Assertion { .. }
        | ApplyError::Statement { .. }
        | ApplyError::Fenced => Exit::Failed,
        ApplyError::Held { .. } => Exit::Waiting,
        ApplyError::Elsewhere { exit, .. } => Exit::named(exit),
        ApplyError::Cancelled { .. } => Exit::Cancelled,
    }
}

fn exit_of_database(error: &DbError) -> Exit {
    match error.kind {
        DbErrorKind::Url => Exit::Usage,
        DbErrorKind::DiskFull | DbErrorKind::LockTimeout | DbErrorKind::Permission => Exit::Failed,
        DbErrorKind::Cancelled => Exit::Cancelled,
        _ => Exit::Unreachable,
    }
}

/// What is wrong between the files and the history of a target, and what to do about it.
pub fn problem_of(problem: &rollout::Problem, target: &str) -> Problem {
    let message = problem.message.clone();
    if problem.response != Response::Error {
        return Problem::warning(message).at(target);
    }
    let version = &problem.version;
    let help = match problem.kind {
        ProblemKind::Unadopted => format!(
            "`sluice baseline --adopt --database {target}` takes it over; if it is not about the changes here, \
             `unadopted` in [policy] can warn or allow instead"
        ),
        ProblemKind::Edited => format!(
            "restore the file as it was applied and make a new change for what is new, or take the file as it is with \
             `sluice repair {version} --accept`; `edited` in [policy] can warn or allow instead"
        ),
        ProblemKind::Removed => format!(
            "bring the file back, or take the change out of the ledger with `sluice repair {version} --forget`; `removed` \
             in [policy] can warn or allow instead"
        ),
        ProblemKind::OutOfOrder => {
            let last = problem.last.as_deref().unwrap_or("the last one that is applied");
            format!("give it a version after {last}; `out_of_order` in [policy] can warn or allow instead")
        }
        ProblemKind::Hazard => {
            "`--allow` accepts it once, `allow` in [schema] for good; to keep the data, declare what holds it"
                .to_owned()
        }
        ProblemKind::Rename => "`-- sluice: renamed from=OLD` on the line above it in the schema, or a line `rename OLD=NEW` in \
             .sluice-renames, keeps what is in it; a line `no-rename OLD=NEW` there drops the one and makes the other"
            .to_owned(),
        ProblemKind::Rows => {
            "correct these rows, or let a change do it, before the schema is changed".to_owned()
        }
        ProblemKind::InFlight => {
            "deploy the commit that began it, so that it is finished; or look at the database and \
                                  decide with `sluice repair`"
                .to_owned()
        }
        ProblemKind::EditedInFlight => sluice_engine::unfinished::HELP.to_owned(),
        ProblemKind::Requires => {
            "let both be for the same databases: compare their `targets`, or drop the requirement".to_owned()
        }
    };
    Problem::error(message).at(target).help(Some(help))
}

/// The problems of a failed target.
pub fn problems_of(error: &ApplyError, target: &str) -> Vec<Problem> {
    if let ApplyError::Refused { problems } = error {
        return problems.iter().map(|problem| problem_of(problem, target)).collect();
    }
    if let ApplyError::Desired(ShadowError::Refused(refused)) = error {
        let problem = |refused: &Refused| {
            Problem::error(refused.error.to_string())
                .at(refused.place.clone())
                .help(refused.error.hint.clone())
        };
        return refused.iter().map(problem).collect();
    }
    let problem = match error.place() {
        Some(place) => Problem::error(format!("{target}: {error}")).at(place),
        None => Problem::error(error.to_string()).at(target),
    };
    vec![problem.help(error.help())]
}
