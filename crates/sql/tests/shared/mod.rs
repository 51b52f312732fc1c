//! The corpus that grammars and splitters are tried on: statements, migrations and schemas of other projects.
#![allow(dead_code, reason = "no test binary needs all of it")]

use std::path::{Path, PathBuf};

/// A file or folder of the corpus: below `SLUICE_CORPUS`, or below `shared/corpus` beside the repository or above it.
/// Says so where it is not there.
pub fn corpus(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_CORPUS").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/corpus"));
    let found = named.into_iter().chain(above).map(|root| root.join(path)).find(|root| root.exists());
    if found.is_none() {
        eprintln!("SKIPPED: {path} of the corpus is not there; set SLUICE_CORPUS");
    }
    found
}

/// The cases of a file that separates them by lines of `@@ name …`: what follows `@@`, and the statement.
pub fn cases(file: &Path) -> Vec<(String, String)> {
    let text = format!("\n{}", std::fs::read_to_string(file).unwrap());
    text.split("\n@@ ")
        .skip(1)
        .map(|case| {
            let (head, sql) = case.split_once('\n').unwrap();
            (head.trim().to_owned(), sql.trim_end().to_owned())
        })
        .collect()
}

/// The SQL files of a folder and of those in it, sorted.
pub fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The scripts of the schema pairs whose file is named after one of `products`, with the name of the file.
pub fn schemas(products: &[&str]) -> Option<Vec<(String, String)>> {
    let mut scripts = Vec::new();
    for entry in std::fs::read_dir(corpus("schema-pairs")?).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !products.iter().any(|product| name.contains(product)) {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            for key in ["\"setup\": \"", "\"old\": \"", "\"new\": \""] {
                let script = line.split_once(key).map(|(_, rest)| json_string(rest));
                scripts.extend(script.map(|script| (name.clone(), script)));
            }
        }
    }
    Some(scripts)
}

/// A string of JSON that begins behind its opening quote.
fn json_string(text: &str) -> String {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next().unwrap() {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    value.extend(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()));
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    value
}
