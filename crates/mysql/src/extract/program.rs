//! Views, triggers, routines, events, sequences. Definers are relative: the connected user is nobody in particular.

use sluice_engine::Row;
use sluice_facts::{Builder, Fact, FactId, Kind, Payload};

use super::{Attributes, Listed, attribute, text};
use crate::lexeme::{Reader, lexemes};
use crate::own_name;

/// Whose session reads, and where.
pub(super) struct Context<'a> {
    /// `user@host`.
    pub user: String,
    pub database: &'a str,
}

/// Modes that change what a text means.
const MEANINGFUL: [&str; 7] = [
    "ANSI_QUOTES",
    "HIGH_NOT_PRECEDENCE",
    "IGNORE_SPACE",
    "NO_BACKSLASH_ESCAPES",
    "ORACLE",
    "PIPES_AS_CONCAT",
    "REAL_AS_FLOAT",
];

fn modes(mode: &str) -> Option<String> {
    let kept: Vec<&str> = mode.split(',').filter(|mode| MEANINGFUL.contains(mode)).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// What stands between `CREATE` and the kind of a thing, and the rest.
struct Head<'a> {
    attributes: Attributes,
    rest: &'a str,
}

fn head<'a>(shown: &'a str, context: &Context<'_>) -> Option<Head<'a>> {
    let mut reader = Reader::new(shown);
    reader.take(&["CREATE"]).then_some(())?;
    let mut attributes = Attributes::new();
    loop {
        if reader.take(&["ALGORITHM"]) {
            reader.take_sign('=').then_some(())?;
            let algorithm = reader.name()?.to_ascii_uppercase();
            if algorithm != "UNDEFINED" {
                attributes.push(attribute("algorithm", algorithm));
            }
        } else if reader.take(&["DEFINER"]) {
            reader.take_sign('=').then_some(())?;
            let user = reader.name()?;
            let definer = if reader.take_sign('@') { format!("{user}@{}", reader.name()?) } else { user };
            attributes.extend(definer_of(&definer, context));
        } else if reader.take(&["SQL", "SECURITY"]) {
            let security = reader.name()?.to_ascii_uppercase();
            if security != "DEFINER" {
                attributes.push(attribute("security", security));
            }
        } else {
            return Some(Head { attributes, rest: reader.rest() });
        }
    }
}

/// A text of the user's by its words. Comments and blanks do not count: client programs take them out on the way.
fn worded(name: &'static str, written: &'static str, text: &str) -> Attributes {
    let words: Vec<&str> = lexemes(text).iter().map(|lexeme| lexeme.raw).collect();
    let words = words.join(" ");
    let mut attributes = Attributes::new();
    if words != text {
        attributes.push(attribute(written, text));
    }
    attributes.push(attribute(name, words));
    attributes
}

fn definer_of(
    definer: &str,
    context: &Context<'_>,
) -> Option<(std::borrow::Cow<'static, str>, sluice_facts::Value)> {
    (definer != context.user && !definer.is_empty()).then(|| attribute("definer", definer))
}

/// A view.
pub(super) fn add_view(builder: &mut Builder, name: &str, shown: &str, context: &Context<'_>) -> bool {
    let view = || {
        let Head { mut attributes, rest } = head(shown, context)?;
        let mut reader = Reader::new(rest);
        reader.take(&["VIEW"]).then_some(())?;
        let mut last = reader.name()?;
        if reader.take_sign('.') {
            last = reader.name()?;
        }
        (last == name).then_some(())?;
        if let Some(columns) = reader.group() {
            attributes.push(attribute("columns", columns.to_owned()));
        }
        reader.take(&["AS"]).then_some(())?;
        let mut query = reader.rest();
        for check in ["CASCADED", "LOCAL"] {
            if let Some(before) = query.strip_suffix(&format!(" WITH {check} CHECK OPTION")) {
                attributes.push(attribute("check_option", check));
                query = before;
            }
        }
        attributes.push(attribute("query", own_name::without(query, context.database).into_owned()));
        let id = FactId::new(Kind::View, [name]);
        Some(Fact::new(id, Kind::View, None, Payload::new(attributes)))
    };
    view().map(|fact| builder.add(fact)).is_some()
}

/// A trigger, which comes after the one before it.
pub(super) fn add_trigger(
    builder: &mut Builder,
    listed: &Listed,
    shown: &str,
    context: &Context<'_>,
) -> bool {
    let Some(Head { mut attributes, rest }) = head(shown, context) else { return false };
    if !Reader::new(rest).sees(&["TRIGGER"]) {
        return false;
    }
    attributes.extend(worded("definition", "~definition", &own_name::without(rest, context.database)));
    attributes.extend(modes(&listed.mode).map(|modes| attribute("sql_mode", modes)));
    let mut requires = Vec::new();
    if !listed.after.is_empty() {
        attributes.push(attribute("follows", listed.after.as_str()));
        requires.push(FactId::new(Kind::Trigger, [&listed.after]));
    }
    let table = FactId::new(Kind::Table, [&listed.table]);
    let id = FactId::new(Kind::Trigger, [&listed.name]);
    builder.add(Fact::new(id, Kind::Trigger, Some(table), Payload::new(attributes)).requiring(requires));
    true
}

/// A function or a procedure.
pub(super) fn add_routine(
    builder: &mut Builder,
    listed: &Listed,
    shown: &str,
    context: &Context<'_>,
) -> bool {
    // Without the right to see it there is no text.
    let Some(Head { mut attributes, rest }) = head(shown, context) else { return false };
    let kind = if listed.kind == "FUNCTION" { Kind::Function } else { Kind::Procedure };
    attributes.extend(worded("definition", "~definition", &own_name::without(rest, context.database)));
    attributes.extend(modes(&listed.mode).map(|modes| attribute("sql_mode", modes)));
    let id = FactId::new(kind, [&listed.name]);
    builder.add(Fact::new(id, kind, None, Payload::new(attributes)));
    true
}

/// A sequence.
pub(super) fn add_sequence(builder: &mut Builder, name: &str, shown: &str) -> bool {
    let mut reader = Reader::new(shown);
    if !(reader.take(&["CREATE", "SEQUENCE"]) && reader.name().as_deref() == Some(name)) {
        return false;
    }
    let mut attributes = Attributes::new();
    while let Some(word) = reader.next() {
        let attributed = match word.raw.to_ascii_lowercase().as_str() {
            "as" => ("as", true),
            "start" => {
                reader.take(&["with"]);
                ("start", true)
            }
            "minvalue" => ("minvalue", true),
            "maxvalue" => ("maxvalue", true),
            "increment" => {
                reader.take(&["by"]);
                ("increment", true)
            }
            "cache" => ("cache", true),
            "nocache" => ("nocache", false),
            "cycle" => ("cycle", false),
            "nocycle" => continue,
            "engine" => {
                reader.take_sign('=');
                ("engine", true)
            }
            "comment" => {
                reader.take_sign('=');
                ("comment", true)
            }
            _ => return false,
        };
        let (name, has_value) = attributed;
        if has_value {
            let place = reader.place();
            reader.take_sign('-');
            reader.next();
            if name == "as" {
                reader.take(&["unsigned"]);
            }
            attributes.push(attribute(name, reader.text_since(place).to_owned()));
        } else {
            attributes.push(attribute(name, true));
        }
    }
    let id = FactId::new(Kind::Sequence, [name]);
    builder.add(Fact::new(id, Kind::Sequence, None, Payload::new(attributes)));
    true
}

/// An event, from its row in the catalog.
pub(super) fn add_event(builder: &mut Builder, row: &Row, context: &Context<'_>) {
    let mut attributes: Attributes = definer_of(&text(row, 1), context).into_iter().collect();
    attributes.extend(worded("body", "~body", &own_name::without(&text(row, 2), context.database)));
    let mut optional = |name: &'static str, column: usize| {
        if let Some(value) = row.get(column).cloned().flatten().filter(|value| !value.is_empty()) {
            attributes.push(attribute(name, value));
        }
    };
    optional("at", 4);
    optional("every", 5);
    optional("unit", 6);
    optional("starts", 7);
    optional("ends", 8);
    optional("comment", 11);
    if text(row, 9) == "PRESERVE" {
        attributes.push(attribute("preserve", true));
    }
    match text(row, 10).as_str() {
        "ENABLED" => {}
        "DISABLED" => attributes.push(attribute("status", "DISABLE")),
        // What a replica makes of an event is not the event's.
        _ => {}
    }
    attributes.extend(modes(&text(row, 12)).map(|modes| attribute("sql_mode", modes)));
    let id = FactId::new(Kind::Event, [text(row, 0)]);
    builder.add(Fact::new(id, Kind::Event, None, Payload::new(attributes)));
}
