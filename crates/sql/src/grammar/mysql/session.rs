//! Settings, transactions, locks and statements that keep house.

use sluice_text::Span;

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    CallRoutine, Expr, Keyword, LockTables, Maintenance, MaintenanceVerb, Other, Parsed, Reason, RoleName,
    Set, SetScope, Setting, Statement, TableLock, Text, Transaction,
};
use crate::{Control, ObjectKind};

impl Parser<'_> {
    pub(super) fn set(&mut self) -> Option<Statement> {
        self.accept("set");
        if self.is("password") && self.peek().0 != TokenKind::Symbol(b'.') {
            return self.set_password();
        }
        if self.is("role") && !self.peek_assigns() {
            self.advance();
            let role: RoleName = self.role_name()?;
            if self.accept("except") || self.comma() {
                self.role_names();
            }
            return Some(Statement::Set(Box::new(Set { settings: Vec::new(), role: Some(role) })));
        }
        if self.accept_all(&["default", "role"]) {
            return Some(self.other_statement("set default role"));
        }
        if self.accept("resource") {
            return Some(self.other_statement("set resource group"));
        }
        if self.is("statement") && !self.peek_assigns() {
            return self.set_statement();
        }
        let settings = self.settings();
        Some(Statement::Set(Box::new(Set { settings, role: None })))
    }

    /// The token after the next is `=` or `:`.
    fn peek_assigns(&mut self) -> bool {
        matches!(self.peek().0, TokenKind::Symbol(b'=' | b':'))
    }

    /// `SET STATEMENT a = b, … FOR statement` (MariaDB).
    fn set_statement(&mut self) -> Option<Statement> {
        self.advance();
        loop {
            self.ident()?;
            self.accept_symbol(b'=');
            self.scan_expr();
            if !self.comma() {
                break;
            }
        }
        if !self.accept("for") {
            return None;
        }
        let inner = Some(Box::new(self.nested()));
        Some(Statement::Other(Box::new(Other { verb: "set statement".to_owned(), names: Vec::new(), inner })))
    }

    fn settings(&mut self) -> Vec<Setting> {
        let mut settings = Vec::new();
        loop {
            let start = self.token.start;
            match self.setting() {
                Some(setting) => settings.push(setting),
                None => self.unknown_item(start),
            }
            if !self.comma() {
                return settings;
            }
        }
    }

    fn setting(&mut self) -> Option<Setting> {
        let start = self.token.start;
        let mut scope = SetScope::Session;
        let variable = self.is_symbol(b'@');
        if variable {
            self.advance();
            if self.accept_symbol(b'@') {
                let place = self.place();
                let word = self.scope_word();
                match word {
                    Some(found) if self.accept_symbol(b'.') => scope = found,
                    _ => self.go_back(place),
                }
            } else {
                scope = SetScope::User;
            }
        } else if !self.peek_assigns() {
            scope = self.scope_word().unwrap_or(scope);
        }
        let name_start = self.token.start;
        if !variable && self.accept("transaction") {
            return Some(self.transaction_setting(start, scope));
        }
        if !variable && (self.is_any(&["names", "charset"]) || self.is("character")) && !self.peek_assigns() {
            return self.charset_setting(start);
        }
        let name = if scope == SetScope::User {
            let name = self.ident_or_string()?;
            format!("@{}", name.text.to_lowercase())
        } else {
            let name = self.object_name()?;
            let parts = name.qualifiers.iter().chain([&name.name]);
            parts.map(|part| part.text.to_lowercase()).collect::<Vec<_>>().join(".")
        };
        let name_span = self.since(if scope == SetScope::User { start } else { name_start });
        self.accept_symbol(b':');
        if !self.accept_symbol(b'=') {
            return None;
        }
        let reset = self.is("default");
        let mut values: Vec<Expr> = Vec::new();
        if reset {
            self.advance();
        } else {
            values.push(self.expr()?);
        }
        Some(Setting { scope, name, name_span, values, reset, span: self.since(start) })
    }

    fn scope_word(&mut self) -> Option<SetScope> {
        Some(if self.accept("global") {
            SetScope::Global
        } else if self.accept_any(&["session", "local"]) {
            SetScope::Session
        } else if self.accept_any(&["persist", "persist_only"]) {
            SetScope::Persist
        } else {
            return None;
        })
    }

    /// `TRANSACTION ISOLATION LEVEL x, READ ONLY`; `start` is where the setting begins.
    fn transaction_setting(&mut self, start: usize, scope: SetScope) -> Setting {
        let name_span = self.since(self.last.saturating_sub("transaction".len()));
        let mut values = Vec::new();
        loop {
            self.accept_all(&["isolation", "level"]);
            let from = self.token.start;
            while self.kind() == TokenKind::Word {
                self.advance();
            }
            values.push(Expr::opaque(self.since(from)));
            if !self.comma() {
                break;
            }
        }
        let isolation = self.since(start).slice(self.text).to_ascii_lowercase().contains("isolation");
        let name = if isolation { "transaction isolation" } else { "transaction" };
        Setting { scope, name: name.to_owned(), name_span, values, reset: false, span: self.since(start) }
    }

    /// `NAMES x COLLATE y`, `CHARACTER SET x`.
    fn charset_setting(&mut self, start: usize) -> Option<Setting> {
        let name_start = self.token.start;
        let names = self.accept("names");
        if !names && !self.accept("charset") {
            self.advance();
            self.accept("set");
        }
        let name_span = self.since(name_start);
        let reset = self.is("default");
        let mut values = Vec::new();
        values.extend(self.simple_value().filter(|_| !reset));
        if self.accept("collate") {
            values.extend(self.simple_value());
        }
        let name = if names { "names" } else { "character set" };
        Some(Setting {
            scope: SetScope::Session,
            name: name.to_owned(),
            name_span,
            values,
            reset,
            span: self.since(start),
        })
    }

    pub(super) fn use_database(&mut self) -> Option<Statement> {
        let start = self.token.start;
        self.accept("use");
        let name_span = self.since(start);
        let from = self.token.start;
        self.ident()?;
        let values = vec![Expr::opaque(self.since(from))];
        let setting = Setting {
            scope: SetScope::Session,
            name: "database".to_owned(),
            name_span,
            values,
            reset: false,
            span: self.since(start),
        };
        Some(Statement::Set(Box::new(Set { settings: vec![setting], role: None })))
    }

    pub(super) fn transaction(&mut self) -> Option<Statement> {
        let word = self.token_text().to_ascii_lowercase();
        self.advance();
        let mut transaction = Transaction { control: Control::Begin, modes: Vec::new(), savepoint: None };
        match word.as_str() {
            "begin" => {
                self.accept("work");
            }
            "start" => {
                if !self.accept("transaction") {
                    return None;
                }
                loop {
                    let start = self.token.start;
                    while self.kind() == TokenKind::Word {
                        self.advance();
                    }
                    let mode = self.option_name(start).text.to_ascii_lowercase();
                    if !mode.is_empty() {
                        transaction.modes.push(mode);
                    }
                    if !self.comma() {
                        break;
                    }
                }
            }
            "savepoint" => {
                transaction.control = Control::Savepoint;
                transaction.savepoint = Some(self.ident()?);
            }
            "release" => {
                self.accept("savepoint");
                transaction.control = Control::Savepoint;
                transaction.savepoint = Some(self.ident()?);
            }
            "xa" => {
                self.skip_statement();
                transaction.control = Control::Unsupported;
            }
            _ => {
                transaction.control = if word == "commit" { Control::Commit } else { Control::Rollback };
                self.accept("work");
                if self.accept("to") {
                    self.accept("savepoint");
                    transaction.control = Control::Savepoint;
                    transaction.savepoint = Some(self.ident()?);
                }
                let chained = self.accept_all(&["and", "chain"]);
                self.accept_all(&["and", "no", "chain"]);
                if self.accept("release") || chained {
                    transaction.control = Control::Unsupported;
                }
                self.accept_all(&["no", "release"]);
            }
        }
        Some(Statement::Transaction(Box::new(transaction)))
    }

    /// `LOCK TABLES t [AS a] READ [LOCAL], …`, `UNLOCK TABLES`.
    pub(super) fn lock(&mut self) -> Option<Statement> {
        let unlock = self.is("unlock");
        self.advance();
        let mut lock = LockTables { tables: Vec::new(), wait: None };
        if !self.accept_any(&["table", "tables"]) {
            return Some(self.other_statement(if unlock { "unlock instance" } else { "lock instance" }));
        }
        while !unlock && !self.at_end() {
            let table = self.object_name()?;
            if self.accept("as") || !self.is_any(&["read", "write", "low_priority"]) {
                self.ident_or_string();
            }
            let start = self.token.start;
            while self.accept_any(&["low_priority", "read", "write", "local", "concurrent"]) {}
            let mode = self.option_name(start).text.to_ascii_lowercase();
            lock.tables.push(TableLock { table, mode });
            let mut online = crate::model::OnlineOptions::none(self.last);
            while self.online(&mut online) {}
            lock.wait = online.wait.or(lock.wait.take());
            if !self.comma() {
                break;
            }
        }
        Some(Statement::Lock(Box::new(lock)))
    }

    /// `ANALYZE|OPTIMIZE|CHECK|CHECKSUM|REPAIR [LOCAL] TABLE t, … options`, `FLUSH …`.
    pub(super) fn maintenance(&mut self) -> Option<Statement> {
        let verb = match self.token_text().to_ascii_lowercase().as_str() {
            "analyze" => MaintenanceVerb::Analyze,
            "optimize" => MaintenanceVerb::Optimize,
            "check" => MaintenanceVerb::Check,
            "checksum" => MaintenanceVerb::Checksum,
            "repair" => MaintenanceVerb::Repair,
            "flush" => MaintenanceVerb::Flush,
            _ => return None,
        };
        self.advance();
        self.accept_any(&["local", "no_write_to_binlog"]);
        let mut maintenance = Maintenance {
            verb,
            names: Vec::new(),
            kind: ObjectKind::Table,
            full: None,
            concurrently: Keyword::absent(self.last),
            index: None,
            options: Vec::new(),
        };
        if self.is_any(&["table", "tables", "view"]) {
            if self.is("view") {
                maintenance.kind = ObjectKind::View;
            }
            self.advance();
            if self.is_name() && !self.is_any(&["with", "for"]) {
                maintenance.names = self.object_names()?;
            }
        } else if verb != MaintenanceVerb::Flush {
            return None;
        }
        maintenance.options = self.rest_as_options();
        Some(Statement::Maintenance(Box::new(maintenance)))
    }

    pub(super) fn call_statement(&mut self) -> Option<Statement> {
        self.accept("call");
        let name = self.object_name()?;
        let mut arguments = Vec::new();
        if self.accept_open() {
            while !self.is_close() && !self.at_end() {
                let start = self.token.start;
                match self.expr() {
                    Some(expr) => arguments.push(expr),
                    None => self.unknown_item(start),
                }
                if !self.comma() && !self.is_close() {
                    self.unknown_item(self.token.start);
                    self.comma();
                }
            }
            self.accept_close();
        }
        Some(Statement::Call(Box::new(CallRoutine { name, arguments })))
    }

    /// `PREPARE s FROM x`, `EXECUTE IMMEDIATE x`: SQL that is put together at run time, unless it is one literal.
    pub(super) fn dynamic_statement(&mut self) -> Option<Statement> {
        let start = self.token.start;
        let verb = self.token_text().to_ascii_lowercase();
        self.advance();
        let immediate = verb == "execute" && self.accept("immediate");
        let opaque = verb == "prepare" || immediate;
        if verb == "prepare" {
            self.ident();
            self.accept("from");
        }
        let literal = if opaque { self.string() } else { None };
        let alone = self.at_end() || self.is("using");
        self.skip_statement();
        let inner = literal.filter(|_| alone).and_then(|literal| self.written(&literal));
        if opaque && inner.is_none() {
            self.issue(self.since(start), Reason::Dynamic);
        }
        let verb = if immediate { "execute immediate".to_owned() } else { verb };
        let inner = inner.map(Box::new);
        Some(Statement::Other(Box::new(Other { verb, names: Vec::new(), inner })))
    }

    /// The statement that a string holds, where it stands there as it is.
    pub(super) fn written(&self, string: &Text) -> Option<Parsed> {
        let inside = Span::new(string.span.start + 1, string.span.end.saturating_sub(1));
        (inside.slice(self.text) == string.value).then(|| super::parse(self.dialect, self.text, inside))
    }
}
