use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_project::git::Protocols;
use sluice_project::secret::Secret;
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Key, NewToken, Place, RunnerLock, Store, StoreError, Task, TokenKind, WorkKind};
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::app::App;
use crate::log::Log;
use crate::permission::{Grant, Role};
use crate::worker;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder for what it keeps: clones, its key, and its state where no other place is given.
    pub data: PathBuf,
    /// URL of the PostgreSQL database that several servers share.
    pub store: Option<Secret>,
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Whether repositories on this machine's disks may be followed.
    pub file_repositories: bool,
    /// Most bytes of a clone.
    pub clone_limit: u64,
    /// Whether issuers may be on this machine and in private networks.
    pub private_addresses: bool,
    /// How long events can be streamed again.
    pub keep_events: Duration,
}

/// A server that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its address.
    #[error("{address} cannot be listened at: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// The system.
    #[error("the system gives no {what}: {error}")]
    System {
        /// What is missing.
        what: &'static str,
        /// Why.
        #[source]
        error: std::io::Error,
    },
}

/// How many projects are worked on at the same time.
const WORKERS: usize = 4;

/// How often what is too old is looked for.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

/// How long requests may go on after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs a server until it is cancelled. `tell` is told once where it listens and, the first time, the token of its first admin.
///
/// # Errors
/// What keeps it from starting or from going on.
pub fn serve(
    options: &Options,
    cancel: &CancellationToken,
    tell: impl FnOnce(SocketAddr, Option<&str>),
) -> Result<(), ServeError> {
    let system = |what| move |error| ServeError::System { what, error };
    create_private(&options.data).map_err(system("data directory"))?;
    let data = std::fs::canonicalize(&options.data).map_err(system("data directory"))?;
    let _only = RunnerLock::try_take(&data, "serve")?;
    let place = match &options.store {
        Some(url) => Place::postgres(url.expose())?,
        None => Place::folder(&data),
    };
    let mut store = place.open_server()?;
    let key = Key::of(&data)?;
    if place.is_shared() {
        store.agree_on_key(&key)?;
    } else {
        store.release_leases()?;
    }
    for project in store.projects()? {
        // Whatever was going on is found out and gone on with.
        store.want(&Task::of_project(WorkKind::Reconcile, &project.name), Duration::ZERO)?;
    }
    let listener = TcpListener::bind(options.listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| ServeError::Listen { address: options.listen, error })?;
    let address = listener.local_addr().map_err(system("address"))?;
    let protocols = Protocols { files: options.file_repositories };
    let app = Arc::new(App::new(
        data,
        place,
        key,
        protocols,
        options.clone_limit,
        options.private_addresses,
        cancel.clone(),
        store,
    ));
    let told = Arc::downgrade(&app);
    app.place.listen(move |news| {
        if let Some(app) = told.upgrade() {
            app.hear(news);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(32)
        .build()
        .map_err(system("event loop"))?;
    let process = sluice_runner::context::user_at_host();
    let workers = (1..=WORKERS)
        .map(|number| {
            let (app, name) = (Arc::clone(&app), format!("worker-{number}"));
            let holder = format!("{name} of {process}");
            std::thread::Builder::new().name(name).spawn(move || worker::run(&app, &holder))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(system("threads"))?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(keep_house(Arc::clone(&app), options.keep_events));
        // Last of all: whoever does not hear of it cannot get in.
        let first = app.with_store(first_token).map_err(std::io::Error::other)?;
        tell(address, first.as_deref());
        let stopped = cancel.clone();
        let server = axum::serve(listener, api::router(Arc::clone(&app)))
            .with_graceful_shutdown(async move { stopped.cancelled().await });
        let farewell = async {
            cancel.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            served = async { server.await } => served,
            () = farewell => Ok(()),
        }
    });
    cancel.cancel();
    app.wake();
    for worker in workers {
        // A worker that panicked has said so.
        drop(worker.join());
    }
    served.map_err(system("connections"))
}

/// Makes a folder that nobody else reads; one that is there stays as it is.
fn create_private(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the token of the first admin where there is no token at all.
fn first_token(store: &mut Store) -> Result<Option<String>, StoreError> {
    let grants = [Grant { role: Role::Admin, project: None, environment: None }];
    let token = NewToken {
        kind: TokenKind::Person,
        identity: "admin".to_owned(),
        grants: serde_json::to_string(&grants).map_err(|error| StoreError::Json { what: "grants", error })?,
        created_by: "first start".to_owned(),
        expires_at: None,
    };
    let act = Act {
        actor: token.created_by.clone(),
        action: "token.create".to_owned(),
        project: String::new(),
        subject: token.identity.clone(),
        outcome: Outcome::Accepted,
        detail: serde_json::json!({ "grants": grants }),
    };
    store.create_first_token(&token, &act)
}

/// Forgets what is too old, now and then.
async fn keep_house(app: Arc<App>, events: Duration) {
    loop {
        let shared = Arc::clone(&app);
        let forget = move || shared.with_store(|store| store.forget_events(events));
        if let Ok(Err(error)) = tokio::task::spawn_blocking(forget).await {
            Log::about("store").line(&format!("old events cannot be removed: {error}"));
        }
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}
