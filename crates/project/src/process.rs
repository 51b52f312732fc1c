//! Runs another program with a time limit, without a shell.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What a program left behind.
pub(crate) struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Why a program gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// It could not be started.
    #[error(transparent)]
    Start(std::io::Error),
    /// It had not ended when the time was up, and was killed.
    #[error("it did not end within {} seconds", .0.as_secs())]
    TimeLimit(Duration),
    /// Nobody wants its result any more; it was killed.
    #[error("cancelled")]
    Cancelled,
    /// Waiting for it or reading from it failed.
    #[error(transparent)]
    Io(std::io::Error),
}

/// How often it is asked whether the result is still wanted.
const GLANCE: Duration = Duration::from_millis(20);

/// A program that runs; see [`start`].
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<std::io::Result<Vec<u8>>>,
    stderr: Receiver<std::io::Result<Vec<u8>>>,
    deadline: Instant,
    limit: Duration,
}

/// Starts a program, feeds it `input` and collects what it writes, at most `most` bytes of each stream.
pub(crate) fn start(
    command: &mut Command,
    input: Option<Vec<u8>>,
    limit: Duration,
    most: u64,
) -> Result<Running, RunError> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(RunError::Start)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that ends without reading everything closes the pipe: its exit status tells.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let stdout = collect(child.stdout.take(), most);
    let stderr = collect(child.stderr.take(), most);
    Ok(Running { child, stdout, stderr, deadline: Instant::now() + limit, limit })
}

impl Running {
    /// Waits for the end of the program; kills it when its time is up.
    pub(crate) fn finish(self) -> Result<Finished, RunError> {
        self.finish_unless(&|| false)
    }

    /// As [`Running::finish`]; also kills it when it is `cancelled`.
    pub(crate) fn finish_unless(mut self, cancelled: &dyn Fn() -> bool) -> Result<Finished, RunError> {
        let result = self.wait(cancelled);
        if result.is_err() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        result
    }

    fn wait(&mut self, cancelled: &dyn Fn() -> bool) -> Result<Finished, RunError> {
        let stdout = self.receive(&self.stdout, cancelled)?;
        let stderr = self.receive(&self.stderr, cancelled)?;
        // Both streams are closed, so the program is about to end: the wait is short.
        loop {
            if let Some(status) = self.child.try_wait().map_err(RunError::Io)? {
                return Ok(Finished { status, stdout, stderr });
            }
            if Instant::now() >= self.deadline {
                return Err(RunError::TimeLimit(self.limit));
            }
            if cancelled() {
                return Err(RunError::Cancelled);
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    fn receive(
        &self,
        stream: &Receiver<std::io::Result<Vec<u8>>>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, RunError> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match stream.recv_timeout(left.min(GLANCE)) {
                Ok(read) => return read.map_err(RunError::Io),
                Err(RecvTimeoutError::Timeout) if cancelled() => return Err(RunError::Cancelled),
                Err(RecvTimeoutError::Timeout) if left > GLANCE => {}
                Err(_) => return Err(RunError::TimeLimit(self.limit)),
            }
        }
    }
}

/// Reads a stream on a thread of its own, so that neither stream can fill up while the other is read.
fn collect<R: Read + Send + 'static>(stream: Option<R>, most: u64) -> Receiver<std::io::Result<Vec<u8>>> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |mut stream| {
            let count = stream.by_ref().take(most).read_to_end(&mut bytes)?;
            // What is too much is read and forgotten, so that the program can end.
            std::io::copy(&mut stream, &mut std::io::sink())?;
            Ok(count)
        });
        drop(send.send(read.map(|_| bytes)));
    });
    receive
}

/// The first line of what a program said, for messages.
pub(crate) fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}
