//! How rows are kept: in columns of the same types. Making a table ends a transaction, so that it is made before.

use sluice_engine::Query;
use sluice_engine::backup::{Column, Relation, Rows, UpdateParts};

use crate::name::quote;

/// Rows of MySQL and MariaDB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MysqlRows;

/// Types whose values are compared by the rules of a collation, which takes different texts for equal.
const TEXTS: &str = " char varchar tinytext text mediumtext longtext enum set ";

impl Rows for MysqlRows {
    fn quote(&self, name: &str) -> String {
        quote(name)
    }

    fn describe(&self, schema: Option<&str>, table: &str) -> Query {
        let sql = "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, k.ORDINAL_POSITION, \
             IF(COALESCE(c.GENERATION_EXPRESSION, '') <> '', 1, 0), c.DATA_TYPE, \
             IF(t.TABLE_TYPE <> 'BASE TABLE', 'it is no table of its own', IF(t.ENGINE <> 'InnoDB', CONCAT('its engine is ', \
             t.ENGINE, ', which knows no transactions'), NULL)) \
             FROM information_schema.COLUMNS c JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA \
             AND t.TABLE_NAME = c.TABLE_NAME LEFT JOIN information_schema.KEY_COLUMN_USAGE k ON k.TABLE_SCHEMA = c.TABLE_SCHEMA \
             AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME AND k.CONSTRAINT_NAME = 'PRIMARY' \
             WHERE c.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION";
        Query::new(sql, vec![schema.into(), table.into()])
    }

    fn followers(&self, relation: &Relation) -> Query {
        let sql = "SELECT k.TABLE_NAME, IF(r.DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT'), 1, 0), \
             IF(r.UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT'), 1, 0), k.REFERENCED_COLUMN_NAME \
             FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
             ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME \
             WHERE k.REFERENCED_TABLE_SCHEMA = ? AND k.REFERENCED_TABLE_NAME = ?";
        Query::new(sql, vec![relation.schema.as_deref().into(), relation.name.as_str().into()])
    }

    /// Rows that are read to be kept are locked with the gaps between them, where the isolation does so.
    fn unfit(&self) -> Option<Query> {
        let sql = "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation') AND Value NOT IN \
             ('REPEATABLE-READ', 'SERIALIZABLE')";
        Some(Query::new(sql, Vec::new()))
    }

    fn create(&self, table: &str, relation: &Relation) -> String {
        let columns = relation.columns.iter().map(|column| format!(", {}", column.sql)).collect::<String>();
        format!(
            "CREATE TABLE {table} ENGINE = InnoDB AS SELECT 'before' AS sluice_image{columns} FROM {} LIMIT 0",
            relation.sql
        )
    }

    fn clear(&self, table: &str) -> Option<String> {
        Some(format!("DROP TABLE IF EXISTS {table}"))
    }

    fn is_same(&self, column: &Column, row: &str, image: &str) -> String {
        match TEXTS.contains(&format!(" {} ", column.class)) {
            true => format!("(CAST({row} AS BINARY) <=> CAST({image} AS BINARY))"),
            false => format!("({row} <=> {image})"),
        }
    }

    fn are_same(&self, column: &Column, one: &str, other: &str) -> String {
        self.is_same(column, one, other)
    }

    fn shown(&self, image: &str) -> String {
        format!("CAST({image} AS CHAR)")
    }

    fn update(&self, relation: &Relation, kept: &str, parts: &UpdateParts) -> String {
        let UpdateParts { set, on_live, on_after, condition } = parts;
        format!(
            "UPDATE {} t JOIN {kept} b ON {on_live} JOIN {kept} a ON {on_after} SET {set} WHERE {condition}",
            relation.sql
        )
    }

    fn target(&self, column: &str) -> String {
        format!("t.{column}")
    }

    fn ago(&self, seconds: u64) -> String {
        format!("UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND")
    }

    fn left(&self) -> Option<Query> {
        let sql = "SELECT SUBSTRING(TABLE_NAME, 8) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
             AND TABLE_NAME REGEXP '^sluice_backup_[0-9]+_[0-9]+$'";
        Some(Query::new(sql, Vec::new()))
    }
}
