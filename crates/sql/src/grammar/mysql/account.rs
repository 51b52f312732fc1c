//! Users and roles.

use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Keyword, RoleName, RoleOption, RoleStatement, RoleVerb, Statement, Text};

/// Words that begin an option behind the names.
const OPTIONS: &[&str] = &[
    "require",
    "with",
    "password",
    "account",
    "failed_login_attempts",
    "password_lock_time",
    "comment",
    "attribute",
    "default",
    "discard",
    "retain",
    "replace",
    "add",
    "modify",
    "drop",
    "initial",
    "cipher",
];

impl Parser<'_> {
    /// `CREATE|ALTER|DROP USER|ROLE …`; the kind is the next token.
    pub(super) fn accounts(
        &mut self,
        verb: RoleVerb,
        or_replace: Option<sluice_text::Span>,
    ) -> Option<Statement> {
        let user = self.is("user");
        self.advance();
        let if_exists = if verb == RoleVerb::Create { self.if_not_exists() } else { self.if_exists() };
        let mut role = RoleStatement {
            verb,
            user,
            names: Vec::new(),
            if_exists,
            or_replace,
            options: Vec::new(),
            to: None,
        };
        loop {
            let start = self.token.start;
            match self.role_name() {
                Some(mut name) => {
                    if self.is_open() && name.name.is_word("user") {
                        self.skip_parens();
                        name.span = self.since(start);
                    }
                    role.names.push(name);
                }
                None => self.unknown_item(start),
            }
            while self.authentication(&mut role.options) {}
            // MySQL: factors and other options of one user.
            if !self.comma() {
                break;
            }
        }
        while !self.at_end() {
            let start = self.token.start;
            if !self.is_any(&["and", "or"]) && self.authentication(&mut role.options) {
            } else if self.accept_all(&["default", "role"]) {
                self.role_names();
                let option = self.bare_option(start);
                role.options.push(RoleOption::Other(option));
            } else if self.accept_all(&["with", "admin"]) {
                self.role_name();
                let option = self.bare_option(start);
                role.options.push(RoleOption::Other(option));
            } else if self.is_any(OPTIONS) || self.kind() == TokenKind::Word {
                self.advance();
                while self.kind() == TokenKind::Word
                    && !self.is_any(&["password", "account", "require", "with", "comment", "attribute"])
                {
                    self.advance();
                    if self.is_string() {
                        break;
                    }
                }
                let option = if self.is_string() || self.kind() == TokenKind::Number {
                    self.valued(start)
                } else {
                    self.bare_option(start)
                };
                role.options.push(RoleOption::Other(option));
            } else {
                self.unknown_one();
            }
        }
        Some(Statement::Role(Box::new(role)))
    }

    /// `IDENTIFIED …`, also with `AND` or `OR` in front.
    fn authentication(&mut self, options: &mut Vec<RoleOption>) -> bool {
        let start = self.token.start;
        if self.is_any(&["and", "or"]) && !self.peek_is(&["identified"]) {
            // MariaDB: `IDENTIFIED VIA a OR b`.
            self.advance();
            self.plugin(start, options);
            return true;
        }
        self.accept_any(&["and", "or"]);
        if !self.accept("identified") {
            return false;
        }
        if self.accept("by") {
            if self.accept_all(&["random", "password"]) {
                let option = self.bare_option(start);
                options.push(RoleOption::Other(option));
            } else {
                self.accept("password");
                options.extend(self.string().map(RoleOption::Password));
            }
        } else if self.accept_any(&["with", "via"]) {
            self.plugin(start, options);
        }
        if self.accept("replace") {
            options.extend(self.string().map(RoleOption::Password));
        }
        self.accept_all(&["retain", "current", "password"]);
        true
    }

    /// `plugin [BY|AS|USING 'text']`.
    fn plugin(&mut self, start: usize, options: &mut Vec<RoleOption>) {
        self.word();
        let option = self.bare_option(start);
        options.push(RoleOption::Other(option));
        if self.accept_any(&["by", "as", "using"]) {
            if self.is("password") && self.peek_open() {
                self.advance();
                self.advance();
                options.extend(self.string().map(RoleOption::Password));
                self.close_or_skip();
            } else if !self.accept_all(&["random", "password"]) {
                options.extend(self.string_or_word().map(|text: Text| RoleOption::Password(text)));
            }
        }
    }

    /// `RENAME USER a TO b, …`: of several, the last new name is kept.
    pub(super) fn rename_users(&mut self) -> Option<Statement> {
        self.accept("user");
        let mut names = Vec::new();
        let mut to = None;
        loop {
            names.push(self.role_name()?);
            if !self.accept("to") {
                return None;
            }
            to = Some(self.role_name()?).or(to);
            if !self.comma() {
                break;
            }
        }
        Some(self.role_statement(RoleVerb::Rename, names, to))
    }

    pub(super) fn role_statement(
        &self,
        verb: RoleVerb,
        names: Vec<RoleName>,
        to: Option<RoleName>,
    ) -> Statement {
        Statement::Role(Box::new(RoleStatement {
            verb,
            user: true,
            names,
            if_exists: Keyword::absent(self.last),
            or_replace: None,
            options: Vec::new(),
            to,
        }))
    }

    /// `SET PASSWORD [FOR user] = …`.
    pub(super) fn set_password(&mut self) -> Option<Statement> {
        self.accept("password");
        let mut names = Vec::new();
        if self.accept("for") {
            names.push(self.role_name()?);
        }
        let mut role = match self.role_statement(RoleVerb::SetPassword, names, None) {
            Statement::Role(role) => role,
            _ => return None,
        };
        if self.accept_symbol(b'=') {
            if self.accept_any(&["password", "old_password"]) {
                self.accept_open();
                role.options.extend(self.string().map(RoleOption::Password));
                self.accept_close();
            } else {
                role.options.extend(self.string().map(RoleOption::Password));
            }
        } else {
            self.accept_all(&["to", "random"]);
        }
        if self.accept("replace") {
            role.options.extend(self.string().map(RoleOption::Password));
        }
        self.accept_all(&["retain", "current", "password"]);
        Some(Statement::Role(role))
    }
}
