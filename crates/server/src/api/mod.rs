//! The HTTP API: one file for each kind of thing.

mod agents;
mod audit;
mod events;
mod health;
mod issuers;
mod jobs;
mod ofrep;
mod projects;
mod releases;
mod rollouts;
mod tokens;
mod webhook;
mod workload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::Problem;

/// Most bytes of a request.
const BODY_LIMIT: usize = 256 * 1024;

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = routes();
    let text: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    router
        .route(
            "/api/openapi.json",
            axum::routing::get(
                move || async move { ([("content-type", "application/json")], text.to_string()) },
            ),
        )
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this path")
        })
        .method_not_allowed_fallback(|| async {
            let detail = "this path does not have the method";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(app)
}

/// The description of the API, OpenAPI 3.1.
pub fn document() -> OpenApi {
    routes().1
}

fn routes() -> (Router<Arc<App>>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Sluice")
        .version("v1")
        .description(Some("Releases, rollouts and gates of databases. Problems are those of RFC 9457."));
    // What an agent has seen grows with the database's history.
    let large =
        OpenApiRouter::new().routes(routes!(jobs::complete)).layer(DefaultBodyLimit::max(jobs::REPORT_LIMIT));
    let router = OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info.build()).build())
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::show))
        .routes(routes!(projects::databases))
        .routes(routes!(projects::sync))
        .routes(routes!(webhook::receive))
        .routes(routes!(releases::list))
        .routes(routes!(releases::show))
        .routes(routes!(rollouts::list))
        .routes(routes!(rollouts::show))
        .routes(routes!(rollouts::why))
        .routes(routes!(rollouts::approve))
        .routes(routes!(rollouts::reject))
        .routes(routes!(rollouts::pause))
        .routes(routes!(rollouts::resume))
        .routes(routes!(rollouts::cancel))
        .routes(routes!(rollouts::retry))
        .routes(routes!(events::stream))
        .routes(routes!(ofrep::evaluate))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::me))
        .routes(routes!(tokens::revoke))
        .routes(routes!(agents::list))
        .routes(routes!(agents::invite))
        .routes(routes!(agents::revoke))
        .routes(routes!(agents::enrol))
        .routes(routes!(agents::rotate))
        .routes(routes!(jobs::claim))
        .routes(routes!(jobs::bundle))
        .routes(routes!(jobs::renew))
        .routes(routes!(jobs::events))
        .merge(large)
        .routes(routes!(issuers::list, issuers::create))
        .routes(routes!(issuers::show, issuers::remove))
        .routes(routes!(workload::exchange))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics));
    let (router, mut document) = router.split_for_parts();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("token", bearer);
    (router, document)
}
