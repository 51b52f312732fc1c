//! Real statements through the grammar of PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use sluice_sql::model::{NotAnalysed, Parsed, Reason, Statement};
use sluice_sql::{Dialect, parse, split};

/// The corpus beside the repository, or where `SLUICE_CORPUS` says.
fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_CORPUS").map(PathBuf::from);
    let found = named.or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().map(|parent| parent.join("shared/corpus")).find(|path| path.is_dir())
    });
    if found.is_none() {
        eprintln!("SKIPPED: no shared/corpus above the repository and no SLUICE_CORPUS");
    }
    found
}

/// Everything that was not understood in it, nested statements included; dynamic SQL aside.
fn gaps(parsed: &Parsed) -> Vec<NotAnalysed> {
    let mut gaps: Vec<_> =
        parsed.not_analysed.iter().filter(|it| it.reason != Reason::Dynamic).cloned().collect();
    for nested in parsed.statement.nested() {
        gaps.extend(self::gaps(nested));
    }
    gaps
}

#[derive(Default)]
struct Figures {
    statements: usize,
    unparsed: usize,
    partly: usize,
    bytes: usize,
    nanos: u128,
}

impl Figures {
    fn take(&mut self, label: &str, text: &str) -> bool {
        let mut whole = true;
        let pieces = match split(Dialect::Postgres, text) {
            Ok(pieces) => pieces,
            Err(error) => {
                eprintln!("{label}: cannot be split: {error}");
                return false;
            }
        };
        for piece in pieces.iter().filter(|piece| !piece.body.is_empty()) {
            let begun = Instant::now();
            let parsed = parse(Dialect::Postgres, text, piece.body);
            self.nanos += begun.elapsed().as_nanos();
            self.statements += 1;
            self.bytes += piece.body.len();
            assert_eq!(parsed.span, piece.body);
            if matches!(parsed.statement, Statement::Unparsed { .. }) {
                self.unparsed += 1;
                whole = false;
                eprintln!(
                    "{label}: NOT ANALYSED {:?}: {}",
                    parsed.not_analysed,
                    short(piece.body.slice(text))
                );
                continue;
            }
            let gaps = gaps(&parsed);
            if !gaps.is_empty() {
                self.partly += 1;
                whole = false;
                for gap in gaps {
                    eprintln!(
                        "{label}: part: {} `{}` in {}",
                        gap.reason,
                        short(gap.span.slice(text)),
                        short(piece.body.slice(text))
                    );
                }
            }
        }
        whole
    }

    fn print(&self, what: &str) {
        let statements = u128::try_from(self.statements.max(1)).unwrap();
        eprintln!(
            "{what}: {} statements, {} bytes, {} not analysed, {} in part, {} ns each",
            self.statements,
            self.bytes,
            self.unparsed,
            self.partly,
            self.nanos / statements
        );
    }
}

fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}

#[test]
fn hard_statements_are_analysed() {
    let Some(corpus) = corpus() else { return };
    let text = std::fs::read_to_string(corpus.join("sql/pg.txt")).unwrap();
    let mut figures = Figures::default();
    let mut gaps = Vec::new();
    for case in text.split("\n@@ ").filter(|case| !case.trim().is_empty()) {
        let (head, sql) = case.split_once('\n').unwrap_or((case, ""));
        let name = head.trim_start_matches("@@ ").trim();
        if !figures.take(name, sql) {
            gaps.push(name.to_owned());
        }
    }
    figures.print("sql/pg.txt");
    assert!(figures.statements > 50);
    // These are no SQL; PostgreSQL refuses `odd_ops` too.
    assert_eq!(gaps, ["odd_ops", "bad1", "bad2", "bad3", "bad4"]);
}

fn sql_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}

#[test]
fn migrations_of_real_projects_are_analysed_in_whole() {
    let Some(corpus) = corpus() else { return };
    let mut files = Vec::new();
    for project in ["cratesio", "atuin"] {
        sql_files(&corpus.join("migrations").join(project), &mut files);
    }
    // One of them lacks a semicolon between two statements.
    let broken = "20170318181441_downloads_need_no_id/down.sql";
    files.retain(|file| !file.to_string_lossy().contains("sqlite") && !file.ends_with(broken));
    files.sort();
    let mut figures = Figures::default();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        figures.take(&file.strip_prefix(&corpus).unwrap().to_string_lossy(), &text);
    }
    figures.print("migrations");
    assert_eq!((figures.unparsed, figures.partly), (0, 0));
}
