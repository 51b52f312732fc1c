use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use sluice_store::StoreError;

use crate::access::blocking;
use crate::app::App;
use crate::problem::Problem;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The server can work: its store answers.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = String), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    blocking(move || {
        let read = app.with_store(|store| store.feed_end());
        read.map_err(|_| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", "the store does not answer")
        })
    })
    .await?;
    Ok("ok\n")
}

/// Numbers for Prometheus. They name no project.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String)))]
pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = blocking(move || {
        let (statuses, projects) = app
            .with_store(|store| Ok::<_, StoreError>((store.rollout_statuses()?, store.projects()?.len())))?;
        let mut text = String::new();
        let requests = app.requests.load(Ordering::Relaxed);
        let watchers = app.watchers.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            ("sluice_http_requests_total", "counter", "Requests that were read", requests),
            (
                "sluice_event_streams",
                "gauge",
                "Streams of events that are open",
                u64::try_from(watchers).unwrap_or(0),
            ),
            ("sluice_projects", "gauge", "Projects that are followed", u64::try_from(projects).unwrap_or(0)),
        ] {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
        text.push_str("# HELP sluice_rollouts Rollouts by status\n# TYPE sluice_rollouts gauge\n");
        for (status, count) in statuses {
            let _ = writeln!(text, "sluice_rollouts{{status=\"{status}\"}} {count}");
        }
        Ok(text)
    })
    .await?;
    Ok(([("content-type", "text/plain; version=0.0.4")], text).into_response())
}
