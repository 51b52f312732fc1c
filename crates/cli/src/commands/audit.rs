//! `sluice audit`

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use sluice_report::{AuditVerification, Problem};
use sluice_store::audit::{AuditError, Expectation, checkpoint_of, verify};
use sluice_store::{Key, Place};
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::commands::serve::resolve;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// `sluice audit …`
pub fn run(output: Output, command: &args::Audit, cancel: &CancellationToken) -> Result<Exit, CliError> {
    match command {
        args::Audit::Export { data, store } => {
            let place = match store {
                Some(reference) => Place::postgres(resolve(reference, cancel)?.expose())?,
                None => Place::folder(data),
            };
            export(output, data, &place)
        }
        args::Audit::Verify(args) => check(output, args),
    }
}

fn export(output: Output, data: &Path, place: &Place) -> Result<Exit, CliError> {
    if !data.join("server.key").is_file() {
        return Err(CliError::usage(format!("{} is no folder of a server", data.display()))
            .help("give the folder that `sluice serve --data` has"));
    }
    let (mut store, key) = (place.open()?, Key::of(data)?);
    if place.is_shared() {
        store.agree_on_key(&key)?;
    }
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
