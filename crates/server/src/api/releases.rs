use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use sluice_store::StoredRelease;
use utoipa::ToSchema;

use crate::access::{Call, read};
use crate::api::projects::about;
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::Action;
use crate::problem::Problem;

/// A release: the same content has the same digest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Release {
    /// Content digest.
    digest: String,
    /// Project.
    project: String,
    /// When it was first made.
    created_at: String,
    /// Commit that it comes from.
    commit: Option<String>,
    /// Who wrote that commit.
    author: Option<String>,
    /// How many changes it has.
    changes: usize,
}

/// A page of releases.
#[derive(Debug, Serialize, ToSchema)]
pub struct Releases {
    /// Newest first.
    releases: Vec<Release>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// A release and what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseDetail {
    /// The release.
    release: Release,
    /// Its changes in order.
    changes: Vec<Change>,
}

/// A change of a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Version.
    version: String,
    /// Name.
    name: String,
    /// Path in the repository.
    path: String,
    /// `versioned` or `repeatable`.
    kind: String,
    /// `algorithm:hex`.
    checksum: String,
}

/// Lists releases
#[utoipa::path(get, path = "/api/v1/releases", tag = "releases", security(("token" = [])),
    params(("project" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Releases), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        let page: PageQuery = work.call.query()?;
        let limit = page.limit()?;
        let projects = wanted(&work.caller, page.project.as_deref());
        let more = limit.saturating_add(1);
        let mut releases = work.store.release_page(projects.as_deref(), page.cursor.as_deref(), more)?;
        let next = (releases.len() > limit).then(|| releases.pop()).flatten();
        let next = next.and_then(|_| releases.last().map(|release| release.digest.0.clone()));
        Ok(Releases { releases: releases.iter().map(view).collect(), next })
    })
    .await
}

/// Shows a release
#[utoipa::path(get, path = "/api/v1/releases/{release}", tag = "releases", security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = ReleaseDetail), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        let release = work.store.release(&digest).map_err(|_| Problem::missing("release", &digest))?;
        work.require(Action::Read, about(&release.project), "release.show")?;
        let changes = release.changes.iter().map(|change| Change {
            version: change.version.clone(),
            name: change.name.clone(),
            path: change.path.clone(),
            kind: change.kind.to_string(),
            checksum: change.checksum.clone(),
        });
        Ok(ReleaseDetail { release: view(&release), changes: changes.collect() })
    })
    .await
}

/// The projects of a list: those that may be seen, or the one that is asked for if it may; `None` for all.
pub fn wanted(caller: &crate::access::Caller, project: Option<&str>) -> Option<Vec<String>> {
    match project {
        Some(project) if caller.sees(project) => Some(vec![project.to_owned()]),
        Some(_) => Some(Vec::new()),
        None => caller.projects(),
    }
}

fn view(release: &StoredRelease) -> Release {
    Release {
        digest: release.digest.0.clone(),
        project: release.project.clone(),
        created_at: release.created_at.clone(),
        commit: release.provenance.commit.clone(),
        author: release.provenance.author.clone(),
        changes: release.changes.len(),
    }
}
