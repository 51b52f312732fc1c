use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, line};

/// Result of `sluice diff --dump`: a schema that was written as files of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Dump {
    /// `postgres`, `mysql`, `mariadb` or `sqlite`.
    pub engine: String,
    /// The directory that holds the files.
    pub directory: String,
    /// The files, relative to it.
    pub files: Vec<String>,
    /// Fingerprint of the schema.
    pub fingerprint: String,
    /// The server on which the files were loaded and gave the same fingerprint; none where that was not tried.
    pub proved_on: Option<String>,
    /// Objects of the schema that are in none of the files.
    pub unmodelled: Vec<String>,
}

impl Report for Dump {
    const SCHEMA: &'static str = "sluice/dump/v1";

    fn human(&self, _: Paint) -> String {
        let count = self.files.len();
        let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        let mut text = format!("wrote {files} to {}\n", line(&self.directory));
        if let Some(server) = &self.proved_on {
            text.push_str(&format!("loaded on {}: the same schema\n", line(server)));
        }
        text
    }
}
