use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sluice_engine::{Applied, ApplyError, DbError, DbErrorKind, Inspection};
use sluice_project::bundle::{self, BundleError, Signer};
use sluice_report::Problem;
use sluice_rollout::Provenance;
use sluice_runner::remote::{Apply, Remote, Report, Task};
use sluice_runner::sites::Site;
use sluice_runner::{Context, Exit, RunError};
use sluice_store::{Cap, JobState, Key, NewJob, StoreError};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::log::Log;

/// How long an agent that takes a look is waited for.
const LOOK_PATIENCE: Duration = Duration::from_secs(20);

/// How long an agent that looks may take.
const LOOK_LIMIT: Duration = Duration::from_secs(120);

/// Longest rest between two looks at a job, also where nobody tells of it.
const REST: Duration = Duration::from_secs(1);

/// How often a store that does not answer is asked again, each a [`REST`] after the other.
const PATIENCE: u32 = 12;

/// The server's key, as it signs for agents.
pub struct ServerSigner<'a>(pub &'a Key);

impl Signer for ServerSigner<'_> {
    fn key_id(&self) -> String {
        self.0.public()
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign_bytes(bytes)
    }
}

/// A signature in base64.
pub fn sign(key: &Key, text: &str) -> String {
    BASE64_STANDARD.encode(key.sign_bytes(text.as_bytes()))
}

/// The agents of a project's databases, for one look at it.
pub struct Agents {
    app: Arc<App>,
    log: Log,
    project: String,
    release: String,
    bundle: String,
    /// Whether the bundle is where agents get it.
    kept: OnceLock<()>,
    /// Cancelled when this process is to leave the project alone; agents go on then.
    leave: CancellationToken,
}

impl Agents {
    /// Of a project that has databases of agents; `None` for others.
    ///
    /// # Errors
    /// A project that cannot be given to agents.
    pub fn of(app: &Arc<App>, context: &Context, config: &Path) -> Result<Option<Self>, RunError> {
        let project = &context.project;
        let Some(entry) = project.config.databases.iter().find(|entry| !entry.agent.is_empty()) else {
            return Ok(None);
        };
        if project.config.project.is_declarative() {
            let message = format!("{}: agents do not work on databases of a declared schema yet", entry.name);
            return Err(RunError::usage(message).help("use migrations, or let the server reach the database"));
        }
        let provenance: Provenance = project.origin().provenance;
        let failed = |error: BundleError| {
            let problem = Problem::error(error.to_string()).help(Some(error.help().to_owned()));
            RunError::new(Exit::Usage, problem)
        };
        let bundle = bundle::seal(project, config, provenance, &ServerSigner(&app.key)).map_err(failed)?;
        let name = project.config.project.name.clone();
        Ok(Some(Self {
            app: Arc::clone(app),
            log: Log::about(&name),
            project: name,
            release: context.digest().0,
            bundle,
            kept: OnceLock::new(),
            leave: context.cancel.clone(),
        }))
    }

    /// Has a job done; what the agent reports.
    fn run(&self, site: &Site<'_>, task: &Task, stop: &Stop<'_>) -> Result<Report, ApplyError> {
        self.ask(|| {
            if self.kept.get().is_none() {
                self.app.with_store(|store| store.put_bundle(&self.release, &self.bundle))?;
                let _ = self.kept.set(());
            }
            Ok(())
        })?;
        let request = serde_json::to_string(task).map_err(|error| self.lost(&error.to_string()))?;
        let environment = &site.target.environment;
        let most = stop.most;
        let job = NewJob {
            project: &self.project,
            subject: &site.target.name.0,
            environment,
            labels: &site.entry.agent,
            release: &self.release,
            request: &request,
            takes_up: matches!(task, Task::Apply { .. }),
            instance: None,
            wave: most.map(|most| Cap { name: environment, most }),
        };
        let id = self.ask(|| self.app.with_store(|store| store.put_job(&job)))?;
        self.wait_for(site, &id, stop)
    }

    fn wait_for(&self, site: &Site<'_>, id: &str, stop: &Stop<'_>) -> Result<Report, ApplyError> {
        let (began, mut told, mut held) = (Instant::now(), false, String::new());
        loop {
            let seen = self.app.wakes();
            let state = self.ask(|| self.app.with_store(|store| store.job(id)))?;
            match state {
                JobState::Done(outcome) => {
                    let report = serde_json::from_str(&outcome);
                    self.ask(|| self.app.with_store(|store| store.forget_job(id)))?;
                    return report
                        .map_err(|error| self.lost(&format!("its report is not understood: {error}")));
                }
                JobState::Gone => return Err(self.lost("somebody else has taken the work back")),
                JobState::Queued | JobState::Claimed => {}
            }
            if self.leave.is_cancelled() {
                return Err(ApplyError::Cancelled { running: None });
            }
            let queued = state == JobState::Queued;
            let wanted = stop.wanted();
            let late = stop.limit.is_some_and(|(queued_most, most)| {
                began.elapsed() >= if queued { queued_most } else { most }
            });
            if queued && (late || wanted.is_some()) {
                if self.ask(|| self.app.with_store(|store| store.withdraw_job(id)))? {
                    return Err(match wanted {
                        Some(wanted) if wanted == CANCELLED => ApplyError::Cancelled { running: None },
                        Some(reason) => ApplyError::Held { reason },
                        None => self.nobody(site),
                    });
                }
            } else if late {
                return Err(self.nobody(site));
            }
            if queued && !told && began.elapsed() >= LOOK_PATIENCE {
                self.log.line(&format!("{}: waits for an agent with {}", site.target.name, labels(site)));
                told = true;
            }
            let wanted = wanted.unwrap_or_default();
            if wanted != held {
                self.ask(|| self.app.with_store(|store| store.hold_job(id, &wanted)))?;
                held = wanted;
            }
            self.app.rest(seen, REST);
        }
    }

    /// Asks the store, and again where it is away for a moment: agents go on meanwhile.
    fn ask<T>(&self, mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, ApplyError> {
        let mut tries = 0;
        loop {
            match work() {
                Ok(found) => return Ok(found),
                Err(error) if error.passes() && tries < PATIENCE && !self.leave.is_cancelled() => {
                    tries += 1;
                    self.app.rest(self.app.wakes(), REST);
                }
                Err(error) => return Err(self.lost(&error.to_string())),
            }
        }
    }

    fn nobody(&self, site: &Site<'_>) -> ApplyError {
        let message = format!("{}: no agent with {} answers", site.target.name, labels(site));
        let mut error = DbError::new(DbErrorKind::Connect, message);
        error.hint = Some("see that `sluice agent` runs there, with these labels".to_owned());
        ApplyError::Connect(error)
    }

    fn lost(&self, what: &str) -> ApplyError {
        ApplyError::Lost(DbError::new(DbErrorKind::Connect, format!("the agent's work is lost: {what}")))
    }
}

/// The hold that ends a job instead of keeping it from going on.
pub const CANCELLED: &str = "cancelled";

/// What may end a job early.
struct Stop<'a> {
    may_go_on: &'a dyn Fn() -> Result<(), String>,
    cancel: Option<&'a CancellationToken>,
    /// How long nobody may take it, and how long it may take.
    limit: Option<(Duration, Duration)>,
    most: Option<u32>,
}

impl Stop<'_> {
    fn wanted(&self) -> Option<String> {
        if self.cancel.is_some_and(CancellationToken::is_cancelled) {
            return Some(CANCELLED.to_owned());
        }
        (self.may_go_on)().err()
    }
}

fn labels(site: &Site<'_>) -> String {
    let labels = site.entry.agent.iter().map(|(name, value)| format!("{name}={value}"));
    labels.collect::<Vec<_>>().join(", ")
}

impl Remote for Agents {
    fn look(&self, site: &Site<'_>) -> Result<Inspection, ApplyError> {
        let stop = Stop {
            may_go_on: &|| Ok(()),
            cancel: None,
            limit: Some((LOOK_PATIENCE, LOOK_LIMIT)),
            most: None,
        };
        self.run(site, &Task::Look, &stop)?.seen()
    }

    fn apply(
        &self,
        site: &Site<'_>,
        order: &Apply,
        may_go_on: &dyn Fn() -> Result<(), String>,
        cancel: &CancellationToken,
    ) -> Result<Applied, ApplyError> {
        let task = Task::Apply {
            rollout: order.rollout.clone(),
            planned: order.planned.clone(),
            commit: order.identity.commit_id.clone(),
            author: order.identity.author.clone(),
        };
        let stop = Stop { may_go_on, cancel: Some(cancel), limit: None, most: order.most };
        self.run(site, &task, &stop)?.applied()
    }
}
