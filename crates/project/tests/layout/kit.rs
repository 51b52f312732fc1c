use std::path::PathBuf;

use sluice_project::layout::{Directory, Layout, read};
use sluice_rollout::{Change, Script};

/// A repository with these files.
pub fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Reads `m` of a repository with these files.
pub fn read_files(layout: Option<Layout>, files: &[(&str, &str)]) -> Directory {
    let dir = repository(files);
    read(dir.path(), &[PathBuf::from("m")], layout).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with `m`: `path:line:column: message (help)`.
pub fn errors(layout: Option<Layout>, files: &[(&str, &str)]) -> Vec<String> {
    let dir = repository(files);
    match read(dir.path(), &[PathBuf::from("m")], layout) {
        Ok(directory) => panic!("no error, but {:?}", versions(&directory)),
        Err(error) => error.messages.iter().map(shown).collect(),
    }
}

pub fn shown(message: &sluice_project::Message) -> String {
    let place = message.position.map(|position| format!(":{position}")).unwrap_or_default();
    let help = message.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}{place}: {}{help}", message.path, message.message)
}

pub fn warnings(directory: &Directory) -> Vec<String> {
    directory.warnings.iter().map(shown).collect()
}

pub fn versions(directory: &Directory) -> Vec<&str> {
    directory.changes.iter().map(|change| change.version.as_str()).collect()
}

pub fn change<'d>(directory: &'d Directory, version: &str) -> &'d Change {
    directory
        .changes
        .iter()
        .find(|change| change.version == version)
        .unwrap_or_else(|| panic!("no {version} in {:?}", versions(directory)))
}

/// The text of each block, trimmed.
pub fn blocks(script: &Script) -> Vec<&str> {
    script.blocks.iter().map(|block| script.file.slice(block.span).trim()).collect()
}

/// A folder of the corpus; `None`, said aloud, where it is absent.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(path);
    if !dir.is_dir() {
        eprintln!("skipped: no corpus at {}", dir.display());
        return None;
    }
    Some(dir)
}
