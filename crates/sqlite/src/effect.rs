//! What statements leave behind: settings of the connection, and effects that show after a crash.
//!
//! SQLite runs nearly everything in a transaction, so few statements ever stand alone: `VACUUM`, `ATTACH`, most of
//! `PRAGMA`, and whatever a change with `transaction=none` holds. Each of them is atomic by itself.

use rusqlite::{Connection, OptionalExtension};
use sluice_engine::{Statement, Verdict};
use sluice_sql::{Kind, Object, ObjectKind};

/// Pragmas whose value is in the file.
const STORED: [&str; 6] =
    ["application_id", "auto_vacuum", "encoding", "journal_mode", "page_size", "user_version"];

/// Pragmas that do something and set nothing.
const ACTIONS: [&str; 8] = [
    "foreign_key_check",
    "incremental_vacuum",
    "integrity_check",
    "optimize",
    "quick_check",
    "table_info",
    "table_list",
    "wal_checkpoint",
];

/// A `PRAGMA` in its parts, in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Pragma {
    /// With its dot.
    schema: String,
    name: String,
    value: Option<String>,
}

/// Whether a statement may change the connection for those that follow.
pub(crate) fn alters_session(sql: &str) -> bool {
    let mut words = sql.split(|letter: char| !letter.is_alphanumeric()).map(str::to_ascii_lowercase);
    match words.next().as_deref() {
        Some("attach" | "detach") => true,
        Some("create") => matches!(words.next().as_deref(), Some("temp" | "temporary")),
        Some("pragma") => pragma(sql).is_none_or(|pragma| {
            let name = pragma.name.as_str();
            !STORED.contains(&name) && !ACTIONS.contains(&name)
        }),
        _ => false,
    }
}

/// Puts the connection's settings back to their defaults, for databases that cannot be opened again. Temporary tables stay.
pub(crate) fn restore(connection: &Connection) -> Result<(), rusqlite::Error> {
    let attached: Vec<String> = connection
        .prepare("SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in attached {
        connection.execute("DETACH ?", [name])?;
    }
    connection.execute_batch(
        "PRAGMA foreign_keys = off;
         PRAGMA defer_foreign_keys = off;
         PRAGMA ignore_check_constraints = off;
         PRAGMA recursive_triggers = off;
         PRAGMA reverse_unordered_selects = off;
         PRAGMA legacy_alter_table = off;
         PRAGMA case_sensitive_like = off;
         PRAGMA writable_schema = off;
         PRAGMA query_only = off;
         PRAGMA trusted_schema = on;",
    )
}

/// What is there before a statement runs.
pub(crate) fn observe(connection: &Connection, statement: &Statement<'_>) -> Result<String, rusqlite::Error> {
    if let Some(pragma) = pragma(&statement.sql).filter(|pragma| STORED.contains(&pragma.name.as_str())) {
        return Ok(current(connection, &pragma)?.unwrap_or_default());
    }
    match subject(statement) {
        Some(object) => definition(connection, object),
        None => Ok(String::new()),
    }
}

/// Whether it has taken effect.
pub(crate) fn probe(
    connection: &Connection,
    statement: &Statement<'_>,
    before: &str,
) -> Result<Verdict, rusqlite::Error> {
    if let Some(pragma) = pragma(&statement.sql) {
        return probe_pragma(connection, &pragma, before);
    }
    let word = statement.sql.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    let word = word.to_ascii_uppercase();
    if word == "VACUUM"
        && statement.sql.to_ascii_uppercase().split_ascii_whitespace().any(|word| word == "INTO")
    {
        return Ok(Verdict::Unknown {
            evidence: "`VACUUM INTO` writes another file: look whether it is there and complete".to_owned(),
        });
    }
    if matches!(word.as_str(), "VACUUM" | "ANALYZE" | "REINDEX" | "ATTACH" | "DETACH") {
        return Ok(Verdict::NotApplied {
            evidence: format!("`{word}` leaves nothing to look for; repeating it is harmless"),
        });
    }
    let Some(object) = subject(statement) else {
        return Ok(Verdict::Unknown {
            evidence: "the schema does not tell whether rows were changed".to_owned(),
        });
    };
    let name = object.name.join(".");
    let now = definition(connection, object)?;
    if now == before {
        let evidence = format!("sqlite_schema has `{name}` as it was before the statement");
        return Ok(Verdict::NotApplied { evidence });
    }
    let expected = match statement.facts.kind {
        Kind::Create { .. } => before.is_empty(),
        Kind::Drop { .. } => now.is_empty(),
        _ => true,
    };
    let evidence = match (before.is_empty(), now.is_empty()) {
        (true, _) => format!("sqlite_schema has `{name}`, which was not there before"),
        (_, true) => format!("sqlite_schema has no `{name}` any more"),
        _ => format!("sqlite_schema has `{name}` with another definition than before"),
    };
    Ok(if expected { Verdict::Applied { evidence } } else { Verdict::Unknown { evidence } })
}

fn probe_pragma(connection: &Connection, pragma: &Pragma, before: &str) -> Result<Verdict, rusqlite::Error> {
    let name = &pragma.name;
    if !STORED.contains(&name.as_str()) {
        let evidence = format!("`PRAGMA {name}` sets nothing in the file; repeating it is harmless");
        return Ok(Verdict::NotApplied { evidence });
    }
    let now = current(connection, pragma)?.unwrap_or_default();
    let evidence = format!("`PRAGMA {name}` is `{now}`, before the statement it was `{before}`");
    let wanted = pragma.value.as_deref();
    Ok(if wanted == Some(now.to_ascii_lowercase().as_str()) || now != before {
        Verdict::Applied { evidence }
    } else {
        // Setting it again gives the same value, whatever the value is called.
        Verdict::NotApplied { evidence }
    })
}

fn current(connection: &Connection, pragma: &Pragma) -> Result<Option<String>, rusqlite::Error> {
    let Some(name) = STORED.iter().find(|name| **name == pragma.name) else { return Ok(None) };
    // The schema was checked to be a plain identifier, and a pragma takes no parameters.
    let sql = format!("PRAGMA {}{name}", pragma.schema);
    connection
        .query_row(&sql, [], |row| match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => Ok(number.to_string()),
            value => Ok(value.as_str()?.to_owned()),
        })
        .optional()
}

/// The object that shows whether the statement has taken effect.
fn subject<'a>(statement: &Statement<'a>) -> Option<&'a Object> {
    let shows = matches!(statement.facts.kind, Kind::Create { .. } | Kind::Alter | Kind::Drop { .. });
    statement.facts.objects.first().filter(|object| shows && !object.name.is_empty())
}

/// The definition of an object with everything that hangs on it, as `sqlite_schema` has it; empty where it is not there.
fn definition(connection: &Connection, object: &Object) -> Result<String, rusqlite::Error> {
    let kind = match object.kind {
        ObjectKind::Index => "index",
        ObjectKind::View => "view",
        ObjectKind::Trigger => "trigger",
        _ => "table",
    };
    let (schema, name) = match object.name.as_slice() {
        [schema, name] => (Some(schema), name),
        [name] => (None, name),
        _ => return Ok(String::new()),
    };
    let table =
        schema.map_or("sqlite_schema".to_owned(), |schema| format!("{}.sqlite_schema", quote(schema)));
    let sql = format!("SELECT sql FROM {table} WHERE type = ? AND name = ? COLLATE NOCASE");
    let found: Option<Option<String>> =
        connection.query_row(&sql, [kind, name], |row| row.get(0)).optional()?;
    Ok(found.map_or(String::new(), |sql| sql.unwrap_or_else(|| "(no text)".to_owned())))
}

fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Takes `PRAGMA [schema.]name [= value | (value)]` apart.
fn pragma(sql: &str) -> Option<Pragma> {
    let keyword = sql.get(..6)?;
    let rest = sql.get(6..)?;
    if !keyword.eq_ignore_ascii_case("pragma") || !rest.starts_with(|letter: char| letter.is_whitespace()) {
        return None;
    }
    let rest = rest.trim().trim_end_matches(';').trim_end().to_ascii_lowercase();
    let (target, value) = match rest.split_once(['=', '(']) {
        Some((target, value)) => (target.trim_end(), Some(value)),
        None => (rest.as_str(), None),
    };
    let (schema, name) = match target.split_once('.') {
        Some((schema, name)) => (format!("{}.", schema.trim()), name.trim()),
        None => (String::new(), target),
    };
    let plain =
        |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.');
    if !plain(&schema) || !plain(name) {
        return None;
    }
    let unquote =
        |value: &str| value.trim().trim_end_matches(')').trim().trim_matches(['\'', '"']).to_owned();
    Some(Pragma { schema, name: name.to_owned(), value: value.map(unquote) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pragmas_are_taken_apart() {
        let table = [
            ("PRAGMA foreign_keys = ON", "", "foreign_keys", Some("on")),
            ("pragma main.journal_mode='WAL';", "main.", "journal_mode", Some("wal")),
            ("PRAGMA user_version(3)", "", "user_version", Some("3")),
            ("PRAGMA\n integrity_check", "", "integrity_check", None),
        ];
        for (sql, schema, name, value) in table {
            let expected =
                Pragma { schema: schema.to_owned(), name: name.to_owned(), value: value.map(str::to_owned) };
            assert_eq!(pragma(sql), Some(expected), "{sql}");
        }
        for sql in ["SELECT 1", "PRAGMATIC x", "PRAGMA", ""] {
            assert_eq!(pragma(sql), None, "{sql}");
        }
    }

    #[test]
    fn only_statements_that_change_the_connection_cost_a_reset() {
        for sql in
            ["PRAGMA foreign_keys=on", "ATTACH 'x' AS y", "CREATE TEMP TABLE t (a)", "PRAGMA \"odd\"=1"]
        {
            assert!(alters_session(sql), "{sql}");
        }
        for sql in ["CREATE TABLE t (a)", "PRAGMA user_version = 3", "PRAGMA integrity_check", "VACUUM"] {
            assert!(!alters_session(sql), "{sql}");
        }
    }
}
