use sluice_engine::{Admin, ApplyError};
use sluice_rollout::{Change, StatementState};

use crate::args;
use crate::context::{Context, Site, silent};
use crate::error::{CliError, Exit, exit_of, problems_of};
use crate::planning::survey;

/// `sluice repair`
///
/// Without a version it shows what is wrong and what can be done about it, and changes nothing.
pub fn run(context: &Context, args: &args::Repair) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    let Some(version) = &args.version else { return show(context, &sites) };
    let [site] = sites.as_slice() else {
        return Err(CliError::usage("a repair is made on one database").help("name it with --database NAME"));
    };
    if !(args.applied || args.not_applied || args.accept || args.forget) {
        return Err(CliError::usage(format!("what is to be done about {version}?")).help(
            "--accept takes the edited file's checksum, --forget removes it from the ledger, --statement N with \
             --applied or --not-applied decides about a statement in flight",
        ));
    }
    let runtime = Context::runtime()?;
    runtime.block_on(mend(context, site, version, args)).map_err(|error| CliError {
        exit: exit_of(&error),
        problems: problems_of(&error, &site.target.name.0),
    })?;
    context.output.message(&format!("{}: {version} repaired; the history says so", site.target.name));
    Ok(Exit::Done)
}

async fn mend(
    context: &Context,
    site: &Site<'_>,
    version: &str,
    args: &args::Repair,
) -> Result<(), ApplyError> {
    let connection = context.connection(site).map_err(ApplyError::Connect)?;
    let events = silent();
    let admin = Admin {
        database: connection.family,
        connect: &connection.connect,
        identity: context.identity(),
        timing: context.timing(),
        events: &events,
    };
    if args.forget {
        return admin.forget(version).await;
    }
    let change = find(context, version)?;
    match args.statement {
        Some(ordinal) => {
            let placeholders = context.placeholders(&site.target);
            admin.decide_statement(change, ordinal, args.applied, placeholders.as_ref()).await
        }
        None => admin.accept_checksum(change).await,
    }
}

fn find<'a>(context: &'a Context, version: &str) -> Result<&'a Change, ApplyError> {
    let key = sluice_rollout::version_key(version);
    context.project.changes().iter().find(|change| change.key == key).ok_or_else(|| {
        ApplyError::Script(sluice_engine::script::ScriptError {
            place: "sluice.toml".to_owned(),
            message: format!("the repository has no change {version}"),
        })
    })
}

fn show(context: &Context, sites: &[Site<'_>]) -> Result<Exit, CliError> {
    let mut text = String::new();
    let mut exit = Exit::Done;
    for (site, survey) in sites.iter().zip(survey(context, sites, true)) {
        let name = &site.target.name;
        let (inspection, decision) = match survey.found {
            Ok(found) => found,
            Err(error) => {
                exit = exit_of(&error);
                let help = error.help().map(|help| format!("\n  {help}")).unwrap_or_default();
                text.push_str(&format!("{name}: {error}{help}\n"));
                continue;
            }
        };
        for problem in &decision.problems {
            exit = Exit::Findings;
            let option = match problem.kind {
                sluice_rollout::ProblemKind::Edited => "--accept",
                sluice_rollout::ProblemKind::Removed => "--forget",
                sluice_rollout::ProblemKind::OutOfOrder | sluice_rollout::ProblemKind::Requires => {
                    text.push_str(&format!("{name}: {}\n  give the file a later version, or mend its directives\n", problem.message));
                    continue;
                }
            };
            text.push_str(&format!(
                "{name}: {}\n  if that is meant: sluice repair {} {option} --database {name}\n",
                problem.message, problem.version
            ));
        }
        for record in &inspection.ledger.statements {
            if record.state == StatementState::Intended {
                text.push_str(&format!(
                    "{name}: statement {} of {} was in flight when its run stopped\n  `sluice deploy` finds out what became \
                     of it\n",
                    record.ordinal, record.version
                ));
            }
        }
        for leftover in &inspection.leftovers {
            text.push_str(&format!(
                "{name}: {}\n  remove it with: {}\n",
                leftover.what, leftover.remove_with
            ));
        }
    }
    if text.is_empty() {
        text.push_str("nothing to repair\n");
    }
    context.output.text(&text);
    Ok(exit)
}
