use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, line};

/// Result of `sluice init`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Initialised {
    /// The configuration that was written.
    pub path: String,
    /// Directory of the migrations, relative to it.
    pub migrations: String,
    /// Their layout.
    pub layout: String,
    /// What tells the layout; absent where there were no migrations.
    pub evidence: Option<String>,
    /// Further directories of migrations, which want projects of their own.
    pub others: Vec<OtherDirectory>,
}

/// A directory of migrations beside the one of the project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OtherDirectory {
    /// The directory.
    pub migrations: String,
    /// Its layout.
    pub layout: String,
}

/// Result of `sluice new`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NewChange {
    /// The file that was written, relative to `sluice.toml`.
    pub path: String,
    /// The file of its way back, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down: Option<String>,
    /// Version of the change.
    pub version: String,
    /// Its name.
    pub name: String,
}

impl Report for Initialised {
    const SCHEMA: &'static str = "sluice/init/v1";

    fn human(&self, _: Paint) -> String {
        format!("wrote {}\n", line(&self.path))
    }
}

impl Report for NewChange {
    const SCHEMA: &'static str = "sluice/new/v1";

    fn human(&self, _: Paint) -> String {
        let down = self.down.iter().map(|down| format!("{}\n", line(down)));
        format!("{}\n{}", line(&self.path), down.collect::<String>())
    }
}
