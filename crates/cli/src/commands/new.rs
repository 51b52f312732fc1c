use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use sluice_project::layout::{self, Layout};
use sluice_report::NewChange;

use crate::args::{self, Global};
use crate::context::config_path;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice new NAME`
///
/// Reads the configuration alone: the change that was begun before this one may still hold no statement, and the directory
/// may not be there yet.
pub fn run(global: &Global, output: Output, args: &args::New) -> Result<Exit, CliError> {
    let (root, config) = sluice_project::read_config(&config_path(global)?)?;
    let name: String = args
        .name
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if name.trim_matches('_').is_empty() {
        return Err(CliError::usage("a change needs a name").help("for example: sluice new add-orders-total"));
    }
    let directories: Vec<PathBuf> = config.project.migrations.iter().map(PathBuf::from).collect();
    let directory = directories.first().cloned().unwrap_or_else(|| PathBuf::from("migrations"));
    let layout = match config.project.layout {
        Some(layout) => layout,
        None if !root.join(&directory).exists() => Layout::Native,
        None => layout::detect(&root, &directories)?.layout,
    };
    if layout != Layout::Native {
        return Err(CliError::usage(format!(
            "`sluice new` writes native migrations, and this project has the layout {layout}"
        ))
        .help("make the file with the tool that the layout comes from"));
    }
    let version = free_version(&root, &directories);
    let path = directory.join(format!("{version}_{name}.sql"));
    let write = || {
        std::fs::create_dir_all(root.join(&directory))?;
        let mut file = std::fs::File::create_new(root.join(&path))?;
        writeln!(file, "-- {}", args.name.trim())
    };
    write().map_err(|error| CliError::usage(format!("{} cannot be written: {error}", path.display())))?;
    output.result(&NewChange { path: path.display().to_string(), version, name });
    Ok(Exit::Done)
}

/// The present second as a version, or the next one that no file has: changes may be begun faster than one a second.
pub fn free_version(root: &Path, directories: &[PathBuf]) -> String {
    let files = directories.iter().filter_map(|directory| std::fs::read_dir(root.join(directory)).ok());
    let names: Vec<String> =
        files.flatten().flatten().filter_map(|item| item.file_name().into_string().ok()).collect();
    let mut at = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    loop {
        let version = at.strftime("%Y%m%d%H%M%S").to_string();
        if !names.iter().any(|name| name.trim_start_matches(['v', 'V']).starts_with(&version)) {
            return version;
        }
        at = at.saturating_add(jiff::SignedDuration::from_secs(1));
    }
}
