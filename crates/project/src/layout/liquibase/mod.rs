//! Liquibase: formatted SQL files and the changelogs that include them.

mod attribute;
mod changelog;
mod changeset;

use sluice_rollout::Change;
use sluice_text::Span;

pub(super) use changeset::read as changesets;

use super::reading::Reading;
use super::tree::Entry;

/// Reads the formatted SQL files: as the changelogs include them, otherwise by name.
pub(super) fn read(reading: &mut Reading, entries: &[Entry]) -> Vec<Change> {
    let mut changes = Vec::new();
    let changelogs = changelog::read(reading, entries);
    let files: Vec<&Entry> = match &changelogs {
        Some(included) => included.iter().filter_map(|at| entries.get(*at)).collect(),
        None => entries.iter().filter(|entry| entry.name().ends_with(".sql")).collect(),
    };
    for entry in &files {
        let Some(source) = reading.source(&entry.path) else { continue };
        if header(source.file.text()).is_some() {
            changeset::read(reading, &source.file, &mut changes);
        } else if changelogs.is_some() {
            reading.error_at(
                &source.file,
                0,
                "this is not formatted SQL",
                "begin it with `--liquibase formatted sql` and `--changeset author:id`",
            );
        } else {
            reading.warn_at(
                &source.file,
                0,
                "this is not formatted SQL: it is not run",
                "begin it with `--liquibase formatted sql`",
            );
        }
    }
    if changelogs.is_some() {
        for entry in entries.iter().filter(|entry| entry.name().ends_with(".sql")) {
            if !files.iter().any(|file| file.inside == entry.inside) {
                let path = reading.shown(&entry.path);
                reading.warn_about(
                    path,
                    "no changelog includes this file: it is not run",
                    "include it, or delete it",
                );
            }
        }
    }
    changes
}

/// What follows `--liquibase formatted sql` on the first line that is not blank.
pub(super) fn header(text: &str) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let rest = keyword(line, "liquibase")?;
    let rest = rest.trim_start();
    let rest =
        rest.get(..9).filter(|word| word.eq_ignore_ascii_case("formatted")).and_then(|_| rest.get(9..))?;
    let rest = rest.trim_start();
    rest.get(..3).filter(|word| word.eq_ignore_ascii_case("sql")).and_then(|_| rest.get(3..))
}

/// What stands in a formatted SQL file before its first changeset.
pub fn preamble(text: &str) -> Span {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if keyword(line, "changeset").is_some() {
            break;
        }
        end += line.len();
    }
    Span::new(0, end)
}

/// What follows `-- word` at the start of a line, whatever the case of the word.
fn keyword<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    let comment = line.trim_start().strip_prefix("--")?.trim_start();
    let rest = comment
        .get(..word.len())
        .filter(|found| found.eq_ignore_ascii_case(word))
        .and_then(|_| comment.get(word.len()..))?;
    rest.chars().next().is_none_or(|next| !next.is_alphanumeric()).then_some(rest)
}
