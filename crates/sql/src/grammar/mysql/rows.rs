//! Statements that change rows.

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    Assignment, ColumnRef, Delete, History, Insert, InsertSource, Load, ObjectName, Statement, TableRef,
    Text, Update, Upsert,
};

const INSERT_WORDS: &[&str] = &["low_priority", "delayed", "high_priority"];

impl Parser<'_> {
    pub(super) fn insert(&mut self) -> Option<Statement> {
        let replace = self.take("replace");
        self.accept("insert");
        let mut ignore = None;
        loop {
            if let Some(span) = self.take("ignore") {
                ignore = Some(span);
            } else if !self.accept_any(INSERT_WORDS) {
                break;
            }
        }
        self.accept("into");
        let name = self.object_name()?;
        let mut table = TableRef { name, alias: None, only: false, partitions: Vec::new() };
        if self.accept("partition") {
            table.partitions = self.ident_list().unwrap_or_default();
        }
        let mut columns = Vec::new();
        let mut columns_span = Span::new(self.last, self.last);
        if self.is_open() && !self.is_query() {
            let start = self.token.start;
            columns = self.insert_columns();
            columns_span = self.since(start);
        }
        let source = self.insert_source(columns.is_empty())?;
        if self.accept("as") {
            // `AS new (a, b)`
            table.alias = table.alias.or(self.ident());
            if self.is_open() {
                self.ident_list();
            }
        }
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

    /// `(a, t.b, …)`.
    fn insert_columns(&mut self) -> Vec<crate::model::Ident> {
        self.items(|cursor| cursor.object_name().map(|name| name.name))
    }

    fn insert_source(&mut self, no_columns: bool) -> Option<InsertSource> {
        if self.accept_any(&["values", "value"]) {
            let (rows, width, span) = self.value_rows();
            if rows == 0 {
                return None;
            }
            let default = rows == 1 && width == 0 && no_columns;
            return Some(if default {
                InsertSource::Default
            } else {
                InsertSource::Values { rows, width, span }
            });
        }
        if self.accept("set") {
            return Some(InsertSource::Set(self.assignments()));
        }
        if self.accept_all(&["default", "values"]) {
            return Some(InsertSource::Default);
        }
        if self.is_query() {
            return self.query().map(|query| InsertSource::Query(Box::new(query)));
        }
        None
    }

    fn upsert(&mut self) -> Option<Upsert> {
        let start = self.token.start;
        if !self.accept_all(&["on", "duplicate", "key", "update"]) {
            return None;
        }
        let assignments = self.assignments();
        Some(Upsert { columns: Vec::new(), constraint: None, assignments, span: self.since(start) })
    }

    fn returning(&mut self) -> bool {
        if !self.accept("returning") {
            return false;
        }
        loop {
            if !self.accept_symbol(b'*') && self.scan_expr().is_none() {
                return true;
            }
            self.accept("as");
            if self.is_name() {
                self.advance();
            }
            if !self.comma() {
                return true;
            }
        }
    }

    /// `a = 1, t.b := DEFAULT, …`.
    pub(super) fn assignments(&mut self) -> Vec<Assignment> {
        let mut list = Vec::new();
        loop {
            let start = self.token.start;
            match self.assignment() {
                Some(assignment) => list.push(assignment),
                None => self.unknown_item(start),
            }
            if !self.comma() {
                return list;
            }
        }
    }

    fn assignment(&mut self) -> Option<Assignment> {
        let name = self.object_name()?;
        self.accept_symbol(b':');
        if !self.accept_symbol(b'=') {
            return None;
        }
        let column =
            ColumnRef { span: name.span, table: ObjectName::from_parts(name.qualifiers), name: name.name };
        let value = self.expr()?;
        Some(Assignment { column, value })
    }

    pub(super) fn update(&mut self) -> Option<Statement> {
        self.accept("update");
        self.accept("low_priority");
        let ignore = self.take("ignore");
        let reads = self.facts.reads.len();
        let joins = self.facts.joins.len();
        let mut tables = self.table_references();
        let joined = self.facts.joins.len() > joins;
        if !joined {
            self.facts.reads.truncate(reads);
        }
        self.portion();
        if !self.accept("set") || (tables.is_empty() && !joined) {
            return None;
        }
        let assignments = self.assignments();
        if joined {
            // Tables that no assignment names are only read.
            let named = |table: &TableRef| {
                let alias = table.alias.as_ref().unwrap_or(&table.name.name);
                assignments.iter().any(|assignment| {
                    let column = assignment.column.table.as_ref().map(|of| &of.name.text);
                    column.is_none_or(|name| name.eq_ignore_ascii_case(&alias.text))
                })
            };
            // Without any match the names are not ours to judge.
            if tables.len() < 256 && tables.iter().any(named) {
                tables.retain(named);
            }
        }
        let filter_at = if self.is("where") { self.token.start } else { self.last };
        let filter = self.filter();
        let order_by = self.order_span();
        let limit = self.limit();
        let returning = self.returning();
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Update(Box::new(Update {
            tables,
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

    fn order_span(&mut self) -> Option<Span> {
        let start = self.token.start;
        self.order_by().map(|_| self.since(start))
    }

    /// `FOR PORTION OF period FROM x TO y` (MariaDB).
    fn portion(&mut self) {
        if self.accept_all(&["for", "portion", "of"]) {
            self.ident();
            self.accept("from");
            self.scan_expr();
            self.accept("to");
            self.scan_expr();
        }
    }

    pub(super) fn delete(&mut self) -> Option<Statement> {
        self.accept("delete");
        let mut history = false;
        while self.is_any(&["low_priority", "quick", "ignore", "history"]) {
            history |= self.is("history");
            self.advance();
        }
        let (tables, joined) = if self.accept("from") {
            self.delete_from()?
        } else {
            let targets = self.delete_targets()?;
            if !self.accept("from") {
                return None;
            }
            (self.resolve(targets), true)
        };
        let bounded = self.before_system_time();
        let history = history.then_some(if bounded { History::Before } else { History::All });
        let filter_at = if self.is("where") { self.token.start } else { self.last };
        let filter = self.filter();
        let order_by = self.order_span();
        let limit = self.limit();
        let returning = self.returning();
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Delete(Box::new(Delete {
            tables,
            filter,
            filter_at,
            order_by,
            limit,
            joined,
            returning,
            history,
            facts,
        })))
    }

    /// `DELETE FROM t …`, `DELETE FROM t, u USING …`.
    fn delete_from(&mut self) -> Option<(Vec<TableRef>, bool)> {
        let mut targets = self.delete_targets()?;
        if self.accept("using") {
            return Some((self.resolve(targets), true));
        }
        let table = targets.first_mut()?;
        if self.accept("partition") {
            table.partitions = self.ident_list().unwrap_or_default();
        }
        self.portion();
        if let Some(table) = targets.first_mut() {
            table.alias = self.alias();
        }
        Some((targets, false))
    }

    /// `DELETE HISTORY FROM t BEFORE SYSTEM_TIME x` (MariaDB).
    fn before_system_time(&mut self) -> bool {
        let bounded = self.accept_all(&["before", "system_time"]);
        if bounded {
            self.accept_any(&["timestamp", "transaction"]);
            self.scan_expr();
        }
        bounded
    }

    /// `t, u.*, db.v`.
    fn delete_targets(&mut self) -> Option<Vec<TableRef>> {
        let mut targets = Vec::new();
        loop {
            let name = self.object_name()?;
            if self.accept_symbol(b'.') {
                self.accept_symbol(b'*');
            }
            targets.push(TableRef { name, alias: None, only: false, partitions: Vec::new() });
            if !self.comma() {
                return Some(targets);
            }
        }
    }

    /// Reads the tables behind `FROM` or `USING`, and says which of them the names in front mean.
    fn resolve(&mut self, targets: Vec<TableRef>) -> Vec<TableRef> {
        let tables = self.table_references();
        let by_name: std::collections::HashMap<String, &TableRef> = tables
            .iter()
            .map(|table| (table.alias.as_ref().unwrap_or(&table.name.name).text.to_lowercase(), table))
            .collect();
        let found = |target: TableRef| match by_name.get(&target.name.name.text.to_lowercase()) {
            Some(table) if target.name.qualifiers.is_empty() => (*table).clone(),
            _ => target,
        };
        targets.into_iter().map(found).collect()
    }

    /// `LOAD DATA`, `LOAD XML`.
    pub(super) fn load(&mut self) -> Option<Statement> {
        self.accept("load");
        if !self.accept_any(&["data", "xml"]) {
            return None;
        }
        self.accept_any(&["low_priority", "concurrent"]);
        let local = self.take("local");
        // MySQL 9: `FROM INFILE`, `FROM URL`, `FROM S3`.
        self.accept("from");
        self.accept_any(&["infile", "url", "s3"]);
        let file: Text = self.string()?;
        if self.accept("count") {
            self.number();
        }
        self.accept_all(&["in", "primary", "key", "order"]);
        let replace = self.take("replace");
        if replace.is_none() {
            self.accept("ignore");
        }
        self.accept("into");
        self.accept("table");
        let table = self.object_name()?;
        if self.accept("partition") {
            self.ident_list();
        }
        if self.accept_all(&["character", "set"]) || self.accept("charset") {
            self.word();
        }
        if self.accept_all(&["rows", "identified", "by"]) {
            self.string();
        }
        self.file_format();
        if self.accept("ignore") {
            self.number();
            self.accept_any(&["lines", "rows"]);
        }
        let mut columns = Vec::new();
        if self.accept_open() {
            while !self.is_close() && !self.at_end() {
                let variable = self.accept_symbol(b'@');
                match self.kind() {
                    TokenKind::Word | TokenKind::QuotedName => {
                        let name = self.ident();
                        columns.extend(name.filter(|_| !variable));
                    }
                    _ => self.unknown_one(),
                }
                self.comma();
            }
            self.accept_close();
        }
        let assignments = if self.accept("set") { self.assignments() } else { Vec::new() };
        Some(Statement::Load(Box::new(Load { table, file, local, replace, columns, assignments })))
    }
}
