//! `SELECT` and `VALUES` with `WITH`, set operations, order and limit.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::lexer::TokenKind;
use crate::model::{Cte, Expr, Limit, Order, Query, QueryFacts, Reason, Statement};

impl Cursor<'_> {
    /// A query as a statement: with its facts.
    pub(super) fn query_statement(&mut self) -> Option<Statement> {
        self.query_with_facts().map(|query| Statement::Query(Box::new(query)))
    }

    /// A query that takes the facts of the statement.
    pub(super) fn query_with_facts(&mut self) -> Option<Query> {
        let mut query = self.query()?;
        query.facts = std::mem::take(&mut self.facts);
        Some(query)
    }

    /// A query; its facts go to those of the statement.
    pub(super) fn query(&mut self) -> Option<Query> {
        let start = self.token.start;
        if !self.enter() {
            while !self.at_end() && !self.is_close() {
                self.skip_one();
            }
            self.issue(self.since(start), Reason::TooDeep);
            return Some(Query::new(self.since(start), QueryFacts::default()));
        }
        self.own.queries += 1;
        let filtering = std::mem::replace(&mut self.own.filtering, false);
        let names = self.with_clause();
        let query = self.compound(start);
        self.end_with(names);
        self.own.filtering = filtering;
        self.own.queries -= 1;
        self.leave();
        query
    }

    /// `WITH [RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (query), …`; gives the names to be forgotten with
    /// [`Self::end_with`]. In SQLite every one of them may name itself.
    pub(super) fn with_clause(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.accept("with") {
            return names;
        }
        self.accept("recursive");
        loop {
            let start = self.token.start;
            let Some(name) = self.ident() else {
                self.missing("the name of a common table expression");
                break;
            };
            let key = name.text.to_ascii_lowercase();
            *self.ctes.entry(key.clone()).or_default() += 1;
            names.push(key);
            if self.is_open() {
                self.ident_list();
            }
            if !self.accept("as") {
                self.missing("`AS`");
            }
            self.accept("not");
            self.accept("materialized");
            if self.accept_open() {
                if self.query().is_none() {
                    self.missing("a query");
                }
                self.close();
            }
            self.facts.ctes.push(Cte { name, writes: None, span: self.since(start) });
            if !self.comma() {
                break;
            }
        }
        names
    }

    pub(super) fn end_with(&mut self, names: Vec<String>) {
        for name in names {
            if let Some(count) = self.ctes.get_mut(&name) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.ctes.remove(&name);
                }
            }
        }
    }

    fn compound(&mut self, start: usize) -> Option<Query> {
        let mut query = self.branch()?;
        while self.accept_any(&["union", "intersect", "except"]) {
            self.accept("all");
            self.facts.set_operations += 1;
            if self.branch().is_none() {
                self.missing("a query");
                break;
            }
        }
        if self.outermost() {
            query.order_by = self.order_by();
        } else {
            self.order_terms(false);
        }
        query.limit = self.limit();
        query.span = self.since(start);
        Some(query)
    }

    /// Whether the query that is read is not in another one, whose clauses nobody keeps.
    fn outermost(&self) -> bool {
        self.own.queries <= 1
    }

    fn branch(&mut self) -> Option<Query> {
        let start = self.token.start;
        let mut query = Query::new(Span::new(start, start), QueryFacts::default());
        if self.accept("values") {
            let (rows, _, _) = self.value_rows();
            if rows == 0 {
                self.missing("a row");
            }
            query.value_rows = Some(rows);
            query.filter_at = self.last;
            return Some(query);
        }
        if !self.accept("select") {
            return None;
        }
        query.distinct = self.take("distinct");
        self.accept("all");
        self.select_list(&mut query);
        query.filter_at = self.last;
        if self.accept("from") {
            query.has_from = true;
            self.joined_tables();
            query.filter_at = self.last;
        }
        if self.is("where") {
            query.filter_at = self.token.start;
            if self.outermost() {
                query.filter = self.filter();
            } else {
                self.advance();
                self.scan_filter();
            }
        }
        if self.accept_all(&["group", "by"]) {
            query.grouped = true;
            self.scan_list();
        }
        if self.accept("having") && self.scan().is_none() {
            self.missing("a condition");
        }
        if self.begins_windows() {
            self.advance();
            loop {
                if self.ident().is_none() || !self.accept("as") {
                    self.missing("a window");
                }
                self.window();
                if !self.comma() {
                    break;
                }
            }
        }
        query.span = self.since(start);
        Some(query)
    }

    fn select_list(&mut self, query: &mut Query) {
        loop {
            let start = self.token.start;
            if self.is_symbol(b'*') {
                self.facts.stars.push(self.token_span());
                self.advance();
                query.outputs.push(None);
            } else if self.qualified_star() {
                self.facts.stars.push(self.since(start));
                query.outputs.push(None);
            } else {
                match self.scan() {
                    Some(node) => {
                        let plain = node.column.map(|column| column.name);
                        query.outputs.push(self.alias().or(plain));
                    }
                    None => {
                        self.missing("an output column");
                        return;
                    }
                }
            }
            if !self.comma() {
                return;
            }
        }
    }

    /// `t.*`.
    fn qualified_star(&mut self) -> bool {
        if !matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName)
            || self.peek().0 != TokenKind::Symbol(b'.')
        {
            return false;
        }
        let place = self.place();
        self.advance();
        self.advance();
        if self.accept_symbol(b'*') {
            return true;
        }
        self.go_back(place);
        false
    }

    /// `ORDER BY expr [ASC|DESC] [NULLS FIRST|LAST], …`, kept.
    pub(super) fn order_by(&mut self) -> Vec<(Expr, Option<Order>)> {
        let mut keys = Vec::new();
        if !self.accept_all(&["order", "by"]) {
            return keys;
        }
        loop {
            match self.expr() {
                Some(expr) => keys.push((expr, self.order())),
                None => self.missing("an expression"),
            }
            self.nulls_first();
            if !self.comma() {
                return keys;
            }
        }
    }

    /// `ORDER BY …`, read for its facts; `required` where it must be here.
    pub(super) fn order_terms(&mut self, required: bool) -> Option<Span> {
        let start = self.token.start;
        if !self.accept_all(&["order", "by"]) {
            if required {
                self.missing("`ORDER BY`");
            }
            return None;
        }
        loop {
            if self.scan().is_none() {
                self.missing("an expression");
            }
            self.order();
            self.nulls_first();
            if !self.comma() {
                return Some(self.since(start));
            }
        }
    }

    /// `LIMIT n`, `LIMIT n OFFSET m`, `LIMIT m, n`.
    pub(super) fn limit(&mut self) -> Option<Limit> {
        let start = self.token.start;
        if !self.accept("limit") {
            return None;
        }
        let mut count = self.expr();
        let mut offset = None;
        if self.comma() {
            offset = count;
            count = self.expr();
        } else if self.accept("offset") {
            offset = self.expr();
        }
        if count.is_none() {
            self.missing("the number of `LIMIT`");
        }
        let count = count.and_then(|count| count.span.slice(self.text).parse().ok());
        Some(Limit { count, offset, span: self.since(start) })
    }
}
