use std::fs;

use serde::Deserialize;
use sluice_testkit::repository;

/// One pair.
#[derive(Debug, Clone, Deserialize)]
pub struct Pair {
    /// Where it comes from.
    #[serde(skip)]
    pub source: String,
    /// Its name.
    pub case: String,
    /// `change`, `noop` or `column-order-only`.
    pub kind: String,
    /// SQL to be run before either schema.
    #[serde(default)]
    pub setup: String,
    /// The one schema.
    pub old: String,
    /// The other.
    pub new: String,
    /// Roles that must be there.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Kinds of objects outside of the database that the SQL makes.
    #[serde(default)]
    pub cluster_objects: Vec<String>,
    /// `mysql` or `mariadb`, where it runs on one of them only.
    #[serde(default)]
    pub flavor: Option<String>,
}

impl Pair {
    /// Source and case.
    pub fn name(&self) -> String {
        format!("{}/{}", self.source, self.case)
    }
}

/// The pairs for an engine (`postgres`, `mysql`, `sqlite`); none where the corpus is not there, which is said aloud. `PAIRS_ONLY` keeps
/// those whose names contain it.
pub fn pairs(engine: &str) -> Vec<Pair> {
    let folder = repository().join("../shared/corpus/schema-pairs");
    let alternative = std::env::var_os("PAIRS_CORPUS").map(std::path::PathBuf::from);
    let Ok(entries) = fs::read_dir(alternative.unwrap_or(folder)) else {
        eprintln!("SKIPPED: there is no corpus of schema pairs");
        return Vec::new();
    };
    let ending = format!(".{engine}.jsonl");
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let only = std::env::var("PAIRS_ONLY").unwrap_or_default();
    let mut pairs = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let Some(source) = name.strip_suffix(&ending) else { continue };
        for line in fs::read_to_string(&file).unwrap().lines() {
            let mut pair: Pair = serde_json::from_str(line).unwrap();
            pair.source = source.to_owned();
            pairs.push(pair);
        }
    }
    pairs.retain(|pair| pair.name().contains(&only));
    pairs
}
