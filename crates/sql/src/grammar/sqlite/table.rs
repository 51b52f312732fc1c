//! `CREATE TABLE`.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::model::{
    CreateTable, Expr, Ident, NamedOption, OnlineOptions, Query, Reason, Statement, TableElement,
    TableOption, TableOptionKind,
};

impl Cursor<'_> {
    pub(super) fn create_table(&mut self, temporary: Option<Span>) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut query: Option<Box<Query>> = None;
        let (mut elements, mut options) = (Vec::new(), Vec::new());
        let mut elements_span = Span::new(self.last, self.last);
        if self.accept("as") {
            query = Some(Box::new(self.query_with_facts()?));
        } else {
            let start = self.token.start;
            if !self.accept_open() {
                return None;
            }
            elements = self.table_elements();
            elements_span = self.since(start);
            options = self.table_options();
        }
        Some(Statement::CreateTable(Box::new(CreateTable {
            name,
            temporary,
            unlogged: None,
            or_replace: None,
            if_not_exists,
            elements,
            elements_span,
            options,
            inherits: Vec::new(),
            partition_of: None,
            partition_by: None,
            of_type: None,
            query,
            no_data: false,
            external: None,
            online: OnlineOptions::none(self.last),
        })))
    }

    /// Columns, then constraints, between which SQLite needs no commas (parse.y, `tconscomma`).
    fn table_elements(&mut self) -> Vec<TableElement> {
        let mut elements = Vec::new();
        loop {
            let start = self.token.start;
            let constraint = self.is_any(&["constraint", "primary", "unique", "check", "foreign"]);
            let element = if constraint {
                self.table_constraint().map(TableElement::Constraint)
            } else {
                self.column_def().map(TableElement::Column)
            };
            match element {
                Some(element) => elements.push(element),
                None => {
                    self.missing("a column or constraint");
                    self.unknown_item(start);
                }
            }
            if self.comma() {
                continue;
            }
            if self.is_close() || self.at_end() {
                self.close();
                return elements;
            }
            if !(constraint && self.is_any(&["constraint", "primary", "unique", "check", "foreign"])) {
                self.unknown_item(self.token.start);
                if !self.comma() {
                    self.close();
                    return elements;
                }
            }
        }
    }

    /// `STRICT`, `WITHOUT ROWID`, with commas.
    fn table_options(&mut self) -> Vec<TableOption> {
        let mut options = Vec::new();
        if self.at_end() {
            return options;
        }
        loop {
            let start = self.token.start;
            let kind = if self.accept_all(&["without", "rowid"]) {
                TableOptionKind::WithoutRowid
            } else if self.accept("strict") {
                TableOptionKind::Strict
            } else {
                self.unknown_item(start);
                if !self.comma() {
                    return options;
                }
                continue;
            };
            options.push(TableOption { kind, span: self.since(start) });
            if !self.comma() {
                return options;
            }
        }
    }

    /// `ON CONFLICT action`.
    pub(super) fn on_conflict(&mut self) -> Option<NamedOption> {
        let start = self.token.start;
        let written = self.take_all(&["on", "conflict"])?;
        let name = Ident::bare("ON CONFLICT", written);
        let action = self.token_span();
        if !self.accept_any(&["rollback", "abort", "fail", "ignore", "replace"]) {
            self.issue(action, Reason::Syntax("what happens on a conflict is missing".to_owned()));
            return Some(NamedOption { name, value: None, span: self.since(start) });
        }
        Some(NamedOption { name, value: Some(Box::new(Expr::opaque(action))), span: self.since(start) })
    }
}
