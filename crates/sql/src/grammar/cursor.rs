//! A place in the tokens of a statement, for grammars that read them as a stream.

use std::collections::HashMap;

use sluice_text::Span;

use crate::Dialect;
use crate::lexer::{Delimiter, Lexer, Stop, Token, TokenKind};
use crate::model::{Keyword, NotAnalysed, Parsed, QueryFacts, Reason, Statement};

static SEMICOLON: Delimiter = Delimiter::Semicolon;

/// What the grammar of a dialect family adds to reading tokens.
pub(super) trait Grammar: Default {
    /// How deep things that [`Cursor::enter`] counts may stand in each other.
    const DEPTH: usize;

    /// Reads one statement; none where it is not known.
    fn statement(cursor: &mut Cursor<'_, Self>) -> Option<Statement>;
}

/// The tokens of a statement with a place to read from, and what was found so far.
pub(super) struct Cursor<'a, G> {
    pub(super) dialect: Dialect,
    pub(super) text: &'a str,
    pub(super) lexer: Lexer<'a>,
    /// The token to be read next.
    pub(super) token: Token,
    /// Where the last token that was read ends.
    pub(super) last: usize,
    depth: usize,
    pub(super) issues: Vec<NotAnalysed>,
    pub(super) facts: QueryFacts,
    /// Names of common table expressions in sight, lower case, with the number of their definitions.
    pub(super) ctes: HashMap<String, usize>,
    /// Number of `OR` and of `AND` (not of `BETWEEN`) so far.
    pub(super) connectives: (usize, usize),
    /// What only this grammar notes.
    pub(super) own: G,
    /// Why there are no more tokens, if not because the text ends.
    broken: Option<NotAnalysed>,
}

/// A place to come back to.
#[derive(Clone)]
pub(super) struct Place<'a> {
    lexer: Lexer<'a>,
    token: Token,
    last: usize,
}

impl<'a, G: Grammar> Cursor<'a, G> {
    pub(super) fn new(dialect: Dialect, text: &'a str, piece: Span) -> Self {
        let bytes = text.as_bytes().get(..piece.end).unwrap_or_default();
        let mut lexer = Lexer::new(dialect, bytes, &SEMICOLON, true);
        lexer.at = piece.start.min(bytes.len());
        let token = Token { kind: TokenKind::End, start: piece.start, end: piece.start };
        let mut cursor = Self {
            dialect,
            text,
            lexer,
            token,
            last: piece.start,
            depth: 0,
            issues: Vec::new(),
            facts: QueryFacts::default(),
            ctes: HashMap::new(),
            connectives: (0, 0),
            own: G::default(),
            broken: None,
        };
        cursor.pull();
        cursor
    }

    /// The statement at `piece`, which is all there is.
    pub(super) fn whole(mut self, piece: Span) -> Parsed {
        let mut parsed = self.nested();
        parsed.span = piece;
        if self.token.kind != TokenKind::End {
            let rest = Span::new(self.token.start, piece.end);
            parsed.not_analysed.push(NotAnalysed { span: rest, reason: Reason::Unknown });
        }
        parsed.not_analysed.extend(self.broken);
        parsed
    }

    /// The statement that begins here, to the next `;` or where it ends by itself.
    pub(super) fn nested(&mut self) -> Parsed {
        let start = self.token.start;
        if !self.enter() {
            self.skip_statement();
            return Parsed::unparsed(Span::new(start, self.last.max(start)), Reason::TooDeep);
        }
        let issues = std::mem::take(&mut self.issues);
        let facts = std::mem::take(&mut self.facts);
        let statement = match G::statement(self) {
            Some(statement) => statement,
            None => {
                let near = self.token_text().chars().take(40).collect::<String>();
                let reason = match self.issues.iter().find(|issue| issue.reason == Reason::TooDeep) {
                    Some(_) => Reason::TooDeep,
                    None if near.is_empty() => Reason::Syntax("the statement ends too early".to_owned()),
                    None => Reason::Syntax(format!("unexpected `{near}`")),
                };
                self.skip_statement();
                let span = Span::new(start, self.last.max(start));
                self.issues = vec![NotAnalysed { span, reason: reason.clone() }];
                Statement::Unparsed { reason }
            }
        };
        self.leave();
        self.facts = facts;
        let not_analysed = std::mem::replace(&mut self.issues, issues);
        Parsed { span: Span::new(start, self.last.max(start)), statement, not_analysed }
    }

    /// Counts a level of nesting; false where there are too many.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= G::DEPTH {
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn pull(&mut self) {
        loop {
            let token = match self.lexer.next() {
                Ok(token) => token,
                Err(stop) => {
                    self.broken.get_or_insert_with(|| trouble(stop, self.lexer.at));
                    self.lexer.at = self.lexer.bytes.len();
                    Token { kind: TokenKind::End, start: self.lexer.at, end: self.lexer.at }
                }
            };
            match token.kind {
                TokenKind::ConditionalOpen if !self.applies(token) => {
                    while let Ok(token) = self.lexer.next()
                        && !matches!(token.kind, TokenKind::ConditionalClose | TokenKind::End)
                    {
                    }
                }
                TokenKind::ConditionalOpen | TokenKind::ConditionalClose => {}
                _ => {
                    self.token = token;
                    return;
                }
            }
        }
    }

    /// Whether the newest server reads the comment that `token` opens. MariaDB leaves out what is meant for MySQL 5.7
    /// and later (manual, "Comment Syntax").
    fn applies(&self, token: Token) -> bool {
        let text = self.slice(token);
        let digits = text.trim_start_matches(['/', '*', '!', 'M']);
        let version = digits.parse::<u32>().unwrap_or(0);
        match self.dialect {
            Dialect::Mariadb if text.starts_with("/*M") => version < 990_000,
            Dialect::Mariadb => !(50_700..=99_999).contains(&version) && version < 990_000,
            _ => version < 100_000,
        }
    }

    fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.token.kind
    }

    pub(super) fn token_text(&self) -> &'a str {
        self.slice(self.token)
    }

    pub(super) fn token_span(&self) -> Span {
        Span::new(self.token.start, self.token.end)
    }

    /// From `start` to the end of what was read last.
    pub(super) fn since(&self, start: usize) -> Span {
        Span::new(start, self.last.max(start))
    }

    pub(super) fn at_end(&self) -> bool {
        matches!(self.token.kind, TokenKind::End | TokenKind::Delimiter)
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.token;
        if token.kind != TokenKind::End {
            self.last = token.end;
            self.pull();
        }
        token
    }

    pub(super) fn place(&self) -> Place<'a> {
        Place { lexer: self.lexer.clone(), token: self.token, last: self.last }
    }

    pub(super) fn go_back(&mut self, place: Place<'a>) {
        self.lexer = place.lexer;
        self.token = place.token;
        self.last = place.last;
    }

    /// The token after the next one.
    pub(super) fn peek(&mut self) -> (TokenKind, &'a str) {
        let place = self.place();
        self.advance();
        let found = (self.token.kind, self.token_text());
        self.go_back(place);
        found
    }

    pub(super) fn peek_is(&mut self, words: &[&str]) -> bool {
        let (kind, text) = self.peek();
        kind == TokenKind::Word && words.iter().any(|word| text.eq_ignore_ascii_case(word))
    }

    /// Whether `(` follows the next token.
    pub(super) fn peek_open(&mut self) -> bool {
        let rest = self.text.as_bytes().get(self.token.end..).unwrap_or_default();
        match rest.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'(') => true,
            Some(b'/' | b'-' | b'#') => self.peek().0 == TokenKind::OpenParen,
            _ => false,
        }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Word && self.token_text().eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        self.token.kind == TokenKind::Word && {
            let text = self.token_text();
            words.iter().any(|word| text.eq_ignore_ascii_case(word))
        }
    }

    pub(super) fn is_symbol(&self, symbol: u8) -> bool {
        self.token.kind == TokenKind::Symbol(symbol)
    }

    pub(super) fn is_open(&self) -> bool {
        self.token.kind == TokenKind::OpenParen
    }

    pub(super) fn is_close(&self) -> bool {
        self.token.kind == TokenKind::CloseParen
    }

    pub(super) fn accept(&mut self, word: &str) -> bool {
        let here = self.is(word);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn accept_any(&mut self, words: &[&str]) -> bool {
        let here = self.is_any(words);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn accept_symbol(&mut self, symbol: u8) -> bool {
        let here = self.is_symbol(symbol);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn accept_open(&mut self) -> bool {
        let here = self.is_open();
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn accept_close(&mut self) -> bool {
        let here = self.is_close();
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn comma(&mut self) -> bool {
        self.accept_symbol(b',')
    }

    /// Takes the word and says where it stood.
    pub(super) fn take(&mut self, word: &str) -> Option<Span> {
        self.is(word).then(|| {
            let token = self.advance();
            Span::new(token.start, token.end)
        })
    }

    /// Takes the words if they are all here, in order.
    pub(super) fn take_all(&mut self, words: &[&str]) -> Option<Span> {
        let (first, _) = words.split_first()?;
        if !self.is(first) {
            return None;
        }
        let place = self.place();
        let start = self.token.start;
        for word in words {
            if !self.accept(word) {
                self.go_back(place);
                return None;
            }
        }
        Some(self.since(start))
    }

    pub(super) fn accept_all(&mut self, words: &[&str]) -> bool {
        self.take_all(words).is_some()
    }

    /// The words where they are written, else the place directly after what was read last.
    pub(super) fn keyword(&mut self, words: &[&str]) -> Keyword {
        match self.take_all(words) {
            Some(span) => Keyword::written(span),
            None => Keyword::absent(self.last),
        }
    }

    pub(super) fn if_exists(&mut self) -> Keyword {
        self.keyword(&["if", "exists"])
    }

    pub(super) fn if_not_exists(&mut self) -> Keyword {
        self.keyword(&["if", "not", "exists"])
    }

    pub(super) fn issue(&mut self, span: Span, reason: Reason) {
        if let Some(before) = self.issues.last_mut()
            && before.reason == reason
            && before.span.end <= span.start
            && self.text.get(before.span.end..span.start).is_some_and(|gap| gap.trim().is_empty())
        {
            before.span = Span::new(before.span.start, span.end);
            return;
        }
        self.issues.push(NotAnalysed { span, reason });
    }

    /// Skips one token, or what stands in parentheses.
    pub(super) fn skip_one(&mut self) {
        if self.is_open() {
            self.skip_parens();
        } else if !self.at_end() {
            self.advance();
        }
    }

    /// Skips `( … )` with what is nested in it.
    pub(super) fn skip_parens(&mut self) {
        let mut depth = 0_usize;
        while !self.at_end() {
            match self.kind() {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips to the next comma or closing parenthesis of this level.
    pub(super) fn skip_item(&mut self) {
        while !self.at_end() && !self.is_symbol(b',') && !self.is_close() {
            self.skip_one();
        }
    }

    /// One token, or what stands in parentheses, is not known.
    pub(super) fn unknown_one(&mut self) {
        let start = self.token.start;
        self.skip_one();
        self.issue(self.since(start), Reason::Unknown);
    }

    /// From `start` to the next comma or closing parenthesis nothing is known.
    pub(super) fn unknown_item(&mut self, start: usize) {
        self.skip_item();
        let span = self.since(start);
        if !span.is_empty() {
            self.issue(span, Reason::Unknown);
        }
    }

    /// `(item, …)` from the parenthesis on; what `read` does not know is left out and said.
    pub(super) fn items<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        let mut list = Vec::new();
        self.advance();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            match read(self) {
                Some(item) => list.push(item),
                None => self.unknown_item(start),
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
        list
    }

    pub(super) fn skip_statement(&mut self) {
        while !self.at_end() {
            self.advance();
        }
    }
}

fn trouble(stop: Stop, at: usize) -> NotAnalysed {
    match stop {
        Stop::Unterminated { what, start, end } => NotAnalysed {
            span: Span::new(start, end),
            reason: Reason::Syntax(format!("{what} is never closed")),
        },
        Stop::Starved => NotAnalysed { span: Span::new(at, at), reason: Reason::Failed },
    }
}
