//! Columns with their types and constraints.

use sluice_text::Span;

use super::cursor::Cursor;
use super::literal::unquote;
use crate::Dialect;
use crate::lexer::TokenKind;
use crate::model::{
    ColumnAttribute, ColumnAttributeKind, ColumnDef, DataType, Expr, Generated, Ident, Literal, ObjectName,
    Storage, TypeArgument, normalised_type_name,
};

impl Cursor<'_> {
    pub(super) fn column_def(&mut self) -> Option<ColumnDef> {
        let start = self.token.start;
        let name = self.ident()?;
        let data_type = self.data_type();
        let mut attributes = Vec::new();
        while self.attribute(&name, &mut attributes) {}
        Some(ColumnDef { name, data_type, attributes, span: self.since(start) })
    }

    /// Any words, with one or two numbers in parentheses.
    pub(super) fn data_type(&mut self) -> Option<DataType> {
        let start = self.token.start;
        let mut words: Vec<String> = Vec::new();
        let mut quoted = false;
        loop {
            let generated = self.is("generated") && self.peek_is(&["always"]);
            match self.kind() {
                TokenKind::Word if self.is_name() && !generated => words.push(self.token_text().to_owned()),
                TokenKind::QuotedName | TokenKind::String => {
                    quoted = true;
                    words.push(unquote(self.token_text(), usize::MAX));
                }
                _ => break,
            }
            self.advance();
        }
        if words.is_empty() {
            return None;
        }
        let text = words.join(" ");
        let name_span = self.since(start);
        let mut arguments = Vec::new();
        if self.accept_open() {
            loop {
                match self.type_argument() {
                    Some(argument) => arguments.push(argument),
                    None => self.missing("a number"),
                }
                if !self.comma() {
                    break;
                }
            }
            self.close();
        }
        let written = if quoted {
            Ident::quoted(text.as_str(), name_span)
        } else {
            Ident::bare(text.as_str(), name_span)
        };
        Some(DataType {
            name: normalised_type_name(Dialect::Sqlite, &text),
            written: ObjectName::bare(written),
            arguments,
            dimensions: 0,
            unsigned: None,
            zerofill: None,
            charset: None,
            collation: None,
            set_of: false,
            span: self.since(start),
        })
    }

    fn type_argument(&mut self) -> Option<TypeArgument> {
        let start = self.token.start;
        let signed = self.accept_symbol(b'-') || self.accept_symbol(b'+');
        if self.number().is_some() {
            let span = self.since(start);
            let text = span.slice(self.text);
            return Some(match text.trim_start_matches('+').trim_start().parse() {
                Ok(value) => TypeArgument::Number { value, span },
                Err(_) => TypeArgument::Word(Ident::bare(text, span)),
            });
        }
        if signed { None } else { self.ident().map(TypeArgument::Word) }
    }

    /// One constraint of a column; false where there is none.
    fn attribute(&mut self, column: &Ident, attributes: &mut Vec<ColumnAttribute>) -> bool {
        let start = self.token.start;
        let mut name = None;
        if self.accept("constraint") {
            name = self.ident();
            if name.is_none() {
                self.missing("a name");
            }
        }
        let before = self.last;
        let Some(kind) = self.attribute_kind(column) else {
            if self.last > before {
                self.missing("the rest of the constraint");
            }
            // `CONSTRAINT name` alone is read too.
            return name.is_some();
        };
        attributes.push(ColumnAttribute { name, kind, span: self.since(start) });
        if let Some(conflict) = self.on_conflict() {
            let span = conflict.span;
            attributes.push(ColumnAttribute { name: None, kind: ColumnAttributeKind::Other(conflict), span });
        }
        true
    }

    fn attribute_kind(&mut self, column: &Ident) -> Option<ColumnAttributeKind> {
        use ColumnAttributeKind as K;
        if self.accept("null") {
            return Some(K::Null);
        }
        if self.accept_all(&["not", "null"]) {
            return Some(K::NotNull { no_inherit: false });
        }
        if self.accept("default") {
            return self.default_value().map(K::Default);
        }
        if self.accept_all(&["primary", "key"]) {
            let order = self.order();
            let options: Vec<_> = self.on_conflict().into_iter().collect();
            return Some(K::PrimaryKey { autoincrement: self.take("autoincrement"), order, options });
        }
        if self.accept("unique") {
            let options = self.on_conflict().into_iter().collect();
            return Some(K::Unique { nulls_not_distinct: false, options });
        }
        if self.accept("check") {
            let expr = self.inner_expr()?;
            return Some(K::Check { expr, enforced: None, no_inherit: false });
        }
        if self.is("references") {
            let start = self.token.start;
            return self.references(vec![column.clone()], start).map(|key| K::References(Box::new(key)));
        }
        if self.accept("collate") {
            return self.ident().map(|name| K::Collate(ObjectName::bare(name)));
        }
        if self.accept_all(&["generated", "always", "as"]) || self.accept("as") {
            let expr = self.inner_expr()?;
            let at = Span::new(self.last, self.last);
            let (storage, storage_span) = if let Some(span) = self.take("stored") {
                (Storage::Stored, span)
            } else if let Some(span) = self.take("virtual") {
                (Storage::Virtual, span)
            } else {
                (Storage::Default, at)
            };
            return Some(K::Generated(Box::new(Generated { expr, storage, storage_span })));
        }
        self.deferral().map(K::Deferral)
    }

    /// What may follow `DEFAULT`: a literal with its sign, a name, `(expr)`.
    fn default_value(&mut self) -> Option<Expr> {
        let start = self.token.start;
        if self.kind() == TokenKind::Word
            && self.is_name()
            && !self.is_any(super::operand::BARE_CALLS)
            && !self.peek_open()
            && !self.is_any(&["true", "false", "x"])
        {
            // A name is a string here (parse.y: `ccons ::= DEFAULT scantok id`).
            let name = self.ident()?;
            let mut expr = Expr::opaque(self.since(start));
            expr.literal = Some(Literal::Text(name.text));
            return Some(expr);
        }
        if self.kind() == TokenKind::QuotedName {
            let name = self.ident()?;
            let mut expr = Expr::opaque(self.since(start));
            expr.literal = Some(Literal::Text(name.text));
            return Some(expr);
        }
        self.operand_expr()
    }
}
