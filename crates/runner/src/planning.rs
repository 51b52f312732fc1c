use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sluice_engine::script::{Prepared, ScriptError, UnitKind, prepare};
use sluice_engine::{ApplyError, DbError, DbErrorKind, Inspection, Look, inspect, unfinished};
use sluice_report::{Plan, PlannedChange, PlannedStatement, PlannedTarget, Problem, SkippedChange};
use sluice_rollout::{
    self as rollout, Action, Change, Cover, Covers, Decision, Digest, Past, PlannedScript, PlannedState,
    StatementState, Target, TargetFact, TargetName, decide,
};
use sluice_sql::{Dialect, redact};

use crate::context::{Context, in_parallel};
use crate::declared::{Seen, Way};
use crate::drift::response as drift_response;
use crate::error::{Exit, RunError, exit_of, problem_of, problems_of};
use crate::histories;
use crate::sites::Site;
use crate::tracker::word;

/// One database compared with the release.
pub struct Survey {
    /// What was found; an error where it could not be read.
    pub found: Result<(Inspection, Decision), ApplyError>,
    /// In a declarative project: what leads the database to the declared schema, where something does.
    pub way: Option<Arc<Way>>,
}

/// How many databases are looked at at the same time.
pub const LOOKERS: usize = 8;

/// Looks at every site: ledger, and what the release would do. `leftovers` also lists what interrupted statements left.
pub fn survey(context: &Context, sites: &[Site<'_>], leftovers: bool) -> Vec<Survey> {
    in_parallel(sites, LOOKERS, |site| survey_one(context, site, leftovers))
}

/// Looks at one site. Where the files are wrong, the decision is empty.
pub fn survey_one(context: &Context, site: &Site<'_>, leftovers: bool) -> Survey {
    match look_at(context, site, leftovers) {
        Ok((inspection, decision, way)) => Survey { found: Ok((inspection, decision)), way },
        Err(error) => Survey { found: Err(error), way: None },
    }
}

fn look_at(
    context: &Context,
    site: &Site<'_>,
    leftovers: bool,
) -> Result<(Inspection, Decision, Option<Arc<Way>>), ApplyError> {
    let config = context.config();
    let is_declarative = config.project.is_declarative();
    let drift = leftovers && drift_response(config).is_some();
    let look = Look {
        thorough: leftovers,
        histories: histories::wanted(config),
        drift,
        scope: context.scope(),
        facts: is_declarative,
    };
    if let Some(remote) = context.remote_of(site) {
        let inspection = remote.look(site)?;
        let target = context.seen_by_agent(site, inspection.server.dialect).map_err(ApplyError::Connect)?;
        if !context.wrong_files.is_empty() {
            return Ok((inspection, Decision::default(), None));
        }
        let decision = decide_on(context, site, &inspection, &target);
        return Ok((inspection, decision, None));
    }
    let mut seen = context.seen(&site.target.name, leftovers);
    context.connected(site, |connection| {
        let inspection = match seen.take() {
            Some(seen) => seen?,
            None => runtime()?.block_on(inspect(connection.family, &connection.connect, look))?,
        };
        if !context.wrong_files.is_empty() {
            // Nothing to compare with: every change would be missing.
            return Ok((inspection, Decision::default(), None));
        }
        let mut decision = decide_on(context, site, &inspection, &connection.target);
        let mut way = None;
        if is_declarative && !decision.is_refused() {
            let seen = Seen { context, site, connection: &connection, inspection: &inspection };
            way = seen.find(&mut decision, !leftovers)?;
        }
        Ok((inspection, decision, way))
    })
}

/// What the release would do to a database that looks so.
fn decide_on(context: &Context, site: &Site<'_>, inspection: &Inspection, target: &Target) -> Decision {
    let integrity = context.config().policy.integrity;
    let past =
        Past { ledger: &inspection.ledger, histories: &inspection.histories, layout: context.layout() };
    let changes = context.project.changes();
    let mut decision = decide(changes, past, integrity, |index| context.applies(index, target));
    if !context.config().project.is_declarative() {
        let placeholders = context.placeholders(&site.target);
        unfinished::find_edited(&mut decision, changes, &inspection.ledger, |change| {
            prepare(change, inspection.server.dialect, placeholders.as_ref()).ok()
        });
    }
    decision
}

/// Looks at a database for whoever sent this process there.
///
/// # Errors
/// Why it cannot be looked at.
pub fn look(context: &Context, site: &Site<'_>) -> Result<Inspection, ApplyError> {
    let look = Look {
        thorough: false,
        histories: histories::wanted(context.config()),
        drift: false,
        scope: context.scope(),
        facts: false,
    };
    context.connected(site, |connection| {
        runtime()?.block_on(inspect(connection.family, &connection.connect, look))
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, ApplyError> {
    Context::runtime().map_err(|error| {
        let message = error.problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        ApplyError::Connect(DbError::new(DbErrorKind::Connect, message))
    })
}

impl Survey {
    /// Whether the database answered and nothing is to be done.
    pub fn is_up_to_date(&self) -> bool {
        self.found.as_ref().is_ok_and(|(_, decision)| decision.pending.is_empty() && !decision.is_refused())
    }

    /// What a rollout knows of the database when it begins.
    pub fn fact(&self) -> TargetFact {
        match &self.found {
            Ok((inspection, _)) if self.is_up_to_date() => TargetFact::UpToDate {
                finished_at: inspection.ledger.finished_at().and_then(|at| at.parse().ok()),
            },
            _ => TargetFact::Pending,
        }
    }
}

/// The plan of a deployment by its digests: what is approved, and how it is told from another one.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Digest of the plan, as `sluice plan` shows it.
    pub digest: Digest,
    /// What runs on the databases behind approvals, as far as they answered.
    pub covers: Covers,
}

/// Plans a deployment. What could not be run anyway stops it here, before anything is run: a script that cannot be cut or
/// has undefined placeholders anywhere, a history that does not fit behind an approval.
///
/// # Errors
/// What stands in the way.
pub fn draft(
    context: &Context,
    sites: &[Site<'_>],
    release: &Digest,
    surveys: &[Survey],
) -> Result<Draft, RunError> {
    let scripts = Scripts::default();
    let mut covers = Covers::default();
    let mut digests = Vec::new();
    let (mut problems, mut exit) = (Vec::<Problem>::new(), Exit::Done);
    let named = named(context, sites);
    for (site, survey) in sites.iter().zip(surveys) {
        let approved = is_approved(context, &site.target.environment);
        let (plan, found, end) = plan_target(context, &scripts, site, survey);
        if named.contains(&site.target.name) {
            digests.push((&site.target.name, plan.digest()));
        }
        let Ok((_, decision)) = &survey.found else { continue };
        if end == Exit::Usage || (approved && end == Exit::Findings) {
            exit = if exit == Exit::Usage { exit } else { end };
            let errors = found.into_iter().filter(|problem| problem.severity == "error");
            // The same file is wrong on every database.
            let new: Vec<Problem> = errors.filter(|problem| !problems.contains(problem)).collect();
            problems.extend(new);
        }
        if approved {
            let pending = decision.pending.iter().map(|(index, _)| *index);
            covers.0.insert(site.target.name.clone(), Cover::new(plan.effect(), pending));
        }
    }
    if exit != Exit::Done {
        return Err(RunError { exit, problems });
    }
    Ok(Draft { digest: rollout::Plan::digest_of(release, digests), covers })
}

/// Whether people must approve before an environment's turn.
fn is_approved(context: &Context, environment: &str) -> bool {
    let mut environments = context.config().environments.iter();
    environments.any(|known| known.name == environment && !known.approvals.is_empty())
}

/// The databases that the digest of a plan is about: those behind an approval, so that it stays the same while what comes
/// before them is worked on; all of them where nobody approves anything.
fn named<'s>(context: &Context, sites: &'s [Site<'_>]) -> HashSet<&'s TargetName> {
    let approved = |site: &&Site<'_>| is_approved(context, &site.target.environment);
    let all = !sites.iter().any(|site| approved(&site));
    sites.iter().filter(|site| all || approved(site)).map(|site| &site.target.name).collect()
}

/// Changes as they are sent, cut once for all databases of a kind.
#[derive(Default)]
struct Scripts(RefCell<HashMap<(usize, Dialect), Result<PlannedScript, ScriptError>>>);

impl Scripts {
    fn get(
        &self,
        index: usize,
        change: &Change,
        dialect: Dialect,
        placeholders: Option<&BTreeMap<String, String>>,
    ) -> Result<PlannedScript, ScriptError> {
        let cut =
            || prepare(change, dialect, placeholders).map(|prepared| statements(change, &prepared).into());
        // With placeholders it is another text on every database.
        if placeholders.is_some() && change.up.file.text().contains("${") {
            return cut();
        }
        self.0.borrow_mut().entry((index, dialect)).or_insert_with(cut).clone()
    }
}

/// What a deployment would do, and how the command ends if something stands in its way.
/// A `summary` leaves out the SQL.
pub fn plan(
    context: &Context,
    sites: &[Site<'_>],
    release: &Digest,
    surveys: &[Survey],
    summary: bool,
) -> (Plan, Exit) {
    let mut exit = Exit::Done;
    let (mut digests, mut targets) = (Vec::new(), Vec::new());
    let mut views = Views { summary, known: HashMap::new() };
    let scripts = Scripts::default();
    let named = named(context, sites);
    for (site, survey) in sites.iter().zip(surveys) {
        let (target, problems, end) = plan_target(context, &scripts, site, survey);
        if exit == Exit::Done {
            exit = end;
        }
        targets.push(views.target(site, survey, &target, problems));
        if named.contains(&site.target.name) {
            digests.push((&site.target.name, target.digest()));
        }
    }
    let digest = rollout::Plan::digest_of(release, digests);
    (Plan { release: release.0.clone(), digest: digest.0, targets }, exit)
}

/// The plan of one database, what stands in its way, and how the command ends because of it.
fn plan_target(
    context: &Context,
    scripts: &Scripts,
    site: &Site<'_>,
    survey: &Survey,
) -> (rollout::TargetPlan, Vec<Problem>, Exit) {
    let mut plan = rollout::TargetPlan {
        name: site.target.name.clone(),
        environment: site.target.environment.clone(),
        product: String::new(),
        pending: Vec::new(),
        skipped: Vec::new(),
        problems: Vec::new(),
        base: sluice_rollout::Ledger::default().fingerprint(),
    };
    let name = &site.target.name.0;
    let (inspection, decision) = match &survey.found {
        Ok(found) => found,
        Err(error) => return (plan, problems_of(error, name), exit_of(error)),
    };
    plan.product.clone_from(&inspection.server.product);
    plan.base = inspection.ledger.fingerprint();
    plan.problems.clone_from(&decision.problems);
    let mut exit = if decision.is_refused() { Exit::Findings } else { Exit::Done };
    let mut problems: Vec<Problem> =
        decision.problems.iter().map(|problem| problem_of(problem, name)).collect();
    let changes = context.project.changes();
    plan.skipped = decision
        .skipped
        .iter()
        .filter_map(|(index, reason)| {
            let version = changes.get(*index)?.version.clone();
            Some(rollout::SkippedChange { version, reason: *reason })
        })
        .collect();
    let placeholders = context.placeholders(&site.target);
    let way = survey.way.as_ref();
    if let Some(way) = way {
        // The way is another one where the schema is.
        plan.base = Digest::of(format!("{} {}", plan.base, way.from).as_bytes());
    }
    for (index, action) in &decision.pending {
        let Some(change) = way.map(|way| &way.change).or_else(|| changes.get(*index)) else { continue };
        let script = match way {
            Some(way) => prepare(change, inspection.server.dialect, None)
                .map(|prepared| PlannedScript::from(statements(&way.change, &prepared))),
            None => scripts.get(*index, change, inspection.server.dialect, placeholders.as_ref()),
        };
        match script {
            Ok(script) => {
                let script = match action {
                    Action::Resume => begun(script, change, &inspection.ledger),
                    Action::Apply | Action::Rerun => script,
                };
                plan.pending.push(rollout::PendingChange::new(change, *action, script));
            }
            Err(error) => {
                problems.push(Problem::error(error.message).at(error.place));
                exit = Exit::Usage;
            }
        }
    }
    (plan, problems, exit)
}

/// The statements of a change that an earlier run has begun, with where each of them stands.
fn begun(script: PlannedScript, change: &Change, ledger: &rollout::Ledger) -> PlannedScript {
    let states: HashMap<u64, StatementState> =
        unfinished::records(change, ledger).map(|record| (record.ordinal, record.state)).collect();
    script.begun(|ordinal| match states.get(&ordinal) {
        Some(StatementState::Applied) => PlannedState::Applied,
        Some(StatementState::Intended) => PlannedState::InFlight,
        Some(StatementState::Failed) | None => PlannedState::ToRun,
    })
}

fn statements(change: &Change, prepared: &Prepared) -> Vec<rollout::PlannedStatement> {
    prepared
        .units
        .iter()
        .zip(1..)
        .flat_map(|(unit, number)| {
            prepared.statements_of(unit).iter().map(move |statement| (number, unit, statement))
        })
        .map(|(number, unit, statement)| rollout::PlannedStatement {
            sql: statement.sql.clone(),
            unit: number,
            mode: match unit.kind {
                UnitKind::Transaction => rollout::StatementMode::Transaction,
                UnitKind::Alone => rollout::StatementMode::Alone,
                UnitKind::Session => rollout::StatementMode::Session,
            },
            line: u32::try_from(change.up.file.position(statement.span.start).line).unwrap_or(u32::MAX),
            state: PlannedState::ToRun,
        })
        .collect()
}

/// Plans as people and programs see them. What is the same on many databases is made once.
struct Views {
    summary: bool,
    known: HashMap<(String, Action, Dialect, Digest), Arc<PlannedChange>>,
}

impl Views {
    fn target(
        &mut self,
        site: &Site<'_>,
        survey: &Survey,
        plan: &rollout::TargetPlan,
        problems: Vec<Problem>,
    ) -> PlannedTarget {
        let server = survey.found.as_ref().ok().map(|(inspection, _)| &inspection.server);
        let engine =
            server.map(|server| server.dialect.name().to_owned()).or_else(|| site.target.engine.clone());
        let dialect = server.map_or(Dialect::Postgres, |server| server.dialect);
        PlannedTarget {
            name: plan.name.0.clone(),
            environment: plan.environment.clone(),
            engine,
            server: server.map(|server| server.product.clone()),
            pending: plan.pending.iter().map(|change| self.change(change, dialect)).collect(),
            skipped: plan
                .skipped
                .iter()
                .map(|skipped| SkippedChange {
                    version: skipped.version.clone(),
                    reason: word(&skipped.reason),
                })
                .collect(),
            problems,
        }
    }

    fn change(&mut self, change: &rollout::PendingChange, dialect: Dialect) -> Arc<PlannedChange> {
        let key = (change.version.clone(), change.action, dialect, change.script.digest().clone());
        let summary = self.summary;
        let view = self.known.entry(key).or_insert_with(|| Arc::new(change_view(change, dialect, summary)));
        Arc::clone(view)
    }
}

fn change_view(change: &rollout::PendingChange, dialect: Dialect, summary: bool) -> PlannedChange {
    let effectful: Vec<&rollout::PlannedStatement> = change
        .script
        .statements()
        .iter()
        .filter(|statement| statement.mode != rollout::StatementMode::Session)
        .collect();
    let atomic = effectful.iter().all(|statement| {
        statement.mode == rollout::StatementMode::Transaction
            && effectful.first().is_some_and(|first| first.unit == statement.unit)
    });
    PlannedChange {
        version: change.version.clone(),
        name: change.name.clone(),
        path: change.path.clone(),
        kind: change.kind.to_string(),
        action: word(&change.action),
        atomic,
        statements: change
            .script
            .statements()
            .iter()
            .zip(1..)
            .filter(|_| !summary)
            .map(|(statement, ordinal)| PlannedStatement {
                ordinal,
                line: statement.line,
                unit: statement.unit,
                mode: word(&statement.mode),
                state: word(&statement.state),
                sql: redact(dialect, &statement.sql).into_owned(),
            })
            .collect(),
    }
}
