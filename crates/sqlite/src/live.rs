//! The schema as statements, and sizes of tables, as the file tells them.

use rusqlite::Connection;
use sluice_engine::{LiveSchema, RelationStatistics, Statistics};

/// The ledger's tables are not the user's; neither is what SQLite and virtual tables keep for themselves.
const TABLES_THAT_ARE_NOT: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow' \
     UNION ALL SELECT name FROM main.sqlite_schema WHERE type = 'table' AND (name IN ('sluice_fence', 'sluice_revision', \
     'sluice_statement', 'sluice_event', 'sluice_snapshot', 'sluice_backup') OR name GLOB 'sluice_backup_[0-9]*_[0-9]*')";

/// Tables of more rows are not counted.
const COUNTED: i64 = 1_000_000;
/// Files of more bytes are not walked through page by page.
const WALKED: i64 = 1 << 30;

/// Reads the schema.
pub(crate) fn schema(connection: &Connection) -> Result<LiveSchema, rusqlite::Error> {
    let sql = format!(
        "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND tbl_name NOT IN ({TABLES_THAT_ARE_NOT})
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, name"
    );
    let mut statement = connection.prepare(&sql)?;
    let statements = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(LiveSchema { statements, invalid_indexes: Vec::new(), complete: true })
}

/// Reads sizes. Rows are those that `ANALYZE` has counted, or are counted now up to a bound; beyond it the highest row id stands
/// for them, which is never too low unless row ids are chosen by hand.
pub(crate) fn statistics(connection: &Connection) -> Result<Statistics, rusqlite::Error> {
    let sql = format!(
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
           AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ({TABLES_THAT_ARE_NOT}) ORDER BY name"
    );
    let mut statement = connection.prepare(&sql)?;
    let tables = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, bool)>, _>>()?;
    let size: i64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )?;
    let mut relations = Vec::new();
    for (name, without_rowid) in tables {
        let rows = rows(connection, &name, without_rowid)?;
        let bytes = if size <= WALKED { bytes(connection, &name)? } else { None };
        relations.push(RelationStatistics {
            schema: "main".to_owned(),
            // As the schema has it: SQLite compares names without case.
            name: name.to_lowercase(),
            rows,
            bytes,
            ..RelationStatistics::default()
        });
    }
    Ok(Statistics { counted_seconds: None, relations })
}

fn rows(connection: &Connection, name: &str, without_rowid: bool) -> Result<Option<u64>, rusqlite::Error> {
    let analyzed: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1')",
        [],
        |row| row.get(0),
    )?;
    if analyzed {
        let found: Option<i64> = connection.query_row(
            "SELECT max(CAST(substr(stat, 1, instr(stat || ' ', ' ') - 1) AS integer)) FROM sqlite_stat1 WHERE tbl = ?1",
            [name],
            |row| row.get(0),
        )?;
        if let Some(rows) = found {
            return Ok(u64::try_from(rows).ok());
        }
    }
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let counted: i64 = connection.query_row(
        &format!("SELECT count(*) FROM (SELECT 1 FROM main.{quoted} LIMIT {COUNTED} + 1)"),
        [],
        |row| row.get(0),
    )?;
    if counted <= COUNTED {
        return Ok(u64::try_from(counted).ok());
    }
    if without_rowid {
        return Ok(None);
    }
    let highest: Option<i64> =
        connection.query_row(&format!("SELECT max(_rowid_) FROM main.{quoted}"), [], |row| row.get(0))?;
    Ok(highest.and_then(|rows| u64::try_from(rows.max(counted)).ok()))
}

/// Bytes of a table with its indexes.
fn bytes(connection: &Connection, name: &str) -> Result<Option<u64>, rusqlite::Error> {
    let found: Option<i64> = connection.query_row(
        "SELECT sum(pgsize) FROM dbstat WHERE aggregate = true AND name IN \
         (SELECT name FROM main.sqlite_schema WHERE tbl_name = ?1 AND type IN ('table', 'index'))",
        [name],
        |row| row.get(0),
    )?;
    Ok(found.and_then(|bytes| u64::try_from(bytes).ok()))
}
