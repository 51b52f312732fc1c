//! Atlas: versions as text, file directives, checkpoints, and `atlas.sum`.

use std::path::Path;

use sluice_rollout::{Change, ChangeKind, Split, TransactionMode};
use sluice_text::SourceFile;

use super::atlas_sum;
use super::convention::{Body, Convention, Role};
use super::reading::{Reading, Source, all_of, whole};
use super::scan;
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: false, orphan_is_error: false, role, body };

/// Name of the integrity file.
pub(super) const SUM: &str = "atlas.sum";

pub(super) fn read(reading: &mut Reading, dir: &Path, entries: &[Entry]) -> Vec<Change> {
    let top: Vec<&Entry> = entries.iter().filter(|entry| entry.is_at_top()).collect();
    let mut sources: Vec<(&Entry, Source)> = Vec::with_capacity(top.len());
    for entry in top.iter().filter(|entry| entry.name().ends_with(".sql")) {
        if let Some(source) = reading.source(&entry.path) {
            sources.push((entry, source));
        }
    }
    match top.iter().find(|entry| entry.name() == SUM) {
        Some(entry) => {
            if let Some(sum) = reading.source(&entry.path) {
                let files: Vec<atlas_sum::Summed<'_>> = sources
                    .iter()
                    .map(|(entry, source)| atlas_sum::Summed {
                        name: entry.name(),
                        bytes: source.input.bytes(&source.file),
                        ignored: is_left_out(source.file.text()),
                    })
                    .collect();
                atlas_sum::verify(reading, &sum.file, &files);
            }
        }
        None if !sources.is_empty() => {
            let path = reading.shown(dir);
            reading.warn_about(
                path,
                "there is no atlas.sum: edited files are noticed only once they are applied",
                "run `atlas migrate hash`, or use the native layout",
            );
        }
        None => {}
    }
    for (entry, source) in sources {
        reading.keep(entry.path.clone(), source);
    }
    super::convention::read(reading, entries, &CONVENTION)
}

/// Whether only the file's name counts for the sum.
pub(super) fn is_left_out(text: &str) -> bool {
    first_directive(text) == Some(("sum", "ignore"))
}

/// Everything before the first `_` is the version (`LocalFile.Version`).
fn role(entry: &Entry) -> Role {
    let Some(stem) = entry.name().strip_suffix(".sql") else { return Role::Ignored };
    let (stem, down) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem.strip_suffix(".up").unwrap_or(stem), false),
    };
    let (version, name) = stem.split_once('_').unwrap_or((stem, ""));
    if version.is_empty() {
        return Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.sql, for example 20240101120000_init.sql",
        );
    }
    if down { Role::Down { version: version.to_owned() } } else { Role::versioned(version, name) }
}

fn body(reading: &mut Reading, file: &SourceFile) -> Body {
    let text = file.text();
    let mut result = Body { blocks: whole(file, false), ..Body::default() };
    // The delimiter is read from the first line whatever follows, the others only from comments that a blank line
    // sets apart from the statements.
    let delimiter =
        first_directive(text).filter(|(name, _)| *name == "delimiter").map(|(_, value)| unescape(value));
    if let Some(delimiter) = delimiter.filter(|delimiter| !delimiter.is_empty()) {
        for block in &mut result.blocks {
            // The directive's own line holds the delimiter.
            block.span.start = text.find('\n').map_or(text.len(), |newline| newline);
            block.split = Split::Delimiter(delimiter.clone());
        }
    }
    let comments: Vec<scan::Line<'_>> = scan::lines(text, all_of(file))
        .take_while(|line| line.text.starts_with("--") || line.text.starts_with('#'))
        .collect();
    let end = comments.last().map_or(0, |line| line.next);
    let rest = text.get(end..).unwrap_or_default();
    let detached = rest.starts_with('\n') || rest.starts_with("\r\n") || rest.is_empty();
    for line in &comments {
        let Some((name, value)) = directive(line.text) else { continue };
        match (name, value) {
            ("delimiter" | "sum" | "nolint" | "import", _) => {}
            _ if !detached => reading.warn_at(
                file,
                line.start,
                format!(
                    "`{}` has no effect: no blank line sets it apart from the statements",
                    line.text.trim()
                ),
                "put a blank line after the directives",
            ),
            ("checkpoint", _) => result.kind = Some(ChangeKind::Baseline),
            ("txmode", "none") => result.directives.transaction = TransactionMode::None,
            ("txmode", "file" | "all") => {}
            _ => reading.error_at(
                file,
                line.start,
                format!("`{}` is not understood", line.text.trim()),
                "understood are atlas:txmode, atlas:delimiter, atlas:checkpoint, atlas:sum and atlas:nolint",
            ),
        }
    }
    result
}

/// The directive of the first line.
fn first_directive(text: &str) -> Option<(&str, &str)> {
    directive(text.split(['\n', '\r']).next().unwrap_or_default())
}

/// `-- atlas:name value`.
fn directive(line: &str) -> Option<(&str, &str)> {
    let comment = line.strip_prefix("--").or_else(|| line.strip_prefix('#'))?;
    let body = comment.trim_start().strip_prefix("atlas:")?;
    let length = body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (name, value) = body.split_at_checked(length)?;
    Some((name, value.trim_matches(' ')))
}

fn unescape(value: &str) -> String {
    value.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")
}

pub(super) fn has_directive(text: &str) -> bool {
    first_directive(text).is_some()
}
