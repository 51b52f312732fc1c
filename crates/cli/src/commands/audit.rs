//! `sluice audit`

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use sluice_report::{AuditVerification, Problem};
use sluice_store::audit::{AuditError, Expectation, checkpoint_of, verify};
use sluice_store::{Key, Store};

use crate::args;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice audit …`
pub fn run(output: Output, command: &args::Audit) -> Result<Exit, CliError> {
    match command {
        args::Audit::Export { data } => export(output, data),
        args::Audit::Verify(args) => check(output, args),
    }
}

fn export(output: Output, data: &Path) -> Result<Exit, CliError> {
    if !data.join("server.key").is_file() {
        return Err(CliError::usage(format!("{} is no folder of a server", data.display()))
            .help("give the folder that `sluice serve --data` has"));
    }
    let (store, key) = (Store::open(data)?, Key::of(data)?);
    store.export_audit(&key, |line| output.text(&format!("{line}\n")))?;
    Ok(Exit::Done)
}

fn check(output: Output, args: &args::Verify) -> Result<Exit, CliError> {
    let earlier = args
        .since
        .as_deref()
        .map(|file| checkpoint_of(open(file)?).map_err(|error| refused(&error, file)))
        .transpose()?;
    let expected = Expectation { key: args.key.clone(), earlier };
    let verified = verify(open(&args.file)?, &expected).map_err(|error| refused(&error, &args.file))?;
    let checkpoint = verified.checkpoint;
    output.result(&AuditVerification {
        records: checkpoint.count,
        head: checkpoint.head,
        at: checkpoint.at,
        key: checkpoint.key,
        key_expected: args.key.is_some(),
    });
    Ok(Exit::Done)
}

fn open(file: &Path) -> Result<BufReader<File>, CliError> {
    let opened = File::open(file);
    let opened =
        opened.map_err(|error| CliError::usage(format!("{} cannot be read: {error}", file.display())))?;
    Ok(BufReader::new(opened))
}

fn refused(error: &AuditError, file: &Path) -> CliError {
    let exit = if matches!(error, AuditError::Read(_)) { Exit::Usage } else { Exit::Findings };
    CliError::new(exit, Problem::error(error.to_string()).at(file.display().to_string())).help(
        "ask for another export; if that does not verify either, the log of the server was tampered with",
    )
}
