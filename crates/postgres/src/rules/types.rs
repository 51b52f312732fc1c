//! Schemas, extensions, types, casts, operators.

use sluice_facts::{Alteration, Change, Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::column;
use super::name::{literal, of, path, phrase, quote};

/// Types, and what is made and dropped as they are.
pub fn has(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Schema
            | Kind::Extension
            | Kind::Enum
            | Kind::Domain
            | Kind::Composite
            | Kind::Range
            | Kind::Collation
            | Kind::Cast
            | Kind::Operator
    )
}

/// A type, or something like one, comes.
pub fn create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    vec![Step::new(Verb::Create, &fact.id, create_sql(fact, scene))]
}

fn create_sql(fact: &Fact, scene: &Scene<'_>) -> String {
    let payload = &fact.payload;
    let definition = payload.text("definition").unwrap_or_default();
    let name = path(&fact.id.path());
    match fact.kind {
        Kind::Schema => format!("CREATE SCHEMA {name}"),
        Kind::Extension => {
            let schema = payload
                .text("schema")
                .map(|name| format!(" WITH SCHEMA {}", quote(name)))
                .unwrap_or_default();
            format!("CREATE EXTENSION IF NOT EXISTS {name}{schema}")
        }
        Kind::Enum => format!("CREATE TYPE {name} AS ENUM ({})", column::labels(payload.list("labels"))),
        Kind::Range => format!("CREATE TYPE {name} AS RANGE ({definition})"),
        Kind::Composite => {
            let mut attributes: Vec<&Fact> = scene
                .children_after(&fact.id, Kind::Attribute)
                .filter(|attribute| !scene.is_apart(&attribute.id, Verb::Create))
                .collect();
            attributes.sort_by_key(|attribute| attribute.ordinal);
            let attributes: Vec<String> = attributes.into_iter().map(column::attribute).collect();
            format!("CREATE TYPE {name} AS ({})", attributes.join(", "))
        }
        Kind::Domain => {
            let mut sql = format!("CREATE DOMAIN {name} AS {}", payload.text("type").unwrap_or_default());
            if let Some(collation) = payload.text("collation") {
                sql.push_str(&format!(" COLLATE {collation}"));
            }
            if let Some(default) = payload.text("default") {
                sql.push_str(&format!(" DEFAULT {default}"));
            }
            if payload.flag("not_null") {
                sql.push_str(" NOT NULL");
            }
            sql
        }
        Kind::Collation => format!("CREATE COLLATION {name} ({definition})"),
        Kind::Cast => format!("CREATE CAST ({}) {definition}", fact.id.name()),
        _ => format!("CREATE OPERATOR {} ({definition})", payload.text("operator").unwrap_or_default()),
    }
}

/// A type, or something like one, goes.
pub fn drop(fact: &Fact) -> Vec<Step> {
    let sql = match fact.kind {
        Kind::Cast => format!("DROP CAST ({})", fact.id.name()),
        _ => format!("DROP {}", phrase(fact)),
    };
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// An attribute comes to a type that is there.
pub fn create_attribute(fact: &Fact) -> Vec<Step> {
    let sql = format!("ALTER TYPE {} ADD ATTRIBUTE {}", super::name::owner_of(fact), column::attribute(fact));
    vec![Step::new(Verb::Create, &fact.id, sql)]
}

/// An attribute goes.
pub fn drop_attribute(fact: &Fact) -> Vec<Step> {
    let sql = format!("ALTER TYPE {} DROP ATTRIBUTE {}", super::name::owner_of(fact), quote(&fact.id.name()));
    vec![Step::new(Verb::Drop, &fact.id, sql).hazard(Hazard::DeletesData)]
}

/// An attribute gets another type.
pub fn alter_attribute(change: &Change<'_>) -> Vec<Step> {
    let payload = &change.new.payload;
    let collate = payload.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let sql = format!(
        "ALTER TYPE {} ALTER ATTRIBUTE {} TYPE {}{collate}",
        super::name::owner_of(change.new),
        quote(&change.new.id.name()),
        payload.text("type").unwrap_or_default()
    );
    vec![Step::new(Verb::Alter, &change.new.id, sql)]
}

/// Whether labels only come, so that those that are there keep their order.
fn only_grows(old: &[Box<str>], new: &[Box<str>]) -> bool {
    let mut rest = new.iter();
    old.iter().all(|label| rest.any(|other| other == label))
}

/// Whether a type has to be made anew, with the columns that have it taken along.
fn swaps(change: &Change<'_>) -> bool {
    let (old, new) = (&change.old.payload, &change.new.payload);
    match change.new.kind {
        Kind::Enum => change.touches("labels") && !only_grows(old.list("labels"), new.list("labels")),
        Kind::Domain => change.touches("type") || change.touches("collation"),
        Kind::Range => change.touches("definition"),
        _ => false,
    }
}

/// Whether a type can become another one where it is.
pub fn alteration(change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
    match change.new.kind {
        Kind::Extension if change.touches("schema") && !change.new.payload.flag("relocatable") => {
            return Alteration::Replace;
        }
        Kind::Collation | Kind::Cast | Kind::Operator if change.touches("definition") => {
            return Alteration::Replace;
        }
        _ => {}
    }
    if !swaps(change) {
        return Alteration::SIMPLE;
    }
    let mut evicts = Vec::new();
    for user in scene.users_before(&change.old.id) {
        match user.kind {
            Kind::Column => column::in_the_way(&user.id, scene, &mut evicts),
            _ => evicts.push(user.id.clone()),
        }
    }
    Alteration::InPlace { evicts }
}

/// A type becomes another one.
pub fn alter(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    if swaps(change) {
        return swap(change, scene);
    }
    let (old, new) = (&change.old.payload, &change.new.payload);
    let name = path(&change.new.id.path());
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let mut steps = Vec::new();
    match change.new.kind {
        Kind::Enum => steps.extend(
            add_labels(&name, old.list("labels"), new.list("labels"))
                .into_iter()
                .map(|sql| step(sql).alone()),
        ),
        Kind::Domain => {
            if change.touches("default") {
                steps.push(step(match new.text("default") {
                    Some(default) => format!("ALTER DOMAIN {name} SET DEFAULT {default}"),
                    None => format!("ALTER DOMAIN {name} DROP DEFAULT"),
                }));
            }
            if change.touches("not_null") {
                let word = if new.flag("not_null") { "SET" } else { "DROP" };
                steps
                    .push(step(format!("ALTER DOMAIN {name} {word} NOT NULL")).hazard(Hazard::DependsOnData));
            }
        }
        Kind::Extension => {
            if let (true, Some(schema)) = (change.touches("schema"), new.text("schema")) {
                steps.push(step(format!("ALTER EXTENSION {name} SET SCHEMA {}", quote(schema))));
            }
            if let (true, Some(version)) = (change.touches("version"), new.text("version")) {
                steps.push(step(format!("ALTER EXTENSION {name} UPDATE TO {}", literal(version))));
            }
        }
        _ => {}
    }
    steps
}

fn add_labels(name: &str, old: &[Box<str>], new: &[Box<str>]) -> Vec<String> {
    let mut statements = Vec::new();
    let mut before: Option<&str> = None;
    for (at, label) in new.iter().enumerate() {
        if !old.contains(label) {
            let place = match (
                before,
                new.get(at.saturating_add(1)..).and_then(|rest| rest.iter().find(|l| old.contains(l))),
            ) {
                (_, None) => String::new(),
                (Some(before), _) => format!(" AFTER {}", literal(before)),
                (None, Some(next)) => format!(" BEFORE {}", literal(next)),
            };
            statements.push(format!("ALTER TYPE {name} ADD VALUE {}{place}", literal(label)));
        }
        before = Some(label);
    }
    statements
}

/// The old type makes way under another name, the columns go over, the old type goes.
fn swap(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let id = &change.new.id;
    let (schema, name) = (id.part(0), id.name());
    let away = format!("{}__old", name.chars().take(58).collect::<String>());
    let word = super::name::keyword(change.new.kind);
    let mut steps = vec![step(format!("ALTER {word} {} RENAME TO {}", of(change.old), quote(&away)))];
    steps.push(step(create_sql(change.new, scene)));
    if let Some(owner) = change.new.payload.text("owner") {
        steps.push(step(format!("ALTER {} OWNER TO {}", phrase(change.new), quote(owner))));
    }
    for column in scene.users_before(id).filter(|user| user.kind == Kind::Column) {
        let Some(new) = scene.to.get(&column.id) else { continue };
        if scene.drops(&column.id) || !new.requires.contains(id) || column.payload.flag("inherited") {
            continue;
        }
        let to = new.payload.text("type").unwrap_or_default();
        let quoted = quote(&column.id.name());
        let sql = format!(
            "ALTER TABLE {} ALTER COLUMN {quoted} TYPE {to} USING {quoted}::text::{to}",
            super::name::owner_of(column)
        );
        let labels = (change.new.kind == Kind::Enum && !to.ends_with(']'))
            .then(|| super::assertion::labels(column, change.new, scene));
        steps.push(
            Step::new(Verb::Alter, &column.id, sql)
                .hazard(Hazard::RewritesTable)
                .hazard(Hazard::DependsOnData)
                .asserting(labels),
        );
    }
    steps.push(step(format!("DROP {word} {}", path(&[schema, away]))));
    steps
}

/// Names in the namespace of types.
pub fn type_name(id: &FactId) -> String {
    format!("type {}", path(&id.path()))
}
