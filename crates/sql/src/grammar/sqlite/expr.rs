//! Expressions: read once, without a tree, for the facts that a review needs.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::model::{ColumnRef, Condition, Conjunct, ConjunctKind, DataType, Expr, Literal, Order};

/// What is known of a part of an expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) literal: Option<Literal>,
    pub(super) column: Option<ColumnRef>,
    pub(super) cast: Option<Box<DataType>>,
    /// Terms that `AND` joins; empty where it is no condition.
    pub(super) terms: Vec<Conjunct>,
    pub(super) computes: bool,
    pub(super) parenthesised: bool,
}

impl Node {
    pub(super) fn new(span: Span) -> Self {
        Self {
            span,
            literal: None,
            column: None,
            cast: None,
            terms: Vec::new(),
            computes: false,
            parenthesised: false,
        }
    }
}

impl Cursor<'_> {
    /// An expression with what it names; none where there is no operand.
    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.expr_of(Self::scan)
    }

    /// One operand, with what it names.
    pub(super) fn operand_expr(&mut self) -> Option<Expr> {
        self.expr_of(Self::operand)
    }

    fn expr_of(&mut self, read: fn(&mut Self) -> Option<Node>) -> Option<Expr> {
        let (calls, columns) = (self.facts.calls.len(), self.facts.columns.len());
        let subqueries = self.own.subqueries.len();
        let node = read(self)?;
        let mut expr = Expr::opaque(node.span);
        expr.calls = self.facts.calls.get(calls..).unwrap_or_default().to_vec();
        expr.columns = self.facts.columns.get(columns..).unwrap_or_default().to_vec();
        expr.subqueries = self.own.subqueries.get(subqueries..).unwrap_or_default().to_vec();
        expr.literal = node.literal;
        expr.cast = node.cast;
        expr.conjuncts = node.terms;
        expr.computes = node.computes && !expr.columns.is_empty();
        expr.parenthesised = node.parenthesised;
        Some(expr)
    }

    /// `(expr)`, whose span is inside of the parentheses.
    pub(super) fn inner_expr(&mut self) -> Option<Expr> {
        if !self.accept_open() {
            return None;
        }
        let expr = self.expr()?;
        self.close();
        Some(expr)
    }

    /// Reads an expression: terms with `AND` and `OR` between them.
    pub(super) fn scan(&mut self) -> Option<Node> {
        let start = self.token.start;
        let mut node = self.term()?;
        if !self.is("and") && !self.is("or") {
            return Some(node);
        }
        let mut terms = std::mem::take(&mut node.terms);
        let (mut any, mut computes) = (false, node.computes);
        loop {
            if self.accept("and") {
                self.connectives.1 += 1;
            } else if self.accept("or") {
                self.connectives.0 += 1;
                any = true;
            } else {
                break;
            }
            match self.term() {
                Some(mut right) => {
                    computes |= right.computes;
                    terms.append(&mut right.terms);
                }
                None => {
                    self.missing("an operand");
                    break;
                }
            }
        }
        let mut node = Node::new(self.since(start));
        node.computes = computes;
        node.terms = if any { vec![Conjunct { span: node.span, kind: ConjunctKind::Other }] } else { terms };
        Some(node)
    }

    /// `expr, expr, …`; gives their number.
    pub(super) fn scan_list(&mut self) -> usize {
        let mut count = 0;
        loop {
            let start = self.token.start;
            if self.scan().is_none() {
                self.missing("an expression");
                self.unknown_item(start);
            }
            count += 1;
            if !self.comma() {
                return count;
            }
        }
    }

    /// A condition that rows are chosen by, read for its facts.
    pub(super) fn scan_filter(&mut self) {
        let before = std::mem::replace(&mut self.own.filtering, true);
        if self.scan().is_none() {
            self.missing("a condition");
        }
        self.own.filtering = before;
    }

    /// `WHERE condition`.
    pub(super) fn filter(&mut self) -> Option<Condition> {
        let start = self.token.start;
        if !self.accept("where") {
            return None;
        }
        let connectives = self.connectives;
        let before = std::mem::replace(&mut self.own.filtering, true);
        let expr = self.expr();
        self.own.filtering = before;
        let Some(expr) = expr else {
            self.missing("a condition");
            return None;
        };
        let (ors, ands) = (self.connectives.0 - connectives.0, self.connectives.1 - connectives.1);
        Some(Condition { expr, span: self.since(start), ors, ands, current_of: false })
    }

    pub(super) fn order(&mut self) -> Option<Order> {
        if self.accept("asc") {
            Some(Order::Ascending)
        } else if self.accept("desc") {
            Some(Order::Descending)
        } else {
            None
        }
    }

    /// `NULLS FIRST`, `NULLS LAST`.
    pub(super) fn nulls_first(&mut self) -> Option<bool> {
        if self.accept_all(&["nulls", "first"]) {
            Some(true)
        } else if self.accept_all(&["nulls", "last"]) {
            Some(false)
        } else {
            None
        }
    }
}
