use sluice_project::layout::Directory;
use sluice_rollout::Split;
use sluice_sql::Dialect;
use sluice_text::{Edit, Finding, Fix, FollowUp, SourceFile};

/// A fix that is to be made.
pub(super) struct Choice {
    pub rule: &'static str,
    pub title: String,
    /// `path:line:column`, for messages.
    pub place: String,
    /// Where in the file.
    pub at: usize,
    pub dialect: Dialect,
    pub edits: Vec<Edit>,
    pub follow_ups: Vec<FollowUp>,
}

/// Keeps one finding of each fix that the review for every engine has come to.
pub(super) fn wanted_by_all(findings: &mut Vec<&Finding>, engines: usize) {
    let same = |one: &Finding, other: &Finding| one.rule == other.rule && one.fix == other.fix;
    let all = findings.clone();
    let count = |finding: &Finding| all.iter().filter(|other| same(finding, other)).count();
    let mut kept: Vec<&Finding> = Vec::new();
    for finding in all.iter().copied().filter(|finding| count(finding) >= engines) {
        if !kept.iter().any(|other| same(finding, other)) {
            kept.push(finding);
        }
    }
    *findings = kept;
}

/// Fixes that can be made together, in the order of their places: of those that touch each other the first one. And why others
/// are left for good.
pub(super) fn choose(
    findings: &[&Finding],
    original: &SourceFile,
    directory: Option<&Directory>,
) -> (Vec<Choice>, Vec<String>) {
    let (mut chosen, mut left): (Vec<Choice>, Vec<String>) = (Vec::new(), Vec::new());
    for finding in findings {
        let Some(fix) = finding.fix.as_deref() else { continue };
        let place = finding.file.locate(finding.span.start);
        let at = fix.edits.first().map_or(finding.span.start, |edit| edit.span.start);
        let mut touches = chosen.iter().flat_map(|choice| &choice.edits);
        if touches.any(|other| fix.edits.iter().any(|edit| edit.touches(other))) {
            continue;
        }
        if adds_statements(fix) && is_indivisible(directory, original.path(), at) {
            left.push(format!("{place}: the layout takes this text as one statement ({})", finding.rule));
            continue;
        }
        let dialect = finding.engine.and_then(Dialect::named).unwrap_or(Dialect::Postgres);
        let Fix { title, edits, follow_ups } = fix.clone();
        chosen.push(Choice { rule: finding.rule, title, place, at, dialect, edits, follow_ups });
    }
    (chosen, left)
}

fn adds_statements(fix: &Fix) -> bool {
    fix.edits.iter().any(|edit| edit.text.contains(';'))
}

/// Whether the place is in a part that its layout does not divide into statements.
fn is_indivisible(directory: Option<&Directory>, path: &str, at: usize) -> bool {
    let changes = directory.into_iter().flat_map(|directory| &directory.changes);
    let blocks = changes.filter(|change| change.up.file.path() == path).flat_map(|change| &change.up.blocks);
    let mut within = blocks.filter(|block| block.span.start <= at && at <= block.span.end);
    within.any(|block| block.split == Split::Whole)
}
