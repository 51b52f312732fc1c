//! Programs in strings: SQL and PL/pgSQL.

use super::grammar::{DEPTH, Grammar};
use super::name::{dollar_tag, literal_value};
use super::source::{Place, Source};
use crate::Dialect;
use crate::lexer::{Token, TokenKind};
use crate::model::{Body, DynamicSql, Expr, Literal, Text};

/// The program that the string `token` holds.
pub(super) fn read(source: Source<'_>, token: Token, language: &str) -> Body {
    let text = source.slice(token.start, token.end);
    let (lead, tail) = match token.kind {
        TokenKind::DollarString => (dollar_tag(text), dollar_tag(text)),
        _ if text.starts_with(['e', 'E']) => (2, 1),
        _ => (1, 1),
    };
    let inside = source.slice(token.start + lead, token.end.saturating_sub(tail));
    let verbatim = matches!(token.kind, TokenKind::DollarString) || !inside.contains(['\'', '\\']);
    let span = source.span(token.start + lead, token.end.saturating_sub(tail));
    let mut body = Body {
        span,
        language: language.to_owned(),
        verbatim: verbatim && matches!(source.place, Place::At(_)),
        statements: Vec::new(),
        dynamic: Vec::new(),
        analysed: false,
    };
    if source.depth >= DEPTH || !matches!(language, "sql" | "plpgsql") {
        return body;
    }
    let decoded;
    let (text, place) = if verbatim {
        let place = match source.place {
            Place::At(base) => Place::At(base + token.start + lead),
            Place::Whole(span) => Place::Whole(span),
        };
        (inside, place)
    } else {
        decoded = literal_value(text);
        (decoded.as_str(), Place::Whole(span))
    };
    let source = Source { text, place, depth: source.depth + 1 };
    if language == "sql" {
        sql(source, &mut body);
    } else {
        plpgsql(source, &mut body);
    }
    body.analysed = body
        .statements
        .iter()
        .all(|statement| statement.not_analysed.iter().all(|it| it.reason == crate::model::Reason::Dynamic));
    body
}

fn sql(source: Source<'_>, body: &mut Body) {
    let Ok(pieces) = crate::split(Dialect::Postgres, source.text) else { return };
    for piece in pieces.iter().filter(|piece| !piece.body.is_empty()) {
        body.statements.push(super::statement(source, piece.body.start, piece.body.end));
    }
}

/// Finds the SQL in a PL/pgSQL program. `PERFORM` becomes `SELECT` and `INTO …` blanks, byte for byte, so that what
/// is left is SQL with its places.
fn plpgsql(source: Source<'_>, body: &mut Body) {
    let grammar = Grammar::new(source, 0, source.text.len());
    let text = sql_text(&grammar);
    let source = Source { text: &text, ..source };
    let mut block = Block { grammar: Grammar::new(source, 0, text.len()), body };
    block.run();
}

/// The same text, of the same length, without the words that SQL does not have.
fn sql_text(grammar: &Grammar<'_>) -> String {
    let mut text = grammar.source.text.to_owned();
    let mut blank = |start: usize, end: usize, with: &str| {
        let old = text.get(start..end).unwrap_or_default();
        let mut new = with.to_owned();
        // Letters of several bytes become as many blanks.
        while new.len() < old.len() {
            new.push(' ');
        }
        text.replace_range(start..start + new.len(), &new);
    };
    let mut index = 0;
    // `#variable_conflict use_column`: the options of a program are its first lines.
    while index < grammar.tokens.len() && grammar.token(index).kind == TokenKind::Symbol(b'#') {
        blank(grammar.token(index).start, grammar.token(index + 2).end, "");
        index += 3;
    }
    let mut before_into = false;
    while index < grammar.tokens.len() {
        let token = grammar.token(index);
        if grammar.token_is(index, "perform") && starts_statement(grammar, index) {
            blank(token.start, token.end, "SELECT ");
        }
        before_into |=
            ["select", "returning", "fetch", "values"].iter().any(|word| grammar.token_is(index, word));
        if token.kind == TokenKind::Delimiter {
            before_into = false;
        }
        let named = index > 0 && ["insert", "merge"].iter().any(|word| grammar.token_is(index - 1, word));
        if grammar.token_is(index, "into") && !named && before_into && !in_dynamic(grammar, index) {
            let mut end = index + 1;
            if grammar.token_is(end, "strict") {
                end += 1;
            }
            end = targets_end(grammar, end);
            let last = grammar.token(end - 1).end;
            blank(token.start, last, "");
            index = end;
            continue;
        }
        index += 1;
    }
    text
}

/// `EXECUTE … INTO x` is no SQL at all.
fn in_dynamic(grammar: &Grammar<'_>, index: usize) -> bool {
    let mut at = index;
    while let Some(before) = at.checked_sub(1) {
        if grammar.token(before).kind == TokenKind::Delimiter {
            return false;
        }
        if grammar.token_is(before, "execute") {
            return true;
        }
        at = before;
        if index - at > 200 {
            return false;
        }
    }
    false
}

/// Behind `a, b.c, d[1]`.
fn targets_end(grammar: &Grammar<'_>, mut index: usize) -> usize {
    loop {
        if !matches!(grammar.token(index).kind, TokenKind::Word | TokenKind::QuotedName) {
            return index;
        }
        index += 1;
        while matches!(grammar.token(index).kind, TokenKind::Symbol(b'.' | b'[')) {
            let bracket = grammar.token(index).kind == TokenKind::Symbol(b'[');
            index += 2;
            while bracket
                && index < grammar.tokens.len()
                && grammar.token(index - 1).kind != TokenKind::Symbol(b']')
            {
                index += 1;
            }
        }
        if grammar.token(index).kind != TokenKind::Symbol(b',') {
            return index;
        }
        index += 1;
    }
}

fn starts_statement(grammar: &Grammar<'_>, index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return true };
    matches!(grammar.token(before).kind, TokenKind::Delimiter | TokenKind::Symbol(b'>'))
        || ["begin", "then", "else", "loop"].iter().any(|word| grammar.token_is(before, word))
}

struct Block<'g, 'a> {
    grammar: Grammar<'a>,
    body: &'g mut Body,
}

impl Block<'_, '_> {
    fn run(&mut self) {
        let mut declares = false;
        while !self.grammar.at_end() {
            let before = self.grammar.at;
            if self.grammar.is("declare") {
                declares = true;
                self.grammar.at += 1;
            } else if self.grammar.is("begin") {
                declares = false;
                self.grammar.at += 1;
            } else if declares {
                self.declaration();
            } else {
                self.statement();
            }
            if self.grammar.at == before {
                self.grammar.at += 1;
            }
        }
    }

    fn declaration(&mut self) {
        let start = self.grammar.at;
        let end = self.end(&[]);
        let bound = (start..end).find(|index| {
            ["for", "is"].iter().any(|word| self.grammar.token_is(*index, word))
                && self.grammar.token_is(index + 1, "select")
        });
        match bound {
            Some(index) => self.sql(index + 1, end),
            None => self.subqueries(start, end),
        }
        self.grammar.at = end + 1;
    }

    /// Index of the `;` or word that ends what begins here.
    fn end(&self, words: &[&str]) -> usize {
        let grammar = &self.grammar;
        let mut index = grammar.at;
        let mut cases = 0_usize;
        while index < grammar.tokens.len() {
            match grammar.token(index).kind {
                TokenKind::OpenParen => {
                    index = grammar.closing(index) + 1;
                    continue;
                }
                TokenKind::Delimiter => return index,
                TokenKind::Word => {
                    if grammar.token_is(index, "case") {
                        cases += 1;
                    } else if cases > 0 && grammar.token_is(index, "end") {
                        cases -= 1;
                    } else if cases == 0 && words.iter().any(|word| grammar.token_is(index, word)) {
                        return index;
                    }
                }
                _ => {}
            }
            index += 1;
        }
        index.min(grammar.tokens.len())
    }

    fn statement(&mut self) {
        let grammar = &mut self.grammar;
        if grammar.symbol(b'<') {
            // A label: `<<name>>`.
            while !grammar.at_end() && !grammar.symbol(b'>') {
                grammar.at += 1;
            }
            grammar.symbol(b'>');
        } else if grammar.is_any(&["end", "exception", "else", "loop"])
            || grammar.peek().kind == TokenKind::Delimiter
        {
            let block = grammar.is("end");
            grammar.at += 1;
            if block {
                let end = self.end(&[]);
                self.grammar.at = end + 1;
            }
        } else if grammar.is_any(&["if", "elsif", "elseif", "while", "case", "when"]) {
            let case = grammar.is("case");
            grammar.at += 1;
            let start = grammar.at;
            let end = if case { self.end(&["when"]) } else { self.end(&["then", "loop"]) };
            self.subqueries(start, end);
            self.grammar.at = if case { end } else { end + 1 };
        } else if grammar.is_any(&["for", "foreach"]) {
            self.loop_head();
        } else if grammar.is("return") {
            self.returned();
        } else if grammar.is("open") {
            let end = self.end(&[]);
            let start = self.grammar.at;
            let query = (start..end).find(|index| self.grammar.token_is(*index, "for"));
            match query {
                Some(index) if self.grammar.token_is(index + 1, "execute") => self.dynamic(index + 1, end),
                Some(index) => self.sql(index + 1, end),
                None => self.subqueries(start, end),
            }
            self.grammar.at = end + 1;
        } else if grammar.is("execute") {
            let start = grammar.at;
            let end = self.end(&[]);
            self.dynamic(start, end);
            self.grammar.at = end + 1;
        } else {
            let start = grammar.at;
            let end = self.end(&[]);
            const OWN: &[&str] =
                &["raise", "get", "exit", "continue", "null", "assert", "fetch", "move", "close"];
            if OWN.iter().any(|word| self.grammar.token_is(start, word)) || self.assigns(start) {
                self.subqueries(start, end);
            } else {
                self.sql(start, end);
            }
            self.grammar.at = end + 1;
        }
    }

    /// `x := …`, `x.y = …`, `x[1] := …`, `$1 := …`.
    fn assigns(&self, start: usize) -> bool {
        let grammar = &self.grammar;
        let mut index = start;
        let names = [TokenKind::Word, TokenKind::QuotedName, TokenKind::Symbol(b'$')];
        if !names.contains(&grammar.token(index).kind) {
            return false;
        }
        index += 1;
        while matches!(grammar.token(index).kind, TokenKind::Symbol(b'.' | b'[')) {
            while grammar.token(index).kind == TokenKind::Symbol(b'[') {
                while index < grammar.tokens.len() && grammar.token(index).kind != TokenKind::Symbol(b']') {
                    index += 1;
                }
                index += 1;
            }
            if grammar.token(index).kind == TokenKind::Symbol(b'.') {
                index += 2;
            }
        }
        let symbol = |at: usize| grammar.token(at).kind;
        symbol(index) == TokenKind::Symbol(b'=')
            || (symbol(index) == TokenKind::Symbol(b':') && symbol(index + 1) == TokenKind::Symbol(b'='))
    }

    /// `FOR x IN query LOOP`, `FOR x IN EXECUTE … LOOP`, `FOR x IN 1..n LOOP`.
    fn loop_head(&mut self) {
        let end = self.end(&["loop"]);
        let start = self.grammar.at;
        let within = (start..end).find(|index| self.grammar.token_is(*index, "in"));
        match within.map(|index| index + 1) {
            Some(from) if self.grammar.token_is(from, "execute") => self.dynamic(from, end),
            Some(from)
                if ["select", "with", "insert", "update", "delete", "values", "table"]
                    .iter()
                    .any(|word| self.grammar.token_is(from, word)) =>
            {
                self.sql(from, end);
            }
            _ => self.subqueries(start, end),
        }
        self.grammar.at = end + 1;
    }

    fn returned(&mut self) {
        let start = self.grammar.at + 1;
        let end = self.end(&[]);
        if self.grammar.token_is(start, "query") {
            if self.grammar.token_is(start + 1, "execute") {
                self.dynamic(start + 1, end);
            } else {
                self.sql(start + 1, end);
            }
        } else {
            self.subqueries(start, end);
        }
        self.grammar.at = end + 1;
    }

    fn sql(&mut self, start: usize, end: usize) {
        if start < end {
            let (from, to) = (self.grammar.token(start).start, self.grammar.token(end - 1).end);
            self.body.statements.push(super::statement(self.grammar.source, from, to));
        }
    }

    /// Queries in the parentheses of an expression.
    fn subqueries(&mut self, start: usize, end: usize) {
        let mut index = start;
        while index < end {
            let opens = self.grammar.token(index).kind == TokenKind::OpenParen;
            if opens && ["select", "with"].iter().any(|word| self.grammar.token_is(index + 1, word)) {
                let close = self.grammar.closing(index).min(end);
                self.sql(index + 1, close);
                index = close;
            }
            index += 1;
        }
    }

    fn dynamic(&mut self, start: usize, end: usize) {
        let mut grammar = Grammar::new(
            self.grammar.source,
            self.grammar.token(start).start,
            self.grammar.token(end.max(start + 1) - 1).end,
        );
        let span = grammar.span_of(0, grammar.tokens.len());
        grammar.at = 1;
        let expr: Option<Expr> = grammar.expr(&["into", "using"]);
        let literal = expr.and_then(|expr| match expr.literal {
            Some(Literal::Text(_)) => {
                let mut inner = Grammar::new(grammar.source, grammar.token(1).start, grammar.token(1).end);
                inner.string().map(|text| Text { span: expr.span, ..text })
            }
            _ => None,
        });
        self.subqueries(start, end);
        if literal.is_some() {
            // Nothing is put together: what the string says is what runs.
            let program = read(grammar.source, grammar.token(1), "sql");
            self.body.statements.extend(program.statements);
        }
        self.body.dynamic.push(DynamicSql { span, literal });
    }
}
