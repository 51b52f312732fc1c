//! `SELECT`, `VALUES`, `TABLE` with `WITH`, set operations and parentheses.

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    Cte, Ident, ObjectName, Query, QueryFacts, QueryInto, Reason, RowLock, Statement, TableRef, Text,
};

/// Words between `SELECT` and the list.
const MODIFIERS: &[&str] = &[
    "all",
    "high_priority",
    "straight_join",
    "sql_small_result",
    "sql_big_result",
    "sql_buffer_result",
    "sql_no_cache",
    "sql_cache",
    "sql_calc_found_rows",
];

impl Parser<'_> {
    /// A query as a statement: with its facts.
    pub(super) fn query_statement(&mut self) -> Option<Statement> {
        let mut query = self.query()?;
        query.facts = std::mem::take(&mut self.facts);
        Some(Statement::Query(Box::new(query)))
    }

    /// A query whose facts are taken out of those of the statement: of a view or a table.
    pub(super) fn query_with_facts(&mut self) -> Option<Query> {
        let before = std::mem::take(&mut self.facts);
        let query = self.query();
        let facts = std::mem::replace(&mut self.facts, before);
        query.map(|query| Query { facts, ..query })
    }

    /// Whether a query begins here, in parentheses or not.
    pub(super) fn is_query(&mut self) -> bool {
        if self.is_any(&["select", "with", "values"]) || (self.is("table") && !self.peek_open()) {
            return true;
        }
        if !self.is_open() {
            return false;
        }
        let place = self.place();
        let mut depth = 0;
        while self.is_open() && depth < 64 {
            self.advance();
            depth += 1;
        }
        let found = self.is_any(&["select", "with", "values", "table"]);
        self.go_back(place);
        found
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
        let names = self.with_clause();
        let query = self.query_body(start);
        self.end_with(names);
        self.leave();
        query
    }

    /// `WITH [RECURSIVE] name [(columns)] AS (query), …`; gives the names to be forgotten with [`Self::end_with`].
    pub(super) fn with_clause(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.accept("with") {
            return names;
        }
        let recursive = self.accept("recursive");
        loop {
            let start = self.token.start;
            let Some(name) = self.ident() else { break };
            let key = name.text.to_lowercase();
            if recursive {
                self.see(&key, &mut names);
            }
            if self.is_open() {
                self.ident_list();
            }
            self.accept("as");
            if self.accept_open() {
                self.query();
                self.close_or_skip();
            }
            if self.accept("cycle") {
                while self.is_name() && !self.is("restrict") {
                    self.advance();
                    self.comma();
                }
                self.accept("restrict");
            }
            if !recursive {
                self.see(&key, &mut names);
            }
            self.facts.ctes.push(Cte { name, writes: None, span: self.since(start) });
            if !self.comma() {
                break;
            }
        }
        names
    }

    fn see(&mut self, name: &str, names: &mut Vec<String>) {
        *self.ctes.entry(name.to_owned()).or_default() += 1;
        names.push(name.to_owned());
    }

    pub(super) fn end_with(&mut self, names: Vec<String>) {
        for name in names {
            if let Some(count) = self.ctes.get_mut(&name) {
                *count -= 1;
                if *count == 0 {
                    self.ctes.remove(&name);
                }
            }
        }
    }

    fn query_body(&mut self, start: usize) -> Option<Query> {
        let mut query = self.branch()?;
        while self.is_any(&["union", "intersect", "except", "minus"]) {
            self.advance();
            self.accept_any(&["all", "distinct"]);
            self.facts.set_operations += 1;
            match self.branch() {
                Some(last) => {
                    // What stands behind the last branch belongs to all of them.
                    query.order_by = last.order_by;
                    query.limit = last.limit;
                    query.lock = query.lock.or(last.lock);
                    query.into = query.into.or(last.into);
                }
                None => self.unknown_one(),
            }
        }
        self.tail(&mut query);
        query.span = self.since(start);
        Some(query)
    }

    /// One `SELECT`, `VALUES`, `TABLE` or query in parentheses.
    fn branch(&mut self) -> Option<Query> {
        let start = self.token.start;
        let mut query = Query::new(Span::new(start, start), QueryFacts::default());
        if self.accept_open() {
            let inner = self.query()?;
            self.close_or_skip();
            return Some(inner);
        }
        if self.accept("values") {
            let (rows, _, _) = self.value_rows();
            query.value_rows = Some(rows);
            query.filter_at = self.last;
            self.tail(&mut query);
            return Some(query);
        }
        if self.accept("table") {
            let name = self.object_name()?;
            let table = TableRef { name, alias: None, only: false, partitions: Vec::new() };
            self.facts.stars.push(table.name.span);
            self.facts.reads.push(table);
            query.has_from = true;
            query.filter_at = self.last;
            self.tail(&mut query);
            return Some(query);
        }
        if !self.accept("select") {
            return None;
        }
        loop {
            if let Some(span) = self.take("distinct").or_else(|| self.take("distinctrow")) {
                query.distinct = Some(span);
            } else if !self.accept_any(MODIFIERS) {
                break;
            }
        }
        self.select_list(&mut query);
        if query.outputs.is_empty() {
            self.issue(self.here(), Reason::Syntax("`SELECT` has no columns".to_owned()));
        }
        query.into = self.query_target();
        query.filter_at = self.last;
        if self.accept("from") {
            query.has_from = !self.is("dual");
            if !self.accept("dual") {
                self.table_references();
            }
            query.filter_at = self.last;
        }
        if self.is("where") {
            query.filter_at = self.token.start;
            query.filter = self.filter();
        }
        if self.accept_all(&["group", "by"]) {
            query.grouped = true;
            self.group_by();
        }
        if self.accept("having") {
            self.scan_expr();
        }
        if self.accept("window") {
            while self.ident().is_some() {
                self.accept("as");
                self.scan_expr();
                if !self.comma() {
                    break;
                }
            }
        }
        if self.accept("qualify") {
            self.scan_expr();
        }
        self.tail(&mut query);
        query.span = self.since(start);
        Some(query)
    }

    /// `ORDER BY`, `LIMIT`, `INTO`, locks: in any order, each as often as written.
    fn tail(&mut self, query: &mut Query) {
        loop {
            if self.is("order") {
                let Some(keys) = self.order_by() else { return };
                query.order_by = keys;
            } else if self.is_any(&["limit", "fetch", "offset"]) {
                let Some(limit) = self.limit() else { return };
                query.limit = Some(limit);
            } else if self.is("into") {
                let Some(into) = self.query_target() else { return };
                query.into = Some(into);
            } else if self.accept("procedure") {
                self.scan_expr();
            } else if let Some(lock) = self.row_lock() {
                query.lock = Some(lock);
            } else {
                return;
            }
        }
    }

    fn group_by(&mut self) {
        loop {
            let start = self.token.start;
            if self.scan_expr().is_none() {
                self.unknown_item(start);
            }
            self.order();
            if !self.comma() {
                break;
            }
        }
        self.accept_all(&["with", "rollup"]);
    }

    fn select_list(&mut self, query: &mut Query) {
        loop {
            let start = self.token.start;
            if self.is_symbol(b'*') {
                self.facts.stars.push(self.token_span());
                self.advance();
                query.outputs.push(None);
            } else if self.is_any(&["from", "into", "where"]) || self.at_end() || self.is_close() {
                return;
            } else {
                let columns = self.facts.columns.len();
                if self.scan_expr().is_none() {
                    self.unknown_item(start);
                }
                // Plainly a column where that is all that was read.
                let plain = self.facts.columns.get(columns).filter(|column| column.span == self.since(start));
                let plain = plain.map(|column| column.name.clone());
                query.outputs.push(self.output_alias().or(plain));
            }
            if !self.comma() {
                return;
            }
        }
    }

    fn output_alias(&mut self) -> Option<Ident> {
        if self.accept("as") {
            return self.ident_or_string();
        }
        match self.kind() {
            TokenKind::String | TokenKind::QuotedName => self.ident_or_string(),
            TokenKind::Word
                if !self.is_any(&[
                    "from",
                    "into",
                    "where",
                    "group",
                    "having",
                    "order",
                    "limit",
                    "union",
                    "intersect",
                    "except",
                    "minus",
                    "for",
                    "lock",
                    "window",
                    "procedure",
                    "fetch",
                    "offset",
                    "on",
                    "with",
                    "qualify",
                    "do",
                    "then",
                    "end",
                    "returning",
                    "loop",
                ]) =>
            {
                self.ident()
            }
            _ => None,
        }
    }

    /// `INTO OUTFILE 'x' …`, `INTO DUMPFILE 'x'`, `INTO @a, b`.
    fn query_target(&mut self) -> Option<QueryInto> {
        if !self.accept("into") {
            return None;
        }
        if self.accept_any(&["outfile", "dumpfile"]) {
            let file = self.string().unwrap_or(Text { value: String::new(), span: self.since(self.last) });
            if self.accept_all(&["character", "set"]) || self.accept("charset") {
                self.word();
            }
            self.file_format();
            return Some(QueryInto::File(file));
        }
        let start = self.token.start;
        loop {
            while self.accept_symbol(b'@') {}
            self.ident_or_string();
            if !self.comma() {
                return Some(QueryInto::Variables(self.since(start)));
            }
        }
    }

    /// `FIELDS TERMINATED BY ',' … LINES STARTING BY 'x' …`.
    pub(super) fn file_format(&mut self) {
        while self.is_any(&["fields", "columns", "lines"]) {
            self.advance();
            while self.accept_any(&["terminated", "optionally", "enclosed", "escaped", "starting", "by"]) {
                self.string_or_binary();
            }
        }
    }

    fn string_or_binary(&mut self) {
        if self.string().is_none() && self.token_text().starts_with("0x") {
            self.advance();
        }
    }

    fn row_lock(&mut self) -> Option<RowLock> {
        let start = self.token.start;
        let exclusive = if self.accept_all(&["for", "update"]) {
            true
        } else if self.accept_all(&["for", "share"]) || self.accept_all(&["lock", "in", "share", "mode"]) {
            false
        } else {
            return None;
        };
        if self.accept("of") {
            let mut names: Vec<ObjectName> = Vec::new();
            names.extend(self.object_names().unwrap_or_default());
        }
        let no_wait = self.accept("nowait") || self.accept_all(&["skip", "locked"]);
        if self.accept("wait") {
            self.number();
        }
        Some(RowLock { exclusive, no_wait, span: self.since(start) })
    }
}
