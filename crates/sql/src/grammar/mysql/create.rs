//! What `CREATE`, `ALTER` and `DROP` are about.

use sluice_text::Span;

use super::parser::Parser;
use crate::ObjectKind;
use crate::model::{IndexClass, Keyword, OnlineOptions, RoleName, RoleVerb, Security, Statement, Word};

/// What stands between the verb and the kind of object.
pub(super) struct Prefix {
    pub(super) or_replace: Option<Span>,
    /// Where `OR REPLACE` is or would go.
    pub(super) replace_at: Keyword,
    pub(super) temporary: Option<Span>,
    pub(super) unique: Option<Span>,
    pub(super) class: IndexClass,
    pub(super) algorithm: Option<Word>,
    pub(super) definer: Option<RoleName>,
    pub(super) security: Option<Security>,
    pub(super) aggregate: bool,
    pub(super) online: OnlineOptions,
}

impl Parser<'_> {
    /// Behind the verb.
    fn prefix(&mut self) -> Option<Prefix> {
        let mut prefix = Prefix {
            or_replace: None,
            replace_at: Keyword::absent(self.last),
            temporary: None,
            unique: None,
            class: IndexClass::Plain,
            algorithm: None,
            definer: None,
            security: None,
            aggregate: false,
            online: OnlineOptions::none(self.last),
        };
        loop {
            if let Some(span) = self.take_all(&["or", "replace"]) {
                (prefix.or_replace, prefix.replace_at) = (Some(span), Keyword::written(span));
            } else if let Some(span) = self.take("temporary") {
                prefix.temporary = Some(span);
            } else if let Some(span) = self.take("unique") {
                prefix.unique = Some(span);
            } else if self.accept("fulltext") {
                prefix.class = IndexClass::Fulltext;
            } else if self.is("spatial") && self.peek_is(&["index", "key"]) {
                self.advance();
                prefix.class = IndexClass::Spatial;
            } else if self.accept("vector") {
                prefix.class = IndexClass::Vector;
            } else if self.is("definer") {
                prefix.definer = Some(self.definer()?);
            } else if self.accept("algorithm") {
                prefix.algorithm = self.equals_word();
            } else if let Some(security) = self.security() {
                prefix.security = Some(security);
            } else if let Some(span) = self.take("online") {
                prefix.online.online = Some(span);
            } else if let Some(span) = self.take("ignore") {
                prefix.online.ignore = Some(span);
            } else if self.accept("aggregate") {
                prefix.aggregate = true;
            } else if !self.accept("offline") {
                return Some(prefix);
            }
        }
    }

    /// `SQL SECURITY DEFINER|INVOKER`.
    pub(super) fn security(&mut self) -> Option<Security> {
        let start = self.token.start;
        if !self.accept_all(&["sql", "security"]) {
            return None;
        }
        let definer = self.is("definer");
        self.word()?;
        Some(Security { definer, span: self.since(start) })
    }

    /// `CREATE …`; `start` is where it begins.
    pub(super) fn create(&mut self) -> Option<Statement> {
        let start = self.token.start;
        self.accept("create");
        let prefix = self.prefix()?;
        let word = self.token_text().to_ascii_lowercase();
        match word.as_str() {
            "table" => {
                self.advance();
                self.create_table(prefix)
            }
            "index" => {
                self.advance();
                let class = prefix.class;
                self.create_index(prefix, start, class)
            }
            "view" => {
                self.advance();
                self.view(prefix, false)
            }
            "trigger" => {
                self.advance();
                self.trigger(prefix)
            }
            "event" => {
                self.advance();
                self.event(prefix)
            }
            "procedure" | "function" => self.routine(prefix),
            "package" => self.package(prefix),
            "database" | "schema" => {
                self.advance();
                self.create_database(prefix)
            }
            "sequence" => {
                self.advance();
                self.create_sequence(prefix)
            }
            "user" | "role" => self.accounts(RoleVerb::Create, prefix.or_replace),
            "server" | "tablespace" | "undo" | "logfile" | "resource" | "spatial" | "library" | "catalog"
            | "masking" => self.create_other(prefix),
            _ => None,
        }
    }

    pub(super) fn alter(&mut self) -> Option<Statement> {
        self.accept("alter");
        let prefix = self.prefix()?;
        let word = self.token_text().to_ascii_lowercase();
        match word.as_str() {
            "table" => {
                self.advance();
                self.alter_table(prefix.online)
            }
            "view" => {
                self.advance();
                self.view(prefix, true)
            }
            "event" => {
                self.advance();
                self.alter_event(prefix.definer)
            }
            "database" | "schema" => {
                self.advance();
                self.alter_database()
            }
            "procedure" | "function" => self.alter_routine(),
            "sequence" => {
                self.advance();
                self.alter_sequence()
            }
            "user" | "role" => self.accounts(RoleVerb::Alter, None),
            "instance" | "server" | "tablespace" | "undo" | "logfile" | "resource" | "library"
            | "catalog" => self.alter_other(),
            _ => None,
        }
    }

    pub(super) fn drop_statement(&mut self) -> Option<Statement> {
        self.accept("drop");
        let prefix = self.prefix()?;
        let word = self.token_text().to_ascii_lowercase();
        let kind = match word.as_str() {
            "index" => {
                self.advance();
                return self.drop_index();
            }
            "user" | "role" => return self.accounts(RoleVerb::Drop, None),
            "prepare" => return Some(self.other_statement("drop prepare")),
            "table" | "tables" => ObjectKind::Table,
            "view" => ObjectKind::View,
            "trigger" => ObjectKind::Trigger,
            "procedure" => ObjectKind::Procedure,
            "function" => ObjectKind::Function,
            "event" => ObjectKind::Event,
            "database" | "schema" => ObjectKind::Database,
            "sequence" => ObjectKind::Sequence,
            "server" => ObjectKind::Server,
            "tablespace" => ObjectKind::Tablespace,
            "undo" | "logfile" | "resource" | "spatial" | "package" | "library" | "catalog" | "masking" => {
                ObjectKind::Other
            }
            _ => return None,
        };
        self.advance();
        let kind = if self.accept("tablespace") { ObjectKind::Tablespace } else { kind };
        self.accept_any(&["group", "system", "body", "policy"]);
        self.accept("reference");
        self.accept("system");
        self.drop_objects(kind, prefix.temporary)
    }
}
