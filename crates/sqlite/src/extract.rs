//! The schema as facts, read from `sqlite_schema`. The grammar reads the texts, and SQLite's own pragmas say whether it has read them
//! right: a table of which they say something else is named as not modelled.

mod check;
mod constraint;
mod program;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use sluice_facts::{Builder, Fact, FactId, Kind, Snapshot};
use sluice_sql::{Dialect, comments};

use crate::ledger;

/// A row of `sqlite_schema`.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    kind: String,
    name: String,
    /// The table or view that it belongs to; its own name for tables and views.
    of: String,
    sql: String,
}

impl Object {
    /// Its statement, to be followed by a terminator.
    fn written(&self) -> String {
        let text = self.sql.trim_end();
        // A comment at the end would swallow what follows.
        let open = comments(Dialect::Sqlite, text).last().is_some_and(|last| last.end == text.len());
        if open { format!("{text}\n") } else { text.to_owned() }
    }
}

/// A name as SQLite compares it.
pub(crate) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// How the name is written, where that does not follow from the id.
fn spelling(name: &str) -> Option<(std::borrow::Cow<'static, str>, sluice_facts::Value)> {
    (folded(name) != name).then(|| ("spelling".into(), name.into()))
}

/// Reads the facts.
pub(crate) fn snapshot(connection: &Connection, product: &str) -> Result<Snapshot, rusqlite::Error> {
    // Everything is read from one state of the file.
    let _transaction = connection.unchecked_transaction()?;
    let objects = objects(connection)?;
    let hidden = Hidden::read(connection, &objects)?;
    let mut builder = Builder::default();
    let mut tables: BTreeMap<String, table::Table> = BTreeMap::new();
    let mut unread = hidden.perhaps.clone();
    for object in objects.iter().filter(|object| object.kind == "table" && !hidden.hides(object)) {
        let name = folded(&object.name);
        if program::is_virtual(object) {
            match program::virtual_table(object).filter(|_| !hidden.unknown.contains(&name)) {
                Some(fact) => builder.add(fact),
                None => builder.unmodelled(format!("virtual table {}", object.name)),
            }
            continue;
        }
        match table::read(object).filter(|_| !unread.contains(&name)) {
            Some(table) if check::agrees(connection, &table, &hidden.options)? => {
                drop(tables.insert(name, table))
            }
            _ => {
                builder.unmodelled(format!("table {}", object.name));
                unread.insert(name);
            }
        }
    }
    let views: BTreeSet<String> =
        objects.iter().filter(|object| object.kind == "view").map(|view| folded(&view.name)).collect();
    for object in objects.iter().filter(|object| object.kind != "table" && !hidden.hides(object)) {
        if unread.contains(&folded(&object.of)) {
            builder.unmodelled(format!("{} {}", object.kind, object.name));
            continue;
        }
        let fact = match object.kind.as_str() {
            "index" => tables.get(&folded(&object.of)).and_then(|table| table::index(object, table)),
            "view" => program::view(object, check::is_broken_view(connection, &object.name)),
            "trigger" => {
                let on_view = views.contains(&folded(&object.of));
                program::trigger(object, on_view, check::is_broken_trigger(connection, object))
            }
            _ => None,
        };
        match fact {
            Some(fact) => builder.add(fact),
            None => builder.unmodelled(format!("{} {}", object.kind, object.name)),
        }
    }
    for table in tables.into_values() {
        table.facts().into_iter().for_each(|fact| builder.add(fact));
    }
    Ok(builder.finish(Dialect::Sqlite.name(), product))
}

/// The user's objects, those without a text left out: indexes that stand for constraints.
fn objects(connection: &Connection) -> Result<Vec<Object>, rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY rowid",
    )?;
    let objects = statement.query_map([], |row| {
        Ok(Object { kind: row.get(0)?, name: row.get(1)?, of: row.get(2)?, sql: row.get(3)? })
    })?;
    objects.collect()
}

/// What is not the user's.
struct Hidden {
    /// Tables of the ledger, and those that virtual tables keep for themselves.
    tables: BTreeSet<String>,
    /// Whether each table is without row ids, and whether it is strict.
    options: BTreeMap<String, (bool, bool)>,
    /// Virtual tables of modules that are not there.
    unknown: BTreeSet<String>,
    /// Tables that may be theirs, by their names (<https://sqlite.org/vtab.html>, "The xShadowName Method").
    perhaps: BTreeSet<String>,
}

impl Hidden {
    fn read(connection: &Connection, objects: &[Object]) -> Result<Self, rusqlite::Error> {
        let names = |sql: &str| -> Result<BTreeSet<String>, rusqlite::Error> {
            let mut statement = connection.prepare(sql)?;
            statement.query_map([], |row| row.get::<_, String>(0).map(|name| folded(&name)))?.collect()
        };
        let mut list = connection.prepare(
            "SELECT name, type = 'shadow', wr, strict FROM pragma_table_list WHERE schema = 'main'",
        )?;
        let listed = list
            .query_map([], |row| {
                Ok((folded(&row.get::<_, String>(0)?), row.get(1)?, (row.get(2)?, row.get(3)?)))
            })?
            .collect::<Result<Vec<(String, bool, (bool, bool))>, _>>()?;
        let mut tables: BTreeSet<String> =
            listed.iter().filter(|(_, is_shadow, _)| *is_shadow).map(|(name, ..)| name.clone()).collect();
        let options = listed.into_iter().map(|(name, _, options)| (name, options)).collect();
        let all = objects.iter().map(|object| folded(&object.of));
        tables.extend(all.filter(|name| ledger::is_ours(name)));
        let modules = names("SELECT name FROM pragma_module_list")?;
        let mut unknown = BTreeSet::new();
        for object in objects.iter().filter(|object| program::is_virtual(object)) {
            if program::module(object).is_some_and(|module| !modules.contains(&module)) {
                unknown.insert(folded(&object.name));
            }
        }
        let owned = |name: &String| {
            unknown.iter().any(|owner| name.strip_prefix(owner).is_some_and(|rest| rest.starts_with('_')))
        };
        let named = objects.iter().filter(|object| object.kind == "table").map(|object| folded(&object.name));
        let perhaps = named.filter(owned).collect();
        Ok(Self { tables, options, unknown, perhaps })
    }

    fn hides(&self, object: &Object) -> bool {
        self.tables.contains(&folded(&object.of))
    }
}

/// The id of a table's column.
fn column_id(table: &FactId, column: &str) -> FactId {
    FactId::new(Kind::Column, [table.name(), folded(column)])
}

/// A fact of a statement.
fn fact(kind: Kind, object: &Object, parent: Option<FactId>, payload: sluice_facts::Payload) -> Fact {
    let id = FactId::new(kind, [folded(&object.name)]);
    Fact { written: Some(object.written().into()), ..Fact::new(id, kind, parent, payload) }
}
