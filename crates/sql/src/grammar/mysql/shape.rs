//! What an expression is as a whole: a literal, a cast, terms that `AND` joins.

use sluice_text::Span;

use super::literal::{is_introducer, is_number_word, unquote};
use super::name::unquote_name;
use crate::Dialect;
use crate::lexer::{Delimiter, Lexer, Token, TokenKind};
use crate::model::{
    ColumnRef, Comparison, Conjunct, ConjunctKind, DataType, Expr, Ident, Literal, ObjectName,
};

/// Longer expressions are one term that is not looked into.
const TOKENS: usize = 2048;
const TEXT: usize = 256;

struct Shape<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

/// Fills in what the tokens of `expr` say; `cast` is the first cast inside.
pub(super) fn fill(dialect: Dialect, text: &str, expr: &mut Expr, cast: Option<DataType>) {
    let delimiter = Delimiter::Semicolon;
    let bytes = text.as_bytes().get(..expr.span.end).unwrap_or_default();
    let mut lexer = Lexer::new(dialect, bytes, &delimiter, true);
    lexer.at = expr.span.start;
    lexer.lenient = true;
    let mut tokens = Vec::new();
    while let Ok(token) = lexer.next()
        && token.kind != TokenKind::End
    {
        if !matches!(token.kind, TokenKind::ConditionalOpen | TokenKind::ConditionalClose) {
            tokens.push(token);
        }
        if tokens.len() > TOKENS {
            expr.conjuncts = vec![Conjunct { span: expr.span, kind: ConjunctKind::Other }];
            return;
        }
    }
    let shape = Shape { text, tokens };
    let (start, end) = shape.strip(0, shape.tokens.len());
    expr.parenthesised = start > 0;
    expr.literal = shape.literal(start, end);
    if shape.is(start, "cast") && shape.matching(start + 1) == Some(end.saturating_sub(1)) {
        expr.cast = cast.map(Box::new);
    }
    expr.computes = shape.computes(start, end) && !expr.columns.is_empty();
    shape.conjuncts(start, end, &mut expr.conjuncts);
}

impl Shape<'_> {
    fn get(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    fn word(&self, at: usize) -> &str {
        self.get(at)
            .filter(|token| token.kind == TokenKind::Word)
            .and_then(|token| self.text.get(token.start..token.end))
            .unwrap_or_default()
    }

    fn slice(&self, at: usize) -> &str {
        self.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    fn symbol(&self, at: usize) -> Option<u8> {
        match self.get(at)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let from = self.get(start).map_or(0, |token| token.start);
        let to = self.get(end.saturating_sub(1)).map_or(from, |token| token.end);
        Span::new(from, to.max(from))
    }

    /// Where the parenthesis at `open` is closed.
    fn matching(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return (token.kind == TokenKind::CloseParen).then_some(at);
            }
        }
        None
    }

    /// Without the parentheses around all of it. `( ( ( a ) ) )` is looked through once per level, of which there
    /// are few: all of them are counted in one go.
    fn strip(&self, mut start: usize, mut end: usize) -> (usize, usize) {
        let opening = (start..end)
            .take_while(|at| self.get(*at).is_some_and(|it| it.kind == TokenKind::OpenParen))
            .count();
        // How far the depth falls inside: levels above that close at the end.
        let (mut depth, mut lowest) = (0_usize, opening);
        let closing = (start..end)
            .rev()
            .take_while(|at| self.get(*at).is_some_and(|it| it.kind == TokenKind::CloseParen))
            .count();
        for at in start..end.saturating_sub(closing) {
            match self.get(at).map(|token| token.kind) {
                Some(TokenKind::OpenParen) => depth += 1,
                Some(TokenKind::CloseParen) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if at >= start + opening {
                lowest = lowest.min(depth);
            }
        }
        let levels = lowest.min(closing).min(opening);
        start += levels;
        end = end.saturating_sub(levels).max(start);
        (start, end)
    }

    fn literal(&self, start: usize, end: usize) -> Option<Literal> {
        let mut at = start;
        let mut sign = "";
        match self.symbol(at) {
            Some(b'-') => (sign, at) = ("-", at + 1),
            Some(b'+') => at += 1,
            _ => {}
        }
        let token = self.get(at).filter(|_| at < end)?;
        let text = self.slice(at);
        let one = at + 1 == end;
        match token.kind {
            TokenKind::Number | TokenKind::Symbol(b'.') => {
                let all = (at..end).all(|at| {
                    matches!(
                        self.get(at).map(|it| it.kind),
                        Some(TokenKind::Number | TokenKind::Symbol(b'.'))
                    ) || self.word(at).starts_with(|character: char| character.is_ascii_digit())
                });
                let span = self.span(at, end);
                let written = span.slice(self.text);
                (all && !written.contains(char::is_whitespace))
                    .then(|| Literal::Number(format!("{sign}{written}")))
            }
            TokenKind::Word if text.starts_with("0x") || text.starts_with("0b") => {
                (one && is_number_word(text)).then(|| Literal::Bytes(cut(text)))
            }
            TokenKind::Word if is_number_word(text) => {
                let written = self.span(at, end).slice(self.text);
                let all = written
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
                all.then(|| Literal::Number(format!("{sign}{written}")))
            }
            _ if !sign.is_empty() => None,
            TokenKind::Word if one && text.eq_ignore_ascii_case("null") => Some(Literal::Null),
            TokenKind::Word if one && text.eq_ignore_ascii_case("true") => Some(Literal::Boolean(true)),
            TokenKind::Word if one && text.eq_ignore_ascii_case("false") => Some(Literal::Boolean(false)),
            TokenKind::Word
                if is_introducer(text) && self.kind_is(at + 1, TokenKind::String) && at + 2 == end =>
            {
                if text.eq_ignore_ascii_case("x") || text.eq_ignore_ascii_case("b") {
                    return Some(Literal::Bytes(cut(self.span(at, end).slice(self.text))));
                }
                Some(Literal::Text(unquote(self.slice(at + 1), TEXT)))
            }
            TokenKind::String if (at..end).all(|at| self.kind_is(at, TokenKind::String)) => {
                let mut value = String::new();
                for at in at..end {
                    value.push_str(&unquote(self.slice(at), TEXT.saturating_sub(value.len())));
                }
                Some(Literal::Text(value))
            }
            _ => None,
        }
    }

    fn kind_is(&self, at: usize, kind: TokenKind) -> bool {
        self.get(at).is_some_and(|token| token.kind == kind)
    }

    /// An arithmetic operator between two operands.
    fn computes(&self, start: usize, end: usize) -> bool {
        (start + 1..end).any(|at| {
            let operand = !matches!(
                self.get(at.saturating_sub(1)).map(|token| token.kind),
                Some(TokenKind::Symbol(_) | TokenKind::OpenParen)
            );
            match self.symbol(at) {
                Some(b'-') => operand && self.symbol(at + 1) != Some(b'>'),
                Some(b'+' | b'*' | b'/' | b'%' | b'^' | b'~') => operand,
                Some(b'|' | b'&') => operand && self.symbol(at + 1) != self.symbol(at),
                _ => self.is(at, "div") || self.is(at, "mod"),
            }
        })
    }

    /// Terms that `AND` joins, those in parentheses too.
    fn conjuncts(&self, start: usize, end: usize, out: &mut Vec<Conjunct>) {
        let mut work = vec![(start, end)];
        let mut budget = TOKENS * 8;
        while let Some((start, end)) = work.pop() {
            let (inner, till) = self.strip(start, end);
            budget = budget.saturating_sub(till.saturating_sub(inner) + 1);
            match self.split(inner, till) {
                Some(parts) if parts.len() > 1 && budget > 0 => work.extend(parts.into_iter().rev()),
                Some(_) if budget > 0 => {
                    let kind = self.term(inner, till);
                    let span = self.span(start, end);
                    // `c BETWEEN a AND b` is two terms.
                    if let Some((low, high)) = self.between(inner, till) {
                        out.push(Conjunct { span, kind: low });
                        out.push(Conjunct { span, kind: high });
                    } else {
                        out.push(Conjunct { span, kind });
                    }
                }
                _ => out.push(Conjunct { span: self.span(start, end), kind: ConjunctKind::Other }),
            }
        }
    }

    /// Parts between `AND`; none where `OR` is outside of them.
    fn split(&self, start: usize, end: usize) -> Option<Vec<(usize, usize)>> {
        let (mut depth, mut cases, mut between) = (0_usize, 0_usize, 0_usize);
        let mut parts = Vec::new();
        let mut from = start;
        let mut skip = 0;
        for at in start..end {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            match self.get(at).map(|token| token.kind) {
                Some(TokenKind::OpenParen) => depth += 1,
                Some(TokenKind::CloseParen) => depth = depth.saturating_sub(1),
                Some(TokenKind::Word) if self.is(at, "case") => cases += 1,
                Some(TokenKind::Word) if self.is(at, "end") => cases = cases.saturating_sub(1),
                _ if depth > 0 || cases > 0 => {}
                Some(TokenKind::Word) if self.is(at, "or") || self.is(at, "xor") => return None,
                Some(TokenKind::Symbol(b'|')) if self.symbol(at + 1) == Some(b'|') => return None,
                Some(TokenKind::Word) if self.is(at, "between") => between += 1,
                Some(TokenKind::Word) if self.is(at, "and") => {
                    if between > 0 {
                        between -= 1;
                    } else {
                        parts.push((from, at));
                        from = at + 1;
                    }
                }
                Some(TokenKind::Symbol(b'&')) if self.symbol(at + 1) == Some(b'&') => {
                    parts.push((from, at));
                    from = at + 2;
                    skip = 1;
                }
                _ => {}
            }
        }
        parts.push((from, end));
        Some(parts)
    }

    fn column(&self, start: usize, end: usize) -> Option<ColumnRef> {
        let (start, end) = self.strip(start, end);
        let mut parts = Vec::new();
        let mut at = start;
        while at < end {
            let token = self.get(at)?;
            let span = Span::new(token.start, token.end);
            match token.kind {
                TokenKind::Word if !is_number_word(self.slice(at)) => {
                    parts.push(Ident::bare(self.slice(at), span))
                }
                TokenKind::QuotedName => parts.push(Ident::quoted(unquote_name(self.slice(at)), span)),
                _ => return None,
            }
            at += 1;
            if at < end && self.symbol(at) != Some(b'.') {
                return None;
            }
            at += 1;
        }
        let name = ObjectName::from_parts(parts)?;
        let word = &name.name;
        if !word.quoted && ["null", "true", "false"].iter().any(|known| word.is_word(known)) {
            return None;
        }
        Some(ColumnRef { span: name.span, table: ObjectName::from_parts(name.qualifiers), name: name.name })
    }

    fn term(&self, start: usize, end: usize) -> ConjunctKind {
        let length = end.saturating_sub(start);
        if self.is(end.saturating_sub(1), "null") && length > 2 {
            let (is, negated) = match () {
                () if self.is(end - 2, "is") => (end - 2, false),
                () if self.is(end - 2, "not") && length > 3 && self.is(end - 3, "is") => (end - 3, true),
                () => return ConjunctKind::Other,
            };
            return match self.column(start, is) {
                Some(column) if negated => ConjunctKind::IsNotNull(column),
                Some(column) => ConjunctKind::IsNull(column),
                None => ConjunctKind::Other,
            };
        }
        match self.literal(start, end) {
            Some(Literal::Boolean(true)) => return ConjunctKind::AlwaysTrue,
            Some(Literal::Number(number)) if number.parse::<f64>().is_ok_and(|it| it != 0.0) => {
                return ConjunctKind::AlwaysTrue;
            }
            _ => {}
        }
        let mut depth = 0_usize;
        for at in start..end {
            match self.get(at).map(|token| token.kind) {
                Some(TokenKind::OpenParen) => depth += 1,
                Some(TokenKind::CloseParen) => depth = depth.saturating_sub(1),
                Some(TokenKind::Symbol(first @ (b'=' | b'<' | b'>' | b'!'))) if depth == 0 => {
                    return self.compare(start, at, first, end);
                }
                _ => {}
            }
        }
        ConjunctKind::Other
    }

    fn compare(&self, start: usize, at: usize, first: u8, end: usize) -> ConjunctKind {
        let second = self.symbol(at + 1).filter(|second| matches!(second, b'=' | b'>'));
        let (operator, width) = match (first, second) {
            (b'=', None) => (Comparison::Equal, 1),
            (b'<', Some(b'=')) if self.symbol(at + 2) == Some(b'>') => return ConjunctKind::Other,
            (b'<', Some(b'=')) => (Comparison::LessOrEqual, 2),
            (b'<', Some(_)) | (b'!', Some(b'=')) => (Comparison::NotEqual, 2),
            (b'<', None) => (Comparison::Less, 1),
            (b'>', Some(b'=')) => (Comparison::GreaterOrEqual, 2),
            (b'>', None) => (Comparison::Greater, 1),
            _ => return ConjunctKind::Other,
        };
        let right = at + width;
        let side = |start: usize, end: usize| {
            let (start, end) = self.strip(start, end);
            (self.column(start, end), self.literal(start, end))
        };
        match (side(start, at), side(right, end)) {
            ((Some(column), _), (_, Some(value))) => ConjunctKind::Compare { column, operator, value },
            ((_, Some(value)), (Some(column), _)) => {
                ConjunctKind::Compare { column, operator: turned(operator), value }
            }
            ((_, Some(left)), (_, Some(value))) if left == value && operator == Comparison::Equal => {
                ConjunctKind::AlwaysTrue
            }
            _ => ConjunctKind::Other,
        }
    }

    fn between(&self, start: usize, end: usize) -> Option<(ConjunctKind, ConjunctKind)> {
        let at = (start..end).find(|at| self.is(*at, "between"))?;
        let column = self.column(start, at)?;
        let and = (at..end).find(|at| self.is(*at, "and"))?;
        let low = self.literal(at + 1, and)?;
        let high = self.literal(and + 1, end)?;
        let term = |operator, value| ConjunctKind::Compare { column: column.clone(), operator, value };
        Some((term(Comparison::GreaterOrEqual, low), term(Comparison::LessOrEqual, high)))
    }
}

fn turned(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// At most [`TEXT`] bytes, at a border of characters.
fn cut(text: &str) -> String {
    sluice_text::cut(text, TEXT).to_owned()
}
