use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Texts that stand in an editor and not, or not yet, on disk. They come before what is on disk.
#[derive(Debug, Clone, Default)]
pub struct Unsaved {
    texts: BTreeMap<PathBuf, Arc<str>>,
}

impl Unsaved {
    /// The file at `path`, which is absolute, has this text.
    pub fn insert(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        self.texts.insert(without_dots(path), text.into());
    }

    /// The text of the file at `path`.
    pub fn get(&self, path: &Path) -> Option<&Arc<str>> {
        if self.texts.is_empty() { None } else { self.texts.get(&without_dots(path)) }
    }

    /// Files below `dir`, by their paths in it.
    pub(super) fn below(&self, dir: &Path) -> Vec<PathBuf> {
        if self.texts.is_empty() {
            return Vec::new();
        }
        let dir = without_dots(dir);
        self.texts.keys().filter_map(|path| path.strip_prefix(&dir).ok().map(Path::to_path_buf)).collect()
    }
}

/// A path without `.` and `..`, as far as that can be told without looking: two paths to a file are compared by it.
pub fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_however_they_are_written() {
        for (path, plain) in [
            ("/a/./b/../c.sql", "/a/c.sql"),
            ("/a/b", "/a/b"),
            ("../a", "../a"),
            ("./a", "a"),
            ("/../a", "/../a"),
            ("a/../../b", "../b"),
        ] {
            assert_eq!(without_dots(Path::new(path)), PathBuf::from(plain), "{path}");
        }
    }
}
