//! The way from the schema of a database to the one that the project declares.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sluice_engine::proof::{self, Base, Claim, ProofError};
use sluice_engine::shadow::{self, Script, ShadowError};
use sluice_engine::{ApplyError, Connect, Database, DbError, DbErrorKind, Inspection};
use sluice_facts::{Digest, Hazard, Options, Snapshot, Step, Transition, transition};
use sluice_report::terminated;
use sluice_rollout::{
    Action, Change, Decision, ProblemKind, Response, Revision, Skip, StatementState, version_key,
};

use crate::context::Context;
use crate::ground::{self, Ground};
use crate::sites::{Connection, Site};

/// What leads one database to the declared schema.
pub struct Way {
    /// The change, with the script that it comes to.
    pub change: Change,
    /// How it is run.
    pub action: Action,
    /// Fingerprint of the schema that it was computed from.
    pub from: Digest,
    /// The declared schema, as far as it counts.
    pub to: Arc<Snapshot>,
}

/// What was found out on shadows, once for all databases.
#[derive(Default)]
pub struct Known {
    /// What the files mean, by the URL of the shadow.
    desired: Once<String, Result<Arc<Snapshot>, ShadowError>>,
    /// Whether steps lead from the one schema to the other, by the URL of the shadow.
    proofs: Once<(String, Digest, Digest), Result<(), ProofError>>,
}

/// Values that are found once, whoever asks first, while others wait for them.
struct Once<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Once<K, V> {
    fn get(&self, key: K, find: impl FnOnce() -> V) -> V {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        cell.get_or_init(find).clone()
    }
}

/// What to find out.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Try the steps on the shadow, and say what nobody has allowed.
    pub proof: bool,
}

/// Decides about a database, and finds the way where there is one to go. `decision` is what the ledger says.
///
/// # Errors
/// Files that make no schema, a shadow that cannot be had, steps that are not proved.
pub fn find(
    context: &Context,
    site: &Site<'_>,
    connection: &Connection,
    inspection: &Inspection,
    decision: &mut Decision,
    wanted: Wanted,
) -> Result<Option<Arc<Way>>, ApplyError> {
    let Some(declared) = context.project.changes().first() else { return Ok(None) };
    let Some(live) = &inspection.facts else { return Ok(None) };
    let unfinished =
        inspection.ledger.revisions.iter().rfind(|it| it.kind == declared.kind && !it.state.is_complete());
    let desired = || desired(context, site);
    if let Some(revision) = unfinished {
        let same = version_key(&revision.version) == declared.key;
        match &inspection.begun {
            Some((version, text)) if same && *version == revision.version => {
                let to = desired()?;
                let from = live.leaving_out(&to).fingerprint();
                let change = declared.computed(text.clone());
                return Ok(Some(Arc::new(Way { change, action: Action::Resume, from, to })));
            }
            _ if same || is_in_flight(inspection, revision) => {
                decision.problem(ProblemKind::InFlight, &revision.version, Response::Error, || {
                    format!(
                        "change {} is unfinished, and what it runs is not what is declared now",
                        revision.version
                    )
                });
                return Ok(None);
            }
            _ => {}
        }
    }
    let desired = desired()?;
    if desired.engine != live.engine {
        return Err(no_way(format!(
            "the database is of {}, and its shadow of {}",
            live.engine, desired.engine
        )));
    }
    let (from, to) = (live.leaving_out(&desired), Arc::new(desired.leaving_out(live)));
    if from.fingerprint() == to.fingerprint() && unfinished.is_none() {
        decision.pending.clear();
        decision.skipped = vec![(0, Skip::Applied)];
        return Ok(None);
    }
    let Some(rules) = connection.family.rules() else {
        return Err(no_way(format!("schemas of {} are not compared yet", live.engine)));
    };
    let way = transition(&from, &to, rules, Options { online: true, version: inspection.server.version });
    if let Some(broken) = way.broken.first() {
        return Err(no_way(format!("no order of the steps was found: {broken}")));
    }
    if wanted.proof {
        let (family, shadow) = shadow_of(context, site)?;
        let key = (shadow.url.clone(), from.fingerprint(), to.fingerprint());
        let claim = Claim { from: &from, to: &to, way: &way };
        context
            .known
            .proofs
            .get(key, || prove(family, &shadow, rules, claim))
            .map_err(ApplyError::Unproved)?;
        warn_of_hazards(context, declared, &way.steps, decision);
    }
    let text = script(&from, &to, &way);
    let action = decision.pending.first().map_or(Action::Apply, |(_, action)| *action);
    Ok(Some(Arc::new(Way { change: declared.computed(text), action, from: from.fingerprint(), to })))
}

/// Whether a statement of a change may run on the server at this moment.
fn is_in_flight(inspection: &Inspection, revision: &Revision) -> bool {
    let mut records = inspection.ledger.statements.iter();
    records.any(|record| record.version == revision.version && record.state == StatementState::Intended)
}

fn prove(
    family: &dyn Database,
    shadow: &Connect,
    rules: &dyn sluice_facts::Rules,
    claim: Claim<'_>,
) -> Result<(), ProofError> {
    if claim.way.steps.is_empty() {
        return Ok(());
    }
    let runtime = runtime().map_err(ProofError::Database)?;
    runtime.block_on(proof::prove(family, shadow, rules, Base::Facts, claim)).map(|_| ())
}

/// What the files mean on the shadow's server, as far as it counts.
fn desired(context: &Context, site: &Site<'_>) -> Result<Arc<Snapshot>, ApplyError> {
    let (family, shadow) = shadow_of(context, site)?;
    let find = || {
        let files = context.project.desired.iter().flat_map(|desired| &desired.files);
        let scripts: Vec<Script> =
            files.map(|file| Script { name: file.path().to_owned(), text: file.text().to_owned() }).collect();
        let runtime = runtime().map_err(ShadowError::Database)?;
        let (_, snapshot) = runtime.block_on(shadow::elaborate(family, &shadow, &scripts))?;
        Ok(Arc::new(match context.scope() {
            Some(scope) => snapshot.within(scope),
            None => snapshot,
        }))
    };
    context.known.desired.get(shadow.url.clone(), find).map_err(ApplyError::Desired)
}

fn shadow_of(context: &Context, site: &Site<'_>) -> Result<Ground, ApplyError> {
    ground::of_database(context.config(), &context.resolver, site.entry)
}

/// Says which steps delete data: refused where that is allowed nowhere.
fn warn_of_hazards(context: &Context, declared: &Change, steps: &[Step], decision: &mut Decision) {
    let hazard = Hazard::DeletesData;
    let response = if context.allows(hazard) { Response::Warn } else { Response::Error };
    for step in steps.iter().filter(|step| step.hazards.contains(&hazard)) {
        let line = step.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let line: String = line.chars().take(100).collect();
        decision.problem(ProblemKind::Hazard, &declared.version, response, || format!("{hazard}: {line}"));
    }
}

/// The script, as it is kept in the ledger and run.
fn script(from: &Snapshot, to: &Snapshot, way: &Transition<'_>) -> String {
    let short = |snapshot: &Snapshot| snapshot.fingerprint().to_string().chars().take(12).collect::<String>();
    let mut text = format!("-- From schema {} to {}, computed by sluice.\n", short(from), short(to));
    let engine = &*from.engine;
    way.prelude.iter().for_each(|sql| text.push_str(&terminated(engine, sql)));
    for step in &way.steps {
        if !step.hazards.is_empty() {
            let hazards: Vec<&str> = step.hazards.iter().map(|hazard| hazard.name()).collect();
            text.push_str(&format!("-- {}\n", hazards.join(", ")));
        }
        text.push_str(&terminated(engine, &step.sql));
    }
    way.coda.iter().for_each(|sql| text.push_str(&terminated(engine, sql)));
    text
}

fn no_way(message: String) -> ApplyError {
    let help = "this is a mistake in sluice: please report it with both schemas";
    ApplyError::NoWay { message, help: Some(help.to_owned()) }
}

/// A runtime of this thread, for a look at a database.
///
/// # Errors
/// When the system gives none.
pub fn runtime() -> Result<tokio::runtime::Runtime, DbError> {
    Context::runtime().map_err(|_| DbError::new(DbErrorKind::Connect, "the system gives no event loop"))
}
