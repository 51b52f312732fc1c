//! What long histories lead to, kept from one run to the next.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde::Serialize;
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

/// A schema that was kept.
pub(super) struct Beginning {
    bytes: Arc<Vec<u8>>,
    /// For the first who asks.
    decoded: Mutex<Option<Schema>>,
}

impl Beginning {
    fn read(entry: &Entry) -> Option<Self> {
        let bytes = Arc::new(entry.read()?);
        let schema = Schema::from_bytes(&bytes)?;
        Some(Self { bytes, decoded: Mutex::new(Some(schema)) })
    }

    /// The schema.
    pub(super) fn schema(&self) -> Option<Schema> {
        let decoded = self.decoded.lock().ok().and_then(|mut decoded| decoded.take());
        decoded.or_else(|| Schema::from_bytes(&self.bytes))
    }
}

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
        (changes >= WORTH).then(|| Some(Self { changes, entry: schemas()?.entry(&follows_from) })).flatten()
    }

    /// The schema after them, which is there already where `files` has expected it; none where it is not kept.
    pub(super) fn schema(&self, files: Option<&Files>) -> Option<Beginning> {
        match files.and_then(|files| files.taken(&self.entry)) {
            Some(reader) => reader.join().ok().flatten(),
            None => Beginning::read(&self.entry),
        }
    }

    /// Keeps the schema after them.
    pub(super) fn keep(&self, schema: &Schema) {
        if let Ok(bytes) = schema.to_bytes() {
            self.entry.keep(&bytes);
        }
    }
}

fn schemas() -> Option<Cache> {
    Cache::open("schemas", KEPT)
}

/// What is known of the files of a project that need not be opened again.
pub(super) struct Files {
    entry: Entry,
    seen: Arc<Seen>,
    /// Names of the schemas that the last review of these files began with.
    expected: Vec<String>,
    /// They are read while the files are looked at: mostly they are the ones that are needed.
    ahead: Mutex<Vec<(String, JoinHandle<Option<Beginning>>)>>,
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
        let kept = entry.read().unwrap_or_default();
        let (expected, rest) = postcard::take_from_bytes::<Vec<String>>(&kept).unwrap_or_default();
        let ahead = schemas().map(|cache| expected.iter().map(|name| reader(&cache, name)).collect());
        let seen: Seen = postcard::from_bytes(rest).unwrap_or_default();
        let ahead = Mutex::new(ahead.unwrap_or_default());
        Some(Self { entry, seen: Arc::new(seen), expected, ahead })
    }

    /// What was seen.
    pub(super) fn seen(&self) -> Arc<Seen> {
        self.seen.clone()
    }

    /// Who reads this entry, if somebody does.
    fn taken(&self, entry: &Entry) -> Option<JoinHandle<Option<Beginning>>> {
        let mut ahead = self.ahead.lock().ok()?;
        let at = ahead.iter().position(|(name, _)| *name == entry.name())?;
        Some(ahead.swap_remove(at).1)
    }

    /// Keeps what is known of the first changes of a project, and which schemas come after them, where that was not known.
    pub(super) fn keep(&self, project: &Project, first: usize, prefixes: &[&Prefix]) {
        let expected: Vec<String> = prefixes.iter().map(|prefix| prefix.entry.name()).collect();
        let is_read = |change: &Change| change.up.file.is_read();
        let changes = || project.changes().iter().take(first);
        if expected == self.expected && !changes().any(is_read) {
            return;
        }
        let seen = project.directory.seen.clone().joined(&self.seen, changes());
        if let Ok(bytes) = bytes_of(&expected, &seen) {
            self.entry.keep(&bytes);
        }
    }
}

fn reader(cache: &Cache, name: &str) -> (String, JoinHandle<Option<Beginning>>) {
    let entry = cache.named(name);
    (name.to_owned(), thread::spawn(move || Beginning::read(&entry)))
}

fn bytes_of(expected: &[String], seen: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(seen, postcard::to_stdvec(expected)?)
}
