//! Lists of values, which may be most of a dump: they stay a range of bytes.

use std::collections::HashSet;

use sluice_text::Span;

use super::cursor::Cursor;
use super::literal::unquote;
use super::operand::BARE_CALLS;
use crate::lexer::TokenKind;
use crate::model::{Call, Ident, ObjectName};

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
        if self.is_any(&["exists", "in", "and", "or", "not", "when", "then", "else", "case", "cast"])
            || !self.keeps_call(names)
        {
            return;
        }
        let span = self.token_span();
        let name = ObjectName::bare(Ident::bare(self.token_text(), span));
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
}
