//! Questions to the rows before a step that depends on them. Each is one query that writes nothing.

use sluice_facts::{Assertion, Fact, FactId, Kind, Scene};

use super::name::name;
use crate::wording::{literal, quote};

/// Rows of a table that its successor will not take.
pub(super) fn of_rebuild(table: &FactId, scene: &Scene<'_>) -> Vec<Assertion> {
    let mut asked: Vec<Assertion> = own(table, Kind::Column, scene)
        .into_iter()
        .filter(|column| column.payload.text("generated").is_none() && column.payload.flag("not_null"))
        .filter_map(|column| required(column, table, scene))
        .collect();
    asked.extend(own(table, Kind::Constraint, scene).into_iter().filter_map(|new| {
        let same = scene.from.get(&new.id).is_some_and(|old| old.hash == new.hash);
        if same { None } else { constraint(new, table, scene) }
    }));
    asked
}

/// Rows of a table that a unique index will be refused for.
pub(super) fn unique_index(index: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let table = index.parent.as_ref().filter(|_| index.payload.flag("unique"))?;
    let filter = index.payload.text("where");
    Some(duplicates(index, table, filter, true, scene))
}

fn own<'a>(table: &FactId, kind: Kind, scene: &Scene<'a>) -> Vec<&'a Fact> {
    let is_own = |fact: &&Fact| fact.kind == kind && fact.parent.as_ref() == Some(table);
    scene.users_after(table).filter(is_own).collect()
}

/// A column that must have a value now.
fn required(column: &Fact, table: &FactId, scene: &Scene<'_>) -> Option<Assertion> {
    let top = top(table, scene);
    let quoted = quote(&name(column));
    match scene.from.get(&column.id) {
        Some(old) if old.payload.flag("not_null") => None,
        Some(_) => Some(Assertion {
            finds: format!("rows of {top} in which {quoted} is null"),
            sql: rows(table, &format!("{quoted} IS NULL"), scene),
            tries: false,
            early: true,
        }),
        None if column.payload.text("default").is_some() => None,
        None => Some(Assertion {
            finds: format!("rows of {top}, which would have no value in the new column {quoted}"),
            sql: rows(table, "true", scene),
            tries: false,
            early: true,
        }),
    }
}

fn constraint(new: &Fact, table: &FactId, scene: &Scene<'_>) -> Option<Assertion> {
    match new.payload.text("type")? {
        "check" => {
            let expression = new.payload.text("expression")?;
            let expression = expression.strip_prefix("check ").unwrap_or(expression);
            known(new, scene).then(|| Assertion {
                finds: format!("rows of {} that do not fulfil {expression}", top(table, scene)),
                sql: rows(table, &format!("NOT ({expression})"), scene),
                tries: false,
                early: true,
            })
        }
        "foreign key" => foreign_key(new, table, scene),
        kind => known(new, scene).then(|| duplicates(new, table, None, kind == "unique", scene)),
    }
}

fn foreign_key(key: &Fact, table: &FactId, scene: &Scene<'_>) -> Option<Assertion> {
    let parent = FactId::new(Kind::Table, [key.payload.text("table")?]);
    scene.from.get(&parent)?;
    let columns: Vec<String> = key.payload.list("columns").iter().map(|column| quote(column)).collect();
    let referenced: Vec<String> = match key.payload.list("referenced") {
        [] => primary_key(&parent, scene)?,
        list => list.iter().map(|column| quote(column)).collect(),
    };
    if !known(key, scene) || columns.len() != referenced.len() {
        return None;
    }
    let set: Vec<String> = columns.iter().map(|column| format!("o.{column} IS NOT NULL")).collect();
    let same: Vec<String> =
        columns.iter().zip(&referenced).map(|(own, other)| format!("p.{other} = o.{own}")).collect();
    let named: Vec<String> = columns.iter().map(|column| format!("o.{column}")).collect();
    let (top, parent) = (top(table, scene), top(&parent, scene));
    Some(Assertion {
        finds: format!("rows of {top} that refer to rows of {parent} that are not there"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {top} AS o WHERE {} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {})",
            example(&columns, &named),
            set.join(" AND "),
            same.join(" AND ")
        )),
        tries: false,
        early: true,
    })
}

fn duplicates(
    key: &Fact,
    table: &FactId,
    filter: Option<&str>,
    distinct: bool,
    scene: &Scene<'_>,
) -> Assertion {
    let top = top(table, scene);
    let keys: Vec<String> = key
        .payload
        .list("keys")
        .iter()
        .map(|key| key.strip_suffix(" desc").or_else(|| key.strip_suffix(" asc")).unwrap_or(key).to_owned())
        .collect();
    let mut conditions: Vec<String> = filter.map(|filter| format!("({filter})")).into_iter().collect();
    if distinct {
        conditions.extend(keys.iter().map(|key| format!("({key}) IS NOT NULL")));
    }
    let filter = match conditions.as_slice() {
        [] => String::new(),
        all => format!(" WHERE {}", all.join(" AND ")),
    };
    let list = keys.join(", ");
    Assertion {
        finds: format!("values of ({list}) that more than one row of {top} has"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {top}{filter} GROUP BY {list} HAVING count(*) > 1",
            example(&keys, &keys)
        )),
        tries: false,
        early: known(key, scene),
    }
}

/// The rows of a table for which a condition holds.
fn rows(table: &FactId, condition: &str, scene: &Scene<'_>) -> String {
    let key = primary_key(table, scene).unwrap_or_else(|| vec!["rowid".to_owned()]);
    let top = top(table, scene);
    answer(&format!("SELECT {} AS example FROM {top} WHERE {condition}", example(&key, &key)))
}

fn answer(rows: &str) -> String {
    format!("SELECT CAST(count(*) AS TEXT), min(example) FROM ({rows}) AS found")
}

/// A text that names a row: `id = 7`.
fn example(names: &[String], values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("coalesce({value}, 'null')")).collect();
    match names {
        [name] => format!("{} || {}", literal(&format!("{name} = ")), values.join("")),
        names => {
            format!(
                "{} || {} || ')'",
                literal(&format!("({}) = (", names.join(", "))),
                values.join(" || ', ' || ")
            )
        }
    }
}

/// The primary key of a table as it is.
fn primary_key(table: &FactId, scene: &Scene<'_>) -> Option<Vec<String>> {
    let own = scene.users_before(table).filter(|user| user.parent.as_ref() == Some(table));
    let key = own.filter(|user| user.payload.text("type") == Some("primary key")).last()?;
    Some(
        key.payload
            .list("keys")
            .iter()
            .map(|key| key.split(" desc").next().unwrap_or(key).to_owned())
            .collect(),
    )
}

/// Whether all columns that a constraint names are there, with the types that they will have.
fn known(fact: &Fact, scene: &Scene<'_>) -> bool {
    fact.requires.iter().all(|id| match (scene.from.get(id), scene.to.get(id)) {
        (Some(old), Some(new)) => ["type", "collation", "generated", "expression"]
            .iter()
            .all(|name| old.payload.get(name) == new.payload.get(name)),
        _ => false,
    })
}

/// The table, as it is called before.
fn top(table: &FactId, scene: &Scene<'_>) -> String {
    quote(&scene.from.get(table).map_or_else(|| table.name(), name))
}
