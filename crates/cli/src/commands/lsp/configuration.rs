use sluice_project::config::{Config, FILE_NAME};
use sluice_text::{Severity, SourceFile};

use super::verdict::{Problem, Verdict};
use crate::args;
use crate::commands::check::policy;

/// What is wrong with the text of a `sluice.toml`: keys and values, then rules and their options.
pub(super) fn verdict(text: &str, options: &args::Check) -> Verdict {
    let file = SourceFile::new(FILE_NAME, text);
    let config = match Config::parse(&file) {
        Ok(config) => config,
        Err(error) => {
            let problems = error.messages.iter().map(|message| Problem::here(message, Severity::Error));
            return Verdict { problems: problems.collect(), ..Verdict::default() };
        }
    };
    let warnings = config.warnings.iter().map(|message| Problem::here(message, Severity::Warning));
    let mut problems: Vec<Problem> = warnings.collect();
    if let Err(error) = policy::of(&config.review, options) {
        let problem = Problem::of_error(&error);
        let at = named(text, &problem.message).map(|offset| file.position(offset));
        problems.push(Problem { at, ..problem });
    }
    Verdict { problems, ..Verdict::default() }
}

/// Where the text has the first thing that a message names between backticks.
fn named(text: &str, message: &str) -> Option<usize> {
    let name = message.split('`').nth(1).filter(|name| !name.is_empty())?;
    let section = text.find("[review").unwrap_or_default();
    let rest = text.get(section..)?;
    rest.find(&format!("\"{name}\"")).or_else(|| rest.find(name)).map(|at| section + at)
}
