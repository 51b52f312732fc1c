//! The command line of Sluice: arguments in, text or JSON out.
//!
//! Everything that decides is in the other crates; here it is wired to files, threads, signals and terminals.

mod against;
mod args;
mod cache;
mod commands;
mod context;
mod error;
mod folder;
mod local_server;
mod output;
mod preparation;
mod progress;
mod question;
mod signals;

// Runs rollouts, here as in the server.
use sluice_runner::{engines, ground, histories, planning, replay, scope, secrets, sites, targets, tracker};

use clap::{CommandFactory as _, Parser as _};
use tokio_util::sync::CancellationToken;

use args::{Cli, Command};
use context::{Context, Needs};
use error::{CliError, Exit};
use folder::Folder;
use output::Output;

/// The definition of the command line, for the reference and for completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that the process's arguments ask for; returns its exit code.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && wants_json(std::env::args()) => {
            Output::failure(&error::of_arguments(&error));
            return Exit::Usage.code();
        }
        Err(error) => {
            // A terminal that went away cannot be told anything.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() };
        }
    };
    let output = Output::new(&cli.global);
    match run(&cli, output) {
        Ok(exit) => exit.code(),
        Err(error) => {
            output.error(&error);
            error.exit.code()
        }
    }
}

/// Whether arguments that cannot be understood as a whole ask for output for programs.
fn wants_json(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.collect();
    let after =
        arguments.windows(2).any(|pair| matches!(pair, [key, value] if key == "--format" && value == "json"));
    after || arguments.iter().any(|argument| argument == "--format=json")
}

fn run(cli: &Cli, output: Output) -> Result<Exit, CliError> {
    let cancel = CancellationToken::new();
    if cli.global.format.is_for_findings() && !matches!(cli.command, Command::Check(_)) {
        return Err(CliError::usage("this format is for findings, which only `sluice check` has")
            .help("use --format human or --format json"));
    }
    if cli.global.format == args::Format::Sql && !matches!(cli.command, Command::Diff(_)) {
        return Err(
            CliError::usage("only `sluice diff` writes SQL").help("use --format human or --format json")
        );
    }
    match &cli.command {
        Command::Check(args) => return commands::check::run(&cli.global, output, cancel, args),
        Command::Rules(args) => return commands::rules::run(output, args),
        Command::Lsp(_) => return commands::lsp::run(&cli.global, output),
        Command::Stats(args) => {
            signals::listen(&cancel, output)?;
            return commands::stats::run(&cli.global, output, cancel, args);
        }
        Command::Diff(args) => {
            signals::listen(&cancel, output)?;
            return commands::diff::run(&cli.global, output, cancel, args);
        }
        Command::Drift(args::Drift { sides, shadow, .. }) if !sides.is_empty() => {
            let [from, to] = sides.as_slice() else {
                return Err(CliError::usage("drift compares two schemas, and one was named"));
            };
            signals::listen(&cancel, output)?;
            return commands::drift::compare(&cli.global, output, cancel, [from, to], shadow.as_deref());
        }
        Command::Serve(args) => {
            signals::listen(&cancel, output)?;
            return commands::serve::run(output, &cancel, args);
        }
        Command::Agent(args) => {
            signals::listen(&cancel, output)?;
            return commands::agent::run(output, &cancel, args);
        }
        Command::Release(args::Release::Import { file, trust, into }) => {
            return commands::bundle::import(output, file, trust, into.as_deref());
        }
        Command::Server(command) => return commands::server::run(output, command),
        Command::Audit(command) => return commands::audit::run(output, command, &cancel),
        Command::Init(args) => return commands::init::run(output, args),
        Command::New(args) if args.from_schema => {
            signals::listen(&cancel, output)?;
            return commands::new::from_schema(&cli.global, output, cancel, args);
        }
        Command::New(args) => return commands::new::run(&cli.global, output, args),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command(), "sluice", &mut text);
            output.text(&String::from_utf8_lossy(&text));
            return Ok(Exit::Done);
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(command())
                .render(&mut text)
                .map_err(|error| CliError::usage(format!("the manual page cannot be written: {error}")))?;
            output.text(&String::from_utf8_lossy(&text));
            return Ok(Exit::Done);
        }
        _ => {}
    }
    signals::listen(&cancel, output)?;
    // What is stored can be looked at and decided about whatever is wrong with the files.
    match &cli.command {
        Command::Rollout(args::Rollout::Start(_)) => {}
        Command::Rollout(command) => {
            return commands::rollout::run(&Folder::enter(&cli.global, output, cancel)?, command);
        }
        Command::Release(args::Release::List) => {
            Folder::enter(&cli.global, output, cancel)?;
            return commands::release::list(output);
        }
        Command::Release(args::Release::Show { release }) => {
            Folder::enter(&cli.global, output, cancel)?;
            return commands::release::show(output, release.as_deref());
        }
        _ => {}
    }
    let needs = match &cli.command {
        Command::Deploy(_) => Needs::Databases { rollouts: true },
        Command::Plan(_) => Needs::Databases { rollouts: false },
        Command::Status(_) | Command::Repair(_) => Needs::Ledgers,
        Command::History(_) => Needs::Configuration,
        _ => Needs::Files,
    };
    // Never freed: taking thousands of changes apart takes longer than ending the process.
    let mut context = Context::load(&cli.global, output, cancel, needs)?;
    let (Command::Plan(args::Plan { allow, .. })
    | Command::Deploy(args::Deploy { allow, .. })
    | Command::Rollout(args::Rollout::Start(args::Deploy { allow, .. }))) = &cli.command
    else {
        return finish(cli, Box::leak(Box::new(context)));
    };
    context.allow(commands::diff::allowed(allow)?);
    finish(cli, Box::leak(Box::new(context)))
}

/// Runs a command of a project.
fn finish(cli: &Cli, context: &Context) -> Result<Exit, CliError> {
    let ended = match &cli.command {
        Command::Plan(args) => commands::plan::run(context, args),
        Command::Deploy(args) => commands::deploy::run(context, args),
        Command::Rollback(args) => commands::rollback::run(context, args),
        Command::Status(_) => commands::status::run(context),
        Command::History(args) => commands::history::run(context, args),
        Command::Drift(args) => commands::drift::run(context, args),
        Command::Baseline(args) => commands::baseline::run(context, args),
        Command::Repair(args) => commands::repair::run(context, args),
        Command::Release(command) => commands::release::run(context, command),
        Command::Rollout(args::Rollout::Start(args)) => commands::deploy::run(context, args),
        Command::Rollout(_)
        | Command::Init(_)
        | Command::New(_)
        | Command::Check(_)
        | Command::Rules(_)
        | Command::Lsp(_)
        | Command::Stats(_)
        | Command::Diff(_)
        | Command::Serve(_)
        | Command::Agent(_)
        | Command::Audit(_)
        | Command::Server(_)
        | Command::Completions { .. }
        | Command::Man => Ok(Exit::Done),
    };
    // A database that was not waited for is not out of reach.
    ended.map(
        |exit| {
            if exit == Exit::Unreachable && context.cancel.is_cancelled() { Exit::Cancelled } else { exit }
        },
    )
}
