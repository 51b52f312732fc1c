//! `GRANT`, `REVOKE`.

use super::parser::Parser;
use crate::ObjectKind;
use crate::lexer::TokenKind;
use crate::model::{Grant, GrantDirection, GrantObjects, Ident, ObjectName, Privilege, Statement};

impl Parser<'_> {
    pub(super) fn grant(&mut self) -> Option<Statement> {
        let direction = if self.is("grant") { GrantDirection::Grant } else { GrantDirection::Revoke };
        self.advance();
        self.take_all(&["if", "exists"]);
        let mut grant = Grant {
            direction,
            privileges: Vec::new(),
            on: None,
            roles: Vec::new(),
            grantees: Vec::new(),
            grant_option: self.take_all(&["admin", "option", "for"]),
            cascade: None,
            password: None,
        };
        let place = self.place();
        if !self.privileges(&mut grant) {
            self.go_back(place);
            grant.privileges.clear();
            grant.roles = self.role_names()?;
        }
        if self.accept("on") {
            grant.on = Some(self.grant_objects()?);
        }
        if !self.accept_any(&["to", "from"]) {
            return None;
        }
        loop {
            grant.grantees.push(self.role_name()?);
            self.identified(&mut grant);
            if !self.comma() {
                break;
            }
        }
        while !self.at_end() {
            let start = self.token.start;
            if let Some(span) = self
                .take_all(&["with", "grant", "option"])
                .or_else(|| self.take_all(&["with", "admin", "option"]))
            {
                grant.grant_option = Some(span);
            } else if self.accept_all(&["ignore", "unknown", "user"])
                || self.accept_any(&["with", "and", "require", "ssl", "x509", "none"])
            {
            } else if self.accept("as") {
                self.role_name();
                if self.accept_all(&["with", "role"]) {
                    self.accept_all(&["all", "except"]);
                    self.role_names();
                }
            } else if self.accept_any(&["cipher", "issuer", "subject"]) {
                self.string();
            } else if self.kind() == TokenKind::Word
                && self.token_text().to_ascii_lowercase().starts_with("max_")
            {
                self.advance();
                self.number();
            } else {
                self.unknown_one();
            }
            if self.last <= start {
                break;
            }
        }
        Some(Statement::Grant(Box::new(grant)))
    }

    /// `IDENTIFIED BY 'x'` (MariaDB).
    fn identified(&mut self, grant: &mut Grant) {
        if !self.accept("identified") {
            return;
        }
        if self.accept_any(&["via", "with"]) {
            self.word();
            if self.accept_any(&["using", "as"]) {
                grant.password = self.string();
            }
            return;
        }
        self.accept("by");
        self.accept("password");
        grant.password = self.string();
    }

    /// A list of privileges, up to `ON` or (`ALL PRIVILEGES, GRANT OPTION`) `FROM`; false where they are roles.
    fn privileges(&mut self, grant: &mut Grant) -> bool {
        loop {
            let start = self.token.start;
            while self.kind() == TokenKind::Word && !self.is_any(&["on", "to", "from"]) {
                self.advance();
            }
            let name = self.option_name(start).text.to_ascii_lowercase();
            if name.is_empty() {
                return false;
            }
            let columns = if self.is_open() { self.ident_list().unwrap_or_default() } else { Vec::new() };
            if name == "grant option" {
                grant.grant_option = grant.grant_option.or(Some(self.since(start)));
            }
            grant.privileges.push(Privilege { name, columns, span: self.since(start) });
            if !self.comma() {
                break;
            }
        }
        let all = grant.privileges.first().is_some_and(|first| {
            first.name.starts_with("all") || (first.name == "proxy") || first.name == "grant option"
        });
        self.is("on") || (all && self.is_any(&["from", "to"]))
    }

    /// `[TABLE|FUNCTION|PROCEDURE|…] *.*`, a user with `PROXY`.
    fn grant_objects(&mut self) -> Option<GrantObjects> {
        let start = self.token.start;
        let mut kind = ObjectKind::Table;
        if self.is_any(&["table", "function", "procedure", "package", "library"]) && self.peek_is_name() {
            kind = match self.token_text().to_ascii_lowercase().as_str() {
                "table" => ObjectKind::Table,
                "function" => ObjectKind::Function,
                "procedure" => ObjectKind::Procedure,
                _ => ObjectKind::Other,
            };
            self.advance();
            self.accept("body");
        }
        if self.is_string() {
            // `GRANT PROXY ON 'a'@'b'`
            let role = self.role_name()?;
            let names = vec![ObjectName::bare(role.name)];
            return Some(GrantObjects {
                kind: ObjectKind::User,
                names,
                all_in_schema: false,
                span: self.since(start),
            });
        }
        let mut parts = vec![self.grant_part()?];
        while self.accept_symbol(b'.') {
            parts.push(self.grant_part()?);
        }
        if self.accept_symbol(b'@') {
            self.ident_or_string();
            kind = ObjectKind::User;
        }
        let names = ObjectName::from_parts(parts).into_iter().collect();
        Some(GrantObjects { kind, names, all_in_schema: false, span: self.since(start) })
    }

    fn peek_is_name(&mut self) -> bool {
        matches!(self.peek().0, TokenKind::Word | TokenKind::QuotedName | TokenKind::Symbol(b'*'))
    }

    fn grant_part(&mut self) -> Option<Ident> {
        if self.is_symbol(b'*') {
            let ident = Ident::bare("*", self.token_span());
            self.advance();
            return Some(ident);
        }
        self.ident()
    }
}
