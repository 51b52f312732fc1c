use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_project::git::RepositoryUrl;
use sluice_store::{Observation, ProjectState, Store, StoredDatabase, StoredProject};
use utoipa::ToSchema;

use crate::access::{Call, change, read};
use crate::api::webhook;
use crate::app::App;
use crate::page::PageQuery;
use crate::permission::{Action, Scope};
use crate::problem::Problem;
use crate::reconcile;

/// A repository that is followed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    /// Name, as in its sluice.toml.
    name: String,
    /// Where git finds it.
    url: String,
    /// Protected branch.
    branch: String,
    /// Folder of sluice.toml in the repository; empty for its root.
    path: String,
    /// How often it is looked at.
    interval_seconds: u32,
    /// `new`, `synced`, `rolling-out`, `held`, `unreachable`, `invalid`, `rewritten` or `failed`.
    state: &'static str,
    /// What is wrong or waited for; empty when nothing is.
    message: String,
    /// Newest commit that was seen.
    commit: Option<String>,
    /// Release that it wants.
    release: Option<String>,
    /// When it was looked at last.
    seen_at: Option<String>,
    /// RFC 3339 in UTC.
    created_at: String,
    /// Who has made it known.
    created_by: String,
}

/// A page of projects.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projects {
    /// By name.
    projects: Vec<Project>,
    /// Cursor of the next page.
    next: Option<String>,
}

/// A repository that is to be followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Name, as in its sluice.toml.
    name: String,
    /// `https://…`, `ssh://…` or `user@host:path`, without a password.
    url: String,
    /// Protected branch; `main` by default.
    branch: Option<String>,
    /// Folder of sluice.toml in the repository; its root by default.
    path: Option<String>,
    /// How often it is looked at without a webhook, 10 to 86400; 180 by default.
    interval_seconds: Option<u32>,
}

/// A project that was made known, and what its forge must know.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedProject {
    /// The project.
    project: Project,
    /// Path of its webhook.
    webhook_path: String,
    /// Secret of its webhook.
    webhook_secret: String,
}

/// What a look at the branch is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Goes on although history was rewritten below what was released: a person has looked at it.
    #[serde(default)]
    accept_rewritten: bool,
}

/// A database as it was seen last. Its ledger is the truth.
#[derive(Debug, Serialize, ToSchema)]
pub struct Database {
    /// Name.
    name: String,
    /// Environment.
    environment: String,
    /// Labels.
    labels: BTreeMap<String, String>,
    /// `up-to-date`, `behind`, `refused` or `unreachable`.
    state: String,
    /// How many changes of the release it does not have.
    pending: Option<usize>,
    /// Versions that are applied.
    applied: Vec<String>,
    /// What is wrong; empty when nothing is.
    message: String,
    /// When it was seen.
    seen_at: String,
}

/// The databases of a project.
#[derive(Debug, Serialize, ToSchema)]
pub struct Databases {
    /// By environment and name.
    databases: Vec<Database>,
}

/// Lists projects
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", security(("token" = [])),
    params(("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, body = Projects), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    read(app, call, |work| {
        let page: PageQuery = work.call.query()?;
        let seen: Vec<StoredProject> =
            work.store.projects()?.into_iter().filter(|project| work.caller.sees(&project.name)).collect();
        let (part, next) = page.part(seen, |project| &project.name)?;
        Ok(Projects { projects: part.into_iter().map(view).collect(), next })
    })
    .await
}

/// Shows a project
#[utoipa::path(get, path = "/api/v1/projects/{project}", tag = "projects", security(("token" = [])),
    params(("project" = String, Path)),
    responses((status = 200, body = Project), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        work.require(Action::Read, about(&name), "project.show")?;
        Ok(view(find(work.store, &name)?))
    })
    .await
}

/// Shows the databases of a project
#[utoipa::path(get, path = "/api/v1/projects/{project}/databases", tag = "projects", security(("token" = [])),
    params(("project" = String, Path)),
    responses((status = 200, body = Databases), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn databases(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    read(app, call, move |work| {
        work.require(Action::Read, about(&name), "project.databases")?;
        find(work.store, &name)?;
        let databases = work.store.databases(&name)?.into_iter().map(database).collect();
        Ok(Databases { databases })
    })
    .await
}

/// Makes a project known
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", security(("token" = [])),
    request_body = NewProject,
    responses((status = 201, body = CreatedProject), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Problem> {
    change(app, call, StatusCode::CREATED, |work| {
        work.require(Action::Configure, Scope::default(), "project.create")?;
        let new: NewProject = work.call.body()?;
        let branch = new.branch.unwrap_or_else(|| "main".to_owned());
        let path = new.path.unwrap_or_default();
        let interval_seconds = new.interval_seconds.unwrap_or(180);
        check_name(&new.name)?;
        check_branch(&branch)?;
        check_path(&path)?;
        if !(10..=86_400).contains(&interval_seconds) {
            return Err(Problem::invalid("interval_seconds: give a number from 10 to 86400"));
        }
        RepositoryUrl::parse(&new.url, work.app.protocols)
            .map_err(|error| Problem::invalid(format!("url: {error}")))?;
        let project = StoredProject {
            name: new.name.clone(),
            url: new.url,
            branch,
            path,
            interval_seconds,
            created_at: String::new(),
            created_by: work.caller.identity.clone(),
            seen: Observation {
                state: ProjectState::New,
                message: String::new(),
                commit: None,
                release: None,
            },
            seen_at: None,
        };
        let detail = json!({ "url": project.url, "branch": project.branch, "path": project.path });
        work.accept("project.create", &new.name, &new.name, detail)?;
        if !work.store.create_project(&project)? {
            let detail = format!("there is a project `{}` already", new.name);
            return Err(Problem::new(StatusCode::CONFLICT, "exists", detail));
        }
        work.app.want(&new.name)?;
        Ok(CreatedProject {
            project: view(find(work.store, &new.name)?),
            webhook_path: format!("/api/v1/projects/{}/webhook", new.name),
            webhook_secret: webhook::secret(&work.app.key, &new.name),
        })
    })
    .await
}

/// Has a project's branch looked at now
#[utoipa::path(post, path = "/api/v1/projects/{project}/sync", tag = "projects", security(("token" = [])),
    params(("project" = String, Path)), request_body = Sync,
    responses((status = 202, body = Project), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub async fn sync(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    change(app, call, StatusCode::ACCEPTED, move |work| {
        work.require(Action::Release, about(&name), "project.sync")?;
        let sync: Sync = work.call.body()?;
        find(work.store, &name)?;
        let detail = json!({ "accept_rewritten": sync.accept_rewritten });
        work.accept("project.sync", &name, &name, detail)?;
        if sync.accept_rewritten {
            reconcile::accept_rewritten(work.store, &name)?;
        }
        work.app.want(&name)?;
        Ok(view(find(work.store, &name)?))
    })
    .await
}

/// About a project as a whole.
pub fn about(project: &str) -> Scope<'_> {
    Scope { project: Some(project), environment: None }
}

/// A project by its name.
///
/// # Errors
/// There is none.
pub fn find(store: &Store, name: &str) -> Result<StoredProject, Problem> {
    store.project(name)?.ok_or_else(|| Problem::missing("project", name))
}

fn view(project: StoredProject) -> Project {
    Project {
        name: project.name,
        url: project.url,
        branch: project.branch,
        path: project.path,
        interval_seconds: project.interval_seconds,
        state: project.seen.state.name(),
        message: project.seen.message,
        commit: project.seen.commit,
        release: project.seen.release.map(|release| release.0),
        seen_at: project.seen_at,
        created_at: project.created_at,
        created_by: project.created_by,
    }
}

fn database(database: StoredDatabase) -> Database {
    let StoredDatabase { name, environment, labels, state, pending, applied, message, seen_at } = database;
    Database { name, environment, labels, state, pending, applied, message, seen_at }
}

/// A name becomes a folder, and a part of paths.
fn check_name(name: &str) -> Result<(), Problem> {
    let fine = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if fine {
        return Ok(());
    }
    Err(Problem::invalid("name: give 1 to 64 letters, digits, `-`, `_` and `.`, the first a letter or digit"))
}

/// As git has it, without what only looks like a name.
fn check_branch(branch: &str) -> Result<(), Problem> {
    let fine = !branch.is_empty()
        && branch.len() <= 200
        && !branch.starts_with(['-', '/', '.'])
        && !branch.ends_with(['/', '.'])
        && !branch.ends_with(".lock")
        && !branch.contains("..")
        && !branch.contains("//")
        && !branch.contains("/.")
        && branch.chars().all(|c| c.is_alphanumeric() || "-_./+#".contains(c));
    if fine { Ok(()) } else { Err(Problem::invalid("branch: this is no name of a branch")) }
}

fn check_path(path: &str) -> Result<(), Problem> {
    let fine = path.split('/').all(|part| !matches!(part, "." | ".." | ".git") && !part.contains('\\'))
        && !path.starts_with('/')
        && !path.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(Problem::invalid("path: give a folder below the repository's root")) }
}
