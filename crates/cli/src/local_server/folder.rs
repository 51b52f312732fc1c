//! The private folder of a server. It is locked as long as its run lives: what is not locked is somebody's who died.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::{Program, User};

const PREFIX: &str = "sluice-local-";

/// The folder. Inside, `run` belongs to the user that runs the server, and the rest to us.
pub struct Folder {
    path: tempfile::TempDir,
    /// Held until the folder is removed.
    _lock: File,
}

impl Folder {
    /// Makes one for a server that runs as `user`, or as ourselves.
    ///
    /// # Errors
    /// A temporary directory that takes nothing.
    pub fn create(user: Option<User>) -> io::Result<Self> {
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = File::create(path.path().join("lock"))?;
        lock.lock()?;
        let run = path.path().join("run");
        fs::create_dir(&run)?;
        fs::set_permissions(&run, fs::Permissions::from_mode(0o700))?;
        if let Some(user) = user {
            fs::set_permissions(path.path(), fs::Permissions::from_mode(0o711))?;
            user.own(&run)?;
        }
        Ok(Self { path, _lock: lock })
    }

    /// What belongs to the server.
    pub fn run(&self) -> PathBuf {
        self.path.path().join("run")
    }

    /// The cluster.
    pub fn data(&self) -> PathBuf {
        self.run().join("data")
    }

    /// The server's log, to write to.
    ///
    /// # Errors
    /// A folder that takes nothing.
    pub fn log(&self) -> io::Result<File> {
        File::options().create(true).append(true).open(self.path.path().join("log"))
    }

    /// What the log says of errors, else its end.
    pub fn last_words(&self) -> String {
        let log = fs::read(self.path.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let is_error = |line: &&str| {
            let line = line.to_ascii_lowercase();
            ["error", "fatal", "could not", "cannot"].iter().any(|word| line.contains(word))
        };
        let errors: Vec<&str> = lines.iter().copied().filter(is_error).collect();
        let lines = if errors.is_empty() { lines } else { errors };
        let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join(" / ");
        if last.is_empty() { "it says nothing".to_owned() } else { last }
    }

    /// Notes which process the server is: its id, and when it was started, as ids are given again.
    pub fn note_server(&self, program: &Program) {
        let Some(pid) = program.pid(self) else { return };
        let Some(started) = start_time(pid) else { return };
        let _ = fs::write(self.path.path().join("server"), format!("{pid} {started} {}\n", program.signal()));
    }
}

/// Removes what runs left behind that were killed together with the shell that watches their server.
pub fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    let Ok(own) = fs::metadata("/proc/self").map(|it| it.uid()) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // Not through links, and nobody else's.
        let is_ours = entry.metadata().is_ok_and(|it| it.is_dir() && it.uid() == own);
        if is_named && is_ours {
            remove_abandoned(&path);
        }
    }
}

fn remove_abandoned(path: &Path) {
    let Ok(lock) = File::open(path.join("lock")) else { return };
    if lock.try_lock().is_err() {
        return;
    }
    stop(path);
    let _ = fs::remove_dir_all(path);
}

/// Stops the server that a folder names, if that process is still the one that was noted and works in this folder.
fn stop(path: &Path) {
    let Ok(note) = fs::read_to_string(path.join("server")) else { return };
    let mut words = note.split_whitespace();
    let (Some(pid), Some(started), Some(signal)) = (words.next(), words.next(), words.next()) else { return };
    let Ok(pid) = pid.parse::<u32>() else { return };
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_it = start_time(pid).as_deref() == Some(started)
        && String::from_utf8_lossy(&command_line).contains(&*path.to_string_lossy());
    if is_it && signal.chars().all(|letter| letter.is_ascii_uppercase()) {
        let _ =
            Command::new("sh").args(["-c", "kill -\"$0\" \"$1\""]).arg(signal).arg(pid.to_string()).status();
    }
}

/// When a process was started, in ticks since the machine was (proc(5), field 22 of `stat`).
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19).map(str::to_owned)
}
