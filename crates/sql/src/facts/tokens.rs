use super::{Object, ObjectKind};
use crate::Dialect;
use crate::lexer::{Delimiter, Lexer, Token, TokenKind};

/// Statements of rows may be gigabytes long; what they are stands in front. These are told by their first word alone.
const PLAIN_ROWS: &[&str] = &["insert", "update", "delete", "replace", "merge"];
const ROWS: &[&str] = &["values", "copy", "load"];
const ROWS_REACH: usize = 256;

static SEMICOLON: Delimiter = Delimiter::Semicolon;

/// The tokens of one statement with a place to read from. `/*!` and its `*/` are left out: their content counts.
pub(super) struct Tokens<'a> {
    pub(super) dialect: Dialect,
    text: &'a str,
    list: Vec<Token>,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(dialect: Dialect, text: &'a str) -> Self {
        let mut lexer = Lexer::new(dialect, text.as_bytes(), &SEMICOLON, true);
        let mut tokens = Self { dialect, text, list: Vec::new(), at: 0 };
        let mut reach = usize::MAX;
        while tokens.list.len() < reach
            && let Ok(token) = lexer.next()
        {
            match token.kind {
                TokenKind::End => break,
                TokenKind::ConditionalOpen | TokenKind::ConditionalClose => continue,
                _ => tokens.list.push(token),
            }
            if tokens.list.len() == 1 && tokens.is_any(PLAIN_ROWS) {
                break;
            }
            if tokens.list.len() == 1 && tokens.is_any(ROWS) {
                reach = ROWS_REACH;
            }
        }
        tokens
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.list.get(self.at).map_or(TokenKind::End, |token| token.kind)
    }

    pub(super) fn text(&self) -> &'a str {
        self.list.get(self.at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// The statement from here on.
    pub(super) fn rest(&self) -> &'a str {
        self.list.get(self.at).and_then(|token| self.text.get(token.start..)).unwrap_or_default()
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.list.len()
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn go_back(&mut self, place: usize) {
        self.at = place;
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.kind() == TokenKind::Word && self.text().eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Takes the word if it is here.
    pub(super) fn accept(&mut self, word: &str) -> bool {
        let here = self.is(word);
        self.at += usize::from(here);
        here
    }

    pub(super) fn accept_any(&mut self, words: &[&str]) -> bool {
        let here = self.is_any(words);
        self.at += usize::from(here);
        here
    }

    /// Takes the words if all of them are here, in this order.
    pub(super) fn accept_all(&mut self, words: &[&str]) -> bool {
        let place = self.at;
        let here = words.iter().all(|word| self.accept(word));
        if !here {
            self.at = place;
        }
        here
    }

    pub(super) fn accept_symbol(&mut self, symbol: u8) -> bool {
        let here = self.kind() == TokenKind::Symbol(symbol);
        self.at += usize::from(here);
        here
    }

    /// Takes the first word if it is one of the words, in lower case.
    pub(super) fn take_word(&mut self) -> String {
        let word = match self.kind() {
            TokenKind::Word => self.text().to_ascii_lowercase(),
            TokenKind::OpenParen => "(".to_owned(),
            _ => return String::new(),
        };
        self.at += 1;
        word
    }

    /// Goes behind `( … )` if one begins here.
    pub(super) fn skip_parens(&mut self) {
        if self.kind() != TokenKind::OpenParen {
            return;
        }
        let mut depth = 0_usize;
        while !self.at_end() {
            match self.kind() {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Goes behind the next such word outside parentheses; false, and at the end, where there is none.
    pub(super) fn skip_to(&mut self, words: &[&str]) -> bool {
        while !self.at_end() {
            if self.kind() == TokenKind::OpenParen {
                self.skip_parens();
            } else if self.accept_any(words) {
                return true;
            } else {
                self.at += 1;
            }
        }
        false
    }

    /// Whether such words, one after the other, stand anywhere from here on outside parentheses.
    pub(super) fn has(&mut self, words: &[&str]) -> bool {
        let place = self.at;
        let mut found = false;
        while !self.at_end() && !found {
            found = self.accept_all(words);
            if self.kind() == TokenKind::OpenParen {
                self.skip_parens();
            } else {
                self.at += 1;
            }
        }
        self.at = place;
        found
    }

    /// One part of a name, as the server sees it.
    pub(super) fn name_part(&mut self) -> Option<String> {
        let text = self.text();
        let part = match self.kind() {
            TokenKind::Word if self.dialect == Dialect::Postgres => text.to_ascii_lowercase(),
            TokenKind::Word => text.to_owned(),
            TokenKind::QuotedName => unquote(text),
            // SQLite takes a string for a name; so does MySQL's `"name"` under ANSI_QUOTES.
            TokenKind::String if self.dialect != Dialect::Postgres => unquote(text),
            _ => return None,
        };
        self.at += 1;
        Some(part)
    }

    /// `part[.part …]`; empty where there is no name.
    pub(super) fn name(&mut self) -> Vec<String> {
        let mut name = Vec::new();
        while let Some(part) = self.name_part() {
            name.push(part);
            if !self.accept_symbol(b'.') {
                break;
            }
        }
        name
    }

    /// `name, name, …`, each with what may stand around it: `ONLY`, `*`, the arguments of a function.
    pub(super) fn objects(&mut self, kind: ObjectKind) -> Vec<Object> {
        let mut objects = Vec::new();
        loop {
            if self.dialect == Dialect::Postgres {
                self.accept("only");
            }
            let name = self.name();
            if name.is_empty() {
                return objects;
            }
            objects.push(Object::new(kind, name));
            self.accept_symbol(b'*');
            self.skip_parens();
            if !self.accept_symbol(b',') {
                return objects;
            }
        }
    }

    /// One object as a list.
    pub(super) fn object(&mut self, kind: ObjectKind) -> Vec<Object> {
        if self.dialect == Dialect::Postgres {
            self.accept("only");
        }
        vec![Object::new(kind, self.name())]
    }

    /// What a statement that begins with `WITH` does: the first such word outside parentheses.
    pub(super) fn is_with_dml(&mut self) -> bool {
        const VERBS: &[&str] =
            &["select", "values", "table", "insert", "update", "delete", "merge", "replace"];
        while !self.at_end() {
            if self.kind() == TokenKind::OpenParen {
                self.skip_parens();
            } else if self.is_any(VERBS) {
                return !self.is_any(&["select", "values", "table"]);
            } else {
                self.at += 1;
            }
        }
        false
    }
}

/// Takes the quotes away and undoubles those inside.
pub(super) fn unquote(text: &str) -> String {
    let mut characters = text.chars();
    let Some(quote) = characters.next() else { return String::new() };
    characters.next_back();
    let inside = characters.as_str();
    if quote == '[' {
        return inside.to_owned();
    }
    inside.replace(&format!("{quote}{quote}"), &quote.to_string())
}
