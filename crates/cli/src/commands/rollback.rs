//! `sluice rollback`

mod computed;
mod data;
mod gates;

use std::sync::{Arc, Mutex, PoisonError};

use sluice_engine::ledger::Identity;
use sluice_engine::script::prepare;
use sluice_engine::{Applied, ApplyError, Event, EventSink, Inspection, Job, apply};
use sluice_report::{DatabaseRollback, Problem, Rollback, UndoneChange};
use sluice_rollout::{Change, ChangeKind, Checksum, Integrity, Response, Revision, RevisionState, key_of};

use sluice_sql::redact;

use super::baseline::{failed, runtime};
use super::drift;
use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::planning::survey;
use crate::question::confirm_rollback;
use crate::sites::Site;

/// What is to be taken back on one database, the last change first.
struct Way<'a, 's> {
    site: &'a Site<'s>,
    changes: Vec<Change>,
    /// What they take back, as the ledger has it.
    revisions: Vec<Revision>,
}

/// A way back of one change.
struct Back {
    change: Change,
    /// What may hurt about one that was computed.
    hazards: Option<Vec<String>>,
}

/// `sluice rollback`
///
/// # Errors
/// A change without a way back, a window that is closed, an approval without a reason. Nothing is run then.
pub fn run(context: &Context, args: &args::Rollback) -> Result<Exit, CliError> {
    if context.config().project.is_declarative() {
        return Err(CliError::usage("a declared schema is taken back by declaring the one before")
            .help("`git revert`, then `sluice deploy`; what would delete data is refused"));
    }
    if args.data {
        return data::run(context, args);
    }
    let sites = context.distinct_sites()?;
    let surveys = survey(context, &sites, false);
    let mut ways = Vec::new();
    let (mut report, mut exit) =
        (Rollback { run: false, digest: String::new(), databases: Vec::new() }, Exit::Done);
    // The last environment first: what comes before it may still need what it has.
    for (site, survey) in sites.iter().zip(&surveys).rev() {
        let mut database = DatabaseRollback {
            name: site.target.name.0.clone(),
            environment: site.target.environment.clone(),
            changes: Vec::new(),
            rows: Vec::new(),
            gates: Vec::new(),
            problems: Vec::new(),
        };
        let way = match &survey.found {
            Ok((inspection, _)) => find(context, site, inspection, args),
            Err(error) => Err(failed(site, error)),
        };
        match way {
            Ok((changes, undone)) => {
                database.changes = undone;
                let revisions = match &survey.found {
                    Ok((inspection, _)) => inspection.ledger.revisions.clone(),
                    Err(_) => Vec::new(),
                };
                ways.push(Way { site, changes, revisions });
            }
            Err(error) => {
                exit = exit.worse(error.exit);
                database.problems = error.problems;
            }
        }
        report.databases.push(database);
    }
    if exit != Exit::Done {
        context.output.result(&report);
        return Ok(exit);
    }
    report.digest = digest(&report);
    gates::ask(context, &mut report)?;
    if args.plan {
        context.output.result(&report);
        return Ok(Exit::Done);
    }
    if args.approve {
        return gates::approve(context, &report).map(|()| Exit::Done);
    }
    gates::pass(&report, args)?;
    let count: usize = ways.iter().map(|way| way.changes.len()).sum();
    if count == 0 || !confirm_rollback(context, &report)? {
        context.output.result(&report);
        return Ok(if count == 0 { Exit::Done } else { Exit::Waiting });
    }
    report.run = true;
    for (way, database) in ways.iter().zip(&mut report.databases) {
        if way.changes.is_empty() {
            continue;
        }
        let (result, done) = take_back(context, way, args.reason.as_deref());
        for change in &mut database.changes {
            change.done = result.is_ok() || done.contains(&change.version);
        }
        if let Err(error) = result {
            let error = failed(way.site, &error);
            exit = error.exit;
            database.problems = error.problems;
            break;
        }
    }
    context.output.result(&report);
    Ok(exit)
}

/// What is to be taken back on a database, and how it is shown.
fn find(
    context: &Context,
    site: &Site<'_>,
    inspection: &Inspection,
    args: &args::Rollback,
) -> Result<(Vec<Change>, Vec<UndoneChange>), CliError> {
    let name = &site.target.name.0;
    let refuse = |exit: Exit, message: String| CliError::new(exit, Problem::error(message).at(name.clone()));
    let revisions = &inspection.ledger.revisions;
    let begun = revisions.iter().filter(|revision| revision.kind == ChangeKind::Undo);
    let begun: Vec<&str> = begun.filter_map(|revision| revision.version.strip_prefix("undo:")).collect();
    let applied: Vec<_> =
        revisions.iter().filter(|revision| revision.kind == ChangeKind::Versioned).collect();
    let from = match (&args.to, &args.release) {
        (None, Some(digest)) => {
            let after = after_release(context, site, digest)?;
            applied.iter().position(|revision| after.contains(&revision.version)).unwrap_or(applied.len())
        }
        (Some(version), _) => {
            let at = applied.iter().rposition(|revision| key_of(&revision.version) == key_of(version));
            let at = at.ok_or_else(|| {
                refuse(Exit::Usage, format!("change {version} is not applied on this database"))
                    .help("`sluice history` shows what is")
            })?;
            at.saturating_add(1)
        }
        // What an earlier run has begun is the last change.
        (None, None) => applied.len().saturating_sub(1),
    };
    let search = computed::Search { context, site, inspection, args, applied: &applied };
    let mut backs: Vec<Back> = Vec::new();
    let mut problems = Vec::new();
    for revision in applied.get(from..).unwrap_or_default().iter().rev() {
        let version = &revision.version;
        let mut problem = |message: String, help: &str| {
            problems.push(Problem::error(message).at(name.clone()).help(Some(help.to_owned())));
        };
        if revision.state == RevisionState::Baseline {
            problem(
                format!("change {version} was there before Sluice and cannot be taken back"),
                "--to VERSION with that change or a later one",
            );
            continue;
        }
        if !revision.state.is_complete() && !begun.contains(&version.as_str()) {
            problem(
                format!("change {version} is unfinished"),
                "`sluice deploy` goes on with it; then it can be taken back",
            );
            continue;
        }
        let known = context.project.changes().iter().find(|change| change.key == key_of(version));
        let Some(change) = known else {
            problem(
                format!("change {version} is not in the repository, and its way back neither"),
                "check out the commit that it was applied from",
            );
            continue;
        };
        let was_edited = revision.checksum != change.checksum
            && revision.checksum.matches(change.checksum_input()) == Some(false);
        if was_edited && context.config().policy.integrity.edited == Response::Error {
            problem(
                format!(
                    "change {version} was edited after it was applied: its way back may be that of another change"
                ),
                "check out the commit that it was applied from; `edited` in [policy] can warn or allow instead",
            );
            continue;
        }
        match change.undo(version) {
            Some(change) => backs.push(Back { change, hazards: None }),
            None => {
                let at = applied.iter().position(|it| it.version == *version).unwrap_or_default();
                match search.find(at, change, begun.contains(&version.as_str())) {
                    Ok(back) => backs.push(back),
                    Err(error) => problems.extend(error.problems),
                }
            }
        }
    }
    for version in &begun {
        if !backs.iter().any(|back| back.change.undoes() == Some(*version)) && problems.is_empty() {
            let help = "a --to before it, or none, goes on with it";
            let message = format!("the rollback of change {version} is unfinished");
            problems.push(Problem::error(message).at(name.clone()).help(Some(help.to_owned())));
        }
    }
    if !problems.is_empty() {
        return Err(CliError { exit: Exit::Findings, problems });
    }
    let placeholders = context.placeholders(&site.target);
    let undone = backs
        .iter()
        .map(|Back { change, hazards }| {
            let prepared = prepare(change, inspection.server.dialect, placeholders.as_ref());
            let prepared = prepared.map_err(|error| failed(site, &ApplyError::Script(error)))?;
            Ok(UndoneChange {
                version: change.undoes().unwrap_or_default().to_owned(),
                name: change.name.clone(),
                file: change.up.file.path().to_owned(),
                computed: hazards.is_some(),
                hazards: hazards.clone().unwrap_or_default(),
                statements: prepared
                    .statements
                    .iter()
                    .map(|statement| redact(statement.dialect, &statement.sql).into_owned())
                    .collect(),
                done: false,
            })
        })
        .collect::<Result<_, CliError>>()?;
    Ok((backs.into_iter().map(|back| back.change).collect(), undone))
}

/// Versions that were applied after a release, whose digest may be cut short.
fn after_release(context: &Context, site: &Site<'_>, digest: &str) -> Result<Vec<String>, CliError> {
    let runtime = Context::runtime()?;
    let read = context.connected(site, |connection| {
        runtime.block_on(sluice_engine::history(connection.family, &connection.connect))
    });
    let revisions = read.map_err(|error| failed(site, &error))?.revisions;
    let wanted = digest.trim_start_matches("sha256:");
    let is_of = |revision: &sluice_engine::RevisionRow| {
        let known = revision.release_digest.as_deref().unwrap_or_default();
        wanted.len() >= 6 && known.trim_start_matches("sha256:").starts_with(wanted)
    };
    let Some(at) = revisions.iter().rposition(is_of) else {
        let message = format!("no change on this database was applied with release {digest}");
        let problem = Problem::error(message).at(site.target.name.0.clone());
        return Err(CliError::new(Exit::Usage, problem)
            .help("`sluice history` shows releases; six digits or more are enough"));
    };
    Ok(revisions.into_iter().skip(at.saturating_add(1)).map(|revision| revision.version).collect())
}

/// The digest of what is to be run.
fn digest(report: &Rollback) -> String {
    let text = serde_json::to_string(&report.databases).unwrap_or_default();
    Checksum::of(text.as_bytes()).to_string()
}

/// Takes the changes back; also which of them are, whatever came of the rest.
fn take_back(
    context: &Context,
    way: &Way<'_, '_>,
    reason: Option<&str>,
) -> (Result<Applied, ApplyError>, Vec<String>) {
    let done: Arc<Mutex<Vec<String>>> = Arc::default();
    let events: EventSink = {
        let (done, output) = (Arc::clone(&done), context.output);
        Arc::new(move |event| match event {
            Event::ChangeApplied { version, .. } => {
                let undone = version.split_once(':').map_or(version.as_str(), |(_, undone)| undone);
                done.lock().unwrap_or_else(PoisonError::into_inner).push(undone.to_owned());
            }
            Event::Warning { message } => output.warning(&Problem::warning(message)),
            _ => {}
        })
    };
    let result = run_back(context, way, reason, &events);
    let done = std::mem::take(&mut *done.lock().unwrap_or_else(PoisonError::into_inner));
    (result, done)
}

fn run_back(
    context: &Context,
    way: &Way<'_, '_>,
    reason: Option<&str>,
    events: &EventSink,
) -> Result<Applied, ApplyError> {
    let runtime = runtime()?;
    let identity = context.identity();
    let applied_by = match reason {
        Some(reason) => format!("{} ({reason})", identity.applied_by),
        None => identity.applied_by.clone(),
    };
    let identity = Identity { applied_by, ..identity };
    context.connected(way.site, |connection| {
        let renew = |refused: &str| context.renew(way.site, refused);
        let job = Job {
            changes: &way.changes,
            applies: &|_| true,
            // The ways back alone are not the whole repository.
            integrity: Integrity {
                edited: Response::Allow,
                removed: Response::Allow,
                out_of_order: Response::Allow,
                unadopted: Response::Allow,
            },
            on_drift: drift::response(context.config()),
            histories: None,
            layout: context.layout(),
            placeholders: context.placeholders(&way.site.target),
            identity: identity.clone(),
            timing: context.timing(),
            start: None,
            scope: context.scope(),
            planned: None,
            expected: way.revisions.clone(),
            backup: context.backup(),
            renew: Some(&renew),
            may_go_on: None,
        };
        runtime.block_on(apply(connection.family, &connection.connect, &job, events))
    })
}
