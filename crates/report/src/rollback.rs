use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::{Problem, Report};

/// Result of `sluice rollback`: what is taken back, and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rollback {
    /// Whether it was run; else it is a plan.
    pub run: bool,
    /// Database by database, in the order in which they are rolled back.
    pub databases: Vec<DatabaseRollback>,
}

/// What is taken back on one database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DatabaseRollback {
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// The changes, the last one first.
    pub changes: Vec<UndoneChange>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A change that is taken back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UndoneChange {
    /// Version.
    pub version: String,
    /// Name.
    pub name: String,
    /// The file that has the way back.
    pub file: String,
    /// The statements, in order.
    pub statements: Vec<String>,
    /// Whether it is done.
    pub done: bool,
}

impl Report for Rollback {
    const SCHEMA: &'static str = "sluice/rollback/v1";

    fn human(&self, paint: Paint) -> String {
        let mut text = String::new();
        for database in &self.databases {
            text.push_str(&format!("{} ({})\n", line(&database.name), line(&database.environment)));
            if database.changes.is_empty() && database.problems.is_empty() {
                text.push_str("  nothing to take back\n");
            }
            for change in &database.changes {
                let (tone, word) = match change.done {
                    true => (Tone::Good, "taken back"),
                    false => (Tone::Waiting, "to be taken back"),
                };
                let (version, name, file) = (line(&change.version), line(&change.name), line(&change.file));
                text.push_str(&format!("  {version} {name}: {} by {file}\n", paint.tone(tone, word)));
                if !change.done {
                    for sql in &change.statements {
                        text.push_str(&format!("    {};\n", sql.replace('\n', "\n    ")));
                    }
                }
            }
            database.problems.iter().for_each(|problem| problem.render(paint, &mut text));
        }
        text
    }
}
