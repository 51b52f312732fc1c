use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sluice_promises::Replayed;
use sluice_schema::{ConstraintKind, Relation, RelationKind, Schema};
use sluice_sql::Dialect;

use crate::choices::{Choices, cases, statements};

const TABLES: [&str; 4] = ["t", "u", "w", "v"];
const COLUMNS: [&str; 4] = ["a", "b", "c", "`B`"];
const TYPES: [&str; 7] =
    ["INT", "BIGINT UNSIGNED", "VARCHAR(20)", "DECIMAL(10,2)", "TINYINT(1)", "DATETIME", "ENUM('x','y')"];
const KEYS: [&str; 5] = ["k", "a", "b", "a_2", "`PRIMARY`"];
const FOREIGN: [&str; 3] = ["t_ibfk_1", "u_ibfk_1", "f"];

fn column(it: &mut Choices) -> String {
    let name = it.of(&COLUMNS);
    definition(it, name)
}

fn definition(it: &mut Choices, name: &str) -> String {
    let mut column = format!("{name} {}", it.of(&TYPES));
    column += &it.maybe(4, " NOT NULL");
    column += &it.maybe(7, " AUTO_INCREMENT");
    column += &it.maybe(7, " PRIMARY KEY");
    column += &it.maybe(7, " UNIQUE");
    column += &it.maybe(8, " COMMENT 'x'");
    if it.once_in(8) {
        column += &format!(" REFERENCES {} ({})", it.of(&TABLES), it.of(&COLUMNS));
    }
    column
}

fn columns(it: &mut Choices) -> String {
    it.several(2, |it| it.of(&COLUMNS).to_owned())
}

fn constraint(it: &mut Choices) -> String {
    let columns = columns(it);
    match it.of(&[0, 1, 2, 3, 4, 5]) {
        0 => format!("PRIMARY KEY ({columns})"),
        1 => format!("UNIQUE KEY {}({columns})", it.maybe(2, "k ")),
        2 => format!("KEY {}({columns})", it.maybe(2, "k ")),
        3 => format!("CONSTRAINT n CHECK ({} IS NOT NULL)", it.of(&COLUMNS)),
        4 => format!("FOREIGN KEY ({columns}) REFERENCES {} ({columns})", it.of(&TABLES)),
        _ => format!("CONSTRAINT f FOREIGN KEY ({columns}) REFERENCES {} ({columns})", it.of(&TABLES)),
    }
}

fn position(it: &mut Choices) -> String {
    match it.of(&[0, 0, 1, 2]) {
        0 => String::new(),
        1 => " FIRST".to_owned(),
        _ => format!(" AFTER {}", it.of(&COLUMNS)),
    }
}

fn action(it: &mut Choices) -> String {
    let name = it.of(&COLUMNS);
    match it.of(&[0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
        0 => format!("ADD COLUMN {}{}{}", it.maybe(4, "IF NOT EXISTS "), column(it), position(it)),
        1 => format!("DROP COLUMN {}{name}", it.maybe(4, "IF EXISTS ")),
        2 => format!("MODIFY {}{}", definition(it, name), position(it)),
        3 => {
            let to = column(it);
            format!("CHANGE {name} {to}{}", position(it))
        }
        4 => format!("ADD {}", constraint(it)),
        5 => format!("DROP KEY {}", it.of(&KEYS)),
        6 => "DROP PRIMARY KEY".to_owned(),
        7 => format!("DROP FOREIGN KEY {}", it.of(&FOREIGN)),
        8 => "DROP CONSTRAINT n".to_owned(),
        9 => format!("RENAME COLUMN {name} TO {}", it.of(&COLUMNS)),
        10 => format!("RENAME KEY {} TO {}", it.of(&KEYS), it.of(&KEYS)),
        11 => format!("ALTER {name} {}", it.of(&["SET DEFAULT 1", "DROP DEFAULT"])),
        _ => format!("RENAME TO {}", it.of(&TABLES)),
    }
}

fn statement(it: &mut Choices) -> String {
    let kind = it.of(&[0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8]);
    let table = it.of(&TABLES);
    match kind {
        0 => {
            let mut body = it.several(4, column);
            if it.once_in(2) {
                body += &format!(", {}", it.several(3, constraint));
            }
            let head = it.of(&["TABLE", "TABLE", "TABLE IF NOT EXISTS", "OR REPLACE TABLE"]);
            format!("CREATE {head} {table} ({body})")
        }
        1 => format!("ALTER TABLE {table} {}", it.several(2, action)),
        2 => format!("DROP TABLE {}{table}", it.maybe(2, "IF EXISTS ")),
        3 => format!("RENAME TABLE {table} TO {}", it.of(&TABLES)),
        4 => {
            let unique = it.maybe(3, "UNIQUE ");
            let keys = it.several(3, |it| {
                let column = it.of(&COLUMNS);
                format!("{column}{}", it.of(&["", "", "(5)", " DESC"]))
            });
            format!("CREATE {unique}INDEX {} ON {table} ({keys})", it.of(&KEYS))
        }
        5 => format!("DROP INDEX {} ON {table}", it.of(&KEYS)),
        6 => format!("CREATE TABLE {table} LIKE {}", it.of(&TABLES)),
        7 => format!("CREATE VIEW {table} AS SELECT {} FROM {}", it.of(&COLUMNS), it.of(&TABLES)),
        _ => format!("DROP VIEW {table}"),
    }
}

const SERVER_SQL: &str = "\
    SELECT CONCAT(table_name, ' has ', GROUP_CONCAT(CONCAT(column_name, ' ', column_type, IF(is_nullable = 'NO', ' not null', '')) \
      ORDER BY ordinal_position SEPARATOR ', ')) \
      FROM information_schema.columns JOIN information_schema.tables t USING (table_schema, table_name) \
      WHERE table_schema = DATABASE() AND t.table_type = 'BASE TABLE' GROUP BY table_name; \
    SELECT CONCAT('view ', table_name) FROM information_schema.views WHERE table_schema = DATABASE(); \
    SELECT CONCAT(table_name, ' index ', index_name, IF(non_unique, '', ' unique'), ' ', \
      GROUP_CONCAT(column_name ORDER BY seq_in_index)) \
      FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY table_name, index_name, non_unique; \
    SELECT CONCAT(table_name, ' references ', constraint_name, ' ', referenced_table_name, ' ', \
      GROUP_CONCAT(column_name ORDER BY ordinal_position)) \
      FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL \
      GROUP BY table_name, constraint_name, referenced_table_name; \
    SELECT CONCAT(table_name, ' check ', constraint_name) FROM information_schema.check_constraints \
      WHERE constraint_schema = DATABASE();";

/// Types as the server writes them, which has a width for each integer.
fn comparable(data_type: &str) -> String {
    let mut text = data_type.to_lowercase();
    for (from, to) in [("'", ""), ("bigint(20)", "bigint"), ("tinyint(1)", "tinyint"), ("int(11)", "int")] {
        text = text.replace(from, to);
    }
    text
}

fn told_by_replay(schema: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    for relation in schema.relations.values() {
        let name = &relation.name.name;
        if relation.kind == RelationKind::View {
            lines.push(format!("view {name}"));
            continue;
        }
        let columns: Vec<String> = relation
            .columns
            .iter()
            .map(|column| {
                let data_type = column.data_type.as_ref().map(ToString::to_string).unwrap_or_default();
                let not_null = if column.not_null { " not null" } else { "" };
                format!("{} {data_type}{not_null}", column.name)
            })
            .collect();
        lines.push(comparable(&format!("{name} has {}", columns.join(", "))).replacen(
            &name.to_lowercase(),
            name,
            1,
        ));
        for index in &relation.indexes {
            let unique = if index.unique { " unique" } else { "" };
            let keys: Vec<String> =
                index.keys.iter().map(|key| key.column.clone().unwrap_or_default()).collect();
            lines.push(
                format!("{name} index {}{unique} {}", index.name, keys.join(",")).to_lowercase().replacen(
                    &name.to_lowercase(),
                    name,
                    1,
                ),
            );
        }
        lines.extend(constraints(relation));
    }
    lines.sort();
    lines
}

fn constraints(relation: &Relation) -> Vec<String> {
    let name = &relation.name.name;
    let mut lines = Vec::new();
    for constraint in &relation.constraints {
        let columns = constraint.columns().join(",").to_lowercase();
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                lines.push(format!("{name} references {} {} {columns}", constraint.name, key.table.name));
            }
            ConstraintKind::Check { .. } => lines.push(format!("{name} check {}", constraint.name)),
            _ => {}
        }
    }
    lines
}

fn told_by_server(printed: &str) -> Vec<String> {
    let line = |line: &str| {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        match rest.split(' ').next() {
            Some("has") => format!("{name} {}", comparable(rest)),
            Some("index") => format!("{name} {}", rest.to_lowercase()),
            Some("references") => {
                let (head, columns) = rest.rsplit_once(' ').unwrap();
                format!("{name} {head} {}", columns.to_lowercase())
            }
            _ => line.to_owned(),
        }
    };
    let mut lines: Vec<String> = printed.lines().map(line).collect();
    lines.sort();
    lines
}

#[test]
#[ignore = "explores at random: run it by hand with SLUICE_REPLAY_CASES; what it finds is a bug of replay"]
fn mariadb_has_what_replay_says() {
    let server = sluice_testkit::mariadb();
    let database = server.database();
    let mut session = database.session();
    let mut runner = TestRunner::new(cases(60));
    let session = std::cell::RefCell::new(&mut session);
    let outcome = runner.run(&statements(statement, 12), |statements| {
        let run = |sql: &str| session.borrow_mut().run(sql);
        run("SET foreign_key_checks = 0, sql_notes = 0; DROP VIEW IF EXISTS t, u, w, v; DROP TABLE IF EXISTS t, u, w, v; SET foreign_key_checks = 1");
        let mut replayed = Replayed::empty(Dialect::Mariadb);
        let mut taken: Vec<&str> = Vec::new();
        for statement in &statements {
            // The count that follows is that of errors of the statement.
            if run(&format!("{statement};\nSELECT @@error_count")).lines().last() != Some("0") {
                continue;
            }
            taken.push(statement);
            replayed.run(statement);
            let (server, replay) = (told_by_server(&run(SERVER_SQL)), told_by_replay(&replayed.schema));
            let only = |these: &[String], those: &[String]| {
                let only: Vec<String> = these.iter().filter(|line| !those.contains(line)).cloned().collect();
                only.join("\n  ")
            };
            prop_assert!(
                server == replay,
                "after\n{};\nonly the server says\n  {}\nonly replay says\n  {}",
                taken.join(";\n"),
                only(&server, &replay),
                only(&replay, &server)
            );
            replayed.sound();
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
