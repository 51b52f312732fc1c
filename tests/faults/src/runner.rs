use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::story::Story;

/// Longest wait for anything in a test: a fault that does not strike is a failed test.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One install of a project: a folder with a configuration, migrations and a state of its own.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    url: String,
}

impl Project {
    /// A project for a database; `settings` are lines of `[apply]`.
    pub fn new(url: &str, settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-faults-").tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("migrations")).expect("the folder is writable");
        let project = Self { folder, url: url.to_owned() };
        project.configure(settings);
        project
    }

    /// Writes the configuration; `settings` are lines of `[apply]`.
    pub fn configure(&self, settings: &str) {
        let text = format!(
            "[project]\nname = \"faults\"\nmigrations = \"migrations\"\nlayout = \"native\"\n\n[apply]\n{settings}\n\n\
             [[environment]]\nname = \"dev\"\n\n[[database]]\nname = \"main\"\nenvironment = \"dev\"\nurl = \"{}\"\n",
            self.url
        );
        fs::write(self.path("sluice.toml"), text).expect("the folder is writable");
    }

    /// Puts the first `count` changes of a story into the folder.
    pub fn write(&self, story: &Story, count: usize) {
        for (name, text) in story.changes.iter().take(count) {
            fs::write(self.path("migrations").join(name), text).expect("the folder is writable");
        }
    }

    /// A path in the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(sluice_e2e::binary());
        self.prepare(&mut command);
        command.args(arguments);
        command
    }

    /// Makes a command run in the project, with nothing of the tester's surroundings.
    pub fn prepare(&self, command: &mut Command) {
        command.current_dir(self.folder.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SLUICE_") || name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("SLUICE_ACTOR", "faults@test").env("NO_COLOR", "1").env("HOME", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str], fault: Option<&str>) -> Runner {
        let mut command = self.command(arguments);
        if let Some(fault) = fault {
            command.env("SLUICE_FAULT", fault);
        }
        Runner::spawn(&mut command)
    }

    /// Runs `sluice deploy` to its end.
    pub fn deploy(&self) -> Ended {
        self.start(&["deploy"], None).end()
    }
}

/// A running command.
#[derive(Debug)]
pub struct Runner {
    child: Child,
    output: Arc<Output>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Output {
    /// Standard output and standard error, as they come.
    text: Mutex<Vec<u8>>,
    more: Condvar,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Both streams.
    pub output: String,
}

impl Ended {
    /// The exit code must be `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "the exit code is not {code} (signal {:?}):\n{}",
            self.signal,
            self.output
        );
        self
    }

    /// The output must hold `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.output.contains(text), "the output does not say `{text}`:\n{}", self.output);
        self
    }
}

impl Runner {
    /// Starts a command whose streams are pipes.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let output = Arc::new(Output::default());
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("a pipe")), Box::new(child.stderr.take().expect("a pipe"))];
        let readers = streams
            .into_iter()
            .map(|mut stream| {
                let output = Arc::clone(&output);
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(length @ 1..) = stream.read(&mut buffer) {
                        output.text.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[..length]);
                        output.more.notify_all();
                    }
                })
            })
            .collect();
        Self { child, output, readers }
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written so far.
    pub fn text(&self) -> String {
        let text = self.output.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until it has written `wanted`.
    #[track_caller]
    pub fn wait_for(&mut self, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if text.contains(wanted) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                for reader in self.readers.drain(..) {
                    let _ = reader.join();
                }
                let text = self.text();
                assert!(text.contains(wanted), "it ended ({status}) without saying `{wanted}`:\n{text}");
                return;
            }
            assert!(Instant::now() < deadline, "it does not say `{wanted}`:\n{text}");
            let guard = self.output.text.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = self.output.more.wait_timeout(guard, Duration::from_millis(50));
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        sluice_testkit::signal(self.child.id(), name);
    }

    /// SIGKILL.
    pub fn kill(mut self) -> Ended {
        let _ = self.child.kill();
        self.end()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    let _ = self.child.kill();
                    panic!("it does not end:\n{}", self.text());
                }
                None => std::thread::sleep(Duration::from_millis(3)),
            }
        };
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Ended { code: status.code(), signal: status.signal(), output: self.text() }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind, not even a stopped process.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
