//! `sluice diff`

mod directives;
pub mod proof;
mod renames;
pub mod side;
mod sources;

use std::path::{Path, PathBuf};

use sluice_engine::proof::Claim;
use sluice_engine::rename::ahead;
use sluice_engine::{Database, Server};
use sluice_facts::{
    Change, Diff, Fact, Hazard, Kind, Options, Rename, Snapshot, Step, Transition, Value, transition,
};
use sluice_report::{AttributeDiff, FactDiff, Problem, SchemaDiff, StepReport, terminated};
use sluice_sql::Dialect;
use tokio_util::sync::CancellationToken;

use crate::against::Against;
use crate::args::{self, Format, Global};
use crate::context::{config_path, run_id};
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::kept;
use crate::output::Output;
use crate::secrets::Secrets;
use crate::sites::Resolver;
use side::Side;

/// `sluice diff FROM TO`
///
/// # Errors
/// Sides that name nothing or cannot be read; SQL that does not run; sides of two engines.
pub fn run(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    args: &args::Diff,
) -> Result<Exit, CliError> {
    let allowed = allowed(&args.allow)?;
    let here = std::env::current_dir().unwrap_or_default();
    let engine = args.engine.map(|engine| engine.dialect());
    let Read { from, to, shadow, old, new, server, root } =
        read(global, output, cancel, [&args.from, &args.to], args.shadow.as_deref(), engine)?;
    // The server of the other side serves as well.
    let shadow = shadow.as_ref().or_else(|| from.database()).or_else(|| to.database());
    if args.engine.is_some_and(|engine| engine.dialect().name() != &*old.engine) {
        return Err(CliError::usage(format!("--engine says otherwise: these schemas are of {}", old.engine)));
    }
    let family = family(&old, [from.database(), to.database(), shadow])?;
    let Some(rules) = family.rules() else {
        return Err(CliError::usage(format!("schemas of {} are not compared yet", old.engine)));
    };
    let version = server.map_or(0, |server| server.version);
    let whole = args.save.as_ref().map(|_| new.clone());
    let (old, new) = (old.leaving_out(&new), new.leaving_out(&old));
    let question = renames::Question { args, root, sides: [&from, &to], schemas: [&old, &new] };
    let renamed = question.answer(output, shadow, rules)?;
    let now = renamed.as_ref().map_or(&old, |renamed| &renamed.schema);
    let mut way = transition(now, &new, rules, Options { online: !args.offline, version });
    if let Some(renamed) = &renamed {
        way = ahead(renamed, way, rules);
    }
    if let Some(broken) = way.broken.first() {
        return Err(CliError::new(
            Exit::Inconclusive,
            Problem::error(format!("no order of the steps was found: {broken}")),
        )
        .help("this is a mistake in sluice: please report it with both schemas"));
    }
    let mut proof = None;
    if !args.no_proof && !way.steps.is_empty() {
        match proof::ground(args, shadow, &from, &to) {
            Some(shadow) => {
                proof =
                    Some(proof::find(shadow, rules, from.base(), Claim { from: &old, to: &new, way: &way })?)
            }
            None => output.warning(
                &Problem::warning("the steps were not tried: there is no shadow").help(Some(
                    "name a server with --shadow: a scratch database is made on it and dropped again"
                        .to_owned(),
                )),
            ),
        }
    }
    if let (Some(path), Some(whole)) = (&args.save, &whole) {
        save(&here.join(path), whole)?;
    }
    let mut report = SchemaDiff { proof, ..report(args, &old, &new, &way, &allowed) };
    report.facts.extend(renamed.iter().flat_map(|renamed| &renamed.renames).map(named_anew));
    report.facts.sort_by(|a, b| a.fact.cmp(&b.fact));
    for name in &report.unmodelled {
        output.warning(&Problem::warning(format!("{name} is not compared: it is not modelled")));
    }
    let refusal = CliError::new(
        Exit::Findings,
        Problem::error(format!("steps with a hazard that nobody has allowed: {}", report.refused.join(", "))),
    )
    .help(format!("--allow {} accepts them", report.refused.join(",")));
    match output.format {
        Format::Sql if !report.refused.is_empty() => return Err(refusal),
        Format::Sql => output.text(&sql(&old.engine, &way)),
        _ => output.result(&report),
    }
    if report.refused.is_empty() {
        return Ok(Exit::Done);
    }
    if output.format == Format::Human {
        output.error(&refusal);
    }
    Ok(Exit::Findings)
}

/// Both sides, and what was read of them.
struct Read {
    from: Side,
    to: Side,
    shadow: Option<Against>,
    old: Snapshot,
    new: Snapshot,
    server: Option<Server>,
    /// Where the project is, if this is one.
    root: Option<PathBuf>,
}

/// Reads two schemas of one engine.
fn read(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    [from, to]: [&str; 2],
    shadow: Option<&str>,
    engine: Option<Dialect>,
) -> Result<Read, CliError> {
    let here = std::env::current_dir().unwrap_or_default();
    let resolver = Resolver { secrets: Secrets::default(), run_id: run_id(), cancel: cancel.clone() };
    let folder = match global.config.is_none() && config_path(global).is_err() {
        true => None,
        false => Some(Folder::enter(global, output, cancel)?.config()?),
    };
    let named = |option: &str, text: &str| Against::named_by(option, text, folder.as_ref(), &here, &resolver);
    let from = Side::find("FROM", from, &here, &named)?;
    let to = Side::find("TO", to, &here, &named)?;
    // SQLite needs no server: scratch databases are in memory.
    let is_sqlite =
        engine == Some(Dialect::Sqlite) || [&from, &to].into_iter().any(|side| side.is_of(Dialect::Sqlite));
    let shadow = match is_sqlite {
        true => Some(named("--shadow", "sqlite::memory:")?),
        false => shadow.map(|text| named("--shadow", text)).transpose()?,
    };
    let ground = shadow.as_ref().or_else(|| from.database()).or_else(|| to.database());
    let (server, old) = from.read(ground)?;
    let (newer, new) = to.read(ground)?;
    if old.engine != new.engine {
        return Err(CliError::usage(format!("FROM is of {}, and TO of {}", old.engine, new.engine)));
    }
    let root = folder.as_ref().map(|_| std::env::current_dir().unwrap_or_default());
    Ok(Read { from, to, shadow, old, new, server: server.or(newer), root })
}

/// Two schemas of one engine, each named as for `sluice diff`.
///
/// # Errors
/// As [`run`].
pub fn read_both(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    sides: [&str; 2],
    shadow: Option<&str>,
) -> Result<(Snapshot, Snapshot), CliError> {
    let Read { old, new, .. } = read(global, output, cancel, sides, shadow, None)?;
    Ok((old.leaving_out(&new), new.leaving_out(&old)))
}

/// Hazards by their names.
///
/// # Errors
/// A name of none.
pub fn allowed(names: &[String]) -> Result<Vec<Hazard>, CliError> {
    let mut hazards = Vec::new();
    for name in names {
        match Hazard::parse(name) {
            Some(hazard) => hazards.push(hazard),
            None if name == "all" => hazards.extend(Hazard::ALL),
            None => {
                let known: Vec<&str> = Hazard::ALL.iter().map(|hazard| hazard.name()).collect();
                return Err(CliError::usage(format!("there is no hazard {name}"))
                    .help(format!("hazards are: {}, all", known.join(", "))));
            }
        }
    }
    Ok(hazards)
}

fn family(snapshot: &Snapshot, databases: [Option<&Against>; 3]) -> Result<&'static dyn Database, CliError> {
    match databases.into_iter().flatten().next() {
        Some(database) => Ok(database.reach().0),
        None => crate::engines::family_of(&format!("{}:", snapshot.engine))
            .map_err(|error| CliError::usage(error.to_string())),
    }
}

fn save(path: &Path, snapshot: &Snapshot) -> Result<(), CliError> {
    let bytes = snapshot.to_bytes().map_err(|error: std::io::Error| {
        CliError::usage(format!("{} cannot be written: {error}", path.display()))
    })?;
    kept::write(path, bytes)?;
    Ok(())
}

/// The script alone: nothing where there is nothing to do.
fn sql(engine: &str, way: &Transition<'_>) -> String {
    let statements = way.prelude.iter().chain(way.steps.iter().map(|step| &step.sql)).chain(&way.coda);
    statements.map(|sql| terminated(engine, sql)).collect()
}

fn report(
    args: &args::Diff,
    old: &Snapshot,
    new: &Snapshot,
    way: &Transition<'_>,
    allowed: &[Hazard],
) -> SchemaDiff {
    let mut unmodelled: Vec<String> =
        old.unmodelled.iter().chain(&new.unmodelled).map(|name| name.clone().into_string()).collect();
    unmodelled.sort();
    unmodelled.dedup();
    let deletes = |step: &Step| step.hazards.contains(&Hazard::DeletesData);
    let refused = way.steps.iter().any(deletes) && !allowed.contains(&Hazard::DeletesData);
    SchemaDiff {
        engine: old.engine.clone().into_string(),
        from: args.from.clone(),
        from_fingerprint: old.fingerprint().to_string(),
        to: args.to.clone(),
        to_fingerprint: new.fingerprint().to_string(),
        facts: facts(&way.diff),
        prelude: way.prelude.clone(),
        steps: way.steps.iter().map(|one| step(&old.engine, one)).collect(),
        coda: way.coda.clone(),
        rebuilt: way.rebuilt.iter().map(ToString::to_string).collect(),
        unmodelled,
        proof: None,
        refused: if refused { vec![Hazard::DeletesData.name().to_owned()] } else { Vec::new() },
    }
}

/// A fact that is there in one of both only, or is another one.
pub fn whole(fact: &Fact, change: &str) -> FactDiff {
    FactDiff {
        fact: fact.id.to_string(),
        kind: fact.kind.name().to_owned(),
        change: change.to_owned(),
        attributes: Vec::new(),
    }
}

fn facts(diff: &Diff<'_>) -> Vec<FactDiff> {
    let mut facts: Vec<FactDiff> = diff.added.iter().map(|fact| whole(fact, "added")).collect();
    facts.extend(diff.removed.iter().map(|fact| whole(fact, "removed")));
    facts.extend(diff.altered.iter().map(|change| {
        let mut fact = whole(change.new, "altered");
        fact.attributes = attributes(change);
        fact
    }));
    facts.sort_by(|a, b| a.fact.cmp(&b.fact));
    facts
}

/// A fact that gets another name.
fn named_anew(rename: &Rename) -> FactDiff {
    let kind = rename.new.kind().map_or("", Kind::name).to_owned();
    let (from, to) = (Some(rename.old.name()), Some(rename.new.name()));
    let attributes = vec![AttributeDiff { name: "name".to_owned(), from, to }];
    FactDiff { fact: rename.new.to_string(), kind, change: "renamed".to_owned(), attributes }
}

/// What differs of a fact.
pub fn attributes(change: &Change<'_>) -> Vec<AttributeDiff> {
    let text = |value: Option<&Value>| value.map(ToString::to_string);
    let attribute = |name: &String| AttributeDiff {
        name: name.clone(),
        from: text(change.old.payload.get(name)),
        to: text(change.new.payload.get(name)),
    };
    change.attributes.iter().map(attribute).collect()
}

/// A statement as it is reported.
pub fn step(engine: &str, step: &Step) -> StepReport {
    StepReport {
        engine: engine.to_owned(),
        sql: step.sql.clone(),
        verb: step.verb.name().to_owned(),
        fact: step.fact.to_string(),
        hazards: step.hazards.iter().map(|hazard| hazard.name().to_owned()).collect(),
        alone: step.alone,
    }
}
