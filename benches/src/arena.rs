//! Where the programs meet: what is installed, where files go, how often each is run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::measurement::Subject;

/// Programs and places of one run of the benchmarks.
pub struct Arena {
    /// How often each program runs; the order alternates between ours and theirs.
    pub runs: usize,
    folder: TempDir,
    log: PathBuf,
    sluice: PathBuf,
}

impl Arena {
    /// An arena for the program `sluice`, or for the one that was built next to this program.
    pub fn new(sluice: Option<PathBuf>, runs: usize) -> anyhow::Result<Self> {
        let sluice = match sluice {
            Some(path) => path,
            None => std::env::current_exe()?.with_file_name("sluice"),
        };
        ensure!(
            sluice.exists(),
            "{} is missing: run `make bench`, or name it with --sluice",
            sluice.display()
        );
        let folder = tempfile::Builder::new().prefix("sluice-bench-").tempdir()?;
        let log = folder.path().join("output.log");
        Ok(Self { runs, folder, log, sluice: std::path::absolute(sluice)? })
    }

    /// Folder for files; removed at the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A program to be measured.
    pub fn subject(&self, program: impl AsRef<OsStr>, directory: &Path) -> anyhow::Result<Subject<'_>> {
        Subject::new(program, directory, &self.log)
    }

    /// The program `sluice`.
    pub fn program(&self, directory: &Path) -> anyhow::Result<Subject<'_>> {
        self.subject(&self.sluice, directory)
    }

    /// `sluice deploy` of the environment `dev` of a project.
    pub fn sluice(&self, project: &Path) -> anyhow::Result<Subject<'_>> {
        Ok(self.program(project)?.args(["deploy", "--env", "dev", "--yes", "--no-progress"]))
    }

    /// A program that `benches/setup.sh` installs.
    pub fn competitor(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = sluice_testkit::tools().join("bin").join(name);
        path.exists().then_some(path).with_context(|| format!("{name} is missing: run benches/setup.sh"))
    }
}
