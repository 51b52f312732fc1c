//! Changelogs in XML, YAML or JSON: only what they include is understood.

use std::collections::HashSet;
use std::ops::Range;

use sluice_text::SourceFile;

use crate::layout::reading::Reading;
use crate::layout::tree::Entry;

/// Indexes of the SQL files in the order in which changelogs include them; `None` where there is no changelog.
pub(super) fn read(reading: &mut Reading, entries: &[Entry]) -> Option<Vec<usize>> {
    let mut changelogs = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let extension = entry.name().rsplit_once('.').map_or("", |(_, extension)| extension);
        if !matches!(extension, "xml" | "yaml" | "yml" | "json") {
            continue;
        }
        if let Some(source) = reading.source(&entry.path)
            && source.file.text().contains("databaseChangeLog")
        {
            changelogs.push((at, source.file));
        }
    }
    if changelogs.is_empty() {
        return None;
    }
    let included: HashSet<usize> = changelogs
        .iter()
        .flat_map(|(at, file)| targets(*at, file, entries).into_iter().flat_map(|(_, t)| t))
        .collect();
    let mut walk =
        Walk { reading, entries, changelogs: &changelogs, seen: HashSet::new(), files: Vec::new() };
    for (at, file) in changelogs.iter().filter(|(at, _)| !included.contains(at)) {
        walk.changelog(*at, file);
    }
    Some(walk.files)
}

struct Walk<'w> {
    reading: &'w mut Reading,
    entries: &'w [Entry],
    changelogs: &'w [(usize, SourceFile)],
    seen: HashSet<usize>,
    files: Vec<usize>,
}

impl Walk<'_> {
    fn changelog(&mut self, at: usize, file: &SourceFile) {
        if !self.seen.insert(at) {
            return;
        }
        let text = file.text();
        for word in ["changeSet", "property"] {
            if let Some(found) = element(text, word).next() {
                self.reading.error_at(
                    file,
                    found,
                    format!("`{word}` in a changelog is not understood: only formatted SQL is"),
                    "write the changes as formatted SQL files and include them",
                );
            }
        }
        for (place, targets) in targets(at, file, self.entries) {
            if targets.is_empty() {
                self.reading.error_at(
                    file,
                    place,
                    "what is included here is not in the migration directory",
                    "correct the path, or name the directory that holds it in sluice.toml",
                );
            }
            for target in targets {
                if let Some((_, nested)) = self.changelogs.iter().find(|(changelog, _)| *changelog == target)
                {
                    self.changelog(target, nested);
                } else if self.seen.insert(target) {
                    self.files.push(target);
                }
            }
        }
    }
}

/// Each include of a changelog: its place, and the files that it names.
fn targets(at: usize, file: &SourceFile, entries: &[Entry]) -> Vec<(usize, Vec<usize>)> {
    let text = file.text();
    let folder = entries.get(at).map_or("", Entry::folder);
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for place in element(text, "include") {
        let name = value(text, place, "file").unwrap_or_default();
        let names = candidates(folder, name, file.path(), entries.get(at));
        let target = entries.iter().position(|entry| names.contains(&entry.inside));
        found.push((place, target.into_iter().collect()));
    }
    for place in element(text, "includeAll") {
        let name = value(text, place, "path").unwrap_or_default().trim_end_matches('/');
        let names = candidates(folder, name, file.path(), entries.get(at));
        let targets = entries
            .iter()
            .enumerate()
            .filter(|(index, entry)| {
                let below = |name: &String| {
                    name.is_empty()
                        || entry.folder() == name
                        || entry.folder().starts_with(&format!("{name}/"))
                };
                *index != at && names.iter().any(below)
            })
            .filter(|(_, entry)| entry.is_sql())
            .map(|(index, _)| index)
            .collect();
        found.push((place, targets));
    }
    found.sort_by_key(|(place, _)| *place);
    found
}

/// Paths below the migration directory that `name` may mean: relative to the changelog, to the directory, to the
/// repository, or to a directory between the two (a class path: `db/changelog/a.sql` below `src/main/resources`).
fn candidates(folder: &str, name: &str, shown: &str, entry: Option<&Entry>) -> Vec<String> {
    let name = name.trim_start_matches("classpath:").trim_start_matches("./").trim_start_matches('/');
    let name = if name == "." { "" } else { name };
    let base = entry.and_then(|entry| shown.strip_suffix(entry.inside.as_str())).unwrap_or_default();
    let relative = [folder, name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let mut names = vec![relative, name.to_owned()];
    names.extend(name.strip_prefix(base).map(str::to_owned));
    let borders = name.match_indices('/').map(|(at, _)| at + 1).chain([name.len()]);
    for (above, inside) in borders.filter_map(|at| name.split_at_checked(at)) {
        let above = above.trim_end_matches('/');
        let whole = |before: &str| before.is_empty() || before.ends_with('/');
        if !above.is_empty() && base.trim_end_matches('/').strip_suffix(above).is_some_and(whole) {
            names.push(inside.to_owned());
        }
    }
    names
}

/// Offsets of `<word`, `word:` and `"word":` in XML, YAML or JSON.
fn element<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let mut passed = comment(text, 0);
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        while passed.end <= *at {
            passed = comment(text, passed.end);
        }
        if passed.contains(at) {
            return false;
        }
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        match before {
            Some('<') => !after.is_some_and(char::is_alphanumeric),
            Some('"') => after == Some('"'),
            _ => after == Some(':') && before.is_none_or(|c| c.is_whitespace() || c == '-' || c == '{'),
        }
    })
}

/// The next XML comment from `from` on; behind everything where there is none.
fn comment(text: &str, from: usize) -> Range<usize> {
    let find = |what: &str, from: usize| Some(from + text.get(from..)?.find(what)?);
    let start = find("<!--", from).unwrap_or(usize::MAX);
    start..find("-->", start).map_or(usize::MAX, |close| close + "-->".len())
}

/// The value of `key` after `place`: `key="value"`, `key: value`, `"key": "value"`.
fn value<'t>(text: &'t str, place: usize, key: &str) -> Option<&'t str> {
    let rest = text.get(place..)?;
    let (_, rest) = rest.split_once(key)?;
    let rest = rest.trim_start_matches(['"', '\'', ':', '=', ' ', '\t']);
    let end = rest.find(['"', '\'', '\n', '\r', ',', '}', '>'])?;
    rest.get(..end).map(str::trim)
}
