//! Results that are kept as files and read again: one JSON object that names its schema, written for diffs and read strictly.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Named, Report};

/// A file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptError {
    /// No JSON object, or one of something else.
    #[error("it is no file of the format {wanted}: {reason}")]
    Other {
        /// The format that is read here.
        wanted: &'static str,
        /// Why.
        reason: String,
    },
    /// Written by a newer version.
    #[error("it has the format {found}, and this version of sluice knows {wanted}")]
    Newer {
        /// The format that is read here.
        wanted: &'static str,
        /// That of the file.
        found: String,
    },
    /// Something in it is not as it was written.
    #[error("it was changed since it was written: its digest is {digest}, and its content has {found}")]
    Damaged {
        /// As it says.
        digest: String,
        /// As it is.
        found: String,
    },
}

impl KeptError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "use a newer sluice, or write the file again with this one",
            Self::Other { .. } | Self::Damaged { .. } => {
                "take it from the repository's history, or write it again; it is not made to be edited"
            }
        }
    }
}

/// The file's text: an object over many lines that ends with a line break.
pub(crate) fn render<R: Report>(report: &R) -> String {
    let named = Named { schema: R::SCHEMA, fields: report };
    // Values of this crate have text keys and finite numbers: they can be written.
    let mut text = serde_json::to_string_pretty(&named).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads a file's text.
pub(crate) fn parse<R: Report + DeserializeOwned>(text: &str) -> Result<R, KeptError> {
    let wanted = R::SCHEMA;
    let other = |reason: String| KeptError::Other { wanted, reason };
    let mut value: Value = serde_json::from_str(text).map_err(|error| other(error.to_string()))?;
    let fields = value.as_object_mut().ok_or_else(|| other("it is no object".to_owned()))?;
    match fields.remove("schema") {
        Some(Value::String(found)) if found == wanted => {}
        Some(Value::String(found)) => {
            return Err(if version_of(&found, wanted).is_some_and(|version| version > 1) {
                KeptError::Newer { wanted, found }
            } else {
                other(format!("it says that it is `{found}`"))
            });
        }
        _ => return Err(other("it has no key `schema`".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| other(error.to_string()))
}

/// The version of a format that differs from `wanted` in nothing else.
fn version_of(found: &str, wanted: &str) -> Option<u32> {
    let (name, _) = wanted.rsplit_once("/v")?;
    found.strip_prefix(name)?.strip_prefix("/v")?.parse().ok()
}

/// Serialised in one line, for digests.
pub(crate) fn canonical<S: Serialize>(value: &S) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
