use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Assertion as Taken, NewToken, TokenKind};
use utoipa::ToSchema;

use crate::access::{Call, answer, blocking};
use crate::app::App;
use crate::log::Log;
use crate::permission::Grant;
use crate::problem::Problem;
use crate::workload::{Assertion, Claims, Expected, Issuer, Refusal, Rule, shown};

/// What an issuer has signed about a program.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// A JSON web token.
    assertion: String,
}

/// A token that counts for minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkloadToken {
    /// Its text, which is told this once.
    secret: String,
    /// Whose it is.
    identity: String,
    /// What it may do.
    grants: Vec<Grant>,
    /// From when on it does not count, RFC 3339.
    expires_at: String,
}

/// Why nobody was let in, and who it claimed to be.
struct Refused {
    refusal: Refusal,
    issuer: String,
    subject: String,
}

/// Takes what a CI system has signed for a token, once
#[utoipa::path(post, path = "/api/v1/auth/workload", tag = "issuers", request_body = Login,
    responses((status = 201, body = WorkloadToken), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn exchange(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    blocking(move || {
        let Login { assertion } = call.body()?;
        match take(&app, &assertion)? {
            Ok(token) => Ok(answer(StatusCode::CREATED, &token)),
            Err(refused) => {
                app.with_store(|store| store.audit(&record(&refused)))?;
                Err(problem(&refused.refusal))
            }
        }
    })
    .await
}

fn take(app: &App, text: &str) -> Result<Result<WorkloadToken, Refused>, Problem> {
    let refused = |refusal, issuer: &str, subject: &str| {
        Ok(Err(Refused { refusal, issuer: shown(issuer), subject: shown(subject) }))
    };
    let assertion = match Assertion::parse(text) {
        Ok(assertion) => assertion,
        Err(refusal) => return refused(refusal, "", ""),
    };
    let (url, subject) = match assertion.issuer() {
        Ok(url) => (url.to_owned(), assertion.subject().to_owned()),
        Err(refusal) => return refused(refusal, "", ""),
    };
    let (stored, now) = app.with_store(|store| Ok::<_, Problem>((store.issuer_of(&url)?, store.now())))?;
    let Some(stored) = stored else {
        return refused(Refusal::UnknownIssuer(shown(&url)), &url, &subject);
    };
    let issuer = Issuer::of(stored)?;
    let keys = match app.key_sources.keys(&issuer, assertion.key(), app.private_addresses) {
        Ok(keys) => keys,
        Err(error) => {
            Log::about(&issuer.name).line(&format!("the issuer's keys cannot be had: {error}"));
            return refused(Refusal::Unreachable, &url, &subject);
        }
    };
    let settings = &issuer.settings;
    let expected = Expected {
        issuer: &issuer.url,
        audiences: &settings.audiences,
        algorithms: &settings.algorithms,
        keys: &keys,
    };
    let claims = match assertion.check(&expected, now) {
        Ok(claims) => claims,
        Err(refusal) => return refused(refusal, &url, &subject),
    };
    let rules: Vec<&Rule> = settings.rules.iter().filter(|rule| rule.fits(&claims.all)).collect();
    if rules.is_empty() {
        return refused(Refusal::NoRule, &url, &subject);
    }
    let mut grants: Vec<Grant> = Vec::new();
    for grant in rules.iter().flat_map(|rule| &rule.grants) {
        if !grants.contains(grant) {
            grants.push(grant.clone());
        }
    }
    let lifetime = jiff::SignedDuration::from_secs(i64::from(settings.lifetime_seconds));
    let expires = now.saturating_add(lifetime).map_err(|error| Problem::internal(error.to_string()))?;
    let identity = shown(&format!("{}: {subject}", issuer.name));
    let token = NewToken {
        kind: TokenKind::Service,
        identity: identity.clone(),
        grants: serde_json::to_string(&grants).map_err(|error| Problem::internal(error.to_string()))?,
        created_by: String::new(),
        expires_at: Some(expires.to_string()),
    };
    let act = login(&issuer, identity, &rules, &claims);
    let taken = Taken { issuer: issuer.name.clone(), id: claims.id.clone(), until: claims.until };
    match app.with_store(|store| store.take_assertion(&taken, &token, &act))? {
        Some((stored, secret)) => Ok(Ok(WorkloadToken {
            secret,
            identity: stored.identity,
            grants,
            expires_at: expires.to_string(),
        })),
        None => refused(Refusal::Replayed, &url, &subject),
    }
}

/// What is recorded of somebody who was let in: the claims that the rules go by, and what tells the run.
fn login(issuer: &Issuer, identity: String, rules: &[&Rule], claims: &Claims) -> Act {
    const TOLD: [&str; 4] = ["sub", "jti", "run_id", "job_id"];
    let told = rules.iter().flat_map(|rule| rule.claims.keys().map(String::as_str)).chain(TOLD);
    let told = told.filter_map(|name| {
        let value = claims.all.get(name)?;
        let value = value.as_str().map_or_else(|| value.clone(), |text| Value::from(shown(text)));
        Some((name.to_owned(), value))
    });
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let detail = json!({ "rules": names, "claims": told.collect::<serde_json::Map<_, _>>() });
    Act {
        actor: identity,
        action: "workload.login".to_owned(),
        project: String::new(),
        subject: issuer.name.clone(),
        outcome: Outcome::Accepted,
        detail,
    }
}

fn record(refused: &Refused) -> Act {
    Act {
        actor: "workload".to_owned(),
        action: "workload.login".to_owned(),
        project: String::new(),
        subject: refused.issuer.clone(),
        outcome: Outcome::Refused,
        // Nothing of it is sure: it is what the sender claims.
        detail: json!({ "code": refused.refusal.code(), "claimed": refused.subject }),
    }
}

fn problem(refusal: &Refusal) -> Problem {
    let status = match refusal {
        Refusal::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NoRule => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    Problem::new(status, refusal.code(), refusal.to_string())
}
