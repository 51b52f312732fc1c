//! Development tasks: `cargo xtask generate [--check]`.

mod artifact;
mod configuration;
mod reference;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use artifact::Artifact;
use clap::Parser;

/// Where the JSON schemas are.
const SCHEMAS: &str = "docs/schemas";

/// Tasks of the repository's developers.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Writes the documents that follow from code: the references and the JSON schemas.
    Generate {
        /// Writes nothing; fails when a document is stale.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Generate { check } => generate(check),
    }
}

fn generate(check: bool) -> anyhow::Result<()> {
    let root = root();
    let artifacts = artifacts()?;
    let orphans = orphans(&root, &artifacts)?;
    if !check {
        orphans.iter().try_for_each(|path| fs::remove_file(root.join(path)))?;
        return artifacts.iter().try_for_each(|artifact| artifact.write(&root));
    }
    let mut stale: Vec<String> = artifacts.iter().filter_map(|artifact| artifact.difference(&root)).collect();
    stale.extend(orphans.iter().map(|path| format!("{} is not generated any more", path.display())));
    if !stale.is_empty() {
        bail!("{}\nrun `cargo xtask generate` and commit the result", stale.join("\n"));
    }
    Ok(())
}

fn artifacts() -> anyhow::Result<Vec<Artifact>> {
    let configuration = sluice_project::config::json_schema();
    let mut artifacts = vec![
        Artifact { path: "docs/cli.md".into(), content: reference::render(sluice::command()) },
        Artifact { path: "docs/configuration.md".into(), content: configuration::render(&configuration) },
        Artifact::json(format!("{SCHEMAS}/sluice.toml.json"), &configuration)?,
        Artifact::json("docs/openapi.json".to_owned(), &serde_json::to_value(sluice_server::document())?)?,
    ];
    for (name, schema) in sluice_report::schemas() {
        let name = name.strip_prefix("sluice/").unwrap_or(name).replace('/', ".");
        artifacts.push(Artifact::json(format!("{SCHEMAS}/{name}.json"), &schema)?);
    }
    artifacts.extend(rules::pages());
    Ok(artifacts)
}

/// Files among the generated ones that nothing generates.
fn orphans(root: &Path, artifacts: &[Artifact]) -> anyhow::Result<Vec<PathBuf>> {
    let mut orphans = Vec::new();
    let folders = [SCHEMAS, rules::RULES]
        .into_iter()
        .filter_map(|folder| Some(fs::read_dir(root.join(folder)).ok()?.map(move |entry| (folder, entry))));
    for (folder, entry) in folders.flatten() {
        let path = Path::new(folder).join(entry?.file_name());
        if !artifacts.iter().any(|artifact| artifact.path == path) {
            orphans.push(path);
        }
    }
    orphans.sort();
    Ok(orphans)
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
