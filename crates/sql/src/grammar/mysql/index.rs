//! `CREATE INDEX`, `DROP INDEX`.

use super::create::Prefix;
use super::parser::Parser;
use crate::model::{CreateIndex, DropIndex, IndexClass, IndexDef, Keyword, Statement};

impl Parser<'_> {
    /// Behind `CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX`; `start` is where the statement begins.
    pub(super) fn create_index(
        &mut self,
        prefix: Prefix,
        start: usize,
        class: IndexClass,
    ) -> Option<Statement> {
        let concurrently = Keyword::absent(self.last);
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut method = None;
        if self.accept("using") {
            method = self.word();
        }
        if !self.accept("on") {
            return None;
        }
        let only = Keyword::absent(self.last);
        let table = self.object_name()?;
        let keys = self.index_keys()?;
        let mut index = IndexDef {
            name: Some(name),
            unique: prefix.unique,
            class,
            method,
            keys,
            include: Vec::new(),
            filter: None,
            nulls_not_distinct: false,
            parameters: Vec::new(),
            options: Vec::new(),
            span: self.since(start),
        };
        let mut online = self.online_options();
        loop {
            let from = self.last;
            self.index_options(&mut index.options, &mut index.method);
            while self.online(&mut online) {}
            self.comma();
            if self.last == from {
                break;
            }
        }
        online.end = self.last;
        index.span = self.since(start);
        Some(Statement::CreateIndex(Box::new(CreateIndex {
            index,
            table,
            concurrently,
            if_not_exists,
            or_replace: prefix.or_replace,
            only,
            online,
        })))
    }

    /// Behind `DROP INDEX`.
    pub(super) fn drop_index(&mut self) -> Option<Statement> {
        let concurrently = Keyword::absent(self.last);
        let if_exists = self.if_exists();
        let names = vec![self.object_name()?];
        let table = if self.accept("on") { Some(self.object_name()?) } else { None };
        let online = self.online_options();
        Some(Statement::DropIndex(Box::new(DropIndex {
            names,
            table,
            concurrently,
            if_exists,
            cascade: None,
            online,
        })))
    }
}
