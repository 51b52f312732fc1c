//! `CREATE DATABASE`, `ALTER DATABASE`.

use super::create::Prefix;
use super::parser::Parser;
use crate::ObjectKind;
use crate::model::{
    AlterObject, CreateDatabase, Ident, NamedOption, ObjectAction, ObjectName, Statement, TableOptionKind,
    Word,
};

const OPTIONS: &[&str] =
    &["character", "charset", "collate", "default", "encryption", "read", "comment", "upgrade", "options"];

enum DatabaseOption {
    Charset(Word),
    Collation(Word),
    Other(NamedOption),
}

impl Parser<'_> {
    pub(super) fn create_database(&mut self, prefix: Prefix) -> Option<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let mut create = CreateDatabase {
            name,
            or_replace: prefix.or_replace,
            if_not_exists,
            charset: None,
            collation: None,
            options: Vec::new(),
        };
        while !self.at_end() {
            match self.database_option() {
                Some(DatabaseOption::Charset(word)) => create.charset = Some(word),
                Some(DatabaseOption::Collation(word)) => create.collation = Some(word),
                Some(DatabaseOption::Other(option)) => create.options.push(option),
                None => self.unknown_one(),
            }
        }
        Some(Statement::CreateDatabase(Box::new(create)))
    }

    fn database_option(&mut self) -> Option<DatabaseOption> {
        let start = self.token.start;
        self.accept("default");
        if self.accept_all(&["read", "only"]) {
            return Some(DatabaseOption::Other(self.valued(start)));
        }
        if self.accept_all(&["upgrade", "data", "directory", "name"]) {
            return Some(DatabaseOption::Other(self.bare_option(start)));
        }
        if self.is("encryption") || self.is("comment") {
            self.advance();
            return Some(DatabaseOption::Other(self.valued(start)));
        }
        Some(match self.table_option()?.kind {
            TableOptionKind::Charset(word) => DatabaseOption::Charset(word),
            TableOptionKind::Collation(word) => DatabaseOption::Collation(word),
            _ => DatabaseOption::Other(self.bare_option(start)),
        })
    }

    pub(super) fn alter_database(&mut self) -> Option<Statement> {
        let if_exists = self.if_exists();
        // `ALTER DATABASE CHARACTER SET …` is about the database in use.
        let in_use = self.is_any(OPTIONS) && !self.peek_is(OPTIONS);
        let name = if in_use || self.at_end() {
            ObjectName::bare(Ident::bare("", self.here()))
        } else {
            self.object_name()?
        };
        let mut actions = Vec::new();
        while !self.at_end() {
            let start = self.token.start;
            match self.database_option() {
                Some(DatabaseOption::Charset(word)) => {
                    actions.push(self.word_option("character set", start, word))
                }
                Some(DatabaseOption::Collation(word)) => {
                    actions.push(self.word_option("collate", start, word))
                }
                Some(DatabaseOption::Other(option)) => actions.push(ObjectAction::Option(option)),
                None => self.unknown_one(),
            }
        }
        let kind = ObjectKind::Database;
        Some(Statement::AlterObject(Box::new(AlterObject { kind, name, on: None, if_exists, actions })))
    }

    fn word_option(&self, name: &str, start: usize, word: Word) -> ObjectAction {
        let span = self.since(start);
        ObjectAction::Option(NamedOption {
            name: Ident::bare(name, sluice_text::Span::new(start, word.span.start)),
            value: Some(Box::new(crate::model::Expr::opaque(word.span))),
            span,
        })
    }
}
