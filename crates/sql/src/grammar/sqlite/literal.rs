use sluice_text::Span;

use super::cursor::Cursor;
use crate::byte::{is_digit, is_name, run};
use crate::lexer::TokenKind;
use crate::model::Word;

/// Literals are cut after this many bytes: bodies are not kept.
pub(super) const TEXT: usize = 256;

/// What stands between quotes, doubled ones resolved, no longer than `most` bytes (and a character).
pub(super) fn unquote(literal: &str, most: usize) -> String {
    let mut characters = literal.chars();
    let close = match characters.next() {
        Some('[') => ']',
        Some(quote) => quote,
        None => return String::new(),
    };
    let mut value = String::with_capacity(literal.len().min(most));
    while let Some(character) = characters.next() {
        if value.len() >= most {
            break;
        }
        if character == close && characters.next() != Some(close) {
            break;
        }
        value.push(character);
    }
    value
}

/// At most [`TEXT`] bytes, at a border of characters.
pub(super) fn cut(text: &str) -> String {
    sluice_text::cut(text, TEXT).to_owned()
}

/// Where the number at `at` ends: `1`, `1.5e-3`, `.5`, `0xFF`, `1_000` (tokenize.c).
pub(crate) fn number_end(bytes: &[u8], at: usize) -> usize {
    let digits = |at: usize| run(bytes, at, |byte| is_digit(byte) || byte == b'_');
    if bytes.get(at) == Some(&b'0') && matches!(bytes.get(at + 1), Some(b'x' | b'X')) {
        return run(bytes, at + 2, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let mut end = digits(at);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).copied().is_some_and(is_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// Where the parameter at `at` ends: `?`, `?5`, `:a`, `@a`, `$a::b(x)` (tokenize.c).
fn parameter_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) == Some(&b'?') {
        return run(bytes, at + 1, is_digit);
    }
    let mut end = run(bytes, at + 1, is_name);
    while bytes.get(end..end + 2) == Some(b"::") {
        end = run(bytes, end + 2, is_name);
    }
    if end > at + 1 && bytes.get(end) == Some(&b'(') {
        let close = run(bytes, end, |byte| byte != b')' && !byte.is_ascii_whitespace());
        if bytes.get(close) == Some(&b')') {
            return close + 1;
        }
    }
    end
}

impl Cursor<'_> {
    /// Goes on behind `end`, which lies behind the next token's start.
    fn jump(&mut self, end: usize) -> Span {
        let span = Span::new(self.token.start, end);
        self.last = end;
        self.lexer.at = end;
        self.pull();
        span
    }

    /// A number without sign.
    pub(super) fn number(&mut self) -> Option<Span> {
        let bytes = self.lexer.bytes;
        let at = self.token.start;
        let fraction = self.is_symbol(b'.') && bytes.get(at + 1).copied().is_some_and(is_digit);
        (self.kind() == TokenKind::Number || fraction).then(|| self.jump(number_end(bytes, at)))
    }

    /// A parameter.
    pub(super) fn parameter(&mut self) -> Option<Span> {
        // The lexer takes `$a` for a word.
        let dollar = self.kind() == TokenKind::Word && self.token_text().starts_with('$');
        if !dollar && !matches!(self.kind(), TokenKind::Symbol(b'?' | b':' | b'@' | b'#')) {
            return None;
        }
        let end = parameter_end(self.lexer.bytes, self.token.start);
        if end < self.token.end || (end == self.token.start + 1 && !self.is_symbol(b'?')) {
            return None;
        }
        Some(self.jump(end))
    }

    /// `X'…'`.
    pub(super) fn blob(&mut self) -> Option<Span> {
        let next = self.lexer.bytes.get(self.token.end);
        if !self.is("x") || next != Some(&b'\'') {
            return None;
        }
        let start = self.token.start;
        self.advance();
        self.advance();
        Some(self.since(start))
    }

    /// A word of the vocabulary, reserved or not.
    pub(super) fn word(&mut self) -> Option<Word> {
        if self.kind() != TokenKind::Word {
            return None;
        }
        let word = Word { text: self.token_text().to_owned(), span: self.token_span() };
        self.advance();
        Some(word)
    }
}
