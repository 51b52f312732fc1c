use std::io::Read as _;
use std::path::{Path, PathBuf};

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
    let paths = in_order(&args.paths);
    items.extend(in_parallel(&paths, threads, |path| item(dialect, path, &work.policy)));
    work.items = items;
    // A schema that is given is all that there is.
    work.complete = !args.schema.is_empty();
    Ok(vec![work])
}

/// The order in which files are taken: as they are named, except that a shell puts `7.1_validate.sql`, which a fix added behind
/// `7.sql`, in front of it. Where such numbers are among them, files of one folder are taken by their numbers.
fn in_order(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut ordered = paths.to_vec();
    let numbers: Option<Vec<Vec<u64>>> = paths.iter().map(|path| number(path)).collect();
    let one_folder = paths.iter().all(|path| path.parent() == paths.first().and_then(|first| first.parent()));
    if let Some(numbers) = numbers.filter(|numbers| one_folder && numbers.iter().any(|it| it.len() > 1)) {
        let mut pairs: Vec<(Vec<u64>, &PathBuf)> = numbers.into_iter().zip(paths).collect();
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        ordered = pairs.into_iter().map(|(_, path)| path.clone()).collect();
    }
    ordered
}

/// The number that a file's name begins with: 7 and 1 of `7.1_validate.sql`, 7 of `7.sql`.
fn number(path: &Path) -> Option<Vec<u64>> {
    let name = path.file_stem()?.to_str()?;
    let begin = name.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(name.len());
    name.get(..begin)?.split('.').map(|part| part.parse().ok()).collect()
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::in_order;

    #[test]
    fn what_a_fix_added_comes_behind_what_it_fixed() {
        let ordered = |names: &[&str]| -> Vec<String> {
            let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            in_order(&paths).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(
            ordered(&["7.1_validate.sql", "7.2_set.sql", "7.sql", "8_x.sql"]),
            ["7.sql", "7.1_validate.sql", "7.2_set.sql", "8_x.sql"]
        );
        for as_named in
            [&["b.sql", "a.sql"][..], &["9.sql", "7.sql"], &["m/7.1_a.sql", "n/7.sql"], &["x.sql", "7.1.sql"]]
        {
            assert_eq!(ordered(as_named), as_named);
        }
    }
}
