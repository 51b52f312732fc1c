//! Schemas that long histories lead to, kept from one run to the next.

use std::fmt::Write as _;

use sluice_project::Project;
use sluice_rollout::Change;
use sluice_schema::Schema;
use sluice_sql::Dialect;

use crate::cache::{Cache, Entry};

/// Fewer changes are replayed as fast as a file is read.
const WORTH: usize = 200;
/// So many schemas are kept, those that were written last.
const KEPT: usize = 8;

/// The changes that a review begins with and only replays.
pub(super) struct Prefix {
    /// How many they are.
    pub(super) changes: usize,
    /// Where the schema after them is kept.
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
        let cache = Cache::open("schemas", KEPT)?;
        let mut follows_from = String::new();
        let layout = project.directory.detection.layout;
        let placeholders = project.config.placeholders.enabled;
        write!(follows_from, "{dialect} {layout:?} {placeholders}").ok()?;
        let mut changes = 0;
        for (change, goes) in before {
            changes += 1;
            write!(follows_from, "\n{} {goes}", change.checksum).ok()?;
            // Where a file is more than one piece, its layout has decided which of them run.
            if let [_, _, ..] = change.up.blocks.as_slice() {
                write!(follows_from, " {:?}", change.up.blocks).ok()?;
            }
        }
        (changes >= WORTH).then(|| Self { changes, entry: cache.entry(&follows_from) })
    }

    /// The schema after them; none where it is not kept, or not whole.
    pub(super) fn schema(&self) -> Option<Schema> {
        Some(postcard::from_bytes::<Schema>(&self.entry.read()?).ok()?.restored())
    }

    /// Keeps the schema after them. Where that fails the next run replays again.
    pub(super) fn keep(&self, schema: &Schema) {
        if let Ok(bytes) = postcard::to_stdvec(schema) {
            self.entry.keep(&bytes);
        }
    }
}
