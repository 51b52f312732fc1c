//! Columns, as the server writes them.

use sluice_facts::{Fact, FactId, Kind, Payload};

use super::table::{Collations, same_words, spelled};
use super::{Attributes, attribute, flag};
use crate::lexeme::{Reader, Sort, names};
use crate::rules::column::definition;

/// A column as it was read. What it takes from its table is not known yet.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    attributes: Attributes,
    charset: Option<String>,
    collation: Option<String>,
    takes_charset: bool,
}

/// Types whose values are texts in a character set.
const TEXTS: [&str; 8] = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];

/// Reads a column; none where its text cannot be written again from what was read.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Column> {
    let place = reader.place();
    let name = reader.name()?;
    let base = reader.next().filter(|lexeme| lexeme.sort == Sort::Word)?.raw.to_owned();
    let takes_charset = TEXTS.iter().any(|text| base.eq_ignore_ascii_case(text));
    let mut kind = base;
    if let Some(arguments) = reader.group() {
        kind.push_str(&format!("({arguments})"));
    }
    for word in ["unsigned", "zerofill", "COMPRESSED"] {
        if reader.take(&[word]) {
            kind.push_str(&format!(" {word}"));
        }
    }
    let mut column = Column {
        attributes: vec![attribute("type", kind)],
        name,
        charset: None,
        collation: None,
        takes_charset,
    };
    column.attributes.extend(spelled(&column.name));
    let mut extra: Vec<String> = Vec::new();
    while !reader.ends_item() {
        if !column.read_attribute(reader)? {
            extra.push(reader.next()?.raw.to_owned());
        }
    }
    if !extra.is_empty() {
        column.attributes.push(attribute("extra", extra.join(" ")));
    }
    let payload = Payload::new(column.attributes.iter().cloned());
    same_words(reader.since(place), &definition(&payload, &column.name, false)).then_some(column)
}

impl Column {
    /// Reads one attribute; false where it is none that is known.
    fn read_attribute(&mut self, reader: &mut Reader<'_>) -> Option<bool> {
        let found = if reader.take(&["CHARACTER", "SET"]) {
            self.charset = reader.name();
            return Some(true);
        } else if reader.take(&["COLLATE"]) {
            self.collation = reader.name();
            return Some(true);
        } else if reader.take(&["GENERATED", "ALWAYS", "AS", "ROW"]) {
            attribute("row", reader.next()?.raw.to_ascii_uppercase())
        } else if reader.take(&["GENERATED", "ALWAYS", "AS"]) {
            self.attributes.push(attribute("expression", reader.group()?.to_owned()));
            attribute("generated", reader.next()?.raw.to_ascii_uppercase())
        } else if reader.take(&["NOT", "NULL"]) {
            flag("not_null")
        } else if reader.take(&["NULL"]) {
            return Some(true);
        } else if reader.take(&["DEFAULT"]) {
            let value = value(reader)?;
            if value.eq_ignore_ascii_case("NULL") {
                return Some(true);
            }
            attribute("default", value)
        } else if reader.take(&["ON", "UPDATE"]) {
            attribute("on_update", value(reader)?)
        } else if reader.take(&["AUTO_INCREMENT"]) {
            flag("auto_increment")
        } else if reader.take(&["COMMENT"]) {
            attribute("comment", reader.string()?.to_owned())
        } else if reader.take(&["INVISIBLE"]) {
            flag("invisible")
        } else if reader.take(&["CHECK"]) {
            attribute("check", reader.group()?.to_owned())
        } else if reader.take(&["WITHOUT", "SYSTEM", "VERSIONING"]) {
            flag("unversioned")
        } else if reader.take(&["SRID"]) {
            attribute("srid", reader.next()?.raw.to_owned())
        } else {
            return Some(false);
        };
        self.attributes.push(found);
        Some(true)
    }

    /// The fact of a column in a table.
    pub fn fact(
        mut self,
        table: &str,
        parent: &FactId,
        table_collation: Option<&str>,
        collations: &Collations,
        columns_in: &dyn Fn(&str) -> Vec<FactId>,
    ) -> Fact {
        // MySQL remembers that somebody has written what holds anyway.
        if self.charset.is_some() {
            self.attributes.push(flag("~charset"));
        }
        let of_charset = self.charset.and_then(|charset| collations.get(&charset).cloned());
        let inherited = || table_collation.filter(|_| self.takes_charset).map(str::to_owned);
        if let Some(collation) = self.collation.or(of_charset).or_else(inherited) {
            self.attributes.push(attribute("collation", collation));
        }
        let payload = Payload::new(self.attributes);
        let mut requires = columns_in(payload.text("expression").unwrap_or_default());
        if let Some(default) = payload.text("default") {
            requires.extend(columns_in(default));
            if default.contains("nextval(") || default.contains("lastval(") {
                let sequences = names(default).into_iter();
                requires.extend(sequences.map(|name| FactId::new(Kind::Sequence, [name])));
            }
        }
        let id = FactId::new(Kind::Column, [table, &self.name.to_lowercase()]);
        Fact::new(id, Kind::Column, Some(parent.clone()), payload).requiring(requires)
    }
}

/// A value as it is written: a literal, a call, an expression in parentheses.
fn value(reader: &mut Reader<'_>) -> Option<String> {
    let place = reader.place();
    let _ = reader.take_sign('-') || reader.take_sign('+');
    if reader.group().is_none() {
        let first = reader.next()?;
        if first.sort == Sort::Word {
            // `b'101'`, `_utf8mb4'x'`.
            let text = reader.peek().filter(|next| next.sort == Sort::Text && next.start == first.end());
            if text.is_some() {
                reader.next();
            } else {
                reader.group();
            }
        }
    }
    Some(reader.text_since(place).to_owned())
}
