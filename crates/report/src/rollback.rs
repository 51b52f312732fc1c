use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::{Gate, Problem, Report};

/// Result of `sluice rollback`: what is taken back, and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rollback {
    /// Whether it was run; else it is a plan.
    pub run: bool,
    /// Digest of the plan: what is shown is what runs.
    pub digest: String,
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
    /// Rows that are put back, the latest first; none where changes are taken back.
    pub rows: Vec<RowsPutBack>,
    /// What stands between here and there.
    pub gates: Vec<Gate>,
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
    /// The file that has the way back; what it is computed from otherwise.
    pub file: String,
    /// Whether the way back was computed, and proved, rather than written by somebody.
    pub computed: bool,
    /// What may hurt about a computed way back.
    pub hazards: Vec<String>,
    /// The statements, in order.
    pub statements: Vec<String>,
    /// Whether it is done.
    pub done: bool,
}

/// Rows of one statement that are put back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RowsPutBack {
    /// Version of the change.
    pub version: String,
    /// The statement that changed them, `path:line:column`.
    pub statement: String,
    /// The table.
    pub table: String,
    /// `updated` or `deleted`.
    pub were: String,
    /// When they were kept.
    pub kept_at: String,
    /// How many were kept.
    pub kept: u64,
    /// How many are put back.
    pub restored: u64,
    /// How many somebody has changed since: they are left alone.
    pub conflicted: u64,
    /// Some of them.
    pub conflicts: Vec<RowConflict>,
    /// Why nothing can be put back.
    pub refused: Option<String>,
    /// Whether it is done.
    pub done: bool,
}

/// A row that somebody has changed since.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RowConflict {
    /// Its key.
    pub key: String,
    /// What was done to it.
    pub reason: String,
}

impl Report for Rollback {
    const SCHEMA: &'static str = "sluice/rollback/v1";

    fn human(&self, paint: Paint) -> String {
        let mut text = String::new();
        for database in &self.databases {
            text.push_str(&format!("{} ({})\n", line(&database.name), line(&database.environment)));
            if database.changes.is_empty() && database.rows.is_empty() && database.problems.is_empty() {
                text.push_str("  nothing to take back\n");
            }
            for gate in database.gates.iter().filter(|gate| gate.result != "pass") {
                text.push_str(&format!("  {}: {}\n", line(&gate.gate), line(&gate.reason)));
            }
            for change in &database.changes {
                change.render(paint, &mut text);
            }
            for rows in &database.rows {
                rows.render(paint, &mut text);
            }
            database.problems.iter().for_each(|problem| problem.render(paint, &mut text));
        }
        text
    }
}

impl UndoneChange {
    fn render(&self, paint: Paint, text: &mut String) {
        let (tone, word) = match self.done {
            true => (Tone::Good, "taken back"),
            false => (Tone::Waiting, "to be taken back"),
        };
        let (version, name, file) = (line(&self.version), line(&self.name), line(&self.file));
        text.push_str(&format!("  {version} {name}: {} by {file}\n", paint.tone(tone, word)));
        if self.done {
            return;
        }
        if !self.hazards.is_empty() {
            text.push_str(&format!("    -- {}\n", self.hazards.join(", ")));
        }
        for sql in &self.statements {
            text.push_str(&format!("    {};\n", sql.replace('\n', "\n    ")));
        }
    }
}

impl RowsPutBack {
    fn render(&self, paint: Paint, text: &mut String) {
        let (version, table, place) = (line(&self.version), line(&self.table), line(&self.statement));
        let rows = |count: u64| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        if let Some(refused) = &self.refused {
            let kept = rows(self.kept);
            text.push_str(&format!(
                "  {version} {table}: {kept} kept by {place} stay as they are: {}\n",
                line(refused)
            ));
            return;
        }
        let (tone, word) = match self.done {
            true => (Tone::Good, "put back"),
            false => (Tone::Waiting, "to put back"),
        };
        let (restored, kept) = (self.restored, rows(self.kept));
        let word = paint.tone(tone, word);
        text.push_str(&format!(
            "  {version} {table}: {word} {restored} of {kept} that {place} has {}\n",
            self.were
        ));
        for conflict in &self.conflicts {
            text.push_str(&format!(
                "    {} {}: left as it is\n",
                line(&conflict.key),
                line(&conflict.reason)
            ));
        }
        let told = u64::try_from(self.conflicts.len()).unwrap_or(u64::MAX);
        if self.conflicted > told {
            text.push_str(&format!("    and {} more\n", self.conflicted.saturating_sub(told)));
        }
    }
}
