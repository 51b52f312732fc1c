use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use super::reading::Reading;

/// A file below a migration directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Relative to the migration directory, with `/`.
    pub inside: String,
    /// Where in it the file's own name begins.
    name_at: usize,
}

impl Entry {
    /// The file's own name.
    pub fn name(&self) -> &str {
        self.inside.get(self.name_at..).unwrap_or(&self.inside)
    }

    /// The directory that it is in, relative to the migration directory; empty at the top.
    pub fn folder(&self) -> &str {
        self.name_at.checked_sub(1).and_then(|slash| self.inside.get(..slash)).unwrap_or_default()
    }

    /// Whether it is in the migration directory itself.
    pub fn is_at_top(&self) -> bool {
        self.name_at == 0
    }

    /// Whether the name ends in `.sql`, however it is written.
    pub fn is_sql(&self) -> bool {
        let name = self.name().as_bytes();
        name.len() > 4 && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(b".sql"))
    }
}

/// How deep directories are followed.
const MAX_DEPTH: usize = 12;

/// Every file below `dir`, those that only an editor has included, sorted by path; hidden files and directories are left out.
pub(super) fn walk(reading: &mut Reading, dir: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    walk_into(reading, dir, "", 0, &mut entries);
    for path in reading.unsaved.below(dir) {
        let inside = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        if !entries.iter().any(|entry: &Entry| entry.inside == inside) {
            let name_at = inside.rfind('/').map_or(0, |slash| slash + 1);
            entries.push(Entry { path: dir.join(path), inside, name_at });
        }
    }
    entries.sort_by(|left, right| left.inside.cmp(&right.inside));
    entries
}

fn walk_into(reading: &mut Reading, dir: &Path, inside: &str, depth: usize, entries: &mut Vec<Entry>) {
    let listing = match fs::read_dir(dir) {
        Ok(listing) => listing,
        Err(error) => {
            let path = reading.shown(dir);
            return match error.kind() {
                std::io::ErrorKind::NotFound => reading.error_about(
                    path,
                    "there is no such directory",
                    "create it, or correct `migrations` in sluice.toml",
                ),
                std::io::ErrorKind::NotADirectory => reading.error_about(
                    path,
                    "this is not a directory",
                    "name the directory that holds the migrations",
                ),
                _ => reading.error_about(
                    path,
                    format!("the directory cannot be read: {error}"),
                    "check its permissions",
                ),
            };
        }
    };
    for item in listing {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                let path = reading.shown(dir);
                reading.error_about(
                    path,
                    format!("the directory cannot be read: {error}"),
                    "check its permissions",
                );
                return;
            }
        };
        let name = item.file_name();
        let Some(name) = name.to_str() else {
            if name.to_string_lossy().ends_with(".sql") {
                let path = reading.shown(&item.path());
                reading.error_about(path, "the file name is not UTF-8", "rename the file");
            }
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = item.path();
        // What a link leads to; a dangling one is said when it is read.
        let is_link = item.file_type().is_ok_and(|kind| kind.is_symlink());
        let kind =
            if is_link { fs::metadata(&path).map(|metadata| metadata.file_type()) } else { item.file_type() };
        let is_dir = kind.as_ref().is_ok_and(FileType::is_dir);
        if kind.is_ok_and(is_special) {
            reading.refuse_special(&path);
            continue;
        }
        if is_link && is_dir && leads_above(&path, dir) {
            let path = reading.shown(&path);
            reading.error_about(
                path,
                "this link leads to a directory that it is in",
                "remove it, or let it lead elsewhere",
            );
            continue;
        }
        let inside = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
        if is_dir && name.to_ascii_lowercase().ends_with(".sql") {
            let path = reading.shown(&path);
            reading.error_about(path, "this is a directory, and its name is that of a file", "rename it");
        } else if !is_dir {
            let name_at = inside.len() - name.len();
            entries.push(Entry { path, inside, name_at });
        } else if depth < MAX_DEPTH && name != "node_modules" {
            walk_into(reading, &path, &inside, depth + 1, entries);
        }
    }
}

/// Whether it is a pipe, a socket or a device: reading one may wait for ever.
pub(super) fn is_special(kind: FileType) -> bool {
    !kind.is_dir() && !kind.is_file() && !kind.is_symlink()
}

/// Whether the directory that `link` leads to holds `dir`, as it was walked to, or a directory above it.
fn leads_above(link: &Path, dir: &Path) -> bool {
    let Ok(target) = fs::canonicalize(link) else { return false };
    dir.ancestors().any(|above| fs::canonicalize(above).is_ok_and(|above| above.starts_with(&target)))
}
