use schemars::JsonSchema;
use serde::Serialize;

use crate::Report;
use crate::paint::{Paint, Tone, line};

/// A command that did not do what it was asked to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Failure {
    /// `findings`, `usage`, `unreachable`, `failed`, `waiting`, `inconclusive` or `cancelled`: the exit code in words.
    pub kind: String,
    /// What is wrong, everything that is known.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// `error` or `warning`.
    pub severity: String,
    /// What.
    pub message: String,
    /// Where: `path`, `path:line:column`, or the name of a database.
    pub place: Option<String>,
    /// What to do next.
    pub help: Option<String>,
}

impl Problem {
    /// An error.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: "error".to_owned(), message: message.into(), place: None, help: None }
    }

    /// A warning.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: "warning".to_owned(), ..Self::error(message) }
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Appends the problem as text.
    pub fn render(&self, paint: Paint, out: &mut String) {
        let tone = if self.severity == "error" { Tone::Bad } else { Tone::Waiting };
        out.push_str(&format!("{}: {}\n", paint.tone(tone, &self.severity), line(&self.message)));
        if let Some(place) = &self.place {
            out.push_str(&format!("  {} {}\n", paint.tone(Tone::Faint, "-->"), line(place)));
        }
        if let Some(help) = &self.help {
            out.push_str(&format!("  {} {}\n", paint.tone(Tone::Faint, "help:"), line(help)));
        }
    }
}

impl Report for Failure {
    const SCHEMA: &'static str = "sluice/error/v1";

    fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        for problem in &self.problems {
            problem.render(paint, &mut out);
        }
        out
    }
}
