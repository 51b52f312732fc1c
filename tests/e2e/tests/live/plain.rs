//! Schemas without what a server writes in its own words: texts of expressions, and spellings that mean the same.

use std::collections::BTreeMap;

use sluice_schema::{Column, ConstraintKind, Default, Index, Relation, RelationKind, Schema, UserType};
use sluice_sql::Dialect;

/// Asserts that two schemas are the same but for words.
#[track_caller]
pub fn assert_same(live: &Schema, files: &Schema) {
    let (live, files) = (plain(live), plain(files));
    let mut differences = Vec::new();
    for (key, wanted) in &files {
        match live.get(key) {
            None => differences.push(format!("- {key}: missing, was {wanted}")),
            Some(found) if found != wanted => {
                differences.push(format!("- {key}\n    files {wanted}\n    live  {found}"));
            }
            Some(_) => {}
        }
    }
    differences.extend(
        live.iter()
            .filter(|(key, _)| !files.contains_key(*key))
            .map(|(key, found)| format!("+ {key}: {found}")),
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Every fact of a schema by a name.
fn plain(schema: &Schema) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let dialect = schema.dialect();
    facts.insert("search path".to_owned(), format!("{:?}", schema.search_path));
    facts.insert("schemas".to_owned(), format!("{:?}", schema.schemas.keys()));
    facts.insert("extensions".to_owned(), format!("{:?}", schema.extensions.keys()));
    for (name, sequence) in &schema.sequences {
        facts.insert(format!("sequence {name}"), format!("{:?}", sequence.owned_by));
    }
    for (name, routine) in &schema.routines {
        let mut routine = routine.clone();
        routine.arities.sort_unstable();
        facts.insert(format!("routine {name}"), format!("{routine:?}"));
    }
    for (name, user_type) in &schema.types {
        let text = match user_type {
            UserType::Enum { values, .. } => {
                format!("{:?}", values.iter().map(|(value, _)| value).collect::<Vec<_>>())
            }
            UserType::Domain(domain) => format!("{domain:?}"),
            UserType::Other { .. } => "other".to_owned(),
        };
        facts.insert(format!("type {name}"), text);
    }
    for relation in schema.relations.values() {
        add_relation(&mut facts, relation, dialect);
    }
    facts
}

fn add_relation(facts: &mut BTreeMap<String, String>, relation: &Relation, dialect: Dialect) {
    let table = format!("{:?} {}", relation.kind, relation.name);
    let is_view = matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView);
    let mut options = relation.options.clone();
    // A server says these of every table.
    for known in ["engine", "charset", "collation"] {
        options.remove(known);
    }
    let mut inherits = relation.inherits.clone();
    inherits.sort();
    let mut rules: Vec<&String> = relation.rules.iter().chain(&relation.policies).collect();
    rules.sort();
    facts.insert(
        table.clone(),
        format!(
            "temporary {} unlogged {} {:?} of {:?} default {} inherits {inherits:?} {rules:?} row security {} {options:?} {:?}",
            relation.temporary,
            relation.unlogged,
            relation.partitioned_by,
            relation.partition_of,
            relation.default_partition,
            relation.row_security,
            relation.comment,
        ),
    );
    if is_view {
        let mut used: Vec<String> = relation.uses.iter().map(|used| used.relation.to_string()).collect();
        used.sort();
        used.dedup();
        facts.insert(format!("{table} reads"), used.join(", "));
    } else {
        let order: Vec<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
        facts.insert(format!("{table} columns"), order.join(", "));
        for column in &relation.columns {
            facts.insert(format!("{table}.{}", column.name), plain_column(column, dialect));
        }
    }
    for constraint in &relation.constraints {
        let mut constraint = constraint.clone();
        constraint.validated_in = None;
        match &mut constraint.kind {
            ConstraintKind::Check { text, columns, .. } => {
                text.clear();
                columns.sort();
            }
            ConstraintKind::Unique { columns } | ConstraintKind::Exclude { columns } => {
                columns
                    .iter_mut()
                    .filter(|one| one.contains('('))
                    .for_each(|one| "expression".clone_into(one));
            }
            ConstraintKind::ForeignKey(key) => {
                // Both are what happens where nothing is said.
                key.on_delete = key.on_delete.filter(|action| format!("{action:?}") != "NoAction");
                key.on_update = key.on_update.filter(|action| format!("{action:?}") != "NoAction");
            }
            _ => {}
        }
        let name = std::mem::take(&mut constraint.name);
        facts.insert(
            format!("{table} constraint {name}"),
            format!(
                "{:?} validated {} enforced {}",
                constraint.kind, constraint.validated, constraint.enforced
            ),
        );
    }
    for index in &relation.indexes {
        facts.insert(format!("{table} index {}", index.name), plain_index(index));
    }
    for trigger in &relation.triggers {
        let mut columns = trigger.columns.clone();
        columns.sort();
        columns.dedup();
        facts.insert(
            format!("{table} trigger {}", trigger.name),
            format!("{:?} {columns:?} {:?} {}", trigger.function, trigger.tables, trigger.constraint),
        );
    }
}

fn plain_column(column: &Column, dialect: Dialect) -> String {
    let mut column = column.clone();
    if let Some(data_type) = &mut column.data_type
        && dialect == Dialect::Postgres
    {
        let plain = match data_type.name.as_str() {
            "serial" => "integer",
            "bigserial" => "bigint",
            "smallserial" => "smallint",
            other => other,
        };
        data_type.name = plain.to_owned();
        // The same without a word.
        if data_type.name == "character" && data_type.arguments.is_empty() {
            data_type.arguments.push("1".to_owned());
        }
    }
    if let Some(data_type) = &mut column.data_type {
        data_type.charset = None;
        if dialect != Dialect::Sqlite {
            data_type.collation = None;
        }
    }
    column.default = column
        .default
        .filter(|default| !default.null)
        .map(|default| Default { text: String::new(), ..default });
    if let Some(generated) = &mut column.generated {
        generated.text.clear();
    }
    format!("{column:?}")
}

fn plain_index(index: &Index) -> String {
    let mut index = index.clone();
    for key in index.keys.iter_mut().filter(|key| key.column.is_none()) {
        key.text.clear();
    }
    index.filter = index.filter.map(|_| String::new());
    format!("{index:?}")
}
