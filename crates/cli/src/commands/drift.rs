//! `sluice drift`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sluice_engine::drift::{Class, Drift, Standing};
use sluice_engine::{ApplyError, Look, inspect};
use sluice_facts::{Diff, Digest, Options, Snapshot, transition};
use sluice_project::Project;
use sluice_project::layout::Layout;
use sluice_report::{DatabaseDrift, DriftFact, DriftReport, DriftState, Problem, terminated};
use sluice_rollout::Change;
use tokio_util::sync::CancellationToken;

use super::baseline::{failed, runtime};
use super::diff;
use super::new::free_version;
use crate::args::{self, Global};
use crate::context::{Context, in_parallel, silent};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::planning::{LOOKERS, survey_one};
use crate::sites::Site;
pub use sluice_runner::drift::response;

/// `sluice drift FROM TO`: what differs between any two schemas.
///
/// # Errors
/// As `sluice diff`.
pub fn compare(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    [from, to]: [&str; 2],
    shadow: Option<&str>,
) -> Result<Exit, CliError> {
    let (old, new) = diff::read_both(global, output, cancel, [from, to], shadow)?;
    let facts = facts(&Diff::between(&old, &new));
    let drifted = !facts.is_empty();
    let state = if drifted { DriftState::Drifted } else { DriftState::None };
    let database = DatabaseDrift { state, facts, ..blank(to, None) };
    output.result(&DriftReport { databases: vec![database] });
    Ok(if drifted { Exit::Findings } else { Exit::Done })
}

/// `sluice drift`: how each database of the project stands to its last change.
///
/// Exit code: 1 where one has drifted.
pub fn run(context: &Context, args: &args::Drift) -> Result<Exit, CliError> {
    let sites = context.sites()?;
    if args.adopt {
        let [site] = sites.as_slice() else {
            return Err(
                CliError::usage("drift is adopted on one database").help("name it with --database NAME")
            );
        };
        return adopt(context, site);
    }
    let databases = in_parallel(&sites, LOOKERS, |site| {
        let mut database = blank(&site.target.name.0, Some(&site.target.environment));
        let exit = match stand(context, site) {
            Ok(standing) => fill(&mut database, &standing, args.revert),
            Err(error) => {
                let error = failed(site, &error);
                database.problems = error.problems;
                error.exit
            }
        };
        (database, exit)
    });
    let exit = databases.iter().map(|(_, exit)| *exit).fold(Exit::Done, Exit::worse);
    context
        .output
        .result(&DriftReport { databases: databases.into_iter().map(|(database, _)| database).collect() });
    Ok(exit)
}

/// A database of which nothing is known yet.
fn blank(name: &str, environment: Option<&str>) -> DatabaseDrift {
    DatabaseDrift {
        name: name.to_owned(),
        environment: environment.map(str::to_owned),
        state: DriftState::Unknown,
        since: None,
        taken_at: None,
        reason: None,
        facts: Vec::new(),
        revert: Vec::new(),
        adopted: None,
        problems: Vec::new(),
    }
}

fn stand(context: &Context, site: &Site<'_>) -> Result<(Standing, u32), ApplyError> {
    let look = Look { drift: true, scope: context.scope(), ..Look::default() };
    let runtime = runtime()?;
    let inspection = context.connected(site, |connection| {
        runtime.block_on(inspect(connection.family, &connection.connect, look))
    })?;
    let version = inspection.server.version;
    Ok((inspection.drift.unwrap_or(Standing::Unknown("it was not looked for")), version))
}

fn fill(database: &mut DatabaseDrift, (standing, version): &(Standing, u32), revert: bool) -> Exit {
    match standing {
        Standing::Unknown(reason) => {
            database.reason = Some((*reason).to_owned());
            Exit::Done
        }
        Standing::Same { since } => {
            database.state = DriftState::None;
            database.since = Some(since.clone());
            Exit::Done
        }
        Standing::Drifted(drift) => {
            database.state = DriftState::Drifted;
            database.since = Some(drift.since.clone());
            database.taken_at = Some(drift.taken_at.clone());
            database.facts = facts(&drift.diff());
            if revert {
                database.revert = way(&drift.live, &drift.kept, *version);
            }
            Exit::Findings
        }
    }
}

/// What differs, the worst first.
fn facts(diff: &Diff<'_>) -> Vec<DriftFact> {
    let mut facts: Vec<(Class, DriftFact)> = Vec::new();
    let whole = |class: Class, fact: &sluice_facts::Fact, change: &str| DriftFact {
        class: class.name().to_owned(),
        difference: diff::whole(fact, change),
    };
    for fact in &diff.added {
        let class = Class::of_added(fact);
        facts.push((class, whole(class, fact, "added")));
    }
    for fact in &diff.removed {
        let class = Class::of_removed(fact);
        facts.push((class, whole(class, fact, "removed")));
    }
    for change in &diff.altered {
        let class = Class::of_altered(change);
        let mut fact = whole(class, change.new, "altered");
        fact.difference.attributes = diff::attributes(change);
        facts.push((class, fact));
    }
    facts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.difference.fact.cmp(&b.1.difference.fact)));
    facts.into_iter().map(|(_, fact)| fact).collect()
}

/// The statements that lead from one schema to the other.
fn way(from: &Snapshot, to: &Snapshot, version: u32) -> Vec<sluice_report::StepReport> {
    let family = crate::engines::family_of(&format!("{}:", from.engine)).ok();
    let Some(rules) = family.and_then(|family| family.rules()) else { return Vec::new() };
    let way = transition(from, to, rules, Options { online: true, version });
    sluice_engine::proof::statements(&way).iter().map(|step| diff::step(&from.engine, step)).collect()
}

/// Writes the change that makes what was done by hand official, and records it as being there already on the database where it
/// was done. Without drift, the schema as it is becomes what later looks are held against.
fn adopt(context: &Context, site: &Site<'_>) -> Result<Exit, CliError> {
    if context.config().project.is_declarative() {
        return Err(CliError::usage("a declarative project has no changes that could make drift official")
            .help("declare it in the files of the schema"));
    }
    let (standing, version) = stand(context, site).map_err(|error| failed(site, &error))?;
    let mut database = blank(&site.target.name.0, Some(&site.target.environment));
    fill(&mut database, &(standing.clone(), version), false);
    if let Ok((_, decision)) = survey_one(context, site, false).found
        && !decision.pending.is_empty()
    {
        let message = "changes are pending: the one that makes drift official would come after them";
        return Err(CliError::new(Exit::Findings, Problem::error(message).at(site.target.name.0.clone()))
            .help("deploy them first, with `drift = \"warn\"` in [policy]"));
    }
    let written = match &standing {
        Standing::Drifted(drift) => Some(write(context, drift, version)?),
        Standing::Same { .. } | Standing::Unknown(_) => None,
    };
    let seen = match &standing {
        Standing::Drifted(drift) => Some(drift.live.fingerprint()),
        Standing::Same { .. } | Standing::Unknown(_) => None,
    };
    let recorded = match &written {
        Some(path) => reread(context, path).and_then(|change| record(context, site, Some(&change), seen)),
        None => record(context, site, None, seen),
    };
    match recorded {
        Ok(version) => database.since = Some(version),
        Err(error) => {
            // Nothing was recorded: the file would be applied where it came from. Where nobody knows, it stays.
            if let Some(path) = written.filter(|_| error.exit != Exit::Unreachable) {
                let _ = std::fs::remove_file(path);
            }
            return Err(error);
        }
    }
    database.state = DriftState::None;
    database.adopted = written;
    context.output.result(&DriftReport { databases: vec![database] });
    Ok(Exit::Done)
}

/// A file that was just written, as the next deployment will read it.
fn reread(context: &Context, path: &str) -> Result<Change, CliError> {
    let project = Project::read(PathBuf::from("."), context.config().clone())?;
    let mut changes = project.changes().iter();
    let found = changes.find(|change| Path::new(change.up.file.path()) == Path::new(path)).cloned();
    found.ok_or_else(|| CliError::usage(format!("{path} is not among the project's migrations")))
}

fn record(
    context: &Context,
    site: &Site<'_>,
    change: Option<&Change>,
    seen: Option<Digest>,
) -> Result<String, CliError> {
    let runtime = runtime().map_err(|error| failed(site, &error))?;
    let adopted = context.connected(site, |connection| {
        let events = silent();
        let admin = context.admin(connection.family, &connection.connect, &events);
        runtime.block_on(admin.adopt_schema(change, seen))
    });
    adopted.map_err(|error| failed(site, &error))
}

fn write(context: &Context, drift: &Drift, version: u32) -> Result<String, CliError> {
    let layout = context.project.directory.detection.layout;
    if layout != Layout::Native {
        return Err(CliError::usage(format!(
            "`sluice drift --adopt` writes native migrations, and this project has the layout {layout}"
        ))
        .help("write the change with `sluice diff`, and record it with `sluice baseline`"));
    }
    let steps = way(&drift.kept, &drift.live, version);
    let directories: Vec<std::path::PathBuf> =
        context.config().project.migrations.iter().map(std::path::PathBuf::from).collect();
    let directory = directories.first().cloned().unwrap_or_else(|| "migrations".into());
    let path = directory.join(format!("{}_adopt_drift.sql", free_version(Path::new("."), &directories)));
    let mut text = format!("-- What was done by hand since change {}.\n", drift.since);
    if steps.iter().any(|step| step.alone) {
        text.push_str("-- sluice: transaction=none\n");
    }
    text.push('\n');
    steps.iter().for_each(|step| text.push_str(&terminated(&step.engine, &step.sql)));
    let written = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| CliError::usage(format!("{} cannot be written: {error}", path.display())))?;
    Ok(path.display().to_string())
}
