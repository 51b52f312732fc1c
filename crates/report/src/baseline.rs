use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Paint, Tone, line};
use crate::plan::counted;
use crate::{Problem, Report};

/// Result of `sluice baseline`: what was recorded as already there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Baseline {
    /// Database by database, in the order of the environments.
    pub targets: Vec<BaselineTarget>,
}

/// What was recorded on one database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BaselineTarget {
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// How many changes were recorded; what the ledger had before is not counted.
    pub recorded: usize,
    /// Where the knowledge comes from, as the history has it: `sluice baseline`, or the other tool's table.
    pub origin: Option<String>,
    /// What is wrong; with an error nothing was recorded.
    pub problems: Vec<Problem>,
}

impl Report for Baseline {
    const SCHEMA: &'static str = "sluice/baseline/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        for target in &self.targets {
            for problem in &target.problems {
                problem.render(paint, &mut out);
            }
            let Some(origin) = &target.origin else { continue };
            let how = match origin.strip_prefix("adopted ") {
                Some(_) => line(origin),
                None => "recorded as already there".to_owned(),
            };
            let count = counted(target.recorded, "change");
            out.push_str(&format!("{}: {count} {how}\n", paint.tone(Tone::Strong, &line(&target.name))));
        }
        out
    }
}
