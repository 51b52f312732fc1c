use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sluice_engine::{Event, Running};
use sluice_report::{Problem, Tone};
use sluice_runner::listener::{Listener, Progress};

use crate::output::Output;

/// Shows what goes on: bars on a terminal, lines about what matters everywhere.
pub struct Bars {
    output: Output,
    bars: Option<MultiProgress>,
    targets: HashMap<String, ProgressBar>,
}

impl Bars {
    /// As the output says.
    pub fn new(output: Output) -> Self {
        Self { output, bars: output.progress.then(MultiProgress::new), targets: HashMap::new() }
    }

    fn describe(&self, event: &Event) -> Option<String> {
        let paint = self.output.message_paint;
        Some(match event {
            Event::WaitingForLock { by } => format!(
                "{} for another run{}",
                paint.tone(Tone::Waiting, "waiting"),
                by.as_ref().map(|by| format!(": {}", session(by))).unwrap_or_default()
            ),
            Event::Blocked { blockers } => {
                format!("{} by {}", paint.tone(Tone::Waiting, "blocked"), sessions(blockers))
            }
            Event::LockRetry { version, attempt, attempts, blockers, .. } => format!(
                "{} {version}: no lock at try {attempt} of {attempts}{}",
                paint.tone(Tone::Waiting, "retrying"),
                if blockers.is_empty() {
                    String::new()
                } else {
                    format!(", blocked by {}", sessions(blockers))
                }
            ),
            Event::WaitingForOrphan { version, running } => format!(
                "{} for a statement of {version} that an earlier run left running: {}",
                paint.tone(Tone::Waiting, "waiting"),
                session(running)
            ),
            Event::Adopted { version, ordinal, evidence } => {
                format!("{} statement {ordinal} of {version}: {evidence}", paint.tone(Tone::Good, "adopted"))
            }
            Event::CleanedUp { version, statement } => {
                format!("{} after {version}: {statement}", paint.tone(Tone::Waiting, "cleaned up"))
            }
            Event::Reconnecting { reason } => {
                format!("{}: {reason}", paint.tone(Tone::Waiting, "connection lost, trying again"))
            }
            Event::LeftoverFound(leftover) => format!(
                "{} {}; remove it with: {}",
                paint.tone(Tone::Waiting, "leftover"),
                leftover.what,
                leftover.remove_with
            ),
            Event::Warning { message } => format!("{}: {message}", paint.tone(Tone::Waiting, "warning")),
            Event::Connected { server, address } if self.output.verbose => {
                format!("connected to {address}, {server}")
            }
            Event::ChangeStarted { version, name, .. } if self.output.verbose => {
                format!("running {version} {name}")
            }
            Event::StatementStarted { version, ordinal, summary } if self.output.verbose => {
                format!("running statement {ordinal} of {version}: {summary}")
            }
            Event::ChangeApplied { version, milliseconds } if self.output.verbose => {
                format!("{} {version} in {milliseconds} ms", paint.tone(Tone::Good, "applied"))
            }
            _ => return None,
        })
    }
}

impl Progress for Bars {
    fn started(&mut self, target: &str) {
        let Some(bars) = &self.bars else { return };
        let style = ProgressStyle::with_template("  {spinner} {prefix:24} {bar:24} {pos}/{len} {wide_msg}");
        let bar = bars.add(ProgressBar::new(0));
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(target.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        self.targets.insert(target.to_owned(), bar);
    }

    fn ended(&mut self, target: &str) {
        if let Some(bar) = self.targets.remove(target) {
            bar.finish_and_clear();
        }
    }

    fn event(&mut self, target: &str, event: &Event) {
        if let Some(bar) = self.targets.get(target) {
            match event {
                Event::Planned { pending } => bar.set_length(u64::try_from(*pending).unwrap_or(u64::MAX)),
                Event::ChangeStarted { version, name, .. } => bar.set_message(format!("{version} {name}")),
                Event::StatementStarted { summary, .. } => bar.set_message(summary.clone()),
                Event::ChangeApplied { .. } => bar.inc(1),
                _ => {}
            }
        }
        if let Some(text) = self.describe(event) {
            self.line(&format!("{} {text}", self.output.message_paint.tone(Tone::Strong, target)));
        }
    }

    fn line(&mut self, text: &str) {
        match &self.bars {
            Some(bars) => {
                // A terminal that went away is no reason to stop.
                let _ = bars.println(text);
            }
            None => self.output.message(text),
        }
    }
}

impl Listener for Output {
    fn message(&self, text: &str) {
        Output::message(self, text);
    }

    fn warning(&self, warning: &Problem) {
        Output::warning(self, warning);
    }

    fn wants(&self, event: &Event) -> bool {
        let routine = matches!(
            event,
            Event::Connected { .. }
                | Event::Planned { .. }
                | Event::ChangeStarted { .. }
                | Event::StatementStarted { .. }
                | Event::ChangeApplied { .. }
        );
        !routine || self.progress || self.verbose
    }

    fn progress(&self) -> Box<dyn Progress> {
        Box::new(Bars::new(*self))
    }
}

fn session(running: &Running) -> String {
    let statement = running.statement.as_deref().map(|sql| format!(", running `{sql}`")).unwrap_or_default();
    format!("{} ({}){statement}; end it with: {}", running.backend, running.who, running.stop_with)
}

fn sessions(running: &[Running]) -> String {
    running.iter().map(session).collect::<Vec<_>>().join("; ")
}
