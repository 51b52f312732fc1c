use squawk_syntax::{SyntaxKind as S, SyntaxNode};

use super::grammar::Grammar;
use super::name::literal_value;
use super::tree;
use super::walk::{Found, Walk, cast_type, is_call_word, token};
use crate::lexer::TokenKind;
use crate::model::{Call, ColumnRef, Expr, Literal, NotAnalysed, ObjectName, QueryFacts, Reason};

/// Strings longer than this are cut in [`Literal`].
const KEPT: usize = 256;
/// Expressions of more tokens are not tried without the parser.
const SIMPLE: usize = 24;

impl Grammar<'_> {
    /// An expression up to a comma, a closing parenthesis or one of the words, all on its own level.
    pub(super) fn expr(&mut self, stops: &[&str]) -> Option<Expr> {
        let start = self.at;
        let end = self.expr_end(stops);
        if end == start {
            return None;
        }
        self.at = end;
        Some(self.lower(start, end))
    }

    /// `(expr)`; its span is inside the parentheses.
    pub(super) fn parenthesised(&mut self) -> Option<Expr> {
        let (start, end) = self.group()?;
        if start >= end || end >= self.tokens.len() {
            return None;
        }
        Some(self.lower(start, end))
    }

    fn expr_end(&self, stops: &[&str]) -> usize {
        let start = self.at;
        let mut index = start;
        let mut cases = 0_usize;
        while index < self.tokens.len() {
            let token = self.token(index);
            match token.kind {
                TokenKind::OpenParen => {
                    index = self.closing(index) + 1;
                    continue;
                }
                TokenKind::CloseParen | TokenKind::Delimiter => break,
                TokenKind::Symbol(b'[') => cases += 1,
                TokenKind::Symbol(b']') => cases = cases.saturating_sub(1),
                TokenKind::Symbol(b',') if cases == 0 => break,
                TokenKind::Word if self.token_is(index, "case") => cases += 1,
                TokenKind::Word if cases > 0 && self.token_is(index, "end") => cases -= 1,
                TokenKind::Word
                    if cases == 0
                        && index > start
                        && self.complete_before(index)
                        && stops.iter().any(|stop| self.token_is(index, stop)) =>
                {
                    break;
                }
                _ => {}
            }
            index += 1;
        }
        index.min(self.tokens.len())
    }

    /// Whether the token before `index` may end an operand.
    fn complete_before(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else { return false };
        let token = self.token(before);
        match token.kind {
            TokenKind::Symbol(b']' | b'*' | b'$') => true,
            TokenKind::Symbol(_) => false,
            TokenKind::Word => {
                const OPEN: &[&str] = &[
                    "and", "or", "not", "is", "like", "ilike", "in", "between", "distinct", "as", "to",
                    "collate",
                ];
                !OPEN.iter().any(|word| self.token_is(before, word))
            }
            _ => true,
        }
    }

    /// The expression that the tokens `start..end` are.
    pub(super) fn lower(&mut self, start: usize, end: usize) -> Expr {
        match self.simple(start, end) {
            Some(expr) => expr,
            None => self.parsed(start, end),
        }
    }

    /// [`Grammar::lower`] by the parser.
    fn parsed(&mut self, start: usize, end: usize) -> Expr {
        let (from, to) = (self.token(start).start, self.token(end - 1).end);
        let lead = "SELECT (";
        let fragment = [lead, self.source.slice(from, to), ")"].concat();
        let tokens = self.tokens.get(start..end).unwrap_or_default();
        let span = self.source.span(from, to);
        let tree = match tree::parse(&fragment, tokens, self.source.text) {
            Ok(tree) => tree,
            Err(reason) => {
                self.not_analysed.push(NotAnalysed { span, reason });
                return Expr::opaque(span);
            }
        };
        if let Some((message, ..)) = &tree.error {
            self.not_analysed.push(NotAnalysed { span, reason: Reason::Syntax(message.clone()) });
        }
        let walk = Walk { source: self.source, lead: lead.len(), from };
        let root = tree.root();
        let Some(node) = root.descendants().find(|it| it.kind() == S::TARGET) else {
            return Expr::opaque(span);
        };
        let found = walk.find(&node);
        let mut expr = self.expr_of(&walk, &node, &found, (start, end));
        expr.span = span;
        self.merge(found.facts);
        expr
    }

    /// The expression at a node of a tree; it stands at the tokens `start..end`.
    fn expr_of(
        &self,
        walk: &Walk<'_>,
        node: &SyntaxNode,
        found: &Found,
        (start, end): (usize, usize),
    ) -> Expr {
        let mut value = node.children().next();
        // One pair is ours.
        while let Some(paren) = value.as_ref().filter(|it| it.kind() == S::PAREN_EXPR) {
            value = paren.children().next();
        }
        let cast = value
            .as_ref()
            .filter(|it| it.kind() == S::CAST_EXPR)
            .and_then(cast_type)
            .and_then(|data_type| walk.grammar(&data_type).data_type());
        Expr {
            span: self.span_of(start, end),
            literal: value.as_ref().and_then(literal),
            calls: found.facts.calls.clone(),
            columns: found.facts.columns.clone(),
            cast: cast.map(Box::new),
            conjuncts: self.conjuncts(start, end),
            subqueries: found.subqueries.clone(),
            computes: found.computes,
            parenthesised: self.is_wrapped(start, end),
        }
    }

    /// The expression at a node, read anew from its tokens.
    pub(super) fn expr_at(&self, walk: &Walk<'_>, node: &SyntaxNode) -> Expr {
        let mut grammar = walk.grammar(node);
        let end = grammar.tokens.len();
        if end == 0 {
            return Expr::opaque(walk.span(node));
        }
        if let Some(expr) = grammar.simple(0, end) {
            return expr;
        }
        let found = walk.find(node);
        let cast = (node.kind() == S::CAST_EXPR).then(|| found.facts.casts.first().cloned()).flatten();
        Expr {
            span: walk.span(node),
            literal: literal(node),
            conjuncts: grammar.conjuncts(0, end),
            parenthesised: grammar.is_wrapped(0, end),
            calls: found.facts.calls,
            columns: found.facts.columns,
            cast: cast.map(Box::new),
            subqueries: found.subqueries,
            computes: found.computes,
        }
    }

    fn is_wrapped(&self, start: usize, end: usize) -> bool {
        self.token(start).kind == TokenKind::OpenParen && self.closing(start) + 1 == end
    }

    /// Literals, names and calls without arguments need no parser.
    pub(super) fn simple(&mut self, start: usize, end: usize) -> Option<Expr> {
        let at = self.at;
        self.at = start;
        let expr = self.simple_here(start, end);
        self.at = at;
        let expr = expr?;
        self.facts.calls.extend(expr.calls.iter().cloned());
        self.facts.columns.extend(expr.columns.iter().cloned());
        self.facts.casts.extend(expr.cast.as_deref().cloned());
        Some(expr)
    }

    fn simple_here(&mut self, start: usize, end: usize) -> Option<Expr> {
        if end > start + SIMPLE {
            return None;
        }
        let mut expr = Expr::opaque(self.span_of(start, end));
        let literal = self.operand(&mut expr)?;
        if self.at < end && self.is_symbol(b':') && self.nth(1).kind == TokenKind::Symbol(b':') {
            self.at += 2;
            expr.cast = Some(Box::new(self.data_type()?));
            expr.literal = literal;
        } else if self.at < end {
            self.comparisons(&mut expr, literal, end)?;
        } else {
            expr.literal = literal;
        }
        if self.at != end {
            return None;
        }
        expr.conjuncts = self.conjuncts(start, end);
        Some(expr)
    }

    /// `= b AND c < d …`, from the first operator on. With `NULL`, it is not simple.
    fn comparisons(&mut self, expr: &mut Expr, first: Option<Literal>, end: usize) -> Option<()> {
        let is_null = |literal: &Option<Literal>| *literal == Some(Literal::Null);
        let mut left = first;
        loop {
            self.comparison()?;
            let right = self.operand(expr)?;
            if is_null(&left) || is_null(&right) {
                return None;
            }
            if self.at == end {
                return Some(());
            }
            self.want("and")?;
            left = self.operand(expr)?;
        }
    }

    /// One of the operators that compare.
    fn comparison(&mut self) -> Option<()> {
        let first = self.peek();
        let mut to = first.start;
        while let TokenKind::Symbol(b'<' | b'>' | b'=' | b'!') = self.peek().kind
            && self.peek().start == to
        {
            to = self.advance().end;
        }
        // `=@` and the like are operators of their own.
        let goes_on = self.peek().start == to
            && matches!(
                self.peek().kind,
                TokenKind::Symbol(b'*' | b'/' | b'~' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' | b'`' | b'?')
            );
        let operator = self.source.slice(first.start, to);
        (!goes_on && ["=", "<", ">", "<=", ">=", "<>", "!="].contains(&operator)).then_some(())
    }

    /// A literal, which is returned, or a name or a call without arguments, which are noted.
    fn operand(&mut self, expr: &mut Expr) -> Option<Option<Literal>> {
        let start = self.at;
        if let Some(literal) = self.literal() {
            return Some(Some(literal));
        }
        let name = self.name()?;
        let span = name.span;
        if self.is_open() {
            self.at += 1;
            self.close()?;
            let span = self.since(start);
            expr.calls.push(Call { name, arguments: 0, first_text: None, span });
        } else if name.qualifiers.is_empty() && !name.name.quoted && is_call_word(&name.name.text) {
            expr.calls.push(Call { name, arguments: 0, first_text: None, span });
        } else if !name.name.quoted && is_reserved(&name.name.text) {
            return None;
        } else {
            let table = ObjectName::from_parts(name.qualifiers);
            expr.columns.push(ColumnRef { table, name: name.name, span });
        }
        Some(None)
    }

    /// A value written down at this place, sign included.
    pub(super) fn literal(&mut self) -> Option<Literal> {
        let start = self.at;
        let literal = self.literal_here();
        if literal.is_none() {
            self.at = start;
        }
        literal
    }

    fn literal_here(&mut self) -> Option<Literal> {
        let negative = self.symbol(b'-');
        let signed = negative || self.symbol(b'+');
        let token = self.peek();
        let fraction = token.kind == TokenKind::Symbol(b'.');
        if token.kind == TokenKind::Number || (fraction && self.nth(1).kind == TokenKind::Number) {
            let from = token.start;
            let mut to = from;
            // `1.5e-3` is several tokens.
            while self.peek().start == to || to == from {
                let part = self.peek();
                let exponent = self.source.slice(to.saturating_sub(1), to).eq_ignore_ascii_case("e");
                let goes_on = match part.kind {
                    TokenKind::Number | TokenKind::Symbol(b'.') => true,
                    TokenKind::Word => to > from,
                    TokenKind::Symbol(b'+' | b'-') => {
                        exponent && to > from && !self.source.slice(from, to).starts_with("0x")
                    }
                    _ => false,
                };
                if !goes_on || part.start == part.end {
                    break;
                }
                to = part.end;
                self.at += 1;
            }
            let mut text = String::new();
            if negative {
                text.push('-');
            }
            text.push_str(self.source.slice(from, to));
            return Some(Literal::Number(text));
        }
        if signed {
            return None;
        }
        if self.is_string() {
            let bits = self.prefixed_string() == Some(1) && !self.is("n");
            let text = self.string()?;
            let kept = |text: &str| cut(text).to_owned();
            return Some(if bits {
                Literal::Bytes(kept(self.source.slice(token.start, self.before())))
            } else {
                Literal::Text(kept(&text.value))
            });
        }
        let literal = match () {
            () if self.is("null") => Literal::Null,
            () if self.is("true") => Literal::Boolean(true),
            () if self.is("false") => Literal::Boolean(false),
            () => return None,
        };
        self.at += 1;
        Some(literal)
    }

    pub(super) fn merge(&mut self, facts: QueryFacts) {
        let own = &mut self.facts;
        own.reads.extend(facts.reads);
        own.calls.extend(facts.calls);
        own.columns.extend(facts.columns);
        own.stars.extend(facts.stars);
        own.joins.extend(facts.joins);
        own.in_lists.extend(facts.in_lists);
        own.patterns.extend(facts.patterns);
        own.null_comparisons.extend(facts.null_comparisons);
        own.computed_filters.extend(facts.computed_filters);
        own.set_operations += facts.set_operations;
        own.parameters.extend(facts.parameters);
        own.ctes.extend(facts.ctes);
        own.casts.extend(facts.casts);
    }
}

fn is_reserved(word: &str) -> bool {
    [
        "default",
        "array",
        "row",
        "case",
        "not",
        "select",
        "interval",
        "date",
        "timestamp",
        "time",
        "from",
        "exists",
    ]
    .iter()
    .any(|it| word.eq_ignore_ascii_case(it))
}

fn cut(text: &str) -> &str {
    sluice_text::cut(text, KEPT)
}

/// The value of a node that is one literal: in parentheses, signed or cast.
fn literal(node: &SyntaxNode) -> Option<Literal> {
    let mut node = node.clone();
    loop {
        match node.kind() {
            S::PAREN_EXPR => node = node.children().next()?,
            S::CAST_EXPR => {
                node = node.children().find(|it| {
                    matches!(it.kind(), S::LITERAL | S::PAREN_EXPR | S::PREFIX_EXPR | S::CAST_EXPR)
                })?;
            }
            S::PREFIX_EXPR if token(&node, S::MINUS).is_some() => {
                return match literal(&node.children().next()?)? {
                    Literal::Number(number) => Some(Literal::Number(format!("-{number}"))),
                    _ => None,
                };
            }
            S::LITERAL => break,
            _ => return None,
        }
    }
    let token = node.first_token()?;
    let text = token.text();
    match token.kind() {
        S::NULL_KW => Some(Literal::Null),
        S::TRUE_KW => Some(Literal::Boolean(true)),
        S::FALSE_KW => Some(Literal::Boolean(false)),
        S::INT_NUMBER | S::NUMERIC_NUMBER => Some(Literal::Number(cut(text).to_owned())),
        S::STRING | S::ESC_STRING | S::DOLLAR_QUOTED_STRING => {
            Some(Literal::Text(cut(&literal_value(text)).to_owned()))
        }
        S::BIT_STRING | S::BYTE_STRING => Some(Literal::Bytes(cut(text).to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::{Place, Source};
    use super::*;

    /// The fast way is an optimisation: nobody may see a difference.
    #[test]
    fn simple_expressions_say_what_the_parser_says() {
        let texts = [
            "1",
            "-1.5e3",
            "'it''s'",
            "true",
            "NULL",
            "a",
            "t.a",
            "\"A b\"",
            "now()",
            "current_timestamp",
            "a::text",
            "'1'::integer",
            "a = 1",
            "a=1",
            "a = -1",
            "a<>'x'",
            "t.a >= 0 AND t.b != 2.5",
            "a < b",
            "1 = a",
            "a = current_user and b = now()",
            "key = 'k' AND \"Value\" <= 'x' AND c > 1e3",
            "a = true",
            // What the fast way leaves to the parser.
            "a = NULL",
            "a @> b",
            "a =@ b",
            "a = b::text",
            "a = 1 OR b = 2",
            "NOT a",
            "a LIKE 'x%'",
            "a + 1 > 2",
            "a IN (1, 2)",
            "a BETWEEN 1 AND 2",
            "(a = 1)",
            "a = (1)",
            "lower(a) = 'x'",
            "a IS NULL",
            "a = ANY (b)",
        ];
        for text in texts {
            let source = Source { text, place: Place::At(0), depth: 0 };
            let grammar = || Grammar::new(source, 0, text.len());
            let (mut fast, mut slow) = (grammar(), grammar());
            let end = fast.tokens.len();
            let (left, right) = (fast.lower(0, end), slow.parsed(0, end));
            assert_eq!(format!("{left:?}"), format!("{right:?}"), "{text}");
            assert_eq!(format!("{:?}", fast.facts), format!("{:?}", slow.facts), "{text}");
            assert_eq!(fast.not_analysed, slow.not_analysed, "{text}");
        }
    }
}
