//! What stands between a rollback and the databases: the same windows, freezes and approvals as before a deployment.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_report::{Gate, Problem, Rollback};
use sluice_rollout::{Authorship, GateInput, GateKind, Identity};
use sluice_runner::kept;

use crate::args;
use crate::commands::rollout::person;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Who has agreed to which rollback, beside the rollouts.
const FILE: &str = ".sluice/rollbacks.json";

/// Somebody has agreed to a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Approval {
    /// Digest of what would be run.
    plan: String,
    by: Identity,
    at: Timestamp,
}

/// Asks the gates of every environment, and notes their answers in the plan.
///
/// # Errors
/// Approvals that cannot be read; nobody to be told apart from who approves.
pub fn ask(context: &Context, report: &mut Rollback) -> Result<(), CliError> {
    let approvals = read()?;
    let approvals: Vec<&Identity> =
        approvals.iter().filter(|known| known.plan == report.digest).map(|known| &known.by).collect();
    let now = Timestamp::now();
    for database in &mut report.databases {
        let known = context.config().environments.iter().find(|known| known.name == database.environment);
        let Some(environment) = known else { continue };
        // Whoever runs it is not one of those who agree.
        let authors = if environment.approvals.is_empty() { Vec::new() } else { vec![person()?] };
        let input = GateInput {
            environment,
            previous: None,
            approvals: approvals.clone(),
            people: &context.config().people,
            authors: &authors,
            authorship: &Authorship::Known,
        };
        let gates = input.evaluate(now).into_iter().filter(|gate| gate.kind != GateKind::PreviousStage);
        database.gates = gates
            .map(|gate| Gate {
                environment: environment.name.clone(),
                gate: gate.kind.to_string(),
                result: gate.verdict.to_string(),
                reason: gate.reason,
                opens_at: gate.opens_at.map(|at| at.to_string()),
            })
            .collect();
    }
    Ok(())
}

/// Refuses where a gate is closed. Approvals can be done without in an emergency; time cannot.
///
/// # Errors
/// The gates that are closed.
pub fn pass(report: &Rollback, args: &args::Rollback) -> Result<(), CliError> {
    let approval = GateKind::Approval.to_string();
    let problems: Vec<Problem> = report
        .databases
        .iter()
        .filter(|database| !database.changes.is_empty() || !database.rows.is_empty())
        .flat_map(|database| database.gates.iter().map(move |gate| (database, gate)))
        .filter(|(_, gate)| gate.result != "pass" && !(args.break_glass && gate.gate == approval))
        .map(|(database, gate)| {
            let help = match gate.gate == approval {
                true => {
                    "the same command with --approve agrees to it; in an emergency, --break-glass --reason TEXT does without"
                        .to_owned()
                }
                false => gate.opens_at.as_ref().map(|at| format!("it opens at {at}")).unwrap_or_default(),
            };
            let message = format!("nothing may be run now: {}: {}", gate.gate, gate.reason);
            Problem::error(message).at(database.name.clone()).help(Some(help).filter(|help| !help.is_empty()))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(CliError { exit: Exit::Waiting, problems }) }
}

/// Agrees to a rollback.
///
/// # Errors
/// Nobody who could; an environment that asks for no approval; a file that cannot be written.
pub fn approve(context: &Context, report: &Rollback) -> Result<(), CliError> {
    let by = person()?;
    let people = &context.config().people;
    let rules = report.databases.iter().flat_map(|database| {
        let known = context.config().environments.iter().find(|known| known.name == database.environment);
        known.map(|known| known.approvals.as_slice()).unwrap_or_default()
    });
    let counts: Vec<_> = rules.map(|rule| rule.eligible(&by, people, &[])).collect();
    if counts.is_empty() {
        return Err(CliError::usage("nothing in this rollback wants an approval"));
    }
    if let Some(why) = counts.iter().find_map(|count| count.as_ref().err())
        && counts.iter().all(Result::is_err)
    {
        return Err(CliError::usage(format!("an approval of {by} does not count: {why}")));
    }
    let mut approvals = read()?;
    if approvals.iter().any(|known| known.plan == report.digest && known.by.is(&by)) {
        context.output.message(&format!("{by} has approved this rollback already"));
        return Ok(());
    }
    approvals.push(Approval { plan: report.digest.clone(), by: by.clone(), at: Timestamp::now() });
    let failed =
        |error: &dyn std::fmt::Display| CliError::usage(format!("{FILE} cannot be written: {error}"));
    if let Some(folder) = Path::new(FILE).parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    let text = serde_json::to_string_pretty(&approvals).map_err(|error| failed(&error))?;
    kept::write(Path::new(FILE), text)?;
    context.output.message(&format!("{by} approves the rollback {}", report.digest));
    Ok(())
}

fn read() -> Result<Vec<Approval>, CliError> {
    let Some(text) = kept::read(Path::new(FILE))? else { return Ok(Vec::new()) };
    serde_json::from_str(&text).map_err(|error| {
        CliError::usage(format!("{FILE} cannot be read: {error}"))
            .help("delete it: approvals are given again then")
    })
}
