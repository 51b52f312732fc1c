use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::{Problem, Report};

/// Result of `sluice repair`: what is wrong with the ledgers and how it can be mended, or what was mended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Repair {
    /// What was mended; absent where it was only looked.
    pub repaired: Option<Repaired>,
    /// Database by database, in the order of the environments; empty after a repair.
    pub targets: Vec<RepairTarget>,
    /// What is wrong with the files: what was edited or removed after it was applied is not known.
    pub problems: Vec<Problem>,
}

/// One repair.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Repaired {
    /// Name of the database.
    pub database: String,
    /// Version of the change, as it was asked for.
    pub version: String,
    /// What was done, as the history has it.
    pub detail: String,
}

/// What can be repaired on one database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RepairTarget {
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// What is wrong.
    pub problems: Vec<RepairProblem>,
}

/// Something that can be repaired.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RepairProblem {
    /// What kind of thing.
    pub kind: RepairKind,
    /// What, for people.
    pub message: String,
    /// Version of the change that it is about.
    pub version: Option<String>,
    /// Place of the statement in the change, from 1.
    pub statement: Option<u64>,
    /// What to do.
    pub help: Option<String>,
    /// The command that mends it, if what it says is meant.
    pub command: Option<String>,
    /// The statement that mends it.
    pub sql: Option<String>,
    /// Where a damaged ledger is damaged.
    pub damage: Option<DamagedCell>,
}

/// Kinds of things that can be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairKind {
    /// A file was edited after it was applied.
    Edited,
    /// A file is gone that was applied.
    Removed,
    /// A pending change that cannot be applied where it stands.
    OutOfPlace,
    /// Another tool has worked on the database, and there is no ledger.
    Unadopted,
    /// A statement was in flight when its run stopped.
    InFlight,
    /// An interrupted statement has left something.
    Leftover,
    /// The ledger holds what no version of Sluice writes.
    Damaged,
    /// The database could not be looked at.
    NotRead,
}

/// A value in a ledger.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DamagedCell {
    /// The table, as a statement names it.
    pub table: String,
    /// Condition that finds the row; absent where the table has one row, or the row is missing.
    pub row: Option<String>,
    /// The column; absent where the row or the table is missing.
    pub column: Option<String>,
    /// What stands there.
    pub found: Option<String>,
    /// What may stand there.
    pub allowed: Option<String>,
}

impl RepairProblem {
    /// A problem without a way out yet.
    pub fn new(kind: RepairKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            version: None,
            statement: None,
            help: None,
            command: None,
            sql: None,
            damage: None,
        }
    }

    fn render(&self, target: &str, paint: Paint, out: &mut String) {
        out.push_str(&format!("{}: {}\n", paint.tone(Tone::Strong, &line(target)), line(&self.message)));
        let mut more = |text: &str| out.push_str(&format!("  {}\n", line(text)));
        if let Some(damage) = &self.damage {
            let row = damage.row.as_ref().map(|row| format!(", row {row}")).unwrap_or_default();
            let column =
                damage.column.as_ref().map(|column| format!(", column {column}")).unwrap_or_default();
            more(&format!("table {}{row}{column}", damage.table));
            if let Some(allowed) = &damage.allowed {
                more(&format!("allowed: {allowed}"));
            }
        }
        if let Some(help) = &self.help {
            more(help);
        }
        if let Some(command) = &self.command {
            more(&format!("if that is meant: {command}"));
        }
        if let Some(sql) = &self.sql {
            let verb = if self.kind == RepairKind::Leftover { "remove" } else { "mend" };
            more(&format!("{verb} it with: {sql}"));
        }
    }
}

impl Report for Repair {
    const SCHEMA: &'static str = "sluice/repair/v1";

    fn human(&self, paint: Paint) -> String {
        if let Some(done) = &self.repaired {
            let mut out = format!(
                "{}: {} {}: {}\n",
                line(&done.database),
                line(&done.version),
                paint.tone(Tone::Good, "repaired"),
                line(&done.detail)
            );
            self.problems.iter().for_each(|problem| problem.render(paint, &mut out));
            return out;
        }
        let mut out = String::new();
        for target in &self.targets {
            for problem in &target.problems {
                problem.render(&target.name, paint, &mut out);
            }
        }
        if !self.problems.is_empty() {
            out.push_str(
                "what was edited or removed after it was applied is not known, because the files are wrong:\n",
            );
            self.problems.iter().for_each(|problem| problem.render(paint, &mut out));
        } else if out.is_empty() {
            out.push_str("nothing to repair\n");
        }
        out
    }
}
