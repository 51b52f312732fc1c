//! `FROM` with its joins, read without recursion but for subqueries.

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Call, Ident, Join, ObjectName, Reason, TableRef};

/// Words that cannot be an alias because they go on with the clause or end it.
const NO_ALIAS: &[&str] = &[
    "on",
    "before",
    "using",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "intersect",
    "except",
    "minus",
    "join",
    "inner",
    "left",
    "right",
    "cross",
    "natural",
    "straight_join",
    "set",
    "window",
    "for",
    "lock",
    "into",
    "procedure",
    "use",
    "force",
    "ignore",
    "partition",
    "fetch",
    "offset",
    "returning",
    "values",
    "value",
    "select",
    "with",
    "tablesample",
    "then",
    "do",
    "end",
    "full",
    "qualify",
    "as",
    "loop",
    "on",
];

impl Parser<'_> {
    /// A list of tables and joins, up to what ends it. Tables are added to the facts; in a statement that writes they
    /// are what is returned.
    pub(super) fn table_references(&mut self) -> Vec<TableRef> {
        let mut tables = Vec::new();
        let mut open = 0_usize;
        // Joins whose condition is still to come.
        let mut pending: Vec<usize> = Vec::new();
        loop {
            if self.at_end() {
                return tables;
            }
            if self.is_open() {
                self.advance();
                if self.begins_query() || (self.is_open() && self.parens_hold_query()) {
                    self.query();
                    self.close_or_skip();
                    self.derived_alias();
                } else {
                    open += 1;
                }
            } else if self.is_close() {
                if open == 0 {
                    return tables;
                }
                open -= 1;
                self.advance();
                // A group may have an alias nowhere, but its condition follows.
            } else if self.is_symbol(b',') {
                let span = self.token_span();
                self.advance();
                self.facts.joins.push(Join { conditional: false, span });
                pending.clear();
            } else if let Some((span, conditional)) = self.join() {
                self.facts.joins.push(Join { conditional, span });
                if !conditional {
                    pending.push(self.facts.joins.len() - 1);
                }
            } else if (self.is("on") && !self.peek_is(&["duplicate"]))
                || (self.is("using") && self.peek_open())
            {
                let on = self.is("on");
                self.advance();
                if on {
                    self.filter_expr();
                } else {
                    self.ident_list();
                }
                if let Some(join) = pending.pop().and_then(|at| self.facts.joins.get_mut(at)) {
                    join.conditional = true;
                }
            } else if self.accept("lateral") {
            } else if self.is_any(NO_ALIAS)
                || !self.is_name() && !self.is_symbol(b'{') && !self.is_symbol(b'.')
            {
                return tables;
            } else if self.is_symbol(b'{') {
                // `{ OJ … }`
                self.advance();
                self.accept("oj");
            } else if !self.table_reference(&mut tables) {
                return tables;
            }
            if self.is_symbol(b'}') {
                self.advance();
            }
        }
    }

    /// `((SELECT …) UNION …)`: looks through opening parentheses.
    fn parens_hold_query(&mut self) -> bool {
        let place = self.place();
        let mut depth = 0_usize;
        while self.is_open() && depth < 64 {
            self.advance();
            depth += 1;
        }
        let found = self.begins_query();
        self.go_back(place);
        found
    }

    pub(super) fn close_or_skip(&mut self) {
        if !self.is_close() {
            let start = self.token.start;
            while !self.at_end() && !self.is_close() {
                self.skip_one();
            }
            let span = self.since(start);
            if !span.is_empty() {
                self.issue(span, Reason::Unknown);
            }
        }
        self.accept_close();
    }

    /// `[AS] alias [(columns)]` of a derived table.
    fn derived_alias(&mut self) {
        self.alias();
        if self.is_open() {
            self.ident_list();
        }
    }

    pub(super) fn alias(&mut self) -> Option<Ident> {
        if self.accept("as") {
            return self.ident_or_string();
        }
        let name = matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName);
        if name && !self.is_any(NO_ALIAS) { self.ident() } else { None }
    }

    /// The keyword of a join and whether it needs no condition.
    fn join(&mut self) -> Option<(Span, bool)> {
        let start = self.token.start;
        if let Some(span) = self.take("straight_join").or_else(|| self.take("join")) {
            return Some((span, false));
        }
        if !self.is_any(&["natural", "inner", "cross", "left", "right", "full"]) {
            return None;
        }
        let conditional = self.is_any(&["natural", "cross"]);
        let mut words = 0;
        while words < 4 && self.accept_any(&["natural", "inner", "cross", "left", "right", "full", "outer"]) {
            words += 1;
        }
        self.accept("join");
        Some((self.since(start), conditional))
    }

    /// One table, or a table function; false where nothing could be read.
    fn table_reference(&mut self, tables: &mut Vec<TableRef>) -> bool {
        let Some(name) = self.object_name() else { return false };
        if self.is_open() {
            return self.table_function(name);
        }
        let mut table = TableRef { name, alias: None, only: false, partitions: Vec::new() };
        if self.is_symbol(b'.') {
            // `DELETE t.* FROM …`
            self.advance();
            self.accept_symbol(b'*');
        }
        if self.is("partition") && self.peek_open() {
            self.advance();
            table.partitions = self.ident_list().unwrap_or_default();
        }
        self.system_time();
        table.alias = self.alias();
        self.system_time();
        self.index_hints();
        if self.accept("tablesample") {
            while self.is_name() && !self.is_any(NO_ALIAS) || self.is_open() {
                self.skip_one();
            }
        }
        let local = table.name.qualifiers.is_empty()
            && !self.ctes.is_empty()
            && self.ctes.contains_key(&table.name.name.text.to_lowercase());
        if !local {
            tables.push(table.clone());
            self.facts.reads.push(table);
        }
        true
    }

    /// `JSON_TABLE(…)` and its kind.
    fn table_function(&mut self, name: ObjectName) -> bool {
        let start = name.span.start;
        self.advance();
        // The document is an expression; what follows is `'path' COLUMNS (…)`.
        let index = self.facts.calls.len();
        self.facts.calls.push(Call { span: name.span, name, arguments: 0, first_text: None });
        let mut arguments = 0;
        while !self.at_end() && !self.is_close() {
            let before = self.token.start;
            if !self.is_any(&["columns"]) && self.scan_expr().is_some() {
                arguments += 1;
            }
            self.comma();
            if self.token.start == before || self.is("columns") {
                self.skip_one();
            }
        }
        self.accept_close();
        let span = self.since(start);
        if let Some(call) = self.facts.calls.get_mut(index) {
            (call.arguments, call.span) = (arguments, span);
        }
        self.derived_alias();
        true
    }

    /// `FOR SYSTEM_TIME AS OF …` (MariaDB).
    fn system_time(&mut self) {
        if !self.is("for") || !self.peek_is(&["system_time"]) {
            return;
        }
        self.advance();
        self.advance();
        if self.accept("all") {
        } else if self.accept_all(&["as", "of"]) {
            self.accept_any(&["timestamp", "transaction"]);
            self.scan_expr();
        } else if self.accept_any(&["between", "from"]) {
            self.scan_expr();
            if self.accept("to") {
                self.scan_expr();
            }
        }
    }

    /// `USE INDEX (…)`, `FORCE KEY FOR JOIN (…)`.
    fn index_hints(&mut self) {
        while self.is_any(&["use", "force", "ignore"]) && self.peek_is(&["index", "key"]) {
            self.advance();
            self.advance();
            if self.accept("for") {
                let _ = self.accept("join")
                    || self.accept_all(&["order", "by"])
                    || self.accept_all(&["group", "by"]);
            }
            if self.is_open() {
                self.skip_parens();
            }
            if self.is_symbol(b',') {
                let place = self.place();
                self.advance();
                if !(self.is_any(&["use", "force", "ignore"]) && self.peek_is(&["index", "key"])) {
                    self.go_back(place);
                    return;
                }
            }
        }
    }
}
