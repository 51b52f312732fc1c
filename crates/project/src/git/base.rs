use std::path::Path;

use super::{GitError, finish, repository_root, start, text};

/// The commit in which `revision` and what is checked out meet: what a branch began from.
///
/// # Errors
/// [`GitError`] where there is no repository, no such revision, or no such commit.
pub fn merge_base(dir: &Path, revision: &str) -> Result<String, GitError> {
    repository_root(dir).ok_or(GitError::NoRepository)?;
    if revision.is_empty() || revision.starts_with('-') {
        return Err(GitError::NotACommit { commit: revision.to_owned() });
    }
    let found = finish("merge-base", start(dir, &["merge-base", revision, "HEAD"]));
    match found {
        Ok(found) => Ok(text(&found.stdout).trim().to_owned()),
        // Exit code 1 without a word: nothing in common, which a shallow clone is the usual reason for.
        Err(GitError::Failed { reason, .. }) if reason.is_empty() => Err(GitError::Shallow),
        Err(GitError::Failed { .. }) => Err(GitError::UnknownCommit { commit: revision.to_owned() }),
        Err(error) => Err(error),
    }
}

/// Files that a commit has in `within`, folders below `dir`; their paths are relative to `dir`.
///
/// # Errors
/// [`GitError`] where git fails.
pub fn files_at(dir: &Path, commit: &str, within: &[&str]) -> Result<Vec<String>, GitError> {
    let arguments = [&["ls-tree", "-r", "-z", "--name-only", commit, "--"][..], within].concat();
    let found = finish("ls-tree", start(dir, &arguments))?;
    Ok(text(&found.stdout).split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// The text of a file at a commit; none where the commit does not have it, or it is no text.
///
/// # Errors
/// [`GitError`] where git fails.
pub fn file_at(dir: &Path, commit: &str, path: &str) -> Result<Option<String>, GitError> {
    let name = format!("{commit}:./{path}");
    match finish("show", start(dir, &["show", &name])) {
        Ok(found) => Ok(String::from_utf8(found.stdout).ok()),
        Err(GitError::Failed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
