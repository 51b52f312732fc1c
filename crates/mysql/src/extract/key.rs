//! Keys, indexes, checks and foreign keys, as the server writes them.

use sluice_facts::{Fact, FactId, Kind, Payload};

use super::table::{same_words, spelled};
use super::{Attributes, attribute, flag};
use crate::lexeme::{Reader, items};
use crate::rules::{constraint, index};

/// A primary key or an index.
pub(super) fn index(reader: &mut Reader<'_>, table: &str, parent: &FactId) -> Option<Fact> {
    let place = reader.place();
    let mut attributes = Attributes::new();
    let primary = reader.take(&["PRIMARY", "KEY"]);
    if primary {
        attributes.push(attribute("type", "PRIMARY KEY"));
    } else {
        let kinds = ["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"];
        if let Some(kind) = kinds.iter().find(|kind| reader.take(&[kind])) {
            attributes.push(attribute("type", format!("{kind} KEY")));
        }
        reader.take(&["KEY"]).then_some(())?;
    }
    let name = if primary { "PRIMARY".to_owned() } else { reader.name()? };
    if !primary {
        attributes.extend(spelled(&name));
    }
    attributes.push(attribute("columns", items(reader.group()?)));
    let mut extra: Vec<String> = Vec::new();
    while !reader.ends_item() {
        if reader.take(&["USING"]) {
            attributes.push(attribute("using", reader.next()?.raw.to_ascii_uppercase()));
        } else if reader.take(&["COMMENT"]) {
            attributes.push(attribute("comment", reader.string()?.to_owned()));
        } else if reader.sees(&["IGNORED"]) || reader.sees(&["INVISIBLE"]) {
            attributes.push(attribute("visibility", reader.next()?.raw.to_ascii_uppercase()));
        } else if reader.take(&["WITH", "PARSER"]) {
            attributes.push(attribute("parser", reader.name()?));
        } else {
            extra.push(reader.next()?.raw.to_owned());
        }
    }
    if !extra.is_empty() {
        attributes.push(attribute("extra", extra.join(" ")));
    }
    let id = FactId::new(Kind::Index, [table, &name.to_lowercase()]);
    let fact = Fact::new(id, Kind::Index, Some(parent.clone()), Payload::new(attributes));
    let read = reader.since(place);
    // The parser's name may be written with or without backticks.
    (fact.payload.text("parser").is_some() || same_words(read, &index::definition(&fact))).then_some(fact)
}

/// A check or a foreign key, after `CONSTRAINT`.
pub(super) fn constraint(reader: &mut Reader<'_>, table: &str, parent: &FactId) -> Option<Fact> {
    let place = reader.place();
    let name = reader.name()?;
    let mut attributes: Attributes = spelled(&name).into_iter().collect();
    let mut requires = Vec::new();
    if reader.take(&["CHECK"]) {
        attributes.push(attribute("type", "check"));
        attributes.push(attribute("expression", reader.group()?.to_owned()));
        if reader.take(&["NOT", "ENFORCED"]) {
            attributes.push(flag("not_enforced"));
        }
    } else {
        reader.take(&["FOREIGN", "KEY"]).then_some(())?;
        attributes.push(attribute("type", "foreign key"));
        attributes.push(attribute("columns", items(reader.group()?)));
        reader.take(&["REFERENCES"]).then_some(())?;
        let mut path = vec![reader.name()?];
        if reader.take_sign('.') {
            path.push(reader.name()?);
        }
        let referenced = items(reader.group()?);
        if let [table] = path.as_slice() {
            requires.push(FactId::new(Kind::Table, [table]));
            let columns = referenced.iter().map(|column| crate::lexeme::unquote(column).to_lowercase());
            requires.extend(columns.map(|column| FactId::new(Kind::Column, [table.as_str(), &column])));
        }
        attributes.push(attribute("table", path));
        attributes.push(attribute("referenced", referenced));
        while reader.take(&["ON"]) {
            let event = if reader.take(&["DELETE"]) { "on_delete" } else { "on_update" };
            let _ = event == "on_delete" || reader.take(&["UPDATE"]);
            let action = reader.place();
            let _ = reader.take(&["SET", "NULL"])
                || reader.take(&["SET", "DEFAULT"])
                || reader.take(&["NO", "ACTION"])
                || reader.next().is_some();
            attributes.push(attribute(event, reader.text_since(action).to_ascii_uppercase()));
        }
    }
    let kind = attributes.iter().any(|(_, value)| value.to_string() == "check");
    // Checks and foreign keys are told apart by how they are dropped, and may share a name.
    let path = if kind { vec![table, "check", &name] } else { vec![table, &name] };
    let path: Vec<String> = path
        .iter()
        .enumerate()
        .map(|(at, part)| if at == 0 { (*part).to_owned() } else { part.to_lowercase() })
        .collect();
    let id = FactId::new(Kind::Constraint, path);
    let fact =
        Fact::new(id, Kind::Constraint, Some(parent.clone()), Payload::new(attributes)).requiring(requires);
    same_words(reader.since(place), &constraint::definition(&fact)).then_some(fact)
}
