//! How rows are kept: in columns without a type, which take every value as it is.

use sluice_engine::Query;
use sluice_engine::backup::{Column, Relation, Rows};

/// Rows of SQLite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SqliteRows;

impl Rows for SqliteRows {
    fn quote(&self, name: &str) -> String {
        crate::wording::quote(name)
    }

    fn describe(&self, schema: Option<&str>, table: &str) -> Query {
        let sql = "SELECT 'main', m.name, x.name, x.type, CASE WHEN x.pk > 0 THEN x.pk END, x.hidden IN (2, 3), '', \
             CASE WHEN l.type <> 'table' THEN 'it is no plain table' WHEN ? <> 'main' THEN 'it is not in this file' END \
             FROM main.sqlite_schema m JOIN pragma_table_list l ON l.name = m.name AND l.schema = 'main' \
             JOIN pragma_table_xinfo(m.name, 'main') x \
             WHERE m.type = 'table' AND lower(m.name) = lower(?) AND x.hidden <> 1 ORDER BY x.cid";
        let schema = schema.unwrap_or("main").to_ascii_lowercase();
        Query::new(sql, vec![schema.into(), table.into()])
    }

    fn followers(&self, relation: &Relation) -> Query {
        let sql = "SELECT m.name, f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT'), \
             f.on_update IN ('CASCADE', 'SET NULL', 'SET DEFAULT'), coalesce(f.\"to\", '') \
             FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name, 'main') f \
             WHERE m.type = 'table' AND lower(f.\"table\") = lower(?)";
        Query::new(sql, vec![relation.name.as_str().into()])
    }

    fn create(&self, table: &str, relation: &Relation) -> String {
        let columns = relation.columns.iter().map(|column| format!(", {}", column.sql));
        format!("CREATE TABLE {table} (sluice_image text NOT NULL{})", columns.collect::<String>())
    }

    /// The type counts, too: 1 is not '1'.
    fn is_same(&self, _column: &Column, row: &str, image: &str) -> String {
        format!("(quote({row}) = quote({image}))")
    }

    fn are_same(&self, column: &Column, one: &str, other: &str) -> String {
        self.is_same(column, one, other)
    }

    fn shown(&self, image: &str) -> String {
        format!("CAST({image} AS text)")
    }

    fn ago(&self, seconds: u64) -> String {
        format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{seconds} seconds')")
    }
}
