//! What follows from files alone, kept from one run to the next so that it need not be worked out again.
//!
//! It lies in the user's cache directory and not beside the project: what a branch brings along decides nothing. An entry is named
//! by all that it follows from, this program included, so that none is ever stale; and it says itself whether it is whole.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sluice_rollout::{Algorithm, Checksum};

/// Digits of a digest, which stands at the end of an entry.
const DIGITS: usize = 64;

/// A part of the cache.
pub struct Cache {
    directory: PathBuf,
    /// So many entries stay, those that were written last.
    kept: usize,
    /// What tells this program from any other build of it.
    program: String,
}

impl Cache {
    /// `$XDG_CACHE_HOME/sluice/PART`, by default `~/.cache/sluice/PART` (XDG Base Directory Specification). None where there is no
    /// such place.
    pub fn open(part: &str, kept: usize) -> Option<Self> {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache =
            absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
        Some(Self { directory: cache.join("sluice").join(part), kept, program: program()? })
    }

    /// The entry that follows from something.
    pub fn entry(&self, follows_from: &str) -> Entry {
        self.named(&digest(format!("{} {follows_from}", self.program).as_bytes()))
    }

    /// The entry of a name that [`Entry::name`] gave.
    pub fn named(&self, name: &str) -> Entry {
        Entry { file: self.directory.join(name), kept: self.kept }
    }
}

/// One thing that may be kept.
pub struct Entry {
    file: PathBuf,
    kept: usize,
}

impl Entry {
    /// What it is called among those of its part.
    pub fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What is kept; none where nothing is, or it is not whole.
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(&self.file).ok()?;
        let sum = bytes.split_off(bytes.len().checked_sub(DIGITS)?);
        (sum == digest(&bytes).as_bytes()).then_some(bytes)
    }

    /// Keeps it. Where that fails the next run works it out again.
    pub fn keep(&self, content: &[u8]) {
        let Some(directory) = self.file.parent() else { return };
        let write = || -> std::io::Result<()> {
            create_private(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            std::io::Write::write_all(&mut file, content)?;
            std::io::Write::write_all(&mut file, digest(content).as_bytes())?;
            file.persist(&self.file).map_err(|error| error.error)?;
            forget_oldest(directory, self.kept)
        };
        let _ = write();
    }
}

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

fn forget_oldest(directory: &Path, kept: usize) -> std::io::Result<()> {
    let mut entries: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        entries.push((entry.metadata()?.modified()?, entry.path()));
    }
    entries.sort();
    let too_many = entries.len().saturating_sub(kept);
    entries.into_iter().take(too_many).try_for_each(|(_, path)| std::fs::remove_file(path))
}
