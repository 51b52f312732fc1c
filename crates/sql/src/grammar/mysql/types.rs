use sluice_text::Span;

use super::literal::unquote;
use super::parser::Parser;
use crate::lexer::TokenKind;
use crate::model::{DataType, Ident, ObjectName, Text, TypeArgument, Word, normalised_type_name};

/// Second words of types, by the first.
const SECOND: &[(&str, &[&str])] = &[
    ("double", &["precision"]),
    ("national", &["char", "character", "varchar", "varcharacter"]),
    ("nchar", &["varying", "varchar", "varcharacter"]),
    ("char", &["varying", "byte"]),
    ("character", &["varying"]),
    ("long", &["varchar", "varbinary", "varcharacter", "char", "character"]),
    ("signed", &["integer", "int"]),
    ("unsigned", &["integer", "int"]),
];

impl Parser<'_> {
    pub(super) fn data_type(&mut self) -> Option<DataType> {
        let start = self.token.start;
        let mut written = self.object_name()?;
        let mut words = written.name.text.clone();
        while let Some((_, seconds)) =
            SECOND.iter().find(|(first, _)| last_word(&words).eq_ignore_ascii_case(first))
            && self.is_any(seconds)
        {
            words.push(' ');
            words.push_str(self.token_text());
            self.advance();
        }
        if words.len() > written.name.text.len() {
            let span = self.since(start);
            written = ObjectName::bare(Ident::bare(words.clone(), span));
        }
        let arguments = if self.is_open() { self.type_arguments() } else { Vec::new() };
        let mut data_type = DataType {
            name: normalised_type_name(self.dialect, &words),
            written,
            arguments,
            dimensions: 0,
            unsigned: None,
            zerofill: None,
            charset: None,
            collation: None,
            set_of: false,
            span: self.since(start),
        };
        if words.to_ascii_lowercase().starts_with('n') && data_type.name.ends_with("char") {
            data_type.charset = Some(Word { text: "utf8mb3".to_owned(), span: data_type.span });
        }
        self.type_attributes(&mut data_type);
        Some(data_type)
    }

    /// `UNSIGNED`, `ZEROFILL`, `CHARACTER SET x`, `BINARY`, … in any order.
    fn type_attributes(&mut self, data_type: &mut DataType) {
        loop {
            let start = self.token.start;
            let end = if let Some(span) = self.take("unsigned") {
                data_type.unsigned = Some(span);
                true
            } else if let Some(span) = self.take("zerofill") {
                data_type.zerofill = Some(span);
                data_type.unsigned = data_type.unsigned.or(Some(span));
                true
            } else if self.accept_any(&["signed", "array"]) {
                true
            } else if self.accept_all(&["character", "set"]) || self.accept_any(&["charset"]) {
                data_type.charset = self.word();
                false
            } else if self.is_any(&["ascii", "unicode"]) {
                let text = if self.is("ascii") { "latin1" } else { "ucs2" };
                data_type.charset = Some(Word { text: text.to_owned(), span: self.token_span() });
                self.advance();
                false
            } else if self.accept("binary") {
                false
            } else {
                return;
            };
            if end {
                data_type.span = Span::new(data_type.span.start, self.last);
            }
            if self.last <= start {
                return;
            }
        }
    }

    fn type_arguments(&mut self) -> Vec<TypeArgument> {
        let mut arguments = Vec::new();
        self.advance();
        while !self.is_close() && !self.at_end() {
            let span = self.token_span();
            match self.kind() {
                TokenKind::String => {
                    arguments.push(TypeArgument::Text(Text {
                        value: unquote(self.token_text(), usize::MAX),
                        span,
                    }));
                }
                TokenKind::Number | TokenKind::Word | TokenKind::QuotedName => {
                    arguments.push(match self.token_text().parse::<i64>() {
                        Ok(value) => TypeArgument::Number { value, span },
                        Err(_) => TypeArgument::Word(Ident::bare(self.token_text(), span)),
                    });
                }
                _ => {}
            }
            self.skip_one();
        }
        self.accept_close();
        arguments
    }
}

fn last_word(words: &str) -> &str {
    words.rsplit(' ').next().unwrap_or(words)
}
