//! Schemas that long histories lead to, kept from one run to the next.
//!
//! They lie in the user's cache directory and not beside the project: what a branch brings along decides nothing. A schema is
//! named by all that it follows from, this program included, so that none is ever stale.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sluice_project::Project;
use sluice_rollout::{Algorithm, Change, Checksum};
use sluice_schema::Schema;
use sluice_sql::Dialect;

/// Fewer changes are replayed as fast as a file is read.
const WORTH: usize = 200;
/// So many schemas are kept, those that were written last.
const KEPT: usize = 8;

/// The changes that a review begins with and only replays.
pub(super) struct Prefix {
    /// How many they are.
    pub(super) changes: usize,
    /// Where the schema after them is kept.
    file: PathBuf,
}

impl Prefix {
    /// The changes before the first that is reviewed, if they are many; `goes` tells of each whether it goes to the databases
    /// that the review is for.
    pub(super) fn of<'c>(
        project: &Project,
        dialect: Dialect,
        before: impl Iterator<Item = (&'c Change, bool)>,
    ) -> Option<Self> {
        let directory = directory()?;
        let mut follows_from = program()?;
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
        let name = digest(follows_from.as_bytes());
        (changes >= WORTH).then(|| Self { changes, file: directory.join(name) })
    }

    /// The schema after them; none where it is not kept, or not whole.
    pub(super) fn schema(&self) -> Option<Schema> {
        let bytes = std::fs::read(&self.file).ok()?;
        let (sum, schema) = bytes.split_at_checked(64)?;
        if sum != digest(schema).as_bytes() {
            return None;
        }
        Some(postcard::from_bytes::<Schema>(schema).ok()?.restored())
    }

    /// Keeps the schema after them. Where that fails the next run replays again.
    pub(super) fn keep(&self, schema: &Schema) {
        let Some(directory) = self.file.parent() else { return };
        let Ok(bytes) = postcard::to_stdvec(schema) else { return };
        let write = || -> std::io::Result<()> {
            create_private(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            std::io::Write::write_all(&mut file, digest(&bytes).as_bytes())?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.persist(&self.file).map_err(|error| error.error)?;
            forget_oldest(directory)
        };
        let _ = write();
    }
}

/// `$XDG_CACHE_HOME/sluice/schemas`, by default `~/.cache/sluice/schemas` (XDG Base Directory Specification).
fn directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("sluice").join("schemas"))
}

/// What tells this program from any other build of it.
fn program() -> Option<String> {
    let metadata = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {} ", env!("CARGO_PKG_VERSION"), metadata.len(), written.as_nanos()))
}

fn digest(bytes: &[u8]) -> String {
    Checksum::with(Algorithm::Sha256Raw, bytes).value().to_owned()
}

fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn forget_oldest(directory: &Path) -> std::io::Result<()> {
    let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        kept.push((entry.metadata()?.modified()?, entry.path()));
    }
    kept.sort();
    let too_many = kept.len().saturating_sub(KEPT);
    kept.into_iter().take(too_many).try_for_each(|(_, path)| std::fs::remove_file(path))
}
