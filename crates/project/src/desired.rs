//! The schema that a project declares: a folder of SQL, in files that may stand in any order.

use std::io;
use std::path::{Path, PathBuf};

use sluice_rollout::{Change, ChangeKind, Checksum, ChecksumInput, Digest, Directives, Script};
use sluice_text::SourceFile;

use crate::{Message, ProjectError};

/// A declared schema.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Its folder, relative to the configuration.
    pub folder: String,
    /// Its files, in the order of their paths, which are relative to the configuration.
    pub files: Vec<SourceFile>,
    /// What was decided about names, as [`RENAMES`] has it; empty where there is none.
    pub renames: String,
}

/// The file beside the configuration that keeps decisions about names.
pub const RENAMES: &str = ".sluice-renames";

impl Desired {
    /// Reads every file of SQL in a folder and below it.
    ///
    /// # Errors
    /// A folder that is not there, files that cannot be read, all of them.
    pub fn read(root: &Path, folder: &str) -> Result<Self, ProjectError> {
        let at = root.join(folder);
        let found = files(&at).map_err(|(path, error)| {
            let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let help = "`schema` in [project] names the folder of SQL that declares the schema";
            Message::about(path, format!("cannot be read: {error}"), Some(help.to_owned()))
        })?;
        let (mut files, mut messages) = (Vec::new(), Vec::new());
        for path in found {
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let file = std::fs::read(&path).map_err(|error| error.to_string()).and_then(|bytes| {
                SourceFile::from_bytes(shown.clone(), &bytes).map_err(|error| error.to_string())
            });
            match file {
                Ok(file) => files.push(file),
                Err(error) => messages.push(Message::about(shown, error, None)),
            }
        }
        if messages.is_empty() {
            // What cannot be read is told by whoever needs it.
            let renames = std::fs::read_to_string(root.join(RENAMES)).unwrap_or_default();
            Ok(Self { folder: folder.to_owned(), files, renames })
        } else {
            Err(ProjectError { messages })
        }
    }

    /// The change that leads to this schema. What it runs is computed for each database; its version and its checksum are those of the
    /// files.
    pub fn change(&self) -> Change {
        let mut content = String::new();
        for file in &self.files {
            content.push_str(Checksum::of(file.text().as_bytes()).as_str());
            content.push(' ');
            content.push_str(file.path());
            content.push('\n');
        }
        // Other decisions are another way.
        if !self.renames.is_empty() {
            content.push_str(Checksum::of(self.renames.as_bytes()).as_str());
            content.push('\n');
        }
        let version = format!("schema-{}", Digest::of(content.as_bytes()).short());
        Change {
            key: version.clone(),
            version,
            name: String::new(),
            kind: ChangeKind::Declared,
            checksum: Checksum::of(content.as_bytes()),
            input: ChecksumInput::Raw(content.into_bytes().into()),
            up: Script { file: SourceFile::new(self.folder.as_str(), ""), blocks: Vec::new() },
            down: None,
            directives: Directives::default(),
        }
    }
}

/// Every file of SQL in a folder and those below it, in the order of their paths.
///
/// # Errors
/// What cannot be read, and why.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| (folder.clone(), error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link to a folder may lead in a circle.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = entry.path();
            if is_folder {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Desired {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join("schema").join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        Desired::read(folder.path(), "schema").unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_version_is_that_of_the_files_and_of_nothing_else() {
        let one = read(&[("a.sql", "create table a (id int);"), ("b/c.sql", "create view c as select 1;")]);
        let paths: Vec<&str> = one.files.iter().map(SourceFile::path).collect();
        assert_eq!(paths, ["schema/a.sql", "schema/b/c.sql"]);
        let version = one.change().version;
        assert!(version.starts_with("schema-") && version.len() == 19, "{version}");
        let again =
            [("b/c.sql", "create view c as select 1;"), ("a.sql", "create table a (id int);"), ("x.md", "")];
        assert_eq!(read(&again).change().version, version);
        for other in [
            &[("a.sql", "create table a (id int);")][..],
            &[("a.sql", "create table a (id bigint);"), ("b/c.sql", "create view c as select 1;")],
            &[("a.sql", "create table a (id int);"), ("c.sql", "create view c as select 1;")],
        ] {
            assert_ne!(read(other).change().version, version);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = Desired::read(folder.path(), "schema").expect_err("no folder").to_string();
        assert!(missing.contains("--> schema"), "{missing}");
        std::fs::create_dir(folder.path().join("schema")).expect("a folder");
        for name in ["a.sql", "b.sql"] {
            std::fs::write(folder.path().join("schema").join(name), b"-- K\xf6ln").expect("a file");
        }
        let wrong = Desired::read(folder.path(), "schema").expect_err("no text").to_string();
        assert!(wrong.contains("schema/a.sql") && wrong.contains("schema/b.sql"), "{wrong}");
    }
}
