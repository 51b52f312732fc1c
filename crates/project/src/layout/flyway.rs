//! Flyway: `V`, `U`, `R` and `B` scripts, script configuration files, callbacks.

use sluice_rollout::{Change, ChangeKind, TransactionMode};
use sluice_text::SourceFile;

use super::convention::{Body, Convention, Role};
use super::reading::{Reading, whole};
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: true, orphan_is_error: false, role, body };

/// First words of Flyway's callback scripts.
const CALLBACKS: [&str; 6] = ["before", "after", "create", "drop", "undo", "clean"];

pub(super) fn read(reading: &mut Reading, entries: &[Entry]) -> Vec<Change> {
    let mut changes = super::convention::read(reading, entries, &CONVENTION);
    for entry in entries.iter().filter(|entry| entry.name().ends_with(".sql.conf")) {
        let shown = reading.shown(&entry.path);
        let script = shown.trim_end_matches(".conf");
        if let Some(change) = changes.iter_mut().find(|change| change.up.file.path() == script) {
            script_configuration(reading, entry, change);
        }
    }
    changes
}

fn role(entry: &Entry) -> Role {
    let name = entry.name();
    if (name.ends_with(".java") || name.ends_with(".class")) && prefixed(name, ['V', 'R', 'B', 'U']).is_some()
    {
        return Role::Wrong(
            "Java migrations cannot be run".to_owned(),
            "write its SQL to a .sql file of the same version",
        );
    }
    let Some(stem) = name.strip_suffix(".sql") else {
        return if entry.is_sql() {
            Role::Noted(
                "Flyway does not run this file: its name does not end in .sql".to_owned(),
                "write the ending in lower case, or move the file elsewhere",
            )
        } else {
            Role::Ignored
        };
    };
    if let Some(name) = stem.strip_prefix("R__") {
        return Role::Up { version: stem.to_owned(), name: name.to_owned(), kind: ChangeKind::Repeatable };
    }
    let Some((prefix, rest)) = prefixed(stem, ['V', 'U', 'B']) else {
        let is_callback = CALLBACKS.iter().any(|callback| stem.starts_with(callback));
        return if is_callback {
            Role::Noted(
                "Flyway callbacks are not run".to_owned(),
                "put what it does into a change, for example a repeatable one",
            )
        } else {
            Role::Noted(
                "Flyway does not run this file: its name has no prefix and version".to_owned(),
                "name it V1__name.sql or R__name.sql, or move it elsewhere",
            )
        };
    };
    let (number, name) = rest.split_once("__").unwrap_or((rest, ""));
    let version = number.replace('_', ".");
    let is_version =
        version.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !is_version {
        return Role::Wrong(
            format!("`{number}` is not a version"),
            "write two underscores between version and name: V1__name.sql",
        );
    }
    match prefix {
        'U' => Role::Down { version },
        // Its own identity: version 2 and the baseline script of version 2 are two scripts.
        'B' => Role::Up { version: format!("B{version}"), name: name.to_owned(), kind: ChangeKind::Baseline },
        _ => Role::versioned(&version, name),
    }
}

/// The prefix and the rest, if a digit follows the prefix.
fn prefixed<const N: usize>(name: &str, prefixes: [char; N]) -> Option<(char, &str)> {
    let prefix = name.chars().next().filter(|first| prefixes.contains(first))?;
    let rest = name.get(prefix.len_utf8()..)?;
    rest.starts_with(|c: char| c.is_ascii_digit()).then_some((prefix, rest))
}

fn body(_: &mut Reading, file: &SourceFile) -> Body {
    Body { blocks: whole(file, true), ..Body::default() }
}

/// `V1__name.sql.conf`: `key=value` lines.
fn script_configuration(reading: &mut Reading, entry: &Entry, change: &mut Change) {
    let Some(source) = reading.source(&entry.path) else { return };
    let file = source.file;
    for line in super::scan::lines(file.text(), super::reading::all_of(&file)) {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        match (key.trim(), value.trim()) {
            ("executeInTransaction", "true") | ("shouldExecute", "true") | ("encoding", "UTF-8") => {}
            ("executeInTransaction", "false") => change.directives.transaction = TransactionMode::None,
            ("placeholderReplacement", value @ ("true" | "false")) => {
                for block in &mut change.up.blocks {
                    block.substitute = value == "true";
                }
            }
            (key, value) => reading.error_at(
                &file,
                line.start,
                format!("script configuration `{key}={value}` is not understood"),
                "understood are executeInTransaction and placeholderReplacement",
            ),
        }
    }
}
