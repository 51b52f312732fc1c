//! `sluice release bundle` and `sluice release import`

use std::fs;
use std::path::{Path, PathBuf};

use sluice_project::bundle::{Bundle, BundleError, PublicKey, SigningKey, seal};
use sluice_runner::deploy::put_release;
use sluice_store::{Put, Store, StoredRelease};

use crate::commands::release::detail;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::preparation::STATE;

/// Writes the bundle of a release, whose files are the project's.
pub fn write(context: &Context, stored: &StoredRelease, key: &Path, out: &Path) -> Result<Exit, CliError> {
    let found = context.project.digest();
    if found != stored.digest {
        let message = format!("the files here are release {found}, not {}", stored.digest);
        return Err(CliError::usage(message).help("check out the commit of the release"));
    }
    let key = SigningKey::of_file(key)
        .map_err(|error| CliError::usage(format!("--key-file: {error}")).help(error.help()))?;
    let config = context.global.config.as_deref().and_then(Path::file_name);
    let config = config.map_or_else(|| PathBuf::from("sluice.toml"), PathBuf::from);
    let text = seal(&context.project, &config, stored.provenance.clone(), &key).map_err(told)?;
    fs::write(out, text).map_err(|error| CliError::usage(format!("{}: {error}", out.display())))?;
    context.output.message(&format!("wrote {}", out.display()));
    context.output.result(&detail(stored.clone(), None));
    Ok(Exit::Done)
}

/// Makes a project's folder from a bundle.
pub fn import(output: Output, file: &Path, trust: &[PathBuf], into: Option<&Path>) -> Result<Exit, CliError> {
    let unread = |error| CliError::usage(format!("{}: {error}", file.display()));
    let size = fs::metadata(file).map_err(unread)?.len();
    if usize::try_from(size).map_or(true, |size| size > sluice_project::bundle::LIMIT) {
        return Err(told(BundleError::TooLarge));
    }
    let trusted = trust
        .iter()
        .map(|path| PublicKey::of_file(path))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CliError::usage(format!("--trust: {error}")).help(error.help()))?;
    let bundle = Bundle::open(&fs::read(file).map_err(unread)?, &trusted).map_err(told)?;
    let folder = into.map_or_else(|| PathBuf::from(&bundle.project), Path::to_path_buf);
    // What lies there could be taken for a part of the release.
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::usage(format!("{} is not empty", folder.display()))
            .help("name a folder that is not there yet with --into"));
    }
    let project = bundle.unpack(&folder).map_err(told)?;
    let mut store = Store::open(&folder.join(STATE))?;
    let release = project.release(bundle.provenance.clone());
    let created = matches!(put_release(&mut store, &release)?, Put::Inserted);
    output.message(&format!(
        "{} holds release {} of {}, signed by {}",
        folder.display(),
        release.digest.short(),
        bundle.project,
        bundle.signer
    ));
    output.result(&detail(store.release(&release.digest.0)?, Some(created)));
    Ok(Exit::Done)
}

fn told(error: BundleError) -> CliError {
    match error {
        BundleError::Project(error) => error.into(),
        error => CliError::usage(error.to_string()).help(error.help()),
    }
}
