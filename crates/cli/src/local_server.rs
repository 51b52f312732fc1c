//! A server that is started for one run, where nobody has named a shadow: a program that is installed on this machine, with an empty
//! cluster in a private folder, reached through a socket in it and through nothing else. It ends with us, also where we are killed: a
//! shell waits for our end of a pipe to close.

mod folder;
mod programs;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sluice_sql::Dialect;

use folder::Folder;
pub use programs::Wanted;
use programs::{Program, User};

/// What is waited for until a server takes connections.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server, tells it to end when standard input does, and ends when it has. A server that has only just been started may not
/// listen yet, so that it is told until it is gone.
const WATCH: &str = "exec 3<&0; \"$@\" 3<&- & server=$!; \
    (read -r _ <&3; while kill -\"$0\" \"$server\"; do sleep 0.1; done) 2>/dev/null & reader=$!; \
    wait \"$server\"; kill \"$reader\" 2>/dev/null";

/// Why no server could be started.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// There is no program.
    #[error("no {engine} program is installed{}: looked for {looked}", version_words(.wanted.as_deref(), .found))]
    Nowhere {
        /// `PostgreSQL`, `MariaDB` or `MySQL`.
        engine: &'static str,
        /// The version that was asked for.
        wanted: Option<String>,
        /// Versions that are there instead.
        found: Vec<String>,
        /// Where.
        looked: String,
    },
    /// We are root, and servers do not run as root.
    #[error("{engine} does not run as root, and this machine has no user {}", .users.join(" or "))]
    Root {
        /// The engine.
        engine: &'static str,
        /// The users that would do.
        users: Vec<&'static str>,
    },
    /// It does not come up.
    #[error("{program} does not start: {reason}")]
    Start {
        /// The program's path.
        program: String,
        /// The end of its log, or why it could not be tried.
        reason: String,
    },
}

fn version_words(wanted: Option<&str>, found: &[String]) -> String {
    match (wanted, found) {
        (Some(wanted), []) => format!(" in version {wanted}"),
        (Some(wanted), found) => format!(" in version {wanted} (there is {})", found.join(", ")),
        (None, _) => String::new(),
    }
}

/// A server of ours. It is stopped, and everything of it is removed, when this is dropped.
pub struct LocalServer {
    /// How it is reached.
    pub url: String,
    watcher: Child,
    /// Removed after the server has ended.
    folder: Folder,
}

/// A program that can be started.
pub struct Installed {
    program: Program,
    user: Option<User>,
}

impl Installed {
    /// The program of an engine, of the wanted version where one is wanted. What earlier runs left behind is removed on the way.
    ///
    /// # Errors
    /// [`LocalError::Nowhere`], [`LocalError::Root`].
    pub fn find(dialect: Dialect, wanted: Option<&Wanted>) -> Result<Self, LocalError> {
        folder::sweep();
        let user = User::for_servers(dialect)?;
        Ok(Self { program: Program::find(dialect, wanted, user)?, user })
    }

    /// What tells it from other programs: what it makes of a text follows from this.
    pub fn words(&self) -> String {
        format!("{} {}", self.program.path.display(), self.program.version_text())
    }

    /// Starts it, with an empty cluster.
    ///
    /// # Errors
    /// [`LocalError::Start`].
    pub fn start(&self) -> Result<LocalServer, LocalError> {
        let Self { program, user } = self;
        let failed =
            |reason: String| LocalError::Start { program: program.path.display().to_string(), reason };
        let unable = |error: std::io::Error| failed(error.to_string());
        let folder =
            Folder::create(*user).map_err(|error| failed(format!("its folder cannot be made: {error}")))?;
        let mut initialize = program.initialize(&folder);
        quiet(&mut initialize, &folder, *user).map_err(unable)?;
        if !initialize.status().map_err(unable)?.success() {
            return Err(failed(folder.last_words()));
        }
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(WATCH)
            .arg(program.signal())
            .arg(&program.path)
            .args(program.arguments(&folder));
        quiet(&mut command, &folder, *user).map_err(unable)?;
        // Whoever interrupts us interrupts us alone; the server ends with the pipe.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let watcher = command.stdin(Stdio::piped()).spawn().map_err(unable)?;
        let mut server = LocalServer { url: program.url(&folder), watcher, folder };
        server.wait_until_ready(program).map_err(failed)?;
        server.folder.note_server(program);
        Ok(server)
    }
}

impl LocalServer {
    fn wait_until_ready(&mut self, program: &Program) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !program.is_ready(&self.folder) {
            let ended = self.watcher.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > deadline {
                return Err(self.folder.last_words());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// Runs it as somebody who may, in its folder, with its words in the log.
fn quiet(command: &mut Command, folder: &Folder, user: Option<User>) -> std::io::Result<()> {
    let log = folder.log()?;
    command.current_dir(Path::new("/")).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    // Ours may be a place where the server's user writes nothing.
    // Ours may hold secrets, and settings that are meant for other servers.
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("TMPDIR", folder.run());
    if let Some(user) = user {
        user.take(command);
    }
    Ok(())
}
