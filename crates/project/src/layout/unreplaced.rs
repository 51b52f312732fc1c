//! Placeholders that the tool of a layout would replace and that would run as they are written.

use sluice_rollout::Change;
use sluice_text::Span;

use super::kind::Layout;
use super::{Directory, scan};
use crate::message::{Message, ProjectError};

impl Directory {
    /// Holds the changes against a configuration that does not say whether placeholders are replaced: Flyway replaces them
    /// unless it is told not to, goose between `ENVSUB ON` and `ENVSUB OFF`, Liquibase where they have a value.
    ///
    /// # Errors
    /// Flyway and goose: every change with a placeholder. Liquibase: a warning instead.
    pub fn check_placeholders(&mut self) -> Result<(), ProjectError> {
        let layout = self.detection.layout;
        if !matches!(layout, Layout::Flyway | Layout::Goose | Layout::Liquibase) {
            return Ok(());
        }
        let messages: Vec<Message> =
            self.changes.iter().filter_map(|change| message(change, layout)).collect();
        if layout == Layout::Liquibase || messages.is_empty() {
            self.warnings.extend(messages);
            return Ok(());
        }
        Err(ProjectError { messages })
    }
}

/// About the first placeholder of a change.
pub(super) fn message(change: &Change, layout: Layout) -> Option<Message> {
    let file = &change.up.file;
    let blocks = change.up.blocks.iter().filter(|block| block.substitute);
    let (at, name) = blocks.filter_map(|block| first(file.text(), block.span)).next()?;
    let (tool, when) = match layout {
        Layout::Flyway => ("Flyway", ""),
        Layout::Goose => ("goose", " by the environment's value"),
        _ => ("Liquibase", " if it has a value"),
    };
    let message = format!("`${{{name}}}` would run as it is written: {tool} replaces it{when}");
    let help = "set `enabled = true` in [placeholders] and give it a value, or `enabled = false` to run it as it is written";
    Some(Message::at(file, at, message, Some(help.to_owned())))
}

/// The first `${name}` within `span` that is in no comment line: where it is, and its name.
fn first(text: &str, span: Span) -> Option<(usize, &str)> {
    if !span.slice(text).contains("${") {
        return None;
    }
    scan::lines(text, span).filter(|line| !line.text.trim_start().starts_with("--")).find_map(|line| {
        let (before, after) = line.text.split_once("${")?;
        let (name, _) = after.split_once('}')?;
        Some((line.start + before.len(), name))
    })
}
