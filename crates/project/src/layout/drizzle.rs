//! Drizzle: a journal lists the migrations, `--> statement-breakpoint` parts their statements.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use sluice_rollout::{Block, Change, ChangeKind, Directives, Split};
use sluice_text::{SourceFile, Span};

use super::product::Written;
use super::reading::{Draft, Reading, all_of};
use super::scan;
use super::tree::Entry;

/// Where the journal is.
pub(super) const JOURNAL: &str = "meta/_journal.json";

const BREAKPOINT: &str = "--> statement-breakpoint";

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<JournalEntry>,
}

#[derive(Deserialize)]
struct JournalEntry {
    tag: String,
    /// Milliseconds since 1970; what the history table records as `created_at`.
    when: i64,
}

/// What the journal says.
#[derive(Default)]
pub(super) struct Journalled {
    /// In its order.
    pub changes: Vec<Change>,
    /// When each was generated, by version.
    pub when: BTreeMap<String, i64>,
    /// The engine that they are for.
    pub dialect: Option<Written>,
}

/// The changes in the journal's order.
pub(super) fn read(reading: &mut Reading, dir: &Path, entries: &[Entry]) -> Journalled {
    let Some(journal) = entries.iter().find(|entry| entry.inside == JOURNAL) else {
        return Journalled {
            changes: super::folders::drizzle(reading, dir, entries),
            ..Journalled::default()
        };
    };
    let Some(source) = reading.source(&journal.path) else { return Journalled::default() };
    let file = source.file;
    let parsed: Journal = match serde_json::from_str(file.text()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line_start: usize =
                file.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            reading.error_at(
                &file,
                line_start + error.column().saturating_sub(1),
                format!("the journal cannot be read: {error}"),
                "generate it again with drizzle-kit, or restore it from git",
            );
            return Journalled::default();
        }
    };
    let mut changes = Vec::with_capacity(parsed.entries.len());
    let mut when = BTreeMap::new();
    let mut listed = HashSet::new();
    for JournalEntry { tag, when: generated } in parsed.entries {
        let name = format!("{tag}.sql");
        let Some(entry) = entries.iter().find(|entry| entry.inside == name) else {
            reading.error_at(
                &file,
                file.text().find(&format!("\"{tag}\"")).unwrap_or(0),
                format!("the journal lists {tag}, but there is no {name}"),
                "restore the file, or generate the journal again",
            );
            continue;
        };
        listed.insert(name);
        let Some(source) = reading.source(&entry.path) else { continue };
        when.insert(tag.clone(), generated);
        let name = tag.split_once('_').map_or("", |(_, name)| name).to_owned();
        changes.push(reading.change(Draft {
            version: tag,
            name,
            kind: ChangeKind::Versioned,
            part: all_of(&source.file),
            blocks: blocks(&source.file),
            source,
            down: None,
            directives: Directives::default(),
        }));
    }
    for entry in entries.iter().filter(|entry| entry.is_at_top() && entry.is_sql()) {
        if !listed.contains(entry.name()) {
            let path = reading.shown(&entry.path);
            reading.warn_about(
                path,
                "the journal does not list this file: it is not run",
                "generate the journal again",
            );
        }
    }
    let dialect = parsed.dialect.map(|word| {
        let at = file.text().find("\"dialect\"").unwrap_or(0);
        Written { place: format!("{}:{}", file.path(), file.position(at)), word }
    });
    Journalled { changes, when, dialect }
}

/// The parts between breakpoints.
pub(super) fn blocks(file: &SourceFile) -> Vec<Block> {
    let text = file.text();
    let mut blocks = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(BREAKPOINT).chain([(text.len(), "")]) {
        let span = Span::new(start, at);
        if scan::first_statement(text, span).is_some() {
            blocks.push(Block { span, split: Split::Dialect, substitute: false });
        }
        start = (at + BREAKPOINT.len()).min(text.len());
    }
    blocks
}
