use sluice_text::Span;

use super::parser::Parser;
use crate::model::{Condition, Expr, Limit, Order};

impl Parser<'_> {
    /// `WHERE condition`.
    pub(super) fn filter(&mut self) -> Option<Condition> {
        let start = self.token.start;
        if !self.accept("where") {
            return None;
        }
        if self.is("current") && self.peek_is(&["of"]) {
            let from = self.token.start;
            self.advance();
            self.advance();
            self.ident();
            let expr = Expr::opaque(self.since(from));
            return Some(Condition { expr, span: self.since(start), ors: 0, ands: 0, current_of: true });
        }
        let before = self.connectives;
        let expr = self.filter_expr()?;
        let (ors, ands) = (self.connectives.0 - before.0, self.connectives.1 - before.1);
        Some(Condition { expr, span: self.since(start), ors, ands, current_of: false })
    }

    /// `ORDER BY expr [ASC|DESC], …`.
    pub(super) fn order_by(&mut self) -> Option<Vec<(Expr, Option<Order>)>> {
        if !self.accept_all(&["order", "by"]) {
            return None;
        }
        let mut keys = Vec::new();
        loop {
            let start = self.token.start;
            match self.expr() {
                Some(expr) => {
                    let order = self.order();
                    keys.push((expr, order));
                }
                None => self.unknown_item(start),
            }
            if !self.comma() {
                return Some(keys);
            }
        }
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

    /// `LIMIT n`, `LIMIT m, n`, `LIMIT n OFFSET m`, `FETCH FIRST n ROWS`, `OFFSET m ROWS`, `ROWS EXAMINED n`.
    pub(super) fn limit(&mut self) -> Option<Limit> {
        let start = self.token.start;
        let mut limit = Limit { count: None, offset: None, span: Span::new(start, start) };
        let mut found = false;
        if self.is("offset") && !self.peek_open() {
            self.advance();
            limit.offset = self.expr();
            self.accept_any(&["row", "rows"]);
            found = true;
        }
        if self.is("fetch") && self.peek_is(&["first", "next"]) {
            self.advance();
            self.advance();
            limit.count =
                self.number().or_else(|| if self.is_any(&["row", "rows"]) { Some(1) } else { None });
            self.accept_any(&["row", "rows"]);
            if !self.accept("only") {
                self.accept_all(&["with", "ties"]);
            }
            found = true;
        }
        if self.accept("limit") {
            found = true;
            if !self.is("rows") {
                let mut count = self.expr();
                if self.comma() {
                    limit.offset = count;
                    count = self.expr();
                } else if self.accept("offset") {
                    limit.offset = self.expr();
                }
                limit.count = count.and_then(|count| count.span.slice(self.text).parse().ok());
            }
            if self.accept_all(&["rows", "examined"]) {
                self.expr();
            }
        }
        limit.span = self.since(start);
        found.then_some(limit)
    }
}
