//! `sluice diff`

mod assertions;
mod dump;
mod forecast;
pub mod ground;
pub mod proof;
mod renames;
pub mod side;
mod sources;

use std::path::{Path, PathBuf};

use sluice_engine::proof::{Base, Claim, statements};
use sluice_engine::rename::{Renamed, ahead};
use sluice_engine::{Database, Server};
use sluice_facts::{
    Change, Diff, Fact, Hazard, Kind, Options, Rename, Rules, Snapshot, Step, Transition, Value, Verb,
    transition,
};
use sluice_report::{
    AttributeDiff, FactDiff, Problem, ProofReport, SchemaDiff, StepReport, commented, terminated,
};
use sluice_runner::kept;
use sluice_sql::Dialect;
use tokio_util::sync::CancellationToken;

use crate::against::Against;
use crate::args::{self, Format, Global};
use crate::context::{config_path, run_id};
use crate::error::{CliError, Exit};
use crate::folder::Folder;
use crate::output::Output;
use crate::scope::Counted;
use crate::secrets::Secrets;
use crate::sites::Resolver;
pub use ground::{Ground, Local};
use side::Side;
pub use side::failed;

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
    let target = args.to.as_deref().unwrap_or_default();
    let allowed = allowed(&args.allow)?;
    let here = std::env::current_dir().unwrap_or_default();
    let read = read(global, output, cancel, [&args.from, target], Wanted::of(args))?;
    let Read { sides, old, new, server } = &read;
    let ([from, to], ground) = (&sides.sides, sides.ground());
    let permitted = ground.as_ref().filter(|ground| proof::is_permitted(args, ground, from, to));
    if args.engine.is_some_and(|engine| engine.dialect().name() != &*old.engine) {
        return Err(CliError::usage(format!("--engine says otherwise: these schemas are of {}", old.engine)));
    }
    let family = family(old, &[from.database(), to.database(), sides.shadow.as_ref()])?;
    let Some(rules) = family.rules() else {
        return Err(CliError::usage(format!("schemas of {} are not compared yet", old.engine)));
    };
    let version = server.as_ref().map_or(0, |server| server.version);
    let (whole, (old, new)) = (new, (old.leaving_out(new), new.leaving_out(old)));
    let root = sides.root.clone();
    let question = renames::Question { args, root, sides: [from, to], schemas: [&old, &new] };
    let renamed = question.answer(output, permitted, rules)?;
    let now = renamed.as_ref().map_or(&old, |renamed| &renamed.schema);
    let options = Options { online: !args.offline, version };
    let mut way = transition(now, &new, rules, options);
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
        match permitted {
            Some(ground) => {
                let claim = Claim { from: &old, to: &new, way: &way };
                let bases = [sides.base(from), sides.base(to)];
                proof = Some(proof::find(ground.server()?, rules, bases, claim)?);
            }
            None => output.warning(
                &Problem::warning("the steps were not tried: there is no shadow").help(Some(
                    "name a server with --shadow: a scratch database is made on it and dropped again"
                        .to_owned(),
                )),
            ),
        }
    }
    for observer in proof.iter().flat_map(|proof: &ProofReport| &proof.observers) {
        if !observer.differences.is_empty() {
            let message = format!(
                "{} sees a difference where the facts are equal: {}",
                observer.observer,
                observer.differences.iter().take(6).cloned().collect::<Vec<_>>().join(" / ")
            );
            let help =
                "please report it with both schemas: either the plan or the comparison misses something";
            output.warning(&Problem::warning(message).help(Some(help.to_owned())));
        }
    }
    if let Some(path) = &args.save {
        save(&here.join(path), whole)?;
    }
    let mut report = SchemaDiff { proof, ..report([&args.from, target], &old, &new, &way, &allowed) };
    if !report.steps.is_empty() && output.format != Format::Sql {
        report.reverse = reverse(&old, &new, renamed.as_ref(), rules, options);
        forecast::give(&old, rules, server.as_ref(), &mut report.steps);
    }
    report.facts.extend(renamed.iter().flat_map(|renamed| &renamed.renames).map(named_anew));
    report.facts.sort_by(|a, b| a.fact.cmp(&b.fact));
    let mut problems = assertions::ask(from, &way.steps, &mut report.steps)?;
    for name in &report.unmodelled {
        output.warning(&Problem::warning(format!("{name} is not compared: it is not modelled")));
    }
    if !report.refused.is_empty() {
        let refused = report.refused.join(",");
        let message = format!("steps with a hazard that nobody has allowed: {refused}");
        problems.insert(0, Problem::error(message).help(Some(format!("--allow {refused} accepts them"))));
    }
    let refusal = (!problems.is_empty()).then_some(CliError { exit: Exit::Findings, problems });
    match (output.format, refusal) {
        (Format::Sql, Some(refusal)) => Err(refusal),
        (Format::Sql, None) => {
            output.text(&sql(&old.engine, &way));
            Ok(Exit::Done)
        }
        (format, refusal) => {
            output.result(&report);
            let Some(refusal) = refusal else { return Ok(Exit::Done) };
            if format == Format::Human {
                output.error(&refusal);
            }
            Ok(Exit::Findings)
        }
    }
}

/// What is said about how sides are read.
#[derive(Clone, Copy, Default)]
struct Wanted<'a> {
    shadow: Option<&'a str>,
    engine: Option<Dialect>,
    /// The version of a server that is started for this.
    version: Option<&'a str>,
    /// What earlier runs have worked out is taken.
    keeps: bool,
}

/// Schemas that are named, and where SQL is run.
struct Sides<const N: usize> {
    sides: [Side; N],
    shadow: Option<Against>,
    /// A server that can be started, where no other is permitted.
    local: Option<Local>,
    /// What counts, where a database is named by the configuration that says it.
    counted: Option<Counted>,
    /// Where the project is, if this is one.
    root: Option<PathBuf>,
}

impl<const N: usize> Sides<N> {
    /// Finds what options and their texts name.
    fn find(
        global: &Global,
        output: Output,
        cancel: CancellationToken,
        sides: [(&str, &str); N],
        wanted: Wanted<'_>,
    ) -> Result<Self, CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        let resolver = Resolver::own(Secrets::default(), run_id(), cancel.clone());
        let folder = match global.config.is_none() && config_path(global).is_err() {
            true => None,
            false => Some(Folder::enter(global, output, cancel.clone())?.config()?),
        };
        let named =
            |option: &str, text: &str| Against::named_by(option, text, folder.as_ref(), &here, &resolver);
        let mut found = Vec::with_capacity(N);
        for (option, text) in sides {
            found.push(Side::find(option, text, &here, &named)?);
        }
        // SQLite needs no server: scratch databases are in memory.
        let is_sqlite =
            wanted.engine == Some(Dialect::Sqlite) || found.iter().any(|side| side.is_of(Dialect::Sqlite));
        let shadow = match is_sqlite {
            true => Some(named("--shadow", "sqlite::memory:")?),
            false => wanted.shadow.map(|text| named("--shadow", text)).transpose()?,
        };
        let is_there = shadow.is_some() || found.iter().any(|side| side.database().is_some());
        let engine = wanted.engine.or_else(|| found.iter().find_map(Side::engine));
        let runs = found.iter().any(|side| matches!(side, Side::Scripts(_)));
        let local = match engine.filter(|_| !is_there) {
            Some(engine) => match Local::find(
                engine,
                wanted.version,
                Resolver::own(Secrets::default(), run_id(), cancel.clone()),
            ) {
                Ok(local) => Some(local),
                Err(error) if runs => return Err(error),
                // Snapshots can be compared without any; only a proof needs one.
                Err(_) => None,
            },
            None => None,
        };
        let is_known = |side: &Side| side.database().is_some_and(|database| database.target.is_some());
        let counted = folder.as_ref().filter(|_| found.iter().any(is_known)).and_then(Counted::of);
        let root = folder.as_ref().map(|_| std::env::current_dir().unwrap_or_default());
        let Ok(sides) = found.try_into() else {
            return Err(CliError::usage("a side is missing"));
        };
        Ok(Self { sides, shadow, local, counted, root })
    }

    /// What a side can be made of. Where not everything counts, its texts make more than what is compared.
    fn base<'s>(&self, side: &'s Side) -> Base<'s> {
        if self.counted.is_some() { Base::Facts } else { side.base() }
    }

    /// Where scratch databases are made. The server of one side serves the other as well.
    fn ground(&self) -> Option<Ground<'_>> {
        let named = self.shadow.as_ref().or_else(|| self.sides.iter().find_map(Side::database));
        named.map(Ground::Named).or(self.local.as_ref().map(Ground::Local))
    }
}

impl<'a> Wanted<'a> {
    /// What the options say.
    fn of(args: &'a args::Diff) -> Self {
        Self {
            shadow: args.shadow.as_deref(),
            engine: args.engine.map(|engine| engine.dialect()),
            version: args.server_version.as_deref(),
            keeps: !args.no_cache,
        }
    }
}

/// Both sides, and what was read of them.
struct Read {
    sides: Sides<2>,
    old: Snapshot,
    new: Snapshot,
    server: Option<Server>,
}

/// Reads two schemas of one engine.
fn read(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    [from, to]: [&str; 2],
    wanted: Wanted<'_>,
) -> Result<Read, CliError> {
    let sides = Sides::find(global, output, cancel, [("FROM", from), ("TO", to)], wanted)?;
    let ([from, to], ground) = (&sides.sides, sides.ground());
    let (server, old) = from.read(ground.as_ref(), wanted.keeps)?;
    let (newer, new) = to.read(ground.as_ref(), wanted.keeps)?;
    if old.engine != new.engine {
        return Err(CliError::usage(format!("FROM is of {}, and TO of {}", old.engine, new.engine)));
    }
    let (old, new) = match &sides.counted {
        Some(counted) => (old.within(counted), new.within(counted)),
        None => (old, new),
    };
    Ok(Read { sides, old, new, server: server.or(newer) })
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
    let wanted = Wanted { shadow, keeps: true, ..Wanted::default() };
    let Read { old, new, .. } = read(global, output, cancel, sides, wanted)?;
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
    let mut text: String = way.prelude.iter().map(|sql| terminated(engine, sql)).collect();
    for step in &way.steps {
        for assertion in &step.assertions {
            text.push_str(&commented(&format!("asserts no {}:\n{}", assertion.finds, assertion.sql)));
        }
        text.push_str(&terminated(engine, &step.sql));
    }
    text.extend(way.coda.iter().map(|sql| terminated(engine, sql)));
    text
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
        reverse: Vec::new(),
    }
}

/// The way back from TO: its names are given back last.
fn reverse(
    old: &Snapshot,
    new: &Snapshot,
    renamed: Option<&Renamed>,
    rules: &dyn Rules,
    options: Options,
) -> Vec<StepReport> {
    let now = renamed.map_or(old, |renamed| &renamed.schema);
    let way = transition(new, now, rules, options);
    let mut steps: Vec<StepReport> = statements(&way).iter().map(|one| step(&old.engine, one)).collect();
    for rename in renamed.iter().flat_map(|renamed| renamed.renames.iter().rev()) {
        let (Some(given), Some(was)) = (now.get(&rename.new), old.get(&rename.old)) else { continue };
        let sql = rules.rename(given, was);
        steps.extend(sql.map(|sql| step(&old.engine, &Step::new(Verb::Rename, &was.id, sql))));
    }
    steps
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
        assertions: assertions::reports(step),
        forecast: None,
    }
}
