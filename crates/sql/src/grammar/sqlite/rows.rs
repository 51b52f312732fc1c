//! `INSERT`, `REPLACE`, `UPDATE`, `DELETE`.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::model::{
    Assignment, ColumnRef, Delete, Expr, Ident, Insert, InsertSource, Limit, ObjectName, Statement, TableRef,
    Update, Upsert,
};

/// Of how many columns of `(a, b) = (…)` the value is kept as a whole.
const SHARED: usize = 64;

/// What stands behind the rows that are changed.
struct Tail {
    order_by: Option<Span>,
    limit: Option<Limit>,
    returning: bool,
}

impl Cursor<'_> {
    /// `OR ABORT` and so on: `(REPLACE, IGNORE)` where it is one of them.
    fn or_clause(&mut self) -> (Option<Span>, Option<Span>) {
        let start = self.token.start;
        if !self.accept("or") {
            return (None, None);
        }
        if self.accept("replace") {
            (Some(self.since(start)), None)
        } else if self.accept("ignore") {
            (None, Some(self.since(start)))
        } else {
            if !self.accept_any(&["rollback", "abort", "fail"]) {
                self.missing("what `OR` does");
            }
            (None, None)
        }
    }

    pub(super) fn insert(&mut self) -> Option<Statement> {
        let mut replace = self.take("replace");
        let mut ignore = None;
        if replace.is_none() {
            self.accept("insert");
            (replace, ignore) = self.or_clause();
        }
        if !self.accept("into") {
            return None;
        }
        let mut table = self.table_ref()?;
        if self.accept("as") {
            table.alias = self.ident();
        }
        let mut columns_span = Span::new(self.last, self.last);
        let mut columns = Vec::new();
        if self.is_open() {
            let start = self.token.start;
            columns = self.ident_list()?;
            columns_span = self.since(start);
        }
        let source = self.insert_source()?;
        let upsert = self.upsert();
        let returning = self.returning();
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Insert(Box::new(Insert {
            table,
            replace,
            ignore,
            columns,
            columns_span,
            source,
            upsert,
            overriding: false,
            returning,
            facts,
        })))
    }

    fn insert_source(&mut self) -> Option<InsertSource> {
        if self.accept_all(&["default", "values"]) {
            return Some(InsertSource::Default);
        }
        if self.is("values") {
            let place = self.place();
            self.advance();
            let (calls, parameters) = (self.facts.calls.len(), self.facts.parameters.len());
            let (ctes, reads) = (self.facts.ctes.len(), self.facts.reads.len());
            let (rows, width, span) = self.value_rows();
            if rows == 0 {
                return None;
            }
            if !self.is_any(&["union", "intersect", "except", "order", "limit"]) {
                return Some(InsertSource::Values { rows, width, span });
            }
            // `VALUES (1) UNION …` is a query.
            self.facts.calls.truncate(calls);
            self.facts.parameters.truncate(parameters);
            self.facts.ctes.truncate(ctes);
            self.facts.reads.truncate(reads);
            self.go_back(place);
        }
        if self.is_any(&["select", "with", "values"]) {
            return self.query().map(|query| InsertSource::Query(Box::new(query)));
        }
        None
    }

    /// `ON CONFLICT [(columns) [WHERE …]] DO {NOTHING|UPDATE SET …}`, several times: columns are the first one's.
    fn upsert(&mut self) -> Option<Upsert> {
        let start = self.token.start;
        let mut found: Option<Upsert> = None;
        while self.accept_all(&["on", "conflict"]) {
            let mut columns = Vec::new();
            if self.accept_open() {
                loop {
                    match self.scan() {
                        Some(node) => columns.extend(node.column.map(|column| column.name)),
                        None => self.missing("a column"),
                    }
                    self.order();
                    if !self.comma() {
                        break;
                    }
                }
                self.close();
                if self.accept("where") {
                    self.scan_filter();
                }
            }
            let mut assignments = Vec::new();
            if !self.accept("do") {
                self.missing("`DO`");
            } else if !self.accept("nothing") {
                if !self.accept_all(&["update", "set"]) {
                    self.missing("`NOTHING` or `UPDATE SET`");
                }
                assignments = self.assignments();
                if self.accept("where") {
                    self.scan_filter();
                }
            }
            let span = self.since(start);
            match &mut found {
                None => found = Some(Upsert { columns, constraint: None, assignments, span }),
                Some(upsert) => {
                    upsert.assignments.append(&mut assignments);
                    upsert.span = span;
                }
            }
        }
        found
    }

    /// `RETURNING expr [AS name], …`.
    fn returning(&mut self) -> bool {
        if !self.accept("returning") {
            return false;
        }
        loop {
            if !self.accept_symbol(b'*') {
                if self.scan().is_none() {
                    self.missing("an expression");
                    return true;
                }
                self.alias();
            }
            if !self.comma() {
                return true;
            }
        }
    }

    /// `a = 1, (b, c) = (…), …`.
    fn assignments(&mut self) -> Vec<Assignment> {
        let mut list = Vec::new();
        loop {
            let start = self.token.start;
            let columns = if self.is_open() {
                self.ident_list().unwrap_or_default()
            } else {
                self.ident().into_iter().collect()
            };
            let value = if !columns.is_empty() && self.accept_symbol(b'=') { self.expr() } else { None };
            match value {
                Some(value) => assign(&mut list, columns, value),
                None => {
                    self.missing("an assignment");
                    self.unknown_item(start);
                }
            }
            if !self.comma() {
                return list;
            }
        }
    }

    /// `[AS x] [INDEXED BY i]` behind a table that is changed.
    fn qualified(&mut self) -> Option<TableRef> {
        let mut table = self.table_ref()?;
        if self.accept("as") {
            table.alias = self.ident();
        }
        self.index_hint();
        Some(table)
    }

    fn tail(&mut self) -> Tail {
        let mut tail = Tail { order_by: None, limit: None, returning: self.returning() };
        tail.order_by = self.order_terms(false);
        tail.limit = self.limit();
        tail.returning |= self.returning();
        tail
    }

    pub(super) fn update(&mut self) -> Option<Statement> {
        self.accept("update");
        let (_, ignore) = self.or_clause();
        let table = self.qualified()?;
        if !self.accept("set") {
            return None;
        }
        let assignments = self.assignments();
        let joined = self.accept("from");
        if joined {
            self.joined_tables();
        }
        let filter_at = if self.is("where") { self.token.start } else { self.last };
        let filter = self.filter();
        let Tail { order_by, limit, returning } = self.tail();
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Update(Box::new(Update {
            tables: vec![table],
            assignments,
            filter,
            filter_at,
            order_by,
            limit,
            ignore,
            joined,
            returning,
            facts,
        })))
    }

    pub(super) fn delete(&mut self) -> Option<Statement> {
        self.accept("delete");
        if !self.accept("from") {
            return None;
        }
        let table = self.qualified()?;
        let filter_at = if self.is("where") { self.token.start } else { self.last };
        let filter = self.filter();
        let Tail { order_by, limit, returning } = self.tail();
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Delete(Box::new(Delete {
            tables: vec![table],
            filter,
            filter_at,
            order_by,
            limit,
            joined: false,
            returning,
            history: None,
            facts,
        })))
    }
}

fn assign(list: &mut Vec<Assignment>, columns: Vec<Ident>, value: Expr) {
    for (at, name) in columns.into_iter().enumerate() {
        let value = if at < SHARED { value.clone() } else { Expr::opaque(value.span) };
        let column = ColumnRef { span: name.span, table: None::<ObjectName>, name };
        list.push(Assignment { column, value });
    }
}
