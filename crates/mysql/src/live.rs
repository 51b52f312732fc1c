//! The schema as statements, and sizes and use of tables, as the catalog tells them.

use std::collections::BTreeMap;

use sluice_engine::{DbError, DbErrorKind, LiveSchema, RelationStatistics, Row, Statistics};
use sluice_sql::Dialect;

use crate::connection::Connection;
use crate::ledger::NOT_OURS;
use crate::name::quote;

/// Reads the schema of the session's database.
pub(crate) async fn schema(connection: &mut Connection, database: &str) -> Result<LiveSchema, DbError> {
    let mut schema =
        LiveSchema { complete: sees_everything(connection, database).await?, ..LiveSchema::default() };
    // Keys and expressions are written as every session can read them, whatever this one is set to.
    connection.run("SET SESSION sql_quote_show_create = 1, SESSION sql_mode = ''").await?;
    routines(connection, &mut schema.statements).await?;
    let sql = format!(
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
         AND TABLE_NAME {NOT_OURS}"
    );
    let mut tables: Vec<(String, String)> =
        connection.rows(&sql).await?.iter().map(|row| (text(row, 0), text(row, 1))).collect();
    // Views read tables, so that they come after them.
    tables.sort_by(|left, right| (left.1 == "VIEW", &left.0).cmp(&(right.1 == "VIEW", &right.0)));
    for (name, kind) in &tables {
        let statement = match kind.as_str() {
            "VIEW" => view(connection, name).await,
            "SEQUENCE" => Ok(Some(format!("CREATE SEQUENCE {}", quote(name)))),
            _ => show(connection, "TABLE", name).await.map(|sql| sql.map(|sql| without_counter(&sql))),
        };
        match statement {
            Ok(Some(statement)) => schema.statements.push(statement),
            // Dropped since they were listed.
            Ok(None) => {}
            Err(error) if error.kind == DbErrorKind::Permission => schema.complete = false,
            Err(error) => return Err(error),
        }
    }
    let sql = format!(
        "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_STATEMENT \
         FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE {NOT_OURS} \
         ORDER BY BINARY EVENT_OBJECT_TABLE, BINARY TRIGGER_NAME"
    );
    for row in connection.rows(&sql).await? {
        schema.statements.push(format!(
            "CREATE TRIGGER {} {} {} ON {} FOR EACH ROW {}",
            quote(&text(&row, 0)),
            text(&row, 1),
            text(&row, 2),
            quote(&text(&row, 3)),
            text(&row, 4)
        ));
    }
    Ok(schema)
}

/// What `SHOW CREATE` answers; none where the object is gone.
async fn show(connection: &mut Connection, kind: &str, name: &str) -> Result<Option<String>, DbError> {
    let rows = match connection.rows(&format!("SHOW CREATE {kind} {}", quote(name))).await {
        Err(error) if error.kind == DbErrorKind::UndefinedTable => return Ok(None),
        other => other?,
    };
    Ok(rows.first().map(|row| text(row, 1)))
}

/// A view without its definer, which is another one on every server.
async fn view(connection: &mut Connection, name: &str) -> Result<Option<String>, DbError> {
    let Some(shown) = show(connection, "VIEW", name).await? else { return Ok(None) };
    let head = format!(" VIEW {} AS ", quote(name));
    let query = shown.split_once(&head).map(|(_, query)| query);
    Ok(query.map(|query| format!("CREATE{head}{query}")))
}

/// The counter of `AUTO_INCREMENT` moves with the rows: it is none of the schema.
fn without_counter(sql: &str) -> String {
    let (before, after) = ("\n) ENGINE=", " AUTO_INCREMENT=");
    let Some(options) = sql.find(before) else { return sql.to_owned() };
    let (columns, options) = sql.split_at(options);
    // Nothing but the engine's name comes before the counter, so that a comment cannot be taken for it.
    match options.split_once(after) {
        Some((engine, rest)) if !engine.trim_start_matches(before).contains(['\'', ' ']) => {
            format!("{columns}{engine}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        _ => sql.to_owned(),
    }
}

/// Functions and procedures, without their bodies.
async fn routines(connection: &mut Connection, statements: &mut Vec<String>) -> Result<(), DbError> {
    let parameters = connection
        .rows(
            "SELECT SPECIFIC_NAME, ROUTINE_TYPE, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER \
             FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() AND ORDINAL_POSITION > 0 \
             ORDER BY SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION",
        )
        .await?;
    let mut of_routine: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in &parameters {
        let mode = if text(row, 1) == "PROCEDURE" { format!("{} ", text(row, 2)) } else { String::new() };
        let parameter = format!("{mode}{} {}", quote(&text(row, 3)), text(row, 4));
        of_routine.entry((text(row, 1), text(row, 0))).or_default().push(parameter);
    }
    let rows = connection
        .rows(
            "SELECT ROUTINE_TYPE, ROUTINE_NAME, DTD_IDENTIFIER, IS_DETERMINISTIC FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') \
             ORDER BY ROUTINE_TYPE, BINARY ROUTINE_NAME",
        )
        .await?;
    for row in &rows {
        let (kind, name) = (text(row, 0), text(row, 1));
        let quoted = quote(&name);
        let parameters = of_routine.remove(&(kind.clone(), name)).unwrap_or_default().join(", ");
        let deterministic = if text(row, 3) == "YES" { " DETERMINISTIC" } else { "" };
        statements.push(if kind == "FUNCTION" {
            format!(
                "CREATE FUNCTION {quoted}({parameters}) RETURNS {}{deterministic} RETURN NULL",
                text(row, 2)
            )
        } else {
            format!("CREATE PROCEDURE {quoted}({parameters}){deterministic} BEGIN END")
        });
    }
    Ok(())
}

/// Whether a privilege on all of the database lets the user see all of it. The server hides from a user what it may do nothing
/// with.
async fn sees_everything(connection: &mut Connection, database: &str) -> Result<bool, DbError> {
    let rows = connection.rows("SHOW GRANTS").await?;
    Ok(rows.iter().any(|row| is_about_all(&text(row, 0), database)))
}

/// `GRANT SELECT, INSERT ON *.* TO …`, `` GRANT ALL PRIVILEGES ON `shop`.* TO … ``; names of databases are patterns.
fn is_about_all(grant: &str, database: &str) -> bool {
    let Some((what, rest)) = grant.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON ")) else {
        return false;
    };
    let Some((on, _)) = rest.split_once(" TO ") else { return false };
    // Everything is seen with a privilege on rows; `USAGE` is none.
    let sees = what.split(',').any(|one| {
        matches!(
            one.trim(),
            "ALL PRIVILEGES" | "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "ALTER" | "CREATE"
        )
    });
    let matches = || {
        let pattern = on.strip_suffix(".*")?.strip_prefix('`')?.strip_suffix('`')?.replace("``", "`");
        Some(is_like(&pattern, database))
    };
    sees && (on == "*.*" || matches().unwrap_or(false))
}

/// `LIKE` with `\` as escape, of one pattern.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| text.get(at..).is_some_and(|tail| is_like(rest.as_str(), tail))),
        Some('_') => {
            let mut chars = text.chars();
            chars.next().is_some() && is_like(rest.as_str(), chars.as_str())
        }
        Some(first) => {
            let wanted = if first == '\\' { rest.next().unwrap_or(first) } else { first };
            text.strip_prefix(wanted).is_some_and(|tail| is_like(rest.as_str(), tail))
        }
    }
}

/// Reads sizes, and use where the performance schema counts it and may be read.
pub(crate) async fn statistics(connection: &mut Connection, dialect: Dialect) -> Result<Statistics, DbError> {
    if dialect == Dialect::Mysql {
        // Otherwise the answer may be a day old.
        connection.run("SET SESSION information_schema_stats_expiry = 0").await?;
    }
    let sql = format!(
        "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT IN ('VIEW', 'SEQUENCE') AND TABLE_NAME {NOT_OURS} \
         ORDER BY BINARY TABLE_NAME"
    );
    let rows = connection.rows(&sql).await?;
    let used = used(connection).await?;
    let relation = |row: &Row| {
        let name = text(row, 0);
        let use_of = used.as_ref().map(|used| used.get(&name).copied().unwrap_or_default());
        RelationStatistics {
            rows: number(row, 1),
            bytes: number(row, 2),
            reads: use_of.map(|(reads, _)| reads),
            writes: use_of.map(|(_, writes)| writes),
            calls: None,
            schema: String::new(),
            name,
        }
    };
    let uptime = connection.rows("SHOW GLOBAL STATUS LIKE 'Uptime'").await?;
    let counted_seconds = uptime.first().and_then(|row| number(row, 1)).filter(|_| used.is_some());
    Ok(Statistics { counted_seconds, relations: rows.iter().map(relation).collect() })
}

/// Rows read and written by table; none where nobody counts them, or where the user may not know.
async fn used(connection: &mut Connection) -> Result<Option<BTreeMap<String, (u64, u64)>>, DbError> {
    let on = connection.rows("SELECT @@performance_schema").await?;
    if on.first().and_then(|row| number(row, 0)) != Some(1) {
        return Ok(None);
    }
    let sql = "SELECT OBJECT_NAME, COUNT_READ, COUNT_WRITE FROM performance_schema.table_io_waits_summary_by_table \
               WHERE OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA = DATABASE()";
    match connection.rows(sql).await {
        Ok(rows) => Ok(Some(
            rows.iter()
                .map(|row| (text(row, 0), (number(row, 1).unwrap_or(0), number(row, 2).unwrap_or(0))))
                .collect(),
        )),
        Err(error) if error.kind == DbErrorKind::Permission => Ok(None),
        Err(error) => Err(error),
    }
}

fn text(row: &Row, column: usize) -> String {
    row.get(column).cloned().flatten().unwrap_or_default()
}

fn number(row: &Row, column: usize) -> Option<u64> {
    row.get(column)?.as_deref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_taken_out_of_a_table_and_nothing_else_is() {
        let sql = "CREATE TABLE `t` (\n  `a` int COMMENT ') ENGINE=x AUTO_INCREMENT=3'\n) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=utf8mb4";
        assert_eq!(without_counter(sql), sql.replace(" AUTO_INCREMENT=42", ""));
        let comment = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x AUTO_INCREMENT=42'";
        assert_eq!(without_counter(comment), comment);
    }

    #[test]
    fn a_privilege_on_all_of_the_database_shows_all_of_it() {
        for (grant, all) in [
            ("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", true),
            ("GRANT SELECT, SHOW VIEW ON `shop`.* TO `ann`@`%`", true),
            ("GRANT SELECT ON `sh%`.* TO `ann`@`%`", true),
            ("GRANT SELECT ON `s\\_op`.* TO `ann`@`%`", false),
            ("GRANT USAGE ON *.* TO `ann`@`%`", false),
            ("GRANT SELECT ON `shop`.`orders` TO `ann`@`%`", false),
            ("GRANT `reader`@`%` TO `ann`@`%`", false),
            ("GRANT SELECT ON `other`.* TO `ann`@`%`", false),
        ] {
            assert_eq!(is_about_all(grant, "shop"), all, "{grant}");
        }
    }
}
