//! Wall time and peak memory of a whole process.
//!
//! This program calls itself to start what is measured: the kernel reports the peak memory of *all* children of a
//! process, so each measured process needs a parent of its own.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// One run of one process.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Sample {
    /// Wall time from start to exit, in seconds.
    pub seconds: f64,
    /// Largest resident set of the process or of one of its own children, in KiB. Never less than what this program
    /// itself needs to start it, some 3 MiB.
    pub peak_kib: i64,
    /// Exit code; absent when a signal ended it.
    pub code: Option<i32>,
}

/// What is measured: program, arguments, environment and directory.
pub struct Subject<'a> {
    command: Command,
    log: &'a Path,
}

impl<'a> Subject<'a> {
    /// `program` with its output going to the file `log`.
    pub fn new(program: impl AsRef<OsStr>, directory: &Path, log: &'a Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("measure").arg(log).arg("--").arg(program).current_dir(directory);
        Ok(Self { command, log })
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it once.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0: a failed run is no measurement. The end of its output is in the
    /// message.
    pub fn run(self) -> anyhow::Result<Sample> {
        self.run_with(&[0])
    }

    /// [`Subject::run`] of a program whose work may end with one of these codes.
    ///
    /// # Errors
    /// As [`Subject::run`].
    pub fn run_with(mut self, codes: &[i32]) -> anyhow::Result<Sample> {
        let output = self.command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("cannot measure {:?}", self.command);
        }
        let sample: Sample = serde_json::from_slice(&output.stdout)?;
        if sample.code.is_none_or(|code| !codes.contains(&code)) {
            let log = std::fs::read_to_string(self.log).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(15).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            bail!("{:?} ended with {:?}:\n{}", self.command, sample.code, tail.join("\n"));
        }
        Ok(sample)
    }
}

/// The inner side of [`Subject::run`]: runs the process and prints the [`Sample`] as JSON.
pub fn measure(log: &Path, command: &[String]) -> anyhow::Result<()> {
    let (program, args) = command.split_first().context("nothing to measure")?;
    let output = File::create(log)?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let peak_kib = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    println!("{}", serde_json::to_string(&Sample { seconds, peak_kib, code: status.code() })?);
    Ok(())
}

/// Median wall time in seconds; zero without samples.
pub fn median_seconds(samples: &[Sample]) -> f64 {
    let mut seconds: Vec<f64> = samples.iter().map(|sample| sample.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    match (seconds.get(middle), middle.checked_sub(1).and_then(|before| seconds.get(before))) {
        (Some(upper), Some(lower)) if seconds.len().is_multiple_of(2) => (lower + upper) / 2.0,
        (Some(median), _) => *median,
        (None, _) => 0.0,
    }
}

/// Highest peak of the samples in KiB.
pub fn peak_kib(samples: &[Sample]) -> i64 {
    samples.iter().map(|sample| sample.peak_kib).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_one_slow_run() {
        let samples = |seconds: &[f64]| -> Vec<Sample> {
            seconds.iter().map(|seconds| Sample { seconds: *seconds, peak_kib: 1, code: Some(0) }).collect()
        };
        assert_eq!(median_seconds(&samples(&[9.0, 1.0, 2.0])), 2.0);
        assert_eq!(median_seconds(&samples(&[9.0, 1.0, 2.0, 3.0])), 2.5);
        assert_eq!(median_seconds(&[]), 0.0);
    }
}
