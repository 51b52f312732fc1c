//! What the steps ask of the rows, asked of FROM where that is a database.

use std::time::Duration;

use sluice_engine::assertion::{self, Answer};
use sluice_facts::Step;
use sluice_report::{AssertionReport, Problem, StepReport};

use super::side::{Side, failed};
use crate::context::Context;
use crate::error::CliError;

/// No question takes longer: a plan is made while others work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks FROM what can be asked before the first step, and puts the answers where the questions are. Returns what stands in the way,
/// with the steps that it stands in the way of.
///
/// # Errors
/// A database that does not answer.
pub fn ask(from: &Side, steps: &[Step], reports: &mut [StepReport]) -> Result<Vec<Problem>, CliError> {
    let asks = steps.iter().flat_map(|step| &step.assertions).any(|assertion| assertion.early);
    let Some(database) = from.database().filter(|_| asks) else { return Ok(Vec::new()) };
    let (family, connect) = database.reach();
    let surveyed = Context::runtime()?.block_on(assertion::survey(family, connect, steps, PATIENCE));
    let answers = surveyed.map_err(|error| failed(error, &database.name))?;
    let mut problems = Vec::new();
    for (report, answers) in reports.iter_mut().zip(answers) {
        for (asked, answer) in report.assertions.iter_mut().zip(answers) {
            let (word, detail) = match answer {
                None => continue,
                Some(Answer::Holds) => ("holds", None),
                Some(Answer::Unknown(error)) => ("unknown", Some(error.to_string())),
                Some(Answer::Broken(violation)) => {
                    let sql = report.sql.split_whitespace().collect::<Vec<_>>().join(" ");
                    let problem = Problem::error(format!("`{sql}` will fail: {violation}"));
                    problems.push(problem.at(database.name.as_str()).help(Some(
                        "correct these rows, or let a change do it, before the schema is changed".to_owned(),
                    )));
                    ("broken", Some(violation.to_string()))
                }
            };
            (asked.answer, asked.detail) = (Some(word.to_owned()), detail);
        }
    }
    Ok(problems)
}

/// The questions of a step as they are reported.
pub fn reports(step: &Step) -> Vec<AssertionReport> {
    let report = |assertion: &sluice_facts::Assertion| AssertionReport {
        finds: assertion.finds.clone(),
        sql: assertion.sql.clone(),
        tries: assertion.tries,
        early: assertion.early,
        answer: None,
        detail: None,
    };
    step.assertions.iter().map(report).collect()
}
