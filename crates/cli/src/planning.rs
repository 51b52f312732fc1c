use sluice_engine::script::{Prepared, UnitKind, prepare};
use sluice_engine::{ApplyError, Inspection, inspect};
use sluice_report::{Plan, PlannedChange, PlannedStatement, PlannedTarget, Problem, SkippedChange};
use sluice_rollout::{Decision, Digest, Response, decide};

use crate::context::{Context, Site, in_parallel};
use crate::error::{Exit, exit_of, problems_of};

/// One database compared with the release.
pub struct Survey {
    /// What was found; an error where it could not be read.
    pub found: Result<(Inspection, Decision), ApplyError>,
}

/// How many databases are looked at at the same time.
const LOOKERS: usize = 8;

/// Looks at every site: ledger, and what the release would do. `leftovers` also lists what interrupted statements left.
pub fn survey(context: &Context, sites: &[Site<'_>], leftovers: bool) -> Vec<Survey> {
    in_parallel(sites, LOOKERS, |site| Survey { found: survey_one(context, site, leftovers) })
}

fn survey_one(context: &Context, site: &Site<'_>, leftovers: bool) -> Result<(Inspection, Decision), ApplyError> {
    let connection = context.connection(site).map_err(ApplyError::Connect)?;
    let runtime = Context::runtime().map_err(|error| {
        let message = error.problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
        ApplyError::Connect(sluice_engine::DbError::new(sluice_engine::DbErrorKind::Connect, message))
    })?;
    let inspection = runtime.block_on(inspect(connection.family, &connection.connect, leftovers))?;
    let integrity = context.config().policy.integrity;
    let decision = decide(&context.project.changes, &inspection.ledger, integrity, |index| {
        context.applies(index, &site.target)
    });
    Ok((inspection, decision))
}

/// What a deployment would do, and how the command ends if something stands in its way.
pub fn plan(context: &Context, sites: &[Site<'_>], release: &Digest, surveys: &[Survey]) -> (Plan, Exit) {
    let mut exit = Exit::Done;
    let targets: Vec<PlannedTarget> = sites
        .iter()
        .zip(surveys)
        .map(|(site, survey)| {
            let (target, end) = plan_target(context, site, survey);
            if exit == Exit::Done {
                exit = end;
            }
            target
        })
        .collect();
    let digest = digest(release, &targets);
    (Plan { release: release.0.clone(), digest: digest.0, targets }, exit)
}

/// Names what would happen: release, targets, exact SQL. What is skipped, and on which server, does not change it.
fn digest(release: &Digest, targets: &[PlannedTarget]) -> Digest {
    let effects: Vec<_> = targets
        .iter()
        .map(|target| serde_json::json!([target.name, target.environment, target.engine, target.pending]))
        .collect();
    Digest::of(serde_json::json!([release.0, effects]).to_string().as_bytes())
}

fn plan_target(context: &Context, site: &Site<'_>, survey: &Survey) -> (PlannedTarget, Exit) {
    let mut target = PlannedTarget {
        name: site.target.name.0.clone(),
        environment: site.target.environment.clone(),
        engine: site.target.engine.clone(),
        server: None,
        pending: Vec::new(),
        skipped: Vec::new(),
        problems: Vec::new(),
    };
    let (inspection, decision) = match &survey.found {
        Ok(found) => found,
        Err(error) => {
            target.problems = problems_of(error, &target.name);
            return (target, exit_of(error));
        }
    };
    target.engine = Some(inspection.server.dialect.name().to_owned());
    target.server = Some(inspection.server.product.clone());
    let mut exit = if decision.is_refused() { Exit::Findings } else { Exit::Done };
    target.problems.extend(decision.problems.iter().map(|problem| {
        let found = match problem.response {
            Response::Error => Problem::error(problem.message.clone()),
            Response::Warn | Response::Allow => Problem::warning(problem.message.clone()),
        };
        found.at(target.name.clone())
    }));
    let changes = &context.project.changes;
    for (index, skip) in &decision.skipped {
        if let (Some(change), Ok(serde_json::Value::String(reason))) = (changes.get(*index), serde_json::to_value(skip)) {
            target.skipped.push(SkippedChange { version: change.version.clone(), reason });
        }
    }
    let placeholders = context.placeholders(&site.target);
    for (index, action) in &decision.pending {
        let Some(change) = changes.get(*index) else { continue };
        let prepared = match prepare(change, inspection.server.dialect, placeholders.as_ref()) {
            Ok(prepared) => prepared,
            Err(error) => {
                target.problems.push(Problem::error(error.message).at(error.place));
                exit = Exit::Usage;
                continue;
            }
        };
        let action = serde_json::to_value(action).ok().and_then(|action| action.as_str().map(str::to_owned));
        target.pending.push(PlannedChange {
            version: change.version.clone(),
            name: change.name.clone(),
            path: change.up.file.path().to_owned(),
            kind: change.kind.to_string(),
            action: action.unwrap_or_default(),
            atomic: prepared.is_atomic(),
            statements: statements(change, &prepared),
        });
    }
    (target, exit)
}

fn statements(change: &sluice_rollout::Change, prepared: &Prepared) -> Vec<PlannedStatement> {
    prepared
        .units
        .iter()
        .enumerate()
        .flat_map(|(at, unit)| prepared.statements_of(unit).iter().map(move |statement| (at, unit, statement)))
        .map(|(at, unit, statement)| PlannedStatement {
            ordinal: statement.ordinal,
            line: change.up.file.position(statement.span.start).line,
            unit: at + 1,
            mode: match unit.kind {
                UnitKind::Transaction => "transaction",
                UnitKind::Alone => "alone",
                UnitKind::Session => "session",
            }
            .to_owned(),
            sql: statement.sql.clone(),
        })
        .collect()
}
