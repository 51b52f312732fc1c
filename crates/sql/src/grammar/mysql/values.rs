//! Lists of values, which may be most of a dump: they stay a range of bytes.

use std::collections::HashSet;

use sluice_text::Span;

use super::expr::BARE_CALLS;
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Call, Ident, ObjectName};

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
        if !self.keeps_call(names) {
            return;
        }
        let span = self.token_span();
        let name = ObjectName::bare(Ident::bare(self.token_text(), span));
        self.facts.calls.push(Call { name, arguments: 0, first_text: None, span });
    }
}
