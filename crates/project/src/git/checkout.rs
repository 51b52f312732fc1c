use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{GitError, LONGEST_ANSWER, TIME_LIMIT, git, text};
use crate::process::{self, Finished, RunError};

/// How long one fetch may take.
const FETCH_LIMIT: Duration = Duration::from_secs(300);

/// How often the size of what is fetched is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// Where a repository may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Protocols {
    /// Whether repositories on this machine's disks may be fetched. Whoever may name a repository could read any of them.
    pub files: bool,
}

/// URL of a repository, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryUrl(String);

/// Text that is no URL of a repository that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another way to reach it.
    #[error("a repository is fetched from https://… or ssh://… or user@host:path, and from nowhere else")]
    Protocol,
    /// There is a password in it.
    #[error("the URL holds a password, which would be shown")]
    Password,
    /// There is something in it that git or a terminal could take for something else.
    #[error("the URL holds a character that does not belong into one")]
    Character,
}

impl RepositoryUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(url: &str, allowed: Protocols) -> Result<Self, UrlError> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\' || c == '"';
        if url.is_empty() || url.chars().any(odd) {
            return Err(UrlError::Character);
        }
        if let Some(rest) = url.strip_prefix("file://") {
            return match allowed.files && rest.starts_with('/') {
                true => Ok(Self(url.to_owned())),
                false => Err(UrlError::Protocol),
            };
        }
        if let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("ssh://")) {
            let (authority, path) = rest.split_once('/').ok_or(UrlError::Protocol)?;
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            if user.contains(':') || (url.starts_with("https:") && !user.is_empty()) {
                return Err(UrlError::Password);
            }
            // `ssh://-oProxyCommand=…` would be an option of ssh.
            let fine =
                !host.is_empty() && !host.starts_with('-') && !user.starts_with('-') && !path.is_empty();
            return if fine { Ok(Self(url.to_owned())) } else { Err(UrlError::Protocol) };
        }
        if url.contains("://") || url.contains("::") {
            return Err(UrlError::Protocol);
        }
        // user@host:path
        let (address, path) = url.split_once(':').ok_or(UrlError::Protocol)?;
        let (user, host) = address.split_once('@').ok_or(UrlError::Protocol)?;
        let word = |text: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let fine = word(user) && word(host) && !path.is_empty() && !path.starts_with('-');
        if fine { Ok(Self(url.to_owned())) } else { Err(UrlError::Protocol) }
    }
}

/// A clone that follows one branch of a repository. Nobody else works in it.
#[derive(Debug, Clone)]
pub struct Checkout {
    folder: PathBuf,
    url: RepositoryUrl,
    branch: String,
    /// Most bytes that the clone may have.
    limit: u64,
}

/// The branch as it is here, whatever it is called there.
const FOLLOWED: &str = "refs/remotes/origin/followed";

impl Checkout {
    /// A clone in a folder, which need not be there yet.
    pub fn new(folder: PathBuf, url: RepositoryUrl, branch: String, limit: u64) -> Self {
        Self { folder, url, branch, limit }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fetches the branch. Answers its newest commit.
    ///
    /// # Errors
    /// [`GitError`]: nothing there, no access, too much, too slow.
    pub fn fetch(&self, cancelled: &dyn Fn() -> bool) -> Result<String, GitError> {
        self.create()?;
        let source = format!("+refs/heads/{}:{FOLLOWED}", self.branch);
        let mut command = self.git(&[
            "-c",
            "fetch.fsckObjects=true",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--end-of-options",
            &self.url.0,
            &source,
        ]);
        let started = process::start(&mut command, None, FETCH_LIMIT, LONGEST_ANSWER);
        let (looked, too_big) = (std::cell::Cell::new(Instant::now()), std::cell::Cell::new(false));
        let stop = || {
            if looked.get().elapsed() >= GLANCE {
                looked.set(Instant::now());
                too_big.set(size(&self.folder.join(".git")) > self.limit);
            }
            too_big.get() || cancelled()
        };
        let ended = started.and_then(|running| running.finish_unless(&stop));
        if too_big.get() || size(&self.folder.join(".git")) > self.limit {
            // What came is of no use, and would be in the way of a smaller repository.
            let _ = std::fs::remove_dir_all(&self.folder);
            let reason = format!("the repository is larger than {} MiB", self.limit / (1024 * 1024));
            return Err(GitError::Failed { command: "fetch", reason });
        }
        succeeded("fetch", ended)?;
        let found = self.ask("rev-parse", &["rev-parse", "--verify", &format!("{FOLLOWED}^{{commit}}")])?;
        Ok(text(&found.stdout).trim().to_owned())
    }

    /// Makes the folder hold a commit's files, and no others.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn check_out(&self, commit: &str) -> Result<(), GitError> {
        if !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(GitError::NotACommit { commit: commit.to_owned() });
        }
        // One that was killed has left it; the folder is ours alone.
        let _ = std::fs::remove_file(self.folder.join(".git").join("index.lock"));
        self.ask("checkout", &["checkout", "--quiet", "--force", "--detach", commit])?;
        self.ask("clean", &["clean", "--quiet", "-ffdx"])?;
        Ok(())
    }

    /// Whether `later` has `earlier` in its history; also where git does not know `earlier` any more, the answer is no.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn follows(&self, later: &str, earlier: &str) -> Result<bool, GitError> {
        if [later, earlier].iter().any(|commit| !commit.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Ok(false);
        }
        let mut command = self.git(&["merge-base", "--is-ancestor", earlier, later]);
        let ended = process::start(&mut command, None, TIME_LIMIT, LONGEST_ANSWER).and_then(|it| it.finish());
        match ended {
            Ok(finished) => Ok(finished.status.success()),
            Err(error) => Err(GitError::Failed { command: "merge-base", reason: error.to_string() }),
        }
    }

    fn create(&self) -> Result<(), GitError> {
        if self.folder.join(".git").join("HEAD").is_file() {
            return Ok(());
        }
        let failed = |error: std::io::Error| GitError::Failed { command: "init", reason: error.to_string() };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        self.ask("init", &["init", "--quiet", "--initial-branch=unused", "--template="])?;
        Ok(())
    }

    fn ask(&self, name: &'static str, arguments: &[&str]) -> Result<Finished, GitError> {
        let mut command = self.git(arguments);
        succeeded(
            name,
            process::start(&mut command, None, TIME_LIMIT, LONGEST_ANSWER).and_then(|it| it.finish()),
        )
    }

    /// Git without anything that a repository or its server could make it do: no hooks, no filters, no submodules, no links, no
    /// other protocols, no redirects, no questions. How it proves who it is stands in the configuration of this process's user.
    fn git(&self, arguments: &[&str]) -> Command {
        let settings = [
            "-c",
            "core.symlinks=false",
            "-c",
            "core.autocrlf=false",
            "-c",
            "submodule.recurse=false",
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false",
            "-c",
            "http.followRedirects=false",
        ];
        let mut command = git(&self.folder, &[&settings[..], arguments].concat());
        let protocols = if self.url.0.starts_with("file://") { "file" } else { "https:ssh" };
        command
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_EXTERNAL_DIFF")
            .env("GIT_CEILING_DIRECTORIES", self.folder.parent().unwrap_or(&self.folder))
            .env("GIT_ALLOW_PROTOCOL", protocols)
            .env("GIT_PROTOCOL_FROM_USER", "0")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_ASKPASS", "true")
            .env("SSH_ASKPASS", "true")
            .env("GCM_INTERACTIVE", "never");
        if std::env::var_os("GIT_SSH_COMMAND").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20");
        }
        command
    }
}

fn succeeded(command: &'static str, ended: Result<Finished, RunError>) -> Result<Finished, GitError> {
    match ended {
        Ok(finished) if finished.status.success() => Ok(finished),
        Ok(finished) => Err(GitError::Failed { command, reason: process::first_line(&finished.stderr) }),
        Err(error) => Err(GitError::Failed { command, reason: error.to_string() }),
    }
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_that_run_nothing_and_hold_no_password_are_fetched() {
        let parse = |url: &str| RepositoryUrl::parse(url, Protocols::default()).map(drop);
        for fine in
            ["https://example.com/shop.git", "ssh://git@example.com:22/shop.git", "git@example.com:team/shop"]
        {
            assert_eq!(parse(fine), Ok(()), "{fine}");
        }
        for (url, error) in [
            ("", UrlError::Character),
            ("https://example.com/a b", UrlError::Character),
            ("https://example.com/\u{1b}[2J", UrlError::Character),
            ("http://example.com/shop", UrlError::Protocol),
            ("file:///etc", UrlError::Protocol),
            ("/srv/shop", UrlError::Protocol),
            ("../shop", UrlError::Protocol),
            ("ext::sh -c x", UrlError::Character),
            ("ext::sh", UrlError::Protocol),
            ("-u@host:x", UrlError::Protocol),
            ("--upload-pack=x@host:y", UrlError::Protocol),
            ("git@-oProxyCommand=x:y", UrlError::Protocol),
            ("ssh://-oProxyCommand=x/y", UrlError::Protocol),
            ("git@host:-x", UrlError::Protocol),
            ("https://user@example.com/shop", UrlError::Password),
            ("https://user:word@example.com/shop", UrlError::Password),
            ("ssh://git:word@example.com/shop", UrlError::Password),
            ("https:///shop", UrlError::Protocol),
        ] {
            assert_eq!(parse(url), Err(error), "{url}");
        }
        let files = Protocols { files: true };
        assert!(RepositoryUrl::parse("file:///srv/shop", files).is_ok());
        assert_eq!(RepositoryUrl::parse("file://host/shop", files), Err(UrlError::Protocol));
    }
}
