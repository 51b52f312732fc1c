use sluice_report::{Entry, History, Revision};

use super::baseline::runtime;
use crate::args;
use crate::context::{Context, in_parallel};
use crate::error::{CliError, Exit, exit_of, problems_of};

/// `sluice history`
pub fn run(context: &Context, args: &args::History) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    let histories = in_parallel(&sites, 8, |site| {
        let runtime = runtime()?;
        context.connected(site, |connection| {
            runtime.block_on(sluice_engine::history(connection.family, &connection.connect))
        })
    });
    let mut report = History { revisions: Vec::new(), events: Vec::new() };
    let mut failure: Option<CliError> = None;
    for (site, history) in sites.iter().zip(histories) {
        let (database, environment) = (&site.target.name.0, &site.target.environment);
        let history = match history {
            Ok(history) => history,
            Err(error) => {
                let problems = problems_of(&error, database);
                match &mut failure {
                    Some(failure) => {
                        failure.exit = failure.exit.worse(exit_of(&error));
                        failure.problems.extend(problems);
                    }
                    None => failure = Some(CliError { exit: exit_of(&error), problems }),
                }
                continue;
            }
        };
        let tail = |length: usize| args.limit.map_or(0, |limit| length.saturating_sub(limit));
        let first = tail(history.revisions.len());
        report.revisions.extend(history.revisions.into_iter().skip(first).map(|row| Revision {
            database: database.clone(),
            environment: environment.clone(),
            version: row.version,
            name: row.name,
            kind: row.kind,
            state: row.state,
            checksum: row.checksum,
            release_digest: row.release_digest,
            commit_id: row.commit_id,
            author: row.author,
            applied_by: row.applied_by,
            run_id: row.run_id,
            started_at: row.started_at,
            finished_at: row.finished_at,
            duration_ms: row.duration_ms,
            statements_total: row.statements_total,
            statements_applied: row.statements_applied,
        }));
        let first = tail(history.events.len());
        report.events.extend(history.events.into_iter().skip(first).map(|row| Entry {
            database: database.clone(),
            environment: environment.clone(),
            at: row.at,
            kind: row.kind,
            version: row.version,
            run_id: row.run_id,
            actor: row.actor,
            detail: row.detail,
        }));
    }
    match failure {
        Some(failure) if report.revisions.is_empty() && report.events.is_empty() => Err(failure),
        Some(failure) => {
            context.output.result(&report);
            failure.problems.iter().for_each(|problem| context.output.warning(problem));
            Ok(failure.exit)
        }
        None => {
            context.output.result(&report);
            Ok(Exit::Done)
        }
    }
}
