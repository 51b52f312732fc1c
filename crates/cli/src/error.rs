pub use sluice_runner::error::{Exit, RunError as CliError, exit_of, problem_of, problems_of};

/// What is wrong with arguments, in one line and with a tip.
pub fn of_arguments(error: &clap::Error) -> CliError {
    let text = error.render().to_string();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n").map(one_line).filter(|part| !part.is_empty());
    let message = parts.next().unwrap_or_default();
    let tip = parts.find_map(|part| part.strip_prefix("tip: ").map(str::to_owned));
    let help = tip.unwrap_or_else(|| "`sluice --help` shows what there is".to_owned());
    CliError::usage(message.strip_prefix("error: ").unwrap_or(&message)).help(help)
}
