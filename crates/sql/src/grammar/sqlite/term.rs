//! Terms of a condition: comparisons, `IN`, `LIKE`, `BETWEEN`, `IS`, over operands with arithmetic.

use sluice_text::Span;

use super::cursor::Cursor;
use super::expr::Node;
use super::literal::unquote;
use crate::lexer::TokenKind;
use crate::model::{Call, Comparison, Conjunct, ConjunctKind, InList, Literal, Pattern};

impl Cursor<'_> {
    /// Operands with comparisons between them, and a `NOT` before.
    pub(super) fn term(&mut self) -> Option<Node> {
        let start = self.token.start;
        let mut negated = false;
        while self.is("not") && !self.peek_is(&["null"]) {
            self.advance();
            negated = true;
        }
        let left = match self.arithmetic() {
            Some(left) => left,
            None if negated => {
                self.missing("an operand");
                Node::new(self.since(start))
            }
            None => return None,
        };
        let mut state = Comparing { left, kinds: Vec::new(), steps: 0 };
        while self.comparison(&mut state) {}
        let Comparing { mut left, mut kinds, steps } = state;
        if steps == 0 && !negated {
            if left.terms.is_empty() {
                let kind = match &left.literal {
                    Some(Literal::Boolean(true)) => ConjunctKind::AlwaysTrue,
                    Some(Literal::Number(number)) if number.parse::<f64>().is_ok_and(|it| it != 0.0) => {
                        ConjunctKind::AlwaysTrue
                    }
                    _ => ConjunctKind::Other,
                };
                left.terms = vec![Conjunct { span: left.span, kind }];
            }
            return Some(left);
        }
        let mut node = Node::new(self.since(start));
        if steps > 1 || negated || kinds.is_empty() {
            kinds = vec![ConjunctKind::Other];
        }
        node.terms = kinds.into_iter().map(|kind| Conjunct { span: node.span, kind }).collect();
        node.computes = left.computes;
        Some(node)
    }

    /// One operator of comparison with its right side; false where there is none.
    fn comparison(&mut self, state: &mut Comparing) -> bool {
        let start = self.token.start;
        if let TokenKind::Symbol(_) = self.kind() {
            let Some((operator, width)) = self.comparison_symbol() else { return false };
            for _ in 0..width {
                self.advance();
            }
            let right = self.right_side(start);
            if right.literal == Some(Literal::Null)
                && matches!(operator, Comparison::Equal | Comparison::NotEqual)
            {
                let from = state.left.span.start;
                self.facts.null_comparisons.push(self.since(from));
            }
            state.kinds = vec![compared(&state.left, operator, &right)];
            return state.step(&right);
        }
        let not = self.is("not");
        if not && !self.peek_is(&["in", "like", "glob", "regexp", "match", "between", "null"]) {
            return false;
        }
        if not {
            self.advance();
        }
        if self.accept("isnull") {
            state.kinds = null_test(&state.left, false);
        } else if self.accept("notnull") || (not && self.accept("null")) {
            state.kinds = null_test(&state.left, true);
        } else if self.accept("is") {
            let not = self.accept("not");
            let distinct = self.accept_all(&["distinct", "from"]);
            let right = self.right_side(start);
            state.kinds = match right.literal {
                // `IS DISTINCT FROM` is `IS NOT`.
                Some(Literal::Null) => null_test(&state.left, not != distinct),
                _ => vec![ConjunctKind::Other],
            };
            state.left.computes |= right.computes;
        } else if self.accept("in") {
            self.in_operand(not);
            state.kinds = vec![ConjunctKind::Other];
        } else if self.is_any(&["like", "glob", "regexp", "match"]) {
            self.pattern();
            if self.accept("escape") {
                self.right_side(start);
            }
            state.kinds = vec![ConjunctKind::Other];
        } else if self.accept("between") {
            let low = self.right_side(start);
            if !self.accept("and") {
                self.missing("`AND` of `BETWEEN`");
            }
            let high = self.right_side(start);
            let low = compared(&state.left, Comparison::GreaterOrEqual, &low);
            let high = compared(&state.left, Comparison::LessOrEqual, &high);
            let plain = !not && low != ConjunctKind::Other && high != ConjunctKind::Other;
            state.kinds = if plain { vec![low, high] } else { vec![ConjunctKind::Other] };
        } else {
            return false;
        }
        state.steps += 1;
        true
    }

    fn comparison_symbol(&self) -> Option<(Comparison, usize)> {
        let bytes = self.lexer.bytes.get(self.token.start..).unwrap_or_default();
        Some(match bytes {
            [b'=', b'=', ..] => (Comparison::Equal, 2),
            [b'=', ..] => (Comparison::Equal, 1),
            [b'!', b'=', ..] | [b'<', b'>', ..] => (Comparison::NotEqual, 2),
            [b'<', b'=', ..] => (Comparison::LessOrEqual, 2),
            [b'>', b'=', ..] => (Comparison::GreaterOrEqual, 2),
            [b'<', ..] => (Comparison::Less, 1),
            [b'>', ..] => (Comparison::Greater, 1),
            _ => return None,
        })
    }

    fn right_side(&mut self, start: usize) -> Node {
        match self.arithmetic() {
            Some(node) => node,
            None => {
                self.missing("an operand");
                Node::new(self.since(start))
            }
        }
    }

    /// `(…)`, `(SELECT …)`, `table`, `function(…)` behind `IN`.
    fn in_operand(&mut self, negated: bool) {
        let start = self.token.start;
        if !self.is_open() {
            let Some(table) = self.table_ref() else { return self.missing("the list of `IN`") };
            if self.is_open() {
                self.call(table.name);
            } else {
                self.read_table(table);
            }
            return;
        }
        if self.peek_is(&["select", "with", "values"]) {
            self.subquery();
            return;
        }
        if !self.enter() {
            self.too_deep();
            return;
        }
        self.advance();
        let (mut values, mut has_null) = (0, false);
        let before = std::mem::replace(&mut self.own.filtering, false);
        while values > 0 || !self.is_close() {
            match self.scan() {
                Some(node) => has_null |= node.literal == Some(Literal::Null),
                None => self.missing("a value"),
            }
            values += 1;
            if !self.comma() {
                break;
            }
        }
        self.own.filtering = before;
        self.close();
        self.leave();
        self.facts.in_lists.push(InList { values, negated, has_null, span: self.since(start) });
    }

    fn pattern(&mut self) {
        let (like, glob) = (self.is("like"), self.is("glob"));
        let start = self.token.start;
        self.advance();
        let text = (self.kind() == TokenKind::String).then(|| (self.token_text(), self.token_span()));
        let right = self.right_side(start);
        if let Some((text, span)) = text
            && span == right.span
            && (like || glob)
        {
            let value = unquote(text, super::literal::TEXT);
            let wild: &[char] = if like { &['%', '_'] } else { &['*', '?', '['] };
            self.facts.patterns.push(Pattern {
                leading_wildcard: value.starts_with(wild),
                literal: !value.contains(wild),
                span,
            });
        } else if !like
            && !glob
            && let Some((_, span)) = text
        {
            // What a `REGEXP` or `MATCH` means, a function of the program says.
            self.facts.patterns.push(Pattern { leading_wildcard: false, literal: false, span });
        }
    }

    /// Operands with arithmetic, concatenation and bit operators between them.
    fn arithmetic(&mut self) -> Option<Node> {
        let start = self.token.start;
        let (columns, filters) = (self.facts.columns.len(), self.facts.computed_filters.len());
        let mut node = self.operand()?;
        let mut operators = 0_usize;
        loop {
            let bytes = self.lexer.bytes.get(self.token.start..).unwrap_or_default();
            let (width, computes) = match (self.kind(), bytes) {
                (TokenKind::Symbol(_), [b'-', b'>', b'>', ..]) => (3, false),
                (TokenKind::Symbol(_), [b'-', b'>', ..]) => (2, false),
                (TokenKind::Symbol(_), [b'|', b'|', ..] | [b'<', b'<', ..] | [b'>', b'>', ..]) => (2, true),
                (TokenKind::Symbol(b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|'), _) => (1, true),
                _ => break,
            };
            for _ in 0..width {
                self.advance();
            }
            if self.operand().is_none() {
                self.missing("an operand");
            }
            operators += 1;
            if computes {
                node.computes = true;
            }
        }
        if operators == 0 {
            return Some(node);
        }
        let computes = node.computes;
        let mut node = Node::new(self.since(start));
        node.computes = computes;
        if self.own.filtering && computes && self.facts.columns.len() > columns {
            self.facts.computed_filters.truncate(filters);
            self.facts.computed_filters.push(node.span);
        }
        Some(node)
    }

    /// A call that counts as computed where a condition stands.
    pub(super) fn computed(&mut self, call: &Call, columns: usize, filters: usize) {
        if self.own.filtering && self.facts.columns.len() > columns && !call.name.name.is_word("match") {
            self.facts.computed_filters.truncate(filters);
            self.facts.computed_filters.push(call.span);
        }
    }

    /// Skips what stands in parentheses, because too much is open already.
    pub(super) fn too_deep(&mut self) -> Span {
        let start = self.token.start;
        self.skip_parens();
        let span = self.since(start);
        self.issue(span, crate::model::Reason::TooDeep);
        span
    }
}

/// A term that is being read.
struct Comparing {
    left: Node,
    kinds: Vec<ConjunctKind>,
    steps: usize,
}

impl Comparing {
    fn step(&mut self, right: &Node) -> bool {
        self.left.computes |= right.computes;
        self.steps += 1;
        true
    }
}

fn null_test(left: &Node, negated: bool) -> Vec<ConjunctKind> {
    vec![match left.column.clone() {
        Some(column) if negated => ConjunctKind::IsNotNull(column),
        Some(column) => ConjunctKind::IsNull(column),
        None => ConjunctKind::Other,
    }]
}

fn compared(left: &Node, operator: Comparison, right: &Node) -> ConjunctKind {
    match ((&left.column, &left.literal), (&right.column, &right.literal)) {
        ((Some(column), _), (_, Some(value))) => {
            ConjunctKind::Compare { column: column.clone(), operator, value: value.clone() }
        }
        ((_, Some(value)), (Some(column), _)) => {
            let operator = match operator {
                Comparison::Less => Comparison::Greater,
                Comparison::LessOrEqual => Comparison::GreaterOrEqual,
                Comparison::Greater => Comparison::Less,
                Comparison::GreaterOrEqual => Comparison::LessOrEqual,
                same => same,
            };
            ConjunctKind::Compare { column: column.clone(), operator, value: value.clone() }
        }
        // `NULL = NULL` is not true.
        ((_, Some(left)), (_, Some(right)))
            if left == right && *left != Literal::Null && operator == Comparison::Equal =>
        {
            ConjunctKind::AlwaysTrue
        }
        _ => ConjunctKind::Other,
    }
}
