use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_rollout::{Change, ChangeKind, Digest, Provenance, Release};
use sluice_text::SourceFile;

use crate::config::{Config, FILE_NAME};
use crate::desired::Desired;
use crate::git::{self, Difference, GitError, Origin};
use crate::layout::{self, Directory, Layout, Reread, Seen, Unsaved};
use crate::{Message, ProjectError};

/// A repository as it is on disk: its configuration and its changes.
#[derive(Debug, Clone)]
pub struct Project {
    /// Folder of the configuration; every path is relative to it.
    pub root: PathBuf,
    /// The configuration.
    pub config: Config,
    /// The migrations and their layout; in a declarative project, the one change that leads to the declared schema.
    pub directory: Directory,
    /// The declared schema.
    pub desired: Option<Desired>,
}

/// The nearest `sluice.toml` in `start` or above it.
pub fn find_config(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

impl Project {
    /// Reads a configuration and the changes that it names.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration; if it is right, everything that is wrong with the changes.
    pub fn load(config_path: &Path) -> Result<Self, ProjectError> {
        let (root, config) = read_config(config_path)?;
        Self::read(root, config)
    }

    /// Reads the changes that a configuration names; its paths are relative to `root`.
    ///
    /// # Errors
    /// Everything that is wrong with the changes.
    pub fn read(root: PathBuf, config: Config) -> Result<Self, ProjectError> {
        Self::read_with(root, config, Unsaved::default(), None)
    }

    /// As [`Project::read`]; texts of files that `seen` knows stay unread, and the directory says what it has seen.
    ///
    /// # Errors
    /// Those of [`Project::read`].
    pub fn read_unseen(root: PathBuf, config: Config, seen: Arc<Seen>) -> Result<Self, ProjectError> {
        Self::read_with(root, config, Unsaved::default(), Some(seen))
    }

    /// As [`Project::read`], where an editor has texts that are not on disk.
    ///
    /// # Errors
    /// Those of [`Project::read`].
    pub fn read_unsaved(root: PathBuf, config: Config, unsaved: Unsaved) -> Result<Self, ProjectError> {
        Self::read_with(root, config, unsaved, None)
    }

    fn read_with(
        root: PathBuf,
        config: Config,
        unsaved: Unsaved,
        seen: Option<Arc<Seen>>,
    ) -> Result<Self, ProjectError> {
        let desired = match &config.project.schema {
            Some(schema) => Some(Desired::read(&root, schema)?),
            None => None,
        };
        if let Some(desired) = desired.as_ref().filter(|_| config.project.is_declarative()) {
            let directory = Directory { changes: vec![desired.change()], ..Directory::empty() };
            return Ok(Self { root, config, directory, desired: Some(desired.clone()) });
        }
        let directories: Vec<PathBuf> = config.project.migrations.iter().map(PathBuf::from).collect();
        let mut directory = layout::read_with(&root, &directories, config.project.layout, unsaved, seen)?;
        if !config.placeholders.decided {
            directory.check_placeholders()?;
        }
        Ok(Self { root, config, directory, desired })
    }

    /// Reads one file again, as if it had this text; see [`Directory::reread`].
    pub fn reread(&self, path: &str, text: &str) -> Option<Reread> {
        let mut reread = self.directory.reread(&self.root, path, text)?;
        if !self.config.placeholders.decided && self.directory.detection.layout == Layout::Flyway {
            reread.errors.extend(layout::unreplaced(&reread.changes, Layout::Flyway));
        }
        Some(reread)
    }

    /// A project whose migrations are not looked at.
    pub fn without_files(root: PathBuf, config: Config) -> Self {
        Self { root, config, directory: Directory::empty(), desired: None }
    }

    /// The changes in the order in which they must be applied.
    pub fn changes(&self) -> &[Change] {
        &self.directory.changes
    }

    /// Warnings of the configuration and of the changes.
    pub fn warnings(&self) -> impl Iterator<Item = &Message> {
        self.config.warnings.iter().chain(&self.directory.warnings)
    }

    /// Names the changes and the configuration by their content.
    pub fn release(&self, provenance: Provenance) -> Release {
        Release::new(
            self.config.project.name.clone(),
            self.directory.changes.clone(),
            self.config.canonical_json(),
            provenance,
        )
    }

    /// The name that [`Project::release`] gives.
    pub fn digest(&self) -> Digest {
        let configuration = self.config.canonical_json();
        Release::digest_of(&self.config.project.name, self.changes(), &configuration)
    }

    /// Where the files come from; migrations that are not in the commit make it dirty.
    pub fn origin(&self) -> Origin {
        let project = &self.config.project;
        let folders: Vec<&str> =
            project.migrations.iter().chain(&project.schema).map(String::as_str).collect();
        git::provenance(&self.root, &folders)
    }

    /// Which files of the changes, up and down, are not as a commit has them.
    ///
    /// # Errors
    /// [`GitError`] where the commit is not there or git fails.
    pub fn differences(&self, commit: &str) -> Result<Vec<(String, Difference)>, GitError> {
        self.differences_of(commit, self.changes())
    }

    /// Paths of the files that changes, by index, come from.
    pub fn paths_of(&self, changes: impl IntoIterator<Item = usize>) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        for change in changes.into_iter().filter_map(|index| self.changes().get(index)) {
            match (&self.desired, change.kind) {
                (Some(desired), ChangeKind::Declared) => {
                    paths.extend(desired.files.iter().map(SourceFile::path));
                }
                _ => {
                    paths.insert(change.up.file.path());
                }
            }
        }
        paths
    }

    /// As [`Project::differences`], of some of the changes.
    ///
    /// # Errors
    /// [`GitError`] where the commit is not there or git fails.
    pub fn differences_of<'c>(
        &self,
        commit: &str,
        changes: impl IntoIterator<Item = &'c Change>,
    ) -> Result<Vec<(String, Difference)>, GitError> {
        // Several changesets may be in one file.
        let mut files: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for change in changes {
            if change.kind == ChangeKind::Declared {
                let desired = self.desired.iter().flat_map(|desired| &desired.files);
                files.extend(desired.map(|file| (file.path(), file.text().as_bytes())));
                continue;
            }
            for script in std::iter::once(&change.up).chain(&change.down) {
                files.insert(script.file.path(), script.file.text().as_bytes());
            }
        }
        let files: Vec<(&str, &[u8])> = files.into_iter().collect();
        let differences = git::committed(&self.root, commit, &files)?;
        Ok(differences.into_iter().map(|(path, difference)| (path.to_owned(), difference)).collect())
    }
}

/// Reads only the configuration, for commands that need no changes; the folder that its paths are relative to comes with
/// it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_config(path: &Path) -> Result<(PathBuf, Config), ProjectError> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => "run sluice init to write one, or give --config PATH",
            std::io::ErrorKind::IsADirectory => "give the path of the file",
            _ => "the file must be readable",
        };
        Message::about(
            shown.clone(),
            format!("cannot read the configuration: {error}"),
            Some(help.to_owned()),
        )
    })?;
    let name = path.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    let file = SourceFile::from_bytes(name, &bytes)
        .map_err(|error| Message::about(shown, error.to_string(), None))?;
    let config = Config::parse(&file)?;
    let root = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    Ok((root, config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        folder
    }

    fn digest(files: &[(&str, &str)]) -> String {
        let folder = project(files);
        let project = Project::load(&folder.path().join(FILE_NAME)).unwrap_or_else(|error| panic!("{error}"));
        project.release(Provenance::default()).digest.to_string()
    }

    const CONFIG: &str = "[project]\nname = \"shop\"\n";
    const CHANGE: &str = "create table a (id int);\n";

    #[test]
    fn the_nearest_configuration_upwards_is_found() {
        let folder = project(&[
            ("sluice.toml", CONFIG),
            ("a/b/x", ""),
            ("c/sluice.toml/x", ""),
            ("d/sluice.toml", CONFIG),
        ]);
        let root = folder.path();
        assert_eq!(find_config(&root.join("a/b")), Some(root.join("sluice.toml")));
        assert_eq!(find_config(&root.join("c")), Some(root.join("sluice.toml")));
        assert_eq!(find_config(&root.join("d")), Some(root.join("d/sluice.toml")));
    }

    #[test]
    fn a_digest_is_that_of_content_not_of_spelling() {
        let first = digest(&[("sluice.toml", CONFIG), ("migrations/1_a.sql", CHANGE)]);
        let comment = "# the shop\nproject = { migrations = [\"./migrations/\"], name = 'shop' }\n";
        let crlf = CHANGE.replace('\n', "\r\n");
        assert_eq!(first, digest(&[("sluice.toml", comment), ("migrations/1_a.sql", &crlf)]));
        assert_ne!(
            first,
            digest(&[("sluice.toml", CONFIG), ("migrations/1_a.sql", "create table b (id int);\n")])
        );
        assert_ne!(first, digest(&[("sluice.toml", CONFIG), ("migrations/2_a.sql", CHANGE)]));
        let policy = format!("{CONFIG}[policy]\nedited = \"warn\"\n");
        assert_ne!(first, digest(&[("sluice.toml", &policy), ("migrations/1_a.sql", CHANGE)]));
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let folder = project(&[("latin.toml", "")]);
        std::fs::write(folder.path().join("latin.toml"), b"[project]\nname = \"K\xf6ln\"\n").expect("a file");
        let message = |name: &str| {
            let error = Project::load(&folder.path().join(name)).expect_err("an error");
            error.to_string().replace(&folder.path().display().to_string(), "FOLDER")
        };
        assert_eq!(
            message("sluice.toml"),
            "cannot read the configuration: No such file or directory (os error 2)\n  --> FOLDER/sluice.toml\n  help: run sluice init to write one, or give --config PATH"
        );
        assert_eq!(
            message("latin.toml"),
            "not valid UTF-8 at byte 19 (line 2): save the file as UTF-8\n  --> FOLDER/latin.toml"
        );
    }
}
