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

/// Pairs of our own, for what the corpus lacks: `own/ENGINE.txt`, in which `@@ name kind flavor…` begins a pair and `@@ new` its second
/// schema.
pub fn own_pairs(engine: &str) -> Vec<Pair> {
    let path = repository().join("tests/pairs/own").join(format!("{engine}.txt"));
    let only = std::env::var("PAIRS_ONLY").unwrap_or_default();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut is_new = false;
    for line in fs::read_to_string(path).unwrap().lines() {
        match line.strip_prefix("@@ ") {
            Some("new") => is_new = true,
            Some(head) => {
                let mut words = head.split_whitespace().map(str::to_owned);
                let (case, kind) = (words.next().unwrap(), words.next().unwrap());
                let flavor: Vec<String> = words.collect();
                is_new = false;
                pairs.push(Pair {
                    source: "sluice".to_owned(),
                    case,
                    kind,
                    setup: String::new(),
                    old: String::new(),
                    new: String::new(),
                    roles: Vec::new(),
                    cluster_objects: Vec::new(),
                    flavor: Some(flavor.join(" ")),
                });
            }
            None => {
                let Some(pair) = pairs.last_mut() else { continue };
                let text = if is_new { &mut pair.new } else { &mut pair.old };
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    pairs.retain(|pair| pair.name().contains(&only));
    pairs
}
