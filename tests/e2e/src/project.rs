use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::binary::binary;
use crate::run::{Run, Started};

/// Who commits in a project's repository.
pub const AUTHOR: &str = "Bob <bob@example.com>";

/// Who approves what [`AUTHOR`] has written.
pub const REVIEWER: &str = "Ann <ann@example.com>";

/// A project in a folder of its own.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// An empty folder, no repository.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-e2e-").tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("project")).expect("the temporary folder is writable");
        fs::create_dir(folder.path().join("home")).expect("the temporary folder is writable");
        Self { folder, environment: Vec::new() }
    }

    /// An empty git repository on the branch `main`.
    pub fn git() -> Self {
        let project = Self::new();
        project.run_git(&["init", "--quiet", "--initial-branch=main"]);
        project.write(".gitignore", ".sluice/\n*.db\n*.db-*\n");
        project
    }

    /// A configuration with one environment and one database, and a repository.
    pub fn with_database(url: &str) -> Self {
        let project = Self::git();
        project.write(
            "sluice.toml",
            &format!(
                "[project]\nname = \"shop\"\n\n[[environment]]\nname = \"dev\"\n\n\
                 [[database]]\nname = \"shop-dev\"\nenvironment = \"dev\"\nurl = \"{url}\"\n"
            ),
        );
        project
    }

    /// Its folder.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A path in its folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// The home of whoever runs `sluice` there.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, path: &str, content: &str) -> &Self {
        self.write_bytes(path, content.as_bytes())
    }

    /// Writes a file of any bytes, with the folders above it.
    pub fn write_bytes(&self, path: &str, content: &[u8]) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the project is writable");
        fs::write(path, content).expect("the project is writable");
        self
    }

    /// Reads a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Creates an empty SQLite database: Sluice never creates one by itself.
    pub fn create_sqlite(&self, path: &str) -> PathBuf {
        self.write(path, "");
        self.path(path)
    }

    /// Runs SQL on a SQLite file by the program `sqlite3`; rows as lines, columns divided by `|`.
    #[track_caller]
    pub fn sqlite(&self, path: &str, sql: &str) -> String {
        sqlite3(&self.path(path), sql)
    }

    /// Commits everything, as [`AUTHOR`].
    pub fn commit(&self, message: &str) -> &Self {
        self.run_git(&["add", "--all"]);
        self.run_git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    /// Runs git in the project and returns what it prints.
    #[track_caller]
    pub fn run_git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        self.clean(&mut command);
        let output = command.args(arguments).output().expect("git is installed");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// A copy in a folder of its own, as a clone on another machine: files, repository, environment and databases, without
    /// `.sluice`. SQLite databases are reached by both where their URLs are absolute.
    pub fn clone_elsewhere(&self) -> Self {
        let mut copy = Self::new();
        copy.environment.clone_from(&self.environment);
        let _ = fs::remove_dir(copy.root());
        let status = Command::new("cp").arg("-a").arg(self.root()).arg(copy.root()).status();
        assert!(status.expect("cp starts").success());
        let _ = fs::remove_dir_all(copy.path(".sluice"));
        copy
    }

    /// Sets a variable of the environment for every further command.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `sluice` with arguments, in the project's folder, in an environment that holds nothing of the caller's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        self.clean(&mut command);
        command.args(arguments);
        command
    }

    /// Runs `sluice` to its end.
    #[track_caller]
    pub fn sluice(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments), arguments)
    }

    /// Runs `sluice` to its end as somebody.
    #[track_caller]
    pub fn sluice_as(&self, actor: &str, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).env("SLUICE_ACTOR", actor), arguments)
    }

    /// Starts `sluice`, for stories with more than one process.
    pub fn start(&self, arguments: &[&str]) -> Started {
        Started::of(&mut self.command(arguments), arguments)
    }

    fn clean(&self, command: &mut Command) {
        command.env_clear().current_dir(self.root()).stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        for name in ["LLVM_PROFILE_FILE", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.home()).env("USER", "tester").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        command.env("NO_COLOR", "1").env("COLUMNS", "100");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        // The author of commits, and nobody at the keyboard: whoever decides says so with `sluice_as`.
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Bob")
                .env(format!("GIT_{role}_EMAIL"), "bob@example.com");
            command.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

impl AsRef<Path> for Project {
    fn as_ref(&self) -> &Path {
        self.folder.path()
    }
}

/// Runs SQL on a SQLite file by the program `sqlite3`.
#[track_caller]
pub(crate) fn sqlite3(path: &Path, sql: &str) -> String {
    let mut command = Command::new("sqlite3");
    command.args(["-batch", "-bail", "-init", "/dev/null", "-cmd", ".timeout 10000"]).arg(path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program sqlite3 is installed (tests/setup.sh programs)");
    let mut input = child.stdin.take().expect("stdin is piped");
    // It may end before it has read everything; its status tells.
    let _ = writeln!(input, "{sql}\n;");
    drop(input);
    let output = child.wait_with_output().expect("a child can be waited for");
    assert!(output.status.success(), "sqlite3: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
