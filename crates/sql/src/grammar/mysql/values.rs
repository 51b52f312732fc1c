//! Lists of values, which may be most of a dump: they stay a range of bytes.

use std::collections::HashSet;

use memchr::memchr2;
use sluice_text::Span;

use super::expr::BARE_CALLS;
use super::parser::Parser;
use crate::byte::{is_name, run};
use crate::lexer::TokenKind;
use crate::model::{Call, Ident, ObjectName};

/// How many calls are kept of a list of values; of the rest only new names are.
const CALLS: usize = 1024;

impl Parser<'_> {
    /// Rows of values from their first `(` on: number of rows, values in the first, and the span. Only calls and
    /// subqueries inside are looked at.
    pub(super) fn value_rows(&mut self) -> (u64, usize, Span) {
        let start = self.token.start;
        let (mut rows, mut width) = (0_u64, 0);
        let mut names = HashSet::new();
        loop {
            self.accept("row");
            if !self.is_open() {
                break;
            }
            self.advance();
            let (mut depth, mut commas, mut empty) = (1_usize, 0_usize, true);
            while depth > 0 && !self.at_end() {
                if let Some(passed) = self.skip_plain_values() {
                    commas += if depth == 1 { passed } else { 0 };
                    empty = false;
                    continue;
                }
                match self.kind() {
                    TokenKind::OpenParen => {
                        depth += 1;
                        self.advance();
                        if self.begins_query() {
                            self.query();
                        }
                        continue;
                    }
                    TokenKind::CloseParen => depth -= 1,
                    TokenKind::Symbol(b',') if depth == 1 => commas += 1,
                    TokenKind::Symbol(b'?') => self.facts.parameters.push(self.token_span()),
                    TokenKind::Word if self.is_any(BARE_CALLS) || self.peek_open() => {
                        self.value_call(&mut names)
                    }
                    _ => {}
                }
                empty &= depth == 0;
                self.advance();
            }
            if rows == 0 {
                width = if empty { 0 } else { commas + 1 };
            }
            rows += 1;
            if !self.is_symbol(b',') {
                break;
            }
            let after = self.text.as_bytes().get(self.token.end..).unwrap_or_default();
            let close = after.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
            if !matches!(close, Some(b'(' | b'r' | b'R' | b'/' | b'-' | b'#')) {
                break;
            }
            self.advance();
        }
        (rows, width, self.since(start))
    }

    fn value_call(&mut self, names: &mut HashSet<String>) {
        let text = self.token_text();
        if self.facts.calls.len() >= CALLS
            && (names.len() >= CALLS || !names.insert(text.to_ascii_lowercase()))
        {
            return;
        }
        let span = self.token_span();
        let name = ObjectName::bare(Ident::bare(text, span));
        self.facts.calls.push(Call { name, arguments: 0, first_text: None, span });
    }

    /// Jumps over numbers, strings, `NULL`, commas and blanks, and says how many commas these were; none where the next
    /// token is something else. It may only be asked inside of a list of values.
    fn skip_plain_values(&mut self) -> Option<usize> {
        if self.lexer.conditional {
            return None;
        }
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
                b'0'..=b'9' => match plain_number(bytes, at) {
                    Some(end) => end,
                    None => break,
                },
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

/// Where the number at `at` ends: digits or `0x…`, and no name.
fn plain_number(bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at, is_name);
    let word = bytes.get(at..end)?;
    (word.starts_with(b"0x") || word.iter().all(u8::is_ascii_digit)).then_some(end)
}

/// Where the string at `at` ends.
fn plain_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr2(b'\'', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'\\') || bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
}
