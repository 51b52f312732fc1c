use sluice_e2e::{Engine, Project, corpus};
use sluice_sql::Dialect;
use sluice_sqlite::Sqlite;

use crate::plain::assert_same;
use crate::{files, made_by, made_by_files, read};

const SHAPES: &str = r"
CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, twice INT AS (id * 2) VIRTUAL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    amount REAL CHECK (amount > 0),
    UNIQUE (customer_id, amount)
) STRICT;
CREATE TABLE tags (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE INDEX orders_amount ON orders (amount DESC) WHERE amount > 10;
CREATE VIRTUAL TABLE words USING fts5 (body);
CREATE VIEW open_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE TRIGGER orders_touch AFTER INSERT ON orders BEGIN UPDATE customers SET name = 'x' WHERE id = NEW.customer_id; END;
ALTER TABLE customers ADD COLUMN note TEXT DEFAULT 'none';
";

#[test]
fn every_shape_of_a_schema_is_told_as_it_was_made() {
    let project = Project::new();
    let database = Engine::Sqlite.database(&project, "shapes");
    database.sql(SHAPES);
    let live = read(&Sqlite, database.url());
    assert_same(&made_by(Dialect::Sqlite, &live), &made_by_files(Dialect::Sqlite, [SHAPES]));
}

#[test]
fn the_ledger_and_shadow_tables_are_left_out() {
    let project = Project::new();
    let database = Engine::Sqlite.database(&project, "ledger");
    database.sql("CREATE TABLE sluice_revision (a); CREATE TABLE sluice_statement (a); CREATE TABLE sluice (a); CREATE VIRTUAL TABLE w USING fts5 (b)");
    let live = read(&Sqlite, database.url());
    assert_eq!(live.statements, ["CREATE TABLE sluice (a)", "CREATE VIRTUAL TABLE w USING fts5 (b)"]);
}

#[test]
fn the_schemas_of_real_projects_are_those_that_their_changes_make() {
    for name in ["client", "server-sqlite"] {
        let Some(folder) = corpus(&format!("migrations/atuin/{name}")) else { return };
        let project = Project::new();
        let database = Engine::Sqlite.database(&project, name);
        let texts: Vec<String> =
            files(&folder, ".sql").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        for text in &texts {
            database.sql(text);
        }
        let live = read(&Sqlite, database.url());
        let made = made_by_files(Dialect::Sqlite, texts.iter().map(String::as_str));
        assert_same(&made_by(Dialect::Sqlite, &live), &made);
    }
}
