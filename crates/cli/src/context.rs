use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_facts::Hazard;
use sluice_runner::context::Setting;
use sluice_runner::sites::Trust;
use sluice_store::State;
use tokio_util::sync::CancellationToken;

pub use sluice_runner::context::{Needs, in_parallel, run_id, silent, user_at_host};

use crate::args::Global;
use crate::error::CliError;
use crate::output::Output;
use crate::preparation::STATE;

/// A project as a command sees it. The current directory is the project's root from here on, so that relative paths in the
/// configuration mean what they say.
pub struct Context {
    project: sluice_runner::Context,
    /// The options.
    pub global: Global,
    /// Where results go.
    pub output: Output,
}

impl Context {
    /// Finds and reads the project, as much of it as a command needs.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration and the files; only with the configuration where the ledgers are what is
    /// needed.
    pub fn load(
        global: &Global,
        output: Output,
        cancel: CancellationToken,
        needs: Needs,
    ) -> Result<Self, CliError> {
        let (root, config) = sluice_project::read_config(&config_path(global)?)?;
        if !root.as_os_str().is_empty() {
            std::env::set_current_dir(&root)
                .map_err(|error| CliError::usage(format!("{} cannot be entered: {error}", root.display())))?;
        }
        let setting = Setting {
            // The configuration's folder was relative to the directory that was left.
            root: PathBuf::from("."),
            trust: Trust::Own,
            selection: global.selection(),
            state: State::local(Path::new(STATE)),
            listener: Arc::new(output),
        };
        let project = sluice_runner::Context::load(config, setting, cancel, needs)?;
        Ok(Self { project, global: global.clone(), output })
    }

    /// As [`sluice_runner::Context::allow`].
    pub fn allow(&mut self, hazards: Vec<Hazard>) {
        self.project.allow(hazards);
    }

    /// As [`sluice_runner::Context::runtime`].
    ///
    /// # Errors
    /// When the system gives no more file descriptors or threads.
    pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
        sluice_runner::Context::runtime()
    }
}

impl Deref for Context {
    type Target = sluice_runner::Context;

    fn deref(&self) -> &Self::Target {
        &self.project
    }
}

/// The configuration that the options name, or the nearest one upwards.
///
/// # Errors
/// When there is none.
pub fn config_path(global: &Global) -> Result<PathBuf, CliError> {
    if let Some(path) = &global.config {
        return Ok(path.clone());
    }
    let here = std::env::current_dir()
        .map_err(|error| CliError::usage(format!("the current directory cannot be read: {error}")))?;
    sluice_project::find_config(&here).ok_or_else(|| {
        CliError::usage("there is no sluice.toml here or in a directory above")
            .help("`sluice init` writes one")
    })
}
