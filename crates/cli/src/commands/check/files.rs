use std::io::Read as _;
use std::path::Path;

use sluice_project::{config, layout};
use sluice_review::{ChangeInfo, Policy, Script};
use sluice_rollout::ChangeKind;
use sluice_sql::Dialect;
use sluice_text::SourceFile;

use super::project;
use super::schema_source::Source;
use super::{Item, Work, change_info, policy, unreadable};
use crate::args;
use crate::context::in_parallel;
use crate::error::CliError;

/// Files by their names, each a change of its own, in the order in which they are named.
///
/// # Errors
/// A policy that cannot be taken; a schema file that cannot be read.
pub(super) fn read(args: &args::Check, source: Option<&Source>) -> Result<Vec<Work>, CliError> {
    let mut work = nothing(args)?;
    if let Some(source) = source {
        work.dialect = source.dialect();
        work.known = source.known(work.dialect);
    }
    let dialect = work.dialect;
    let mut items = Vec::new();
    for path in &args.schema {
        let text = text_of(path)
            .map_err(|message| CliError::usage(format!("--schema {}: {message}", path.display())))?;
        let file = SourceFile::new(path.display().to_string(), text);
        let script = Script::read(dialect, file, ChangeInfo::default());
        if let Some((span, message)) = &script.broken {
            return Err(CliError::usage(format!("--schema {}: {message}", script.file.locate(span.start))));
        }
        items.push(Item::of(script, false));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    items.extend(in_parallel(&args.paths, threads, |path| item(dialect, path, &work.policy)));
    work.items = items;
    // A schema that is given is all that there is.
    work.complete = !args.schema.is_empty();
    Ok(vec![work])
}

/// A review without a project that has nothing to review yet.
///
/// # Errors
/// A policy that cannot be taken.
pub(in crate::commands) fn nothing(args: &args::Check) -> Result<Work, CliError> {
    let review = config::Review::default();
    let dialect = args.engine.map_or(Dialect::Postgres, args::Engine::dialect);
    Ok(Work::new(dialect, policy::of(&review, args)?, policy::fail_on(&review, args)))
}

fn item(dialect: Dialect, path: &Path, policy: &Policy) -> Item {
    let shown = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    match text_of(path) {
        Ok(text) => Item::of(script_of(dialect, SourceFile::new(shown, text)), true),
        Err(message) => unreadable(&shown, policy, message),
    }
}

/// A file that is a change of its own, as the review takes it.
pub(in crate::commands) fn script_of(dialect: Dialect, file: SourceFile) -> Script {
    match layout::marked(&file) {
        Some(change) => project::script_of(&change, dialect, change.up.file.clone()),
        None => {
            let info = change_info(&layout::directives(&file), ChangeKind::Versioned);
            Script::read(dialect, file, info)
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| format!("cannot be read: {error}"))?;
        bytes
    } else if path.is_dir() {
        return Err("is a directory: name its files, or review the project that it belongs to".to_owned());
    } else {
        std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?
    };
    sluice_text::decode_owned(bytes).map_err(|error| error.to_string())
}
