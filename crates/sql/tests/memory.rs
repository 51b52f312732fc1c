//! A dump that is far larger than memory may hold. A test binary of its own: it measures the whole process.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::io::Read;

use sluice_sql::{Dialect, PieceKind, StreamSplitter};

const LENGTH: usize = 200 << 20;
const MOST_KIB: usize = 64 * 1024;

/// The same lines over and over, made as they are read.
struct Dump {
    lines: String,
    at: usize,
    left: usize,
}

impl Read for Dump {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let here = &self.lines.as_bytes()[self.at..];
        let count = here.len().min(buffer.len()).min(self.left);
        buffer[..count].copy_from_slice(&here[..count]);
        self.at = (self.at + count) % self.lines.len();
        self.left -= count;
        Ok(count)
    }
}

fn peak_kib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_dump_of_small_statements_streams_in_bounded_memory() {
    let Some(before) = peak_kib() else {
        eprintln!("SKIPPED: this system has no /proc/self/status");
        return;
    };
    let row = "INSERT INTO \"public\".\"orders\" (id, name) VALUES (17, 'it''s; a -- name', E'x\\'y', $$z;$$), (18, NULL);\n";
    let lines = row.repeat(50);
    let dump = Dump { at: 0, left: LENGTH - LENGTH % row.len(), lines };
    let mut statements = 0;
    let mut length = 0;
    for piece in StreamSplitter::new(Dialect::Postgres, dump) {
        let piece = piece.unwrap();
        length += piece.text.len();
        statements += usize::from(piece.kind == PieceKind::Statement);
    }
    assert_eq!(statements, LENGTH / row.len());
    assert_eq!(length, LENGTH - LENGTH % row.len());
    let growth = peak_kib().unwrap() - before;
    assert!(growth < MOST_KIB, "memory grew by {growth} KiB");
}
