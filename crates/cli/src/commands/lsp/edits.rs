use std::path::{Path, PathBuf};

use sluice_text::{Edit, Finding, Fix, FollowUp};

/// What the fixes of a file's findings change. Of fixes that touch the same place the first one is made; what it leaves, the next
/// run sees.
#[derive(Default)]
pub(super) struct Edits<'f> {
    /// Replacements in the file.
    pub(super) edits: Vec<&'f Edit>,
    /// Changes that come after it.
    pub(super) follow_ups: Vec<&'f FollowUp>,
    /// How many fixes these are.
    pub(super) fixes: usize,
}

impl<'f> Edits<'f> {
    /// The fixes of the findings of one file.
    pub(super) fn of(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut chosen = Self::default();
        for fix in findings.into_iter().filter_map(|finding| finding.fix.as_deref()) {
            chosen.add(fix);
        }
        chosen
    }

    fn add(&mut self, fix: &'f Fix) {
        if fix.edits.iter().any(|edit| self.edits.iter().any(|other| edit.touches(other))) {
            return;
        }
        self.edits.extend(&fix.edits);
        self.follow_ups.extend(&fix.follow_ups);
        self.fixes += 1;
    }
}

/// The file of the change that comes as the `number`th after the one of `path`: `0007.1_name.sql` after `0007_x.sql`.
pub(super) fn beside(path: &Path, number: usize, name: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let version: String =
        stem.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | 'v' | 'V')).collect();
    let version = if version.is_empty() { stem } else { version };
    path.with_file_name(format!("{version}.{number}_{name}.sql"))
}
