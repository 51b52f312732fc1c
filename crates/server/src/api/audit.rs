use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use sluice_store::audit::Record;
use utoipa::ToSchema;

use crate::access::{Call, read};
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Scope};
use crate::problem::Problem;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Records {
    /// Oldest first.
    #[schema(value_type = Vec<Object>)]
    records: Vec<Record>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// Lists the audit log
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", security(("token" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Records), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        work.require(Action::Audit, Scope::default(), "audit.list")?;
        let page: PageQuery = work.call.query()?;
        let limit = page.limit()?;
        let wrong = |_| Problem::invalid("cursor: give `next` of the page before");
        let after = page.cursor.as_deref().map_or(Ok(0), str::parse).map_err(wrong)?;
        let mut records = work.store.audit_page(after, limit.saturating_add(1))?;
        let more = (records.len() > limit).then(|| records.pop()).flatten();
        let next = more.and_then(|_| records.last().map(|record| record.sequence.to_string()));
        Ok(Records { records, next })
    })
    .await
}

/// Exports the whole audit log as JSON lines, with a signed checkpoint at the end, for `sluice audit verify`
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", security(("token" = [])),
    responses((status = 200, body = String, content_type = "application/jsonl"), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn export(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    let shared = Arc::clone(&app);
    let text = crate::access::blocking(move || {
        shared.with_store(|store| {
            let caller = crate::access::Caller::of(store, call.bearer())?;
            crate::access::Work::new(&shared, store, caller, &call).require(
                Action::Audit,
                Scope::default(),
                "audit.export",
            )?;
            let mut text = String::new();
            store.export_audit(&shared.key, |line| {
                text.push_str(&line);
                text.push('\n');
            })?;
            Ok(text)
        })
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], text).into_response())
}
