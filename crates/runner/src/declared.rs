//! The way from the schema of a database to the one that the project declares.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sluice_engine::assertion::{self, Answer};
use sluice_engine::proof::{self, Base, Claim, ProofError};
use sluice_engine::rename::{self, Renamed, Wish};
use sluice_engine::shadow::{self, Script, ShadowError};
use sluice_engine::{ApplyError, Connect, Database, DbError, DbErrorKind, Inspection};
use sluice_facts::{Digest, Hazard, Options, Rules, Snapshot, Step, transition, unasked};
use sluice_rollout::{
    Action, Change, Decision, ProblemKind, Response, Revision, Skip, StatementState, version_key,
};

use sluice_sql::Dialect;

use crate::context::Context;
use crate::error::RunError;
use crate::ground::{self, Ground};
use crate::renaming::{self, Decisions};
use crate::replay;
use crate::sites::{Connection, Site};

/// No question to the rows takes longer when a plan is made: others work meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// What the one schema is with the names of the other, by the URL of the shadow.
    renames: Once<(String, Digest, Digest), Result<Arc<Renamed>, String>>,
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

    /// Finds it anew for the next who asks.
    fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// A database that was looked at.
pub struct Seen<'a> {
    /// The project.
    pub context: &'a Context,
    /// The database.
    pub site: &'a Site<'a>,
    /// How it is reached.
    pub connection: &'a Connection,
    /// What was seen of it.
    pub inspection: &'a Inspection,
}

impl Seen<'_> {
    /// Finds the way to the declared schema where there is one to go, and decides what is pending; `decision` is what the ledger says.
    /// With `proof`, the steps are tried on the shadow, and what nobody has allowed is a problem.
    ///
    /// # Errors
    /// Files that make no schema, a shadow that cannot be had, steps that are not proved.
    pub fn find(&self, decision: &mut Decision, proof: bool) -> Result<Option<Arc<Way>>, ApplyError> {
        let (context, inspection) = (self.context, self.inspection);
        let Some(declared) = context.project.changes().first() else { return Ok(None) };
        let Some(live) = &inspection.facts else { return Ok(None) };
        let revisions = &inspection.ledger.revisions;
        let unfinished = revisions.iter().rfind(|it| it.kind == declared.kind && !it.state.is_complete());
        if let Some(revision) = unfinished {
            let same = version_key(&revision.version) == declared.key;
            match &inspection.begun {
                Some((version, text)) if same && *version == revision.version => {
                    return Ok(Some(Arc::new(Way {
                        change: declared.computed(text.clone()),
                        action: Action::Resume,
                        from: live.fingerprint(),
                        to: Arc::new(live.clone()),
                    })));
                }
                _ if same || is_in_flight(inspection, revision) => {
                    let version = &revision.version;
                    decision.problem(ProblemKind::InFlight, version, Response::Error, || {
                        format!(
                            "change {version} is unfinished, and what it runs is not what is declared now"
                        )
                    });
                    return Ok(None);
                }
                _ => {}
            }
        }
        let desired = desired(context, self.site)?;
        if desired.engine != live.engine {
            let message = format!("the database is of {}, and its shadow of {}", live.engine, desired.engine);
            let help = "name a shadow of the same engine".to_owned();
            return Err(ApplyError::NoWay { message, help: Some(help) });
        }
        let (from, to) = (live.leaving_out(&desired), Arc::new(desired.leaving_out(live)));
        if from.fingerprint() == to.fingerprint() && unfinished.is_none() {
            decision.pending.clear();
            decision.skipped = vec![(0, Skip::Applied)];
            return Ok(None);
        }
        let text = self.steps(declared, [&from, &to], decision, proof)?;
        let action = decision.pending.first().map_or(Action::Apply, |(_, action)| *action);
        Ok(Some(Arc::new(Way { change: declared.computed(text), action, from: from.fingerprint(), to })))
    }

    /// The script that leads from one schema to the other.
    fn steps(
        &self,
        declared: &Change,
        [from, to]: [&Snapshot; 2],
        decision: &mut Decision,
        proof: bool,
    ) -> Result<String, ApplyError> {
        let Some(rules) = self.connection.family.rules() else {
            return Err(no_way(format!("schemas of {} are not compared yet", from.engine)));
        };
        let version = self.inspection.server.version;
        let renamed = self.renamed(declared, rules, [from, to], decision)?;
        let now = renamed.as_deref().map_or(from, |renamed| &renamed.schema);
        let mut way = transition(now, to, rules, Options { online: true, version });
        if let Some(renamed) = renamed.as_deref() {
            way = rename::ahead(renamed, way, rules);
        }
        if let Some(broken) = way.broken.first() {
            return Err(no_way(format!("no order of the steps was found: {broken}")));
        }
        if proof {
            let (family, shadow) = shadow_of(self.context, self.site)?;
            let key = (shadow.url.clone(), from.fingerprint(), to.fingerprint());
            let claim = Claim { from, to, way: &way };
            let texts = texts(self.context);
            // Where not everything counts, the texts make more than what is compared.
            let whole = self.context.scope().is_none() && to.unmodelled.is_empty();
            let made = if whole { Base::Scripts(&texts) } else { Base::Facts };
            let prove = || prove(family, &shadow, rules, [Base::Facts, made], claim);
            let proved = self.context.known.proofs.get(key.clone(), prove);
            if let Err(ProofError::Database(_)) = proved {
                // Of the shadow, not of the steps.
                self.context.known.proofs.forget(&key);
            }
            proved.map_err(ApplyError::Unproved)?;
            warn_of_hazards(self.context, declared, &way.steps, decision);
            self.ask_rows(declared, &way.steps, decision)?;
        }
        Ok(replay::text(from, to, &proof::statements(&way), true))
    }
}

impl Seen<'_> {
    /// The schema as it is with the names of the declared one, where names change. It is a problem where something may be a new name
    /// and nobody has said whether it is one.
    fn renamed(
        &self,
        declared: &Change,
        rules: &dyn Rules,
        [from, to]: [&Snapshot; 2],
        decision: &mut Decision,
    ) -> Result<Option<Arc<Renamed>>, ApplyError> {
        let mut decided = decisions(self.context, [from, to]).map_err(|error| no_decision(&error))?;
        decided.renames.retain(|rename| rename.fits(from, to));
        let mut ask = |from: &Snapshot| {
            for rename in decided.open(from, to) {
                let message = || renaming::question(&rename);
                decision.problem(ProblemKind::Rename, &declared.version, Response::Error, message);
            }
        };
        if decided.renames.is_empty() && unasked(from, to, rules).is_empty() {
            ask(from);
            return Ok(None);
        }
        let (family, shadow) = shadow_of(self.context, self.site)?;
        let key = (shadow.url.clone(), from.fingerprint(), to.fingerprint());
        let carry = || {
            let wish = Wish { from, to, renames: &decided.renames };
            let runtime = runtime().map_err(|error| error.to_string())?;
            let carried = runtime.block_on(rename::carry(family, &shadow, rules, Base::Facts, wish));
            carried.map(Arc::new).map_err(|error| error.to_string())
        };
        let renamed = self.context.known.renames.get(key, carry).map_err(|message| {
            let help = "a line `no-rename OLD=NEW` in .sluice-renames drops the one and makes the other";
            ApplyError::NoWay { message, help: Some(help.to_owned()) }
        })?;
        ask(&renamed.schema);
        Ok((!renamed.renames.is_empty()).then_some(renamed))
    }

    /// Asks the database what the steps ask of its rows, reading only: it is a problem where one of them will fail.
    fn ask_rows(&self, declared: &Change, steps: &[Step], decision: &mut Decision) -> Result<(), ApplyError> {
        if !steps.iter().flat_map(|step| &step.assertions).any(|assertion| assertion.early) {
            return Ok(());
        }
        let Connection { family, connect, .. } = self.connection;
        let asking = assertion::survey(*family, connect, steps, PATIENCE);
        let answers = runtime().and_then(|runtime| runtime.block_on(asking)).map_err(ApplyError::Connect)?;
        for (step, answers) in steps.iter().zip(answers) {
            for answer in answers.into_iter().flatten() {
                let Answer::Broken(violation) = answer else { continue };
                let message = || format!("`{}` will fail: {violation}", excerpt(step));
                decision.problem(ProblemKind::Rows, &declared.version, Response::Error, message);
            }
        }
        Ok(())
    }
}

/// Whether a statement of a change may run on the server at this moment.
fn is_in_flight(inspection: &Inspection, revision: &Revision) -> bool {
    let mut records = inspection.ledger.statements.iter();
    records.any(|record| record.version == revision.version && record.state == StatementState::Intended)
}

fn prove(
    family: &dyn Database,
    shadow: &Connect,
    rules: &dyn Rules,
    bases: [Base<'_>; 2],
    claim: Claim<'_>,
) -> Result<(), ProofError> {
    if claim.way.steps.is_empty() {
        return Ok(());
    }
    let runtime = runtime().map_err(ProofError::Database)?;
    runtime.block_on(proof::prove(family, shadow, rules, bases, claim)).map(|_| ())
}

/// What was decided about names: in the project, and in the files that declare the schema.
fn decisions(context: &Context, [from, to]: [&Snapshot; 2]) -> Result<Decisions, RunError> {
    let mut decided = Decisions::remembered(&context.resolver.root)?;
    if let Some(dialect) = Dialect::named(&to.engine) {
        let renames = renaming::declared(dialect, &texts(context), [from, to])?;
        decided.decide(&Decisions { renames, apart: Vec::new() });
    }
    Ok(decided)
}

fn no_decision(error: &RunError) -> ApplyError {
    let problem = error.problems.first();
    let message = problem.map(|problem| problem.message.clone()).unwrap_or_default();
    let place = problem.and_then(|problem| problem.place.clone()).map(|place| format!("{place}: "));
    let message = format!("{}{message}", place.unwrap_or_default());
    ApplyError::NoWay { message, help: problem.and_then(|problem| problem.help.clone()) }
}

/// The files that declare the schema.
fn texts(context: &Context) -> Vec<Script> {
    let files = context.project.desired.iter().flat_map(|desired| &desired.files);
    files.map(|file| Script { name: file.path().to_owned(), text: file.text().to_owned() }).collect()
}

/// What the files mean on the shadow's server, as far as it counts.
fn desired(context: &Context, site: &Site<'_>) -> Result<Arc<Snapshot>, ApplyError> {
    let (family, shadow) = shadow_of(context, site)?;
    let find = || {
        let scripts = texts(context);
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
        let message = || format!("{hazard}: {}", excerpt(step));
        decision.problem(ProblemKind::Hazard, &declared.version, response, message);
    }
}

/// The beginning of a step on one line.
fn excerpt(step: &Step) -> String {
    let line = step.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(100).collect()
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
