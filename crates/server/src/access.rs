use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sluice_rollout::Identity;
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Begun, Store, StoredAnswer, TokenKind, sha256_hex};

use crate::app::App;
use crate::permission::{self, Action, Grant, Refusal, Scope};
use crate::problem::Problem;

/// A request as handlers see it.
pub struct Call {
    method: String,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        app.count_request();
        let (method, uri) = (request.method().to_string(), request.uri().clone());
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, app).await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large")
            }
            status => Problem::new(status, "invalid", "the body cannot be read"),
        })?;
        Ok(Self { method, uri, headers, body })
    }
}

impl Call {
    /// Parameters after `?`.
    ///
    /// # Errors
    /// Unknown or malformed ones.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let parsed = Query::<T>::try_from_uri(&self.uri);
        parsed.map(|Query(query)| query).map_err(|error| Problem::invalid(error.body_text()))
    }

    /// The body as JSON; none counts as an empty object.
    ///
    /// # Errors
    /// Another body.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let bytes: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(bytes).map_err(|error| Problem::invalid(format!("the body: {error}")))
    }

    /// The body as it is.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Refuses a request that could be answered again with a secret.
    ///
    /// # Errors
    /// It has a key for being answered again.
    pub fn tells_a_secret_once(&self) -> Result<(), Problem> {
        match self.header("idempotency-key") {
            Some(_) => Err(Problem::invalid("a token is told once: send no Idempotency-Key")),
            None => Ok(()),
        }
    }

    /// The token's text.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, text) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
    }

    /// What must be the same where a key is used again.
    fn fingerprint(&self) -> String {
        let head = format!("{} {}\n", self.method, self.uri);
        sha256_hex(&[head.as_bytes(), &self.body].concat())
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Names the token.
    pub token: String,
    /// Whose it is.
    pub kind: TokenKind,
    /// `Name <mail>`, or the name of a program.
    pub identity: String,
    /// What it may do.
    pub grants: Vec<Grant>,
}

impl Caller {
    /// Whom a token is of.
    ///
    /// # Errors
    /// None that counts.
    pub fn of(store: &Store, bearer: Option<&str>) -> Result<Self, Problem> {
        let token = bearer.map(|text| store.token_of(text)).transpose()?.flatten();
        let token = token.ok_or_else(Problem::unauthenticated)?;
        // What cannot be read allows nothing.
        let grants = serde_json::from_str(&token.grants).unwrap_or_default();
        Ok(Self { token: token.id, kind: token.kind, identity: token.identity, grants })
    }

    /// Whether something is allowed.
    ///
    /// # Errors
    /// Why not.
    pub fn may(&self, action: Action, scope: Scope<'_>) -> Result<(), Refusal> {
        permission::check(self.kind, &self.grants, action, scope)
    }

    /// Whether a project may be seen.
    pub fn sees(&self, project: &str) -> bool {
        self.may(Action::Read, Scope { project: Some(project), environment: None }).is_ok()
    }

    /// The projects that may be seen; `None` for all.
    pub fn projects(&self) -> Option<Vec<String>> {
        let all = self.grants.iter().any(|grant| grant.project.is_none());
        (!all).then(|| self.grants.iter().filter_map(|grant| grant.project.clone()).collect())
    }

    /// The person.
    ///
    /// # Errors
    /// A program.
    pub fn person(&self) -> Result<Identity, Problem> {
        Identity::parse(&self.identity).map_err(|error| Problem::invalid(error.to_string()))
    }
}

/// A request that is worked on.
pub struct Work<'a> {
    /// The server.
    pub app: &'a App,
    /// The store.
    pub store: &'a mut Store,
    /// Who calls.
    pub caller: Caller,
    /// What was sent.
    pub call: &'a Call,
    accepted: Option<Act>,
}

impl<'a> Work<'a> {
    /// Nothing is accepted yet.
    pub fn new(app: &'a App, store: &'a mut Store, caller: Caller, call: &'a Call) -> Self {
        Self { app, store, caller, call, accepted: None }
    }

    /// Refuses what is not allowed, and records the refusal. A project that may not be seen is not there.
    ///
    /// # Errors
    /// The refusal.
    pub fn require(&mut self, action: Action, scope: Scope<'_>, name: &str) -> Result<(), Problem> {
        match self.caller.may(action, scope) {
            Ok(()) => Ok(()),
            Err(refusal) => self.refuse(refusal, scope, name),
        }
    }

    /// As [`Work::require`], while it is not known yet which environment of a project it is about.
    ///
    /// # Errors
    /// The refusal.
    pub fn require_role(&mut self, action: Action, project: &str, name: &str) -> Result<(), Problem> {
        let mut anywhere = self.caller.clone();
        anywhere.grants.iter_mut().for_each(|grant| grant.environment = None);
        let scope = Scope { project: Some(project), environment: None };
        match anywhere.may(action, scope) {
            Ok(()) => Ok(()),
            Err(refusal) => self.refuse(refusal, scope, name),
        }
    }

    fn refuse(&mut self, refusal: Refusal, scope: Scope<'_>, name: &str) -> Result<(), Problem> {
        let project = scope.project.unwrap_or_default();
        let (code, detail, help) = match refusal {
            Refusal::Role => ("forbidden", "no role of the token allows this", None),
            Refusal::Service => {
                ("people-only", "only people decide at gates, and the token is a program's", None)
            }
            Refusal::Separation => (
                "separation-of-duties",
                "the token may make releases of the project, so it cannot decide about them",
                Some("use a token that only approves"),
            ),
        };
        self.store.audit(&Act {
            actor: self.caller.identity.clone(),
            action: name.to_owned(),
            project: project.to_owned(),
            subject: self.call.uri.path().to_owned(),
            outcome: Outcome::Refused,
            detail: serde_json::json!({ "code": code, "token": self.caller.token }),
        })?;
        if scope.project.is_some_and(|project| !self.caller.sees(project)) {
            return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing"));
        }
        let problem = Problem::new(StatusCode::FORBIDDEN, code, detail);
        Err(match help {
            Some(help) => problem.help(help),
            None => problem,
        })
    }

    /// Records what is about to be done.
    ///
    /// # Errors
    /// A store that takes no writes: then nothing is done.
    pub fn accept(&mut self, name: &str, project: &str, subject: &str, detail: Value) -> Result<(), Problem> {
        let act = Act {
            actor: self.caller.identity.clone(),
            action: name.to_owned(),
            project: project.to_owned(),
            subject: subject.to_owned(),
            outcome: Outcome::Accepted,
            detail,
        };
        self.store.audit(&act)?;
        self.accepted = Some(act);
        Ok(())
    }
}

/// Answers a request that changes nothing.
///
/// # Errors
/// Why it came to nothing.
pub async fn read<T: Serialize + Send + 'static>(
    app: Arc<App>,
    call: Call,
    work: impl FnOnce(&mut Work<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    blocking(move || {
        app.with_store(|store| {
            let caller = Caller::of(store, call.bearer())?;
            let value = work(&mut Work::new(&app, store, caller, &call))?;
            Ok(answer(StatusCode::OK, &value))
        })
    })
    .await
}

/// Answers a request that changes something. With an `Idempotency-Key` the same answer is given again, without doing it again.
///
/// # Errors
/// Why it came to nothing.
pub async fn change<T: Serialize + Send + 'static>(
    app: Arc<App>,
    call: Call,
    status: StatusCode,
    work: impl FnOnce(&mut Work<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    blocking(move || {
        app.with_store(|store| {
            let caller = Caller::of(store, call.bearer())?;
            let token = caller.token.clone();
            let key = call.header("idempotency-key").map(str::to_owned);
            if let Some(key) = &key {
                if key.is_empty() || key.len() > 255 {
                    return Err(Problem::invalid("Idempotency-Key: give 1 to 255 characters"));
                }
                match store.begin_request(&token, key, &call.fingerprint())? {
                    Begun::First => {}
                    Begun::Answered(answer) => {
                        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
                        return Ok(json_text(status, answer.body));
                    }
                    Begun::Open => {
                        let detail = "a request with this Idempotency-Key is being answered";
                        return Err(Problem::new(StatusCode::CONFLICT, "in-progress", detail));
                    }
                    Begun::Other => {
                        let detail = "the Idempotency-Key was used for another request";
                        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail));
                    }
                }
            }
            let mut task = Work::new(&app, store, caller, &call);
            let result = work(&mut task);
            let accepted = task.accepted.take();
            match result {
                Ok(value) => {
                    let body = serde_json::to_string(&value).map_err(|error| {
                        Problem::internal(format!("the answer cannot be written: {error}"))
                    })?;
                    if let Some(key) = &key {
                        let answer = StoredAnswer { status: status.as_u16(), body: body.clone() };
                        store.end_request(&token, key, &answer)?;
                    }
                    Ok(json_text(status, body))
                }
                Err(problem) => {
                    if let Some(act) = accepted {
                        let detail = serde_json::json!({ "code": problem.code, "detail": problem.detail });
                        store.audit(&Act { outcome: Outcome::Failed, detail, ..act })?;
                    }
                    if let Some(key) = &key {
                        store.drop_request(&token, key)?;
                    }
                    Err(problem)
                }
            }
        })
    })
    .await
}

/// Runs what waits for disks on a thread of its own.
///
/// # Errors
/// Those of `work`.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Problem::internal("the request could not be worked on")),
    }
}

/// An answer in JSON.
pub fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => json_text(status, text),
        Err(error) => Problem::internal(format!("the answer cannot be written: {error}")).into_response(),
    }
}

fn json_text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], text)
        .into_response()
}
