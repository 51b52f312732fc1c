//! What one run keeps for the next, in the user's cache directory.
//!
//! Not beside the project: what a branch brings along decides nothing. What is kept is named by all that it follows from, this
//! program included, and is whole or not there.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sluice_rollout::{Algorithm, Checksum};

/// So many of a kind are kept, those that were written last.
const KEPT: usize = 8;
/// Digits of a digest.
const DIGITS: usize = 64;

/// Something that may be kept.
pub(super) struct Kept {
    file: PathBuf,
}

impl Kept {
    /// What is kept of a kind that follows from this, and from this program; none where there is no place to keep anything.
    pub(super) fn of(kind: &str, follows_from: &str) -> Option<Self> {
        let name = digest(format!("{} {follows_from}", program()?).as_bytes());
        Some(Self { file: directory()?.join(kind).join(name) })
    }

    /// Its bytes; none where they are not there, or not whole.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(&self.file).ok()?;
        let start = bytes.len().checked_sub(DIGITS)?;
        let sum = bytes.split_off(start);
        (sum == digest(&bytes).as_bytes()).then_some(bytes)
    }

    /// Keeps bytes. Where that fails the next run finds out again.
    pub(super) fn write(&self, bytes: &[u8]) {
        let Some(directory) = self.file.parent() else { return };
        let write = || -> std::io::Result<()> {
            create_private(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            std::io::Write::write_all(&mut file, bytes)?;
            std::io::Write::write_all(&mut file, digest(bytes).as_bytes())?;
            file.persist(&self.file).map_err(|error| error.error)?;
            forget_oldest(directory)
        };
        let _ = write();
    }
}

/// `$XDG_CACHE_HOME/sluice`, by default `~/.cache/sluice` (XDG Base Directory Specification).
fn directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("sluice"))
}

/// What tells this program from any other build of it.
fn program() -> Option<String> {
    let metadata = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), metadata.len(), written.as_nanos()))
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
