use std::io::{IsTerminal as _, Write as _};

use sluice_report::{Paint, Problem, Report};

use crate::args::{Format, Global};
use crate::error::CliError;

/// Where results and messages go: results to standard output, everything else to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Format of results.
    pub format: Format,
    /// Colours on standard output.
    pub paint: Paint,
    /// Colours on standard error.
    pub message_paint: Paint,
    /// Only results and errors.
    pub quiet: bool,
    /// Progress bars may be drawn on standard error.
    pub progress: bool,
    /// More detail.
    pub verbose: bool,
}

impl Output {
    /// As the options, the environment and the terminals say.
    pub fn new(global: &Global) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let terminal = std::io::stderr().is_terminal();
        Self {
            format: global.format,
            paint: Paint { colours: wanted && std::io::stdout().is_terminal() },
            message_paint: Paint { colours: wanted && terminal },
            quiet: global.quiet,
            progress: terminal && !global.no_progress && !global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// Writes a result.
    pub fn result<R: Report>(&self, report: &R) {
        match self.format {
            Format::Human => self.text(&report.human(self.paint)),
            Format::Json => json(report),
            // Refused before the command began.
            _ => self.text(&report.human(self.paint)),
        }
    }

    /// Writes text to standard output. A reader that went away is no failure of the command.
    pub fn text(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes a message unless the user wants quiet.
    pub fn message(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// Writes a warning unless the user wants quiet.
    pub fn warning(&self, warning: &Problem) {
        let mut text = String::new();
        warning.render(self.message_paint, &mut text);
        self.message(text.trim_end());
    }

    /// Writes an error: for people to standard error, for programs as the one object on standard output.
    pub fn error(&self, error: &CliError) {
        let failure = error.failure();
        match self.format {
            Format::Human => {
                let _ = write!(std::io::stderr().lock(), "{}", failure.human(self.message_paint));
            }
            Format::Json => json(&failure),
            _ => {
                let _ = write!(std::io::stderr().lock(), "{}", failure.human(self.message_paint));
            }
        }
    }
}

impl Output {
    /// Writes an error for programs, whatever the options say: they could not be read.
    pub fn failure(error: &CliError) {
        json(&error.failure());
    }
}

/// Writes a result for programs. A reader that went away is no failure of the command.
fn json(report: &impl Report) {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let _ = report.write_json(&mut out).and_then(|()| out.flush());
}
