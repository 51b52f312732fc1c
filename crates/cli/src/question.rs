use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use sluice_report::{Problem, Rollback};

use crate::args::Format;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::planning::Survey;
use crate::sites::Site;
pub use sluice_runner::preparation::counted;

/// Asks a person at a terminal once whether what is pending may be applied. Nobody is asked with `--yes`, by programs, and in
/// pipelines.
///
/// # Errors
/// The answer is no.
pub fn confirm(context: &Context, sites: &[Site<'_>], surveys: &[Survey]) -> Result<(), CliError> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if context.global.yes || context.global.format != Format::Human || !terminal {
        return Ok(());
    }
    let question = summary(context, sites, surveys);
    if question.is_empty() || answer(context, &format!("{question}apply this? [y/N] ")) {
        return Ok(());
    }
    Err(CliError::new(Exit::Cancelled, Problem::error("cancelled: nothing was run"))
        .help("answer y, or give --yes to be asked nothing"))
}

/// Asks a person at a terminal whether everything of the repository is to be recorded as there. Where nobody can be asked, several
/// databases want `--yes`.
///
/// # Errors
/// The answer is no, or nobody can be asked.
pub fn confirm_baseline(context: &Context, sites: &[Site<'_>], changes: usize) -> Result<(), CliError> {
    if context.global.yes {
        return Ok(());
    }
    let what = format!("{} on {}", counted(changes, "change"), counted(sites.len(), "database"));
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if context.global.format == Format::Human && terminal {
        let names: Vec<&str> = sites.iter().map(|site| site.target.name.0.as_str()).collect();
        let question = format!("{what} ({})\nrecord all of them as already there? [y/N] ", names.join(", "));
        if answer(context, &question) {
            return Ok(());
        }
        return Err(CliError::new(Exit::Cancelled, Problem::error("cancelled: nothing was recorded"))
            .help("--to VERSION records the changes up to that one"));
    }
    if sites.len() <= 1 {
        return Ok(());
    }
    Err(CliError::usage(format!("a baseline without --to would record {what} as already there")).help(
        "--to VERSION says up to which change they are there, --database NAME or --env NAME where; --yes records all",
    ))
}

/// Asks a person at a terminal whether changes are to be taken back; where nobody can be asked, `--yes` says so.
///
/// # Errors
/// The answer is no.
pub fn confirm_rollback(context: &Context, plan: &Rollback) -> Result<bool, CliError> {
    if context.global.yes {
        return Ok(true);
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if context.global.format != Format::Human || !terminal {
        context.output.message("nothing was run: --yes runs it");
        return Ok(false);
    }
    context.output.result(plan);
    if answer(context, "take this back? [y/N] ") {
        return Ok(true);
    }
    Err(CliError::new(Exit::Cancelled, Problem::error("cancelled: nothing was run")))
}

/// What is pending, environment by environment.
fn summary(context: &Context, sites: &[Site<'_>], surveys: &[Survey]) -> String {
    let mut text = String::new();
    for environment in &context.config().environments {
        let (mut changes, mut databases) = (BTreeSet::new(), 0_usize);
        for (site, survey) in sites.iter().zip(surveys) {
            if site.target.environment == environment.name
                && let Ok((_, decision)) = &survey.found
                && !decision.pending.is_empty()
            {
                databases = databases.saturating_add(1);
                changes.extend(decision.pending.iter().map(|(index, _)| *index));
            }
        }
        if databases > 0 {
            let gate = if environment.approvals.is_empty() { "" } else { ", behind an approval" };
            let (changes, databases) = (counted(changes.len(), "change"), counted(databases, "database"));
            text.push_str(&format!("{}: {changes} on {databases}{gate}\n", environment.name));
        }
    }
    text
}

/// Waits for a line, but not past a signal.
fn answer(context: &Context, question: &str) -> bool {
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "{question}").and_then(|()| terminal.flush());
    drop(terminal);
    let (sender, receiver) = channel();
    // Reading cannot be interrupted: the thread ends with the process.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _ = sender.send(read.is_ok() && matches!(line.trim().to_lowercase().as_str(), "y" | "yes"));
    });
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(yes) => return yes,
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) if context.cancel.is_cancelled() => return false,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
