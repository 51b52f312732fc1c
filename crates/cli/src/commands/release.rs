use std::path::Path;

use sluice_project::git;
use sluice_report::{Problem, ReleaseDetail, ReleaseList, ReleaseSummary, ReleasedChange, Verification};
use sluice_rollout::Provenance;
use sluice_runner::deploy::put_release;
use sluice_store::{Put, Store, StoredRelease};

use crate::args;
use crate::commands::bundle;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::preparation::STATE;

/// `sluice release …`
pub fn run(context: &Context, command: &args::Release) -> Result<Exit, CliError> {
    let mut store = Store::open(Path::new(STATE))?;
    match command {
        args::Release::Create => create(context, &mut store),
        args::Release::Verify { release } => verify(context, &find(&store, release.as_deref())?),
        args::Release::Bundle { release, key_file, out } => {
            bundle::write(context, &find(&store, release.as_deref())?, key_file, out)
        }
        // Needs no project here.
        args::Release::Import { .. } => Ok(Exit::Done),
        args::Release::List => list(context.output),
        args::Release::Show { release } => show(context.output, release.as_deref()),
    }
}

/// `sluice release list`
pub fn list(output: Output) -> Result<Exit, CliError> {
    let releases = Store::open(Path::new(STATE))?.releases()?.into_iter().map(summary).collect();
    output.result(&ReleaseList { releases });
    Ok(Exit::Done)
}

/// `sluice release show`
pub fn show(output: Output, release: Option<&str>) -> Result<Exit, CliError> {
    output.result(&detail(find(&Store::open(Path::new(STATE))?, release)?, None));
    Ok(Exit::Done)
}

fn create(context: &Context, store: &mut Store) -> Result<Exit, CliError> {
    let origin = context.project.origin();
    if let Some(problem) = &origin.problem {
        context.output.message(&format!("warning: {problem}"));
    }
    let release = context.project.release(origin.provenance);
    let created = matches!(put_release(store, &release)?, Put::Inserted);
    context.output.result(&detail(store.release(&release.digest.0)?, Some(created)));
    Ok(Exit::Done)
}

/// The release that a person names, or the latest one.
fn find(store: &Store, given: Option<&str>) -> Result<StoredRelease, CliError> {
    match given {
        Some(digest) => Ok(store.release(digest)?),
        None => store.releases()?.into_iter().next().ok_or_else(|| {
            CliError::usage("there is no release yet").help("`sluice release create` makes one")
        }),
    }
}

fn summary(release: StoredRelease) -> ReleaseSummary {
    ReleaseSummary {
        digest: release.digest.0,
        created_at: release.created_at,
        commit: release.provenance.commit,
        author: release.provenance.author,
        changes: release.changes.len(),
    }
}

pub fn detail(release: StoredRelease, created: Option<bool>) -> ReleaseDetail {
    ReleaseDetail {
        digest: release.digest.0,
        project: release.project,
        created,
        created_at: release.created_at,
        provenance: serde_json::to_value(&release.provenance).unwrap_or_default(),
        changes: release
            .changes
            .into_iter()
            .map(|change| ReleasedChange {
                version: change.version,
                name: change.name,
                path: change.path,
                kind: change.kind.to_string(),
                checksum: change.checksum,
            })
            .collect(),
    }
}

/// Compares the files with the release's digest, and with the commit that it comes from.
fn verify(context: &Context, stored: &StoredRelease) -> Result<Exit, CliError> {
    let files = context.project.release(Provenance::default());
    let mut problems = Vec::new();
    if files.digest != stored.digest {
        problems.extend(differences(stored, &files));
        if files.configuration != stored.configuration {
            problems.push(Problem::error("the configuration differs from the release's").at("sluice.toml"));
        }
        if problems.is_empty() {
            problems.push(Problem::error(
                "the order of the changes, or the project's name, differs from the release's",
            ));
        }
    }
    if let Some(commit) = &stored.provenance.commit {
        match context.project.differences(commit) {
            Ok(found) => problems.extend(found.into_iter().map(|(path, difference)| {
                let what = match difference {
                    git::Difference::NotCommitted => "the file is not in commit",
                    git::Difference::Changed => "the file is another one in commit",
                };
                Problem::error(format!("{what} {commit}")).at(path)
            })),
            Err(error) => problems.push(Problem::error(error.to_string())),
        }
    }
    let verified = problems.is_empty();
    context.output.result(&Verification {
        release: stored.digest.0.clone(),
        files: files.digest.0,
        verified,
        commit: stored.provenance.commit.clone(),
        problems,
    });
    Ok(if verified { Exit::Done } else { Exit::Findings })
}

fn differences(stored: &StoredRelease, files: &sluice_rollout::Release) -> Vec<Problem> {
    let mut problems = Vec::new();
    for change in &stored.changes {
        match files.changes.iter().find(|found| found.version == change.version) {
            None => problems
                .push(Problem::error(format!("change {} is gone", change.version)).at(change.path.clone())),
            Some(found) if found.checksum.as_str() != change.checksum => {
                problems.push(
                    Problem::error(format!("change {} was edited", change.version)).at(change.path.clone()),
                );
            }
            Some(found) if found.up.file.path() != change.path => problems.push(
                Problem::error(format!("change {} was moved from {}", change.version, change.path))
                    .at(found.up.file.path()),
            ),
            Some(_) => {}
        }
    }
    for found in files.changes.iter() {
        if !stored.changes.iter().any(|change| change.version == found.version) {
            problems
                .push(Problem::error(format!("change {} is new", found.version)).at(found.up.file.path()));
        }
    }
    problems
}
