use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use sluice_project::config::Config;
use sluice_project::layout::{Directory, Unsaved, without_dots};
use sluice_project::{Message, Project, ProjectError};
use sluice_review::{Reviewer, ServerVersion};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Severity, SourceFile};

use super::before::Befores;
use super::verdict::{Problem, Verdict};
use crate::args;
use crate::commands::check::{Item, Work, project};
use crate::error::CliError;

/// The projects of open files, by their configurations.
pub(super) struct Projects {
    /// The configuration that the command line names.
    config: Option<PathBuf>,
    /// Folders of the workspace.
    pub(super) folders: Vec<PathBuf>,
    known: HashMap<PathBuf, Known>,
    /// How often a project was read.
    reads: u64,
}

/// A project as it was read last.
#[derive(Default)]
pub(super) struct Known {
    /// The last one that could be read.
    pub(super) read: Option<ReadProject>,
    /// Why it cannot be read now.
    pub(super) failure: Option<Failure>,
    fresh: bool,
}

/// Why a project cannot be read.
pub(super) struct Failure {
    /// Everything that is wrong; paths are relative to the project.
    pub(super) messages: Vec<Message>,
    /// The configuration, if that can be read.
    pub(super) config: Option<Box<Config>>,
}

/// A project that could be read.
pub(super) struct ReadProject {
    project: Project,
    works: Vec<Work>,
    /// Paths of changes as they are shown, by where they are.
    paths: HashMap<PathBuf, String>,
    /// Differs from that of any other reading.
    number: u64,
}

impl Projects {
    pub(super) fn new(config: Option<PathBuf>, folders: Vec<PathBuf>) -> Self {
        Self { config, folders, known: HashMap::new(), reads: 0 }
    }

    /// The configuration that a file belongs to: the one of the command line, the nearest upwards, or that of a folder of the
    /// workspace.
    pub(super) fn config_of(&self, path: Option<&Path>) -> Option<PathBuf> {
        let upwards = |start: &Path| sluice_project::find_config(start).map(|found| without_dots(&found));
        self.config
            .clone()
            .or_else(|| path.and_then(Path::parent).and_then(upwards))
            .or_else(|| self.folders.iter().find_map(|folder| upwards(folder)))
    }

    /// The project of a configuration, read if need be.
    pub(super) fn get(
        &mut self,
        config: &Path,
        options: &args::Check,
        unsaved: impl FnOnce() -> Unsaved,
    ) -> &mut Known {
        let known = self.known.entry(config.to_path_buf()).or_default();
        if !known.fresh {
            self.reads += 1;
            known.fresh = true;
            match ReadProject::read(config, options, unsaved(), self.reads) {
                Ok(read) => *known = Known { read: Some(read), failure: None, fresh: true },
                Err(failure) => known.failure = Some(failure),
            }
        }
        known
    }

    /// Nothing that was read can be trusted.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    /// The project of a file is read again when it is needed, if the file is no change of it yet.
    pub(super) fn forget_without(&mut self, path: &Path) {
        let Some(config) = self.config_of(Some(path)) else { return };
        if let Some(known) = self.known.get_mut(&config)
            && known.read.as_ref().is_none_or(|read| read.shown(path).is_none())
        {
            known.forget();
        }
    }

    /// Everything is read again when it is needed.
    pub(super) fn forget(&mut self) {
        for known in self.known.values_mut() {
            known.fresh = false;
        }
    }
}

impl Known {
    /// To be read again when it is needed.
    pub(super) fn forget(&mut self) {
        self.fresh = false;
    }
}

impl Failure {
    fn of(error: ProjectError, config: Option<Config>) -> Self {
        Self { messages: error.messages, config: config.map(Box::new) }
    }

    fn of_options(error: &CliError, config: Config) -> Self {
        let messages = error.problems.iter().map(|problem| {
            let place = problem.place.clone().unwrap_or_else(|| sluice_project::config::FILE_NAME.to_owned());
            Message::about(place, problem.message.clone(), problem.help.clone())
        });
        Self { messages: messages.collect(), config: Some(Box::new(config)) }
    }

    /// Whether a file could be a change of the project.
    pub(super) fn may_hold(&self, root: &Path, path: &Path) -> bool {
        self.config.as_ref().is_none_or(|config| {
            config.project.migrations.iter().any(|dir| path.starts_with(without_dots(&root.join(dir))))
        })
    }
}

impl ReadProject {
    fn read(
        config_path: &Path,
        options: &args::Check,
        unsaved: Unsaved,
        number: u64,
    ) -> Result<Self, Failure> {
        let root = config_path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let config = match unsaved.get(config_path) {
            Some(text) => {
                let name = config_path.file_name().unwrap_or_default().to_string_lossy();
                Config::parse(&SourceFile::new(&*name, &**text))
            }
            None => sluice_project::read_config(config_path).map(|(_, config)| config),
        };
        let config = config.map_err(|error| Failure::of(error, None))?;
        let project = Project::read_unsaved(root.clone(), config.clone(), unsaved)
            .map_err(|error| Failure::of(error, Some(config.clone())))?;
        let works = project::whole(&project, options).map_err(|error| Failure::of_options(&error, config))?;
        let paths = project.changes().iter().map(|change| change.up.file.path());
        let paths = paths.map(|path| (without_dots(&root.join(path)), path.to_owned())).collect();
        Ok(Self { project, works, paths, number })
    }

    /// The path of a change as it is shown, if the file at `path` is one.
    pub(super) fn shown(&self, path: &Path) -> Option<String> {
        self.paths.get(path).cloned()
    }

    /// Reviews the changes of one file by another text of it; every other file is as it was read. `None` where everything is to
    /// be read again.
    pub(super) fn review(
        &mut self,
        shown: &str,
        text: &str,
        befores: &mut Befores,
        version: Option<ServerVersion>,
    ) -> Option<Verdict> {
        let mut verdict = Verdict::default();
        let places = self.places(shown);
        let first = *places.first()?;
        if self.project.changes().get(first).is_some_and(|change| change.up.file.text() != text) {
            let reread = self.project.reread(shown, text)?;
            let errors = reread.errors.iter();
            verdict.problems.extend(errors.map(|error| Problem::here(error, Severity::Error)));
            if reread.changes.is_empty() {
                return Some(verdict);
            }
            self.replace(&places, reread.changes);
        }
        for (number, work) in self.works.iter().enumerate() {
            let schema = befores.take(number, self.key(number, first), || replayed(work, first, version));
            let mut reviewer = Reviewer::new(schema, &work.policy, work.conditions(version));
            let last = places.last().copied().unwrap_or(first);
            let is_reviewed = |at: &usize| work.items.get(*at).is_some_and(|item| item.reviewed);
            verdict.engines += usize::from(places.iter().any(is_reviewed));
            for (at, item) in work.items.iter().enumerate().take(last + 1).skip(first) {
                if item.reviewed && places.contains(&at) {
                    reviewer.set_policy(work.measure(item).0);
                    verdict.findings.extend(item.findings.iter().cloned());
                    let mut review = reviewer.review(&item.script);
                    if let Some(masked) = &item.masked {
                        masked.reveal(&mut review);
                    }
                    verdict.findings.extend(review.findings);
                } else {
                    reviewer.replay(&item.script);
                }
            }
        }
        Some(verdict)
    }

    /// The changes, with the texts that were reviewed last.
    pub(super) fn directory(&self) -> &Directory {
        &self.project.directory
    }

    /// Whether everything before a file is as it was when it was reviewed last.
    pub(super) fn is_current(&self, shown: &str, befores: &Befores) -> bool {
        let Some(first) = self.places(shown).first().copied() else { return false };
        (0..self.works.len()).all(|number| befores.is_current(number, self.key(number, first)))
    }

    /// The changes of a file, each with the schema before it.
    pub(super) fn scripts(
        &self,
        shown: &str,
        befores: &mut Befores,
        version: Option<ServerVersion>,
    ) -> Vec<(Dialect, Schema, &Item)> {
        let places = self.places(shown);
        let Some(first) = places.first().copied() else { return Vec::new() };
        let mut scripts = Vec::new();
        for (number, work) in self.works.iter().enumerate() {
            let schema = befores.take(number, self.key(number, first), || replayed(work, first, version));
            let mut reviewer = Reviewer::new(schema, &work.policy, work.conditions(version));
            let last = places.last().copied().unwrap_or(first);
            for (at, item) in work.items.iter().enumerate().take(last + 1).skip(first) {
                if places.contains(&at) {
                    scripts.push((work.dialect, reviewer.schema().clone(), item));
                }
                if at < last {
                    reviewer.replay(&item.script);
                }
            }
        }
        scripts
    }

    fn places(&self, shown: &str) -> Vec<usize> {
        let changes = self.project.changes().iter().enumerate();
        changes.filter(|(_, change)| change.up.file.path() == shown).map(|(at, _)| at).collect()
    }

    fn replace(&mut self, places: &[usize], changes: Vec<sluice_rollout::Change>) {
        let substitute = self.project.config.placeholders.enabled;
        for (at, change) in places.iter().zip(changes) {
            for work in &mut self.works {
                if let Some(item) = work.items.get_mut(*at) {
                    item.take(&change, work.dialect, substitute);
                }
            }
            if let Some(old) = self.project.directory.changes.get_mut(*at) {
                *old = change;
            }
        }
    }

    /// Names everything that the schema before a change is made from.
    fn key(&self, work: usize, first: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.number, work, first).hash(&mut hasher);
        for change in self.project.changes().iter().take(first) {
            change.checksum.hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The schema before the change at `first`.
fn replayed(work: &Work, first: usize, version: Option<ServerVersion>) -> Schema {
    let mut reviewer = Reviewer::new(work.schema(), &work.policy, work.conditions(version));
    for item in work.items.iter().take(first) {
        reviewer.replay(&item.script);
    }
    reviewer.schema().clone()
}
