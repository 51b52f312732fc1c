//! Which statement it is.

use super::parser::Parser;
use crate::Dialect;
use crate::lexer::TokenKind;
use crate::model::{DoBlock, Other, Query, Statement};

/// Statements that the model says nothing of.
const OTHERS: &[&str] = &[
    "show",
    "help",
    "kill",
    "handler",
    "cache",
    "reset",
    "purge",
    "install",
    "uninstall",
    "import",
    "clone",
    "shutdown",
    "restart",
    "stop",
    "change",
    "binlog",
    "deallocate",
    "get",
    "signal",
    "resignal",
    "backup",
    "repair",
];

impl Parser<'_> {
    /// The statement that begins here; none where it cannot be read.
    pub(super) fn statement(&mut self) -> Option<Statement> {
        if self.is_open() {
            return self.query_statement();
        }
        if self.kind() != TokenKind::Word {
            return None;
        }
        let mariadb = self.dialect == Dialect::Mariadb;
        let word = self.token_text().to_ascii_lowercase();
        match word.as_str() {
            "select" | "values" | "table" => self.query_statement(),
            "with" => self.with_statement(),
            "insert" | "replace" => self.insert(),
            "update" => self.update(),
            "delete" => self.delete(),
            "load" if self.peek_is(&["index"]) => Some(self.other_statement("load index")),
            "load" => self.load(),
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop_statement(),
            "rename" => self.rename(),
            "truncate" => self.truncate(),
            "grant" | "revoke" => self.grant(),
            "set" => self.set(),
            "use" => self.use_database(),
            "begin" if self.peek_is(&["not"]) => Some(self.block()),
            "if" | "case" | "loop" | "repeat" | "while" | "for" if mariadb => Some(self.block()),
            "start" if !self.peek_is(&["transaction"]) => Some(self.other_statement("start")),
            "begin" | "start" | "commit" | "rollback" | "savepoint" | "release" | "xa" => self.transaction(),
            "lock" | "unlock" => self.lock(),
            "analyze" | "explain" | "describe" | "desc" => self.explain(),
            "optimize" | "check" | "checksum" | "repair" | "flush" => self.maintenance(),
            "call" => self.call_statement(),
            "do" => self.do_statement(),
            "prepare" | "execute" => self.dynamic_statement(),
            "reset" if self.peek_is(&["master", "binary"]) => Some(self.other_statement("reset master")),
            "purge" if self.peek_is(&["master", "binary"]) => Some(self.other_statement("purge binary logs")),
            _ if OTHERS.contains(&word.as_str()) => Some(self.other_statement(&word)),
            _ => None,
        }
    }

    /// MariaDB's compound statements outside of routines.
    fn block(&mut self) -> Statement {
        let body = self.body(Vec::new());
        Statement::Do(Box::new(DoBlock { body }))
    }

    /// `WITH …` in front of a query, `UPDATE` or `DELETE`.
    fn with_statement(&mut self) -> Option<Statement> {
        let place = self.place();
        let names = self.with_clause();
        if self.is_any(&["update", "delete"]) {
            let statement = if self.is("update") { self.update() } else { self.delete() };
            self.end_with(names);
            return statement;
        }
        self.end_with(names);
        self.facts = crate::model::QueryFacts::default();
        self.issues.clear();
        self.go_back(place);
        self.query_statement()
    }

    /// `DO expr, expr`.
    fn do_statement(&mut self) -> Option<Statement> {
        let start = self.token.start;
        self.accept("do");
        loop {
            self.scan_expr()?;
            if !self.comma() {
                break;
            }
        }
        let facts = std::mem::take(&mut self.facts);
        Some(Statement::Query(Box::new(Query::new(self.since(start), facts))))
    }

    /// `EXPLAIN statement`, `DESCRIBE table`; MariaDB's `ANALYZE statement` runs it.
    fn explain(&mut self) -> Option<Statement> {
        let mut verb = self.token_text().to_ascii_lowercase();
        if verb == "analyze" && self.peek_is(&["table", "tables", "local", "no_write_to_binlog"]) {
            return self.maintenance();
        }
        self.advance();
        loop {
            if self.accept_any(&["extended", "partitions"]) {
            } else if self.accept("format") {
                self.equals_word();
            } else if self.accept("analyze") {
                "explain analyze".clone_into(&mut verb);
            } else if self.is("for") {
                // `FOR CONNECTION 5`, `FOR DATABASE d …`
                return Some(self.other_statement(&verb));
            } else if self.accept("into") {
                self.accept_symbol(b'@');
                self.ident();
            } else {
                break;
            }
        }
        let starts = self
            .is_any(&["select", "insert", "replace", "update", "delete", "with", "values", "table"])
            || self.is_open();
        if !starts {
            let names = self.object_name().into_iter().collect();
            self.skip_statement();
            return Some(Statement::Other(Box::new(Other { verb, names, inner: None })));
        }
        let inner = Some(Box::new(self.nested()));
        Some(Statement::Other(Box::new(Other { verb, names: Vec::new(), inner })))
    }
}
