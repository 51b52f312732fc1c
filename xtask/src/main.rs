//! Development tasks: `cargo xtask generate [--check]`.

mod artifact;
mod configuration;
mod reference;

use std::path::{Path, PathBuf};

use anyhow::bail;
use artifact::Artifact;
use clap::Parser;

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
    if !check {
        return artifacts.iter().try_for_each(|artifact| artifact.write(&root));
    }
    let stale: Vec<String> = artifacts.iter().filter_map(|artifact| artifact.difference(&root)).collect();
    if !stale.is_empty() {
        bail!("{}\nrun `cargo xtask generate` and commit the result", stale.join("\n"));
    }
    Ok(())
}

fn artifacts() -> anyhow::Result<Vec<Artifact>> {
    let configuration = sluice_project::config::json_schema();
    Ok(vec![
        Artifact { path: "docs/configuration.md".into(), content: configuration::render(&configuration) },
        Artifact::json("docs/schemas/sluice.toml.json", &configuration)?,
    ])
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
