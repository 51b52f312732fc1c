use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A generated file.
pub struct Artifact {
    /// Path relative to the root of the repository.
    pub path: PathBuf,
    /// What it must hold.
    pub content: String,
}

impl Artifact {
    /// A file that holds `value`, its keys sorted whatever features serde_json was built with.
    pub fn json(path: impl Into<PathBuf>, value: &serde_json::Value) -> anyhow::Result<Self> {
        let mut value = value.clone();
        value.sort_all_objects();
        Ok(Self { path: path.into(), content: serde_json::to_string_pretty(&value)? + "\n" })
    }

    /// Writes the file unless it holds the content already.
    pub fn write(&self, root: &Path) -> anyhow::Result<()> {
        let path = root.join(&self.path);
        if fs::read_to_string(&path).is_ok_and(|found| found == self.content) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        fs::write(&path, &self.content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// How the file differs from what it must hold; `None` where it does not.
    pub fn difference(&self, root: &Path) -> Option<String> {
        let name = self.path.display();
        match fs::read_to_string(root.join(&self.path)) {
            Ok(found) if found == self.content => None,
            Ok(found) => Some(format!("{name} is stale:\n{}", first_difference(&found, &self.content))),
            Err(error) => Some(format!("{name} cannot be read: {error}")),
        }
    }
}

/// The first place where two texts differ, as a diff with line number, two lines before it and up to five lines each.
fn first_difference(found: &str, expected: &str) -> String {
    let (found, expected): (Vec<_>, Vec<_>) = (found.lines().collect(), expected.lines().collect());
    let same = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
    let before = same.saturating_sub(2);
    let mut text = format!("@@ line {} @@\n", before + 1);
    let mut push = |mark: char, lines: &[&str], from: usize, count: usize| {
        for line in lines.iter().skip(from).take(count) {
            text.push_str(&format!("{mark}{line}\n"));
        }
    };
    push(' ', &found, before, same - before);
    push('-', &found, same, 5);
    push('+', &expected, same, 5);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_named_with_the_place_where_it_differs() {
        assert_eq!(
            first_difference("a\nb\nc\nold\nd\n", "a\nb\nc\nnew\nd\n"),
            "@@ line 2 @@\n b\n c\n-old\n-d\n+new\n+d\n"
        );
        assert_eq!(first_difference("", "a\n"), "@@ line 1 @@\n+a\n");
    }
}
