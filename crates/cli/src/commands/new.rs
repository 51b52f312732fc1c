use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sluice_engine::ApplyError;
use sluice_facts::{Hazard, Step};
use sluice_project::config::Config;
use sluice_project::layout::{self, Layout};
use sluice_report::{NewChange, Problem, terminated};
use tokio_util::sync::CancellationToken;

use super::diff;
use crate::against::Against;
use crate::args::{self, Global};
use crate::context::{Context, Needs, config_path};
use crate::error::{CliError, Exit, exit_of, problems_of};
use crate::ground;
use crate::output::Output;
use crate::replay::Replay;

/// `sluice new NAME`
///
/// Reads the configuration alone: the change that was begun before this one may still hold no statement, and the directory
/// may not be there yet.
pub fn run(global: &Global, output: Output, args: &args::New) -> Result<Exit, CliError> {
    let (root, config) = sluice_project::read_config(&config_path(global)?)?;
    let place = Place::find(&root, &config, &args.name)?;
    place.write(&root, &place.path(""), &format!("-- {}\n", args.name.trim()))?;
    output.result(&place.report(None));
    Ok(Exit::Done)
}

/// Where a new change is to be written.
struct Place {
    directory: PathBuf,
    version: String,
    name: String,
}

impl Place {
    fn find(root: &Path, config: &Config, title: &str) -> Result<Self, CliError> {
        if config.project.is_declarative() {
            return Err(CliError::usage(
                "a declarative project has no changes: the way to the schema is computed",
            )
            .help("edit the files of the schema, or name folders of `migrations` in [project], too"));
        }
        let name: String = title
            .trim()
            .chars()
            .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        if name.trim_matches('_').is_empty() {
            return Err(
                CliError::usage("a change needs a name").help("for example: sluice new add-orders-total")
            );
        }
        let directories: Vec<PathBuf> = config.project.migrations.iter().map(PathBuf::from).collect();
        let directory = directories.first().cloned().unwrap_or_else(|| PathBuf::from("migrations"));
        let layout = match config.project.layout {
            Some(layout) => layout,
            None if !root.join(&directory).exists() => Layout::Native,
            None => layout::detect(root, &directories)?.layout,
        };
        if layout != Layout::Native {
            return Err(CliError::usage(format!(
                "`sluice new` writes native migrations, and this project has the layout {layout}"
            ))
            .help("make the file with the tool that the layout comes from"));
        }
        Ok(Self { version: free_version(root, &directories), directory, name })
    }

    /// The file of the change, `suffix` being `.down` for the way back.
    fn path(&self, suffix: &str) -> PathBuf {
        self.directory.join(format!("{}_{}{suffix}.sql", self.version, self.name))
    }

    fn write(&self, root: &Path, path: &Path, text: &str) -> Result<(), CliError> {
        let write = || {
            std::fs::create_dir_all(root.join(&self.directory))?;
            std::fs::File::create_new(root.join(path))?.write_all(text.as_bytes())
        };
        write().map_err(|error| CliError::usage(format!("{} cannot be written: {error}", path.display())))
    }

    fn report(&self, down: Option<&Path>) -> NewChange {
        NewChange {
            path: self.path("").display().to_string(),
            down: down.map(|path| path.display().to_string()),
            version: self.version.clone(),
            name: self.name.clone(),
        }
    }
}

/// `sluice new --from-schema NAME`: the change that leads from what the changes make to the declared schema.
///
/// # Errors
/// No declared schema, no shadow, SQL that does not run, steps that nobody has allowed, nothing to do.
pub fn from_schema(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    args: &args::New,
) -> Result<Exit, CliError> {
    let allowed = diff::allowed(&args.allow)?;
    let here = std::env::current_dir().unwrap_or_default();
    let context = Context::load(global, output, cancel, Needs::Files)?;
    let config = context.config();
    let root = Path::new(".");
    let Some(desired) = &context.project.desired else {
        return Err(CliError::usage("this project declares no schema")
            .help("`schema` in [project] names the folder of SQL that does"));
    };
    let place = Place::find(root, config, &args.name)?;
    let ground = match &args.shadow {
        Some(text) => {
            let against = Against::named_by("--shadow", text, Some(config), &here, &context.resolver)?;
            let (family, connect) = against.reach();
            (family, connect.clone())
        }
        None => ground::of_project(config, &context.resolver).map_err(|error| failure(&error))?,
    };
    let replay = Replay::of(context.project.changes(), desired);
    let both = replay.run(&ground, context.scope()).map_err(|error| failure(&error))?;
    if both.replayed.fingerprint() == both.desired.fingerprint() {
        output.message("nothing to do: the changes make the declared schema");
        return Ok(Exit::Done);
    }
    let forth = both.forth(&ground).map_err(|error| failure(&error))?;
    let deletes = |steps: &[Step]| {
        steps.iter().filter(|step| step.hazards.contains(&Hazard::DeletesData)).cloned().collect::<Vec<_>>()
    };
    let deleting = deletes(&forth);
    if !deleting.is_empty() && !allowed.contains(&Hazard::DeletesData) && !context.allows(Hazard::DeletesData)
    {
        let problem = |step: &Step| Problem::error(format!("deletes_data: {}", one_line(&step.sql)));
        return Err(CliError { exit: Exit::Findings, problems: deleting.iter().map(problem).collect() }
            .help("--allow deletes_data accepts it"));
    }
    let back = both.back(&ground).map_err(|error| failure(&error))?;
    let lost = deletes(&back);
    let mut text = format!("-- {}\n", args.name.trim());
    if !lost.is_empty() {
        text.push_str("-- There is no way back that keeps what is written since:\n");
        lost.iter().for_each(|step| text.push_str(&format!("--   {}\n", one_line(&step.sql))));
    }
    text.push('\n');
    let engine = &both.desired.engine;
    forth.iter().for_each(|step| text.push_str(&terminated(engine, &step.sql)));
    let down = place.path(".down");
    if lost.is_empty() {
        let text: String = back.iter().map(|step| terminated(engine, &step.sql)).collect();
        place.write(root, &down, &text)?;
    }
    place.write(root, &place.path(""), &text)?;
    output.result(&place.report(lost.is_empty().then_some(down.as_path())));
    Ok(Exit::Done)
}

fn failure(error: &ApplyError) -> CliError {
    CliError { exit: exit_of(error), problems: problems_of(error, "shadow") }
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The present second as a version, or the next one that no file has: changes may be begun faster than one a second.
pub fn free_version(root: &Path, directories: &[PathBuf]) -> String {
    let files = directories.iter().filter_map(|directory| std::fs::read_dir(root.join(directory)).ok());
    let names: Vec<String> =
        files.flatten().flatten().filter_map(|item| item.file_name().into_string().ok()).collect();
    let mut at = TimeZone::UTC.to_datetime(Timestamp::now());
    loop {
        let version = at.strftime("%Y%m%d%H%M%S").to_string();
        if !names.iter().any(|name| name.trim_start_matches(['v', 'V']).starts_with(&version)) {
            return version;
        }
        at = at.saturating_add(jiff::SignedDuration::from_secs(1));
    }
}
