use std::io::Read as _;
use std::path::Path;

use sluice_project::{config, layout};
use sluice_review::{ChangeInfo, Policy, Script};
use sluice_rollout::ChangeKind;
use sluice_sql::Dialect;
use sluice_text::SourceFile;

use super::project::script_of;
use super::{Item, Work, change_info, policy, unreadable};
use crate::args;
use crate::context::in_parallel;
use crate::error::CliError;

/// Files by their names, each a change of its own, in the order in which they are named.
///
/// # Errors
/// A policy that cannot be taken; a schema file that cannot be read.
pub(super) fn read(args: &args::Check) -> Result<Vec<Work>, CliError> {
    let dialect = args.engine.map_or(Dialect::Postgres, args::Engine::dialect);
    let review = config::Review::default();
    let policy = policy::of(&review, args)?;
    let mut items = Vec::new();
    for path in &args.schema {
        let text = text_of(path)
            .map_err(|message| CliError::usage(format!("--schema {}: {message}", path.display())))?;
        let file = SourceFile::new(path.display().to_string(), text);
        let script = Script::read(dialect, file, ChangeInfo::default());
        if let Some((span, message)) = &script.broken {
            return Err(CliError::usage(format!("--schema {}: {message}", script.file.locate(span.start))));
        }
        items.push(Item { script, reviewed: false, findings: Vec::new() });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    items.extend(in_parallel(&args.paths, threads, |path| item(dialect, path, &policy)));
    let fail_on = policy::fail_on(&review, args);
    // A schema that is given is all that there is.
    let complete = !args.schema.is_empty();
    Ok(vec![Work { items, complete, ..Work::new(dialect, policy, fail_on) }])
}

fn item(dialect: Dialect, path: &Path, policy: &Policy) -> Item {
    let shown = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    match text_of(path) {
        Ok(text) => {
            let file = SourceFile::new(shown, text);
            let script = match layout::marked(&file) {
                Some(change) => script_of(&change, dialect, false),
                None => {
                    let info = change_info(&layout::directives(&file), ChangeKind::Versioned);
                    Script::read(dialect, file, info)
                }
            };
            Item { script, reviewed: true, findings: Vec::new() }
        }
        Err(message) => unreadable(&shown, policy, message),
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
    sluice_text::decode(&bytes).map(str::to_owned).map_err(|error| error.to_string())
}
