use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_report::RolloutDetail;
use sluice_rollout::{Event, TargetName};
use sluice_runner::decision::{Decision, check_approver, check_open, check_plan};
use sluice_runner::tracker::{self, Tracker};
use sluice_store::RolloutSummary;
use utoipa::ToSchema;

use crate::access::{Call, Work, change, read};
use crate::api::projects::about;
use crate::api::releases::wanted;
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Scope};
use crate::problem::Problem;

/// A rollout.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rollout {
    /// Name.
    id: String,
    /// Project.
    project: String,
    /// Release that it brings.
    release: String,
    /// Plan that is agreed to.
    plan: String,
    /// `running`, `waiting`, `paused`, `succeeded`, `failed`, `inconclusive`, `cancelled`, `rejected`, `ready` or `created`.
    status: String,
    /// RFC 3339 in UTC.
    created_at: String,
    /// RFC 3339 in UTC.
    updated_at: String,
}

/// A page of rollouts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rollouts {
    /// Newest first.
    rollouts: Vec<Rollout>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// A rollout with its stages and gates.
#[derive(Debug, Serialize, ToSchema)]
pub struct RolloutView {
    /// The rollout.
    rollout: Rollout,
    /// One for each environment, in order.
    stages: Vec<Stage>,
    /// Gates that are left, open and closed.
    gates: Vec<Gate>,
}

/// An environment of a rollout.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stage {
    /// Environment.
    environment: String,
    /// `waiting`, `running` or `succeeded`.
    status: String,
    /// Its databases.
    targets: Vec<Target>,
}

/// A database of a rollout.
#[derive(Debug, Serialize, ToSchema)]
pub struct Target {
    /// Name.
    name: String,
    /// `pending`, `running`, `succeeded`, `failed`, `inconclusive`, `cancelled`, `skipped` or `replanning`.
    status: String,
    /// What is wrong.
    message: Option<String>,
}

/// What stands between here and there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gate {
    /// Environment; empty for all.
    environment: String,
    /// For example `approval`.
    gate: String,
    /// `pass`, `fail` or `inconclusive`.
    result: String,
    /// Why.
    reason: String,
    /// When it opens by itself.
    opens_at: Option<String>,
}

/// Every gate that is left.
#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    /// Open and closed.
    gates: Vec<Gate>,
}

/// Agreement to a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Digest of the plan that was looked at, or the beginning of it.
    plan: String,
    /// For this environment only.
    environment: Option<String>,
}

/// Refusal of a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// Why.
    reason: String,
    /// For this environment only.
    environment: Option<String>,
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// For people, and for the audit log.
    reason: Option<String>,
}

/// What is tried again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Only this database.
    database: Option<String>,
}

/// Lists rollouts
#[utoipa::path(get, path = "/api/v1/rollouts", tag = "rollouts", security(("token" = [])),
    params(("project" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Rollouts), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        let page: PageQuery = work.call.query()?;
        let limit = page.limit()?;
        let projects = wanted(&work.caller, page.project.as_deref());
        let more = limit.saturating_add(1);
        let mut found = work.store.rollout_page(projects.as_deref(), page.cursor.as_deref(), more)?;
        let further = (found.len() > limit).then(|| found.pop()).flatten();
        let next = further.and_then(|_| found.last().map(|(_, rollout)| rollout.id.clone()));
        let rollouts = found.into_iter().map(|(project, rollout)| summary(project, rollout));
        Ok(Rollouts { rollouts: rollouts.collect(), next })
    })
    .await
}

/// Shows a rollout
#[utoipa::path(get, path = "/api/v1/rollouts/{rollout}", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)),
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        let project = enter(work, &id, "rollout.show", Action::Read)?;
        let tracker = open(work, &project, &id)?;
        view(project, &tracker)
    })
    .await
}

/// Tells why a rollout does not go on
#[utoipa::path(get, path = "/api/v1/rollouts/{rollout}/why", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)),
    responses((status = 200, body = Why), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn why(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        let project = enter(work, &id, "rollout.why", Action::Read)?;
        let tracker = open(work, &project, &id)?;
        Ok(Why { gates: tracker::gates(tracker.rollout(), tracker.now()).into_iter().map(gate).collect() })
    })
    .await
}

/// Agrees to a plan
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/approve", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Approve,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn approve(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        let project = enter(work, &id, "rollout.approve", Action::Decide)?;
        let Approve { plan, environment } = work.call.body()?;
        let scope = Scope { project: Some(&project), environment: environment.as_deref() };
        work.require(Action::Decide, scope, "rollout.approve")?;
        let mut tracker = open(work, &project, &id)?;
        check_open(&tracker, Decision::Approve)?;
        check_plan(&tracker, Some(&plan))?;
        let by = work.caller.person()?;
        check_approver(&tracker, &by, environment.as_deref())?;
        let rollout = tracker.rollout();
        let (release, plan) = (rollout.release().clone(), rollout.plan().clone());
        let detail = json!({ "plan": plan, "release": release, "environment": environment });
        work.accept("rollout.approve", &project, tracker.id(), detail)?;
        let now = tracker.now();
        tracker.decide(Event::Approved { by, release, plan, environment }, now)?;
        work.app.want(&project)?;
        view(project, &tracker)
    })
    .await
}

/// Refuses a plan, for good
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/reject", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Reject,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn reject(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        let project = enter(work, &id, "rollout.reject", Action::Decide)?;
        let Reject { reason, environment } = work.call.body()?;
        let scope = Scope { project: Some(&project), environment: environment.as_deref() };
        work.require(Action::Decide, scope, "rollout.reject")?;
        let mut tracker = open(work, &project, &id)?;
        check_open(&tracker, Decision::Reject)?;
        let by = work.caller.person()?;
        check_approver(&tracker, &by, environment.as_deref())?;
        let rollout = tracker.rollout();
        let (release, plan) = (rollout.release().clone(), rollout.plan().clone());
        let detail = json!({ "plan": plan, "reason": reason, "environment": environment });
        work.accept("rollout.reject", &project, tracker.id(), detail)?;
        let now = tracker.now();
        tracker.decide(Event::Rejected { by, release, plan, environment, reason }, now)?;
        work.app.want(&project)?;
        view(project, &tracker)
    })
    .await
}

/// Holds a rollout: what runs stops at the next border between changes
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/pause", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Reason,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    operate(app, call, id, "rollout.pause", Decision::Pause, |by| Event::Paused { by }).await
}

/// Lets a rollout go on
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/resume", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Reason,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let event = |by| Event::Resumed { by, accept_failures: true };
    operate(app, call, id, "rollout.resume", Decision::Resume, event).await
}

/// Ends a rollout, for good
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/cancel", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Reason,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    operate(app, call, id, "rollout.cancel", Decision::Cancel, |by| Event::CancelRequested { by }).await
}

/// Tries again what failed
#[utoipa::path(post, path = "/api/v1/rollouts/{rollout}/retry", tag = "rollouts", security(("token" = [])),
    params(("rollout" = String, Path)), request_body = Retry,
    responses((status = 200, body = RolloutView), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn retry(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        let project = enter(work, &id, "rollout.retry", Action::Operate)?;
        work.require(Action::Operate, about(&project), "rollout.retry")?;
        let Retry { database } = work.call.body()?;
        let mut tracker = open(work, &project, &id)?;
        check_open(&tracker, Decision::Retry)?;
        let target = database.clone().map(TargetName);
        if let Some(name) = &target
            && tracker.rollout().target(name).is_none()
        {
            return Err(Problem::missing("database", &name.0));
        }
        work.accept("rollout.retry", &project, tracker.id(), json!({ "database": database }))?;
        let now = tracker.now();
        tracker.decide(Event::RetryRequested { target }, now)?;
        work.app.want(&project)?;
        view(project, &tracker)
    })
    .await
}

async fn operate(
    app: Arc<App>,
    call: Call,
    id: String,
    name: &'static str,
    decision: Decision,
    event: impl FnOnce(String) -> Event + Send + 'static,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        let project = enter(work, &id, name, Action::Operate)?;
        work.require(Action::Operate, about(&project), name)?;
        let Reason { reason } = work.call.body()?;
        let mut tracker = open(work, &project, &id)?;
        check_open(&tracker, decision)?;
        work.accept(name, &project, tracker.id(), json!({ "reason": reason }))?;
        let by = match reason {
            Some(reason) => format!("{}: {reason}", work.caller.identity),
            None => work.caller.identity.clone(),
        };
        let now = tracker.now();
        tracker.decide(event(by), now)?;
        work.app.want(&project)?;
        view(project, &tracker)
    })
    .await
}

/// The project of a rollout with which the caller may do something in some environment.
fn enter(work: &mut Work<'_>, id: &str, name: &str, action: Action) -> Result<String, Problem> {
    let missing = || Problem::missing("rollout", id);
    let project = work.store.project_of_rollout(id).map_err(|_| missing())?;
    let seen = work.caller.sees(&project);
    let allowed = work.require_role(action, &project, name);
    if seen { allowed.map(|()| project) } else { Err(missing()) }
}

fn open(work: &Work<'_>, project: &str, id: &str) -> Result<Tracker, Problem> {
    let store = work.app.state(project).open()?;
    let stored = store.rollout(id)?;
    Ok(Tracker::open(store, stored)?)
}

fn summary(project: String, rollout: RolloutSummary) -> Rollout {
    Rollout {
        id: rollout.id,
        project,
        release: rollout.release.0,
        plan: rollout.plan.0,
        status: rollout.status,
        created_at: rollout.created_at,
        updated_at: rollout.updated_at,
    }
}

fn view(project: String, tracker: &Tracker) -> Result<RolloutView, Problem> {
    let RolloutDetail { rollout, plan, stages, gates } = tracker.detail(tracker.now())?;
    let stages = stages.into_iter().map(|stage| Stage {
        environment: stage.environment,
        status: stage.status,
        targets: stage
            .targets
            .into_iter()
            .map(|target| Target { name: target.name, status: target.status, message: target.message })
            .collect(),
    });
    Ok(RolloutView {
        rollout: Rollout {
            id: rollout.name,
            project,
            release: rollout.release,
            plan,
            status: rollout.status,
            created_at: rollout.created_at,
            updated_at: rollout.updated_at,
        },
        stages: stages.collect(),
        gates: gates.into_iter().map(gate).collect(),
    })
}

fn gate(gate: sluice_report::Gate) -> Gate {
    let sluice_report::Gate { environment, gate, result, reason, opens_at } = gate;
    Gate { environment, gate, result, reason, opens_at }
}
