//! `CREATE TABLE`.

use sluice_text::Span;

use super::create::Prefix;
use super::key::Key;
use super::parser::Parser;
use crate::model::{CreateTable, LikeTable, OnlineOptions, Period, Reason, Statement, TableElement};

impl Parser<'_> {
    /// Behind `CREATE … TABLE`.
    pub(super) fn create_table(&mut self, prefix: Prefix) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut table = CreateTable {
            name,
            temporary: prefix.temporary,
            unlogged: None,
            or_replace: prefix.or_replace,
            if_not_exists,
            elements: Vec::new(),
            elements_span: self.here(),
            options: Vec::new(),
            inherits: Vec::new(),
            partition_of: None,
            partition_by: None,
            of_type: None,
            query: None,
            no_data: false,
            external: None,
            online: OnlineOptions::none(self.last),
        };
        if self.is("like") {
            let like = self.like_table()?;
            table.elements.push(TableElement::Like(like));
            return Some(Statement::CreateTable(Box::new(table)));
        }
        if self.is_open() && !self.is_query() {
            let start = self.token.start;
            self.table_elements(&mut table.elements);
            table.elements_span = self.since(start);
        }
        loop {
            if let Some(option) = self.table_option() {
                table.options.push(option);
            } else if self.is("partition") && self.peek_is(&["by"]) {
                table.partition_by = self.partition_by();
                if table.partition_by.is_none() {
                    self.unknown_one();
                }
            } else if self.online(&mut table.online) {
            } else if self.is_symbol(b',') {
                self.advance();
            } else if self.is_any(&["ignore", "replace", "as"]) && !self.at_end() {
                // What happens to rows of the query that conflict; `AS` in front of it.
                let start = self.token.start;
                self.advance();
                self.accept("as");
                if !self.is_query() {
                    self.issue(self.since(start), Reason::Unknown);
                    continue;
                }
            } else if self.is_query() {
                table.query = self.query_with_facts().map(Box::new);
                break;
            } else if self.at_end() {
                break;
            } else {
                self.unknown_one();
            }
        }
        table.online.end = self.last;
        Some(Statement::CreateTable(Box::new(table)))
    }

    fn like_table(&mut self) -> Option<LikeTable> {
        let start = self.token.start;
        self.accept("like");
        let table = self.object_name()?;
        Some(LikeTable { table, including: Vec::new(), excluding: Vec::new(), span: self.since(start) })
    }

    fn table_elements(&mut self, elements: &mut Vec<TableElement>) {
        self.advance();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            match self.table_element() {
                Some(element) => elements.push(element),
                None => self.unknown_item(start),
            }
            if !self.is_close() && !self.comma() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        if !self.accept_close() {
            self.issue(Span::new(self.last, self.last), Reason::Syntax("`)` is missing".to_owned()));
        }
    }

    fn table_element(&mut self) -> Option<TableElement> {
        if self.is("like") {
            return self.like_table().map(TableElement::Like);
        }
        if self.is("period") && self.peek_is(&["for"]) {
            return self.period().map(TableElement::Period);
        }
        if self.is_key() {
            return Some(match self.key()? {
                Key::Constraint(constraint) => TableElement::Constraint(constraint),
                Key::Index(index, _) => TableElement::Index(index),
            });
        }
        self.column_def().map(TableElement::Column)
    }

    /// `PERIOD FOR name (start, end)`.
    pub(super) fn period(&mut self) -> Option<Period> {
        let start = self.token.start;
        self.accept("period");
        self.if_not_exists();
        self.accept("for");
        let name = self.ident()?;
        let mut columns = self.ident_list()?.into_iter();
        Some(Period { name, start: columns.next()?, end: columns.next()?, span: self.since(start) })
    }
}
