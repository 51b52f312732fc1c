//! `sluice stats`

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{Timestamp, Unit};
use sluice_engine::{Server, Statistics};
use sluice_project::config::Config;
use sluice_report::{RelationStats, Stats};
use tokio_util::sync::CancellationToken;

use crate::against::{Against, version_of};
use crate::args::{self, Global};
use crate::context::{config_path, in_parallel, run_id};
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::output::Output;
use crate::planning::LOOKERS;
use crate::question::counted;
use crate::secrets::Secrets;
use crate::sites::{self, Resolver};
use sluice_runner::kept::write;

/// What one database answered.
struct Answer {
    name: String,
    server: Server,
    statistics: Statistics,
}

/// `sluice stats [--against URL] [--out FILE]`
///
/// # Errors
/// Databases that are not found or do not answer; databases of several engines; a file that cannot be written.
pub fn run(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    args: &args::Stats,
) -> Result<Exit, CliError> {
    let here = std::env::current_dir().unwrap_or_default();
    let resolver = Resolver::own(Secrets::default(), run_id(), cancel.clone());
    // A database that is named by its url needs no project.
    let config = match &args.against {
        Some(_) if global.config.is_none() && config_path(global).is_err() => None,
        _ => Some(Folder::enter(global, output, cancel)?.config()?),
    };
    let databases = databases(args, config.as_ref(), global, &here, &resolver)?;
    let answers = in_parallel(&databases, LOOKERS, |database| {
        database.statistics().map(|(server, statistics)| {
            let name = if database.target.is_some() { database.name.clone() } else { server.address.clone() };
            Answer { name, server, statistics }
        })
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let stats = merged(answers)?;
    match &args.out {
        Some(path) => {
            write(&here.join(path), stats.render())?;
            output.message(&format!("{}: {}", path.display(), counted(stats.relations.len(), "relation")));
        }
        None => output.result(&stats),
    }
    Ok(Exit::Done)
}

fn databases(
    args: &args::Stats,
    config: Option<&Config>,
    global: &Global,
    here: &Path,
    resolver: &Resolver,
) -> Result<Vec<Against>, CliError> {
    match (&args.against, config) {
        (Some(text), config) => Ok(vec![Against::named(text, config, here, resolver)?]),
        (None, Some(config)) => sites::select(config, &global.selection())?
            .iter()
            .map(|site| Against::of_site(config, site, resolver))
            .collect(),
        (None, None) => Ok(Vec::new()),
    }
}

/// The largest number of each relation: a change has to get along with the largest database.
fn merged(answers: Vec<Answer>) -> Result<Stats, CliError> {
    let Some(newest) = answers.iter().max_by_key(|answer| answer.server.version) else {
        return Err(CliError::usage("no database is selected"));
    };
    let dialect = newest.server.dialect;
    if let Some(other) = answers.iter().find(|answer| answer.server.dialect != dialect) {
        return Err(CliError::usage(format!(
            "the databases are of several engines: {} is {}, and {} is {}",
            newest.name, newest.server.product, other.name, other.server.product
        ))
        .help("select those of one engine with --database, and write a file for each"));
    }
    let (engine, server) = (dialect.name().to_owned(), version_of(&newest.server).to_string());
    let counted_seconds = answers.iter().filter_map(|answer| answer.statistics.counted_seconds).min();
    let mut databases = Vec::new();
    let mut relations: BTreeMap<(String, String), RelationStats> = BTreeMap::new();
    for answer in answers {
        databases.push(answer.name);
        for one in answer.statistics.relations {
            let key = (one.schema.clone(), one.name.clone());
            let known = relations.entry(key).or_insert_with(|| RelationStats {
                schema: one.schema,
                name: one.name,
                rows: None,
                bytes: None,
                reads: None,
                writes: None,
                calls: None,
            });
            known.rows = known.rows.max(one.rows);
            known.bytes = known.bytes.max(one.bytes);
            known.reads = known.reads.max(one.reads);
            known.writes = known.writes.max(one.writes);
            known.calls = known.calls.max(one.calls);
        }
    }
    let now = Timestamp::now();
    let taken_at = now.round(Unit::Second).unwrap_or(now).to_string();
    let relations = relations.into_values().collect();
    Ok(Stats { taken_at, engine, server, databases, counted_seconds, relations })
}
