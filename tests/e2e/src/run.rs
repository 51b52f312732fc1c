use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::redaction::redact;
use crate::schema::assert_valid;

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// The arguments, for messages.
    pub arguments: String,
    /// Exit code; 128 + n after signal n.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn of(command: &mut Command, arguments: &[&str]) -> Self {
        Started::of(command, arguments).finish()
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code of {self}");
        self
    }

    /// Asserts that both streams together hold a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.all().contains(text), "`{text}` is not said by {self}");
        self
    }

    /// Asserts that neither stream holds a text.
    #[track_caller]
    pub fn keeps_quiet_about(self, text: &str) -> Self {
        assert!(!self.all().contains(text), "`{text}` is said by {self}");
        self
    }

    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The one object on standard output, checked against the published schema that it names.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"));
        assert_valid(&value);
        value
    }

    /// For snapshots of what people see: without what differs from run to run.
    pub fn transcript(&self) -> String {
        redact(&self.to_string())
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "$ sluice {}\n{}", self.arguments, self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- standard error\n{}", self.stderr)?;
        }
        write!(f, "--- exit code {}", self.code)
    }
}

/// A running command. Killed when dropped.
#[derive(Debug)]
pub struct Started {
    child: Child,
    arguments: String,
    out: Stream,
    err: Stream,
}

/// How long any command may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(300);

impl Started {
    pub(crate) fn of(command: &mut Command, arguments: &[&str]) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("sluice does not start: {error}"));
        let out = Stream::read(child.stdout.take().expect("stdout is piped"));
        let err = Stream::read(child.stderr.take().expect("stderr is piped"));
        Self { child, arguments: arguments.join(" "), out, err }
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal (`INT`, `TERM`, `KILL`, …).
    pub fn signal(&self, name: &str) {
        sluice_testkit::signal(self.pid(), name);
    }

    /// Waits until either stream holds a text.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The streams are looked at after the process: what it wrote before its end is there then.
            let ended = self.child.try_wait().expect("a child can be waited for").is_some();
            if self.out.text().contains(text) || self.err.text().contains(text) {
                return;
            }
            let said = format!("{}{}", self.out.text(), self.err.text());
            assert!(
                !ended || !self.both_closed(),
                "`sluice {}` ended without `{text}`:\n{said}",
                self.arguments
            );
            assert!(Instant::now() < deadline, "`sluice {}` never says `{text}`:\n{said}", self.arguments);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it has written to standard output so far.
    pub fn said(&self) -> String {
        self.out.text()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Run {
        use std::os::unix::process::ExitStatusExt as _;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if Instant::now() > deadline {
                let _ = self.child.kill();
                panic!("`sluice {}` does not end:\n{}{}", self.arguments, self.out.text(), self.err.text());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Run {
            arguments: self.arguments.clone(),
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: self.out.finish(),
            stderr: self.err.finish(),
        }
    }

    fn both_closed(&self) -> bool {
        self.out.is_closed() && self.err.is_closed()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn read(mut from: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let into = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                into.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
            }
        });
        Self { bytes, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("nobody panics with it")).into_owned()
    }

    fn is_closed(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.text()
    }
}
