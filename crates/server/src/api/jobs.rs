//! What agents ask while they work. Whoever asks is told nothing but what waits for its labels.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_runner::remote::{Report, Ticket};
use sluice_store::{ClaimedJob, Store, StoredAgent};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::access::{Call, answer, blocking};
use crate::api::agents::agent;
use crate::app::App;
use crate::problem::Problem;
use crate::remote::{CANCELLED, sign};

/// Most bytes of a report.
pub const REPORT_LIMIT: usize = 16 * 1024 * 1024;

/// How long a job stays with an agent that says nothing any more.
const LEASE: Duration = Duration::from_secs(15);

/// How long after it was let go on an agent may begin something. Longer than a lease, so that a short cut stops nothing; what another
/// agent has taken meanwhile is kept by the database's own lock and fence.
const START_FOR: Duration = Duration::from_secs(60);

/// Longest wait of a question for work.
const LONGEST_WAIT: u64 = 60;

/// Soonest second look for work after a lease has ended.
const SOONEST: Duration = Duration::from_millis(100);

/// A question for work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// Comes back in the ticket: an answer to another question is none.
    nonce: String,
    /// How long to wait where there is none.
    #[serde(default)]
    wait_seconds: u64,
}

/// Work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    /// What is to be done, JSON; it is signed as it is.
    ticket: String,
    /// Signature of the server in base64, over `sluice ticket`, a new line, and the ticket.
    signature: String,
}

/// Which holder of a job speaks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// As in the ticket.
    fence: u64,
}

/// A job that is still the agent's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Renewed {
    /// How long from the question on something may be begun.
    start_for_ms: u64,
    /// Why nothing more may be begun; absent where it may.
    hold: Option<String>,
    /// Whether what runs is to be stopped, too.
    stop: bool,
}

/// Events of a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsRequest {
    /// As in the ticket.
    fence: u64,
    /// Number of the first event; the first of a job is 1. What is known already is left out.
    first: u64,
    /// As the engine tells them.
    events: Vec<Value>,
}

/// What came of a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// As in the ticket.
    fence: u64,
    /// What came of it.
    #[schema(value_type = Object)]
    report: Report,
}

/// It was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    /// Always.
    taken: bool,
}

fn fenced() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "fenced",
        "the job is not this agent's any more: somebody else has it, or it is over",
    )
}

/// Asks for work whose labels the agent has; none: 204
#[utoipa::path(post, path = "/api/v1/agents/claim", tag = "agents", security(("token" = [])),
    params(("Sluice-Version" = String, Header)), request_body = ClaimRequest,
    responses((status = 200, body = Claimed), (status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn claim(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    let call = Arc::new(call);
    let mut news = app.jobs.subscribe();
    let (shared, heard) = (Arc::clone(&app), Arc::clone(&call));
    let request: ClaimRequest = blocking(move || {
        shared.with_store(|store| {
            let agent = agent(store, &heard)?;
            store.hear_agent(&agent, heard.header("sluice-version").unwrap_or_default())?;
            heard.body::<ClaimRequest>()
        })
    })
    .await?;
    if request.nonce.is_empty() || request.nonce.len() > 100 {
        return Err(Problem::invalid("nonce: give 1 to 100 characters"));
    }
    let until = Instant::now() + Duration::from_secs(request.wait_seconds.min(LONGEST_WAIT));
    loop {
        news.mark_unchanged();
        let (shared, asked) = (Arc::clone(&app), Arc::clone(&call));
        let (found, due) = blocking(move || {
            shared.with_store(|store| {
                // It may have been revoked while it waited.
                let agent = agent(store, &asked)?;
                let found = store.claim_job(&agent, LEASE)?;
                let due = if found.is_none() { store.next_lapse()? } else { None };
                Ok::<_, Problem>((found.map(|job| (agent, job)), due))
            })
        })
        .await?;
        if let Some((agent, job)) = found {
            return Ok(answer(StatusCode::OK, &ticket(&app, &request, &agent, job)?));
        }
        // A lease may end without anybody telling.
        let next = due.map_or(until, |due| until.min(Instant::now() + due.max(SOONEST)));
        let cancel = app.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => return Ok(StatusCode::NO_CONTENT.into_response()),
            changed = news.changed() => if changed.is_err() { return Ok(StatusCode::NO_CONTENT.into_response()) },
            () = tokio::time::sleep_until(next) => if Instant::now() >= until {
                return Ok(StatusCode::NO_CONTENT.into_response());
            },
        }
    }
}

fn ticket(
    app: &App,
    request: &ClaimRequest,
    agent: &StoredAgent,
    job: ClaimedJob,
) -> Result<Claimed, Problem> {
    let unwritten = |error: serde_json::Error| Problem::internal(format!("{}: {error}", agent.id));
    let ticket = Ticket {
        nonce: request.nonce.clone(),
        job: job.id,
        fence: job.lease.fence,
        project: job.lease.project,
        environment: job.environment,
        database: job.lease.subject,
        release: job.release,
        start_for_ms: milliseconds(START_FOR),
        task: serde_json::from_str(&job.request).map_err(unwritten)?,
    };
    let ticket = serde_json::to_string(&ticket).map_err(unwritten)?;
    let signature = sign(&app.key, &Ticket::signed(&ticket));
    Ok(Claimed { ticket, signature })
}

/// The signed release that a job is about
#[utoipa::path(get, path = "/api/v1/agents/jobs/{job}/bundle", tag = "agents", security(("token" = [])),
    params(("job" = String, Path), ("fence" = u64, Query), ("Sluice-Version" = String, Header)),
    responses((status = 200, body = String, content_type = "application/vnd.sluice.bundle+json"), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn bundle(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let text = blocking(move || {
        app.with_store(|store| {
            let agent = agent(store, &call)?;
            let RenewRequest { fence } = call.query()?;
            let job = store.job_of(&id, &agent.id, fence)?.ok_or_else(fenced)?;
            store.bundle(&job.release)?.ok_or_else(|| Problem::missing("bundle", &job.release))
        })
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, "application/vnd.sluice.bundle+json")], text).into_response())
}

/// Holds on to a job
#[utoipa::path(post, path = "/api/v1/agents/jobs/{job}/renew", tag = "agents", security(("token" = [])),
    params(("job" = String, Path), ("Sluice-Version" = String, Header)), request_body = RenewRequest,
    responses((status = 200, body = Renewed), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn renew(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    blocking(move || {
        let job = app.with_store(|store| {
            let agent = agent(store, &call)?;
            let RenewRequest { fence } = call.body()?;
            store.renew_job(&id, &agent.id, fence, LEASE)?.ok_or_else(fenced)
        })?;
        let hold = Some(job.hold).filter(|hold| !hold.is_empty());
        let stop = hold.as_deref() == Some(CANCELLED);
        Ok(answer(StatusCode::OK, &Renewed { start_for_ms: milliseconds(START_FOR), hold, stop }))
    })
    .await
}

/// Tells what happens
#[utoipa::path(post, path = "/api/v1/agents/jobs/{job}/events", tag = "agents", security(("token" = [])),
    params(("job" = String, Path), ("Sluice-Version" = String, Header)), request_body = EventsRequest,
    responses((status = 200, body = Taken), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn events(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    take(app, call, move |store, call, agent| {
        let EventsRequest { fence, first, events } = call.body()?;
        if events.len() > 1000 {
            return Err(Problem::invalid("events: give at most 1000 at a time"));
        }
        let events: Vec<String> = events.iter().map(Value::to_string).collect();
        Ok(store.put_job_events((&id, &agent.id, fence), first, &events)?)
    })
    .await
}

/// Tells what came of a job
#[utoipa::path(post, path = "/api/v1/agents/jobs/{job}/complete", tag = "agents", security(("token" = [])),
    params(("job" = String, Path), ("Sluice-Version" = String, Header)), request_body = CompleteRequest,
    responses((status = 200, body = Taken), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn complete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    take(app, call, move |store, call, agent| {
        let CompleteRequest { fence, report } = call.body()?;
        let report = serde_json::to_string(&report)
            .map_err(|error| Problem::internal(format!("the report cannot be written: {error}")))?;
        Ok(store.complete_job((&id, &agent.id, fence), &report)?)
    })
    .await
}

/// Takes what the holder of a job tells; `keep` answers whether it still holds it.
async fn take(
    app: Arc<App>,
    call: Call,
    keep: impl FnOnce(&mut Store, &Call, &StoredAgent) -> Result<bool, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    blocking(move || {
        let taken = app.with_store(|store| {
            let agent = agent(store, &call)?;
            keep(store, &call, &agent)
        })?;
        if taken { Ok(answer(StatusCode::OK, &Taken { taken })) } else { Err(fenced()) }
    })
    .await
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
