//! What must hold at the end, as statements that end the transaction where it does not. Rows that do not fit into a new table stop the
//! script as well, except where a program runs it that goes on after errors. And foreign keys are off meanwhile, so the last step looks
//! whether more rows than before refer to nothing.

use std::collections::BTreeSet;

use sluice_facts::{Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::place::is_rebuilt;
use crate::wording::literal;

/// Which of both schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}
use When::{After, Before};

/// What is counted. A row with two numbers that do not fit is not taken.
const TABLE: &str = "CREATE TEMP TABLE sluice_proof (name, rows_before, rows_after, orphans_before, orphans_after, \
    CONSTRAINT \"rows were not copied\" CHECK (rows_after = rows_before), \
    CONSTRAINT \"rows refer to rows that are not there\" CHECK (orphans_after <= orphans_before))";

/// Whether as many rows are in one table as in another; both names are quoted.
pub(super) fn copied(from: &str, to: &str) -> String {
    let count = |table: &str| format!("(SELECT count(*) FROM {table})");
    format!(
        "INSERT OR ROLLBACK INTO temp.sluice_proof (rows_before, rows_after) VALUES ({}, {})",
        count(from),
        count(to)
    )
}

/// The steps, with what proves them around them.
pub(super) fn proved(steps: Vec<Step>, scene: &Scene<'_>) -> Vec<Step> {
    let keys = endangered(scene);
    let copies = steps.iter().find(|step| step.sql.contains(" temp.sluice_proof "));
    let Some(about) = copies.map(|step| step.fact.clone()).or_else(|| keys.tables.first().cloned()) else {
        return steps;
    };
    let step = |sql: String| Step::new(Verb::Alter, &about, sql);
    let mut proved = vec![step(TABLE.to_owned())];
    proved.extend(keys.tables.iter().map(|table| {
        let before = if can_be_counted(table, scene, Before) { count(table, &[]) } else { "0".to_owned() };
        let name = literal(&table.name());
        step(format!("INSERT INTO temp.sluice_proof (name, orphans_before) VALUES ({name}, {before})"))
    }));
    proved.extend(steps);
    proved.extend(keys.tables.iter().map(|table| {
        let (after, name) = (count(table, &parents(table, scene)), literal(&table.name()));
        let last = step(format!(
            "UPDATE OR ROLLBACK temp.sluice_proof SET orphans_after = {after} WHERE name = {name}"
        ));
        if keys.new.contains(table) { last.hazard(Hazard::DependsOnData) } else { last }
    }));
    proved.push(step("DROP TABLE temp.sluice_proof".to_owned()));
    proved
}

/// Foreign keys that may not hold any more, or do not yet.
struct Endangered {
    /// The tables that refer.
    tables: Vec<FactId>,
    /// Those of them of which one is new.
    new: BTreeSet<FactId>,
}

fn endangered(scene: &Scene<'_>) -> Endangered {
    let mut endangered = Endangered { tables: Vec::new(), new: BTreeSet::new() };
    for key in scene.to.facts().iter().filter(|fact| is_foreign_key(fact)) {
        let Some(child) = key.parent.as_ref() else { continue };
        let came = scene.from.get(&key.id).is_none_or(|old| old.hash != key.hash);
        let parent = referenced(key);
        let matters = came || is_rebuilt(child, scene) || is_rebuilt(&parent, scene);
        let counts = scene.to.get(&parent).is_some() && can_be_counted(child, scene, After);
        if matters && counts && scene.from.get(child).is_some() {
            // What could not be counted before may not hold.
            if came || !can_be_counted(child, scene, Before) {
                endangered.new.insert(child.clone());
            }
            endangered.tables.push(child.clone());
        }
    }
    endangered.tables.sort();
    endangered.tables.dedup();
    endangered
}

/// How many rows of a table refer to nothing; only to these tables, if any are given.
fn count(table: &FactId, parents: &[String]) -> String {
    let check = format!("SELECT count(*) FROM pragma_foreign_key_check({})", literal(&table.name()));
    let names: Vec<String> = parents.iter().map(|name| literal(name)).collect();
    match names.is_empty() {
        true => format!("({check})"),
        false => format!("({check} WHERE lower(parent) IN ({}))", names.join(", ")),
    }
}

/// The tables that a table refers to in the end and that are there; none where all of them are.
fn parents(table: &FactId, scene: &Scene<'_>) -> Vec<String> {
    let keys = children(table, scene, After);
    let mut parents: Vec<FactId> =
        keys.into_iter().filter(|fact| is_foreign_key(fact)).map(referenced).collect();
    parents.sort();
    parents.dedup();
    let all = parents.len();
    parents.retain(|parent| scene.to.get(parent).is_some());
    if parents.len() == all { Vec::new() } else { parents.iter().map(FactId::name).collect() }
}

fn is_foreign_key(fact: &Fact) -> bool {
    fact.kind == Kind::Constraint && fact.payload.text("type") == Some("foreign key")
}

fn referenced(key: &Fact) -> FactId {
    FactId::new(Kind::Table, [key.payload.text("table").unwrap_or_default()])
}

/// Whether every foreign key of a table refers to a key, where the other table is there: else SQLite counts nothing.
fn can_be_counted(table: &FactId, scene: &Scene<'_>, when: When) -> bool {
    let is_there = |table: &FactId| match when {
        Before => scene.from.get(table).is_some(),
        After => scene.to.get(table).is_some(),
    };
    let own = children(table, scene, when);
    is_there(table)
        && own.iter().filter(|fact| is_foreign_key(fact)).all(|key| {
            let parent = referenced(key);
            !is_there(&parent) || children(&parent, scene, when).iter().any(|other| is_key_for(other, key))
        })
}

/// Whether a foreign key may refer to this.
fn is_key_for(fact: &Fact, foreign: &Fact) -> bool {
    let set = |names: &'_ [Box<str>]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<String>>();
    let (keys, referenced) = (set(fact.payload.list("keys")), set(foreign.payload.list("referenced")));
    let is_primary = fact.payload.text("type") == Some("primary key");
    let fits = if referenced.is_empty() { is_primary } else { keys == referenced };
    is_key(fact) && fits && keys.len() == foreign.payload.list("columns").len()
}

/// A key that foreign keys may refer to.
fn is_key(fact: &Fact) -> bool {
    match fact.kind {
        Kind::Constraint => matches!(fact.payload.text("type"), Some("primary key" | "unique")),
        Kind::Index => fact.payload.flag("unique") && fact.payload.get("where").is_none(),
        _ => false,
    }
}

fn children<'a>(table: &FactId, scene: &Scene<'a>, when: When) -> Vec<&'a Fact> {
    let is_own = |user: &&Fact| user.parent.as_ref() == Some(table);
    match when {
        Before => scene.users_before(table).filter(is_own).collect(),
        After => scene.users_after(table).filter(is_own).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_are_counted() {
        let table = FactId::new(Kind::Table, ["it's"]);
        assert_eq!(count(&table, &[]), "(SELECT count(*) FROM pragma_foreign_key_check('it''s'))");
    }
}
