use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_store::StoredIssuer;
use utoipa::ToSchema;

use crate::access::{Call, change, read};
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Scope};
use crate::problem::Problem;
use crate::workload::{self, Algorithm, Preset, Rule, Settings};

/// Somebody who vouches for programs: what it has signed is taken for a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct Issuer {
    /// Name.
    name: String,
    /// What stands as `iss` in what it signs.
    url: String,
    /// Product.
    preset: Preset,
    /// Whom its assertions must be for: one of these.
    audiences: Vec<String>,
    /// What it signs with.
    algorithms: Vec<Algorithm>,
    /// Its keys, a JSON web key set; absent where it is asked for them.
    #[schema(value_type = Option<Object>)]
    keys: Option<Value>,
    /// How long a token counts.
    lifetime_seconds: u32,
    /// Who may do what.
    rules: Vec<Rule>,
    /// RFC 3339 in UTC.
    created_at: String,
    /// Who has made it known.
    created_by: String,
}

/// A page of issuers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Issuers {
    /// By name.
    issuers: Vec<Issuer>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// An issuer that is to be believed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIssuer {
    /// Name.
    name: String,
    /// Product.
    preset: Preset,
    /// What stands as `iss`; known for some products.
    url: Option<String>,
    /// Whom its assertions must be for: one of these.
    audiences: Vec<String>,
    /// What it signs with; that of the product by default.
    algorithms: Option<Vec<Algorithm>>,
    /// Its keys, a JSON web key set; without them the issuer is asked.
    #[schema(value_type = Option<Object>)]
    keys: Option<Value>,
    /// How long a token counts, 60 to 3600; 900 by default.
    lifetime_seconds: Option<u32>,
    /// Who may do what.
    rules: Vec<Rule>,
}

/// Lists the issuers of CI systems that are believed
#[utoipa::path(get, path = "/api/v1/issuers", tag = "issuers", security(("token" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Issuers), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        work.require(Action::ManageTokens, Scope::default(), "issuer.list")?;
        let page: PageQuery = work.call.query()?;
        let (part, next) = page.part(work.store.issuers()?, |issuer| &issuer.name)?;
        Ok(Issuers { issuers: part.into_iter().map(view).collect::<Result<_, _>>()?, next })
    })
    .await
}

/// Has an issuer believed: its pipelines get tokens without keeping any
#[utoipa::path(post, path = "/api/v1/issuers", tag = "issuers", security(("token" = [])),
    request_body = NewIssuer,
    responses((status = 201, body = Issuer), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    change(app, call, StatusCode::CREATED, |work| {
        work.require(Action::ManageTokens, Scope::default(), "issuer.create")?;
        let new: NewIssuer = work.call.body()?;
        check_name(&new.name)?;
        let preset = new.preset;
        let url = new.url.or_else(|| preset.url().map(str::to_owned)).ok_or_else(|| {
            Problem::invalid(format!("url: give the one of this issuer: {}", preset.url_form()))
        })?;
        let settings = Settings {
            preset,
            audiences: new.audiences,
            algorithms: new.algorithms.unwrap_or_else(|| preset.algorithms().to_vec()),
            keys: new.keys,
            lifetime_seconds: new.lifetime_seconds.unwrap_or(900),
            rules: new.rules,
        };
        let issuer = workload::Issuer { name: new.name, url, settings };
        issuer.check(work.app.private_addresses).map_err(Problem::invalid)?;
        let workload::Issuer { name, url, settings } = issuer;
        let text = serde_json::to_string(&settings).map_err(|error| Problem::internal(error.to_string()))?;
        let detail = json!({ "url": url, "settings": settings });
        work.accept("issuer.create", "", &name, detail)?;
        let created_by = work.caller.identity.clone();
        let stored = StoredIssuer { name, url, settings: text, created_at: String::new(), created_by };
        if !work.store.create_issuer(&stored)? {
            let detail = format!("there is an issuer with the name `{}` or its URL already", stored.name);
            return Err(Problem::new(StatusCode::CONFLICT, "exists", detail));
        }
        find(work.store.issuers()?, &stored.name)
    })
    .await
}

/// Shows an issuer
#[utoipa::path(get, path = "/api/v1/issuers/{issuer}", tag = "issuers", security(("token" = [])),
    params(("issuer" = String, Path)),
    responses((status = 200, body = Issuer), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        work.require(Action::ManageTokens, Scope::default(), "issuer.show")?;
        find(work.store.issuers()?, &name)
    })
    .await
}

/// Believes an issuer no more; tokens that it has vouched for count no more either
#[utoipa::path(delete, path = "/api/v1/issuers/{issuer}", tag = "issuers", security(("token" = [])),
    params(("issuer" = String, Path)),
    responses((status = 200, body = Issuer), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::OK, move |work| {
        work.require(Action::ManageTokens, Scope::default(), "issuer.delete")?;
        let issuer = find(work.store.issuers()?, &name)?;
        work.accept("issuer.delete", "", &name, json!({ "url": issuer.url }))?;
        work.store.delete_issuer(&name)?;
        work.app.key_sources.forget(&issuer.url);
        Ok(issuer)
    })
    .await
}

fn find(issuers: Vec<StoredIssuer>, name: &str) -> Result<Issuer, Problem> {
    let found = issuers.into_iter().find(|issuer| issuer.name == name);
    view(found.ok_or_else(|| Problem::missing("issuer", name))?)
}

fn view(stored: StoredIssuer) -> Result<Issuer, Problem> {
    let (created_at, created_by) = (stored.created_at.clone(), stored.created_by.clone());
    let workload::Issuer { name, url, settings } = workload::Issuer::of(stored)?;
    let Settings { preset, audiences, algorithms, keys, lifetime_seconds, rules } = settings;
    Ok(Issuer {
        name,
        url,
        preset,
        audiences,
        algorithms,
        keys,
        lifetime_seconds,
        rules,
        created_at,
        created_by,
    })
}

/// A name becomes a part of paths.
fn check_name(name: &str) -> Result<(), Problem> {
    let fine = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if fine {
        return Ok(());
    }
    Err(Problem::invalid("name: give 1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit"))
}
