use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_store::FeedEvent;
use tokio::sync::watch;

use crate::access::{Call, Caller, blocking};
use crate::app::App;
use crate::problem::Problem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    after: Option<u64>,
    project: Option<String>,
}

/// What stands in `data`.
#[derive(Serialize)]
struct Data<'a> {
    at: &'a str,
    project: &'a str,
    subject: &'a str,
    data: Value,
}

/// How many events are read at once.
const BATCH: usize = 200;

/// Streams what happens, from now on or after `Last-Event-ID`
#[utoipa::path(get, path = "/api/v1/events", tag = "events", security(("token" = [])),
    params(("after" = Option<u64>, Query), ("project" = Option<String>, Query), ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn stream(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    let bearer = call.bearer().map(str::to_owned);
    let (shared, text) = (Arc::clone(&app), bearer.clone());
    let end = blocking(move || {
        shared.with_store(|store| {
            Caller::of(store, text.as_deref())?;
            Ok::<_, Problem>(store.feed_end()?)
        })
    })
    .await?;
    let Start { after, project } = call.query()?;
    let last = call.header("last-event-id").map(str::parse::<u64>).transpose();
    let last = last.map_err(|_| Problem::invalid("Last-Event-ID: give the id of an event"))?;
    let after = last.or(after).unwrap_or(end);
    let watcher = Watcher::new(app, bearer, project, after);
    let events = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<Event, Infallible>(event), watcher))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// Somebody who waits for events.
struct Watcher {
    app: Arc<App>,
    stored: watch::Receiver<u64>,
    bearer: Option<String>,
    project: Option<String>,
    after: u64,
    read: VecDeque<FeedEvent>,
}

impl Watcher {
    fn new(app: Arc<App>, bearer: Option<String>, project: Option<String>, after: u64) -> Self {
        app.watchers.fetch_add(1, Ordering::Relaxed);
        let stored = app.feed.subscribe();
        Self { app, stored, bearer, project, after, read: VecDeque::new() }
    }

    /// The next event; `None` when the server stops or the token does not count any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Some(view(&event));
            }
            self.stored.mark_unchanged();
            let (app, bearer, after) = (Arc::clone(&self.app), self.bearer.clone(), self.after);
            let found = blocking(move || {
                app.with_store(|store| {
                    // A token may be revoked, or get other grants, while its stream is open.
                    let caller = Caller::of(store, bearer.as_deref())?;
                    Ok::<_, Problem>((caller, store.feed(after, BATCH)?))
                })
            });
            let (caller, events) = found.await.ok()?;
            let Some(last) = events.last() else {
                let cancel = self.app.cancel.clone();
                tokio::select! {
                    () = cancel.cancelled() => return None,
                    changed = self.stored.changed() => changed.ok()?,
                }
                continue;
            };
            self.after = last.sequence;
            let wanted =
                |event: &FeedEvent| self.project.as_ref().is_none_or(|project| *project == event.project);
            self.read =
                events.into_iter().filter(|event| wanted(event) && caller.sees(&event.project)).collect();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.app.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

fn view(event: &FeedEvent) -> Event {
    let data = serde_json::from_str(&event.data).unwrap_or_default();
    let data = Data { at: &event.at, project: &event.project, subject: &event.subject, data };
    let text = serde_json::to_string(&data).unwrap_or_default();
    Event::default().id(event.sequence.to_string()).event(&event.kind).data(text)
}
