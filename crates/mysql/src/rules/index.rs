//! Primary keys and indexes.

use sluice_facts::{Alteration, Change, Fact, FactId, Hazard, Kind, Scene};

use super::name;
use crate::name::quote;

/// An index as it is written.
pub(crate) fn definition(fact: &Fact) -> String {
    let payload = &fact.payload;
    let kind = payload.text("type").unwrap_or("KEY");
    let columns = payload.list("columns").join(",");
    let mut sql = match kind {
        "PRIMARY KEY" => format!("PRIMARY KEY ({columns})"),
        _ => format!("{kind} {} ({columns})", name::quoted(fact)),
    };
    if let Some(using) = payload.text("using") {
        sql.push_str(&format!(" USING {using}"));
    }
    if let Some(extra) = payload.text("extra") {
        sql.push_str(&format!(" {extra}"));
    }
    if let Some(parser) = payload.text("parser") {
        sql.push_str(&format!(" WITH PARSER {}", quote(parser)));
    }
    if let Some(comment) = payload.text("comment") {
        sql.push_str(&format!(" COMMENT {comment}"));
    }
    if let Some(visibility) = payload.text("visibility") {
        sql.push_str(&format!(" {visibility}"));
    }
    sql
}

/// Only whether it is used, and the case of its name, can change where it is.
pub(crate) fn alteration(change: &Change<'_>) -> Alteration {
    if change.only(&["visibility", "spelled"]) { Alteration::SIMPLE } else { Alteration::Replace }
}

/// The actions of such a change.
pub(crate) fn alter(change: &Change<'_>, is_mariadb: bool) -> Vec<String> {
    let mut actions = Vec::new();
    if change.touches("spelled") {
        actions.push(rename(change.old, change.new));
    }
    if change.touches("visibility") {
        let word = match (change.new.payload.text("visibility"), is_mariadb) {
            (Some(visibility), _) => visibility,
            (None, true) => "NOT IGNORED",
            (None, false) => "VISIBLE",
        };
        actions.push(format!("ALTER INDEX {} {word}", name::quoted(change.new)));
    }
    actions
}

/// The action that gives an index another name.
pub(crate) fn rename(old: &Fact, new: &Fact) -> String {
    format!("RENAME INDEX {} TO {}", name::quoted(old), name::quoted(new))
}

/// The action that drops an index.
pub(crate) fn drop(fact: &Fact) -> String {
    match fact.payload.text("type") {
        Some("PRIMARY KEY") => "DROP PRIMARY KEY".to_owned(),
        _ => format!("DROP INDEX {}", name::quoted(fact)),
    }
}

/// Indexes that stay and would not: the server made them for a foreign key, and drops them in silence when another one comes that serves
/// as well. Which ones those are, it does not tell; their names do. Made anew they are like any other.
pub(crate) fn in_danger<'a>(table: &FactId, coming: &[&[Box<str>]], scene: &Scene<'a>) -> Vec<&'a Fact> {
    let keys: Vec<&Fact> = scene
        .users_before(table)
        .chain(scene.users_after(table))
        .filter(|user| user.parent.as_ref() == Some(table) && super::constraint::is_foreign_key(user))
        .collect();
    let is_made_for = |index: &Fact, key: &Fact| {
        let columns = key.payload.list("columns");
        let first = columns.first().map(|column| crate::lexeme::unquote(column)).unwrap_or_default();
        let (name, of_key) = (name::spelled(index), name::spelled(key));
        let numbered = name.strip_prefix(&first).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('_').is_some_and(|number| number.parse::<u32>().is_ok())
        });
        index.payload.list("columns") == columns && (numbered || name.eq_ignore_ascii_case(&of_key))
    };
    let stays = |index: &&Fact| {
        let plain = index.payload.iter().all(|(attribute, _)| matches!(attribute, "columns" | "spelled"));
        index.kind == Kind::Index
            && plain
            && scene.fate(&index.id).is_none()
            && index.requires.iter().all(|column| !scene.creates(column))
    };
    scene
        .users_after(table)
        .filter(|user| user.parent.as_ref() == Some(table))
        .filter(stays)
        .filter(|index| coming.iter().any(|columns| columns.starts_with(index.payload.list("columns"))))
        .filter(|index| keys.iter().any(|key| is_made_for(index, key)))
        .collect()
}

/// The actions that make an index anew.
pub(crate) fn anew(fact: &Fact) -> [String; 2] {
    [drop(fact), format!("ADD {}", definition(fact))]
}

/// What may hurt when an index comes.
pub(crate) fn hazards(fact: &Fact) -> Vec<Hazard> {
    match fact.payload.text("type") {
        Some("PRIMARY KEY") => vec![Hazard::RewritesTable, Hazard::DependsOnData],
        Some("UNIQUE KEY") => vec![Hazard::DependsOnData],
        // Nobody writes meanwhile.
        Some("FULLTEXT KEY" | "SPATIAL KEY") => vec![Hazard::BuildsIndex],
        _ => Vec::new(),
    }
}
