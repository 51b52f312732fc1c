//! The `targets` directives of changes, held against the databases of the project before any of them is asked.

use std::collections::BTreeSet;

use sluice_project::config::{DatabaseEntry, nearest};
use sluice_report::Problem;
use sluice_rollout::{Change, Selector, Target};

use crate::error::{Exit, RunError};

/// Compiles every `targets` directive, by index of the change.
///
/// # Errors
/// An expression that is none, a label that no database has, an expression that fails on a database: a change that is left out
/// everywhere because of a slip would look like one that is applied.
pub fn compile(changes: &[Change], databases: &[DatabaseEntry]) -> Result<Vec<Option<Selector>>, RunError> {
    let targets: Vec<Target> = databases.iter().map(DatabaseEntry::target).collect();
    let mut problems = Vec::new();
    let mut selectors = Vec::with_capacity(changes.len());
    for change in changes {
        let selector =
            change.directives.targets.as_deref().and_then(|source| match Selector::parse(source) {
                Ok(selector) => Some(selector),
                Err(error) => {
                    problems.push(problem(change, &format!("the directive targets: {error}")));
                    None
                }
            });
        if let Some(selector) = &selector {
            problems.extend(unknown_labels(change, selector, &targets));
            let failed = targets.iter().find_map(|target| failure(change, selector, target));
            problems.extend(failed.map(|message| problem(change, &message)));
        }
        selectors.push(selector);
    }
    if problems.is_empty() { Ok(selectors) } else { Err(RunError { exit: Exit::Usage, problems }) }
}

/// Why the expression has no answer for a target that has what it looks at.
pub fn failure(change: &Change, selector: &Selector, target: &Target) -> Option<String> {
    let error = selector.matches(target).err()?;
    Some(format!("the directive targets of change {} fails on {}: {error}", change.version, target.name))
}

fn unknown_labels(change: &Change, selector: &Selector, targets: &[Target]) -> Vec<Problem> {
    let unknown = labels_of_nobody(selector, targets).into_iter();
    unknown
        .map(|(message, help)| problem(change, &format!("the directive targets: {message}")).help(Some(help)))
        .collect()
}

/// What is wrong with an expression that names labels which none of the databases has, and what to do about each.
pub fn labels_of_nobody(selector: &Selector, targets: &[Target]) -> Vec<(String, String)> {
    if targets.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<&str> =
        targets.iter().flat_map(|target| target.labels.keys().map(String::as_str)).collect();
    let words = || known.iter().copied().chain(["name", "environment", "engine"]);
    selector
        .labels()
        .filter(|label| !known.contains(label))
        .map(|label| {
            let help = match nearest(label, words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are: {}", words().collect::<Vec<_>>().join(", ")),
            };
            (format!("no database has a label `{label}`"), help)
        })
        .collect()
}

fn problem(change: &Change, message: &str) -> Problem {
    Problem::error(message).at(place(change))
}

/// Where the directive is, where it is in the file.
pub fn place(change: &Change) -> String {
    let file = &change.up.file;
    let written = change.directives.targets.as_deref().and_then(|source| {
        let text = file.text();
        let line = text.match_indices(source).find(|(at, _)| {
            let before = text.get(..*at).unwrap_or_default();
            before.rsplit('\n').next().unwrap_or_default().contains("targets")
        });
        line.map(|(at, _)| file.locate(at))
    });
    written.unwrap_or_else(|| file.path().to_owned())
}
