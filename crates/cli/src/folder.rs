use std::path::{Path, PathBuf};

use sluice_project::config::Config;
use tokio_util::sync::CancellationToken;

use crate::args::Global;
use crate::context::config_path;
use crate::error::CliError;
use crate::output::Output;

/// The folder of a project, for commands about what is stored there. Neither the configuration nor the files are read: nothing
/// that is wrong with them keeps anybody from looking at a rollout, or from stopping it.
pub struct Folder {
    /// The options.
    pub global: Global,
    /// Where results go.
    pub output: Output,
    /// Cancelled when the user wants to stop.
    pub cancel: CancellationToken,
    /// The configuration's path, seen from the folder.
    config: PathBuf,
}

impl Folder {
    /// Finds the folder and makes it the current directory.
    ///
    /// # Errors
    /// No configuration, or a folder that cannot be entered.
    pub fn enter(global: &Global, output: Output, cancel: CancellationToken) -> Result<Self, CliError> {
        let path = config_path(global)?;
        if !path.is_file() {
            sluice_project::read_config(&path)?;
        }
        let root = path.parent().unwrap_or(Path::new(""));
        if !root.as_os_str().is_empty() {
            std::env::set_current_dir(root)
                .map_err(|error| CliError::usage(format!("{} cannot be entered: {error}", root.display())))?;
        }
        let config = path.file_name().map(PathBuf::from).unwrap_or_default();
        Ok(Self { global: global.clone(), output, cancel, config })
    }

    /// The configuration's path, seen from the folder.
    pub fn config_name(&self) -> &str {
        self.config.to_str().unwrap_or(sluice_project::config::FILE_NAME)
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn config(&self) -> Result<Config, CliError> {
        Ok(sluice_project::read_config(&self.config)?.1)
    }
}
