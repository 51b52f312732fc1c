use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_runner::remote::{VERSION, VERSION_HEADER, understand};
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Store, StoredAgent, Task, WorkKind};
use utoipa::ToSchema;

use crate::access::{Call, answer, blocking, change, read};
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Scope};
use crate::problem::Problem;

/// How long an enrolment token counts where nothing else is asked for.
const LASTS: u64 = 3600;
/// And at most: a week.
const LONGEST: u64 = 7 * 86_400;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    /// Names it.
    id: String,
    /// Name for people.
    name: String,
    /// What it is for.
    labels: BTreeMap<String, String>,
    /// Version of the program.
    version: String,
    /// RFC 3339 in UTC.
    enrolled_at: String,
    /// When it was heard of last.
    seen_at: String,
    /// Since when it does not count.
    revoked_at: Option<String>,
}

/// A page of agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agents {
    /// Oldest first.
    agents: Vec<Agent>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// An enrolment token that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Labels that the agent has, whatever it says itself.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// How long the token counts; an hour where absent.
    expires_in_seconds: Option<u64>,
}

/// An enrolment token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invited {
    /// Names it.
    id: String,
    /// Labels that the agent has.
    labels: BTreeMap<String, String>,
    /// From when on it does not count.
    expires_at: String,
    /// Its text, which is told this once and makes one agent known.
    secret: String,
}

/// An agent that wants to become known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// Name for people.
    name: String,
    /// What it is for. Those of the enrolment token come before them.
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// An agent that has become known.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledAgent {
    /// It.
    agent: Agent,
    /// Its key, which is told this once.
    key: String,
    /// Public key that the server signs releases and tickets with, in hexadecimal digits.
    signer: String,
}

/// A new key of an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct RotatedKey {
    /// Its text. The one before counts until this one is used.
    key: String,
}

/// The agent that calls, if its version is understood.
///
/// # Errors
/// A key that does not count; a version too far from the server's.
pub fn agent(store: &mut Store, call: &Call) -> Result<StoredAgent, Problem> {
    let unknown = || {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "no key of an agent that counts was sent")
    };
    let found = store.agent_of(call.bearer().ok_or_else(unknown)?)?.ok_or_else(unknown)?;
    version(call)?;
    Ok(found)
}

/// The version of the agent that calls.
fn version(call: &Call) -> Result<&str, Problem> {
    let version = call.header(VERSION_HEADER).unwrap_or_default();
    if understand(version, VERSION) {
        return Ok(version);
    }
    let said = if version.is_empty() { "does not say its version" } else { version };
    let detail = format!("the agent ({said}) and the server ({VERSION}) do not understand each other");
    let help = "use versions of sluice that are the same, or follow each other";
    Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "version-skew", detail).help(help))
}

/// Lists agents
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", security(("token" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Agents), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        work.require(Action::ManageAgents, Scope::default(), "agent.list")?;
        let page: PageQuery = work.call.query()?;
        let (part, next) = page.part(work.store.agents()?, |agent| &agent.id)?;
        Ok(Agents { agents: part.into_iter().map(view).collect(), next })
    })
    .await
}

/// Makes a token with which one agent becomes known
#[utoipa::path(post, path = "/api/v1/agents/enrolments", tag = "agents", security(("token" = [])),
    request_body = Invitation,
    responses((status = 201, body = Invited), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn invite(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    change(app, call, StatusCode::CREATED, |work| {
        work.require(Action::ManageAgents, Scope::default(), "agent.invite")?;
        work.call.tells_a_secret_once()?;
        let Invitation { labels, expires_in_seconds } = work.call.body()?;
        check_labels(&labels)?;
        let lasts = expires_in_seconds.unwrap_or(LASTS);
        if !(1..=LONGEST).contains(&lasts) {
            return Err(Problem::invalid(format!("expires_in_seconds: give a number from 1 to {LONGEST}")));
        }
        work.accept("agent.invite", "", "", json!({ "labels": labels, "expires_in_seconds": lasts }))?;
        let by = work.caller.identity.clone();
        let (made, secret) = work.store.create_enrolment(&labels, &by, Duration::from_secs(lasts))?;
        Ok(Invited { id: made.id, labels: made.labels, expires_at: made.expires_at, secret })
    })
    .await
}

/// Makes an agent count no more
#[utoipa::path(delete, path = "/api/v1/agents/{agent}", tag = "agents", security(("token" = [])),
    params(("agent" = String, Path)),
    responses((status = 200, body = Agent), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        work.require(Action::ManageAgents, Scope::default(), "agent.revoke")?;
        let missing = || Problem::missing("agent", &id);
        work.store.agents()?.iter().find(|agent| agent.id == id).ok_or_else(missing)?;
        work.accept("agent.revoke", "", &id, json!({}))?;
        work.store.revoke_agent(&id)?;
        work.store.agents()?.into_iter().find(|agent| agent.id == id).map(view).ok_or_else(missing)
    })
    .await
}

/// Becomes known, with an enrolment token as bearer, which counts no more then
#[utoipa::path(post, path = "/api/v1/agents/enrol", tag = "agents", security(("token" = [])),
    params(("Sluice-Version" = String, Header)), request_body = EnrolRequest,
    responses((status = 201, body = EnrolledAgent), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn enrol(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    blocking(move || {
        let made = app.with_store(|store| {
            let refused = || {
                let detail = "the enrolment token does not count: it was used, or is too old";
                Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
                    .help("have an admin make another one")
            };
            let token = call.bearer().ok_or_else(refused)?;
            if !store.counts_for_enrolment(token)? {
                act(store, "agent.enrol", "", Outcome::Refused, json!({}))?;
                return Err(refused());
            }
            let version = version(&call)?.to_owned();
            let EnrolRequest { name, labels } = call.body()?;
            if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
                return Err(Problem::invalid("name: give 1 to 200 characters"));
            }
            check_labels(&labels)?;
            let enrolled = store.enrol(token, &name, &labels, &version)?.ok_or_else(refused)?;
            let detail = json!({ "name": name, "labels": enrolled.agent.labels });
            act(store, "agent.enrol", &enrolled.agent.id, Outcome::Accepted, detail)?;
            Ok(enrolled)
        })?;
        let body = EnrolledAgent { agent: view(made.agent), key: made.key, signer: app.key.public() };
        Ok(answer(StatusCode::CREATED, &body))
    })
    .await
}

/// Gives the agent that calls a new key
#[utoipa::path(post, path = "/api/v1/agents/key", tag = "agents", security(("token" = [])),
    params(("Sluice-Version" = String, Header)),
    responses((status = 200, body = RotatedKey), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn rotate(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    blocking(move || {
        let key = app.with_store(|store| {
            let agent = agent(store, &call)?;
            act(store, "agent.rotate", &agent.id, Outcome::Accepted, json!({}))?;
            // An agent asks for it when it starts: what has waited for it is looked at again.
            want_all(store)?;
            store.hear_agent(&agent, version(&call)?)?;
            Ok::<_, Problem>(store.rotate_key(&agent.id)?)
        })?;
        Ok(answer(StatusCode::OK, &RotatedKey { key }))
    })
    .await
}

fn want_all(store: &mut Store) -> Result<(), Problem> {
    for project in store.projects()? {
        store.want(&Task::of_project(WorkKind::Reconcile, &project.name), Duration::ZERO)?;
    }
    Ok(())
}

fn act(
    store: &mut Store,
    action: &str,
    subject: &str,
    outcome: Outcome,
    detail: serde_json::Value,
) -> Result<(), Problem> {
    store.audit(&Act {
        actor: format!("agent {subject}"),
        action: action.to_owned(),
        project: String::new(),
        subject: subject.to_owned(),
        outcome,
        detail,
    })?;
    Ok(())
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), Problem> {
    let fits = |text: &String| !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    if labels.len() <= 50 && labels.iter().all(|(name, value)| fits(name) && fits(value)) {
        return Ok(());
    }
    Err(Problem::invalid("labels: give at most 50, each of 1 to 200 characters"))
}

fn view(agent: StoredAgent) -> Agent {
    Agent {
        id: agent.id,
        name: agent.name,
        labels: agent.labels,
        version: agent.version,
        enrolled_at: agent.enrolled_at,
        seen_at: agent.seen_at,
        revoked_at: agent.revoked_at,
    }
}
