//! Checks and foreign keys.

use sluice_facts::{Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::{assertion, index, name};
use crate::name::quote;

/// Whether it is a foreign key.
pub(crate) fn is_foreign_key(fact: &Fact) -> bool {
    fact.kind == Kind::Constraint && fact.payload.text("type") == Some("foreign key")
}

/// A constraint as it is written, after the word `CONSTRAINT`.
pub(crate) fn definition(fact: &Fact) -> String {
    let payload = &fact.payload;
    let name = name::quoted(fact);
    if !is_foreign_key(fact) {
        let enforced = if payload.flag("not_enforced") { " NOT ENFORCED" } else { "" };
        return format!("{name} CHECK ({}){enforced}", payload.text("expression").unwrap_or_default());
    }
    let path: Vec<String> = payload.list("table").iter().map(|part| quote(part)).collect();
    let mut sql = format!(
        "{name} FOREIGN KEY ({}) REFERENCES {} ({})",
        payload.list("columns").join(", "),
        path.join("."),
        payload.list("referenced").join(", ")
    );
    for (attribute, event) in [("on_delete", "DELETE"), ("on_update", "UPDATE")] {
        if let Some(action) = payload.text(attribute) {
            sql.push_str(&format!(" ON {event} {action}"));
        }
    }
    sql
}

/// The action that drops a check.
pub(crate) fn drop_check(fact: &Fact) -> String {
    format!("DROP CONSTRAINT {}", name::quoted(fact))
}

/// A foreign key comes, by itself: one statement cannot drop a foreign key and make another one of its name.
pub(crate) fn create_foreign_key(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let table = fact.parent.iter();
    let mut actions: Vec<String> = table
        .flat_map(|table| index::in_danger(table, &[fact.payload.list("columns")], scene))
        // One of its own name comes again by itself.
        .filter(|index| !name::spelled(index).eq_ignore_ascii_case(&name::spelled(fact)))
        .flat_map(index::anew)
        .collect();
    actions.push(format!("ADD CONSTRAINT {}", definition(fact)));
    let sql = format!("ALTER TABLE {} {}", name::top(&fact.id), actions.join(", "));
    let fresh = fact.parent.as_ref().is_some_and(|table| scene.creates(table));
    let asked = (!fresh).then(|| assertion::foreign_key(fact, scene)).flatten();
    let step = Step::new(Verb::Create, &fact.id, sql).asserting(asked);
    vec![step.hazard(Hazard::ScansTable).hazard(Hazard::DependsOnData)]
}

/// A foreign key goes.
pub(crate) fn drop_foreign_key(fact: &Fact) -> Vec<Step> {
    let sql = format!("ALTER TABLE {} DROP FOREIGN KEY {}", name::top(&fact.id), name::quoted(fact));
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// What a foreign key is made after: the indexes of both its tables.
pub(crate) fn before_foreign_key(fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
    let own = fact.parent.iter();
    let others = fact.requires.iter().filter(|id| id.kind() == Some(Kind::Table));
    own.chain(others)
        .flat_map(|table| scene.users_after(table).filter(|user| user.kind == Kind::Index))
        .map(|index| index.id.clone())
        .collect()
}
