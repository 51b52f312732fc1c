//! Real statements through the grammar of PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod shared;

use sluice_sql::model::{NotAnalysed, Parsed, Reason, Statement};
use sluice_sql::{Dialect, parse, split};

use shared::{cases, corpus, sql_files};

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
            let parsed = parse(Dialect::Postgres, text, piece.body);
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
        eprintln!(
            "{what}: {} statements, {} bytes, {} not analysed, {} in part",
            self.statements, self.bytes, self.unparsed, self.partly
        );
    }
}

fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}

#[test]
fn hard_statements_are_analysed() {
    let Some(file) = corpus("sql/pg.txt") else { return };
    let mut figures = Figures::default();
    let mut gaps = Vec::new();
    for (name, sql) in cases(&file) {
        if !figures.take(&name, &sql) {
            gaps.push(name);
        }
    }
    figures.print("sql/pg.txt");
    assert!(figures.statements > 50);
    // These are no SQL; PostgreSQL refuses `odd_ops` too.
    assert_eq!(gaps, ["odd_ops", "bad1", "bad2", "bad3", "bad4"]);
}

#[test]
fn migrations_of_real_projects_are_analysed_in_whole() {
    let Some(corpus) = corpus("migrations") else { return };
    let mut files: Vec<_> =
        ["cratesio", "atuin"].iter().flat_map(|project| sql_files(&corpus.join(project))).collect();
    // One of them lacks a semicolon between two statements.
    let broken = "20170318181441_downloads_need_no_id/down.sql";
    files.retain(|file| !file.to_string_lossy().contains("sqlite") && !file.ends_with(broken));
    let mut figures = Figures::default();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        figures.take(&file.strip_prefix(&corpus).unwrap().to_string_lossy(), &text);
    }
    figures.print("migrations");
    assert_eq!((figures.unparsed, figures.partly), (0, 0));
}
