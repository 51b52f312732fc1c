use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_rollout::Identity;
use sluice_store::{NewToken, StoredToken, TokenKind};
use utoipa::ToSchema;

use crate::access::{Call, change, read};
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Grant, Scope};
use crate::problem::Problem;

/// Whose a token is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Of a person, who may decide at gates.
    Person,
    /// Of a program.
    Service,
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// Names it.
    id: String,
    /// Whose.
    kind: Kind,
    /// `Name <mail>` of the person, or name of the program.
    identity: String,
    /// What it may do.
    grants: Vec<Grant>,
    /// RFC 3339 in UTC.
    created_at: String,
    /// Who has made it.
    created_by: String,
    /// From when on it does not count.
    expires_at: Option<String>,
    /// Since when it does not count.
    revoked_at: Option<String>,
}

/// A page of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Oldest first.
    tokens: Vec<Token>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// A token that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenRequest {
    /// Whose.
    kind: Kind,
    /// `Name <mail>` of the person, as git and sluice.toml have it; or name of the program.
    identity: String,
    /// What it may do.
    grants: Vec<Grant>,
    /// From when on it does not count, RFC 3339.
    expires_at: Option<String>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedToken {
    /// It.
    token: Token,
    /// Its text, which is told this once.
    secret: String,
}

/// Who calls
#[utoipa::path(get, path = "/api/v1/me", tag = "tokens", security(("token" = [])),
    responses((status = 200, body = Token), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn me(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        let own = work.store.tokens()?.into_iter().find(|token| token.id == work.caller.token);
        own.map(view).ok_or_else(Problem::unauthenticated)
    })
    .await
}

/// Lists tokens
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", security(("token" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Tokens), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        work.require(Action::ManageTokens, Scope::default(), "token.list")?;
        let page: PageQuery = work.call.query()?;
        let (part, next) = page.part(work.store.tokens()?, |token| &token.id)?;
        Ok(Tokens { tokens: part.into_iter().map(view).collect(), next })
    })
    .await
}

/// Makes a token
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", security(("token" = [])),
    request_body = NewTokenRequest,
    responses((status = 201, body = CreatedToken), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    change(app, call, StatusCode::CREATED, |work| {
        work.require(Action::ManageTokens, Scope::default(), "token.create")?;
        work.call.tells_a_secret_once()?;
        let new: NewTokenRequest = work.call.body()?;
        let identity = match new.kind {
            Kind::Person => Identity::parse(&new.identity)
                .map_err(|error| Problem::invalid(error.to_string()))?
                .to_string(),
            Kind::Service => new.identity.trim().to_owned(),
        };
        if identity.is_empty() || identity.len() > 200 || identity.chars().any(char::is_control) {
            return Err(Problem::invalid("identity: give 1 to 200 characters"));
        }
        if new.grants.is_empty() {
            return Err(Problem::invalid("grants: a token without a role could do nothing"));
        }
        if let Some(at) = &new.expires_at {
            at.parse::<jiff::Timestamp>()
                .map_err(|error| Problem::invalid(format!("expires_at: {error}")))?;
        }
        let grants =
            serde_json::to_string(&new.grants).map_err(|error| Problem::internal(error.to_string()))?;
        let detail = json!({ "kind": new.kind, "grants": new.grants, "expires_at": new.expires_at });
        work.accept("token.create", "", &identity, detail)?;
        let kind = match new.kind {
            Kind::Person => TokenKind::Person,
            Kind::Service => TokenKind::Service,
        };
        let created_by = work.caller.identity.clone();
        let token = NewToken { kind, identity, grants, created_by, expires_at: new.expires_at };
        let (stored, secret) = work.store.create_token(&token)?;
        Ok(CreatedToken { token: view(stored), secret })
    })
    .await
}

/// Makes a token count no more
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", tag = "tokens", security(("token" = [])),
    params(("token" = String, Path)),
    responses((status = 200, body = Token), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        work.require(Action::ManageTokens, Scope::default(), "token.revoke")?;
        let missing = || Problem::missing("token", &id);
        work.store.tokens()?.iter().find(|token| token.id == id).ok_or_else(missing)?;
        work.accept("token.revoke", "", &id, json!({}))?;
        work.store.revoke_token(&id)?;
        work.store.tokens()?.into_iter().find(|token| token.id == id).map(view).ok_or_else(missing)
    })
    .await
}

fn view(token: StoredToken) -> Token {
    Token {
        id: token.id,
        kind: match token.kind {
            TokenKind::Person => Kind::Person,
            TokenKind::Service => Kind::Service,
        },
        identity: token.identity,
        grants: serde_json::from_str(&token.grants).unwrap_or_default(),
        created_at: token.created_at,
        created_by: token.created_by,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
    }
}
