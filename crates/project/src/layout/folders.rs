//! Layouts with a directory per change: Diesel, Prisma, newer Drizzle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_rollout::{Change, ChangeKind, Directives, Script, TransactionMode};

use super::native::leading_digits;
use super::product::Written;
use super::reading::{Draft, Reading, all_of, whole};
use super::tree::Entry;

/// Where Prisma keeps the engine that migrations are for.
pub(super) const LOCK: &str = "migration_lock.toml";

/// The files of each directory at the top, by its name.
pub(super) fn folders(entries: &[Entry]) -> BTreeMap<&str, Vec<&Entry>> {
    let mut folders: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let folder = entry.folder();
        if !folder.is_empty() && !folder.contains('/') {
            folders.entry(folder).or_default().push(entry);
        }
    }
    folders
}

/// Directories at the top that have the name of a migration and hold no file, sorted.
fn empty_folders(dir: &Path, entries: &[Entry]) -> Vec<PathBuf> {
    let known = folders(entries);
    let listing = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut empty: Vec<PathBuf> = listing
        .filter(|item| {
            item.file_name()
                .to_str()
                .is_some_and(|name| leading_digits(name).is_some() && !known.contains_key(name))
        })
        .map(|item| item.path())
        .filter(|path| path.is_dir())
        .collect();
    empty.sort();
    empty
}

/// `migration_lock.toml`: the engine that the migrations are for, in Prisma's word.
pub(super) fn provider(reading: &mut Reading, entries: &[Entry]) -> Option<Written> {
    let entry = entries.iter().find(|entry| entry.inside == LOCK)?;
    let file = reading.source(&entry.path)?.file;
    match toml::from_str::<toml::Table>(file.text()) {
        Ok(table) => {
            let word = table.get("provider")?.as_str()?.to_owned();
            let at = file.text().find("provider").unwrap_or(0);
            Some(Written { place: format!("{}:{}", file.path(), file.position(at)), word })
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reading.error_at(&file, at, error.message().trim_end().to_owned(), "restore it from git");
            None
        }
    }
}

fn file<'e>(files: &[&'e Entry], name: &str) -> Option<&'e Entry> {
    files.iter().find(|entry| entry.name() == name).copied()
}

fn path_of(reading: &Reading, files: &[&Entry]) -> String {
    files.first().and_then(|entry| entry.path.parent()).map(|dir| reading.shown(dir)).unwrap_or_default()
}

/// Reports a migration's directory without the file that it is to hold.
fn has_no(reading: &mut Reading, path: String, file: &str) {
    reading.error_about(path, format!("the migration has no {file}"), "add it, or delete the directory");
}

/// `2024-01-01-120000_name/{up,down}.sql` and `metadata.toml`. The version is what Diesel records: the name up to the
/// first `_` without its dashes; versions are ordered as text.
pub(super) fn diesel(reading: &mut Reading, dir: &Path, entries: &[Entry]) -> Vec<Change> {
    let mut changes = Vec::new();
    for path in empty_folders(dir, entries) {
        let path = reading.shown(&path);
        has_no(reading, path, "up.sql");
    }
    for (folder, files) in folders(entries) {
        let Some(up) = file(&files, "up.sql") else {
            let path = path_of(reading, &files);
            has_no(reading, path, "up.sql");
            continue;
        };
        let (version, name) = folder.split_once('_').unwrap_or((folder, ""));
        let version = version.replace('-', "");
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            let path = path_of(reading, &files);
            reading.error_about(
                path,
                "the directory's name has no version",
                "name it VERSION_name, for example 2024-01-01-120000_init",
            );
            continue;
        }
        let mut directives = Directives::default();
        if let Some(metadata) = file(&files, "metadata.toml") {
            metadata_toml(reading, metadata, &mut directives);
        }
        let down = file(&files, "down.sql")
            .and_then(|down| reading.source(&down.path))
            .map(|source| Script { blocks: whole(&source.file, false), file: source.file });
        let Some(source) = reading.source(&up.path) else { continue };
        changes.push(reading.change(Draft {
            version,
            name: name.to_owned(),
            kind: ChangeKind::Versioned,
            part: all_of(&source.file),
            blocks: whole(&source.file, false),
            source,
            down,
            directives,
        }));
    }
    changes
}

fn metadata_toml(reading: &mut Reading, entry: &Entry, directives: &mut Directives) {
    let Some(source) = reading.source(&entry.path) else { return };
    let file = source.file;
    let table: toml::Table = match toml::from_str(file.text()) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reading.error_at(&file, at, error.message().trim_end().to_owned(), "write valid TOML");
            return;
        }
    };
    for (key, value) in &table {
        match (key.as_str(), value.as_bool()) {
            ("run_in_transaction", Some(true)) => {}
            ("run_in_transaction", Some(false)) => directives.transaction = TransactionMode::None,
            _ => reading.error_at(
                &file,
                file.text().find(key.as_str()).unwrap_or(0),
                format!("`{key} = {value}` is not understood"),
                "understood is run_in_transaction = true or false",
            ),
        }
    }
}

/// `20240101120000_name/migration.sql`. Prisma records the directory's whole name and orders by it as text.
pub(super) fn prisma(reading: &mut Reading, dir: &Path, entries: &[Entry]) -> Vec<Change> {
    let mut changes = Vec::new();
    for path in empty_folders(dir, entries) {
        let path = reading.shown(&path);
        has_no(reading, path, "migration.sql");
    }
    for (folder, files) in folders(entries) {
        let Some(up) = file(&files, "migration.sql") else {
            let path = path_of(reading, &files);
            has_no(reading, path, "migration.sql");
            continue;
        };
        let Some(source) = reading.source(&up.path) else { continue };
        let down = file(&files, "down.sql")
            .and_then(|down| reading.source(&down.path))
            .map(|source| Script { blocks: whole(&source.file, false), file: source.file });
        let name = folder.split_once('_').map_or("", |(_, name)| name);
        changes.push(reading.change(Draft {
            version: folder.to_owned(),
            name: name.to_owned(),
            kind: ChangeKind::Versioned,
            part: all_of(&source.file),
            blocks: whole(&source.file, false),
            source,
            down,
            directives: Directives::default(),
        }));
    }
    changes
}

/// `20240101120000_name/migration.sql` beside `snapshot.json` (Drizzle without a journal).
pub(super) fn drizzle(reading: &mut Reading, dir: &Path, entries: &[Entry]) -> Vec<Change> {
    let mut changes = prisma(reading, dir, entries);
    for change in &mut changes {
        change.up.blocks = super::drizzle::blocks(&change.up.file);
    }
    changes
}
