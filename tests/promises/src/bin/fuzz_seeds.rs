//! Writes what the fuzzer begins with: `fuzz_seeds FOLDER` makes a folder for each target in it, and a dictionary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool for developers")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sluice_promises::seeds;

/// Targets that take SQL of any dialect.
const ANY: [&str; 5] = ["lexer", "splitter", "replay", "review", "fixes"];
/// Longer texts are left to tests: the fuzzer is better with short ones.
const LONGEST: usize = 4096;

const SUPPRESSIONS: [&str; 6] = [
    "allow(data-loss/drop-table) reason=\"a copy\" until=2027-06-30",
    "allow(data-loss/*, locks/create-index) reason=\"x\"",
    "allow() reason=\"x\"",
    "allow(a/b reason=\"x",
    "allow (data-loss/drop-table), until=tomorrow",
    "transaction=none",
];

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).expect("fuzz_seeds FOLDER"));
    let mut words = BTreeSet::new();
    let mut count = 0;
    let mut put = |target: &str, text: &str| {
        let folder = root.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("seed-{count:05}")), text).unwrap();
        count += 1;
    };
    let examples = seeds::examples();
    for (dialect, text) in &examples {
        put(dialect.name(), text);
        ANY.iter().for_each(|target| put(target, text));
    }
    for text in seeds::files().iter().filter(|text| text.len() <= LONGEST) {
        let dialects = sluice_sql::Dialect::ALL.map(sluice_sql::Dialect::name);
        dialects.iter().chain(&ANY).for_each(|target| put(target, text));
        words.extend(words_of(text));
    }
    words.extend(examples.iter().flat_map(|(_, text)| words_of(text)));
    SUPPRESSIONS.iter().for_each(|text| put("suppressions", text));
    write_dictionary(&root.join("sql.dict"), &words);
}

/// Words and marks that may mean something.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic() && c != '_');
    words.filter(|word| (2..20).contains(&word.len())).map(str::to_ascii_uppercase)
}

fn write_dictionary(path: &Path, words: &BTreeSet<String>) {
    const MARKS: [&str; 12] =
        ["--", "/*", "*/", "/*!50000 ", "$$", "$a$", "E'", "::", "||", "<=", "DELIMITER //", "#"];
    let marks = MARKS.iter().map(|mark| (*mark).to_owned());
    let lines: String = words
        .iter()
        .map(|word| format!(" {word} "))
        .chain(marks)
        .map(|word| format!("\"{word}\"\n"))
        .collect();
    fs::write(path, lines).unwrap();
}
