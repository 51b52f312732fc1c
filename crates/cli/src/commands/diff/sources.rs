//! Files of SQL that a side names: a file, a directory, a directory of migrations up to a version, and all of these as a commit has them.

use std::path::{Component, Path, PathBuf};

use sluice_engine::shadow::Script;
use sluice_project::desired;
use sluice_project::git;
use sluice_project::layout;
use sluice_rollout::{Change, ChangeKind, version_key};

use crate::error::CliError;
use crate::replay::forward;

/// `git:REVISION:PATH`
const GIT: &str = "git:";

/// The scripts that `text` names; none where it names no file and no directory.
///
/// # Errors
/// Files that cannot be read, a revision that git does not know, a version that the directory does not have.
pub fn scripts(text: &str, here: &Path) -> Result<Option<Vec<Script>>, CliError> {
    let Some(named) = text.strip_prefix(GIT) else { return at(here, text, text) };
    let Some((revision, path)) = named.split_once(':').filter(|(_, path)| !path.is_empty()) else {
        return Err(CliError::usage(format!("{text} names no file or directory of a commit"))
            .help("git:REVISION:PATH does, for example git:main:schema"));
    };
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(CliError::usage(format!("{text}: {path} is not below this folder")));
    }
    let failed = |error: git::GitError| CliError::usage(format!("{text}: {error}"));
    let commit = git::commit_of(here, revision).map_err(failed)?;
    let within = path.rsplit_once('@').map_or(path, |(path, _)| path);
    let tree = git::tree(here, &commit, &[within, path]).map_err(failed)?;
    let folder = tempfile::tempdir()
        .map_err(|error| CliError::usage(format!("a temporary folder cannot be made: {error}")))?;
    let root = tree.export(here, folder.path()).map_err(failed)?;
    match at(&root, path, text)? {
        Some(scripts) => Ok(Some(scripts)),
        None => Err(CliError::usage(format!("{text}: the commit has no {path}"))),
    }
}

fn at(root: &Path, text: &str, shown: &str) -> Result<Option<Vec<Script>>, CliError> {
    let path = root.join(text);
    if path.is_dir() {
        return match migrations(&path, shown, None)? {
            Some(scripts) => Ok(Some(scripts)),
            None => folder(&path, shown).map(Some),
        };
    }
    if path.is_file() {
        return Ok(Some(vec![script(&path, shown.to_owned())?]));
    }
    let Some((directory, version)) = text.rsplit_once('@').filter(|(path, _)| root.join(path).is_dir())
    else {
        return Ok(None);
    };
    let shown = shown.rsplit_once('@').map_or(shown, |(path, _)| path);
    match migrations(&root.join(directory), shown, Some(version))? {
        Some(scripts) => Ok(Some(scripts)),
        None => {
            Err(CliError::usage(format!("{shown} holds no migrations, so that it has no version {version}")))
        }
    }
}

/// The ways forward of a directory of migrations, in their order, up to a version where one is named; none where it holds none.
fn migrations(path: &Path, shown: &str, until: Option<&str>) -> Result<Option<Vec<Script>>, CliError> {
    let is_declared = layout::detect(path, &[PathBuf::new()])
        .map_or(true, |found| found.layout == layout::Layout::Native && !has_versions(path));
    if is_declared && until.is_none() {
        return Ok(None);
    }
    let directory = layout::read(path, &[PathBuf::new()], None)?;
    if directory.changes.is_empty() {
        return Ok(None);
    }
    // A script that stands for changes is for databases that have none of them: here they are all run.
    let changes: Vec<&Change> = match until {
        None => directory.changes.iter().filter(|it| it.kind != ChangeKind::Baseline).collect(),
        Some(version) => {
            let key = version_key(version);
            let at = directory
                .changes
                .iter()
                .position(|change| change.key == key)
                .ok_or_else(|| CliError::usage(format!("{shown} has no change {version}")))?;
            directory
                .changes
                .iter()
                .take(at.saturating_add(1))
                .filter(|it| it.kind == ChangeKind::Versioned)
                .collect()
        }
    };
    let scripts = changes.into_iter().map(|change| {
        let script = forward(change);
        Script { name: format!("{shown}/{}", script.name), ..script }
    });
    Ok(Some(scripts.collect()))
}

/// Whether a directory has files that begin with a number: others are a declared schema.
fn has_versions(path: &Path) -> bool {
    let names = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with(|first: char| first.is_ascii_digit()))
}

/// Every file of SQL in a directory and those below it, in the order of their paths.
fn folder(path: &Path, shown: &str) -> Result<Vec<Script>, CliError> {
    let files = desired::files(path).map_err(|(path, error)| unreadable(&path, &error))?;
    let name = |file: &Path| {
        let below = file.strip_prefix(path).unwrap_or(file);
        Path::new(shown).join(below).display().to_string()
    };
    files.iter().map(|file| script(file, name(file))).collect()
}

fn script(path: &Path, name: String) -> Result<Script, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(Script { name, text })
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("{} cannot be read: {error}", path.display()))
}
