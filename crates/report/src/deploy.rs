use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::plan::{counted, short};
use crate::rollout::Gate;
use crate::{Problem, Report};

/// Result of `sluice deploy`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deployment {
    /// Digest of the release.
    pub release: String,
    /// Digest of the plan, as `sluice plan` shows it for the same databases; absent where there was nothing to do.
    pub plan: Option<String>,
    /// Name of the rollout; absent where there was nothing to do.
    pub rollout: Option<String>,
    /// `succeeded`, `nothing-to-do`, `waiting`, `failed`, `paused`, `inconclusive`, `cancelled` or `rejected`.
    pub outcome: String,
    /// Database by database, as far as the rollout came.
    pub targets: Vec<TargetResult>,
    /// What it waits for.
    pub gates: Vec<Gate>,
    /// What to do next.
    pub next: Option<String>,
}

/// What became of one database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TargetResult {
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// In one word.
    pub outcome: TargetOutcome,
    /// Versions applied in this run, in order.
    pub applied: Vec<String>,
    /// How many changes were skipped because they are there.
    pub skipped: usize,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// What became of one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetOutcome {
    /// Changes were applied.
    Applied,
    /// Everything was there already.
    UpToDate,
    /// A change failed, or it could not be reached.
    Failed,
    /// A person must look.
    Inconclusive,
    /// Stopped by the user.
    Cancelled,
    /// Stopped between two changes: a gate has closed, or somebody has paused the rollout.
    Held,
    /// Not begun: more databases have failed than allowed.
    NotAttempted,
}

impl Report for Deployment {
    const SCHEMA: &'static str = "sluice/deploy/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        let mut environment = None;
        for target in &self.targets {
            if environment != Some(&target.environment) {
                environment = Some(&target.environment);
                out.push_str(&format!("{}\n", paint.tone(Tone::Strong, &line(&target.environment))));
            }
            target.render(paint, &mut out);
        }
        for gate in &self.gates {
            gate.render(paint, &mut out);
        }
        let tone = match self.outcome.as_str() {
            "succeeded" | "nothing-to-do" => Tone::Good,
            "waiting" | "paused" => Tone::Waiting,
            _ => Tone::Bad,
        };
        let plan = self.plan.as_deref().map(|plan| format!(", plan {}", short(plan))).unwrap_or_default();
        let rollout = self.rollout.as_deref().map(|name| format!(", rollout {name}")).unwrap_or_default();
        out.push_str(&format!(
            "{} {}\n",
            paint.tone(tone, &self.outcome.replace('-', " ")),
            paint.tone(Tone::Faint, &format!("(release {}{plan}{rollout})", short(&self.release)))
        ));
        if let Some(next) = &self.next {
            out.push_str(&format!("{} {}\n", paint.tone(Tone::Faint, "next:"), line(next)));
        }
        out
    }
}

impl TargetResult {
    fn render(&self, paint: Paint, out: &mut String) {
        let (mark, tone, text) = match self.outcome {
            TargetOutcome::Applied => {
                let versions = match self.applied.as_slice() {
                    [] => String::new(),
                    [only] => format!(" ({})", line(only)),
                    [first, .., last] => format!(" ({} … {})", line(first), line(last)),
                };
                ("✓", Tone::Good, format!("{} applied{versions}", counted(self.applied.len(), "change")))
            }
            TargetOutcome::UpToDate => ("✓", Tone::Good, "up to date, everything skipped".to_owned()),
            TargetOutcome::Failed => ("✗", Tone::Bad, "failed".to_owned()),
            TargetOutcome::Inconclusive => ("?", Tone::Bad, "a person must look".to_owned()),
            TargetOutcome::Cancelled => ("–", Tone::Waiting, "cancelled".to_owned()),
            TargetOutcome::Held => ("◷", Tone::Waiting, "stopped between changes".to_owned()),
            TargetOutcome::NotAttempted => ("◷", Tone::Waiting, "not attempted".to_owned()),
        };
        let time = match (self.outcome, self.milliseconds) {
            (TargetOutcome::Applied, milliseconds) => format!(" {milliseconds} ms"),
            _ => String::new(),
        };
        out.push_str(&format!(
            "  {} {} {text}{}\n",
            paint.tone(tone, mark),
            line(&self.name),
            paint.tone(Tone::Faint, &time)
        ));
        for problem in &self.problems {
            problem.render(paint, out);
        }
    }
}
