use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sluice_project::git::Protocols;
use sluice_store::audit::{Act, Outcome};
use sluice_store::{Key, NewToken, RunnerLock, Store, StoreError, TokenKind, WorkKind};
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::app::App;
use crate::permission::{Grant, Role};
use crate::worker;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it keeps everything.
    pub data: PathBuf,
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Whether repositories on this machine's disks may be followed.
    pub file_repositories: bool,
    /// Most bytes of a clone.
    pub clone_limit: u64,
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

/// How often it is looked for events that somebody waits for.
const GLANCE: Duration = Duration::from_millis(20);

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
    let mut store = Store::open_server(&data)?;
    let key = Key::of(&data)?;
    for project in store.projects()? {
        // Whatever was going on is found out and gone on with.
        store.want(WorkKind::Reconcile, &project.name, Duration::ZERO)?;
    }
    store.release_leases()?;
    let listener = TcpListener::bind(options.listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| ServeError::Listen { address: options.listen, error })?;
    let address = listener.local_addr().map_err(system("address"))?;
    let protocols = Protocols { files: options.file_repositories };
    let app = Arc::new(App::new(data, key, protocols, options.clone_limit, cancel.clone(), store));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(32)
        .build()
        .map_err(system("event loop"))?;
    let workers = (1..=WORKERS)
        .map(|number| {
            let (app, name) = (Arc::clone(&app), format!("worker-{number}"));
            std::thread::Builder::new().name(name.clone()).spawn(move || worker::run(&app, &name))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(system("threads"))?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(watch(Arc::clone(&app)));
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
    if !store.tokens()?.is_empty() {
        return Ok(None);
    }
    let grants = [Grant { role: Role::Admin, project: None, environment: None }];
    let token = NewToken {
        kind: TokenKind::Person,
        identity: "admin".to_owned(),
        grants: serde_json::to_string(&grants).map_err(|error| StoreError::Json { what: "grants", error })?,
        created_by: "first start".to_owned(),
        expires_at: None,
    };
    store.audit(&Act {
        actor: token.created_by.clone(),
        action: "token.create".to_owned(),
        project: String::new(),
        subject: token.identity.clone(),
        outcome: Outcome::Accepted,
        detail: serde_json::json!({ "grants": grants }),
    })?;
    store.create_token(&token).map(|(_, text)| Some(text))
}

/// Looks for new events while somebody waits for them.
async fn watch(app: Arc<App>) {
    loop {
        tokio::time::sleep(GLANCE).await;
        if app.watchers.load(Ordering::Relaxed) == 0 {
            continue;
        }
        let shared = Arc::clone(&app);
        let end = tokio::task::spawn_blocking(move || shared.with_store(|store| store.feed_end())).await;
        if let Ok(Ok(end)) = end {
            app.latest.send_if_modified(|latest| std::mem::replace(latest, end) != end);
        }
    }
}
