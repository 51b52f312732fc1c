//! `sluice.toml`: strict, with places and suggestions in every error.
//!
//! One table of keys (`keys`) drives both the check of the file and its JSON Schema. A file is read as far as possible,
//! so that one run reports everything that is wrong with it.

mod canonical;
mod environment;
mod glob;
mod keys;
mod model;
mod pattern;
mod read;
mod reader;
mod review;
mod schema;
mod suggestion;
mod value;

use sluice_text::SourceFile;
use toml::de::DeTable;

pub use glob::Glob;
pub use model::{
    Apply, Config, DatabaseEntry, DriftResponse, Group, Placeholders, Policy, ProjectSection, Review,
    ReviewOverride, SchemaSection, Shadow,
};
pub use pattern::FactPattern;
pub use schema::json_schema;
pub use suggestion::nearest;

use crate::{Message, ProjectError};

/// Reads a duration as the configuration writes it: `500ms`, `3s`, `1h30m`, `0`.
///
/// # Errors
/// What is wrong with it, and how durations are written.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    value::duration(text).map_err(|fault| match fault.help {
        Some(help) => format!("{}: {help}", fault.message),
        None => fault.message,
    })
}

/// Name of the configuration file.
pub const FILE_NAME: &str = "sluice.toml";

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it. If it is not TOML, only that is reported.
    pub fn parse(file: &SourceFile) -> Result<Self, ProjectError> {
        let (document, faults) = DeTable::parse_recoverable(file.text());
        if !faults.is_empty() {
            let messages = faults
                .iter()
                .map(|fault| {
                    let span = fault.span().unwrap_or(0..0);
                    let message = match fault.message() {
                        "duplicate key" => {
                            let key = file.text().get(span.clone()).unwrap_or_default();
                            format!("key `{key}` stands here for the second time")
                        }
                        other => one_line(other),
                    };
                    Message::at(file, span.start, message, None)
                })
                .collect();
            return Err(ProjectError { messages });
        }
        let mut reader = reader::Reader::new(file);
        let root = document.get_ref();
        reader.check(&keys::FILE, root, 0);
        let config = read::config(&mut reader, reader::Node::root(root, 0..0));
        match (reader.finish(), config) {
            ((errors, warnings), Some(config)) if errors.is_empty() => Ok(Self { warnings, ..config }),
            ((messages, _), _) => Err(ProjectError { messages }),
        }
    }

    /// The effective configuration as canonical JSON, for digests: the same meaning gives the same text. References to
    /// secrets stand in it as written, secrets never.
    pub fn canonical_json(&self) -> String {
        canonical::text(self)
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
