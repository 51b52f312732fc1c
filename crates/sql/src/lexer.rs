//! Bytes to tokens, one lexer for all dialects.
//!
//! Works on bytes of valid UTF-8; every token begins and ends at an ASCII byte or at a border of the text, so spans are
//! always character borders. Comments and blanks are not tokens.

use memchr::{memchr, memchr2, memmem};

use crate::Dialect;
use crate::byte::{is_blank, is_digit, is_dull, is_name, is_name_start, run};
use crate::effort::spend;
use crate::features::Features;

/// How far a decision may look past the end of a token. Text that may continue is only trusted this far from its end.
const MARGIN: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or keyword, not quoted.
    Word,
    Number,
    /// `'…'`, `E'…'`, and `"…"` where that is a string.
    String,
    QuotedName,
    /// `$tag$ … $tag$`.
    DollarString,
    /// `;` or what stands in for it.
    Delimiter,
    OpenParen,
    CloseParen,
    /// `/*!50001`.
    ConditionalOpen,
    /// The `*/` of it.
    ConditionalClose,
    Backslash,
    Symbol(u8),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Why there is no next token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The text may go on, and what follows matters.
    Starved,
    /// Something is never closed.
    Unterminated { what: String, start: usize, end: usize },
}

/// What ends a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Semicolon,
    Literal(Vec<u8>),
}

#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    features: &'static Features,
    delimiter: &'a Delimiter,
    /// Nothing follows `bytes`.
    complete: bool,
    /// Inside `/*! … */`.
    pub(crate) conditional: bool,
    conditional_start: usize,
    /// The word before was `AS`.
    after_as: bool,
    /// A quote that is never closed runs to the end instead of being an error.
    pub(crate) lenient: bool,
    /// No statement has begun: the mysql client then takes any `--` for a comment (client/mysql.cc, `add_line`).
    pub(crate) idle: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(dialect: Dialect, bytes: &'a [u8], delimiter: &'a Delimiter, complete: bool) -> Self {
        Self {
            bytes,
            at: 0,
            features: Features::of(dialect),
            delimiter,
            complete,
            conditional: false,
            conditional_start: 0,
            after_as: false,
            lenient: false,
            idle: false,
        }
    }

    pub(crate) fn text(&self, token: Token) -> &'a [u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    pub(crate) fn delimiter_text(&self) -> &'a [u8] {
        match self.delimiter {
            Delimiter::Semicolon => b";",
            Delimiter::Literal(literal) => literal,
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Jumps over bytes that cannot end a statement or open anything, words included. Returns whether it moved.
    pub(crate) fn skip_dull(&mut self) -> bool {
        let from = self.at;
        self.run_over_dull();
        spend(self.at - from);
        self.at > from
    }

    fn run_over_dull(&mut self) {
        if self.conditional || *self.delimiter != Delimiter::Semicolon {
            return;
        }
        if !self.features.escape_strings {
            self.at = run(self.bytes, self.at, |byte| is_dull(byte) || byte == b'(' || byte == b')');
            return;
        }
        while let Some(byte) = self.peek(0) {
            if is_name_start(byte) {
                let end = run(self.bytes, self.at + 1, is_name);
                let quoted = self.bytes.get(end) == Some(&b'\'');
                if quoted && end == self.at + 1 && matches!(byte, b'e' | b'E') {
                    break;
                }
                self.at = end;
            } else if is_dull(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token, Stop> {
        let from = self.at;
        let scanned = self.scan();
        spend(1 + self.at - from);
        let token = scanned?;
        if !self.complete {
            let margin = match self.delimiter {
                Delimiter::Semicolon => MARGIN,
                Delimiter::Literal(literal) => MARGIN + literal.len(),
            };
            if token.end + margin > self.bytes.len() {
                return Err(Stop::Starved);
            }
        }
        self.after_as = token.kind == TokenKind::Word && self.text(token).eq_ignore_ascii_case(b"as");
        Ok(token)
    }

    fn scan(&mut self) -> Result<Token, Stop> {
        loop {
            // The client looks for this command before it looks for the delimiter (`DELIMITER delimiter`).
            if self.idle && self.features.hash_comments && self.delimiter_command_here() {
                return Ok(self.take(TokenKind::Word, b"delimiter".len()));
            }
            if let Some(length) = self.delimiter_here() {
                return Ok(self.take(TokenKind::Delimiter, length));
            }
            let Some(byte) = self.peek(0) else {
                if self.conditional && self.complete && !self.lenient {
                    return Err(self.unterminated("conditional comment", self.conditional_start, 3));
                }
                return Ok(self.take(TokenKind::End, 0));
            };
            match byte {
                _ if is_blank(byte) => self.at += 1,
                b'-' if self.peek(1) == Some(b'-') && self.dashes_begin_comment() => self.skip_line(),
                b'#' if self.features.hash_comments => self.skip_line(),
                b'/' if self.peek(1) == Some(b'*') => match self.conditional_opener() {
                    Some(length) => {
                        self.conditional = true;
                        self.conditional_start = self.at;
                        return Ok(self.take(TokenKind::ConditionalOpen, length));
                    }
                    None => self.skip_comment()?,
                },
                b'*' if self.conditional && self.peek(1) == Some(b'/') => {
                    self.conditional = false;
                    return Ok(self.take(TokenKind::ConditionalClose, 2));
                }
                b'\'' => return self.quoted(TokenKind::String, byte, self.features.backslash_escapes, 0),
                b'"' if self.features.double_quoted_strings => {
                    return self.quoted(TokenKind::String, byte, true, 0);
                }
                b'"' => return self.quoted(TokenKind::QuotedName, byte, false, 0),
                b'`' if self.features.backticks => return self.quoted(TokenKind::QuotedName, byte, false, 0),
                b'[' if self.features.brackets => return self.quoted(TokenKind::QuotedName, b']', false, 0),
                b'e' | b'E' if self.features.escape_strings && self.peek(1) == Some(b'\'') => {
                    return self.escape_string();
                }
                b'$' => return self.dollar(),
                b'(' => return Ok(self.take(TokenKind::OpenParen, 1)),
                b')' => return Ok(self.take(TokenKind::CloseParen, 1)),
                b'\\' => return Ok(self.take(TokenKind::Backslash, 1)),
                _ if is_name_start(byte) => return Ok(self.word(TokenKind::Word, is_name)),
                _ if is_digit(byte) => return Ok(self.number()),
                // A byte order mark and other stray bytes stay whole characters: all bytes above 0x7f begin names.
                _ => return Ok(self.take(TokenKind::Symbol(byte), 1)),
            }
        }
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Token {
        let start = self.at;
        self.at = (start + length).min(self.bytes.len());
        Token { kind, start, end: self.at }
    }

    fn delimiter_here(&self) -> Option<usize> {
        match self.delimiter {
            Delimiter::Semicolon => (self.peek(0) == Some(b';')).then_some(1),
            Delimiter::Literal(literal) => {
                let here = !literal.is_empty() && self.bytes.get(self.at..)?.starts_with(literal);
                here.then_some(literal.len())
            }
        }
    }

    fn delimiter_command_here(&self) -> bool {
        let word = self.bytes.get(self.at..self.at + b"delimiter".len()).unwrap_or_default();
        word.eq_ignore_ascii_case(b"delimiter") && self.peek(word.len()).is_none_or(is_blank)
    }

    /// A run of `test`, cut where a literal delimiter begins (`select * from t1MySQL` after `DELIMITER MySQL`).
    fn word(&mut self, kind: TokenKind, test: impl Fn(u8) -> bool) -> Token {
        let mut end = run(self.bytes, self.at + 1, test);
        if let Delimiter::Literal(literal) = self.delimiter
            && !literal.is_empty()
        {
            // A delimiter may begin in the word and end after it.
            let reach = self.bytes.get(self.at..(end + literal.len()).min(self.bytes.len()));
            if let Some(found) = memmem::find(reach.unwrap_or_default(), literal) {
                end = end.min(self.at + found);
            }
        }
        self.take(kind, end - self.at)
    }

    fn number(&mut self) -> Token {
        if !self.features.digit_names {
            return self.word(TokenKind::Number, is_digit);
        }
        let end = run(self.bytes, self.at, is_digit);
        let named = self.bytes.get(end).is_some_and(|byte| is_name(*byte));
        self.word(if named { TokenKind::Word } else { TokenKind::Number }, is_name)
    }

    fn dashes_begin_comment(&self) -> bool {
        self.idle
            || !self.features.dashes_need_blank
            || self.peek(2).is_none_or(|byte| is_blank(byte) || byte.is_ascii_control())
    }

    /// To the end of the line; the line end itself stays.
    pub(crate) fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length =
            if self.features.return_ends_comment { memchr2(b'\n', b'\r', rest) } else { memchr(b'\n', rest) };
        self.at += length.unwrap_or(rest.len());
    }

    /// Length of `/*!50001` here. Version 999999 is never reached: MariaDB's dumps hide the sandbox command in it.
    fn conditional_opener(&self) -> Option<usize> {
        if !self.features.conditional_comments {
            return None;
        }
        let prefix = match (self.peek(2)?, self.peek(3)) {
            (b'!', _) => 3,
            (b'M', Some(b'!')) if self.features.mariadb_comments => 4,
            _ => return None,
        };
        let digits = self.bytes.get(self.at + prefix..).unwrap_or_default();
        let count = digits.iter().take(6).take_while(|byte| is_digit(**byte)).count();
        (!digits.starts_with(b"999999")).then_some(prefix + count)
    }

    fn skip_comment(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let mut depth = 1_usize;
        let mut at = start + 2;
        while depth > 0 {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let found = if self.features.nested_comments {
                memchr2(b'*', b'/', rest)
            } else {
                memmem::find(rest, b"*/")
            };
            let Some(found) = found else {
                self.at = self.bytes.len();
                if !self.complete {
                    return Err(Stop::Starved);
                }
                if self.features.open_comments || self.lenient {
                    return Ok(());
                }
                return Err(self.unterminated("comment", start, 2));
            };
            at += found;
            match (self.bytes.get(at), self.bytes.get(at + 1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                }
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        self.at = at;
        Ok(())
    }

    /// A quoted token whose opener is `prefix` bytes after the current place.
    fn quoted(&mut self, kind: TokenKind, quote: u8, escapes: bool, prefix: usize) -> Result<Token, Stop> {
        let start = self.at;
        let mut at = start + prefix + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let found = if escapes { memchr2(quote, b'\\', rest) } else { memchr(quote, rest) };
            let Some(found) = found else {
                return self.never_closed(
                    kind,
                    if kind == TokenKind::String { "string" } else { "quoted name" },
                    prefix + 1,
                );
            };
            at += found;
            if self.bytes.get(at) == Some(&quote) {
                // A doubled quote goes on; `]` has no such rule (SQLite, tokenize.c).
                if quote != b']' && self.bytes.get(at + 1) == Some(&quote) {
                    at += 2;
                    continue;
                }
                return Ok(self.take(kind, at + 1 - start));
            }
            at += 2;
        }
    }

    /// `E'…'`, with the segments that follow after a line break: they are read by the same rules (scan.l, `xqs`).
    fn escape_string(&mut self) -> Result<Token, Stop> {
        let start = self.at;
        let mut token = self.quoted(TokenKind::String, b'\'', true, 1)?;
        while let Some(quote) = self.continuation(token.end)? {
            let prefix = quote - self.at;
            token = self.quoted(TokenKind::String, b'\'', true, prefix)?;
        }
        Ok(Token { start, ..token })
    }

    /// Where the next segment's quote is: blanks with at least one line break in between, comments allowed.
    fn continuation(&self, from: usize) -> Result<Option<usize>, Stop> {
        let mut at = from;
        let mut line_break = false;
        loop {
            match self.bytes.get(at).copied() {
                None if self.complete => return Ok(None),
                None => return Err(Stop::Starved),
                Some(b'\n' | b'\r') => {
                    line_break = true;
                    at += 1;
                }
                Some(byte) if is_blank(byte) => at += 1,
                Some(b'-') if self.bytes.get(at + 1) == Some(&b'-') => {
                    at = run(self.bytes, at, |byte| byte != b'\n' && byte != b'\r');
                }
                Some(b'-') if at + 1 == self.bytes.len() && !self.complete => return Err(Stop::Starved),
                Some(b'\'') if line_break => return Ok(Some(at)),
                Some(_) => return Ok(None),
            }
        }
    }

    fn dollar(&mut self) -> Result<Token, Stop> {
        if self.features.dollar_quotes || (self.features.dollar_bodies && self.after_as) {
            let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
            let starts_well = rest.first().is_some_and(|byte| *byte == b'$' || is_name_start(*byte));
            let tag = run(rest, 0, |byte| byte != b'$' && is_name(byte));
            if starts_well && rest.get(tag) == Some(&b'$') {
                return self.dollar_string(tag + 2);
            }
            if rest.len() == tag && !self.complete {
                return Err(Stop::Starved);
            }
        }
        if self.features.dollar_names {
            return Ok(self.word(TokenKind::Word, is_name));
        }
        // `$1` and a lone `$`.
        Ok(self.word(TokenKind::Symbol(b'$'), is_digit))
    }

    fn dollar_string(&mut self, opener: usize) -> Result<Token, Stop> {
        let tag = self.bytes.get(self.at..self.at + opener).unwrap_or_default();
        let rest = self.bytes.get(self.at + opener..).unwrap_or_default();
        match memmem::find(rest, tag) {
            Some(found) => Ok(self.take(TokenKind::DollarString, found + 2 * opener)),
            None => {
                let what = format!("dollar quote {}", String::from_utf8_lossy(tag));
                self.never_closed(TokenKind::DollarString, &what, opener)
            }
        }
    }

    fn never_closed(&mut self, kind: TokenKind, what: &str, opener: usize) -> Result<Token, Stop> {
        if !self.complete {
            return Err(Stop::Starved);
        }
        if self.lenient && kind == TokenKind::DollarString {
            return Ok(self.take(kind, self.bytes.len() - self.at));
        }
        Err(self.unterminated(what, self.at, opener))
    }

    fn unterminated(&self, what: &str, start: usize, length: usize) -> Stop {
        Stop::Unterminated { what: what.to_owned(), start, end: (start + length).min(self.bytes.len()) }
    }
}
