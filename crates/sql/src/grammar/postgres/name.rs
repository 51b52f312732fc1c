use sluice_text::Span;

use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{Ident, ObjectName, RoleName, SpecialRole, Text, Word};

impl Grammar<'_> {
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let token = self.peek();
        let text = self.text(token);
        match token.kind {
            TokenKind::Word if matches!(text, "U" | "u") && self.unicode_name() => {
                self.at += 2;
                let name = self.advance();
                let span = self.source.span(token.start, name.end);
                Some(Ident::quoted(unicode(&unquoted(self.text(name), '"')), span))
            }
            TokenKind::Word => {
                self.at += 1;
                Some(Ident::bare(text, self.token_span(token)))
            }
            TokenKind::QuotedName => {
                self.at += 1;
                Some(Ident::quoted(unquoted(text, '"'), self.token_span(token)))
            }
            _ => None,
        }
    }

    fn unicode_name(&self) -> bool {
        let (and, name) = (self.nth(1), self.nth(2));
        and.kind == TokenKind::Symbol(b'&')
            && name.kind == TokenKind::QuotedName
            && and.start == self.peek().end
            && name.start == and.end
    }

    pub(super) fn name(&mut self) -> Option<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.is_symbol(b'.') {
            self.at += 1;
            parts.push(self.ident()?);
        }
        ObjectName::from_parts(parts)
    }

    pub(super) fn names(&mut self) -> Option<Vec<ObjectName>> {
        self.commas(Self::name)
    }

    pub(super) fn ident_list(&mut self) -> Option<Vec<Ident>> {
        self.list(Self::ident)
    }

    pub(super) fn word(&mut self) -> Option<Word> {
        let ident = self.ident()?;
        Some(Word { text: ident.text, span: ident.span })
    }

    pub(super) fn role(&mut self) -> Option<RoleName> {
        // `GROUP name` of old.
        if self.is("group") && !self.token_is(self.at + 1, "with") {
            self.at += 1;
        }
        let name = self.ident()?;
        let special = if name.quoted {
            None
        } else {
            match name.text.to_ascii_lowercase().as_str() {
                "public" => Some(SpecialRole::Public),
                "current_user" | "current_role" | "session_user" => Some(SpecialRole::Current),
                "none" | "default" | "all" => Some(SpecialRole::Keyword),
                _ => None,
            }
        };
        Some(RoleName { span: name.span, name, host: None, special })
    }

    pub(super) fn roles(&mut self) -> Option<Vec<RoleName>> {
        self.commas(Self::role)
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self.peek().kind, TokenKind::String | TokenKind::DollarString)
            || self.prefixed_string().is_some()
    }

    /// Number of tokens before the quote in `N'…'`, `B'…'`, `X'…'`, `U&'…'`.
    pub(super) fn prefixed_string(&self) -> Option<usize> {
        let token = self.peek();
        if token.kind != TokenKind::Word {
            return None;
        }
        let next = self.nth(1);
        let text = self.text(token);
        if next.start != token.end {
            return None;
        }
        if text.len() == 1 && next.kind == TokenKind::String {
            return text.contains(['n', 'N', 'b', 'B', 'x', 'X']).then_some(1);
        }
        let quote = self.nth(2);
        let unicode = text.eq_ignore_ascii_case("u")
            && next.kind == TokenKind::Symbol(b'&')
            && quote.kind == TokenKind::String
            && quote.start == next.end;
        unicode.then_some(2)
    }

    /// A string literal, with the segments that follow on other lines.
    pub(super) fn string(&mut self) -> Option<Text> {
        let start = self.at;
        let prefix = self.prefixed_string().unwrap_or(0);
        let token = self.nth(prefix);
        let mut value = match token.kind {
            TokenKind::String | TokenKind::DollarString => literal_value(self.text(token)),
            _ => return None,
        };
        self.at += prefix + 1;
        while token.kind == TokenKind::String
            && self.peek().kind == TokenKind::String
            && self.source.slice(self.before(), self.peek().start).contains(['\n', '\r'])
        {
            let more = self.advance();
            value.push_str(&literal_value(self.text(more)));
        }
        if prefix == 2 {
            value = unicode(&value);
        }
        Some(Text { value, span: self.since(start) })
    }

    pub(super) fn span_of(&self, start: usize, end: usize) -> Span {
        let last = end.checked_sub(1).map_or(self.token(start).start, |last| self.token(last).end);
        self.source.span(self.token(start).start, last)
    }
}

/// What stands between quotes, doubled ones resolved.
fn unquoted(text: &str, quote: char) -> String {
    let inside = text.strip_prefix(quote).unwrap_or(text);
    let inside = inside.strip_suffix(quote).unwrap_or(inside);
    if !inside.contains(quote) {
        return inside.to_owned();
    }
    let mut doubled = String::new();
    doubled.push(quote);
    doubled.push(quote);
    inside.replace(&doubled, quote.encode_utf8(&mut [0; 4]))
}

/// The value of `'…'`, `E'…'` or `$tag$…$tag$`.
pub(super) fn literal_value(text: &str) -> String {
    if text.starts_with('$') {
        let tag = dollar_tag(text);
        return text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default().to_owned();
    }
    let Some(escaped) = text.strip_prefix(['e', 'E']) else { return unquoted(text, '\'') };
    let inside = escaped.strip_prefix('\'').unwrap_or(escaped);
    let inside = inside.strip_suffix('\'').unwrap_or(inside);
    let mut value = String::with_capacity(inside.len());
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                if characters.next_if_eq(&'\'').is_none() {
                    // The end of a segment: the next one begins at its quote.
                    while characters.next().is_some_and(|next| next != '\'') {}
                    continue;
                }
                value.push('\'');
            }
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('b') => value.push('\u{8}'),
                Some('f') => value.push('\u{c}'),
                Some(kind @ ('x' | 'u' | 'U')) => {
                    let most = if kind == 'x' {
                        2
                    } else if kind == 'u' {
                        4
                    } else {
                        8
                    };
                    let mut number = 0_u32;
                    let mut count = 0;
                    while count < most
                        && let Some(digit) = characters.peek().and_then(|next| next.to_digit(16))
                    {
                        number = (number << 4) | digit;
                        characters.next();
                        count += 1;
                    }
                    value.push(char::from_u32(number).unwrap_or('\u{fffd}'));
                }
                Some(first @ '0'..='7') => {
                    let mut number = first.to_digit(8).unwrap_or(0);
                    let mut count = 1;
                    while count < 3
                        && let Some(digit) = characters.peek().and_then(|next| next.to_digit(8))
                    {
                        number = (number << 3) | digit;
                        characters.next();
                        count += 1;
                    }
                    value.push(char::from_u32(number & 0xff).unwrap_or('\u{fffd}'));
                }
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value
}

/// Length of `$tag$`.
pub(super) fn dollar_tag(text: &str) -> usize {
    text.get(1..).and_then(|rest| rest.find('$')).map_or(0, |end| end + 2)
}

/// `\0441` and `\+000441` of `U&'…'` and `U&"…"`.
fn unicode(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('\\') {
            value.push('\\');
            rest = after;
            continue;
        }
        let (digits, length) = match rest.strip_prefix('+') {
            Some(after) => (after.get(..6), 7),
            None => (rest.get(..4), 4),
        };
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
            Some(character) => {
                value.push(character);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => value.push('\\'),
        }
    }
    value.push_str(rest);
    value
}
