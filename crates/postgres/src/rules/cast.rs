//! How rows get from one type to another.

use sluice_facts::{FactId, Kind, Scene};

/// A type without modifiers, and the modifiers.
fn parts(name: &str) -> (String, Option<&str>) {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) => {
            let modifiers = name.get(open.saturating_add(1)..close);
            let rest = name.get(close.saturating_add(1)..).unwrap_or_default();
            (format!("{}{rest}", name.get(..open).unwrap_or_default()), modifiers)
        }
        _ => (name.to_owned(), None),
    }
}

/// Types between which values are converted by casts.
fn family(base: &str) -> Option<u8> {
    Some(match base {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => 1,
        "text" | "character varying" | "character" | "name" => 2,
        "date" | "timestamp without time zone" | "timestamp with time zone" => 3,
        "json" | "jsonb" => 4,
        "bit" | "bit varying" => 5,
        "inet" | "cidr" => 6,
        _ => return None,
    })
}

/// The expression that makes a value of the new type; none where the server's own rule for storing is right, which refuses values
/// that would be cut.
pub fn using(from: &str, to: &str, column: &str, scene: &Scene<'_>) -> Option<String> {
    let ((old, _), (new, _)) = (parts(from), parts(to));
    if old == new {
        return None;
    }
    let base = |name: &str| {
        let (schema, name) = name.split_once('.')?;
        let id = FactId::new(Kind::Domain, [schema.trim_matches('"'), name.trim_matches('"')]);
        let domain = scene.to.get(&id).or_else(|| scene.from.get(&id))?;
        domain.payload.text("type").map(|name| parts(name).0)
    };
    let plain_old = base(&old).unwrap_or_else(|| old.clone());
    let plain_new = base(&new).unwrap_or_else(|| new.clone());
    let (left, right) = (family(&plain_old), family(&plain_new));
    if (left.is_some() && left == right) || right == Some(2) {
        return None;
    }
    let known = plain_old == plain_new
        || left == Some(2)
        || matches!(
            (plain_old.as_str(), plain_new.as_str()),
            ("integer", "boolean") | ("boolean", "integer")
        );
    if known {
        return Some(format!("{column}::{to}"));
    }
    if to.strip_suffix("[]").is_some_and(|element| parts(element).0 == old) {
        return Some(format!("ARRAY[{column}]::{to}"));
    }
    // Every type has a text form; where it does not fit, the server says so and nothing is changed.
    Some(format!("{column}::text::{to}"))
}

/// Whether the server keeps the rows as they are: a longer limit, or none.
pub fn keeps_rows(from: &str, to: &str) -> bool {
    let ((old, had), (new, has)) = (parts(from), parts(to));
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    match (old.as_str(), new.as_str()) {
        ("character varying", "text") | ("text", "character varying") if has.is_none() => true,
        ("character varying", "character varying") => match (number(had), number(has)) {
            (_, None) => true,
            (Some(had), Some(has)) => has >= had,
            (None, Some(_)) => false,
        },
        _ => false,
    }
}
