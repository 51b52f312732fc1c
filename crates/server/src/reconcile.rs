//! Brings the databases of a project to what its branch wants: level-triggered, from whatever it finds.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sluice_engine::ApplyError;
use sluice_project::git::{Checkout, GitError, RepositoryUrl};
use sluice_report::Problem as Finding;
use sluice_rollout::{Digest, Outcome, Release};
use sluice_runner::context::{Needs, Setting};
use sluice_runner::deploy::{Deploy, Deployed, put_release};
use sluice_runner::error::problem_of;
use sluice_runner::planning::Survey;
use sluice_runner::remote::Remote;
use sluice_runner::sites::{Site, Trust};
use sluice_runner::tracker::{Tracker, gates};
use sluice_runner::{Context, Exit, RunError, Selection};
use sluice_store::audit::{self, Act};
use sluice_store::{
    Lease, Observation, ProjectState, Store, StoreError, StoredDatabase, StoredProject, StoredRelease,
};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::log::Log;
use crate::remote::Agents;

/// How long another process that runs rollouts of the same project is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Soonest second look, whatever a gate says.
const SOONEST: Duration = Duration::from_millis(200);

/// Looks at a project and does what is left to do. Answers when to look again.
pub fn reconcile(app: &Arc<App>, lease: &Lease, cancel: &CancellationToken) -> Duration {
    let log = Log::about(&lease.project);
    let project = match app.with_store(|store| store.project(&lease.project)) {
        Ok(Some(project)) => project,
        Ok(None) => return Duration::from_secs(86_400),
        Err(error) => {
            log.line(&format!("the store does not answer: {error}"));
            return Duration::from_secs(5);
        }
    };
    let interval = jittered(Duration::from_secs(u64::from(project.interval_seconds)));
    let look = Look { app, lease, cancel, log: &log, project: &project };
    let seen = look.run().unwrap_or_else(|trouble| Seen::new(trouble.state, trouble.message));
    if cancel.is_cancelled() {
        // What was stopped is no news about the project.
        return Duration::ZERO;
    }
    if !seen.observation.message.is_empty() && seen.observation.message != project.seen.message {
        log.line(&format!("{}: {}", seen.observation.state.name(), seen.observation.message));
    }
    let kept = app.with_store(|store| store.observe_project(&project.name, lease.fence, &seen.observation));
    if let Err(error) = kept {
        log.line(&format!("what was seen cannot be kept: {error}"));
    }
    seen.opens.map_or(interval, |opens| opens.clamp(SOONEST, interval))
}

/// Lets history be another one from here on: somebody has looked at it.
///
/// # Errors
/// A store that takes no writes.
pub fn accept_rewritten(store: &mut Store, project: &str) -> Result<(), StoreError> {
    store.forget_history(project)
}

/// A tenth earlier or later, so that projects are not looked at all at once.
fn jittered(interval: Duration) -> Duration {
    let random = sluice_store::random_hex(2).ok().and_then(|hex| u32::from_str_radix(&hex, 16).ok());
    let part = f64::from(random.unwrap_or_default()) / 65_536.0;
    interval.mul_f64(0.9 + part * 0.2)
}

/// What a look came to.
struct Seen {
    observation: Observation,
    /// When a gate opens by itself.
    opens: Option<Duration>,
}

impl Seen {
    fn new(state: ProjectState, message: impl Into<String>) -> Self {
        let observation = Observation { state, message: message.into(), commit: None, release: None };
        Self { observation, opens: None }
    }
}

/// Why a look came to nothing.
struct Trouble {
    state: ProjectState,
    message: String,
}

impl From<GitError> for Trouble {
    fn from(error: GitError) -> Self {
        Self { state: ProjectState::Unreachable, message: error.to_string() }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self { state: ProjectState::Failed, message: error.to_string() }
    }
}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        let state = match error.exit {
            Exit::Usage => ProjectState::Invalid,
            Exit::Waiting => ProjectState::Held,
            _ => ProjectState::Failed,
        };
        Self { state, message: told(&error.problems) }
    }
}

/// Problems in a few lines of text, each with its place.
fn told(problems: &[Finding]) -> String {
    const TOLD: usize = 10;
    let line = |problem: &Finding| match &problem.place {
        Some(place) => format!("{place}: {}", problem.message),
        None => problem.message.clone(),
    };
    let mut lines: Vec<String> = problems.iter().take(TOLD).map(line).collect();
    if problems.len() > TOLD {
        lines.push(format!("and {} more", problems.len().saturating_sub(TOLD)));
    }
    lines.join("\n")
}

/// One look at a project.
struct Look<'a> {
    app: &'a Arc<App>,
    lease: &'a Lease,
    cancel: &'a CancellationToken,
    log: &'a Log,
    project: &'a StoredProject,
}

impl Look<'_> {
    fn run(&self) -> Result<Seen, Trouble> {
        let commit = self.fetch()?;
        let follows = match &self.project.seen.commit {
            Some(before) => *before == commit || self.checkout()?.follows(&commit, before)?,
            None => true,
        };
        match self.deploy(&commit, follows) {
            Ok(mut seen) => {
                seen.observation.commit = Some(commit);
                Ok(seen)
            }
            Err(trouble) => {
                let mut seen = Seen::new(trouble.state, trouble.message);
                // What does not follow must be held against what was released first, also when the next one follows it.
                seen.observation.commit = follows.then_some(commit);
                Ok(seen)
            }
        }
    }

    fn checkout(&self) -> Result<Checkout, Trouble> {
        let url = RepositoryUrl::parse(&self.project.url, self.app.protocols);
        let url = url.map_err(|error| Trouble {
            state: ProjectState::Unreachable,
            message: format!("{}: {error}", self.project.url),
        })?;
        let folder = self.app.data.join("checkouts").join(&self.project.name);
        Ok(Checkout::new(folder, url, self.project.branch.clone(), self.app.clone_limit))
    }

    fn fetch(&self) -> Result<String, Trouble> {
        let checkout = self.checkout()?;
        let commit = checkout.fetch(&|| self.cancel.is_cancelled())?;
        checkout.check_out(&commit)?;
        Ok(commit)
    }

    fn deploy(&self, commit: &str, follows: bool) -> Result<Seen, Trouble> {
        let (app, project) = (self.app, self.project);
        let checkout = self.checkout()?;
        let folder = checkout.folder().join(&project.path);
        let (root, config) = sluice_project::read_config(&folder.join("sluice.toml")).map_err(|error| {
            let mut trouble = Trouble::from(RunError::from(error));
            trouble.message = self.in_repository(&trouble.message);
            trouble
        })?;
        if config.project.name != project.name {
            return Err(Trouble {
                state: ProjectState::Invalid,
                message: format!(
                    "sluice.toml is that of the project `{}`, and this one is called `{}`",
                    config.project.name, project.name
                ),
            });
        }
        let setting = Setting {
            root,
            trust: Trust::Others { state: app.data.clone(), agents: true },
            selection: Selection::default(),
            state: app.state(&project.name).under(self.lease),
            listener: Arc::new(self.log.clone()),
        };
        let needs = Needs::Databases { rollouts: true };
        let mut context = Context::load(config, setting, self.cancel.clone(), needs).map_err(|error| {
            let mut trouble = Trouble::from(error);
            trouble.message = self.in_repository(&trouble.message);
            trouble
        })?;
        let agents = Agents::of(app, &context, Path::new("sluice.toml"))?;
        context.remote = agents.map(|agents| -> Arc<dyn Remote> { Arc::new(agents) });
        let digest = context.digest();
        if !follows {
            self.check_history(commit, &context, &digest)?;
        }
        if project.seen.release.as_ref() != Some(&digest) {
            let mut provenance = context.project.origin().provenance;
            provenance.repository = Some(project.url.clone());
            provenance.reference = Some(project.branch.clone());
            self.record("release.create", &digest.0, serde_json::json!({ "commit": commit }))?;
            put_release(&mut context.state.open()?, &context.project.release(provenance))?;
        }
        let mut seen = self.roll_out(&context, &digest)?;
        seen.observation.release = Some(digest);
        Ok(seen)
    }

    /// Without the folders of this machine.
    fn in_repository(&self, message: &str) -> String {
        let folder = self.app.data.join("checkouts").join(&self.project.name);
        message.replace(&format!("{}/", folder.display()), "")
    }

    /// Sounds the alarm where history was rewritten below what was released: what is applied cannot be taken back by that.
    fn check_history(&self, commit: &str, context: &Context, digest: &Digest) -> Result<(), Trouble> {
        let (Some(before), Some(released)) = (&self.project.seen.commit, &self.project.seen.release) else {
            return Ok(());
        };
        if released == digest {
            return Ok(());
        }
        let released = context.state.open()?.release(&released.0)?;
        let lost = lost(&released, &context.project.release(released.provenance.clone()));
        if lost.is_empty() {
            return Ok(());
        }
        Err(Trouble {
            state: ProjectState::Rewritten,
            message: format!(
                "history was rewritten: {commit} does not follow {before}, and changes that were released are gone or others: {}",
                lost.join(", ")
            ),
        })
    }

    fn roll_out(&self, context: &Context, digest: &Digest) -> Result<Seen, Trouble> {
        let sites = context.distinct_sites()?;
        if let Some(seen) = self.decided(context, digest)? {
            return Ok(seen);
        }
        let deploy = Deploy {
            context,
            sites: &sites,
            wait: Duration::ZERO,
            lock_wait: LOCK_WAIT,
            retry: false,
            confirm: &|_| Ok(()),
        };
        let before = context.state.open()?.latest_rollout(digest)?.map(|rollout| rollout.summary.id);
        let Deployed { surveys, ran, .. } = deploy.run()?;
        let Some(ran) = ran else {
            self.keep_databases(&sites, &surveys)?;
            return Ok(Seen::new(ProjectState::Synced, ""));
        };
        let surveys = if ran.results.is_empty() {
            surveys
        } else {
            sluice_runner::planning::survey(context, &sites, false)
        };
        self.keep_databases(&sites, &surveys)?;
        let id = ran.tracker.id();
        if before.as_deref() != Some(id) {
            self.record("rollout.start", id, serde_json::json!({ "release": digest }))?;
        }
        let seen = standing(&ran.tracker, ran.outcome);
        self.settle(&ran.tracker);
        Ok(seen)
    }

    /// What is already known: a rollout that a person has ended, or one where nothing has happened since nothing was left to do.
    fn decided(&self, context: &Context, digest: &Digest) -> Result<Option<Seen>, Trouble> {
        let store = context.state.open()?;
        let Some(latest) = store.latest_rollout(digest)? else { return Ok(None) };
        match latest.summary.status.as_str() {
            status @ ("cancelled" | "rejected") => {
                let message =
                    format!("rollout {} was {status}: a new commit makes a new release", latest.summary.id);
                Ok(Some(Seen::new(ProjectState::Held, message)))
            }
            "succeeded" => Ok(None),
            _ => {
                let known = (latest.summary.id.clone(), latest.summary.generation, self.lease.wanted);
                let settled = self.app.settled.lock().unwrap_or_else(PoisonError::into_inner);
                if settled.get(&self.project.name) != Some(&known) {
                    return Ok(None);
                }
                drop(settled);
                let tracker = Tracker::open(store, latest)?;
                let now = tracker.now();
                let due = tracker
                    .rollout()
                    .why(now)
                    .iter()
                    .any(|reason| reason.opens_at.is_some_and(|at| at <= now));
                let outcome = tracker.rollout().outcome(now).filter(|_| !due);
                Ok(outcome.map(|outcome| standing(&tracker, outcome)))
            }
        }
    }

    /// Records what the server does by itself, because the branch wants it.
    fn record(&self, action: &str, subject: &str, detail: serde_json::Value) -> Result<(), Trouble> {
        let act = Act {
            actor: "server".to_owned(),
            action: action.to_owned(),
            project: self.project.name.clone(),
            subject: subject.to_owned(),
            outcome: audit::Outcome::Accepted,
            detail,
        };
        Ok(self.app.with_store(|store| store.audit(&act)).map(drop)?)
    }

    /// Remembers that nothing is left to do until somebody decides or a gate opens.
    fn settle(&self, tracker: &Tracker) {
        let mut settled = self.app.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (tracker.id().to_owned(), tracker.generation(), self.lease.wanted);
        settled.insert(self.project.name.clone(), known);
    }

    fn keep_databases(&self, sites: &[Site<'_>], surveys: &[Survey]) -> Result<(), Trouble> {
        let databases: Vec<StoredDatabase> =
            sites.iter().zip(surveys).map(|(site, survey)| database(site, survey)).collect();
        let project = &self.lease.project;
        // Not if somebody else has taken over meanwhile, and knows better.
        let mut store = self.app.state(project).under(self.lease).open()?;
        Ok(store.put_databases(project, &databases)?)
    }
}

/// How a rollout stands, for the project.
fn standing(tracker: &Tracker, outcome: Outcome) -> Seen {
    let now = tracker.now();
    let state = match outcome {
        Outcome::Succeeded => return Seen::new(ProjectState::Synced, ""),
        Outcome::WaitingAtGate | Outcome::Paused => ProjectState::RollingOut,
        Outcome::Failed | Outcome::Inconclusive => ProjectState::Failed,
        Outcome::Cancelled | Outcome::Rejected => ProjectState::Held,
    };
    let gates = gates(tracker.rollout(), now);
    let closed: Vec<String> = gates
        .iter()
        .filter(|gate| gate.result != "pass")
        .map(|gate| match gate.environment.as_str() {
            "" => gate.reason.clone(),
            environment => format!("{environment}: {}", gate.reason),
        })
        .collect();
    let mut seen = Seen::new(state, format!("rollout {}: {}", tracker.id(), closed.join("; ")));
    let next = tracker.rollout().why(now).into_iter().filter_map(|reason| reason.opens_at).min();
    seen.opens = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
    seen
}

fn database(site: &Site<'_>, survey: &Survey) -> StoredDatabase {
    let name = &site.target.name.0;
    let (state, pending, applied, message) = match &survey.found {
        Err(error) => ("unreachable", None, Vec::new(), unreachable(error)),
        Ok((inspection, decision)) => {
            let complete = inspection.ledger.revisions.iter().filter(|revision| revision.state.is_complete());
            let applied = complete.map(|revision| revision.version.clone()).collect();
            let problems: Vec<Finding> =
                decision.problems.iter().map(|problem| problem_of(problem, name)).collect();
            let state = match (decision.is_refused(), decision.pending.is_empty()) {
                (true, _) => "refused",
                (false, true) => "up-to-date",
                (false, false) => "behind",
            };
            (state, Some(decision.pending.len()), applied, told(&problems))
        }
    };
    StoredDatabase {
        name: name.clone(),
        environment: site.target.environment.clone(),
        labels: site.target.labels.clone(),
        state: state.to_owned(),
        pending,
        applied,
        message,
        seen_at: String::new(),
    }
}

fn unreachable(error: &ApplyError) -> String {
    error.to_string()
}

/// Changes of a release that another one does not have as they were.
fn lost(before: &StoredRelease, after: &Release) -> Vec<String> {
    let kept = |version: &str, checksum: &str| {
        after.changes.iter().any(|change| change.version == version && change.checksum.as_str() == checksum)
    };
    before
        .changes
        .iter()
        .filter(|change| !kept(&change.version, &change.checksum))
        .map(|change| Path::new(&change.path).display().to_string())
        .collect()
}
