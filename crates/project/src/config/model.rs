use std::collections::BTreeMap;
use std::time::Duration;

use sluice_rollout::{Environment, Integrity, People, Selector, SelectorError, Target, TargetName};

use super::glob::Glob;
use super::pattern::FactPattern;
use crate::Message;
use crate::layout::Layout;
use crate::secret::SecretRef;

/// What `sluice.toml` says, with defaults filled in and every reference checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[project]`.
    pub project: ProjectSection,
    /// `[schema]`.
    pub schema: SchemaSection,
    /// `[placeholders]`.
    pub placeholders: Placeholders,
    /// `[policy]`.
    pub policy: Policy,
    /// `[apply]`.
    pub apply: Apply,
    /// `[people]`: groups for approvals.
    pub people: People,
    /// `[[group]]`, in file order.
    pub groups: Vec<Group>,
    /// `[[environment]]`, in file order, which is the order of rollouts.
    pub environments: Vec<Environment>,
    /// `[[database]]`, in file order.
    pub databases: Vec<DatabaseEntry>,
    /// `[review]`.
    pub review: Review,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Message>,
}

/// What the project is called and where its SQL is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSection {
    /// Name.
    pub name: String,
    /// Folders of migrations, relative to the configuration; none in a declarative project.
    pub migrations: Vec<String>,
    /// Folder of the schema as it is to be.
    pub schema: Option<String>,
    /// How the migrations are laid out; absent where it is to be detected.
    pub layout: Option<Layout>,
}

impl ProjectSection {
    /// Whether the way to the declared schema is computed, instead of being written as changes.
    pub fn is_declarative(&self) -> bool {
        self.schema.is_some() && self.migrations.is_empty()
    }
}

/// What of a schema counts, and what may be done to get to the declared one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaSection {
    /// Only these facts count; all of them where it is empty.
    pub include: Vec<FactPattern>,
    /// These do not.
    pub exclude: Vec<FactPattern>,
    /// Hazards that are accepted, by name.
    pub allow: Vec<String>,
    /// Where scratch databases are made for databases that do not say it.
    pub shadow: Option<Shadow>,
}

/// Where scratch databases are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shadow {
    /// On the database's own server.
    Own,
    /// On the server of this URL.
    At(SecretRef),
}

impl std::fmt::Display for Shadow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::At(reference) => reference.fmt(f),
        }
    }
}

/// Values for `${name}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placeholders {
    /// Whether anything is replaced.
    pub enabled: bool,
    /// Whether the file says so, the one or the other.
    pub decided: bool,
    /// Values by name.
    pub values: BTreeMap<String, String>,
}

/// What to do when repository and ledger disagree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Edited, removed and out-of-order changes.
    pub integrity: Integrity,
    /// A schema that differs from its snapshot.
    pub drift: DriftResponse,
    /// Rows that changes update or delete.
    pub backup: Backup,
}

/// What is kept of the rows that changes update or delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// Whether they are kept where a change does not say.
    pub on: bool,
    /// A statement that touches more rows is refused.
    pub rows: u64,
    /// How long they are kept.
    pub retention: Duration,
}

impl Default for Backup {
    fn default() -> Self {
        Self { on: false, rows: 100_000, retention: Duration::from_secs(30 * 86_400) }
    }
}

/// What to do about drift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DriftResponse {
    /// Do not look for it.
    #[default]
    Off,
    /// Refuse to run.
    Error,
    /// Say so and go on.
    Warn,
    /// Take the schema as it is for the new truth.
    Adopt,
}

/// How changes are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apply {
    /// How long a statement waits for its locks.
    pub lock_timeout: Duration,
    /// How many times a statement that got no lock is tried; at least 1.
    pub lock_attempts: u32,
    /// How long to wait for another run on the same database.
    pub lock_wait: Duration,
    /// How long a statement may run; `None` for as long as it takes.
    pub statement_timeout: Option<Duration>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
}

impl Default for Apply {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(3),
            lock_attempts: 10,
            lock_wait: Duration::from_mins(10),
            statement_timeout: None,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

/// A named set of databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique name.
    pub name: String,
    /// Which databases belong to it.
    pub selector: Selector,
}

/// One database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseEntry {
    /// Unique name.
    pub name: String,
    /// Name of an environment of the configuration.
    pub environment: String,
    /// Where its URL is.
    pub url: SecretRef,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Where scratch databases are made for it.
    pub shadow: Option<Shadow>,
    /// Labels of the agents that work on it; empty where the server itself does.
    pub agent: BTreeMap<String, String>,
}

impl DatabaseEntry {
    /// The database as selectors see it.
    pub fn target(&self) -> Target {
        Target {
            name: TargetName(self.name.clone()),
            environment: self.environment.clone(),
            engine: self.url.engine().map(str::to_owned),
            labels: self.labels.clone(),
        }
    }
}

/// What the review reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// `error`, `warning`, `info` or `never`.
    pub fail_on: String,
    /// Rule sets to start from.
    pub extends: Vec<String>,
    /// By rule id: a severity, or an object with `severity` and the rule's options.
    pub rules: BTreeMap<String, serde_json::Value>,
    /// Files that are not reviewed, as globs.
    pub ignore: Vec<Glob>,
    /// `[[review.override]]`, in file order.
    pub overrides: Vec<ReviewOverride>,
    /// Statistics that `sluice stats` has written, relative to the configuration.
    pub stats: Option<String>,
    /// Up to so many rows a table is small.
    pub small_table: u64,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            fail_on: "error".to_owned(),
            extends: Vec::new(),
            rules: BTreeMap::new(),
            ignore: Vec::new(),
            overrides: Vec::new(),
            stats: None,
            small_table: 10_000,
        }
    }
}

/// `[[review.override]]`: a part of the policy for changes to some files or databases. Conditions that are absent are true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewOverride {
    /// Line of the file, for messages.
    pub line: usize,
    /// Files.
    pub paths: Vec<Glob>,
    /// Names of environments.
    pub environments: Vec<String>,
    /// Engines.
    pub engines: Vec<String>,
    /// Databases.
    pub selector: Option<Selector>,
    /// Rule sets to start from.
    pub extends: Option<Vec<String>>,
    /// `error`, `warning`, `info` or `never`.
    pub fail_on: Option<String>,
    /// As [`Review::rules`].
    pub rules: BTreeMap<String, serde_json::Value>,
}

impl ReviewOverride {
    /// Whether what it says of files is true for one.
    pub fn is_about_file(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|glob| glob.matches(path))
    }

    /// Whether what it says of databases is true for one.
    ///
    /// # Errors
    /// Those of [`Selector::matches`].
    pub fn is_about_target(&self, target: &Target) -> Result<bool, SelectorError> {
        let listed = |list: &[String], item: &str| list.is_empty() || list.iter().any(|one| one == item);
        if !listed(&self.environments, &target.environment)
            || !listed(&self.engines, target.engine.as_deref().unwrap_or_default())
        {
            return Ok(false);
        }
        self.selector.as_ref().map_or(Ok(true), |selector| selector.matches(target))
    }
}

impl Config {
    /// The databases of an environment, in file order.
    pub fn databases_of(&self, environment: &str) -> impl Iterator<Item = &DatabaseEntry> {
        self.databases.iter().filter(move |database| database.environment == environment)
    }
}
