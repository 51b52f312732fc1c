use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sluice_engine::ledger::Identity;
use sluice_engine::{
    Admin, ApplyError, Connect, Database, DbError, DbErrorKind, EventSink, Inspection, Timing,
};
use sluice_facts::{Hazard, Scope};
use sluice_project::config::Config;
use sluice_project::{Project, ProjectError};
use sluice_report::Problem;
use sluice_rollout::{Digest, Provenance, Selector, Target, TargetName};
use sluice_sql::Dialect;
use sluice_store::State;
use tokio_util::sync::CancellationToken;

use crate::ahead::{Ahead, Sight};
use crate::declared::Known;
use crate::error::{Exit, RunError};
use crate::listener::Listener;
use crate::places;
use crate::remote::Remote;
use crate::scope::{self, Counted};
use crate::secrets::Secrets;
use crate::sites::{self, Connection, Resolver, Selection, Site, Trust};
use crate::targets;

/// A project and what is selected of it.
pub struct Context {
    /// The project.
    pub project: Project,
    /// What is selected.
    pub selection: Selection,
    /// Where releases and rollouts are kept.
    pub state: State,
    /// Who is told what goes on.
    pub listener: Arc<dyn Listener>,
    /// Cancelled when the user wants to stop.
    pub cancel: CancellationToken,
    /// What is wrong with the files, where the command goes on without them: the project has no changes then.
    pub wrong_files: Vec<Problem>,
    /// `targets` directives, by index of the change.
    selectors: Vec<Option<Selector>>,
    /// How databases and shadows are reached.
    pub resolver: Resolver,
    /// What was found out on shadows.
    pub known: Known,
    counted: Option<Counted>,
    allowed: Vec<Hazard>,
    ahead: Ahead,
    /// Who works on databases of agents.
    pub remote: Option<Arc<dyn Remote>>,
}

/// Refuses folders outside of the repository: what lies beside a checkout is of other projects.
fn stays_inside(root: &Path, config: &Config) -> Result<(), RunError> {
    let Ok(root) = std::fs::canonicalize(root) else { return Ok(()) };
    let repository = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root);
    let project = &config.project;
    for folder in project.migrations.iter().chain(&project.schema) {
        // One that is not there is told by whoever reads it.
        if std::fs::canonicalize(root.join(folder)).is_ok_and(|real| !real.starts_with(repository)) {
            return Err(RunError::usage(format!("{folder} is outside of the repository"))
                .help("name folders of the repository in `migrations` and `schema`"));
        }
    }
    Ok(())
}

/// Where a project is, and for whom it is read.
pub struct Setting {
    /// Folder of the configuration.
    pub root: PathBuf,
    /// How far the configuration is trusted.
    pub trust: Trust,
    /// What is selected.
    pub selection: Selection,
    /// Where releases and rollouts are kept.
    pub state: State,
    /// Who is told what goes on.
    pub listener: Arc<dyn Listener>,
}

/// What is needed of a project.
#[derive(Debug, Clone, Copy)]
pub enum Needs {
    /// Only the configuration: nothing that is wrong with the migrations is in its way.
    Configuration,
    /// The migrations, too.
    Files,
    /// The migrations and a look at every selected database, which begins while the files are read.
    Databases {
        /// Whether to look for rollouts that are not over, too.
        rollouts: bool,
    },
    /// A thorough look at every selected database; the migrations, if nothing is wrong with them.
    Ledgers,
}

impl Context {
    /// Reads the project of a configuration, as much of it as is needed.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration and the files; only with the configuration where the ledgers are what is
    /// needed.
    pub fn load(
        config: Config,
        setting: Setting,
        cancel: CancellationToken,
        needs: Needs,
    ) -> Result<Self, RunError> {
        let Setting { root, trust, selection, state, listener } = setting;
        if trust != Trust::Own {
            stays_inside(&root, &config)?;
        }
        let read = |config: Config| Project::read(root.clone(), config);
        let resolver = Resolver {
            secrets: Secrets::default(),
            run_id: run_id(),
            cancel: cancel.clone(),
            root: root.clone(),
            trust,
        };
        let without = |config: Config| Project::without_files(root.clone(), config);
        let mut wrong_files = Vec::new();
        let (mut project, ahead) = match needs {
            Needs::Databases { rollouts } => {
                let sight = Sight { thorough: false, rollouts, needs_files: true };
                let (read, ahead) = Ahead::look(config, &selection, &state, &resolver, sight, read);
                (read?, ahead)
            }
            Needs::Ledgers => {
                let sight = Sight { thorough: true, rollouts: false, needs_files: false };
                let (read, ahead) = Ahead::look(config.clone(), &selection, &state, &resolver, sight, read);
                let project = read.unwrap_or_else(|error| {
                    wrong_files = RunError::from(error).problems;
                    without(config)
                });
                (project, ahead)
            }
            Needs::Files => (read(config)?, Ahead::default()),
            Needs::Configuration => (without(config), Ahead::default()),
        };
        let selectors = match targets::compile(project.changes(), &project.config.databases) {
            Ok(selectors) => selectors,
            Err(error) if matches!(needs, Needs::Ledgers) => {
                wrong_files = error.problems;
                project = without(project.config);
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        for warning in project.warnings() {
            listener.message(&format!("warning: {warning}"));
        }
        let named = |name: &String| Hazard::parse(name);
        Ok(Self {
            counted: Counted::of(&project.config),
            allowed: project.config.schema.allow.iter().filter_map(named).collect(),
            known: Known::default(),
            project,
            selection,
            state,
            listener,
            cancel,
            wrong_files,
            selectors,
            resolver,
            ahead,
            remote: None,
        })
    }

    /// Accepts hazards of computed statements.
    pub fn allow(&mut self, hazards: Vec<Hazard>) {
        self.allowed.extend(hazards);
    }

    /// Whether computed statements may have a hazard.
    pub fn allows(&self, hazard: Hazard) -> bool {
        self.allowed.contains(&hazard)
    }

    /// What of schemas counts; everything where nothing was said.
    pub fn scope(&self) -> Option<&dyn Scope> {
        scope::of(self.counted.as_ref())
    }

    /// What was seen of a database while the files were read. It is told once.
    pub fn seen(&self, name: &TargetName, thorough: bool) -> Option<Result<Inspection, ApplyError>> {
        self.ahead.take(name, thorough)
    }

    /// The name that the project's release has.
    pub fn digest(&self) -> Digest {
        self.ahead.digest().cloned().unwrap_or_else(|| self.project.digest())
    }

    /// Whether a rollout of a release may be left from an earlier process.
    pub fn may_be_rolled_out(&self, release: &Digest) -> bool {
        self.ahead.may_be_rolled_out(release)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.project.config
    }

    /// Name of the layout of the project's files.
    pub fn layout(&self) -> &'static str {
        self.project.directory.detection.layout.name()
    }

    /// The databases that `--env` and `--database` select, in the order of the environments.
    ///
    /// # Errors
    /// As [`sites::select`].
    pub fn sites(&self) -> Result<Vec<Site<'_>>, RunError> {
        sites::select(self.config(), &self.selection)
    }

    /// As [`Context::sites`], for what runs changes: refuses two names of one database.
    ///
    /// # Errors
    /// Those of [`Context::sites`] and [`places::check`].
    pub fn distinct_sites(&self) -> Result<Vec<Site<'_>>, RunError> {
        let sites = self.sites()?;
        places::check(self.config(), &sites, &self.resolver)?;
        Ok(sites)
    }

    /// Time limits from the configuration.
    pub fn timing(&self) -> Timing {
        let apply = &self.config().apply;
        Timing {
            lock_timeout: apply.lock_timeout,
            lock_attempts: apply.lock_attempts,
            lock_wait: apply.lock_wait,
            statement_timeout: apply.statement_timeout,
            // Less than a lease: by the time that somebody else may begin, a runner that stands still has lost its lock.
            idle: (self.resolver.trust != Trust::Own).then_some(Duration::from_secs(10)),
            ..Timing::default()
        }
    }

    /// What is kept of rows that changes touch, from the configuration.
    pub fn backup(&self) -> sluice_engine::backup::Policy {
        let backup = self.config().policy.backup;
        sluice_engine::backup::Policy { on: backup.on, rows: backup.rows, retention: backup.retention }
    }

    /// Whether the change at `index` is for this target.
    pub fn applies(&self, index: usize, target: &Target) -> bool {
        self.selectors
            .get(index)
            .and_then(Option::as_ref)
            // `connection` has refused a target on which it fails.
            .is_none_or(|selector| selector.matches(target).unwrap_or(false))
    }

    /// Values for `${name}` on a target; `None` where placeholders are not enabled.
    pub fn placeholders(&self, target: &Target) -> Option<BTreeMap<String, String>> {
        let placeholders = &self.config().placeholders;
        placeholders.enabled.then(|| {
            let mut values = target.labels.clone();
            values.insert("database".to_owned(), target.name.0.clone());
            values.insert("environment".to_owned(), target.environment.clone());
            values.extend(placeholders.values.clone());
            values
        })
    }

    /// Resolves a target's URL.
    ///
    /// # Errors
    /// Those of [`Resolver::connection`]; a `targets` directive that fails on the target; changes that are written for another
    /// engine.
    pub fn connection(&self, site: &Site<'_>) -> Result<Connection, DbError> {
        let connection = self.resolver.connection(self.config(), site, &self.cancel)?;
        if site.target.engine.is_none() {
            self.check_targets(&connection.target)?;
        }
        self.check_product(&connection.target)?;
        Ok(connection)
    }

    /// The URL of a database that has refused the password of `refused`: asked for again.
    ///
    /// # Errors
    /// Those of [`Context::connection`].
    pub fn renew(&self, site: &Site<'_>, refused: &str) -> Result<String, DbError> {
        self.resolver.secrets.forget(&site.entry.url, refused);
        Ok(self.connection(site)?.connect.url)
    }

    /// Does something with a database. A secret that was asked for earlier in this process, and that the database does not
    /// take any more, is asked for once again.
    ///
    /// # Errors
    /// Those of [`Context::connection`] and of `work`.
    pub fn connected<T>(
        &self,
        site: &Site<'_>,
        mut work: impl FnMut(Connection) -> Result<T, ApplyError>,
    ) -> Result<T, ApplyError> {
        let connection = self.connection(site).map_err(ApplyError::Connect)?;
        let (known_before, url) = (connection.known_before, connection.connect.url.clone());
        let result = work(connection);
        let refused = matches!(
            &result,
            Err(ApplyError::Connect(error) | ApplyError::Lost(error)) if error.kind == DbErrorKind::Authentication
        );
        if refused && known_before && self.resolver.secrets.forget(&site.entry.url, &url) {
            return work(self.connection(site).map_err(ApplyError::Connect)?);
        }
        result
    }

    /// Holds the engine that the migrations' own tool has written down against the one that they would run on.
    fn check_product(&self, target: &Target) -> Result<(), DbError> {
        let (Some(written), Some(engine)) = (&self.project.directory.product, &target.engine) else {
            return Ok(());
        };
        if written.suits(engine) {
            return Ok(());
        }
        let mut error = DbError::new(
            DbErrorKind::Url,
            format!(
                "{}: the migrations are written for {}, and this is {engine}",
                written.place, written.word
            ),
        );
        error.hint = Some("point the database's url at an engine that they are written for".to_owned());
        Err(error)
    }

    /// Holds every `targets` directive against a target whose engine is known only now.
    fn check_targets(&self, target: &Target) -> Result<(), DbError> {
        for (change, selector) in self.project.changes().iter().zip(&self.selectors) {
            let failed = selector.as_ref().and_then(|selector| targets::failure(change, selector, target));
            if let Some(message) = failed {
                let mut error =
                    DbError::new(DbErrorKind::Url, format!("{}: {message}", targets::place(change)));
                error.hint = Some("correct the expression".to_owned());
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whoever works on a database in place of this process; `None` where this process does.
    pub fn remote_of(&self, site: &Site<'_>) -> Option<&dyn Remote> {
        self.remote.as_deref().filter(|_| !self.resolver.reaches(site.entry))
    }

    /// A database that an agent has looked at, as directives of changes see it.
    ///
    /// # Errors
    /// Those of [`Context::connection`] that are about the engine.
    pub fn seen_by_agent(&self, site: &Site<'_>, dialect: Dialect) -> Result<Target, DbError> {
        let mut target = site.target.clone();
        if target.engine.is_none() {
            target.engine = Some(dialect.name().to_owned());
            self.check_targets(&target)?;
        }
        self.check_product(&target)?;
        Ok(target)
    }

    /// A thread's own runtime: each target is worked on by one thread.
    ///
    /// # Errors
    /// When the system gives no more file descriptors or threads.
    pub fn runtime() -> Result<tokio::runtime::Runtime, RunError> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            RunError::new(
                Exit::Unreachable,
                Problem::error(format!("the system gives no event loop: {error}")),
            )
        })
    }

    /// Commit and author for the ledger's entries about these changes, by index: none where the commit does not have every one of
    /// them as it is here, which is said.
    pub fn authorship(
        &self,
        provenance: &Provenance,
        pending: BTreeSet<usize>,
    ) -> (Option<String>, Option<String>) {
        let known = (provenance.commit.clone(), provenance.author.clone());
        let Some(commit) = provenance.commit.as_deref().filter(|_| provenance.dirty) else { return known };
        let changes = pending.iter().filter_map(|index| self.project.changes().get(*index));
        let reason = match self.project.differences_of(commit, changes) {
            Ok(differences) if differences.is_empty() => return known,
            Ok(differences) => {
                let paths: Vec<&str> = differences.iter().take(3).map(|(path, _)| path.as_str()).collect();
                let more = if differences.len() > paths.len() { ", …" } else { "" };
                format!("{}{more} not as committed", paths.join(", "))
            }
            Err(error) => error.to_string(),
        };
        let warning = Problem::warning(format!("{reason}: the ledger will name no commit"))
            .help(Some("commit first, so that the history tells where a change comes from".to_owned()));
        self.listener.warning(&warning);
        (None, None)
    }

    /// What changes the ledger of a database that `connect` reaches.
    pub fn admin<'a>(
        &self,
        database: &'a dyn Database,
        connect: &'a Connect,
        events: &'a EventSink,
    ) -> Admin<'a> {
        Admin { database, connect, identity: self.identity(), timing: self.timing(), events }
    }

    /// Who runs this, as ledgers record it.
    pub fn identity(&self) -> Identity {
        Identity { run_id: self.resolver.run_id.clone(), applied_by: user_at_host(), ..Identity::default() }
    }
}

impl From<ProjectError> for RunError {
    fn from(error: ProjectError) -> Self {
        let problems = error
            .messages
            .iter()
            .map(|message| {
                Problem::error(message.message.clone()).at(message.place()).help(message.help.clone())
            })
            .collect();
        Self { exit: Exit::Usage, problems }
    }
}

/// Unique for this process and start: time and process id.
pub fn run_id() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", since.as_millis(), std::process::id())
}

/// `user@host` of this process; `SLUICE_ACTOR` comes before it.
pub fn user_at_host() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(actor) = variable("SLUICE_ACTOR") {
        return actor;
    }
    let user = variable("USER")
        .or_else(|| variable("LOGNAME"))
        .or_else(account)
        .unwrap_or_else(|| "unknown".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|host| host.trim().to_owned())
        .or_else(|| variable("HOSTNAME"))
        .unwrap_or_else(|| "localhost".to_owned());
    format!("{user}@{host}")
}

/// Name of the account that this process runs under, where the system keeps its accounts in a file.
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    fields
        .into_iter()
        .find(|fields| fields.get(2) == Some(&uid.as_str()))?
        .first()
        .map(|name| (*name).to_owned())
}

/// Calls `work` for every item on at most `parallel` threads; results come in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], parallel: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let next = AtomicUsize::new(0);
    let threads = parallel.clamp(1, items.len().max(1));
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let worker = || {
            let mut results = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return results };
                results.push((at, work(item)));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Events that nobody listens to.
pub fn silent() -> sluice_engine::EventSink {
    Arc::new(|_| {})
}
