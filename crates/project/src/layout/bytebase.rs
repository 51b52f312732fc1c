//! Bytebase: a version at the start of the name, or the older `db##version##type##description`.

use std::collections::BTreeSet;

use sluice_rollout::{Change, ChangeKind, Directives, TransactionMode};
use sluice_text::SourceFile;

use super::convention::{Body, Convention, Role};
use super::native::version;
use super::reading::{Reading, all_of, whole};
use super::scan;
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: true, orphan_is_error: false, role, body };

pub(super) fn read(reading: &mut Reading, entries: &[Entry]) -> Vec<Change> {
    let databases: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| entry.is_sql())
        .filter_map(|entry| entry.name().split_once("##").map(|(database, _)| database))
        .collect();
    if let (Some(first), Some(entry), true) = (databases.first(), entries.first(), databases.len() > 1) {
        let path = entry.path.parent().map(|dir| reading.shown(dir)).unwrap_or_default();
        let last = databases.last().unwrap_or(first);
        reading.error_about(
            path,
            format!("the directory holds changes of several databases, among them {first} and {last}"),
            "give each database a directory and a project of its own",
        );
        return Vec::new();
    }
    super::convention::read(reading, entries, &CONVENTION)
}

fn role(entry: &Entry) -> Role {
    let Some(stem) = entry.name().strip_suffix(".sql") else { return Role::Ignored };
    if stem.contains("##") {
        return older(stem);
    }
    let found = version(stem).or_else(|| {
        // Its version ends at the last digit, whatever follows.
        let end = usize::from(stem.starts_with(['v', 'V']));
        let digits = stem.get(end..)?.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let version = stem.get(..end + digits)?.trim_end_matches('.');
        (version.len() > end).then(|| (version, stem.get(version.len()..).unwrap_or_default()))
    });
    match found {
        Some((version, name)) => Role::versioned(version, name.trim_start_matches('.')),
        None => Role::Noted(
            "Bytebase does not run this file: its name does not begin with a version".to_owned(),
            "name it VERSION_name.sql, or move it elsewhere",
        ),
    }
}

/// `{{DB}}##{{VERSION}}##{{TYPE}}##{{DESCRIPTION}}`.
fn older(stem: &str) -> Role {
    let mut parts = stem.split("##").skip(1);
    let (version, kind, name) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if version.is_empty() {
        return Role::Wrong(
            "the file name has no version".to_owned(),
            "name it DATABASE##VERSION##TYPE##description.sql",
        );
    }
    match kind {
        "migrate" | "ddl" | "dml" | "data" => Role::versioned(version, name),
        "baseline" => {
            Role::Up { version: version.to_owned(), name: name.to_owned(), kind: ChangeKind::Baseline }
        }
        _ => Role::Wrong(
            format!("type `{kind}` in the file name is not understood"),
            "understood are migrate, ddl, dml, data and baseline",
        ),
    }
}

/// `-- txn-mode = off` and its like, at the top of the file.
fn body(reading: &mut Reading, file: &SourceFile) -> Body {
    let mut directives = Directives::default();
    let top = scan::first_statement(file.text(), all_of(file)).unwrap_or(file.text().len());
    for line in scan::lines(file.text(), all_of(file)).take_while(|line| line.start < top) {
        let Some((key, value)) = line.comment().and_then(|comment| comment.split_once('=')) else { continue };
        match (key.trim(), value.trim()) {
            ("txn-mode", "off") => directives.transaction = TransactionMode::None,
            ("txn-mode", "on") => {}
            (key @ ("txn-mode" | "txn-isolation" | "gh-ost"), value) => reading.error_at(
                file,
                line.start,
                format!("directive `{key} = {value}` is not understood"),
                "understood is txn-mode = on or off",
            ),
            _ => {}
        }
    }
    Body { blocks: whole(file, false), directives, ..Body::default() }
}
