//! What long histories lead to, kept from one run to the next.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use sluice_project::Project;
use sluice_project::config::Config;
use sluice_project::layout::Seen;
use sluice_rollout::Change;
use sluice_schema::Schema;
use sluice_sql::Dialect;

use crate::cache::{Cache, Entry};

/// Fewer changes are replayed as fast as a file is read.
const WORTH: usize = 200;
/// So many of a kind are kept.
const KEPT: usize = 8;

/// The changes that a review begins with and only replays.
pub(super) struct Prefix {
    /// How many they are.
    pub(super) changes: usize,
    /// The schema after them.
    entry: Entry,
}

impl Prefix {
    /// The changes before the first that is reviewed, if they are many; `goes` tells of each whether it goes to the databases
    /// that the review is for.
    pub(super) fn of<'c>(
        project: &Project,
        dialect: Dialect,
        before: impl Iterator<Item = (&'c Change, bool)>,
    ) -> Option<Self> {
        let layout = project.directory.detection.layout;
        let placeholders = project.config.placeholders.enabled;
        let mut follows_from = format!("{dialect} {layout:?} {placeholders}");
        let mut changes = 0;
        for (change, goes) in before {
            changes += 1;
            write!(follows_from, "\n{} {goes}", change.checksum).ok()?;
            // Where a file is more than one piece, its layout has decided which of them run.
            if let [_, _, ..] = change.up.blocks.as_slice() {
                write!(follows_from, " {:?}", change.up.blocks).ok()?;
            }
        }
        (changes >= WORTH)
            .then(|| Some(Self { changes, entry: Cache::open("schemas", KEPT)?.entry(&follows_from) }))
            .flatten()
    }

    /// The schema after them, as bytes; none where it is not kept.
    pub(super) fn schema(&self) -> Option<Arc<Vec<u8>>> {
        self.entry.read().map(Arc::new)
    }

    /// Keeps the schema after them.
    pub(super) fn keep(&self, schema: &Schema) {
        if let Ok(bytes) = schema.to_bytes() {
            self.entry.keep(&bytes);
        }
    }
}

/// What is known of the files of a project that need not be opened again.
pub(super) struct Files {
    entry: Entry,
    seen: Arc<Seen>,
}

impl Files {
    /// Of the project in the current directory.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let root = std::path::absolute(Path::new(".")).ok()?;
        let project = &config.project;
        let (folders, layout) = (&project.migrations, project.layout);
        let placeholders = (config.placeholders.decided, config.placeholders.enabled);
        let follows_from = format!("{} {folders:?} {layout:?} {placeholders:?}", root.display());
        let entry = Cache::open("files", KEPT)?.entry(&follows_from);
        let seen: Option<Seen> = entry.read().and_then(|bytes| postcard::from_bytes(&bytes).ok());
        Some(Self { entry, seen: Arc::new(seen.unwrap_or_default()) })
    }

    /// What was seen.
    pub(super) fn seen(&self) -> Arc<Seen> {
        self.seen.clone()
    }

    /// Keeps what is known of the first changes of a project, where some of them had to be read.
    pub(super) fn keep(&self, project: &Project, first: usize) {
        let is_read = |change: &Change| change.up.file.is_read();
        let changes = || project.changes().iter().take(first);
        if !changes().any(is_read) {
            return;
        }
        let seen = project.directory.seen.clone().joined(&self.seen, changes());
        if let Ok(bytes) = postcard::to_stdvec(&seen) {
            self.entry.keep(&bytes);
        }
    }
}
