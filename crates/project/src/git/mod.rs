//! What git and CI know: where a release comes from, who works here, and whether files are those of a commit.
//!
//! Runs the `git` program, four processes at once at most, without a shell and without anything that a repository
//! could make it execute. Nothing here is needed to apply changes: ask only when the answer is shown or recorded.

mod base;
mod checkout;
mod ci;
mod writers;

use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sluice_rollout::{Checksum, Identity, Provenance};

use crate::process::{self, Finished, RunError, Running};

pub use base::{Tree, commit_of, file_at, merge_base, tree};
pub use checkout::{Checkout, Protocols, RepositoryUrl, UrlError};
pub use writers::writers;

/// How long one git process may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Most bytes that git may answer, blobs aside.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// Where what is checked out comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// From git where it knows, else from the variables of the CI system.
    pub provenance: Provenance,
    /// Why git could not be asked, where there is a repository: for a warning.
    pub problem: Option<String>,
}

/// Git cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// Nothing that names a commit.
    #[error("`{commit}` is not a commit: give the hash in hexadecimal digits")]
    NotACommit {
        /// As given.
        commit: String,
    },
    /// There is no repository to compare with.
    #[error("this is not a git repository: run the command inside a clone of it")]
    NoRepository,
    /// The commit is not in the repository.
    #[error("commit {commit} is not in this repository: fetch it, for example with git fetch --unshallow")]
    UnknownCommit {
        /// Its hash.
        commit: String,
    },
    /// A file is in no commit.
    #[error("{path} is not committed: commit it first")]
    NotCommitted {
        /// Its path.
        path: String,
    },
    /// The clone does not reach back to the commits that are asked for.
    #[error("the clone is shallow: fetch the whole history, for example with git fetch --unshallow")]
    Shallow,
    /// Git failed.
    #[error("git {command}: {reason}")]
    Failed {
        /// Which command of git.
        command: &'static str,
        /// First line of what it says.
        reason: String,
    },
}

/// How a file differs from a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The commit does not have it.
    NotCommitted,
    /// The commit has other content.
    Changed,
}

/// The nearest folder with a `.git` in `dir` or above it. Starts no process.
pub fn repository_root(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dir).ok()?;
    dir.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_path_buf)
}

/// Finds out where the files of `dir` come from. Outside of a repository, or without git, only CI variables tell. The
/// provenance is dirty where tracked files differ from the commit, or where `within`, folders below `dir`, hold files
/// that git does not track.
pub fn provenance(dir: &Path, within: &[&str]) -> Origin {
    provenance_with(dir, within, &|name| std::env::var(name).ok())
}

fn provenance_with(dir: &Path, within: &[&str], variable: &dyn Fn(&str) -> Option<String>) -> Origin {
    let ci = ci::provenance(variable);
    let ci = Provenance { repository: ci.repository.map(|url| without_credentials(&url)), ..ci };
    if repository_root(dir).is_none() && variable("GIT_DIR").is_none() {
        return Origin { provenance: ci, problem: None };
    }
    let arguments = ["--literal-pathspecs", "status", "--porcelain=v2", "-z", "--untracked-files=all"];
    let arguments = [&arguments[..], &["--ignored=traditional", "--"], within].concat();
    let stray = (!within.is_empty()).then(|| start(dir, &arguments));
    // Untracked files elsewhere are left out: looking for them reads every folder of the repository.
    let status = start(dir, &["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no"]);
    let log = start(
        dir,
        &["log", "-1", "--no-show-signature", "--format=%an <%ae>%x00%cn <%ce>%x00%D", "--decorate=full"],
    );
    let config = start(dir, &["config", "-z", "--get-regexp", r"^remote\..*\.url$"]);
    let status = match finish("status", status) {
        Ok(finished) => finished,
        Err(error) => return Origin { provenance: ci, problem: Some(error.to_string()) },
    };
    // A folder that git cannot look into, for example outside of the repository, is not part of the commit.
    let stray = stray.is_some_and(|stray| match finish("status", stray) {
        Ok(found) => text(&found.stdout).split('\0').any(is_stray),
        Err(_) => true,
    });
    // A repository without commits has no log, one without remotes no URL: neither is a problem.
    let log = finish("log", log).map(|finished| text(&finished.stdout)).unwrap_or_default();
    let config = finish("config", config).map(|finished| text(&finished.stdout)).unwrap_or_default();

    let status = text(&status.stdout);
    let header = |name: &str| {
        let value =
            status.split('\0').find_map(|line| line.strip_prefix("# branch.")?.strip_prefix(name))?.trim();
        (!value.starts_with('(')).then(|| value.to_owned())
    };
    let mut people =
        log.trim_end_matches('\n').split('\0').map(|part| Some(part.to_owned()).filter(|it| it.len() > 3));
    let (author, committer) = (people.next().flatten(), people.next().flatten());
    let tag = log.split(['\0', ',', '\n']).find_map(|part| part.trim().strip_prefix("tag: refs/tags/"));
    let provenance = Provenance {
        repository: remote(&config).or(ci.repository),
        commit: header("oid").or(ci.commit),
        dirty: stray || status.split('\0').any(|line| line.starts_with(['1', '2', 'u'])),
        author,
        committer,
        reference: header("head").or(ci.reference).or_else(|| tag.map(str::to_owned)),
        ..ci
    };
    Origin { provenance, problem: None }
}

/// Whether a line of the status is about a file that git does not track. Of ignored files only those count that may be
/// migrations.
fn is_stray(line: &str) -> bool {
    line.starts_with("? ") || line.starts_with("! ") && (line.ends_with(".sql") || line.ends_with('/'))
}

/// Who works here: `SLUICE_ACTOR`, else `user.name` and `user.email` of git. `None` where neither says.
pub fn actor(dir: &Path) -> Option<Identity> {
    actor_with(dir, &|name| std::env::var(name).ok())
}

fn actor_with(dir: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<Identity> {
    if let Some(actor) = variable("SLUICE_ACTOR").filter(|actor| !actor.trim().is_empty()) {
        return Identity::parse(&actor).ok();
    }
    let config =
        finish("config", start(dir, &["config", "-z", "--get-regexp", r"^user\.(name|email)$"])).ok()?;
    let config = text(&config.stdout);
    // The last value of a key is the one that counts.
    let value = |key: &str| {
        entries(&config)
            .filter(|(name, _)| name.eq_ignore_ascii_case(key))
            .last()
            .map(|(_, value)| value.trim())
    };
    let text = match (value("user.name"), value("user.email")) {
        (Some(name), Some(mail)) => format!("{name} <{mail}>"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => return None,
    };
    Identity::parse(&text).ok()
}

/// Compares files with a commit, line endings and byte order marks aside. `files` are paths relative to `root` with their
/// content; what differs comes back, in the same order.
///
/// # Errors
/// [`GitError`] where the commit is not there or git fails.
pub fn committed<'f>(
    root: &Path,
    commit: &str,
    files: &[(&'f str, &[u8])],
) -> Result<Vec<(&'f str, Difference)>, GitError> {
    let hexadecimal = (4..=64).contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal {
        return Err(GitError::NotACommit { commit: commit.to_owned() });
    }
    let top = repository_root(root).ok_or(GitError::NoRepository)?;
    // A line of input per question: the commit itself, then each file that can be in it.
    let mut questions = format!("{commit}^{{commit}}\n").into_bytes();
    let names: Vec<Option<String>> = files.iter().map(|(path, _)| name_in(&top, root, path)).collect();
    for name in names.iter().flatten() {
        questions.extend_from_slice(format!("{commit}:{name}\n").as_bytes());
    }
    let most = files.iter().map(|(_, content)| u64::try_from(content.len()).unwrap_or(u64::MAX)).sum::<u64>();
    // Blobs that are longer than the files together differ from them anyway.
    let most = most.saturating_mul(2).saturating_add(64 * LONGEST_ANSWER);
    let running = process::start(&mut git(&top, &["cat-file", "--batch"]), Some(questions), TIME_LIMIT, most);
    let finished = finish("cat-file", running)?;
    let mut answers = Answers { rest: &finished.stdout };
    match answers.next() {
        Some(Some(_)) => {}
        _ => return Err(GitError::UnknownCommit { commit: commit.to_owned() }),
    }
    let mut differences = Vec::new();
    for ((path, content), name) in files.iter().zip(names) {
        let difference = if name.is_some() {
            match answers.next() {
                Some(Some(blob)) if Checksum::of(blob) == Checksum::of(content) => continue,
                Some(Some(_)) => Difference::Changed,
                Some(None) => Difference::NotCommitted,
                None => {
                    return Err(GitError::Failed {
                        command: "cat-file",
                        reason: "it ended early".to_owned(),
                    });
                }
            }
        } else {
            Difference::NotCommitted
        };
        differences.push((*path, difference));
    }
    Ok(differences)
}

/// A path below `root` as git names it from the top of the repository; `None` for what cannot be in a commit (outside
/// of the repository) or cannot be asked for (a newline).
fn name_in(top: &Path, root: &Path, path: &str) -> Option<String> {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(root).ok()?.join(path).components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    let name = whole.strip_prefix(top).ok()?;
    let parts: Option<Vec<&str>> = name.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/")).filter(|name| !name.contains('\n'))
}

/// The answers of `git cat-file --batch`: `<oid> <type> <size>`, newline, content, newline; or `<question> missing`.
struct Answers<'o> {
    rest: &'o [u8],
}

impl<'o> Iterator for Answers<'o> {
    type Item = Option<&'o [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let (header, rest) = self.rest.split_at_checked(end)?;
        let rest = rest.get(1..)?;
        let header = String::from_utf8_lossy(header);
        let size = match header.split(' ').collect::<Vec<_>>().as_slice() {
            [oid, "blob" | "tree" | "commit" | "tag", size]
                if oid.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                size.parse::<usize>().ok()
            }
            _ => None,
        };
        let Some(size) = size else {
            self.rest = rest;
            return Some(None);
        };
        let content = rest.get(..size)?;
        self.rest = rest.get(size.saturating_add(1)..)?;
        Some(Some(content))
    }
}

/// A git command that cannot run anything else: no hooks, no file system monitor, no pager, no optional locks, no
/// fetching of missing objects, no questions.
fn git(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C");
    command
}

fn start(dir: &Path, arguments: &[&str]) -> Result<Running, RunError> {
    process::start(&mut git(dir, arguments), None, TIME_LIMIT, LONGEST_ANSWER)
}

fn finish(command: &'static str, running: Result<Running, RunError>) -> Result<Finished, GitError> {
    match running.and_then(Running::finish) {
        Ok(finished) if finished.status.success() => Ok(finished),
        Ok(finished) => Err(GitError::Failed { command, reason: process::first_line(&finished.stderr) }),
        Err(error) => Err(GitError::Failed { command, reason: error.to_string() }),
    }
}

/// The URL of `origin`, else of the first remote.
fn remote(config: &str) -> Option<String> {
    let url = |wanted: &str| entries(config).find(|(name, _)| *name == wanted).map(|(_, url)| url);
    let url = url("remote.origin.url").or_else(|| entries(config).next().map(|(_, url)| url))?;
    Some(without_credentials(url))
}

/// Keys and values of `git config -z`.
fn entries(config: &str) -> impl Iterator<Item = (&str, &str)> {
    config.split('\0').filter_map(|entry| entry.split_once('\n'))
}

/// A URL without user and password. In `git@host:path` the user is part of the address and stays.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => url.to_owned(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
