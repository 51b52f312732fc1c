use sluice_engine::ledger::LedgerError;
use sluice_engine::{Admin, ApplyError, Damage, Inspection, Testimony, unfinished};
use sluice_report::{DamagedCell, Repair, RepairKind, RepairProblem, RepairTarget, Repaired};
use sluice_rollout::{Change, Decision, ProblemKind, StatementState, version_key};

use crate::args;
use crate::context::{Context, silent};
use crate::error::{CliError, Exit, exit_of, problems_of};
use crate::planning::survey;
use crate::sites::Site;

/// `sluice repair`
///
/// Without a version it shows what is wrong and what can be done about it, and changes nothing.
pub fn run(context: &Context, args: &args::Repair) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    let Some(version) = &args.version else { return show(context, &sites) };
    let wrong = &context.wrong_files;
    let [site] = sites.as_slice() else {
        return Err(CliError::usage("a repair is made on one database").help("name it with --database NAME"));
    };
    if !(args.applied || args.not_applied || args.accept || args.forget) {
        return Err(CliError::usage(format!("what is to be done about {version}?")).help(
            "--accept takes the edited file's checksum, --forget removes it from the ledger, --statement N with \
             --applied or --not-applied decides about a statement in flight",
        ));
    }
    if args.statement.is_none() && !wrong.is_empty() {
        let mut refused = needs_files(version, args);
        refused.problems.extend(wrong.iter().cloned());
        return Err(refused);
    }
    let runtime = Context::runtime()?;
    let mended = context.connected(site, |connection| {
        let events = silent();
        let admin = context.admin(connection.family, &connection.connect, &events);
        runtime.block_on(mend(context, site, version, args, &admin))
    });
    let detail = mended.map_err(|error| CliError {
        exit: exit_of(&error),
        problems: problems_of(&error, &site.target.name.0),
    })?;
    let repaired = Repaired { database: site.target.name.0.clone(), version: version.clone(), detail };
    context.output.result(&Repair { repaired: Some(repaired), targets: Vec::new(), problems: wrong.clone() });
    Ok(Exit::Done)
}

/// A repair that cannot be made while the files are wrong.
fn needs_files(version: &str, args: &args::Repair) -> CliError {
    let (option, why) = if args.forget {
        ("--forget", "whether the repository still has it is not known")
    } else {
        ("--accept", "the checksum of its file is not known")
    };
    CliError::usage(format!("`sluice repair {version} {option}` needs the files, and they are wrong: {why}"))
        .help("mend what follows and run the same command again")
}

async fn mend(
    context: &Context,
    site: &Site<'_>,
    version: &str,
    args: &args::Repair,
    admin: &Admin<'_>,
) -> Result<String, ApplyError> {
    if args.forget {
        return admin.forget(version, context.project.changes()).await;
    }
    let Some(ordinal) = args.statement else {
        return admin.accept_checksum(find(context, version)?).await;
    };
    let change = if context.wrong_files.is_empty() { Some(find(context, version)?) } else { None };
    let version = change.map_or(version, |change| change.version.as_str());
    let placeholders = context.placeholders(&site.target);
    let said = Testimony { version, ordinal, applied: args.applied, change };
    admin.decide_statement(said, placeholders.as_ref()).await
}

fn find<'a>(context: &'a Context, version: &str) -> Result<&'a Change, ApplyError> {
    let key = version_key(version);
    context.project.changes().iter().find(|change| change.key == key).ok_or_else(|| ApplyError::Declined {
        message: format!("the repository has no change {version}"),
        help: Some("`sluice plan --summary` lists the versions".to_owned()),
    })
}

/// Exit code: the worst of all databases, see [`Exit::worse`]; 1 where something can be repaired, 2 where the files are wrong.
fn show(context: &Context, sites: &[Site<'_>]) -> Result<Exit, CliError> {
    let mut exit = if context.wrong_files.is_empty() { Exit::Done } else { Exit::Usage };
    let mut targets = Vec::new();
    for (site, survey) in sites.iter().zip(survey(context, sites, true)) {
        let name = &site.target.name.0;
        let problems = match &survey.found {
            Ok((inspection, decision)) => {
                let mut problems = untrue(decision, name);
                problems.extend(interrupted(inspection));
                if !problems.is_empty() {
                    exit = exit.worse(Exit::Findings);
                }
                problems
            }
            Err(error) => {
                exit = exit.worse(exit_of(error));
                vec![not_read(context, error)]
            }
        };
        targets.push(RepairTarget {
            name: name.clone(),
            environment: site.target.environment.clone(),
            problems,
        });
    }
    context.output.result(&Repair { repaired: None, targets, problems: context.wrong_files.clone() });
    Ok(exit)
}

/// Where the ledger and the repository do not fit together.
fn untrue(decision: &Decision, database: &str) -> Vec<RepairProblem> {
    decision
        .problems
        .iter()
        .map(|problem| {
            if problem.kind == ProblemKind::Unadopted {
                return RepairProblem {
                    command: Some(format!("sluice baseline --adopt --database {database}")),
                    ..RepairProblem::new(RepairKind::Unadopted, &problem.message)
                };
            }
            if problem.kind == ProblemKind::EditedInFlight {
                return RepairProblem {
                    version: Some(problem.version.clone()),
                    help: Some(unfinished::HELP.to_owned()),
                    ..RepairProblem::new(RepairKind::Edited, &problem.message)
                };
            }
            let (kind, option) = match problem.kind {
                ProblemKind::Edited => (RepairKind::Edited, Some("--accept")),
                ProblemKind::Removed => (RepairKind::Removed, Some("--forget")),
                ProblemKind::OutOfOrder
                | ProblemKind::Requires
                | ProblemKind::Unadopted
                | ProblemKind::Hazard
                | ProblemKind::Rename
                | ProblemKind::Rows
                | ProblemKind::InFlight
                | ProblemKind::EditedInFlight => (RepairKind::OutOfPlace, None),
            };
            let help = match problem.kind {
                ProblemKind::InFlight => "deploy the commit that began it, so that it is finished",
                _ => "give the file a later version, or mend its directives",
            };
            RepairProblem {
                version: Some(problem.version.clone()),
                help: option.is_none().then(|| help.to_owned()),
                command: option.map(|option| {
                    format!("sluice repair {} {option} --database {database}", problem.version)
                }),
                ..RepairProblem::new(kind, &problem.message)
            }
        })
        .collect()
}

/// What interrupted runs have left.
fn interrupted(inspection: &Inspection) -> Vec<RepairProblem> {
    let in_flight = inspection.ledger.statements.iter().filter(|it| it.state == StatementState::Intended);
    let in_flight = in_flight.map(|record| {
        let (ordinal, version) = (record.ordinal, &record.version);
        let message = format!("statement {ordinal} of {version} was in flight when its run stopped");
        RepairProblem {
            version: Some(version.clone()),
            statement: Some(ordinal),
            help: Some("`sluice deploy` finds out what became of it".to_owned()),
            ..RepairProblem::new(RepairKind::InFlight, message)
        }
    });
    let leftovers = inspection.leftovers.iter().map(|leftover| RepairProblem {
        sql: Some(leftover.remove_with.clone()),
        ..RepairProblem::new(RepairKind::Leftover, &leftover.what)
    });
    in_flight.chain(leftovers).collect()
}

fn not_read(context: &Context, error: &ApplyError) -> RepairProblem {
    let ApplyError::Ledger(LedgerError::Damaged(damage)) = error else {
        return RepairProblem {
            help: error.help(),
            ..RepairProblem::new(RepairKind::NotRead, error.to_string())
        };
    };
    let message = format!("the ledger was changed by hand: {damage}");
    let sql = remedy(context.project.changes(), damage);
    let mut help = "what happened is in the history: `sluice history`, or the table event".to_owned();
    if sql.is_none() && !context.wrong_files.is_empty() {
        help.push_str("; what belongs there may be known when the files are mended");
    }
    RepairProblem {
        version: damage.version.clone(),
        help: Some(help),
        sql,
        damage: Some(DamagedCell {
            table: damage.table.clone(),
            row: damage.row.clone(),
            column: damage.column.map(str::to_owned),
            found: damage.found.clone(),
            allowed: damage.allowed.clone(),
        }),
        ..RepairProblem::new(RepairKind::Damaged, message)
    }
}

/// The statement that mends a ledger, as far as the ledger or the repository tells what belongs there.
fn remedy(changes: &[Change], damage: &Damage) -> Option<String> {
    if damage.mend.is_some() {
        return damage.mend.clone();
    }
    // Rows of statements have checksums of their own.
    let of_revision = damage.table.ends_with("revision");
    let key = version_key(damage.version.as_deref()?);
    let change = changes.iter().find(|change| change.key == key).filter(|_| of_revision)?;
    match damage.column? {
        "kind" => damage.set(&change.kind.to_string()),
        "checksum" => damage.set(change.checksum.as_str()),
        _ => None,
    }
}
