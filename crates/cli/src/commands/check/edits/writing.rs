use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::CliError;

/// A byte order mark, which is no part of a file's text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Files that are written beside their places and not there yet; taken away again unless they are put there.
#[derive(Default)]
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    /// Writes the text of a file beside it.
    fn add(&mut self, place: PathBuf, bytes: &[u8]) -> io::Result<()> {
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = place.with_file_name(format!(".{name}.sluice-new"));
        let mut file = File::create(&beside)?;
        self.files.push((beside.clone(), place.clone()));
        file.write_all(bytes)?;
        file.sync_all()?;
        if let Ok(metadata) = fs::metadata(&place) {
            fs::set_permissions(&beside, metadata.permissions())?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.files {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Writes new files and edited ones: everything is on the disk before the first file is put in its place, new files first, so
/// that what must follow an edit is never missing.
///
/// # Errors
/// A file that cannot be written, a new one that is there already, an edited one that is not as it was. Nothing is changed then,
/// unless the disk refuses to rename.
pub(super) fn write<'f>(
    added: impl Iterator<Item = (&'f Path, &'f str)>,
    edited: impl Iterator<Item = (&'f Path, &'f str, &'f str)>,
) -> Result<(), CliError> {
    let failed = |path: &Path, error: &io::Error| {
        CliError::usage(format!("{} cannot be written: {error}", path.display()))
    };
    let (mut new, mut old) = (Staged::default(), Staged::default());
    for (path, text) in added {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| failed(path, &error))?;
        }
        if path.exists() {
            return Err(CliError::usage(format!(
                "{} is there already: nothing is written over it",
                path.display()
            ))
            .help("name it otherwise, and run the command again"));
        }
        new.add(path.to_owned(), text.as_bytes()).map_err(|error| failed(path, &error))?;
    }
    for (path, before, after) in edited {
        // What a link points to is edited, not the link.
        let place = fs::canonicalize(path).map_err(|error| failed(path, &error))?;
        let bytes = fs::read(&place).map_err(|error| failed(path, &error))?;
        let (mark, text) = match bytes.strip_prefix(MARK) {
            Some(text) => (MARK, text),
            None => (&[][..], bytes.as_slice()),
        };
        if text != before.as_bytes() {
            return Err(CliError::usage(format!("{} was edited while it was reviewed", path.display()))
                .help("run the command again"));
        }
        old.add(place, &[mark, after.as_bytes()].concat()).map_err(|error| failed(path, &error))?;
    }
    for staged in [&mut new, &mut old] {
        for (beside, place) in &staged.files {
            fs::rename(beside, place).map_err(|error| failed(place, &error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let listing = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> =
            listing.map(|item| item.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_written_where_one_file_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second, new) =
            (folder.path().join("1.sql"), folder.path().join("2.sql"), folder.path().join("3.sql"));
        fs::write(&first, "a").unwrap();
        fs::write(&second, "edited meanwhile").unwrap();
        let edits = [(first.as_path(), "a", "b"), (second.as_path(), "c", "d")];
        assert!(write([(new.as_path(), "x")].into_iter(), edits.into_iter()).is_err());
        assert_eq!((fs::read_to_string(&first).unwrap().as_str(), names(folder.path()).len()), ("a", 2));
        fs::write(&new, "mine").unwrap();
        let edits = || [(first.as_path(), "a", "b")].into_iter();
        assert!(write([(new.as_path(), "x")].into_iter(), edits()).is_err());
        assert_eq!(fs::read_to_string(&new).unwrap(), "mine");
        fs::remove_file(&new).unwrap();
        write([(new.as_path(), "x")].into_iter(), edits()).unwrap();
        assert_eq!(names(folder.path()), ["1.sql", "2.sql", "3.sql"]);
        assert_eq!(fs::read_to_string(&first).unwrap(), "b");
    }

    #[test]
    fn a_byte_order_mark_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.sql");
        fs::write(&path, "\u{feff}a").unwrap();
        write(std::iter::empty(), [(path.as_path(), "a", "b")].into_iter()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "\u{feff}b");
    }
}
