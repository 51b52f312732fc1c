use sluice_text::Span;

use super::cursor::Cursor;
use super::literal::unquote;
use crate::lexer::TokenKind;
use crate::model::{Ident, ObjectName, TableRef};

/// Keywords that no name may be without quotes: those without `%fallback ID` in `parse.y`.
pub(super) const RESERVED: &[&str] = &[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "foreign",
    "from",
    "group",
    "having",
    "in",
    "index",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "limit",
    "not",
    "nothing",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
];
/// Words of joins and hints: names, but no alias that is not introduced by `AS`.
const NO_ALIAS: &[&str] = &["cross", "full", "inner", "left", "natural", "outer", "right", "indexed"];

impl Cursor<'_> {
    /// Whether the next token may be a name.
    pub(super) fn is_name(&self) -> bool {
        match self.kind() {
            TokenKind::Word => !self.is_any(RESERVED) && !self.token_text().starts_with('$'),
            TokenKind::QuotedName => true,
            _ => false,
        }
    }

    /// A name; SQLite takes `'x'` for one too.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let ident = match self.kind() {
            TokenKind::Word if self.is_name() => Ident::bare(self.token_text(), self.token_span()),
            TokenKind::QuotedName | TokenKind::String => {
                Ident::quoted(unquote(self.token_text(), usize::MAX), self.token_span())
            }
            _ => return None,
        };
        self.advance();
        Some(ident)
    }

    /// `name`, `schema.name`.
    pub(super) fn object_name(&mut self) -> Option<ObjectName> {
        let first = self.ident()?;
        if !self.accept_symbol(b'.') {
            return Some(ObjectName::bare(first));
        }
        let name = self.ident()?;
        let span = Span::new(first.span.start, name.span.end);
        Some(ObjectName { qualifiers: vec![first], name, span })
    }

    /// A table without alias.
    pub(super) fn table_ref(&mut self) -> Option<TableRef> {
        Some(TableRef { name: self.object_name()?, alias: None, only: false, partitions: Vec::new() })
    }

    /// `(name, …)`, each with `COLLATE x`, `ASC`, `DESC` that old schemas write; none where no `(` follows.
    pub(super) fn ident_list(&mut self) -> Option<Vec<Ident>> {
        if !self.accept_open() {
            return None;
        }
        let mut names = Vec::new();
        loop {
            let start = self.token.start;
            match self.ident() {
                Some(name) => names.push(name),
                None => {
                    self.missing("a name");
                    self.unknown_item(start);
                }
            }
            if self.accept("collate") {
                self.ident();
            }
            self.accept_any(&["asc", "desc"]);
            if !self.comma() {
                self.close();
                return Some(names);
            }
        }
    }

    /// `)`; what stands before it is not known.
    pub(super) fn close(&mut self) {
        let start = self.token.start;
        while !self.at_end() && !self.is_close() {
            self.skip_one();
        }
        let span = self.since(start);
        if !span.is_empty() {
            self.issue(span, crate::model::Reason::Unknown);
        }
        if !self.accept_close() {
            let end = Span::new(self.last, self.last);
            self.issue(end, crate::model::Reason::Syntax("a parenthesis is never closed".to_owned()));
        }
    }

    /// `[AS] name` behind a table or an output column.
    pub(super) fn alias(&mut self) -> Option<Ident> {
        if self.accept("as") {
            let alias = self.ident();
            if alias.is_none() {
                self.missing("a name");
            }
            return alias;
        }
        let alias = match self.kind() {
            TokenKind::String => true,
            _ => self.is_name() && !self.is_any(NO_ALIAS) && !self.begins_windows(),
        };
        if alias { self.ident() } else { None }
    }

    /// Something that the grammar demands is not here.
    pub(super) fn missing(&mut self, what: &str) {
        let at = Span::new(self.last, self.last);
        self.issue(at, crate::model::Reason::Syntax(format!("{what} is missing")));
    }
}
