use sluice_text::Span;

use super::source::Source;
use crate::Dialect;
use crate::effort::spend;
use crate::lexer::{Delimiter, Lexer, Stop, Token, TokenKind};
use crate::model::{Keyword, NotAnalysed, Parsed, QueryFacts, Reason, Statement};

/// Programs in programs and statements in statements are followed this far.
pub(super) const DEPTH: usize = 8;
/// Of a longer statement only this much is read. Rows of `INSERT` do not count.
pub(super) const LIMIT: usize = 1 << 20;

/// A statement being read: its tokens and a place among them.
pub(super) struct Grammar<'a> {
    pub(super) source: Source<'a>,
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    /// Rows of `VALUES` of an `INSERT`: they are one token.
    pub(super) rows: Option<Rows>,
    /// What the expressions and queries read so far say.
    pub(super) facts: QueryFacts,
    pub(super) not_analysed: Vec<NotAnalysed>,
    end: Token,
}

/// Rows that stay a range of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    pub(super) count: u64,
    pub(super) width: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// They hold literals only, so that there is nothing in them to look for.
    pub(super) plain: bool,
}

/// Tells whether a row holds literals only.
#[derive(Debug, Default)]
struct PlainRow {
    /// A value is complete, and a comma or the end must follow.
    valued: bool,
    /// End of the last token of a number.
    number: usize,
    other: bool,
}

impl PlainRow {
    fn take(&mut self, token: Token, lexer: &Lexer<'_>) {
        let fits = match token.kind {
            TokenKind::Number | TokenKind::Symbol(b'.') => {
                // `1.25` are three tokens.
                let goes_on = self.valued && self.number == token.start;
                self.number = token.end;
                goes_on || !self.valued
            }
            TokenKind::String => !self.valued,
            TokenKind::Symbol(b'-' | b'+') => return self.other |= self.valued,
            TokenKind::Symbol(b',') => {
                self.other |= !self.valued;
                self.valued = false;
                return;
            }
            TokenKind::CloseParen => self.valued,
            TokenKind::Word => {
                let word = lexer.text(token);
                let is = |known: &&[u8]| word.eq_ignore_ascii_case(known);
                let known: [&[u8]; 4] = [b"null", b"true", b"false", b"default"];
                !self.valued && known.iter().any(is)
            }
            _ => false,
        };
        self.other |= !fits;
        self.valued = true;
    }

    fn is_plain(&self) -> bool {
        !self.other
    }
}

impl<'a> Grammar<'a> {
    /// The tokens of `start..end` of the text.
    pub(super) fn new(source: Source<'a>, start: usize, end: usize) -> Self {
        let mut grammar = Self {
            source,
            // Words and signs are this long on average, with blanks; a body of a program is one token.
            tokens: Vec::with_capacity(end.saturating_sub(start).min(512) / 4 + 4),
            at: 0,
            rows: None,
            facts: QueryFacts::default(),
            not_analysed: Vec::new(),
            end: Token { kind: TokenKind::End, start: end, end },
        };
        grammar.read(start, end);
        grammar
    }

    fn read(&mut self, start: usize, end: usize) {
        let bytes = self.source.text.as_bytes().get(..end).unwrap_or_default();
        let delimiter = Delimiter::Semicolon;
        let mut lexer = Lexer::new(Dialect::Postgres, bytes, &delimiter, true);
        lexer.at = start;
        lexer.lenient = true;
        let mut depth = 0_usize;
        let mut inserts = false;
        loop {
            let token = match lexer.next() {
                Ok(token) if token.kind == TokenKind::End => return,
                Ok(token) => token,
                Err(Stop::Starved) => return,
                Err(Stop::Unterminated { what, start, .. }) => {
                    let reason = Reason::Syntax(format!("{what} is never closed"));
                    self.not_analysed.push(NotAnalysed { span: self.source.span(start, end), reason });
                    return;
                }
            };
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.saturating_sub(1),
                TokenKind::Word if depth == 0 => {
                    let word = lexer.text(token);
                    inserts |= word.eq_ignore_ascii_case(b"into") && self.after("insert");
                    if inserts && word.eq_ignore_ascii_case(b"values") && !self.after("default") {
                        self.tokens.push(token);
                        if let Some(rows) = Self::skip_rows(&mut lexer) {
                            self.tokens.push(Token {
                                kind: TokenKind::Number,
                                start: rows.start,
                                end: rows.end,
                            });
                            self.rows = Some(rows);
                        }
                        continue;
                    }
                }
                _ => {}
            }
            self.tokens.push(token);
            if token.end.saturating_sub(start) > LIMIT + self.rows.map_or(0, |rows| rows.end - rows.start) {
                let span = self.source.span(token.end, end);
                self.not_analysed.push(NotAnalysed { span, reason: Reason::TooLong { limit: LIMIT } });
                return;
            }
        }
    }

    fn after(&self, word: &str) -> bool {
        let last = self.tokens.last();
        last.is_some_and(|token| self.source.slice(token.start, token.end).eq_ignore_ascii_case(word))
    }

    /// Counts `(…), (…), …` and stands behind them.
    fn skip_rows(lexer: &mut Lexer<'_>) -> Option<Rows> {
        let mut rows: Option<Rows> = None;
        loop {
            let before = lexer.at;
            let token = lexer.next().ok()?;
            if token.kind != TokenKind::OpenParen {
                // A comma that no row follows is left to the caller as well.
                if rows.is_some() && token.kind == TokenKind::Symbol(b',') {
                    continue;
                }
                lexer.at = before;
                return rows;
            }
            let mut depth = 1_usize;
            let mut width = 1_usize;
            let mut end = token.end;
            let mut row = PlainRow::default();
            while depth > 0 {
                let Ok(inner) = lexer.next() else { return rows };
                row.take(inner, lexer);
                match inner.kind {
                    TokenKind::OpenParen | TokenKind::Symbol(b'[') => depth += 1,
                    TokenKind::CloseParen | TokenKind::Symbol(b']') => depth -= 1,
                    TokenKind::Symbol(b',') if depth == 1 => width += 1,
                    TokenKind::End => depth = 0,
                    _ => {}
                }
                end = inner.end;
            }
            rows = Some(match rows {
                Some(rows) => {
                    Rows { count: rows.count + 1, end, plain: rows.plain && row.is_plain(), ..rows }
                }
                None => Rows { count: 1, width, start: token.start, end, plain: row.is_plain() },
            });
        }
    }

    /// The statement as the model says it.
    pub(super) fn finish(mut self, span: Span, statement: Option<Statement>) -> Parsed {
        match statement {
            Some(statement) => {
                if !self.at_end() {
                    let rest = self.source.span(self.peek().start, self.end.end);
                    self.not_analysed.push(NotAnalysed { span: rest, reason: Reason::Unknown });
                }
                Parsed { span, statement, not_analysed: self.not_analysed }
            }
            None => {
                let reason = match self.not_analysed.pop() {
                    Some(NotAnalysed { reason, .. }) => reason,
                    None if self.at == 0 => Reason::Unknown,
                    None if self.at_end() => Reason::Syntax("it ends too early".to_owned()),
                    None => {
                        let word: String = self.text(self.peek()).chars().take(40).collect();
                        Reason::Syntax(format!("unexpected `{word}`"))
                    }
                };
                Parsed::unparsed(span, reason)
            }
        }
    }

    pub(super) fn peek(&self) -> Token {
        self.nth(0)
    }

    pub(super) fn nth(&self, ahead: usize) -> Token {
        self.token(self.at + ahead)
    }

    pub(super) fn token(&self, index: usize) -> Token {
        spend(1);
        self.tokens.get(index).copied().unwrap_or(self.end)
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.source.slice(token.start, token.end)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len());
        token
    }

    /// End of the token before.
    pub(super) fn before(&self) -> usize {
        match self.at.checked_sub(1) {
            Some(index) => self.token(index).end,
            None => self.peek().start,
        }
    }

    /// From the start of the token at `index` to the end of the token before this place.
    pub(super) fn since(&self, index: usize) -> Span {
        self.source.span(self.token(index).start, self.before())
    }

    pub(super) fn token_span(&self, token: Token) -> Span {
        self.source.span(token.start, token.end)
    }

    pub(super) fn token_is(&self, index: usize, word: &str) -> bool {
        let token = self.token(index);
        token.kind == TokenKind::Word && self.text(token).eq_ignore_ascii_case(word)
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.token_is(self.at, word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    pub(super) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, word)| self.token_is(self.at + index, word))
    }

    pub(super) fn is_symbol(&self, symbol: u8) -> bool {
        self.peek().kind == TokenKind::Symbol(symbol)
    }

    pub(super) fn is_open(&self) -> bool {
        self.peek().kind == TokenKind::OpenParen
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes the words and says where they are.
    pub(super) fn take(&mut self, words: &[&str]) -> Option<Span> {
        if !self.are(words) {
            return None;
        }
        let start = self.at;
        self.at += words.len();
        Some(self.since(start))
    }

    pub(super) fn skip(&mut self, words: &[&str]) -> bool {
        self.take(words).is_some()
    }

    /// Takes the words, which must be there.
    pub(super) fn want(&mut self, word: &str) -> Option<()> {
        self.eat(word).then_some(())
    }

    /// The words, or the place after the token before where they would be.
    pub(super) fn keyword(&mut self, words: &[&str]) -> Keyword {
        match self.take(words) {
            Some(span) => Keyword::written(span),
            None => self.source.absent(self.before()),
        }
    }

    pub(super) fn symbol(&mut self, symbol: u8) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn open(&mut self) -> Option<()> {
        (self.peek().kind == TokenKind::OpenParen).then(|| self.at += 1)
    }

    pub(super) fn close(&mut self) -> Option<()> {
        (self.peek().kind == TokenKind::CloseParen).then(|| self.at += 1)
    }

    /// Index of the parenthesis that closes the one at `open`, or the number of tokens.
    pub(super) fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (index, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        spend(index - open);
                        return index;
                    }
                }
                _ => {}
            }
        }
        spend(self.tokens.len().saturating_sub(open));
        self.tokens.len()
    }

    /// Takes what stands in parentheses; gives the token indices between them.
    pub(super) fn group(&mut self) -> Option<(usize, usize)> {
        if !self.is_open() {
            return None;
        }
        let inside = self.at + 1;
        let close = self.closing(self.at);
        self.at = (close + 1).min(self.tokens.len());
        Some((inside, close))
    }

    /// What `item` reads between parentheses, separated by commas; none of them for `()`.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.open()?;
        let mut items = Vec::new();
        if self.close().is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if !self.symbol(b',') {
                break;
            }
        }
        self.close()?;
        Some(items)
    }

    /// One or more of what `item` reads, separated by commas.
    pub(super) fn commas<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.symbol(b',') {
            items.push(item(self)?);
        }
        Some(items)
    }

    /// Takes tokens up to a comma or closing parenthesis on this level, or the end; gives their words in lower case.
    pub(super) fn rest_of_item(&mut self) -> String {
        let start = self.at;
        while !self.at_end() && !self.is_symbol(b',') && self.peek().kind != TokenKind::CloseParen {
            if self.group().is_none() {
                self.at += 1;
            }
        }
        self.words(start, self.at)
    }

    /// Tokens joined by blanks, in lower case.
    pub(super) fn words(&self, start: usize, end: usize) -> String {
        let mut out = String::new();
        for index in start..end.min(self.tokens.len()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&self.text(self.token(index)).to_ascii_lowercase());
        }
        out
    }

    /// Where the text that was given ends.
    pub(super) fn end_of_text(&self) -> usize {
        self.end.end
    }

    /// Another statement of the same text.
    pub(super) fn inner(&self, start: usize, end: usize) -> Parsed {
        super::statement(self.source.deeper(), start, end)
    }
}
