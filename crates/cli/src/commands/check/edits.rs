use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_text::{Edit, Finding, Fix, FollowUp, apply_edits};

use crate::error::CliError;

/// What the fixes of a file's findings change. Of fixes that touch the same place the first one is made; what it leaves, the next
/// run sees.
#[derive(Default)]
pub(in crate::commands) struct Edits<'f> {
    /// Replacements in the file.
    pub(in crate::commands) edits: Vec<&'f Edit>,
    /// Changes that come after it.
    pub(in crate::commands) follow_ups: Vec<&'f FollowUp>,
    /// How many fixes these are.
    pub(in crate::commands) fixes: usize,
}

impl<'f> Edits<'f> {
    /// The fixes of the findings of one file.
    pub(in crate::commands) fn of(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut chosen = Self::default();
        for fix in findings.into_iter().filter_map(|finding| finding.fix.as_deref()) {
            chosen.add(fix);
        }
        chosen
    }

    fn add(&mut self, fix: &'f Fix) {
        if fix.edits.iter().any(|edit| self.edits.iter().any(|other| touch(edit, other))) {
            return;
        }
        self.edits.extend(&fix.edits);
        self.follow_ups.extend(&fix.follow_ups);
        self.fixes += 1;
    }
}

/// Writes the fixes of findings into their files; changes that come after them become files beside them. Returns how many were
/// made.
///
/// # Errors
/// A file that cannot be written. What was written before it stays.
pub(super) fn apply(findings: &[Finding]) -> Result<usize, CliError> {
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
        by_file.entry(finding.file.path()).or_default().push(finding);
    }
    let mut made = 0;
    for (path, findings) in by_file {
        let text = findings.first().map_or("", |finding| finding.file.text());
        let edits = Edits::of(findings.iter().copied());
        let path = Path::new(path);
        write(path, &apply_edits(text, edits.edits))?;
        for (at, next) in edits.follow_ups.iter().enumerate() {
            write(&beside(path, at + 1, &next.name), &next.sql)?;
        }
        made += edits.fixes;
    }
    Ok(made)
}

fn touch(one: &Edit, other: &Edit) -> bool {
    one.span.start <= other.span.end && other.span.start <= one.span.end
}

/// The file of the change that comes as the `number`th after the one of `path`: `0007.1_name.sql` after `0007_x.sql`.
pub(in crate::commands) fn beside(path: &Path, number: usize, name: &str) -> PathBuf {
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
