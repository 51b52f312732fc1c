//! Layouts in which a file's name says which change it belongs to, and which part of it.

use std::collections::HashMap;

use sluice_rollout::{Block, Change, ChangeKind, Directives, Script, version_key};
use sluice_text::SourceFile;

use super::reading::{Draft, Reading, all_of};
use super::tree::Entry;

/// What a layout does with files.
pub(super) struct Convention {
    /// Whether files of subdirectories belong to it.
    pub recursive: bool,
    /// Whether a way back that belongs to no change is an error rather than a warning.
    pub orphan_is_error: bool,
    /// What a file is, by its path below the migration directory.
    pub role: fn(&Entry) -> Role,
    /// What is in a change's file.
    pub body: fn(&mut Reading, &SourceFile) -> Body,
}

/// What a file is.
pub(super) enum Role {
    /// The SQL of a change.
    Up { version: String, name: String, kind: ChangeKind },
    /// The way back of the change of this version.
    Down { version: String },
    /// Nothing to do with migrations.
    Ignored,
    /// Left aside with a warning: message and help.
    Noted(String, &'static str),
    /// An error: message and help.
    Wrong(String, &'static str),
}

/// What is in the file of a change.
#[derive(Default)]
pub(super) struct Body {
    pub blocks: Vec<Block>,
    /// The way back, where it is in the same file.
    pub down: Option<Vec<Block>>,
    /// Only where the content decides it.
    pub kind: Option<ChangeKind>,
    pub directives: Directives,
}

impl Role {
    pub fn versioned(version: &str, name: &str) -> Self {
        Self::Up { version: version.to_owned(), name: name.to_owned(), kind: ChangeKind::Versioned }
    }
}

/// Reads the files of a directory as `convention` says, in the order of their paths.
pub(super) fn read(reading: &mut Reading, entries: &[Entry], convention: &Convention) -> Vec<Change> {
    let mut changes = Vec::with_capacity(entries.len());
    let mut downs: HashMap<String, Script> = HashMap::new();
    for entry in entries {
        if !convention.recursive && !entry.is_at_top() {
            continue;
        }
        match (convention.role)(entry) {
            Role::Ignored => {}
            Role::Noted(message, help) => {
                let path = reading.shown(&entry.path);
                reading.warn_about(path, message, help);
            }
            Role::Wrong(message, help) => {
                let path = reading.shown(&entry.path);
                reading.error_about(path, message, help);
            }
            Role::Down { version } => {
                let Some(source) = reading.source(&entry.path) else { continue };
                let blocks = (convention.body)(reading, &source.file).blocks;
                let script = Script { file: source.file, blocks };
                let path = script.file.path().to_owned();
                if let Some(other) = downs.insert(version_key(&version), script) {
                    reading.error_about(
                        path,
                        format!("the way back of version {version} is also in {}", other.file.path()),
                        "keep one of them",
                    );
                }
            }
            Role::Up { version, name, kind } => {
                let Some(source) = reading.source(&entry.path) else { continue };
                let body = (convention.body)(reading, &source.file);
                let file = source.file.clone();
                changes.push(reading.change(Draft {
                    version,
                    name,
                    kind: body.kind.unwrap_or(kind),
                    part: all_of(&file),
                    source,
                    blocks: body.blocks,
                    down: body.down.map(|blocks| Script { file, blocks }),
                    directives: body.directives,
                }));
            }
        }
    }
    for change in &mut changes {
        if let Some(script) = downs.remove(&change.key) {
            change.down = Some(script);
        }
    }
    let mut orphans: Vec<Script> = downs.into_values().collect();
    orphans.sort_by(|left, right| left.file.path().cmp(right.file.path()));
    for orphan in orphans {
        let path = orphan.file.path().to_owned();
        let message = "the way back belongs to no change";
        let help = "add the change of the same version, or delete the file";
        if convention.orphan_is_error {
            reading.error_about(path, message, help);
        } else {
            reading.warn_about(path, message, help);
        }
    }
    changes
}
