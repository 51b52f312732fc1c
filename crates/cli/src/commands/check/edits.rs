use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_text::{Edit, Finding, Fix, apply_edits};

use crate::error::CliError;

/// Writes the fixes of findings into their files; changes that come after them become files beside them. Of fixes that touch the
/// same place the first one is made; what it leaves, the next run sees. Returns how many were made.
///
/// # Errors
/// A file that cannot be written. What was written before it stays.
pub(super) fn apply(findings: &[Finding]) -> Result<usize, CliError> {
    let mut by_file: BTreeMap<&str, Vec<(&Finding, &Fix)>> = BTreeMap::new();
    for finding in findings {
        if let Some(fix) = finding.fix.as_deref() {
            by_file.entry(finding.file.path()).or_default().push((finding, fix));
        }
    }
    let mut made = 0;
    for (path, fixes) in by_file {
        let mut edits: Vec<&Edit> = Vec::new();
        let mut followers = Vec::new();
        let mut text = "";
        for (finding, fix) in fixes {
            let overlaps = fix.edits.iter().any(|edit| edits.iter().any(|other| touch(edit, other)));
            if overlaps {
                continue;
            }
            text = finding.file.text();
            edits.extend(&fix.edits);
            followers.extend(&fix.follow_ups);
            made += 1;
        }
        let path = Path::new(path);
        write(path, &apply_edits(text, edits))?;
        for (at, next) in followers.iter().enumerate() {
            write(&beside(path, at + 1, &next.name), &next.sql)?;
        }
    }
    Ok(made)
}

fn touch(one: &Edit, other: &Edit) -> bool {
    one.span.start <= other.span.end && other.span.start <= one.span.end
}

/// The file of the change that comes as the `number`th after the one of `path`: `0007.1_name.sql` after `0007_x.sql`.
fn beside(path: &Path, number: usize, name: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let version: String =
        stem.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | 'v' | 'V')).collect();
    let version = if version.is_empty() { stem } else { version };
    path.with_file_name(format!("{version}.{number}_{name}.sql"))
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed =
        |error: std::io::Error| CliError::usage(format!("{} cannot be written: {error}", path.display()));
    let beside = path.with_extension("sql.new");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)).map_err(failed)
}
