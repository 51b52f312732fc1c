use sluice_text::Span;

use super::literal::unquote;
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{Ident, ObjectName, RoleName, SpecialRole};

/// What stands between backticks, doubled ones resolved.
pub(super) fn unquote_name(quoted: &str) -> String {
    let inner = quoted.strip_prefix('`').unwrap_or(quoted);
    inner.strip_suffix('`').unwrap_or(inner).replace("``", "`")
}

impl Parser<'_> {
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName)
    }

    /// One part of a name.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let ident = match self.kind() {
            TokenKind::Word => Ident::bare(self.token_text(), self.token_span()),
            TokenKind::QuotedName => Ident::quoted(unquote_name(self.token_text()), self.token_span()),
            _ => return None,
        };
        self.advance();
        Some(ident)
    }

    /// A name that may be written as a string: aliases, users, hosts.
    pub(super) fn ident_or_string(&mut self) -> Option<Ident> {
        if self.kind() != TokenKind::String {
            return self.ident();
        }
        let ident = Ident::quoted(unquote(self.token_text(), usize::MAX), self.token_span());
        self.advance();
        Some(ident)
    }

    /// `name`, `database.name`, `.name`.
    pub(super) fn object_name(&mut self) -> Option<ObjectName> {
        self.accept_symbol(b'.');
        let mut name = ObjectName::bare(self.ident()?);
        while self.is_symbol(b'.') && matches!(self.peek().0, TokenKind::Word | TokenKind::QuotedName) {
            self.advance();
            let next = self.ident()?;
            let start = name.span.start;
            name.span = Span::new(start, next.span.end);
            name.qualifiers.push(std::mem::replace(&mut name.name, next));
        }
        Some(name)
    }

    /// `name, name, …`; what is no name is left out and said.
    pub(super) fn object_names(&mut self) -> Option<Vec<ObjectName>> {
        let mut names = vec![self.object_name()?];
        while self.comma() {
            let start = self.token.start;
            match self.object_name() {
                Some(name) => names.push(name),
                None => self.unknown_item(start),
            }
        }
        Some(names)
    }

    /// `name, name, …` without qualifiers.
    pub(super) fn idents(&mut self) -> Option<Vec<Ident>> {
        let mut names = vec![self.ident()?];
        while self.comma() {
            names.push(self.ident()?);
        }
        Some(names)
    }

    /// `(name, name, …)`; may be empty.
    pub(super) fn ident_list(&mut self) -> Option<Vec<Ident>> {
        if !self.accept_open() {
            return None;
        }
        let mut names = Vec::new();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            match self.ident() {
                Some(name) => names.push(name),
                None => self.unknown_item(start),
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
        Some(names)
    }

    /// A user or role: `name`, `'name'@'host'`, `CURRENT_USER()`, `PUBLIC`.
    pub(super) fn role_name(&mut self) -> Option<RoleName> {
        let start = self.token.start;
        let special = if self.is_any(&["current_user", "current_role"]) {
            Some(SpecialRole::Current)
        } else if self.is("public") {
            Some(SpecialRole::Public)
        } else if self.is_any(&["none", "default", "all"]) {
            Some(SpecialRole::Keyword)
        } else {
            None
        };
        let name = self.ident_or_string()?;
        if special == Some(SpecialRole::Current) && self.is_open() {
            self.skip_parens();
        }
        let mut host = None;
        if self.accept_symbol(b'@') {
            host = Some(self.host()?);
        }
        Some(RoleName { name, host, special, span: self.since(start) })
    }

    /// `localhost`, `'%'`, `%`, `127.0.0.1`.
    fn host(&mut self) -> Option<Ident> {
        if let Some(host) = self.ident_or_string() {
            let mut host = host;
            while !host.quoted && self.is_symbol(b'.') && self.token.start == host.span.end {
                self.advance();
                self.advance();
                host.span = Span::new(host.span.start, self.last);
                host.text = host.span.slice(self.text).to_owned();
            }
            return Some(host);
        }
        if self.is_symbol(b'%') || self.kind() == TokenKind::Number {
            let span = self.token_span();
            let text = self.token_text().to_owned();
            self.advance();
            return Some(Ident::bare(text, span));
        }
        None
    }

    pub(super) fn role_names(&mut self) -> Option<Vec<RoleName>> {
        let mut names = vec![self.role_name()?];
        while self.comma() {
            names.push(self.role_name()?);
        }
        Some(names)
    }

    /// `DEFINER = user`.
    pub(super) fn definer(&mut self) -> Option<RoleName> {
        if !self.accept("definer") {
            return None;
        }
        self.accept_symbol(b'=');
        self.role_name()
    }
}
