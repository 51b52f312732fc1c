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

/// Files that one thread reads before a second one is worth its start.
const FEW: usize = 128;

/// Reads the files of a directory as `convention` says, in the order of their paths.
pub(super) fn read(reading: &mut Reading, entries: &[Entry], convention: &Convention) -> Vec<Change> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(entries.len() / FEW).max(1);
    let mut found = Files::default();
    if threads == 1 {
        found.read(reading, entries, convention);
    } else {
        let mut chunks = entries.chunks(entries.len().div_ceil(threads));
        let first = chunks.next().unwrap_or_default();
        let parts: Vec<(Reading, Files)> = std::thread::scope(|scope| {
            let readers: Vec<_> = chunks
                .map(|part| {
                    let mut reading = reading.part(part.iter().map(|entry| entry.path.as_path()));
                    scope.spawn(move || {
                        let mut files = Files::default();
                        files.read(&mut reading, part, convention);
                        (reading, files)
                    })
                })
                .collect();
            found.changes.reserve(entries.len());
            found.read(reading, first, convention);
            let joined = readers.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        for (part, files) in parts {
            reading.join(part);
            found.changes.extend(files.changes);
            found.downs.extend(files.downs);
        }
    }
    found.paired(reading, convention)
}

/// What the files of a directory hold, before the ways back are with their changes.
#[derive(Default)]
struct Files {
    changes: Vec<Change>,
    /// Ways back and their versions.
    downs: Vec<(String, Script)>,
}

impl Files {
    fn read(&mut self, reading: &mut Reading, entries: &[Entry], convention: &Convention) {
        self.changes.reserve(entries.len());
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
                    if let Some(script) = reading.seen_down(&entry.path) {
                        self.downs.push((version, script));
                        continue;
                    }
                    let Some(source) = reading.source(&entry.path) else { continue };
                    let blocks = (convention.body)(reading, &source.file).blocks;
                    self.downs.push((version, Script { file: source.file, blocks }));
                }
                Role::Up { version, name, kind } => {
                    if let Some(change) = reading.seen_change(&entry.path, &version, &name, kind) {
                        self.changes.push(change);
                        continue;
                    }
                    let Some(source) = reading.source(&entry.path) else { continue };
                    let body = (convention.body)(reading, &source.file);
                    let file = source.file.clone();
                    self.changes.push(reading.change(Draft {
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
    }

    /// The changes with their ways back.
    fn paired(self, reading: &mut Reading, convention: &Convention) -> Vec<Change> {
        let Self { mut changes, downs: scripts } = self;
        let mut downs: HashMap<String, Script> = HashMap::with_capacity(scripts.len());
        for (version, script) in scripts {
            let path = script.file.path().to_owned();
            if let Some(other) = downs.insert(version_key(&version), script) {
                reading.error_about(
                    path,
                    format!("the way back of version {version} is also in {}", other.file.path()),
                    "keep one of them",
                );
            }
        }
        let unpaired = if downs.is_empty() { &mut [] } else { changes.as_mut_slice() };
        for change in unpaired {
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
}
