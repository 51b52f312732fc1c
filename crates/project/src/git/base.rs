use std::path::{Component, Path, PathBuf};

use super::{Answers, GitError, LONGEST_ANSWER, TIME_LIMIT, finish, git, repository_root, start, text};
use crate::process;

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

/// The commit that `revision` is.
///
/// # Errors
/// [`GitError`] where there is no repository or no such revision.
pub fn commit_of(dir: &Path, revision: &str) -> Result<String, GitError> {
    repository_root(dir).ok_or(GitError::NoRepository)?;
    let unknown = || GitError::UnknownCommit { commit: revision.to_owned() };
    if revision.is_empty() || revision.starts_with('-') {
        return Err(GitError::NotACommit { commit: revision.to_owned() });
    }
    let commit = format!("{revision}^{{commit}}");
    match finish("rev-parse", start(dir, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]))
    {
        Ok(found) => Ok(text(&found.stdout).trim().to_owned()),
        Err(GitError::Failed { .. }) => Err(unknown()),
        Err(error) => Err(error),
    }
}

/// The files that a commit has in some folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Where the folder that was asked about is in the repository; empty, or with a `/` at its end.
    prefix: String,
    blobs: Vec<Blob>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Blob {
    /// Its path from the top of the repository.
    path: String,
    oid: String,
    size: u64,
}

/// The files that a commit has in `within`, folders seen from `dir`. Links and submodules are left out.
///
/// # Errors
/// [`GitError`] where git fails.
pub fn tree(dir: &Path, commit: &str, within: &[&str]) -> Result<Tree, GitError> {
    let prefix = finish("rev-parse", start(dir, &["rev-parse", "--show-prefix"]))?;
    let arguments =
        [&["--literal-pathspecs", "ls-tree", "-r", "-z", "-l", "--full-name", commit, "--"][..], within]
            .concat();
    // A hundred thousand names are more than other answers of git may be.
    let running = process::start(&mut git(dir, &arguments), None, TIME_LIMIT, 256 * LONGEST_ANSWER);
    let found = finish("ls-tree", running)?;
    let blobs = text(&found.stdout).split('\0').filter_map(blob).collect();
    Ok(Tree { prefix: text(&prefix.stdout).trim_end_matches('\n').to_owned(), blobs })
}

/// `<mode> blob <oid> <size>\t<path>`
fn blob(line: &str) -> Option<Blob> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let is_file = words.next()?.starts_with("100");
    let (kind, oid, size) = (words.next()?, words.next()?, words.next()?);
    (is_file && kind == "blob")
        .then(|| Some(Blob { path: path.to_owned(), oid: oid.to_owned(), size: size.parse().ok()? }))?
}

impl Tree {
    /// Paths of the files below the folder that was asked about, relative to it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.blobs.iter().filter_map(|blob| blob.path.strip_prefix(self.prefix.as_str()))
    }

    /// Writes the files into the folder `into`. Returns what stands there for the folder that was asked about.
    ///
    /// # Errors
    /// [`GitError`] where git fails or a file cannot be written.
    pub fn export(&self, dir: &Path, into: &Path) -> Result<PathBuf, GitError> {
        let failed = |reason: String| GitError::Failed { command: "cat-file", reason };
        let mut questions = Vec::new();
        let mut most = 0_u64;
        for blob in &self.blobs {
            questions.extend_from_slice(format!("{}\n", blob.oid).as_bytes());
            most = most.saturating_add(blob.size).saturating_add(256);
        }
        let running =
            process::start(&mut git(dir, &["cat-file", "--batch"]), Some(questions), TIME_LIMIT, most);
        let finished = finish("cat-file", running)?;
        let mut answers = Answers { rest: &finished.stdout };
        for blob in &self.blobs {
            let content = answers.next().flatten().ok_or_else(|| failed("it ended early".to_owned()))?;
            // What git itself would refuse to check out is not written either.
            if !Path::new(&blob.path).components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(failed(format!("`{}` is not a path", blob.path)));
            }
            let path = into.join(&blob.path);
            path.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, content))
                .map_err(|error| failed(format!("{} cannot be written: {error}", path.display())))?;
        }
        Ok(into.join(&self.prefix))
    }
}

/// The text of a file at a commit; none where the commit does not have it.
///
/// # Errors
/// [`GitError`] where git fails, or the file is no text.
pub fn file_at(dir: &Path, commit: &str, path: &str) -> Result<Option<String>, GitError> {
    let arguments = ["--literal-pathspecs", "ls-tree", "-z", "--name-only", commit, "--", path];
    // Asked first, so that a file that cannot be had is not taken for one that is not there.
    if finish("ls-tree", start(dir, &arguments))?.stdout.is_empty() {
        return Ok(None);
    }
    let name = format!("{commit}:./{path}");
    let running = process::start(&mut git(dir, &["show", &name]), None, TIME_LIMIT, 256 * LONGEST_ANSWER);
    let content = finish("show", running)?.stdout;
    let reason = || format!("{path} of {commit} is not valid UTF-8");
    String::from_utf8(content).map(Some).map_err(|_| GitError::Failed { command: "show", reason: reason() })
}
