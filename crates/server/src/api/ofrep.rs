use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_rollout::version_key;
use sluice_store::StoredDatabase;
use utoipa::ToSchema;

use crate::access::{Call, Caller, blocking};
use crate::app::App;
use crate::problem::Problem;

/// What a flag is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Evaluation {
    /// Where the application runs: `environment`, `database` and labels choose databases; anything else is ignored.
    #[serde(default)]
    #[schema(value_type = Object)]
    context: BTreeMap<String, Value>,
}

/// The answer, as OFREP has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evaluated {
    /// The flag.
    key: String,
    /// Whether the change is applied on every database that was chosen.
    value: bool,
    /// `TARGETING_MATCH`; `DEFAULT` where no database was chosen.
    reason: &'static str,
    /// `applied` or `not-applied`.
    variant: &'static str,
}

/// No answer, as OFREP has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unevaluated {
    /// The flag.
    key: String,
    /// `FLAG_NOT_FOUND` or `PARSE_ERROR`.
    error_code: &'static str,
    /// Why.
    error_details: String,
}

/// Tells whether a change is applied where an application runs: the flag `schema.<project>.<version>`
#[utoipa::path(post, path = "/ofrep/v1/evaluate/flags/{key}", tag = "flags", security(("token" = [])),
    params(("key" = String, Path)), request_body = Evaluation,
    responses((status = 200, body = Evaluated), (status = 400, body = Unevaluated), (status = 404, body = Unevaluated), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub async fn evaluate(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    blocking(move || {
        app.with_store(|store| {
            let caller = Caller::of(store, call.bearer())?;
            let unevaluated = |status: StatusCode, error_code, error_details: String| {
                Ok((status, Json(Unevaluated { key: key.clone(), error_code, error_details }))
                    .into_response())
            };
            let not_found = |why: &str| unevaluated(StatusCode::NOT_FOUND, "FLAG_NOT_FOUND", why.to_owned());
            let context = match call.body::<Evaluation>() {
                Ok(Evaluation { context }) => context,
                Err(problem) => {
                    return unevaluated(StatusCode::BAD_REQUEST, "PARSE_ERROR", problem.detail);
                }
            };
            let projects = store.projects()?.into_iter().map(|project| project.name);
            let wanted = |project: &String| {
                let version =
                    key.strip_prefix("schema.")?.strip_prefix(project.as_str())?.strip_prefix('.')?;
                (caller.sees(project) && !version.is_empty()).then(|| version.to_owned())
            };
            // Names may hold dots: the longest that fits is meant.
            let found = projects.filter_map(|project| wanted(&project).map(|version| (project, version)));
            let Some((project, version)) = found.max_by_key(|(project, _)| project.len()) else {
                return not_found("flags are called schema.<project>.<version>");
            };
            let (version, databases) = (version_key(&version), store.databases(&project)?);
            let chosen: Vec<&StoredDatabase> =
                databases.iter().filter(|database| is_chosen(database, &context)).collect();
            let has = |database: &&StoredDatabase| {
                database.applied.iter().any(|applied| version_key(applied) == version)
            };
            let value = !chosen.is_empty() && chosen.iter().all(has);
            let evaluated = Evaluated {
                key: key.clone(),
                value,
                reason: if chosen.is_empty() { "DEFAULT" } else { "TARGETING_MATCH" },
                variant: if value { "applied" } else { "not-applied" },
            };
            Ok((StatusCode::OK, Json(evaluated)).into_response())
        })
    })
    .await
}

/// Whether a database is where the context says.
fn is_chosen(database: &StoredDatabase, context: &BTreeMap<String, Value>) -> bool {
    let is = |name: &str, value: &str| match context.get(name) {
        None => true,
        Some(wanted) => wanted.as_str() == Some(value),
    };
    is("environment", &database.environment)
        && is("database", &database.name)
        && database.labels.iter().all(|(name, value)| is(name, value))
}
