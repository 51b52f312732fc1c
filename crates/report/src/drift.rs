use schemars::JsonSchema;
use serde::Serialize;

use crate::diff::{FactDiff, StepReport};
use crate::paint::{Paint, Tone, line};
use crate::{Problem, Report};

/// Result of `sluice drift`: how schemas stand to what changes have left.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DriftReport {
    /// Database by database, in the order of the environments.
    pub databases: Vec<DatabaseDrift>,
}

/// How one schema stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DatabaseDrift {
    /// Name.
    pub name: String,
    /// Environment; none where two schemas were compared.
    pub environment: Option<String>,
    /// In one word.
    pub state: DriftState,
    /// Version of the last change.
    pub since: Option<String>,
    /// When its snapshot was taken, RFC 3339 in UTC, by the database's clock.
    pub taken_at: Option<String>,
    /// Why nothing is known.
    pub reason: Option<String>,
    /// What differs, the worst first.
    pub facts: Vec<DriftFact>,
    /// The statements that lead back to what the change has left, where they were asked for.
    pub revert: Vec<StepReport>,
    /// The file that makes it official, where one was written.
    pub adopted: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A fact that differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DriftFact {
    /// `dangerous`, `hand-made` or `harmless`.
    pub class: String,
    /// What differs.
    #[serde(flatten)]
    pub difference: FactDiff,
}

/// A schema in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftState {
    /// It is as the last change has left it.
    None,
    /// It is not.
    Drifted,
    /// Nothing can be said.
    Unknown,
}

impl Report for DriftReport {
    const SCHEMA: &'static str = "sluice/drift/v1";

    fn human(&self, paint: Paint) -> String {
        let mut text = String::new();
        for database in &self.databases {
            database.render(paint, &mut text);
        }
        text
    }
}

impl DatabaseDrift {
    fn render(&self, paint: Paint, out: &mut String) {
        let since =
            self.since.as_ref().map(|since| format!(" since change {}", line(since))).unwrap_or_default();
        let (tone, words) = match self.state {
            _ if !self.problems.is_empty() => (Tone::Bad, "not known".to_owned()),
            DriftState::None => (Tone::Good, format!("no drift{since}")),
            DriftState::Drifted => {
                let facts = if self.facts.len() == 1 { "fact" } else { "facts" };
                (Tone::Bad, format!("{} {facts} differ{since}", self.facts.len()))
            }
            DriftState::Unknown => {
                (Tone::Waiting, format!("not known: {}", self.reason.as_deref().unwrap_or_default()))
            }
        };
        out.push_str(&format!("{}: {}\n", line(&self.name), paint.tone(tone, &words)));
        for fact in &self.facts {
            let class = match fact.class.as_str() {
                "dangerous" => Tone::Bad,
                "hand-made" => Tone::Waiting,
                _ => Tone::Faint,
            };
            out.push_str(&format!("  {:<9}  ", paint.tone(class, &fact.class)));
            fact.difference.render("  ", out);
        }
        if !self.revert.is_empty() {
            out.push_str("\n  The way back:\n\n");
            self.revert.iter().for_each(|step| step.render(out));
        }
        if let Some(path) = &self.adopted {
            out.push_str(&format!(
                "  official with {}, which is recorded as being there already\n",
                line(path)
            ));
        }
        self.problems.iter().for_each(|problem| problem.render(paint, out));
    }
}
