//! `CREATE` of views, indexes and virtual tables, and `DROP`.

use sluice_text::Span;

use super::cursor::Cursor;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    CreateIndex, CreateTable, CreateView, Drop, DropIndex, Expr, Ident, IndexClass, IndexDef, IndexKey,
    IndexKeyPart, Keyword, NamedOption, ObjectName, OnlineOptions, Statement, TableOption, TableOptionKind,
};

impl Cursor<'_> {
    pub(super) fn create(&mut self) -> Option<Statement> {
        let start = self.token.start;
        self.accept("create");
        let or_replace = Keyword::absent(self.last);
        let temporary = self.take("temp").or_else(|| self.take("temporary"));
        if self.accept("table") {
            return self.create_table(temporary);
        }
        if self.accept("view") {
            return self.create_view(temporary, or_replace);
        }
        if self.accept("trigger") {
            return self.create_trigger(temporary.is_some(), or_replace);
        }
        if temporary.is_some() {
            return None;
        }
        let unique = self.take("unique");
        if self.accept("index") {
            return self.create_index(start, unique);
        }
        if unique.is_none() && self.accept_all(&["virtual", "table"]) {
            return self.create_virtual_table();
        }
        None
    }

    fn create_view(&mut self, temporary: Option<Span>, or_replace: Keyword) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let columns = self.ident_list().unwrap_or_default();
        if !self.accept("as") {
            return None;
        }
        let query = self.query_with_facts()?;
        Some(Statement::CreateView(Box::new(CreateView {
            name,
            alter: false,
            materialized: false,
            temporary,
            recursive: false,
            or_replace,
            if_not_exists,
            columns,
            algorithm: None,
            definer: None,
            security: None,
            options: Vec::new(),
            query,
            check_option: None,
            no_data: false,
        })))
    }

    fn create_index(&mut self, start: usize, unique: Option<Span>) -> Option<Statement> {
        let concurrently = Keyword::absent(self.last);
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        if !self.accept("on") {
            return None;
        }
        let only = Keyword::absent(self.last);
        let table = self.object_name()?;
        let keys = self.index_keys()?;
        let filter = if self.accept("where") {
            let filter = self.expr();
            if filter.is_none() {
                self.missing("a condition");
            }
            filter
        } else {
            None
        };
        let index = IndexDef {
            name: Some(name),
            unique,
            class: IndexClass::Plain,
            method: None,
            keys,
            include: Vec::new(),
            filter,
            nulls_not_distinct: false,
            parameters: Vec::new(),
            options: Vec::new(),
            span: self.since(start),
        };
        Some(Statement::CreateIndex(Box::new(CreateIndex {
            index,
            table,
            concurrently,
            if_not_exists,
            or_replace: None,
            only,
            online: OnlineOptions::none(self.last),
        })))
    }

    /// `(column|expr [COLLATE x] [ASC|DESC], …)`.
    pub(super) fn index_keys(&mut self) -> Option<Vec<IndexKey>> {
        if !self.accept_open() {
            return None;
        }
        let mut keys = Vec::new();
        loop {
            let start = self.token.start;
            match self.index_key() {
                Some(key) => keys.push(key),
                None => {
                    self.missing("a key");
                    self.unknown_item(start);
                }
            }
            if !self.comma() {
                self.close();
                return Some(keys);
            }
        }
    }

    fn index_key(&mut self) -> Option<IndexKey> {
        let start = self.token.start;
        let place = self.place();
        let column = self.ident();
        let plain =
            self.is_symbol(b',') || self.is_close() || self.is_any(&["collate", "asc", "desc", "nulls"]);
        let (part, mut collation) = match column {
            Some(column) if plain && self.ends_key() => (IndexKeyPart::Column(column), None),
            _ => {
                self.go_back(place);
                let expr = self.expr()?;
                // The expression took its own collation along.
                let end = expr.span.end;
                let collation = self.own.collation.take().filter(|name| name.span.end == end);
                (IndexKeyPart::Expr(expr), collation.map(ObjectName::bare))
            }
        };
        if self.accept("collate") {
            collation = self.object_name();
        }
        let order = self.order();
        let nulls_first = self.nulls_first();
        // `AUTOINCREMENT` is read in keys of tables too (parse.y, `autoinc`).
        self.accept("autoincrement");
        Some(IndexKey {
            part,
            prefix: None,
            order,
            nulls_first,
            collation,
            operator_class: None,
            span: self.since(start),
        })
    }

    /// Whether no operator follows, behind `COLLATE x` if that is here.
    fn ends_key(&mut self) -> bool {
        let place = self.place();
        if self.accept("collate") {
            self.ident();
        }
        let ends = self.is_symbol(b',') || self.is_close() || self.kind() == TokenKind::Word || self.at_end();
        self.go_back(place);
        ends
    }

    /// `CREATE VIRTUAL TABLE … USING module(arguments)`: arguments are the module's business, kept as options.
    fn create_virtual_table(&mut self) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        if !self.accept("using") {
            return None;
        }
        let module = self.ident()?;
        let start = self.token.start;
        let mut options = Vec::new();
        if self.accept_open() {
            while !self.is_close() && !self.at_end() {
                options.extend(self.module_argument());
                if !self.comma() {
                    break;
                }
            }
            self.close();
        }
        let elements_span =
            if options.is_empty() { Span::new(self.last, self.last) } else { self.since(start) };
        Some(Statement::CreateTable(Box::new(CreateTable {
            name,
            temporary: None,
            unlogged: None,
            or_replace: None,
            if_not_exists,
            elements: Vec::new(),
            elements_span,
            options,
            inherits: Vec::new(),
            partition_of: None,
            partition_by: None,
            of_type: None,
            query: None,
            no_data: false,
            external: Some(module),
            online: OnlineOptions::none(self.last),
        })))
    }

    fn module_argument(&mut self) -> Option<TableOption> {
        let start = self.token.start;
        let (mut name, mut equals) = (None, None);
        while !self.at_end() && !self.is_symbol(b',') && !self.is_close() {
            if name.is_none() && matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName) {
                name = self.ident().or_else(|| self.word().map(|word| Ident::bare(word.text, word.span)));
                continue;
            }
            if equals.is_none() && self.is_symbol(b'=') {
                self.advance();
                equals = Some(self.token.start);
                continue;
            }
            self.skip_one();
        }
        let span = self.since(start);
        if span.is_empty() {
            return None;
        }
        let name = name.unwrap_or_else(|| Ident::bare(super::literal::cut(span.slice(self.text)), span));
        let value = equals.map(|from| Box::new(Expr::opaque(Span::new(from.min(span.end), span.end))));
        Some(TableOption { kind: TableOptionKind::Other(NamedOption { name, value, span }), span })
    }

    pub(super) fn drop_statement(&mut self) -> Option<Statement> {
        self.accept("drop");
        let kind = if self.accept("table") {
            ObjectKind::Table
        } else if self.accept("view") {
            ObjectKind::View
        } else if self.accept("index") {
            ObjectKind::Index
        } else if self.accept("trigger") {
            ObjectKind::Trigger
        } else {
            return None;
        };
        let concurrently = Keyword::absent(self.last);
        let if_exists = self.if_exists();
        let names = vec![self.object_name()?];
        let online = OnlineOptions::none(self.last);
        Some(if kind == ObjectKind::Index {
            let table = None;
            Statement::DropIndex(Box::new(DropIndex {
                names,
                table,
                concurrently,
                if_exists,
                cascade: None,
                online,
            }))
        } else {
            Statement::Drop(Box::new(Drop {
                kind,
                names,
                on: None,
                temporary: None,
                if_exists,
                cascade: None,
                force: false,
                online,
            }))
        })
    }
}
