//! References to secrets, and the secrets that they lead to.
//!
//! A reference is what stands in the repository: it may be shown. A secret is shown nowhere: not by `Debug`, not by
//! `Display`, not in an error.

mod reference;
mod vault;
mod words;

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

pub use reference::{SecretRef, SecretRefError, engine_of};

use crate::process::{self, RunError};

/// How long a program or Vault may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Most bytes of a secret.
const LONGEST: u64 = 64 * 1024;

/// Text that must not be shown. Its memory is cleared when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Whoever calls this must not show it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A reference that leads to no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// `env:` names a variable that is not set.
    #[error("environment variable {name} is not set")]
    VariableMissing {
        /// The variable.
        name: String,
    },
    /// `env:` names a variable that is set to nothing.
    #[error("environment variable {name} is empty")]
    VariableEmpty {
        /// The variable.
        name: String,
    },
    /// `file:` names a file that cannot be read.
    #[error("cannot read the secret file {path}: {source}")]
    File {
        /// As written in the reference.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// What was found is no text of one line.
    #[error("{reference} gives {what}")]
    Content {
        /// The reference.
        reference: String,
        /// For example `nothing`.
        what: &'static str,
    },
    /// `exec:` names a program that cannot be started.
    #[error("cannot start {program}: {source}")]
    ProgramStart {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The program of `exec:` ended with an error.
    #[error("{program} ended with {status}{}", said(message))]
    ProgramFailed {
        /// The program.
        program: String,
        /// `exit status: 1` or the signal.
        status: String,
        /// First line that it wrote to standard error.
        message: String,
    },
    /// The program of `exec:` did not end in time, or its output could not be read.
    #[error("{program}: {reason}")]
    ProgramLost {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// The user stopped the command before there was an answer.
    #[error("cancelled before {reference} gave its secret")]
    Cancelled {
        /// The reference.
        reference: String,
    },
    /// Vault is not configured, not reachable or refuses.
    #[error("vault:{path}: {reason}")]
    Vault {
        /// Path in Vault.
        path: String,
        /// What went wrong.
        reason: String,
        /// What to do.
        help: String,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl SecretError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::VariableMissing { name } | Self::VariableEmpty { name } => {
                format!("set {name} in the environment of sluice")
            }
            Self::File { .. } => {
                "the path is relative to the folder of sluice.toml; the file must be readable for sluice"
                    .to_owned()
            }
            Self::Content { .. } => "it must give the secret as text on one line".to_owned(),
            Self::ProgramStart { .. } => {
                "the program is started without a shell: give a program on the PATH or a path to one"
                    .to_owned()
            }
            Self::ProgramFailed { .. } | Self::ProgramLost { .. } => {
                "run the command by hand to see all of its output".to_owned()
            }
            Self::Cancelled { .. } => "run the same command again".to_owned(),
            Self::Vault { help, .. } => help.clone(),
        }
    }
}

/// Finds the secret that `reference` leads to. `base` is the folder of `sluice.toml`: paths are relative to it, programs
/// run in it.
///
/// Blocks: reads a file, runs a program or asks Vault, for at most half a minute, and not longer than until it is `cancelled`.
/// A program that is not waited for any more is killed.
///
/// # Errors
/// [`SecretError`], which names the reference and never holds the secret.
pub fn resolve(
    reference: &SecretRef,
    base: &Path,
    cancelled: &dyn Fn() -> bool,
) -> Result<Secret, SecretError> {
    let variable = |name: &str| std::env::var(name).ok();
    resolve_with(reference, base, Asking { variable: &variable, cancelled })
}

/// What an answer depends on besides the reference.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the answer is not wanted any more.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// [`resolve`] with the environment as an argument.
pub(crate) fn resolve_with(
    reference: &SecretRef,
    base: &Path,
    asking: Asking<'_>,
) -> Result<Secret, SecretError> {
    let cancelled = || SecretError::Cancelled { reference: reference.to_string() };
    if (asking.cancelled)() {
        return Err(cancelled());
    }
    let text = match reference {
        SecretRef::Env(name) => match (asking.variable)(name) {
            None => return Err(SecretError::VariableMissing { name: name.clone() }),
            Some(text) if text.is_empty() => return Err(SecretError::VariableEmpty { name: name.clone() }),
            Some(text) => text,
        },
        SecretRef::File(path) => {
            let bytes = std::fs::read(base.join(path))
                .map_err(|source| SecretError::File { path: path.clone(), source })?;
            one_line(reference, bytes)?
        }
        SecretRef::Exec(command) => {
            let output = run(command.words(), base, asking.cancelled)?.ok_or_else(cancelled)?;
            one_line(reference, output)?
        }
        SecretRef::Vault { path, field } => vault::read(path, field, base, asking)?.ok_or_else(cancelled)?,
        SecretRef::Plain(url) => url.clone(),
    };
    Ok(Secret::new(text))
}

/// What a program prints; `None` when it was cancelled.
fn run(words: &[String], base: &Path, cancelled: &dyn Fn() -> bool) -> Result<Option<Vec<u8>>, SecretError> {
    let [name, arguments @ ..] = words else { return Ok(Some(Vec::new())) };
    let program = name.clone();
    // A path is meant from the folder of sluice.toml, wherever sluice was started.
    let mut command = if name.contains('/') { Command::new(base.join(name)) } else { Command::new(name) };
    command.args(arguments).current_dir(base);
    let finished = process::start(&mut command, None, TIME_LIMIT, LONGEST)
        .and_then(|running| running.finish_unless(cancelled));
    match finished {
        Ok(finished) if finished.status.success() => Ok(Some(finished.stdout)),
        Err(RunError::Cancelled) => Ok(None),
        // Ctrl-C on a terminal reaches the program, too, and may end it before it is noticed here.
        Ok(finished) if is_interrupted(finished.status) && soon(cancelled) => Ok(None),
        Ok(finished) => Err(SecretError::ProgramFailed {
            program,
            status: finished.status.to_string(),
            message: process::first_line(&finished.stderr),
        }),
        Err(RunError::Start(source)) => Err(SecretError::ProgramStart { program, source }),
        Err(error) => Err(SecretError::ProgramLost { program, reason: error.to_string() }),
    }
}

/// Whether a program ended as on Ctrl-C.
fn is_interrupted(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGINT: i32 = 2;
    status.signal() == Some(SIGINT) || status.code() == Some(128 + SIGINT)
}

/// Whether `condition` holds within a quarter of a second.
fn soon(condition: &dyn Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_millis(250);
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Text without the newline at its end.
fn one_line(reference: &SecretRef, bytes: Vec<u8>) -> Result<String, SecretError> {
    let fault = |what| SecretError::Content { reference: reference.to_string(), what };
    let text = String::from_utf8(bytes).map_err(|_| fault("bytes that are not UTF-8 text"))?;
    let line = text.trim_end_matches(['\n', '\r']);
    match line {
        "" => Err(fault("nothing")),
        _ if line.contains('\n') => Err(fault("more than one line")),
        _ => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests;
