use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, Tone, line};
use crate::plan::{counted, short};
use crate::table::Table;

/// One rollout in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RolloutSummary {
    /// Name.
    pub name: String,
    /// Digest of its release.
    pub release: String,
    /// In one word, for example `running`, `waiting`, `succeeded`.
    pub status: String,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: String,
    /// When it last moved, RFC 3339 in UTC.
    pub updated_at: String,
}

/// Result of `sluice rollout list`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RolloutList {
    /// The latest first.
    pub rollouts: Vec<RolloutSummary>,
}

/// Result of `sluice rollout show`, `why`, `watch` and the decisions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RolloutDetail {
    /// What it is.
    #[serde(flatten)]
    pub rollout: RolloutSummary,
    /// Digest of its plan: what people approve.
    pub plan: String,
    /// Stage by stage.
    pub stages: Vec<Stage>,
    /// Every gate of the stage that is next, open and closed.
    pub gates: Vec<Gate>,
}

/// One stage: the databases of an environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Stage {
    /// Environment.
    pub environment: String,
    /// In one word.
    pub status: String,
    /// Databases.
    pub targets: Vec<StageTarget>,
}

/// One database in a stage.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StageTarget {
    /// Name.
    pub name: String,
    /// In one word.
    pub status: String,
    /// What went wrong.
    pub message: Option<String>,
}

/// A condition between here and there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Gate {
    /// Environment that it guards.
    pub environment: String,
    /// `previous-stage`, `soak`, `window`, `freeze` or `approval`; for rollouts as a whole also `paused`, `failures`, ….
    pub gate: String,
    /// `pass`, `fail` or `inconclusive`.
    pub result: String,
    /// Why.
    pub reason: String,
    /// When it opens by itself, RFC 3339 in UTC.
    pub opens_at: Option<String>,
}

impl Gate {
    /// Appends the gate as text.
    pub fn render(&self, paint: Paint, out: &mut String) {
        let (mark, tone) = match self.result.as_str() {
            "pass" => ("✓", Tone::Good),
            "fail" => ("◷", Tone::Waiting),
            _ => ("?", Tone::Bad),
        };
        let opens = self.opens_at.as_deref().map(|at| format!(" (opens {at})")).unwrap_or_default();
        let label = if self.environment.is_empty() {
            line(&self.gate)
        } else {
            format!("{} {}", line(&self.environment), line(&self.gate))
        };
        out.push_str(&format!(
            "  {} {}: {}{}\n",
            paint.tone(tone, mark),
            paint.tone(Tone::Strong, &label),
            line(&self.reason),
            paint.tone(Tone::Faint, &opens)
        ));
    }
}

impl Report for RolloutList {
    const SCHEMA: &'static str = "sluice/rollout-list/v1";

    fn human(&self, paint: Paint) -> String {
        if self.rollouts.is_empty() {
            return "no rollouts yet: `sluice deploy` starts one\n".to_owned();
        }
        let mut table = Table::new(&["rollout", "release", "status", "updated"]);
        for rollout in &self.rollouts {
            let updated = rollout.updated_at.get(..19).unwrap_or(&rollout.updated_at).replace('T', " ");
            table.row(vec![
                (rollout.name.clone(), Some(Tone::Strong)),
                (short(&rollout.release).to_owned(), None),
                (rollout.status.clone(), Some(tone_of(&rollout.status))),
                (updated, Some(Tone::Faint)),
            ]);
        }
        table.render(paint)
    }
}

impl Report for RolloutDetail {
    const SCHEMA: &'static str = "sluice/rollout/v1";

    fn human(&self, paint: Paint) -> String {
        let rollout = &self.rollout;
        let mut out = format!(
            "{} {} {}\n",
            paint.tone(Tone::Strong, &rollout.name),
            paint.tone(tone_of(&rollout.status), &rollout.status),
            paint.tone(
                Tone::Faint,
                &format!("(release {}, plan {})", short(&rollout.release), short(&self.plan))
            )
        );
        for stage in &self.stages {
            out.push_str(&format!(
                "  {} {} {}\n",
                paint.tone(Tone::Strong, &line(&stage.environment)),
                paint.tone(tone_of(&stage.status), &stage.status),
                paint.tone(Tone::Faint, &format!("({})", counted(stage.targets.len(), "database")))
            ));
            for target in &stage.targets {
                let message =
                    target.message.as_deref().map(|text| format!(": {}", line(text))).unwrap_or_default();
                out.push_str(&format!(
                    "    {} {}{message}\n",
                    line(&target.name),
                    paint.tone(tone_of(&target.status), &target.status)
                ));
            }
        }
        for gate in &self.gates {
            gate.render(paint, &mut out);
        }
        out
    }
}

fn tone_of(status: &str) -> Tone {
    match status {
        "succeeded" | "skipped" => Tone::Good,
        "failed" | "inconclusive" | "rejected" | "cancelled" => Tone::Bad,
        _ => Tone::Waiting,
    }
}
