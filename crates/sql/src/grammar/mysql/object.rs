//! `DROP`, `RENAME TABLE`, `TRUNCATE`, and objects that have no statement of their own.

use sluice_text::Span;

use super::create::Prefix;
use super::parser::Parser;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{
    AlterObject, CreateObject, Drop, NamedOption, ObjectAction, ObjectName, OnlineOptions, Other,
    RenameTables, Statement, TableRef, Truncate,
};

impl Parser<'_> {
    /// Behind the kind.
    pub(super) fn drop_objects(&mut self, kind: ObjectKind, temporary: Option<Span>) -> Option<Statement> {
        let if_exists = self.if_exists();
        let names = if self.kind() == TokenKind::Number || self.is_string() {
            // SRIDs are numbers.
            let word = self.word()?;
            vec![ObjectName::bare(crate::model::Ident::bare(word.text, word.span))]
        } else {
            self.object_names()?
        };
        let mut online = OnlineOptions::none(self.last);
        let mut cascade = None;
        loop {
            if let Some(span) = self.take("cascade") {
                cascade = Some(span);
            } else if self.accept("restrict") || self.online(&mut online) {
            } else if self.is("engine") || (self.is("set") && kind == ObjectKind::Tablespace) {
                self.table_option();
            } else {
                break;
            }
        }
        online.end = self.last;
        Some(Statement::Drop(Box::new(Drop {
            kind,
            names,
            on: None,
            temporary,
            if_exists,
            cascade,
            force: false,
            online,
        })))
    }

    /// `RENAME TABLE a TO b, …`; `RENAME USER`.
    pub(super) fn rename(&mut self) -> Option<Statement> {
        self.accept("rename");
        if self.is("user") {
            return self.rename_users();
        }
        if !self.accept_any(&["table", "tables"]) {
            return None;
        }
        self.take_all(&["if", "exists"]);
        let mut online = OnlineOptions::none(self.last);
        let mut tables = Vec::new();
        loop {
            let start = self.token.start;
            match self.rename_pair(&mut online) {
                Some(pair) => tables.push(pair),
                None => self.unknown_item(start),
            }
            if !self.comma() {
                break;
            }
        }
        online.end = self.last;
        Some(Statement::RenameTables(Box::new(RenameTables { tables, online })))
    }

    fn rename_pair(&mut self, online: &mut OnlineOptions) -> Option<(ObjectName, ObjectName)> {
        let from = self.object_name()?;
        while self.online(online) {}
        if !self.accept("to") {
            return None;
        }
        Some((from, self.object_name()?))
    }

    pub(super) fn truncate(&mut self) -> Option<Statement> {
        self.accept("truncate");
        self.accept("table");
        let name = self.object_name()?;
        let online = self.online_options();
        let tables = vec![TableRef { name, alias: None, only: false, partitions: Vec::new() }];
        Some(Statement::Truncate(Box::new(Truncate {
            tables,
            restart_identity: None,
            cascade: None,
            online,
        })))
    }

    /// Servers, tablespaces, resource groups, …: the kind is the next token.
    pub(super) fn create_other(&mut self, prefix: Prefix) -> Option<Statement> {
        let kind = self.other_kind();
        let if_not_exists = self.if_not_exists();
        let name = self.other_name();
        let options = self.rest_as_options();
        Some(Statement::CreateObject(Box::new(CreateObject {
            kind,
            name,
            or_replace: prefix.or_replace,
            if_not_exists,
            table: None,
            options,
        })))
    }

    pub(super) fn alter_other(&mut self) -> Option<Statement> {
        if self.is("instance") {
            return Some(self.other_statement("alter instance"));
        }
        let kind = self.other_kind();
        let if_exists = self.if_exists();
        let name = self.other_name()?;
        let mut actions = Vec::new();
        if self.accept_all(&["rename", "to"]) {
            actions.push(ObjectAction::RenameTo(self.ident()?));
        }
        actions.extend(self.rest_as_options().into_iter().map(ObjectAction::Option));
        Some(Statement::AlterObject(Box::new(AlterObject { kind, name, on: None, if_exists, actions })))
    }

    fn other_kind(&mut self) -> ObjectKind {
        let kind = if self.is("server") {
            ObjectKind::Server
        } else if self.is_any(&["tablespace", "undo"]) {
            ObjectKind::Tablespace
        } else {
            ObjectKind::Other
        };
        self.advance();
        while self.accept_any(&["tablespace", "file", "group", "reference", "system", "policy"]) {}
        kind
    }

    fn other_name(&mut self) -> Option<ObjectName> {
        if self.is_name() {
            return self.object_name();
        }
        let word = self.word()?;
        Some(ObjectName::bare(crate::model::Ident::quoted(word.text, word.span)))
    }

    /// The rest of the statement, word by word and with values where there are some.
    pub(super) fn rest_as_options(&mut self) -> Vec<NamedOption> {
        let mut options = Vec::new();
        while !self.at_end() {
            let start = self.token.start;
            if self.comma() {
                continue;
            }
            if self.kind() != TokenKind::Word {
                self.skip_one();
                continue;
            }
            self.advance();
            while self.kind() == TokenKind::Word && options.len() < 1000 && !self.after_is_value() {
                self.advance();
            }
            let option = self.valued(start);
            options.push(option);
        }
        options
    }

    fn after_is_value(&mut self) -> bool {
        !matches!(
            self.peek().0,
            TokenKind::String | TokenKind::Symbol(b'=') | TokenKind::OpenParen | TokenKind::Number
        )
    }

    /// A statement that the model says nothing of.
    pub(super) fn other_statement(&mut self, verb: &str) -> Statement {
        self.skip_statement();
        Statement::Other(Box::new(Other { verb: verb.to_owned(), names: Vec::new(), inner: None }))
    }
}
