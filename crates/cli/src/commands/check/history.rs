use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sluice_project::config;
use sluice_project::git::{self, Difference, GitError, Tree};
use sluice_project::{Project, layout};
use sluice_rollout::{Change, ChangeKind, Checksum, Integrity, Response};

/// A change as a base has it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) version: String,
    pub(super) key: String,
    pub(super) path: String,
    pub(super) kind: ChangeKind,
    pub(super) checksum: Checksum,
}

impl From<&Change> for Known {
    fn from(change: &Change) -> Self {
        Self {
            version: change.version.clone(),
            key: change.key.clone(),
            path: change.up.file.path().to_owned(),
            kind: change.kind,
            checksum: change.checksum.clone(),
        }
    }
}

/// The rule about changes that the base has otherwise.
const EDITED: &str = "integrity/edited-change";

/// What the changes of a project are held against.
#[derive(Debug, Default)]
pub(super) struct Base {
    /// What the branch began from, by key.
    began: HashMap<String, Known>,
    /// Those of which the texts were read.
    texts: HashMap<String, Change>,
    /// What the base has by now, where that is more.
    tip: Option<HashMap<String, Known>>,
    /// Why its changes could not be read, so that not everything was compared.
    pub(super) unreadable: Option<String>,
}

/// Where the changes of a project stand against a base.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// By index: the change is new or edited.
    pub(super) new: Vec<bool>,
    /// By index: what is wrong with the change.
    pub(super) wrong: Vec<Option<Wrong>>,
    /// By index: what the base has instead of the edited change, where its text is known.
    pub(super) edited: HashMap<usize, Option<Change>>,
    /// What only the base has.
    pub(super) removed: Vec<(Known, Wrong)>,
}

/// A commit of the base.
pub(super) struct Commit<'c> {
    pub(super) id: &'c str,
    /// `[project]` as it is there: a branch does not choose where its base has its changes.
    pub(super) config: &'c config::ProjectSection,
}

impl Commit<'_> {
    fn tree(&self) -> Result<Tree, GitError> {
        let within: Vec<&str> = self.config.migrations.iter().map(String::as_str).collect();
        git::tree(Path::new("."), self.id, &within)
    }

    /// Whether it finds its changes where the project finds them.
    fn is_laid_out_like(&self, project: &Project) -> bool {
        let own = &project.config.project;
        self.config.migrations == own.migrations && self.config.layout == own.layout
    }

    /// The layout of its changes; none where its files must tell.
    fn layout(&self, project: &Project) -> Option<layout::Layout> {
        let is_told_by_files = project.config.project.layout.is_none() && !project.changes().is_empty();
        self.config.layout.or(is_told_by_files.then_some(project.directory.detection.layout))
    }
}

/// A finding about a change's place in history.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) rule: &'static str,
    pub(super) message: String,
    pub(super) help: &'static str,
    /// What a deployment does about it.
    pub(super) response: Response,
}

impl Wrong {
    /// Whether the base has the change otherwise.
    pub(super) fn is_edited(&self) -> bool {
        self.rule == EDITED
    }
}

impl Base {
    /// The changes that are listed somewhere.
    pub(super) fn listed(changes: impl IntoIterator<Item = Known>) -> Self {
        Self { began: by_key(changes), ..Self::default() }
    }

    /// What a branch or commit has, and what the present branch began from.
    ///
    /// # Errors
    /// [`GitError`] where git does not know the commits, or fails.
    pub(super) fn of_commits(
        project: &Project,
        began: &Commit<'_>,
        tip: &Commit<'_>,
    ) -> Result<Self, GitError> {
        let here = Path::new(".");
        let tree = began.tree()?;
        let files: Vec<(&str, &[u8])> = project
            .changes()
            .iter()
            .map(|change| (change.up.file.path(), change.up.file.text().as_bytes()))
            .collect();
        let by_path: HashMap<&str, Difference> = tree.differences(here, &files)?.into_iter().collect();
        let difference = |change: &Change| by_path.get(change.up.file.path()).copied();
        let is_edited =
            project.changes().iter().any(|change| difference(change) == Some(Difference::Changed));
        let is_removed =
            |path: &str| path.to_ascii_lowercase().ends_with(".sql") && !Path::new(path).exists();
        // Where a file says the order of the others, what is a change is not told by the files alone.
        let by_names = layout::compare(project.directory.detection.layout, "1", "2").is_some();
        let is_alike = by_names && began.is_laid_out_like(project);
        let mut base = Self::default();
        if is_alike && !is_edited && !tree.paths().any(is_removed) {
            let same = project.changes().iter().filter(|change| difference(change).is_none());
            base.began = by_key(same.map(Known::from));
        } else {
            let changes = base.read(began.layout(project), began, &tree)?;
            base.began = by_key(changes.iter().map(Known::from));
            base.texts = changes.into_iter().map(|change| (change.key.clone(), change)).collect();
        }
        if tip.id != began.id {
            let later = tip.tree()?;
            if later != tree || !tip.is_laid_out_like(project) {
                let changes = base.read(tip.layout(project), tip, &later)?;
                base.tip = Some(by_key(changes.iter().map(Known::from)));
            }
        }
        Ok(base)
    }

    /// The changes in the files of a commit. Where they cannot be read, that is kept to be told.
    fn read(
        &mut self,
        layout: Option<layout::Layout>,
        commit: &Commit<'_>,
        tree: &Tree,
    ) -> Result<Vec<Change>, GitError> {
        let failed =
            |error: std::io::Error| GitError::Failed { command: "cat-file", reason: error.to_string() };
        let folder = tempfile::Builder::new().prefix("sluice-").tempdir().map_err(failed)?;
        let root = tree.export(Path::new("."), folder.path())?;
        let folders: Vec<PathBuf> = commit.config.migrations.iter().map(PathBuf::from).collect();
        for one in &folders {
            std::fs::create_dir_all(root.join(one)).map_err(failed)?;
        }
        match layout::read(&root, &folders, layout) {
            Ok(directory) => Ok(directory.changes),
            Err(error) => {
                let first = error.messages.first().map(ToString::to_string).unwrap_or_default();
                self.unreadable = first.lines().next().map(str::to_owned);
                Ok(Vec::new())
            }
        }
    }

    /// Compares the changes of a project with it.
    pub(super) fn compare(&self, project: &Project, integrity: Integrity) -> Standing {
        let changes = project.changes();
        let layout = project.directory.detection.layout;
        let tip = self.tip.as_ref().unwrap_or(&self.began);
        let last = self.last(project);
        let mut standing = Standing::default();
        for (at, change) in changes.iter().enumerate() {
            let (began, now) = (self.began.get(&change.key), tip.get(&change.key));
            let is = |known: &Known| known.checksum == change.checksum;
            let (new, wrong) = match (began, now) {
                (Some(began), _) if is(began) => (false, None),
                (Some(_), Some(now)) if is(now) => (false, None),
                (Some(_), _) if change.kind == ChangeKind::Repeatable => (true, None),
                (Some(_), _) => {
                    standing.edited.insert(at, self.texts.get(&change.key).cloned());
                    (true, Some(edited(change, integrity)))
                }
                (None, Some(now)) if is(now) && now.path == change.up.file.path() => (false, None),
                (None, Some(now)) => (true, Some(duplicate(change, now))),
                (None, None) => {
                    let before = last.as_ref().filter(|(known, place)| {
                        let by_version = layout::compare(layout, &change.version, &known.version);
                        change.kind == ChangeKind::Versioned
                            && by_version
                                .map_or_else(|| place.is_some_and(|place| at < place), |order| order.is_lt())
                    });
                    (true, before.map(|(known, _)| out_of_order(change, known, integrity)))
                }
            };
            standing.new.push(new);
            standing.wrong.push(wrong.filter(|wrong| wrong.response != Response::Allow));
        }
        let here: std::collections::HashSet<&str> =
            changes.iter().map(|change| change.key.as_str()).collect();
        let mut removed: Vec<&Known> = self
            .began
            .values()
            .filter(|known| known.kind == ChangeKind::Versioned && integrity.removed != Response::Allow)
            // What the base has removed, too, is not this branch's doing.
            .filter(|known| !here.contains(known.key.as_str()) && tip.contains_key(&known.key))
            .collect();
        removed
            .sort_by(|left, right| left.path.cmp(&right.path).then_with(|| left.version.cmp(&right.version)));
        standing.removed = removed.into_iter().map(|known| (known.clone(), gone(known, integrity))).collect();
        standing
    }

    /// The last versioned change that the base has, and its index among the project's where it is one of them.
    fn last<'b>(&'b self, project: &Project) -> Option<(&'b Known, Option<usize>)> {
        let layout = project.directory.detection.layout;
        let is_versioned = |known: &&Known| known.kind == ChangeKind::Versioned;
        let all = self.began.values().chain(self.tip.iter().flat_map(HashMap::values)).filter(is_versioned);
        if let Some(last) = all
            .filter(|known| layout::compare(layout, &known.version, &known.version).is_some())
            .max_by(|left, right| {
                layout::compare(layout, &left.version, &right.version).unwrap_or(std::cmp::Ordering::Equal)
            })
        {
            return Some((last, None));
        }
        let mut old = project.changes().iter().enumerate().rev().filter_map(|(at, change)| {
            let known = self.began.get(&change.key)?;
            is_versioned(&known).then_some((known, Some(at)))
        });
        old.next()
    }
}

fn by_key(changes: impl IntoIterator<Item = Known>) -> HashMap<String, Known> {
    changes.into_iter().map(|known| (known.key.clone(), known)).collect()
}

fn edited(change: &Change, integrity: Integrity) -> Wrong {
    Wrong {
        rule: EDITED,
        message: format!("change {} is edited, and the base has it already", change.version),
        help: "restore it, and make a new change for what is new: databases that have it refuse the edited one",
        response: integrity.edited,
    }
}

fn duplicate(change: &Change, now: &Known) -> Wrong {
    let what = if change.kind == ChangeKind::Repeatable { "repeatable change" } else { "version" };
    Wrong {
        rule: "integrity/duplicate-version",
        message: format!(
            "{what} {} is also that of {}, which the base has had since this branch began",
            change.version, now.path
        ),
        help: "give this change a version after those of the base",
        response: Response::Error,
    }
}

fn out_of_order(change: &Change, last: &Known, integrity: Integrity) -> Wrong {
    Wrong {
        rule: "integrity/out-of-order",
        message: format!(
            "change {} comes before {}, which the base has already",
            change.version, last.version
        ),
        help: "give it a version after it: databases that have the later one refuse the earlier one",
        response: integrity.out_of_order,
    }
}

fn gone(known: &Known, integrity: Integrity) -> Wrong {
    Wrong {
        rule: "integrity/removed-change",
        message: format!("change {} is removed, and the base has it", known.version),
        help: "bring it back: databases that have the change refuse a repository without it",
        response: integrity.removed,
    }
}
