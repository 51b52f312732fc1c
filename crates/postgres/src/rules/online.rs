//! The forms that keep readers and writers waiting as briefly as can be: checks that are added first and looked at afterwards, indexes that
//! are built while others write.

use sluice_facts::{Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::{assertion, name::quote};

/// Whether the long form is worth it: it is wanted, the table is there already, and is no partitioned one, which knows none of it.
pub fn applies(fact: &Fact, scene: &Scene<'_>) -> bool {
    let Some(table) = &fact.parent else { return false };
    let plain = scene.from.get(table).is_some_and(|table| table.payload.text("partition_key").is_none());
    let part = scene.creates(&FactId::new(Kind::Partition, table.path()));
    scene.options.online && plain && !part && !scene.creates(table)
}

/// A check or a foreign key: added for new rows, then the old rows are looked at.
pub fn check(fact: &Fact, table: &str, add: Step) -> Vec<Step> {
    let mut added = add;
    added.sql.push_str(" NOT VALID");
    added.hazards.retain(|hazard| !matches!(hazard, Hazard::ScansTable | Hazard::DependsOnData));
    let assertions = std::mem::take(&mut added.assertions);
    let sql = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", quote(&fact.id.name()));
    let validated = Step::new(Verb::Create, &fact.id, sql).hazard(Hazard::DependsOnData);
    vec![added, validated.asserting(assertions)]
}

/// A key: its index is built beside the writers, then taken. None where the definition says more than an index can.
pub fn key(fact: &Fact, table: &str, scene: &Scene<'_>) -> Option<Vec<Step>> {
    let definition = fact.payload.text("definition")?;
    let (words, rest) = ["PRIMARY KEY", "UNIQUE"]
        .into_iter()
        .find_map(|words| Some((words, definition.strip_prefix(words)?.strip_prefix(" (")?)))?;
    let (columns, rest) = rest.split_once(')')?;
    let (include, rest) = match rest.strip_prefix(" INCLUDE (") {
        Some(rest) => rest.split_once(')').map(|(columns, rest)| (format!(" INCLUDE ({columns})"), rest))?,
        None => (String::new(), rest),
    };
    let known = ["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"];
    if !known.contains(&rest) || columns.contains(['(', '"']) || columns.contains("WITHOUT OVERLAPS") {
        return None;
    }
    let name = quote(&fact.id.name());
    let index = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns}){include}");
    let adopt = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}{rest}");
    let build = Step::new(Verb::Create, &fact.id, index).hazard(Hazard::DependsOnData).alone();
    let build = build.asserting(assertion::constraint(fact, scene));
    Some(vec![build, Step::new(Verb::Create, &fact.id, adopt)])
}

/// An index, built while others write.
pub fn index(mut step: Step) -> Step {
    step.sql = step.sql.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1);
    step.hazards.retain(|hazard| *hazard != Hazard::BuildsIndex);
    step.alone()
}

/// A column that is never null: a check is looked at while others write, and spares the server to look itself. Since PostgreSQL 18 NOT NULL
/// itself can be added for new rows and looked at afterwards (manual, ALTER TABLE, ADD table_constraint NOT VALID).
pub fn not_null(fact: &Fact, table: &str, scene: &Scene<'_>) -> Vec<Step> {
    let column = quote(&fact.id.name());
    if scene.options.version >= 180_000 {
        let name = quote(&super::column::not_null_name(fact));
        let step = |action: String| Step::new(Verb::Alter, &fact.id, format!("ALTER TABLE {table} {action}"));
        let inherit = if fact.payload.flag("not_null_no_inherit") { " NO INHERIT" } else { "" };
        let mut steps = vec![step(format!("ADD CONSTRAINT {name} NOT NULL {column}{inherit} NOT VALID"))];
        if !fact.payload.flag("not_null_not_valid") {
            let validate = step(format!("VALIDATE CONSTRAINT {name}")).hazard(Hazard::DependsOnData);
            steps.push(validate.asserting(assertion::not_null(fact, scene)));
        }
        return steps;
    }
    let name = quote(&format!("{}_is_not_null", fact.id.name().chars().take(50).collect::<String>()));
    let step = |action: String| Step::new(Verb::Alter, &fact.id, format!("ALTER TABLE {table} {action}"));
    vec![
        step(format!("ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID")),
        step(format!("VALIDATE CONSTRAINT {name}"))
            .hazard(Hazard::DependsOnData)
            .asserting(assertion::not_null(fact, scene)),
        step(format!("ALTER COLUMN {column} SET NOT NULL")),
        step(format!("DROP CONSTRAINT {name}")),
    ]
}
