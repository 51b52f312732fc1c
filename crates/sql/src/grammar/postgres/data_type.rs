use super::grammar::Grammar;
use crate::Dialect;
use crate::lexer::TokenKind;
use crate::model::{DataType, Ident, ObjectName, TypeArgument, normalised_type_name};

const INTERVAL_FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second", "to"];

impl Grammar<'_> {
    pub(super) fn data_type(&mut self) -> Option<DataType> {
        let set_of = self.eat("setof");
        let start = self.at;
        let mut words = self.type_words();
        let mut arguments = Vec::new();
        let mut written = if words == 0 {
            self.name()?
        } else {
            self.at += words;
            self.written_words(start)
        };
        if self.is_symbol(b'%')
            && (self.token_is(self.at + 1, "type") || self.token_is(self.at + 1, "rowtype"))
        {
            self.at += 2;
            words = 0;
        }
        if self.is_open() {
            arguments = self.list(Self::type_argument)?;
        }
        let lead = written.name.text.to_ascii_lowercase();
        if matches!(lead.as_str(), "time" | "timestamp")
            && (self.are(&["with", "time", "zone"]) || self.are(&["without", "time", "zone"]))
        {
            let zone = self.words(self.at, self.at + 3);
            self.at += 3;
            written.name.text.push(' ');
            written.name.text.push_str(&zone);
        } else if lead == "interval" {
            while self.is_any(INTERVAL_FIELDS) {
                self.at += 1;
            }
            if self.is_open() {
                arguments = self.list(Self::type_argument)?;
            }
        }
        if words == 0 && written.qualifiers.is_empty() && !written.name.quoted {
            written.span = self.source.span(self.token(start).start, self.token(start).end);
        }
        let name = type_name(&written);
        let mut dimensions = 0;
        loop {
            if self.is_symbol(b'[') {
                self.at += 1;
                if self.peek().kind == TokenKind::Number {
                    self.at += 1;
                }
                if !self.symbol(b']') {
                    return None;
                }
                dimensions += 1;
            } else if dimensions == 0 && self.is("array") {
                self.at += 1;
                dimensions = 1;
                if self.symbol(b'[') {
                    self.at += 1;
                    self.symbol(b']');
                }
                break;
            } else {
                break;
            }
        }
        Some(DataType {
            name,
            written,
            arguments,
            dimensions,
            unsigned: None,
            zerofill: None,
            charset: None,
            collation: None,
            set_of,
            span: self.since(start),
        })
    }

    /// How many words the name of a type has that is made of keywords; 0 for any other.
    fn type_words(&self) -> usize {
        let first = self.peek();
        if first.kind != TokenKind::Word {
            return 0;
        }
        let varying = |at: usize| usize::from(self.token_is(self.at + at, "varying"));
        match self.text(first).to_ascii_lowercase().as_str() {
            "double" if self.token_is(self.at + 1, "precision") => 2,
            "character" | "char" | "bit" | "nchar" => 1 + varying(1),
            "national" => 2 + varying(2),
            "time" | "timestamp" | "interval" => 1,
            _ => 0,
        }
    }

    fn written_words(&self, start: usize) -> ObjectName {
        let text = (start..self.at).map(|index| self.text(self.token(index))).collect::<Vec<_>>().join(" ");
        ObjectName::bare(Ident::bare(text, self.since(start)))
    }

    fn type_argument(&mut self) -> Option<TypeArgument> {
        let start = self.at;
        let minus = self.symbol(b'-');
        let token = self.peek();
        match token.kind {
            TokenKind::Number => {
                self.at += 1;
                let text = self.text(token);
                let span = self.since(start);
                match text.parse::<i64>() {
                    Ok(value) => {
                        Some(TypeArgument::Number { value: if minus { -value } else { value }, span })
                    }
                    Err(_) => Some(TypeArgument::Word(Ident::bare(text, span))),
                }
            }
            TokenKind::String => self.string().map(TypeArgument::Text),
            _ => self.ident().map(TypeArgument::Word),
        }
    }
}

fn type_name(written: &ObjectName) -> String {
    if written.name.quoted {
        return written.display(Dialect::Postgres);
    }
    let display = written.display(Dialect::Postgres);
    normalised_type_name(Dialect::Postgres, &display)
}
