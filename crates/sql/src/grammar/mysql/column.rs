//! The definition of a column.

use sluice_text::Span;

use super::literal::is_number_word;
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{
    ColumnAttribute, ColumnAttributeKind, ColumnDef, ColumnPosition, Expr, Generated, Ident, NamedOption,
    ObjectName, Storage, Word,
};

impl Parser<'_> {
    /// `name type attributes`.
    pub(super) fn column_def(&mut self) -> Option<ColumnDef> {
        let start = self.token.start;
        let name = self.ident()?;
        let mut data_type = None;
        if self.is_name() && !self.is_any(&["generated", "as"]) {
            data_type = Some(self.data_type()?);
        }
        let mut column = ColumnDef { name, data_type, attributes: Vec::new(), span: self.since(start) };
        if let Some(data_type) = column.data_type.as_mut().filter(|it| it.name == "serial") {
            // A word for `BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE`.
            let span = data_type.span;
            "bigint".clone_into(&mut data_type.name);
            data_type.unsigned = Some(span);
            column.attributes.extend(serial(span));
        }
        while !self.ends_column() {
            let from = self.token.start;
            if !self.column_attribute(&mut column) {
                self.unknown_one();
            }
            if self.last <= from {
                break;
            }
        }
        column.span = self.since(start);
        Some(column)
    }

    /// Whether no attribute can follow, but the position or the next clause of `ALTER TABLE`.
    fn ends_column(&mut self) -> bool {
        self.at_end()
            || self.is_close()
            || self.is_symbol(b',')
            || self.is_any(&["first", "after"])
            || (self.is("partition") && self.peek_is(&["by"]))
            || (self.is("remove") && self.peek_is(&["partitioning"]))
    }

    /// `FIRST`, `AFTER column`.
    pub(super) fn column_position(&mut self) -> Option<ColumnPosition> {
        if let Some(span) = self.take("first") {
            return Some(ColumnPosition::First(span));
        }
        let start = self.token.start;
        if !self.accept("after") {
            return None;
        }
        let column = self.ident()?;
        Some(ColumnPosition::After { column, span: self.since(start) })
    }

    /// Reads one attribute; false where none is known.
    fn column_attribute(&mut self, column: &mut ColumnDef) -> bool {
        let start = self.token.start;
        let mut name = None;
        if self.is("constraint") {
            let place = self.place();
            self.advance();
            if !self.is_any(&["check", "references"]) {
                name = self.ident();
            }
            if !self.is_any(&["check", "references", "primary", "unique", "not", "null"]) {
                self.go_back(place);
                return false;
            }
        }
        // Charset and the like may stand behind other attributes.
        if self.is_any(&["character", "charset", "unsigned", "zerofill", "ascii", "unicode"])
            && self.late_type(column)
        {
            return true;
        }
        if self.accept_all(&["serial", "default", "value"]) {
            column.attributes.extend(serial(self.since(start)));
            return true;
        }
        let place = self.place();
        let Some(kind) = self.attribute_kind(column) else {
            self.go_back(place);
            return false;
        };
        if let ColumnAttributeKind::Collate(collation) = &kind
            && let Some(data_type) = &mut column.data_type
        {
            data_type.collation = Some(collation.clone());
        }
        column.attributes.push(ColumnAttribute { name, kind, span: self.since(start) });
        true
    }

    fn late_type(&mut self, column: &mut ColumnDef) -> bool {
        let Some(data_type) = &mut column.data_type else { return false };
        if let Some(span) = self.take("unsigned") {
            data_type.unsigned = Some(span);
        } else if let Some(span) = self.take("zerofill") {
            (data_type.zerofill, data_type.unsigned) = (Some(span), data_type.unsigned.or(Some(span)));
        } else if self.accept_all(&["character", "set"]) || self.accept("charset") {
            data_type.charset = self.word();
        } else {
            self.advance();
        }
        true
    }

    fn attribute_kind(&mut self, column: &ColumnDef) -> Option<ColumnAttributeKind> {
        use ColumnAttributeKind as K;
        let start = self.token.start;
        if self.kind() != TokenKind::Word {
            return self.unknown_option().map(K::Other);
        }
        let word = self.token_text().to_ascii_lowercase();
        match word.as_str() {
            "not" => {
                if self.accept_all(&["not", "null"]) {
                    return Some(K::NotNull { no_inherit: false });
                }
                self.accept_all(&["not", "secondary"]).then(|| K::Other(self.bare_option(start)))
            }
            "null" => self.accept("null").then_some(K::Null),
            "default" => {
                self.advance();
                self.default_value().map(K::Default)
            }
            "auto_increment" => self.accept("auto_increment").then_some(K::AutoIncrement),
            "on" if self.accept_all(&["on", "update"]) => self.default_value().map(K::OnUpdate),
            "unique" => {
                self.advance();
                self.accept("key");
                Some(K::Unique { nulls_not_distinct: false, options: Vec::new() })
            }
            "primary" | "key" => {
                self.accept("primary");
                self.accept("key");
                Some(K::PrimaryKey { autoincrement: None, order: None, options: Vec::new() })
            }
            "comment" => {
                self.advance();
                self.accept_symbol(b'=');
                self.string().map(K::Comment)
            }
            "collate" => {
                self.advance();
                self.accept_symbol(b'=');
                let word = self.word()?;
                let name = Ident { text: word.text, quoted: false, span: word.span };
                Some(K::Collate(ObjectName::bare(name)))
            }
            "column_format" => self.next_word().map(K::ColumnFormat),
            "storage" => self.next_word().map(K::Storage),
            "visible" => self.accept("visible").then_some(K::Visible(true)),
            "invisible" => self.accept("invisible").then_some(K::Visible(false)),
            "srid" | "ref_system_id" => {
                self.advance();
                self.accept_symbol(b'=');
                self.number().map(K::Srid)
            }
            "compressed" => {
                let span = self.token_span();
                self.advance();
                if self.accept_symbol(b'=') {
                    return self.word().map(K::Compression);
                }
                Some(K::Compression(Word { text: "zlib".to_owned(), span }))
            }
            "with" | "without" if self.peek_is(&["system"]) => {
                let with = word == "with";
                self.advance();
                self.accept_all(&["system", "versioning"]).then_some(K::SystemVersioning(with))
            }
            "check" => {
                self.advance();
                if !self.accept_open() {
                    return None;
                }
                let expr = self.expr()?;
                self.close_or_skip();
                let enforced = self.enforced();
                Some(K::Check { expr, enforced, no_inherit: false })
            }
            "references" => {
                let key = self.references(vec![column.name.clone()], start)?;
                Some(K::References(Box::new(key)))
            }
            "generated" | "as" => {
                self.accept_all(&["generated", "always"]);
                if !self.accept("as") {
                    return None;
                }
                if self.accept("row") {
                    let row_start = self.accept("start");
                    return (row_start || self.accept("end")).then_some(K::RowTime(row_start));
                }
                self.generated().map(|generated| K::Generated(Box::new(generated)))
            }
            "engine_attribute" | "secondary_engine_attribute" | "masked" => {
                self.advance();
                Some(K::Other(self.valued(start)))
            }
            _ => self.unknown_option().map(|option: NamedOption| K::Other(option)),
        }
    }

    fn next_word(&mut self) -> Option<Word> {
        self.advance();
        self.equals_word()
    }

    /// `(expr) [VIRTUAL|STORED|PERSISTENT]`.
    fn generated(&mut self) -> Option<Generated> {
        if !self.accept_open() {
            return None;
        }
        let expr = self.expr()?;
        self.close_or_skip();
        let span = self.token_span();
        let storage = if self.accept_any(&["stored", "persistent"]) {
            Storage::Stored
        } else if self.accept("virtual") {
            Storage::Virtual
        } else {
            return Some(Generated {
                expr,
                storage: Storage::Default,
                storage_span: Span::new(self.last, self.last),
            });
        };
        Some(Generated { expr, storage, storage_span: span })
    }

    /// What `DEFAULT` and `ON UPDATE` take: a literal, a call, or an expression in parentheses; then no word of the
    /// next attribute is taken for an operator.
    pub(super) fn default_value(&mut self) -> Option<Expr> {
        if self.is_open() || (self.is_name() && !is_number_word(self.token_text())) {
            return self.operand_expr();
        }
        let value = self.simple_value()?;
        // `'a' 'b'`
        while self.is_string() {
            self.advance();
        }
        Some(value)
    }
}

/// What `SERIAL` and `SERIAL DEFAULT VALUE` say of a column.
fn serial(span: Span) -> [ColumnAttribute; 3] {
    use ColumnAttributeKind as K;
    let attribute = |kind| ColumnAttribute { name: None, kind, span };
    [
        attribute(K::NotNull { no_inherit: false }),
        attribute(K::AutoIncrement),
        attribute(K::Unique { nulls_not_distinct: false, options: Vec::new() }),
    ]
}
