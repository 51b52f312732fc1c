//! Lists of values, which may be most of a dump: they stay a range of bytes.

use std::collections::HashSet;

use memchr::memchr;
use sluice_text::Span;

use super::cursor::Cursor;
use super::literal::unquote;
use super::operand::BARE_CALLS;
use crate::byte::{is_name, run};
use crate::lexer::TokenKind;
use crate::model::{Call, Ident, ObjectName};

/// How many calls are kept of a list of values; of the rest only new names are.
const CALLS: usize = 1024;

impl Cursor<'_> {
    /// Rows from their first `(` on: their number, values in the first, and the span. Only calls, parameters and
    /// queries inside are looked at.
    pub(super) fn value_rows(&mut self) -> (u64, usize, Span) {
        let start = self.token.start;
        let (mut rows, mut width) = (0_u64, 0);
        let mut names = HashSet::new();
        while self.is_open() {
            let values = self.value_row(&mut names);
            if rows == 0 {
                width = values;
            }
            rows += 1;
            if !self.comma() {
                break;
            }
            if !self.is_open() {
                self.missing("a row");
                self.unknown_one();
            }
        }
        (rows, width, self.since(start))
    }

    /// `(value, …)`; gives the number of values.
    fn value_row(&mut self, names: &mut HashSet<String>) -> usize {
        self.advance();
        let (mut depth, mut commas, mut empty) = (1_usize, 0_usize, true);
        while !self.at_end() {
            if let Some(passed) = self.skip_plain_values() {
                commas += if depth == 1 { passed } else { 0 };
                empty = false;
                continue;
            }
            match self.kind() {
                TokenKind::OpenParen => {
                    depth += 1;
                    self.advance();
                    if self.is_any(&["select", "with", "values"]) {
                        let from = self.token.start;
                        self.query();
                        self.own.subqueries.push(self.since(from));
                    }
                    empty = false;
                    continue;
                }
                TokenKind::CloseParen => {
                    depth -= 1;
                    if depth == 0 {
                        self.advance();
                        return if empty { 0 } else { commas + 1 };
                    }
                }
                TokenKind::Symbol(b',') if depth == 1 => commas += 1,
                TokenKind::Word if self.is_any(BARE_CALLS) || self.peek_open() => self.value_call(names),
                _ => {}
            }
            empty = false;
            match self.parameter() {
                Some(span) => self.facts.parameters.push(span),
                None => {
                    self.advance();
                }
            }
        }
        self.missing("`)`");
        commas + 1
    }

    fn value_call(&mut self, names: &mut HashSet<String>) {
        let text = self.token_text();
        if self.is_any(&["exists", "in", "and", "or", "not", "when", "then", "else", "case", "cast"])
            || (self.facts.calls.len() >= CALLS
                && (names.len() >= CALLS || !names.insert(text.to_ascii_lowercase())))
        {
            return;
        }
        let span = self.token_span();
        let name = ObjectName::bare(Ident::bare(text, span));
        let place = self.place();
        self.advance();
        let (mut arguments, mut first_text) = (0, None);
        if self.is_open() {
            // More than the first argument is not read twice.
            self.advance();
            arguments = usize::from(!self.is_close());
            if self.kind() == TokenKind::String {
                first_text = Some(unquote(self.token_text(), super::literal::TEXT));
            }
        }
        self.go_back(place);
        self.facts.calls.push(Call { name, arguments, first_text, span });
    }

    /// Goes over numbers, strings, `NULL`, commas and blanks, and says how many commas these were; none where the
    /// next token is something else.
    fn skip_plain_values(&mut self) -> Option<usize> {
        let bytes = self.lexer.bytes;
        let mut at = self.token.start;
        let (mut end, mut commas) = (at, 0);
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    at += 1;
                    continue;
                }
                b',' => {
                    commas += 1;
                    at + 1
                }
                b'.' => at + 1,
                b'-' if bytes.get(at + 1) != Some(&b'-') => at + 1,
                b'0'..=b'9' => run(bytes, at, is_name),
                b'n' | b'N' => match bytes.get(at..at + 4) {
                    Some(word)
                        if word.eq_ignore_ascii_case(b"null")
                            && !bytes.get(at + 4).is_some_and(|it| is_name(*it)) =>
                    {
                        at + 4
                    }
                    _ => break,
                },
                b'\'' => match plain_string(bytes, at) {
                    Some(end) => end,
                    None => break,
                },
                _ => break,
            };
            end = at;
        }
        if end <= self.token.start {
            return None;
        }
        self.last = end;
        self.lexer.at = end;
        self.pull();
        Some(commas)
    }
}

/// Where the string at `at` ends.
fn plain_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr(b'\'', bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&b'\'') {
            return Some(at + 1);
        }
        at += 2;
    }
}
