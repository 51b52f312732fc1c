//! Keys, constraints and what indexes are made of.

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    Deferral, ForeignKey, Ident, IndexClass, IndexDef, IndexKey, IndexKeyPart, IndexOption, KeyConstraint,
    Keyword, MatchKind, NamedOption, ObjectName, ReferentialAction, TableConstraint, TableConstraintKind,
    Word,
};

/// A part of `CREATE TABLE` or `ADD` that is no column.
pub(super) enum Key {
    Constraint(TableConstraint),
    /// An index with `IF NOT EXISTS`, if written.
    Index(IndexDef, Option<Span>),
}

impl Parser<'_> {
    /// Whether a key or constraint begins here, not a column of that name.
    pub(super) fn is_key(&mut self) -> bool {
        if self.is_any(&["constraint", "primary", "foreign", "check"]) {
            return true;
        }
        self.is_any(&["index", "key", "unique", "fulltext", "spatial"])
            || (self.is("vector") && self.peek_is(&["index", "key"]))
    }

    pub(super) fn key(&mut self) -> Option<Key> {
        let start = self.token.start;
        let mut name = None;
        let mut if_not_exists = None;
        if self.accept("constraint") {
            if_not_exists = self.take_all(&["if", "not", "exists"]);
            if !self.is_any(&["primary", "unique", "foreign", "check"]) {
                name = Some(self.ident()?);
            }
        }
        if self.accept_all(&["primary", "key"]) {
            if_not_exists = if_not_exists.or(self.take_all(&["if", "not", "exists"]));
            let key = self.key_constraint()?;
            let constraint = self.constraint(start, name, TableConstraintKind::PrimaryKey(key));
            return Some(Key::Constraint(TableConstraint { if_not_exists, ..constraint }));
        }
        if self.accept("unique") {
            self.accept_any(&["key", "index"]);
            if_not_exists = if_not_exists.or(self.take_all(&["if", "not", "exists"]));
            let key = self.key_constraint()?;
            let constraint = self.constraint(start, name, TableConstraintKind::Unique(key));
            return Some(Key::Constraint(TableConstraint { if_not_exists, ..constraint }));
        }
        if self.is("foreign") {
            let from = self.token.start;
            self.advance();
            self.accept("key");
            if_not_exists = if_not_exists.or(self.take_all(&["if", "not", "exists"]));
            let index_name = if self.is_open() { None } else { self.ident() };
            let columns = self.ident_list()?;
            let mut key = self.references(columns, from)?;
            key.index_name = index_name;
            let constraint = self.constraint(start, name, TableConstraintKind::ForeignKey(key));
            return Some(Key::Constraint(TableConstraint { if_not_exists, ..constraint }));
        }
        if self.accept("check") {
            if_not_exists = if_not_exists.or(self.take_all(&["if", "not", "exists"]));
            if !self.accept_open() {
                return None;
            }
            let expr = self.expr()?;
            self.close_or_skip();
            let mut constraint = self.constraint(start, name, TableConstraintKind::Check(expr));
            constraint.not_valid = Keyword::absent(self.last);
            constraint.enforced = self.enforced();
            constraint.span = self.since(start);
            return Some(Key::Constraint(TableConstraint { if_not_exists, ..constraint }));
        }
        let class = if self.accept("fulltext") {
            IndexClass::Fulltext
        } else if self.accept("spatial") {
            IndexClass::Spatial
        } else if self.accept("vector") {
            IndexClass::Vector
        } else {
            IndexClass::Plain
        };
        let worded = self.accept_any(&["index", "key"]);
        if class == IndexClass::Plain && !worded {
            return None;
        }
        if_not_exists = self.take_all(&["if", "not", "exists"]);
        let mut index = IndexDef {
            name: None,
            unique: None,
            class,
            method: None,
            keys: Vec::new(),
            include: Vec::new(),
            filter: None,
            nulls_not_distinct: false,
            parameters: Vec::new(),
            options: Vec::new(),
            span: self.here(),
        };
        let unnamed = self.is_open() || (self.is("using") && self.peek_is(&["btree", "hash", "rtree"]));
        if !unnamed {
            index.name = Some(ObjectName::bare(self.ident()?));
        }
        index.method = self.method();
        index.keys = self.index_keys()?;
        self.index_options(&mut index.options, &mut index.method);
        index.span = self.since(start);
        Some(Key::Index(index, if_not_exists))
    }

    fn constraint(&self, start: usize, name: Option<Ident>, kind: TableConstraintKind) -> TableConstraint {
        TableConstraint {
            name,
            kind,
            not_valid: Keyword::absent(self.last),
            enforced: None,
            no_inherit: false,
            deferral: Deferral::default(),
            if_not_exists: None,
            span: self.since(start),
        }
    }

    /// `[NOT] ENFORCED`.
    pub(super) fn enforced(&mut self) -> Option<bool> {
        if self.accept("enforced") {
            Some(true)
        } else if self.accept_all(&["not", "enforced"]) {
            Some(false)
        } else {
            None
        }
    }

    /// `[name] [USING x] (keys) options` of a primary or unique key.
    fn key_constraint(&mut self) -> Option<KeyConstraint> {
        let mut key = KeyConstraint {
            keys: Vec::new(),
            index_name: None,
            using_index: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            without_overlaps: false,
            options: Vec::new(),
            parameters: Vec::new(),
        };
        if !self.is_open() && !self.is("using") {
            key.index_name = Some(self.ident()?);
        }
        key.method = self.method();
        key.keys = self.index_keys()?;
        // `WITHOUT OVERLAPS` is part of the last key's text.
        let last = key.keys.last().map_or("", |last| last.span.slice(self.text));
        key.without_overlaps = last.to_ascii_lowercase().ends_with(" overlaps");
        self.index_options(&mut key.options, &mut key.method);
        Some(key)
    }

    /// `USING BTREE`, `TYPE BTREE`.
    fn method(&mut self) -> Option<Word> {
        if self.accept("using")
            || (self.is("type") && self.peek_is(&["btree", "hash", "rtree"]) && self.accept("type"))
        {
            return self.word();
        }
        None
    }

    /// `(a(10) DESC, (expr), b)`.
    pub(super) fn index_keys(&mut self) -> Option<Vec<IndexKey>> {
        if !self.accept_open() {
            return None;
        }
        let mut keys = Vec::new();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            match self.index_key() {
                Some(key) => keys.push(key),
                None => self.unknown_item(start),
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
        Some(keys)
    }

    fn index_key(&mut self) -> Option<IndexKey> {
        let start = self.token.start;
        let mut prefix = None;
        let part = if self.is_open() {
            self.advance();
            let expr = self.expr()?;
            self.close_or_skip();
            IndexKeyPart::Expr(expr)
        } else {
            let column = self.ident()?;
            if self.accept_open() {
                prefix = self.number();
                self.close_or_skip();
            }
            IndexKeyPart::Column(column)
        };
        let order = self.order();
        self.accept_all(&["without", "overlaps"]);
        Some(IndexKey {
            part,
            prefix,
            order,
            nulls_first: None,
            collation: None,
            operator_class: None,
            span: self.since(start),
        })
    }

    /// Options behind the keys of an index.
    pub(super) fn index_options(&mut self, options: &mut Vec<IndexOption>, method: &mut Option<Word>) {
        loop {
            let start = self.token.start;
            if let Some(word) = self.method() {
                *method = Some(word);
            } else if self.accept("comment") {
                self.accept_symbol(b'=');
                let Some(text) = self.string() else { return };
                options.push(IndexOption::Comment(text));
            } else if self.accept_all(&["with", "parser"]) {
                let Some(parser) = self.ident() else { return };
                options.push(IndexOption::Parser(parser));
            } else if self.accept("visible") || self.accept_all(&["not", "ignored"]) {
                options.push(IndexOption::Visible(true));
            } else if self.accept_any(&["invisible", "ignored"]) {
                options.push(IndexOption::Visible(false));
            } else if self.is_any(&[
                "key_block_size",
                "clustering",
                "engine_attribute",
                "secondary_engine_attribute",
                "distance",
                "m",
            ]) {
                self.advance();
                let option = self.valued(start);
                options.push(IndexOption::Other(option));
            } else if self.is_any(&["algorithm", "lock"]) {
                return;
            } else if let Some(option) = self.unknown_option() {
                options.push(IndexOption::Other(option));
            } else {
                return;
            }
        }
    }

    /// `REFERENCES table (columns) MATCH … ON DELETE … ON UPDATE …`; `start` is where the key begins.
    pub(super) fn references(&mut self, columns: Vec<Ident>, start: usize) -> Option<ForeignKey> {
        if !self.accept("references") {
            return None;
        }
        let table = self.object_name()?;
        let referenced = if self.is_open() { self.ident_list()? } else { Vec::new() };
        let mut key = ForeignKey {
            columns,
            table,
            referenced,
            on_delete: None,
            on_update: None,
            matching: None,
            index_name: None,
            period: false,
            span: self.since(start),
        };
        loop {
            if self.accept("match") {
                key.matching = match self.word()? {
                    word if word.is("full") => Some(MatchKind::Full),
                    word if word.is("partial") => Some(MatchKind::Partial),
                    _ => Some(MatchKind::Simple),
                };
            } else if self.is("on") && self.peek_is(&["delete", "update"]) {
                let place = self.place();
                self.advance();
                let delete = self.is("delete");
                self.advance();
                let Some(action) = self.referential_action() else {
                    // `ON UPDATE CURRENT_TIMESTAMP` of the column.
                    self.go_back(place);
                    break;
                };
                if delete {
                    key.on_delete = Some(action);
                } else {
                    key.on_update = Some(action);
                }
            } else {
                break;
            }
        }
        key.span = self.since(start);
        Some(key)
    }

    fn referential_action(&mut self) -> Option<ReferentialAction> {
        Some(if self.accept("cascade") {
            ReferentialAction::Cascade
        } else if self.accept("restrict") {
            ReferentialAction::Restrict
        } else if self.accept_all(&["set", "null"]) {
            ReferentialAction::SetNull
        } else if self.accept_all(&["set", "default"]) {
            ReferentialAction::SetDefault
        } else if self.accept_all(&["no", "action"]) {
            ReferentialAction::NoAction
        } else {
            return None;
        })
    }

    /// An option that was read word by word since `start`.
    pub(super) fn bare_option(&self, start: usize) -> NamedOption {
        let name = self.option_name(start);
        NamedOption { span: name.span, name, value: None }
    }

    pub(super) fn is_string(&self) -> bool {
        self.kind() == TokenKind::String
    }
}
