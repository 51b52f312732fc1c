use std::collections::{BTreeMap, BTreeSet, HashMap};

use sluice_project::config::{self, Config, DatabaseEntry, ReviewOverride};
use sluice_project::secret::SecretRef;
use sluice_review::Policy;
use sluice_rollout::{Change, Selector, Target, TargetFilter, TargetName};
use sluice_sql::Dialect;
use sluice_text::Severity;

use super::policy;
use crate::args::{self, Global};
use crate::error::CliError;
use crate::sites;
use crate::targets;

/// What a change is measured by.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    pub(super) policy: Policy,
    /// Lowest severity that fails; none for never.
    pub(super) fail_on: Option<Severity>,
}

/// Which databases of one engine changes go to, and what they are measured by there.
pub(super) struct Scope<'c> {
    review: &'c config::Review,
    pub(super) args: &'c args::Check,
    /// Databases of this engine that the options select, with the overrides that are about them, by index.
    targets: Vec<(Target, Vec<usize>)>,
    /// Databases that the options do not select, or of other engines.
    others: Vec<Target>,
    /// Measures that were needed so far.
    pub(super) measures: Vec<Measure>,
    made: HashMap<BTreeSet<Vec<usize>>, usize>,
    /// By the overrides that are about a file which goes everywhere.
    everywhere: BTreeMap<Vec<usize>, usize>,
}

impl<'c> Scope<'c> {
    /// The databases of `config` and, where a branch is reviewed, those of its base: taking one out of the configuration does not
    /// take it out of the policy.
    ///
    /// # Errors
    /// Environments, databases and expressions of the options that there are not; overrides that cannot be taken.
    pub(super) fn of(
        configs: &[&Config],
        review: &'c config::Review,
        dialect: Dialect,
        global: Option<&Global>,
        args: &'c args::Check,
    ) -> Result<Self, CliError> {
        if let Some(config) = configs.first()
            && let Some(global) = global
            && (global.env.is_some() || global.database.is_some())
        {
            sites::select(config, &global.selection())?;
        }
        let everywhere = configs.iter().flat_map(|config| &config.databases);
        let everywhere: Vec<Target> = everywhere.map(DatabaseEntry::target).collect();
        for one in &review.overrides {
            policy::with(review, &[one], args)?;
            // An override that never holds because of a slip would be a policy that is softer than it reads.
            let selector = one.selector.as_ref();
            let wrong = selector.and_then(|it| targets::labels_of_nobody(it, &everywhere).into_iter().next());
            if let Some((message, help)) = wrong {
                return Err(override_error(one, &message).help(help));
            }
        }
        let mut all: Vec<Target> = Vec::new();
        for config in configs {
            for target in config.databases.iter().map(|entry| known(entry, dialect)) {
                if !all.contains(&target) {
                    all.push(target);
                }
            }
        }
        let is_here = |target: &Target| target.engine.as_deref() == Some(dialect.name());
        if !all.iter().any(is_here) {
            // The engine was named on the command line: whatever the configuration has is taken to be of it.
            let environments = configs.iter().flat_map(|config| &config.environments);
            let names: BTreeSet<&str> = environments.map(|environment| environment.name.as_str()).collect();
            if all.is_empty() {
                all.extend(names.iter().map(|name| unnamed(name)));
            }
            if all.is_empty() {
                all.push(unnamed(""));
            }
            for target in &mut all {
                target.engine = Some(dialect.name().to_owned());
            }
        }
        let selected = global.map(|global| Selected::of(configs, global)).transpose()?;
        let (mut targets, mut others) = (Vec::new(), Vec::new());
        for target in all {
            let selected = selected.as_ref().map_or(Ok(true), |selected| selected.has(&target))?;
            if is_here(&target) && selected {
                let mut about = Vec::new();
                for (at, one) in review.overrides.iter().enumerate() {
                    let is_about =
                        one.is_about_target(&target).map_err(|error| override_error(one, &error))?;
                    about.extend(is_about.then_some(at));
                }
                targets.push((target, about));
            } else {
                others.push(target);
            }
        }
        let (made, everywhere) = (HashMap::new(), BTreeMap::new());
        Ok(Self { review, args, targets, others, measures: Vec::new(), made, everywhere })
    }

    /// Whether no database is selected.
    pub(super) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The index of what a change is measured by: the strictest of the policies of the databases that it goes to. None where it
    /// goes to none of the databases of this engine that are selected.
    ///
    /// # Errors
    /// An expression that has no answer for a database.
    pub(super) fn measure(
        &mut self,
        change: &Change,
        selector: Option<&Selector>,
    ) -> Result<Option<usize>, CliError> {
        let path = change.up.file.path();
        let overrides = self.review.overrides.iter().enumerate();
        let of_file: Vec<usize> =
            overrides.filter(|(_, one)| one.is_about_file(path)).map(|(at, _)| at).collect();
        let Some(selector) = selector else {
            if let Some(at) = self.everywhere.get(&of_file) {
                return Ok(Some(*at));
            }
            let all = self.targets.iter().map(|(_, about)| about);
            let at = self.made(sets(all, &of_file))?;
            self.everywhere.insert(of_file, at);
            return Ok(Some(at));
        };
        let matches = |target: &Target| {
            selector.matches(target).map_err(|error| {
                CliError::usage(format!("{path}: the directive targets fails on {}: {error}", target.name))
            })
        };
        let mut chosen = Vec::new();
        for (target, about) in &self.targets {
            if matches(target)? {
                chosen.push(about);
            }
        }
        if chosen.is_empty() {
            for target in &self.others {
                if matches(target)? {
                    return Ok(None);
                }
            }
            // No database has it yet: it may go anywhere.
            chosen.extend(self.targets.iter().map(|(_, about)| about));
        }
        let sets = sets(chosen.into_iter(), &of_file);
        self.made(sets).map(Some)
    }

    fn made(&mut self, sets: BTreeSet<Vec<usize>>) -> Result<usize, CliError> {
        if let Some(at) = self.made.get(&sets) {
            return Ok(*at);
        }
        let mut policies = Vec::new();
        let mut fail_on: Option<Severity> = None;
        for set in &sets {
            let overrides: Vec<&ReviewOverride> =
                set.iter().filter_map(|at| self.review.overrides.get(*at)).collect();
            policies.push(policy::with(self.review, &overrides, self.args)?);
            let own = policy::fail_on_with(self.review, &overrides, self.args);
            fail_on = match (fail_on, own) {
                (Some(left), Some(right)) => Some(left.min(right)),
                (left, right) => left.or(right),
            };
        }
        let policy = match Policy::strictest(&policies) {
            Some(policy) => policy,
            None => policy::of(self.review, self.args)?,
        };
        self.measures.push(Measure { policy, fail_on });
        let at = self.measures.len() - 1;
        self.made.insert(sets, at);
        Ok(at)
    }
}

/// The overrides that are about a file and a database, for each of the databases; equal ones once.
fn sets<'a>(about: impl Iterator<Item = &'a Vec<usize>>, of_file: &[usize]) -> BTreeSet<Vec<usize>> {
    about.map(|about| about.iter().copied().filter(|at| of_file.contains(at)).collect()).collect()
}

fn override_error(one: &ReviewOverride, error: &dyn std::fmt::Display) -> CliError {
    CliError::usage(format!("{}:{}: [[review.override]]: {error}", config::FILE_NAME, one.line))
}

/// A database of an environment that has none.
fn unnamed(environment: &str) -> Target {
    Target {
        name: TargetName(String::new()),
        environment: environment.to_owned(),
        engine: None,
        labels: BTreeMap::new(),
    }
}

/// A database as selectors see it; one whose engine cannot be told without asking it is taken for one of `dialect`.
fn known(entry: &DatabaseEntry, dialect: Dialect) -> Target {
    let engine = engine_of(entry).unwrap_or_else(|| dialect.name().to_owned());
    Target { engine: Some(engine), ..entry.target() }
}

/// The engine of a database, as far as its URL tells.
pub(super) fn engine_of(entry: &DatabaseEntry) -> Option<String> {
    match &entry.url {
        SecretRef::Env(name) => {
            let url = std::env::var(name).ok()?;
            sluice_project::secret::engine_of(&url).map(str::to_owned)
        }
        other => other.engine().map(str::to_owned),
    }
}

/// What `--env` and `--database` select.
struct Selected<'c> {
    env: Option<&'c str>,
    filter: Option<TargetFilter>,
    configs: &'c [&'c Config],
}

impl<'c> Selected<'c> {
    fn of(configs: &'c [&'c Config], global: &'c Global) -> Result<Self, CliError> {
        let filter = global.database.as_deref().map(TargetFilter::parse).transpose();
        let filter = filter.map_err(|error| CliError::usage(format!("--database: {error}")))?;
        Ok(Self { env: global.env.as_deref(), filter, configs })
    }

    fn has(&self, target: &Target) -> Result<bool, CliError> {
        if self.env.is_some_and(|env| env != target.environment) {
            return Ok(false);
        }
        let Some(filter) = &self.filter else { return Ok(true) };
        let group = |name: &str| {
            let groups = self.configs.iter().flat_map(|config| &config.groups);
            groups.into_iter().find(|group| group.name == name).map(|group| &group.selector)
        };
        filter.matches(target, group).map_err(|error| CliError::usage(format!("--database: {error}")))
    }
}
