//! SQL to begin with: the examples of every rule, the projects in `examples/`, and the corpus where it is there.

use std::path::{Path, PathBuf};

use sluice_review::rules;
use sluice_sql::Dialect;

/// The code blocks of the rules' documentation, each with a dialect that it is for.
pub fn examples() -> Vec<(Dialect, String)> {
    let mut found = Vec::new();
    for rule in rules::all() {
        let mut block: Option<(Vec<Dialect>, String)> = None;
        for line in rule.meta().lines() {
            match (&mut block, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let named: Vec<Dialect> = info.split_whitespace().filter_map(Dialect::named).collect();
                    let dialects =
                        if named.is_empty() { rule.meta().engines.iter().collect() } else { named };
                    block = Some((dialects, String::new()));
                }
                (Some((dialects, text)), Some(_)) => {
                    found.extend(dialects.iter().map(|dialect| (*dialect, text.clone())));
                    block = None;
                }
                (Some((_, text)), None) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    found
}

/// SQL files of the repository's examples and of the corpus, which is `SLUICE_CORPUS`, or `shared/corpus` beside the
/// repository; files of statements are cut into these.
pub fn files() -> Vec<String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up");
    let named = std::env::var_os("SLUICE_CORPUS").map(PathBuf::from);
    let corpus = named.into_iter().chain(repository.parent().map(|above| above.join("shared/corpus")));
    let mut folders = vec![repository.join("examples")];
    folders.extend(corpus.filter(|folder| folder.is_dir()).take(1));
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("a folder can be read")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let extension = path.extension().and_then(|extension| extension.to_str());
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            match extension {
                Some("sql") => found.push(text),
                Some("txt") => {
                    let cases = text.split("\n@@ ").filter_map(|case| case.split_once('\n'));
                    found.extend(cases.map(|(_, sql)| sql.to_owned()));
                }
                _ => {}
            }
        }
    }
    found
}
