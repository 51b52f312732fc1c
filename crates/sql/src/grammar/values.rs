//! Lists of values, which may be most of a dump: what is plain in them is gone over without reading tokens.

use std::collections::HashSet;

use memchr::{memchr, memchr2};

use super::cursor::{Cursor, Grammar};
use crate::byte::{is_name, run};
use crate::effort::spend;
use crate::features::Features;

/// How many calls are kept of a list of values; of the rest only new names are.
const CALLS: usize = 1024;

impl<G: Grammar> Cursor<'_, G> {
    /// Whether the call that begins here is kept: `names` are those of the calls beyond the limit.
    pub(super) fn keeps_call(&self, names: &mut HashSet<String>) -> bool {
        self.facts.calls.len() < CALLS
            || (names.len() < CALLS && names.insert(self.token_text().to_ascii_lowercase()))
    }

    /// Goes over numbers, strings, `NULL`, commas and blanks, and says how many commas these were; none where the next
    /// token is something else. It may only be asked inside of a list of values.
    pub(super) fn skip_plain_values(&mut self) -> Option<usize> {
        if self.lexer.conditional {
            return None;
        }
        let features = Features::of(self.dialect);
        let bytes = self.lexer.bytes;
        let mut at = self.token.start;
        let (mut end, mut commas) = (at, 0);
        while let Some(byte) = bytes.get(at) {
            let plain = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    at += 1;
                    continue;
                }
                b',' => {
                    commas += 1;
                    Some(at + 1)
                }
                b'.' => Some(at + 1),
                b'-' if bytes.get(at + 1) != Some(&b'-') => Some(at + 1),
                b'0'..=b'9' => plain_number(features, bytes, at),
                b'n' | b'N' => plain_null(bytes, at),
                b'\'' => plain_string(features, bytes, at),
                _ => None,
            };
            let Some(next) = plain else { break };
            at = next;
            end = next;
        }
        if end <= self.token.start {
            return None;
        }
        spend(end - self.token.start);
        self.last = end;
        self.lexer.at = end;
        self.pull();
        Some(commas)
    }
}

/// Where the number at `at` ends; none where it is a name that begins with digits.
fn plain_number(features: &Features, bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at, is_name);
    let word = bytes.get(at..end)?;
    (!features.digit_names || word.starts_with(b"0x") || word.iter().all(u8::is_ascii_digit)).then_some(end)
}

/// Where the `NULL` at `at` ends.
fn plain_null(bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at, is_name);
    bytes.get(at..end)?.eq_ignore_ascii_case(b"null").then_some(end)
}

/// Where the string at `at` ends.
fn plain_string(features: &Features, bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        let rest = bytes.get(at..)?;
        at += if features.backslash_escapes { memchr2(b'\'', b'\\', rest) } else { memchr(b'\'', rest) }?;
        if bytes.get(at) == Some(&b'\\') || bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
}
