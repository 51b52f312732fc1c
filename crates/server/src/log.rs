use std::io::Write as _;

use sluice_engine::Event;
use sluice_report::Problem;
use sluice_runner::listener::{Listener, Progress};

/// Lines for whoever runs the server, on standard error.
#[derive(Debug, Clone)]
pub struct Log {
    about: String,
}

impl Log {
    /// Lines about something.
    pub fn about(what: &str) -> Self {
        Self { about: what.to_owned() }
    }

    /// Writes a line. What is not of this program cannot begin a line of its own.
    pub fn line(&self, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        // Whoever reads it went away: nobody can be told.
        let _ = writeln!(std::io::stderr().lock(), "{now} {}: {text}", self.about);
    }
}

impl Listener for Log {
    fn message(&self, text: &str) {
        self.line(text);
    }

    fn warning(&self, warning: &Problem) {
        self.line(&format!("warning: {}", warning.message));
    }

    fn wants(&self, event: &Event) -> bool {
        matches!(event, Event::Warning { .. } | Event::Reconnecting { .. })
    }

    fn progress(&self) -> Box<dyn Progress> {
        Box::new(self.clone())
    }
}

impl Progress for Log {
    fn started(&mut self, target: &str) {
        Log::line(self, &format!("{target} begins"));
    }

    fn ended(&mut self, target: &str) {
        Log::line(self, &format!("{target} ended"));
    }

    fn event(&mut self, target: &str, event: &Event) {
        match event {
            Event::Warning { message } => Log::line(self, &format!("{target}: warning: {message}")),
            Event::Reconnecting { reason } => {
                Log::line(self, &format!("{target}: connection lost, trying again: {reason}"));
            }
            _ => {}
        }
    }

    fn line(&mut self, text: &str) {
        Log::line(self, text);
    }
}
