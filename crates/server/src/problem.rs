use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sluice_runner::{Exit, RunError};
use sluice_store::StoreError;
use utoipa::ToSchema;

/// Why a request came to nothing, as RFC 9457 has it. Programs go by `code`, which does not change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind: `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code, in words.
    pub title: String,
    /// As in the answer.
    pub status: u16,
    /// What kind of problem it is.
    pub code: &'static str,
    /// What is wrong here.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: code.replace('-', " "),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            help: None,
        }
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What was sent makes no sense.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// There is no such thing, or the caller may not know of it.
    pub fn missing(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no {what} `{name}`"))
    }

    /// Nobody, or nobody any more.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "no token that counts was sent")
            .help("send `Authorization: Bearer TOKEN`")
    }

    /// Something that should not be.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found"),
            StoreError::Ambiguous { .. } => (StatusCode::CONFLICT, "ambiguous"),
            StoreError::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
            StoreError::Busy { .. } | StoreError::ReadOnly { .. } | StoreError::Unreachable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable")
            }
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        // Paths of this machine, and names of what the caller may not see, are not for callers.
        let detail = match &error {
            StoreError::NotFound { .. } | StoreError::Ambiguous { .. } | StoreError::Conflict { .. } => {
                error.to_string()
            }
            _ => "the server's store could not be used".to_owned(),
        };
        Self::new(status, code, detail)
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        let (status, code) = match error.exit {
            Exit::Usage | Exit::Waiting => (StatusCode::CONFLICT, "not-possible-now"),
            Exit::Findings => (StatusCode::CONFLICT, "refused"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let first = error.problems.into_iter().next();
        let mut problem =
            Self::new(status, code, first.as_ref().map(|it| it.message.clone()).unwrap_or_default());
        problem.help = first.and_then(|problem| problem.help);
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
