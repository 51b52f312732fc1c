//! `sluice diff`

mod dump;
mod proof;
mod side;
mod sources;

use std::path::Path;

use sluice_engine::proof::{Base, Claim};
use sluice_engine::{Database, Server};
use sluice_facts::{Change, Diff, Fact, Hazard, Options, Snapshot, Step, Transition, Value, transition};
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
use crate::scope::Counted;
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
    if let Some(directory) = &args.dump {
        return dump::run(global, output, cancel, args, directory);
    }
    let to = args.to.as_deref().unwrap_or_default();
    let allowed = allowed(&args.allow)?;
    let here = std::env::current_dir().unwrap_or_default();
    let engine = args.engine.map(|engine| engine.dialect());
    let Read { from, to: wanted, shadow, counted, old, new, server } =
        read(global, output, cancel, [&args.from, to], args.shadow.as_deref(), engine)?;
    // The server of the other side serves as well.
    let shadow = shadow.as_ref().or_else(|| from.database()).or_else(|| wanted.database());
    if args.engine.is_some_and(|engine| engine.dialect().name() != &*old.engine) {
        return Err(CliError::usage(format!("--engine says otherwise: these schemas are of {}", old.engine)));
    }
    let family = family(&old, &[from.database(), wanted.database(), shadow])?;
    let Some(rules) = family.rules() else {
        return Err(CliError::usage(format!("schemas of {} are not compared yet", old.engine)));
    };
    let version = server.map_or(0, |server| server.version);
    let whole = args.save.as_ref().map(|_| new.clone());
    let (old, new) = (old.leaving_out(&new), new.leaving_out(&old));
    let way = transition(&old, &new, rules, Options { online: !args.offline, version });
    if let Some(broken) = way.broken.first() {
        return Err(CliError::new(
            Exit::Inconclusive,
            Problem::error(format!("no order of the steps was found: {broken}")),
        )
        .help("this is a mistake in sluice: please report it with both schemas"));
    }
    let mut proof = None;
    if !args.no_proof && !way.steps.is_empty() {
        match proof::ground(args, shadow, &from, &wanted) {
            Some(shadow) => {
                let base = if counted { Base::Facts } else { from.base() };
                proof = Some(proof::find(shadow, rules, base, Claim { from: &old, to: &new, way: &way })?)
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
    let report = SchemaDiff { proof, ..report([&args.from, to], &old, &new, &way, &allowed) };
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
    /// Not everything counts.
    counted: bool,
    old: Snapshot,
    new: Snapshot,
    server: Option<Server>,
}

/// Schemas that are named, and where SQL is run.
struct Sides<const N: usize> {
    sides: [Side; N],
    shadow: Option<Against>,
    /// What counts, where a database is named by the configuration that says it.
    counted: Option<Counted>,
}

impl<const N: usize> Sides<N> {
    /// Finds what options and their texts name.
    fn find(
        global: &Global,
        output: Output,
        cancel: CancellationToken,
        sides: [(&str, &str); N],
        shadow: Option<&str>,
        engine: Option<Dialect>,
    ) -> Result<Self, CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        let resolver = Resolver { secrets: Secrets::default(), run_id: run_id(), cancel: cancel.clone() };
        let folder = match global.config.is_none() && config_path(global).is_err() {
            true => None,
            false => Some(Folder::enter(global, output, cancel)?.config()?),
        };
        let named =
            |option: &str, text: &str| Against::named_by(option, text, folder.as_ref(), &here, &resolver);
        let mut found = Vec::with_capacity(N);
        for (option, text) in sides {
            found.push(Side::find(option, text, &here, &named)?);
        }
        // SQLite needs no server: scratch databases are in memory.
        let is_sqlite =
            engine == Some(Dialect::Sqlite) || found.iter().any(|side| side.is_of(Dialect::Sqlite));
        let shadow = match is_sqlite {
            true => Some(named("--shadow", "sqlite::memory:")?),
            false => shadow.map(|text| named("--shadow", text)).transpose()?,
        };
        let is_known = |side: &Side| side.database().is_some_and(|database| database.target.is_some());
        let counted = folder.as_ref().filter(|_| found.iter().any(is_known)).and_then(Counted::of);
        let Ok(sides) = found.try_into() else {
            return Err(CliError::usage("a side is missing"));
        };
        Ok(Self { sides, shadow, counted })
    }
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
    let sides = [("FROM", from), ("TO", to)];
    let Sides { sides: [from, to], shadow, counted } =
        Sides::find(global, output, cancel, sides, shadow, engine)?;
    let ground = shadow.as_ref().or_else(|| from.database()).or_else(|| to.database());
    let (server, old) = from.read(ground)?;
    let (newer, new) = to.read(ground)?;
    if old.engine != new.engine {
        return Err(CliError::usage(format!("FROM is of {}, and TO of {}", old.engine, new.engine)));
    }
    let (old, new) = match &counted {
        Some(counted) => (old.within(counted), new.within(counted)),
        None => (old, new),
    };
    Ok(Read { from, to, shadow, counted: counted.is_some(), old, new, server: server.or(newer) })
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

/// Hazards by their names, or all of them.
///
/// # Errors
/// A name that no hazard has.
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

fn family(snapshot: &Snapshot, databases: &[Option<&Against>]) -> Result<&'static dyn Database, CliError> {
    match databases.iter().copied().flatten().next() {
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
    [from, to]: [&str; 2],
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
        from: from.to_owned(),
        from_fingerprint: old.fingerprint().to_string(),
        to: to.to_owned(),
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
