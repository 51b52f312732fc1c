//! Operands: literals, columns, calls, `CASE`, `CAST`, parentheses and subqueries.

use sluice_text::Span;

use super::cursor::Cursor;
use super::expr::Node;
use super::literal::{TEXT, cut, unquote};
use crate::lexer::TokenKind;
use crate::model::{Call, ColumnRef, Ident, Literal, ObjectName};

/// Functions that are called without parentheses.
pub(super) const BARE_CALLS: &[&str] = &["current_date", "current_time", "current_timestamp"];

impl Cursor<'_> {
    /// One operand with its signs and collations; none where there is none.
    pub(super) fn operand(&mut self) -> Option<Node> {
        let start = self.token.start;
        let (mut sign, mut prefixes) = (None, 0_usize);
        loop {
            match self.kind() {
                TokenKind::Symbol(symbol @ (b'-' | b'+')) => sign = Some(symbol),
                TokenKind::Symbol(b'~') => sign = None,
                TokenKind::Word if self.is("not") => sign = None,
                _ => break,
            }
            prefixes += 1;
            self.advance();
        }
        let mut node = match self.plain_operand() {
            Some(node) => node,
            None if prefixes > 0 => {
                self.missing("an operand");
                Node::new(self.since(start))
            }
            None => return None,
        };
        if prefixes > 0 {
            node.span = self.since(start);
            node.column = None;
            node.terms.clear();
            node.literal = match (node.literal, sign) {
                (Some(Literal::Number(number)), Some(sign)) if prefixes == 1 => {
                    Some(Literal::Number(if sign == b'-' { format!("-{number}") } else { number }))
                }
                _ => None,
            };
        }
        while self.accept("collate") {
            self.own.collation = self.ident();
            if self.own.collation.is_none() {
                self.missing("a collation");
            }
            node.span = self.since(start);
            node.terms.clear();
        }
        Some(node)
    }

    fn plain_operand(&mut self) -> Option<Node> {
        if let Some(span) = self.number() {
            return Some(self.literal(span, Literal::Number));
        }
        if let Some(span) = self.parameter() {
            self.facts.parameters.push(span);
            return Some(Node::new(span));
        }
        match self.kind() {
            TokenKind::OpenParen => Some(self.group()),
            TokenKind::String => {
                let (text, span) = (self.token_text(), self.token_span());
                self.advance();
                let mut node = Node::new(span);
                node.literal = Some(Literal::Text(unquote(text, TEXT)));
                Some(node)
            }
            TokenKind::Word => self.word_operand(),
            TokenKind::QuotedName => self.column_or_call(),
            _ => None,
        }
    }

    fn literal(&self, span: Span, kind: fn(String) -> Literal) -> Node {
        let mut node = Node::new(span);
        node.literal = Some(kind(cut(span.slice(self.text))));
        node
    }

    fn word_operand(&mut self) -> Option<Node> {
        if let Some(span) = self.blob() {
            return Some(self.literal(span, Literal::Bytes));
        }
        let span = self.token_span();
        let value = if self.is("null") {
            Literal::Null
        } else if self.is_any(&["true", "false"])
            && !self.peek_open()
            && self.peek().0 != TokenKind::Symbol(b'.')
        {
            Literal::Boolean(self.is("true"))
        } else if self.is("case") {
            return Some(self.case());
        } else if self.is("exists") {
            self.advance();
            if self.is_open() {
                self.exists();
            } else {
                self.missing("the query of `EXISTS`");
            }
            return Some(Node::new(self.since(span.start)));
        } else if self.is("cast") && self.peek_open() {
            return Some(self.cast());
        } else if self.is("raise") && self.peek_open() {
            return Some(self.raise());
        } else if self.is_any(BARE_CALLS) {
            let name = ObjectName::bare(Ident::bare(self.token_text(), span));
            self.advance();
            self.facts.calls.push(Call { name, arguments: 0, first_text: None, span });
            return Some(Node::new(span));
        } else {
            return self.column_or_call();
        };
        self.advance();
        let mut node = Node::new(span);
        node.literal = Some(value);
        Some(node)
    }

    /// `column`, `t.column`, `schema.t.column`, `function(…)`.
    fn column_or_call(&mut self) -> Option<Node> {
        // `REPLACE` and the like are names, `LEFT` is one too; `IF(…)`.
        let mut parts = vec![self.ident()?];
        while parts.len() < 3 && self.accept_symbol(b'.') {
            match self.ident() {
                Some(part) => parts.push(part),
                None => {
                    self.missing("a column");
                    break;
                }
            }
        }
        let name = ObjectName::from_parts(parts)?;
        if self.is_open() && name.qualifiers.is_empty() {
            return Some(self.call(name));
        }
        let column =
            ColumnRef { span: name.span, table: ObjectName::from_parts(name.qualifiers), name: name.name };
        let mut node = Node::new(column.span);
        self.facts.columns.push(column.clone());
        node.column = Some(column);
        Some(node)
    }

    /// `(…)` behind the name of a function, with what may follow it.
    pub(super) fn call(&mut self, name: ObjectName) -> Node {
        let start = name.span.start;
        if !self.enter() {
            self.too_deep();
            return Node::new(self.since(start));
        }
        let index = self.facts.calls.len();
        let (columns, filters) = (self.facts.columns.len(), self.facts.computed_filters.len());
        self.facts.calls.push(Call { span: name.span, name, arguments: 0, first_text: None });
        let before = std::mem::replace(&mut self.own.filtering, false);
        self.advance();
        self.accept_any(&["distinct", "all"]);
        let (mut arguments, mut first) = (0, None);
        if !self.accept_symbol(b'*') {
            while arguments > 0 || !(self.is_close() || self.is("order")) {
                match self.scan() {
                    Some(Node { literal: Some(Literal::Text(text)), .. }) if arguments == 0 => {
                        first = Some(text)
                    }
                    Some(_) => {}
                    None => self.missing("an argument"),
                }
                arguments += 1;
                if !self.comma() {
                    break;
                }
            }
        }
        self.order_terms(false);
        self.close();
        self.own.filtering = before;
        let span = self.since(start);
        if let Some(call) = self.facts.calls.get_mut(index) {
            (call.arguments, call.first_text, call.span) = (arguments, first, span);
            let call = call.clone();
            self.computed(&call, columns, filters);
        }
        self.behind_call();
        self.leave();
        Node::new(self.since(start))
    }

    fn case(&mut self) -> Node {
        let start = self.token.start;
        if !self.enter() {
            let mut cases = 0_usize;
            while !self.at_end() && !self.is_close() {
                cases += usize::from(self.is("case"));
                let end = self.is("end");
                self.skip_one();
                cases -= usize::from(end && cases > 0);
                if cases == 0 {
                    break;
                }
            }
            self.issue(self.since(start), crate::model::Reason::TooDeep);
            return Node::new(self.since(start));
        }
        self.advance();
        if !self.is("when") && self.scan().is_none() {
            self.missing("an operand");
        }
        while self.accept_any(&["when", "then", "else"]) {
            if self.scan().is_none() {
                self.missing("an operand");
            }
        }
        if !self.accept("end") {
            self.missing("`END` of `CASE`");
        }
        self.leave();
        Node::new(self.since(start))
    }

    fn cast(&mut self) -> Node {
        let start = self.token.start;
        self.advance();
        if !self.enter() {
            self.too_deep();
            return Node::new(self.since(start));
        }
        self.advance();
        if self.scan().is_none() || !self.accept("as") {
            self.missing("the type of `CAST`");
        }
        let data_type = self.data_type();
        self.close();
        self.leave();
        let mut node = Node::new(self.since(start));
        if let Some(data_type) = data_type {
            self.facts.casts.push(data_type.clone());
            node.cast = Some(Box::new(data_type));
        }
        node
    }

    /// `RAISE(IGNORE)`, `RAISE(ABORT, message)` of triggers.
    fn raise(&mut self) -> Node {
        let start = self.token.start;
        let name = ObjectName::bare(Ident::bare(self.token_text(), self.token_span()));
        self.advance();
        self.advance();
        if !self.accept_any(&["ignore", "rollback", "abort", "fail"]) {
            self.missing("what `RAISE` does");
        }
        let mut arguments = 1;
        if self.comma() {
            arguments += self.scan_list();
        }
        self.close();
        let span = self.since(start);
        self.facts.calls.push(Call { name, arguments, first_text: None, span });
        Node::new(span)
    }

    /// `EXISTS (SELECT *` reads no columns.
    fn exists(&mut self) {
        let (from, stars) = (self.token.end, self.facts.stars.len());
        self.subquery();
        if let Some(star) = self.facts.stars.get(stars)
            && self.text.get(from..star.start).is_some_and(|it| it.trim().eq_ignore_ascii_case("select"))
        {
            self.facts.stars.remove(stars);
        }
    }

    /// `(query)` in an expression.
    pub(super) fn subquery(&mut self) -> Node {
        let start = self.token.start;
        if !self.enter() {
            return Node::new(self.too_deep());
        }
        self.advance();
        let from = self.token.start;
        if self.query().is_none() {
            self.missing("a query");
        }
        self.own.subqueries.push(self.since(from));
        self.close();
        self.leave();
        Node::new(self.since(start))
    }

    /// `(expr)`, `(expr, …)`, `(query)`.
    fn group(&mut self) -> Node {
        if self.peek_is(&["select", "with", "values"]) {
            return self.subquery();
        }
        let start = self.token.start;
        if !self.enter() {
            return Node::new(self.too_deep());
        }
        self.advance();
        let mut node = match self.scan() {
            Some(node) => node,
            None => {
                self.missing("an operand");
                Node::new(self.since(start))
            }
        };
        if self.comma() {
            self.scan_list();
            node = Node::new(node.span);
        }
        self.close();
        self.leave();
        node.span = self.since(start);
        node.parenthesised = true;
        node
    }
}
