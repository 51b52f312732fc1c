use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::json;
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Key, is_hmac};

use crate::access::{Call, blocking};
use crate::app::App;
use crate::problem::Problem;

/// The secret that a project's forge signs with.
pub fn secret(key: &Key, project: &str) -> String {
    key.secret(&format!("webhook\n{project}"))
}

/// A forge says that something was pushed. What it says is not believed: the branch is looked at.
#[utoipa::path(post, path = "/api/v1/projects/{project}/webhook", tag = "projects",
    params(("project" = String, Path), ("X-Hub-Signature-256" = Option<String>, Header), ("X-Gitlab-Token" = Option<String>, Header)),
    responses((status = 202), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(project): Path<String>,
    call: Call,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        let secret = secret(&app.key, &project);
        let signature = call
            .header("x-hub-signature-256")
            .and_then(|value| value.strip_prefix("sha256="))
            .or_else(|| call.header("x-gitea-signature"));
        let signed = signature.is_some_and(|signature| is_hmac(&secret, call.bytes(), signature));
        // Compared by their signatures, so that the time tells nothing.
        let known = call.header("x-gitlab-token").is_some_and(|token| app.key.same(token, &secret));
        app.with_store(|store| {
            // An unknown project and a wrong secret look the same.
            if !(signed || known) || store.project(&project)?.is_none() {
                let detail = "the webhook is not signed with the project's secret";
                return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail));
            }
            store.audit(&Act {
                actor: "webhook".to_owned(),
                action: "project.webhook".to_owned(),
                project: project.clone(),
                subject: project.clone(),
                outcome: Outcome::Accepted,
                detail: json!({}),
            })?;
            Ok(())
        })?;
        app.want(&project)?;
        Ok(StatusCode::ACCEPTED)
    })
    .await
}
