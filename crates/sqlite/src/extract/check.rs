//! What SQLite itself says of what was read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use sluice_sql::model::Storage;
use sluice_sql::{Dialect, lexemes};

use super::constraint::ConstraintKind;
use super::table::Table;
use super::{Object, folded};
use crate::wording::quote;

/// Whether the pragmas tell the same of a table as its text. `options` is what they say of all tables: without row ids, strict.
pub(super) fn agrees(
    connection: &Connection,
    table: &Table,
    options: &BTreeMap<String, (bool, bool)>,
) -> Result<bool, rusqlite::Error> {
    if options.get(&folded(&table.name)) != Some(&(table.without_rowid, table.strict)) {
        return Ok(false);
    }
    Ok(columns_agree(connection, table)? && keys_agree(connection, table)?)
}

fn columns_agree(connection: &Connection, table: &Table) -> Result<bool, rusqlite::Error> {
    let primary: BTreeSet<String> = (table.constraints.iter())
        .filter(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
        .flat_map(|constraint| constraint.columns.iter().cloned())
        .collect();
    let mut statement = connection
        .prepare_cached("SELECT name, \"notnull\", pk > 0, hidden FROM pragma_table_xinfo(?1, 'main')")?;
    // Whether columns of a key may be NULL depends on what the key is.
    let told = statement
        .query_map([&table.name], |row| {
            let (not_null, keyed): (bool, bool) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, not_null || keyed, keyed, row.get(3)?))
        })?
        .collect::<Result<Vec<(String, bool, bool, i64)>, _>>()?;
    let read = table.columns.iter().map(|column| {
        let keyed = primary.contains(&folded(&column.name));
        let hidden = match column.generated {
            None => 0,
            Some(Storage::Stored) => 3,
            Some(_) => 2,
        };
        (column.name.clone(), column.not_null || keyed, keyed, hidden)
    });
    Ok(told.into_iter().eq(read))
}

fn keys_agree(connection: &Connection, table: &Table) -> Result<bool, rusqlite::Error> {
    let told: i64 = connection
        .prepare_cached("SELECT count(DISTINCT id) FROM pragma_foreign_key_list(?1, 'main')")?
        .query_row([&table.name], |row| row.get(0))?;
    let read = table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
    Ok(usize::try_from(told).is_ok_and(|told| told == read.count()))
}

/// Whether a view cannot be read: it names what is not there.
pub(super) fn is_broken_view(connection: &Connection, name: &str) -> bool {
    connection.prepare(&format!("SELECT 1 FROM main.{} LIMIT 0", quote(name))).is_err()
}

/// Whether statements that fire a trigger, or another one of the same event, cannot be prepared.
pub(super) fn is_broken_trigger(connection: &Connection, trigger: &Object) -> bool {
    let table = quote(&trigger.of);
    let mut words =
        lexemes(Dialect::Sqlite, &trigger.sql).into_iter().skip(3).map(|word| word.text.to_ascii_lowercase());
    let event = words.find(|word| matches!(word.as_str(), "insert" | "update" | "delete"));
    let sql = match event.as_deref() {
        Some("insert") => format!("INSERT INTO main.{table} DEFAULT VALUES"),
        Some("update") => {
            let changes: Vec<String> = columns(connection, &trigger.of)
                .iter()
                .map(|name| format!("{} = NULL", quote(name)))
                .collect();
            format!("UPDATE main.{table} SET {}", changes.join(", "))
        }
        _ => format!("DELETE FROM main.{table}"),
    };
    connection.prepare(&sql).is_err()
}

/// Columns that can be written; none where the table or view cannot be read.
fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let names = connection
        .prepare_cached("SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0")
        .and_then(|mut statement| statement.query_map([table], |row| row.get(0))?.collect());
    names.unwrap_or_default()
}
