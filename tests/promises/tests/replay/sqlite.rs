use proptest::prelude::*;
use rusqlite::Connection;
use sluice_promises::Replayed;
use sluice_schema::{ConstraintKind, RelationKind, Schema};
use sluice_sql::Dialect;

use crate::choices::{Choices, cases, statements};

const TABLES: [&str; 4] = ["t", "u", "\"T\"", "v"];
// In double quotes the name of a column that is not there would be a string.
const COLUMNS: [&str; 4] = ["a", "b", "c", "[B]"];
const INDEXES: [&str; 3] = ["i", "j", "u"];

fn column(it: &mut Choices) -> String {
    let name = it.of(&COLUMNS);
    let data_type = it.of(&[" INTEGER", " TEXT", "", " varchar(20)", " DECIMAL(10,2)", " BIG INT"]);
    let mut column = format!("{name}{data_type}");
    column += &it.maybe(4, " NOT NULL");
    column += &it.maybe(5, " DEFAULT 1");
    column += &it.maybe(6, " PRIMARY KEY");
    column += &it.maybe(6, " UNIQUE");
    column += &it.maybe(7, " COLLATE NOCASE");
    if it.once_in(7) {
        column += &format!(" CHECK ({} > 0)", it.of(&COLUMNS));
    }
    if it.once_in(6) {
        column += &format!(" REFERENCES {}", it.of(&TABLES));
        let of = format!(" ({})", it.of(&COLUMNS));
        column += &it.maybe(2, &of);
        column += &it.maybe(3, " ON DELETE CASCADE");
    }
    if it.once_in(9) {
        column += &format!(" AS ({} + 1)", it.of(&COLUMNS));
    }
    column
}

fn constraint(it: &mut Choices) -> String {
    let columns = it.several(2, |it| it.of(&COLUMNS).to_owned());
    let name = it.maybe(2, "CONSTRAINT n ");
    match it.of(&[0, 1, 2, 3]) {
        0 => format!("{name}PRIMARY KEY ({columns})"),
        1 => format!("{name}UNIQUE ({columns})"),
        2 => format!("{name}CHECK ({} <> 1)", it.of(&COLUMNS)),
        _ => format!("{name}FOREIGN KEY ({columns}) REFERENCES {} ({columns})", it.of(&TABLES)),
    }
}

fn statement(it: &mut Choices) -> String {
    let kind = it.of(&[0, 0, 0, 1, 2, 3, 4, 5, 6, 6, 7, 9, 10, 11]);
    let table = it.of(&TABLES);
    match kind {
        0 => {
            let mut body = it.several(4, column);
            if it.once_in(3) {
                body += &format!(", {}", it.several(2, constraint));
            }
            let exists = it.maybe(4, "IF NOT EXISTS ");
            let options = it.of(&["", "", "", " STRICT", " WITHOUT ROWID"]);
            format!("CREATE TABLE {exists}{table} ({body}){options}")
        }
        1 => format!("DROP TABLE {}{table}", it.maybe(3, "IF EXISTS ")),
        2 => format!("ALTER TABLE {table} RENAME TO {}", it.of(&TABLES)),
        3 => format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", it.of(&COLUMNS), it.of(&COLUMNS)),
        4 => format!("ALTER TABLE {table} ADD COLUMN {}", column(it)),
        5 => format!("ALTER TABLE {table} DROP COLUMN {}", it.of(&COLUMNS)),
        6 => {
            let unique = it.maybe(3, "UNIQUE ");
            let exists = it.maybe(4, "IF NOT EXISTS ");
            let name = it.of(&INDEXES);
            let keys = it.several(3, |it| {
                let column = it.of(&COLUMNS);
                match it.of(&[0, 0, 1, 2]) {
                    0 => column.to_owned(),
                    1 => format!("{column} DESC"),
                    _ => format!("lower({column})"),
                }
            });
            let filter =
                if it.once_in(4) { format!(" WHERE {} > 1", it.of(&COLUMNS)) } else { String::new() };
            format!("CREATE {unique}INDEX {exists}{name} ON {table} ({keys}){filter}")
        }
        7 => format!("DROP INDEX {}{}", it.maybe(3, "IF EXISTS "), it.of(&INDEXES)),
        9 => format!("CREATE VIEW {table} AS SELECT {} FROM {}", it.of(&COLUMNS), it.of(&TABLES)),
        10 => format!("DROP VIEW {}{table}", it.maybe(3, "IF EXISTS ")),
        _ => format!("CREATE TRIGGER {} AFTER INSERT ON {table} BEGIN SELECT 1; END", it.of(&["x", "y"])),
    }
}

/// Lines that say what the database has.
fn told_by_server(database: &Connection) -> Vec<String> {
    let rows = |sql: &str, of: &[&str]| -> Vec<Vec<String>> {
        let mut query = database.prepare(sql).unwrap();
        let width = query.column_count();
        let value = |row: &rusqlite::Row<'_>, at: usize| match row.get_ref(at).unwrap() {
            rusqlite::types::ValueRef::Null => String::new(),
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            other => other.as_str().unwrap().to_lowercase(),
        };
        query
            .query_map(rusqlite::params_from_iter(of), |row| {
                Ok((0..width).map(|at| value(row, at)).collect())
            })
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let mut lines = Vec::new();
    for relation in rows("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')", &[]) {
        let (kind, name) = (&relation[0], relation[1].as_str());
        lines.push(format!("{kind} {name}"));
        if kind == "view" {
            continue;
        }
        let columns = rows("SELECT name, type, \"notnull\", hidden FROM pragma_table_xinfo(?1)", &[name]);
        // A primary key of a table WITHOUT ROWID is not null, which is told as if it had been written.
        let names: Vec<String> =
            columns.iter().map(|one| format!("{} {}", one[0], one[1].replace(' ', ""))).collect();
        lines.push(format!("{name} has {}", names.join(", ")));
        let key = rows("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", &[name]);
        if !key.is_empty() {
            lines.push(format!("{name} key {}", joined(key.into_iter().flatten())));
        }
        for index in rows("SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1)", &[name]) {
            let keys = rows("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", &[&index[0]]);
            let keys = joined(keys.into_iter().flatten());
            match index[2].as_str() {
                "c" => lines.push(format!("{name} index {} {} {} {keys}", index[0], index[1], index[3])),
                "u" => lines.push(format!("{name} unique {keys}")),
                _ => {}
            }
        }
        let sql =
            "SELECT id, \"table\", on_delete, \"from\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
        let mut keys: std::collections::BTreeMap<String, (String, Vec<String>)> =
            std::collections::BTreeMap::new();
        for row in rows(sql, &[name]) {
            let key =
                keys.entry(row[0].clone()).or_insert_with(|| (format!("{} {}", row[1], row[2]), Vec::new()));
            key.1.push(row[3].clone());
        }
        lines.extend(
            keys.into_values().map(|(head, columns)| format!("{name} references {head} {}", joined(columns))),
        );
    }
    for trigger in rows("SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger'", &[]) {
        lines.push(format!("{} trigger {}", trigger[0], trigger[1]));
    }
    lines.sort();
    lines
}

fn joined(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// `pragma_table_info` tells a column that a key names twice, which SQLite allows, once.
fn each_once(columns: &[String]) -> String {
    let mut seen = std::collections::BTreeSet::new();
    joined(columns.iter().filter(|column| seen.insert(*column)).cloned())
}

fn told_by_replay(schema: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    for relation in schema.relations.values() {
        let name = &relation.name.name;
        for trigger in &relation.triggers {
            lines.push(format!("{name} trigger {}", trigger.name));
        }
        if relation.kind == RelationKind::View {
            lines.push(format!("view {name}"));
            continue;
        }
        lines.push(format!("table {name}"));
        let columns: Vec<String> = relation
            .columns
            .iter()
            .map(|column| {
                let data_type = column.data_type.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{} {}", column.name, data_type.replace(' ', ""))
            })
            .collect();
        lines.push(format!("{name} has {}", columns.join(", ")));
        for constraint in &relation.constraints {
            let columns = joined(constraint.columns().iter().cloned());
            match &constraint.kind {
                ConstraintKind::PrimaryKey { .. } => {
                    lines.push(format!("{name} key {}", each_once(constraint.columns())));
                }
                ConstraintKind::Unique { .. } => lines.push(format!("{name} unique {columns}")),
                ConstraintKind::ForeignKey(key) => {
                    let delete = if key.on_delete.is_some() { "cascade" } else { "no action" };
                    lines.push(format!("{name} references {} {delete} {columns}", key.table.name));
                }
                _ => {}
            }
        }
        for index in relation.indexes.iter().filter(|index| index.constraint.is_none()) {
            let keys = joined(index.keys.iter().map(|key| key.column.clone().unwrap_or_default()));
            let (unique, partial) = (u8::from(index.unique), u8::from(index.filter.is_some()));
            lines.push(format!("{name} index {} {unique} {partial} {keys}", index.name));
        }
    }
    lines.sort();
    lines
}

/// UNIQUE over the columns of the primary key, or written twice, needs no index of its own in SQLite.
fn comparable(mut lines: Vec<String>) -> Vec<String> {
    let same_as_key: Vec<String> = lines
        .iter()
        .filter(|line| line.contains(" key "))
        .map(|line| line.replacen(" key ", " unique ", 1))
        .collect();
    lines.retain(|line| !same_as_key.contains(line));
    lines.dedup();
    lines
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn sqlite_has_what_replay_says(statements in statements(statement, 14)) {
        let database = Connection::open_in_memory().unwrap();
        let mut replayed = Replayed::empty(Dialect::Sqlite);
        let mut taken: Vec<&str> = Vec::new();
        for statement in &statements {
            if database.execute_batch(statement).is_err() {
                continue;
            }
            taken.push(statement);
            replayed.run(statement);
            let (server, replay) = (comparable(told_by_server(&database)), comparable(told_by_replay(&replayed.schema)));
            prop_assert_eq!(&server, &replay, "left: the server, right: replay, after\n{};\n", taken.join(";\n"));
            replayed.sound();
        }
    }
}
