use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sluice_rollout::Checksum;

use super::{
    Answers, Difference, GitError, LONGEST_ANSWER, TIME_LIMIT, finish, git, name_in, repository_root, start,
    text,
};
use crate::process;

/// How long git may take that reads every file of a large project.
const LONG_LIMIT: Duration = Duration::from_mins(5);

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
    let running = process::start(&mut git(dir, &arguments), None, LONG_LIMIT, 256 * LONGEST_ANSWER);
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

    /// Compares files with it, line endings and byte order marks aside. `files` are paths relative to `dir`, the folder that was
    /// asked about, with their content; what differs comes back, in the same order.
    ///
    /// # Errors
    /// [`GitError`] where git fails.
    pub fn differences<'f>(
        &self,
        dir: &Path,
        files: &[(&'f str, &[u8])],
    ) -> Result<Vec<(&'f str, Difference)>, GitError> {
        let top = repository_root(dir).ok_or(GitError::NoRepository)?;
        let by_path: HashMap<&str, &Blob> =
            self.blobs.iter().map(|blob| (blob.path.as_str(), blob)).collect();
        let found: Vec<Option<&Blob>> =
            files.iter().map(|(path, _)| by_path.get(name_in(&top, dir, path)?.as_str()).copied()).collect();
        // Git is asked only for the few whose bytes are others: they may differ in their line ends alone.
        let is_other = |blob: &Blob, content: &[u8]| blob.oid != oid(content, blob.oid.len());
        let pairs = || files.iter().zip(&found);
        let others: Vec<&Blob> =
            pairs().filter_map(|((_, content), blob)| blob.filter(|blob| is_other(blob, content))).collect();
        let contents = contents(dir, &others)?;
        let mut answers = Answers { rest: &contents };
        let mut differences = Vec::new();
        for ((path, content), blob) in pairs() {
            let difference = match blob {
                None => Difference::NotCommitted,
                Some(blob) if is_other(blob, content) => {
                    let theirs = answers.next().flatten().ok_or_else(ended_early)?;
                    if Checksum::of(theirs) == Checksum::of(content) {
                        continue;
                    }
                    Difference::Changed
                }
                Some(_) => continue,
            };
            differences.push((*path, difference));
        }
        Ok(differences)
    }

    /// Writes the files into the folder `into`. Returns what stands there for the folder that was asked about.
    ///
    /// # Errors
    /// [`GitError`] where git fails or a file cannot be written.
    pub fn export(&self, dir: &Path, into: &Path) -> Result<PathBuf, GitError> {
        let failed = |reason: String| GitError::Failed { command: "cat-file", reason };
        let contents = contents(dir, &self.blobs.iter().collect::<Vec<_>>())?;
        let mut answers = Answers { rest: &contents };
        for blob in &self.blobs {
            let content = answers.next().flatten().ok_or_else(ended_early)?;
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

fn ended_early() -> GitError {
    GitError::Failed { command: "cat-file", reason: "it ended early".to_owned() }
}

/// What `git cat-file --batch` answers about blobs.
fn contents(dir: &Path, blobs: &[&Blob]) -> Result<Vec<u8>, GitError> {
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    let questions: String = blobs.iter().map(|blob| format!("{}\n", blob.oid)).collect();
    let most = blobs.iter().fold(0_u64, |most, blob| most.saturating_add(blob.size).saturating_add(256));
    let mut command = git(dir, &["cat-file", "--batch"]);
    let running = process::start(&mut command, Some(questions.into_bytes()), LONG_LIMIT, most);
    Ok(finish("cat-file", running)?.stdout)
}

/// The name that git gives a blob: a hash of `length` hexadecimal digits.
fn oid(content: &[u8], length: usize) -> String {
    let head = format!("blob {}\0", content.len());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if length == 40 {
        hex(&Sha1::new().chain_update(head).chain_update(content).finalize())
    } else {
        hex(&Sha256::new().chain_update(head).chain_update(content).finalize())
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
