//! `sluice diff --dump DIRECTORY FROM`

use std::path::{Path, PathBuf};

use sluice_engine::shadow::Script;
use sluice_facts::{Diff, DumpFile, Snapshot};
use sluice_report::{Dump, Problem, terminated};
use sluice_rollout::Digest;
use tokio_util::sync::CancellationToken;

use super::side::Side;
use super::{Ground, Sides, Wanted, family};
use crate::args::{self, Global};
use crate::error::{CliError, Exit};
use crate::output::Output;

/// Lists the files that were written, so that nobody else's are ever overwritten.
const LIST: &str = ".sluice-dump";
/// More differences than this are not told one by one.
const TOLD: usize = 20;

/// Writes a schema as files, all of them or none.
///
/// # Errors
/// As `sluice diff`; files that do not make the same schema; a directory that holds what this did not write.
pub fn run(
    global: &Global,
    output: Output,
    cancel: CancellationToken,
    args: &args::Diff,
    directory: &Path,
) -> Result<Exit, CliError> {
    // Relative to where the command is called, which is left when a project is entered.
    let here = std::env::current_dir().unwrap_or_default();
    let directory = here.join(directory);
    let wanted = Wanted::of(args);
    let sides = Sides::find(global, output, cancel, [("FROM", args.from.as_str())], wanted)?;
    let ([from], ground) = (&sides.sides, sides.ground());
    let (_, mut schema) = from.read(ground.as_ref(), wanted.keeps)?;
    if let Some(counted) = &sides.counted {
        schema = schema.within(counted);
    }
    let family = family(&schema, &[from.database(), sides.shadow.as_ref()])?;
    let Some(rules) = family.rules() else {
        return Err(CliError::usage(format!("schemas of {} are not written yet", schema.engine)));
    };
    let files = sluice_facts::dump(&schema, rules);
    let texts: Vec<(String, String)> =
        files.iter().map(|file| (file.path.clone(), text(&schema.engine, file))).collect();
    // Nothing is made on the server of a database that is only read.
    let permitted = ground.filter(|_| sides.shadow.is_some() || sides.local.is_some());
    let proved_on = match permitted.filter(|_| !args.no_proof) {
        Some(ground) => Some(proved(&texts, &schema, &ground)?),
        None => {
            if !args.no_proof {
                output.warning(
                    &Problem::warning("the files were not loaded again: there is no shadow").help(Some(
                        "name a server with --shadow: a scratch database is made on it and dropped again"
                            .to_owned(),
                    )),
                );
            }
            None
        }
    };
    write(&directory, &texts, global.yes)?;
    for name in &schema.unmodelled {
        output.warning(&Problem::warning(format!("{name} is in no file: it is not modelled")));
    }
    output.result(&Dump {
        engine: schema.engine.clone().into_string(),
        directory: directory.strip_prefix(&here).unwrap_or(&directory).display().to_string(),
        files: texts.into_iter().map(|(path, _)| path).collect(),
        fingerprint: schema.fingerprint().to_string(),
        proved_on,
        unmodelled: schema.unmodelled.iter().map(|name| name.clone().into_string()).collect(),
    });
    Ok(Exit::Done)
}

fn text(engine: &str, file: &DumpFile) -> String {
    let prelude = file.prelude.iter().map(|sql| terminated(engine, sql));
    let mut text: String = prelude.collect();
    let mut last = None;
    for step in &file.steps {
        let what = (step.fact.kind(), step.sql.contains('\n'));
        // Short statements of a kind stand together.
        if !text.is_empty() && (last != Some(what) || what.1) {
            text.push('\n');
        }
        last = Some(what);
        text.push_str(&terminated(engine, &step.sql));
    }
    text
}

/// Loads the files on the shadow: the server that gave the same schema.
fn proved(texts: &[(String, String)], schema: &Snapshot, ground: &Ground<'_>) -> Result<String, CliError> {
    let script = |(path, text): &(String, String)| Script { name: path.clone(), text: text.clone() };
    let loaded = Side::Scripts(texts.iter().map(script).collect()).read(Some(ground), false);
    let help = "name a shadow that has the roles and extensions of the schema, or write the files without a proof: --no-proof";
    let (_, loaded) = loaded.map_err(|mut error| {
        if error.exit == Exit::Usage {
            error.exit = Exit::Inconclusive;
            return error.help(help);
        }
        error
    })?;
    let (is, should) = (loaded.leaving_out(schema), schema.leaving_out(&loaded));
    let differences = Diff::between(&is, &should).words(TOLD, "is missing", "should not be there");
    if differences.is_empty() {
        return Ok(loaded.server.clone().into_string());
    }
    let message = format!("the files do not make the same schema: {}", differences.join("; "));
    Err(CliError::new(Exit::Inconclusive, Problem::error(message)).help(help))
}

/// Writes all files beside the directory and puts them in its place.
fn write(directory: &Path, texts: &[(String, String)], agreed: bool) -> Result<(), CliError> {
    let failed = |path: &Path, error: &std::io::Error| {
        CliError::usage(format!("{} cannot be written: {error}", path.display()))
    };
    check_place(directory, agreed)?;
    let parent = directory.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    let beside = tempfile::Builder::new()
        .prefix(".sluice-dump-")
        .tempdir_in(parent)
        .map_err(|error| failed(parent, &error))?;
    let new = beside.path().join("new");
    let mut list = String::new();
    for (path, text) in texts {
        list.push_str(&format!("{} {path}\n", Digest::of(text.as_bytes())));
        put(&new.join(path), text).map_err(|error| failed(&directory.join(path), &error))?;
    }
    put(&new.join(LIST), &list).map_err(|error| failed(&directory.join(LIST), &error))?;
    // What was there goes into the temporary folder, which goes at the end, or comes back.
    let old = beside.path().join("old");
    let was_there = directory.exists();
    if was_there {
        std::fs::rename(directory, &old).map_err(|error| failed(directory, &error))?;
    }
    std::fs::rename(&new, directory).map_err(|error| {
        if was_there {
            let _ = std::fs::rename(&old, directory);
        }
        failed(directory, &error)
    })
}

fn put(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Two names that are one on this file system are a failure, never one file that is lost.
    let mut file = std::fs::File::create_new(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())
}

/// Refuses a directory that holds anything that this did not write, and files that were edited since unless a person agrees.
fn check_place(directory: &Path, agreed: bool) -> Result<(), CliError> {
    if !directory.exists() {
        return Ok(());
    }
    let shown = directory.display();
    if !directory.is_dir() {
        return Err(CliError::usage(format!("{shown} is no directory")));
    }
    let found = files(directory, Path::new(""))
        .map_err(|error| CliError::usage(format!("{shown} cannot be read: {error}")))?;
    let list = std::fs::read_to_string(directory.join(LIST)).unwrap_or_default();
    let known: std::collections::HashMap<&str, &str> =
        list.lines().filter_map(|line| line.split_once(' ')).map(|(digest, path)| (path, digest)).collect();
    let mut edited = Vec::new();
    for path in found {
        let text = path.display().to_string();
        match known.get(text.as_str()) {
            _ if text == LIST => {}
            None => {
                return Err(CliError::usage(format!(
                    "{shown} holds {text}, which `sluice diff --dump` has not written"
                ))
                .help("give a directory that is empty, or not there"));
            }
            Some(digest) => {
                let content = std::fs::read(directory.join(&path)).unwrap_or_default();
                if Digest::of(&content).0 != **digest {
                    edited.push(text);
                }
            }
        }
    }
    if edited.is_empty() || agreed {
        return Ok(());
    }
    Err(CliError::usage(format!("{shown}: edited since they were written: {}", edited.join(", ")))
        .help("--yes overwrites them"))
}

/// Every file below a folder, relative to it.
fn files(root: &Path, below: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(files(root, &path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
