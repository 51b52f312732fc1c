use sluice_project::Message;
use sluice_review::{Reviewer, ServerVersion};
use sluice_text::{Finding, Position, Severity, SourceFile};

use crate::args;
use crate::commands::check::{Work, files, unreadable};
use crate::error::CliError;

/// Longer texts are not reviewed while somebody types in them.
const LONGEST: usize = 4 << 20;

/// What is said of an open file.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What the review has found.
    pub(super) findings: Vec<Finding>,
    /// What is wrong with the project or the file, so that there is no review or a poorer one.
    pub(super) problems: Vec<Problem>,
    /// For how many engines the file was reviewed.
    pub(super) engines: usize,
}

/// Something that is wrong, and that is no finding of the review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Where; none for the file as a whole.
    pub(super) at: Option<Position>,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    /// About the file that is open.
    pub(super) fn here(message: &Message, severity: Severity) -> Self {
        Self { at: message.position, severity, message: message.message.clone(), help: message.help.clone() }
    }

    /// About the file as a whole.
    pub(super) fn whole(severity: Severity, message: impl Into<String>, help: Option<&str>) -> Self {
        Self { at: None, severity, message: message.into(), help: help.map(str::to_owned) }
    }

    /// One for everything that is wrong in other files of the project.
    pub(super) fn elsewhere<'m>(messages: impl IntoIterator<Item = &'m Message>) -> Option<Self> {
        let mut messages = messages.into_iter();
        let first = messages.next()?;
        let more = match messages.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(Self {
            at: None,
            severity: Severity::Error,
            message: format!("the project cannot be read: {}: {}{more}", first.place(), first.message),
            help: first.help.clone(),
        })
    }

    /// One for what keeps a command from working.
    pub(super) fn of_error(error: &CliError) -> Self {
        let first = error.problems.first();
        Self {
            at: None,
            severity: Severity::Error,
            message: first.map_or_else(String::new, |problem| problem.message.clone()),
            help: first.and_then(|problem| problem.help.clone()),
        }
    }
}

impl Verdict {
    pub(super) fn of_problem(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }

    /// About a text that is too long to be reviewed with every key.
    pub(super) fn too_long(text: &str) -> Option<Self> {
        (text.len() > LONGEST).then(|| {
            let message = format!("not reviewed while it is open: longer than {} MiB", LONGEST >> 20);
            let help = "review it with `sluice check`";
            Self::of_problem(Problem::whole(Severity::Info, message, Some(help)))
        })
    }

    /// Of a file that is reviewed by itself: nothing is known of the schema.
    pub(super) fn alone(works: &[Work], path: &str, text: &str, version: Option<ServerVersion>) -> Self {
        let mut verdict = Self { engines: works.len(), ..Self::default() };
        for work in works {
            let text = match sluice_text::decode(text.as_bytes()) {
                Ok(text) => text,
                Err(error) => {
                    verdict.findings.extend(unreadable(path, &work.policy, error.to_string()).findings);
                    continue;
                }
            };
            let script = files::script_of(work.dialect, SourceFile::new(path, text));
            let mut reviewer = Reviewer::new(work.schema(), &work.policy, work.conditions(version));
            verdict.findings.extend(reviewer.review(&script).findings);
        }
        verdict
    }
}

/// How files without a project are reviewed; none where nothing says for which engine they are.
///
/// # Errors
/// Options that cannot be taken.
pub(super) fn without_project(options: &args::Check) -> Result<Option<Work>, CliError> {
    if options.engine.is_none() {
        return Ok(None);
    }
    files::nothing(options).map(Some)
}
