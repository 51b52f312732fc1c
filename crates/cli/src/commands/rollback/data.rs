//! `sluice rollback --data`: rows that changes have updated or deleted, put back.

use std::collections::BTreeSet;

use sluice_engine::backup::{Kept, Restored};
use sluice_engine::{Admin, Inspection};
use sluice_report::{DatabaseRollback, Problem, Rollback, RowConflict, RowsPutBack};
use sluice_rollout::{ChangeKind, key_of};

use super::{after_release, digest, gates};
use crate::args;
use crate::commands::baseline::{failed, runtime};
use crate::context::{Context, silent};
use crate::error::{CliError, Exit};
use crate::planning::survey;
use crate::question::confirm_rollback;
use crate::sites::Site;

/// Puts rows back on every selected database.
///
/// # Errors
/// As [`super::run`].
pub fn run(context: &Context, args: &args::Rollback) -> Result<Exit, CliError> {
    let sites = context.distinct_sites()?;
    let surveys = survey(context, &sites, false);
    let mut report = Rollback { run: false, digest: String::new(), databases: Vec::new() };
    let (mut exit, mut chosen) = (Exit::Done, Vec::new());
    for (site, survey) in sites.iter().zip(&surveys).rev() {
        let mut database = DatabaseRollback {
            name: site.target.name.0.clone(),
            environment: site.target.environment.clone(),
            changes: Vec::new(),
            rows: Vec::new(),
            gates: Vec::new(),
            problems: Vec::new(),
        };
        let found = match &survey.found {
            Ok((inspection, _)) => find(context, site, inspection, args),
            Err(error) => Err(failed(site, error)),
        };
        match found {
            Ok(found) => {
                let names: BTreeSet<String> = found.iter().map(|found| found.kept.name.clone()).collect();
                database.rows = found.iter().map(|found| shown(found, false)).collect();
                chosen.push((site, report.databases.len(), names));
            }
            Err(error) => {
                exit = exit.worse(error.exit);
                database.problems = error.problems;
            }
        }
        report.databases.push(database);
    }
    report.digest = digest(&report);
    gates::ask(context, &mut report)?;
    if exit != Exit::Done || args.plan {
        context.output.result(&report);
        return Ok(exit);
    }
    if args.approve {
        return gates::approve(context, &report).map(|()| Exit::Done);
    }
    gates::pass(&report, args)?;
    let nothing = report.databases.iter().all(|database| database.rows.is_empty());
    if nothing || !confirm_rollback(context, &report)? {
        context.output.result(&report);
        return Ok(if nothing { Exit::Done } else { Exit::Waiting });
    }
    report.run = true;
    for (site, at, names) in chosen.iter().filter(|(_, _, names)| !names.is_empty()) {
        let mut done = Vec::new();
        let result = put_back(context, site, args.reason.as_deref(), names, &mut done);
        let Some(database) = report.databases.get_mut(*at) else { continue };
        for done in &done {
            let is_same = |row: &&mut RowsPutBack| {
                row.version == done.kept.version && row.statement == done.kept.place && !row.done
            };
            if let Some(row) = database.rows.iter_mut().find(is_same) {
                *row = shown(done, true);
            }
            if done.conflicted > 0 || done.refused.is_some() {
                exit = exit.worse(Exit::Findings);
            }
        }
        if let Err(error) = result {
            let error = failed(site, &error);
            exit = error.exit;
            database.problems = error.problems;
            break;
        }
    }
    context.output.result(&report);
    Ok(exit)
}

/// What is to be put back on a database.
fn find(
    context: &Context,
    site: &Site<'_>,
    inspection: &Inspection,
    args: &args::Rollback,
) -> Result<Vec<Restored>, CliError> {
    let name = &site.target.name.0;
    let not_applied = |version: &str| {
        let problem =
            Problem::error(format!("change {version} is not applied on this database")).at(name.clone());
        CliError::new(Exit::Usage, problem).help("`sluice history` shows what is")
    };
    let applied: Vec<&str> = inspection
        .ledger
        .revisions
        .iter()
        .filter(|revision| revision.kind != ChangeKind::Undo)
        .map(|revision| revision.version.as_str())
        .collect();
    let at = |version: &str| applied.iter().rposition(|applied| key_of(applied) == key_of(version));
    let wanted: BTreeSet<String> = match (&args.change, &args.to, &args.release) {
        (Some(version), ..) => match at(version).and_then(|at| applied.get(at)) {
            Some(version) => [(*version).to_owned()].into(),
            None => return Err(not_applied(version)),
        },
        (None, Some(version), _) => {
            let at = at(version).ok_or_else(|| not_applied(version))?;
            applied.iter().skip(at.saturating_add(1)).map(|version| (*version).to_owned()).collect()
        }
        (None, None, Some(digest)) => after_release(context, site, digest)?.into_iter().collect(),
        (None, None, None) => applied.last().map(|version| (*version).to_owned()).into_iter().collect(),
    };
    let runtime = Context::runtime()?;
    let is_wanted = |kept: &Kept| wanted.contains(&kept.version) && kept.restored_at.is_none();
    let found = context.connected(site, |connection| {
        let events = silent();
        let admin = context.admin(connection.family, &connection.connect, &events);
        runtime.block_on(admin.rows_to_restore(&is_wanted))
    });
    found.map_err(|error| failed(site, &error))
}

fn put_back(
    context: &Context,
    site: &Site<'_>,
    reason: Option<&str>,
    names: &BTreeSet<String>,
    done: &mut Vec<Restored>,
) -> Result<(), sluice_engine::ApplyError> {
    let runtime = runtime()?;
    context.connected(site, |connection| {
        let events = silent();
        let mut admin: Admin<'_> = context.admin(connection.family, &connection.connect, &events);
        if let Some(reason) = reason {
            admin.identity.applied_by = format!("{} ({reason})", admin.identity.applied_by);
        }
        let is_chosen = |kept: &Kept| names.contains(&kept.name);
        runtime.block_on(admin.restore_rows(&is_chosen, done))
    })
}

fn shown(found: &Restored, done: bool) -> RowsPutBack {
    let kept = &found.kept;
    let conflict = |conflict: &sluice_engine::backup::Conflict| RowConflict {
        key: conflict.key.clone(),
        reason: conflict.reason.clone(),
    };
    RowsPutBack {
        version: kept.version.clone(),
        statement: kept.place.clone(),
        table: kept.table.clone(),
        were: if kept.deletes { "deleted" } else { "updated" }.to_owned(),
        kept_at: kept.taken_at.clone(),
        kept: found.rows,
        restored: found.restored,
        conflicted: found.conflicted,
        conflicts: found.conflicts.iter().map(conflict).collect(),
        refused: found.refused.clone(),
        done: done && found.refused.is_none(),
    }
}
