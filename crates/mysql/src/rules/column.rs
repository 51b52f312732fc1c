//! Columns. A column that is altered is written anew with everything that it has: what is left out is lost.

use sluice_facts::{Alteration, Assertion, Change, Fact, FactId, Hazard, Kind, Payload, Scene};

use super::{assertion, name};
use crate::name::quote;
use crate::rules::narrowing;

/// A column as it is written, with its character set or without.
pub(crate) fn definition(payload: &Payload, column: &str, with_charset: bool) -> String {
    let kind = payload.text("type").unwrap_or_default();
    let mut sql = format!("{} {kind}", quote(column));
    let mut push = |words: String| {
        sql.push(' ');
        sql.push_str(&words);
    };
    if let Some(collation) = payload.text("collation").filter(|_| with_charset) {
        push(name::charset(collation));
    }
    if let (Some(kind), Some(expression)) = (payload.text("generated"), payload.text("expression")) {
        push(format!("GENERATED ALWAYS AS ({expression}) {kind}"));
    }
    if let Some(row) = payload.text("row") {
        push(format!("GENERATED ALWAYS AS ROW {row}"));
    }
    if payload.flag("unversioned") {
        push("WITHOUT SYSTEM VERSIONING".to_owned());
    }
    let computed = payload.text("generated").is_some() || payload.text("row").is_some();
    if payload.flag("not_null") {
        push("NOT NULL".to_owned());
    } else if kind.to_ascii_lowercase().starts_with("timestamp") && !computed {
        // Some servers take a timestamp for NOT NULL unless it says otherwise.
        push("NULL".to_owned());
    }
    if let Some(srid) = payload.text("srid") {
        push(format!("SRID {srid}"));
    }
    if payload.flag("invisible") {
        push("INVISIBLE".to_owned());
    }
    if let Some(default) = payload.text("default") {
        push(format!("DEFAULT {default}"));
    }
    if let Some(update) = payload.text("on_update") {
        push(format!("ON UPDATE {update}"));
    }
    if payload.flag("auto_increment") {
        push("AUTO_INCREMENT".to_owned());
    }
    if let Some(comment) = payload.text("comment") {
        push(format!("COMMENT {comment}"));
    }
    if let Some(extra) = payload.text("extra") {
        push(extra.to_owned());
    }
    if let Some(check) = payload.text("check") {
        push(format!("CHECK ({check})"));
    }
    sql
}

/// A column as it is written in a table of the new schema: with its character set where that is not the table's.
pub(crate) fn in_table(column: &Fact, table: Option<&Fact>) -> String {
    let own = column.payload.text("collation");
    let of_table = table.and_then(|table| table.payload.text("collation"));
    let with_charset = own != of_table || column.payload.flag("~charset");
    definition(&column.payload, &name::spelled(column), with_charset)
}

/// Whether a column can become another one where it is.
pub(crate) fn alteration(change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let is_virtual = |payload: &Payload| {
        payload.text("generated").is_some_and(|kind| kind.eq_ignore_ascii_case("virtual"))
    };
    if is_virtual(old) != is_virtual(new) || change.touches("row") {
        return Alteration::Replace;
    }
    // MySQL refuses these, too, as soon as anything else makes it copy the table.
    let is_mysql = &*scene.from.engine == "mysql";
    let refused = is_mysql && (change.touches("not_null") || change.touches("auto_increment"));
    if change.touches("type") || change.touches("collation") || refused {
        let is_key = |user: &&Fact| user.payload.text("type") == Some("foreign key");
        let evicts = scene.users_before(&change.old.id).filter(is_key).map(|user| user.id.clone()).collect();
        return Alteration::InPlace { evicts };
    }
    Alteration::SIMPLE
}

/// What may hurt when a column becomes another one.
pub(crate) fn hazards(change: &Change<'_>) -> Vec<Hazard> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let mut hazards = Vec::new();
    if change.touches("type") || change.touches("collation") || change.touches("not_null") {
        hazards.push(Hazard::RewritesTable);
    }
    let kinds = (old.text("type").unwrap_or_default(), new.text("type").unwrap_or_default());
    if narrowing::narrows(kinds.0, kinds.1) || changes_charset(old, new) {
        hazards.push(Hazard::DependsOnData);
    }
    if change.touches("not_null") && new.flag("not_null") {
        hazards.push(Hazard::DependsOnData);
    }
    if change.touches("check") && new.text("check").is_some() {
        hazards.extend([Hazard::DependsOnData, Hazard::ScansTable]);
    }
    if new.text("generated").is_some() && old.text("generated").is_none() {
        hazards.push(Hazard::DeletesData);
    }
    if change.touches("expression") {
        hazards.push(Hazard::RewritesTable);
    }
    hazards
}

/// What is asked of the rows before a column becomes another one.
pub(crate) fn assertions(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Assertion> {
    let new = &change.new.payload;
    let required = change.touches("not_null") && new.flag("not_null");
    let checked = change.touches("check") && new.text("check").is_some();
    let asked = [
        required.then(|| assertion::not_null(change, scene)).flatten(),
        change.touches("type").then(|| assertion::cast(change, scene)).flatten(),
        checked.then(|| assertion::column_check(change.new, scene)).flatten(),
    ];
    asked.into_iter().flatten().collect()
}

/// Whether texts must fit into another character set.
fn changes_charset(old: &Payload, new: &Payload) -> bool {
    let charset = |payload: &Payload| {
        payload.text("collation").and_then(|collation| collation.split('_').next()).map(str::to_owned)
    };
    let (old, new) = (charset(old), charset(new));
    old.is_some() && new.is_some() && old != new && new.as_deref() != Some("utf8mb4")
}

/// What may hurt when a column comes to a table that is there.
pub(crate) fn hazards_of_new(column: &Fact) -> Vec<Hazard> {
    let payload = &column.payload;
    let mut hazards = Vec::new();
    if payload.text("generated").is_some_and(|kind| !kind.eq_ignore_ascii_case("virtual")) {
        hazards.push(Hazard::RewritesTable);
    }
    if payload.flag("auto_increment") {
        hazards.push(Hazard::RewritesTable);
    }
    if payload.text("check").is_some() {
        hazards.push(Hazard::DependsOnData);
    }
    // Rows that are there get the value that the type has for nothing: zero, an empty text.
    if payload.flag("not_null") && payload.text("default").is_none() && !payload.flag("auto_increment") {
        hazards.push(Hazard::DependsOnData);
    }
    hazards
}

/// What may hurt when a column goes.
pub(crate) fn hazards_of_old(column: &Fact) -> Option<Hazard> {
    let computed = column.payload.text("generated").is_some() || column.payload.text("row").is_some();
    (!computed).then_some(Hazard::DeletesData)
}

/// The columns of a table in the new schema, in their order.
pub(crate) fn of_table<'a>(table: &FactId, scene: &Scene<'a>) -> Vec<&'a Fact> {
    let own = |fact: &&Fact| fact.kind == Kind::Column && fact.parent.as_ref() == Some(table);
    let mut columns: Vec<&Fact> = scene.users_after(table).filter(own).collect();
    columns.sort_by_key(|column| column.ordinal);
    columns
}
