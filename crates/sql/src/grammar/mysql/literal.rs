use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Text, Word};

/// The value of `'…'` or `"…"`: quotes and escapes resolved, no longer than `most` bytes (and a character).
pub(super) fn unquote(literal: &str, most: usize) -> String {
    let mut characters = literal.chars();
    let quote = characters.next();
    let mut value = String::with_capacity(literal.len().min(most));
    while let Some(character) = characters.next() {
        if value.len() >= most {
            break;
        }
        if Some(character) == quote {
            // Doubled, or the end.
            match characters.next() {
                Some(next) if Some(next) == quote => value.push(next),
                _ => break,
            }
        } else if character == '\\' {
            match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('b') => value.push('\u{8}'),
                Some('0') => value.push('\0'),
                Some('Z') => value.push('\u{1a}'),
                // These keep their backslash: they are meant for LIKE (manual, "String Literals").
                Some(wildcard @ ('%' | '_')) => {
                    value.push('\\');
                    value.push(wildcard);
                }
                Some(other) => value.push(other),
                None => break,
            }
        } else {
            value.push(character);
        }
    }
    value
}

/// Whether a word is a number for the server: `1e5`, `0x1F`, `0b01`.
pub(super) fn is_number_word(word: &str) -> bool {
    let bytes = word.as_bytes();
    let all = |from: usize, test: fn(&u8) -> bool| {
        bytes.get(from..).is_some_and(|rest| !rest.is_empty() && rest.iter().all(test))
    };
    if word.starts_with("0x") {
        return all(2, u8::is_ascii_hexdigit);
    }
    if word.starts_with("0b") {
        return all(2, |byte| matches!(byte, b'0' | b'1'));
    }
    let Some((mantissa, exponent)) = word.split_once(['e', 'E']) else { return false };
    !mantissa.is_empty()
        && mantissa.bytes().all(|byte| byte.is_ascii_digit())
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a string follows that belongs to the word: `_utf8mb4'x'`, `N'x'`, `x'00'`, `b'1'`.
pub(super) fn is_introducer(word: &str) -> bool {
    word.starts_with('_') || ["n", "x", "b"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

impl Parser<'_> {
    /// A string, also of several segments or with an introducer.
    pub(super) fn string(&mut self) -> Option<Text> {
        let start = self.token.start;
        if self.kind() == TokenKind::Word
            && is_introducer(self.token_text())
            && self.peek().0 == TokenKind::String
        {
            self.advance();
        }
        if self.kind() != TokenKind::String {
            return None;
        }
        let mut value = String::new();
        while self.kind() == TokenKind::String {
            value.push_str(&unquote(self.token_text(), usize::MAX));
            self.advance();
        }
        Some(Text { value, span: self.since(start) })
    }

    /// A string or `X'…'`, `0x…`, which is kept as written.
    pub(super) fn string_or_word(&mut self) -> Option<Text> {
        if let Some(text) = self.string() {
            return Some(text);
        }
        let word = self.word()?;
        Some(Text { value: word.text, span: word.span })
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        if !matches!(self.kind(), TokenKind::Number | TokenKind::Word) {
            return None;
        }
        let value = self.token_text().parse::<u64>().ok()?;
        self.advance();
        Some(value)
    }

    /// A whole number with its sign.
    pub(super) fn signed(&mut self) -> Option<i64> {
        let place = self.place();
        let minus = self.accept_symbol(b'-');
        if !minus {
            self.accept_symbol(b'+');
        }
        let digits = matches!(self.kind(), TokenKind::Number).then(|| self.token_text());
        let value =
            digits.and_then(|digits| if minus { format!("-{digits}").parse() } else { digits.parse() }.ok());
        if value.is_none() {
            self.go_back(place);
            return None;
        }
        self.advance();
        value
    }

    /// A word of the vocabulary, which may be written as name, string or number.
    pub(super) fn word(&mut self) -> Option<Word> {
        let text = match self.kind() {
            TokenKind::Word | TokenKind::Number => self.token_text().to_owned(),
            TokenKind::QuotedName => super::name::unquote_name(self.token_text()),
            TokenKind::String => unquote(self.token_text(), usize::MAX),
            _ => return None,
        };
        let token = self.advance();
        Some(Word { text, span: Span::new(token.start, token.end) })
    }

    /// `[=] word`.
    pub(super) fn equals_word(&mut self) -> Option<Word> {
        self.accept_symbol(b'=');
        self.word()
    }
}
