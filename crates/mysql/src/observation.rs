//! What the catalog shows of the objects of a statement, before and after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sluice_engine::{DbError, DbErrorKind};

use crate::connection::Connection;
use crate::name::{file_name, literal, quote};
use crate::reading::{Account, Effect, Name, Reading, Subject};
use crate::server::INNODB_TABLES;

/// What was seen of all subjects of a statement; kept as JSON with the intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Observation {
    pub seen: Vec<Seen>,
}

/// What was seen of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// For people: kind and name.
    pub what: String,
    pub present: bool,
    /// SHA-256 of the definition.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The definition, if it is not too long to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// InnoDB's ids of the table and its partitions, where they can be read. A rebuild or a truncation gives new ones; a new name
    /// does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<BTreeMap<String, u64>>,
    /// Whether the table has rows, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<bool>,
    /// Next value of `AUTO_INCREMENT`, where the definition shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_value: Option<u64>,
}

/// Definitions up to this length are kept in the ledger.
const KEPT: usize = 8 * 1024;

impl Observation {
    /// From the text that was kept; `None` when it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As text to keep.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Looks at everything that `reading` names.
pub(crate) async fn observe(connection: &mut Connection, reading: &Reading) -> Result<Observation, DbError> {
    let mut seen = Vec::with_capacity(reading.subjects.len());
    for subject in &reading.subjects {
        let mut one = look(connection, subject).await?;
        one.what = subject.to_string();
        if let Subject::Table(name) = subject
            && one.present
        {
            if reading.wants_ids {
                one.ids = table_ids(connection, name).await?;
            }
            if reading.effect == Effect::Truncate {
                let some = connection.rows(&format!("SELECT 1 FROM {name} LIMIT 1")).await?;
                one.rows = Some(!some.is_empty());
            }
        }
        seen.push(one);
    }
    Ok(Observation { seen })
}

async fn look(connection: &mut Connection, subject: &Subject) -> Result<Seen, DbError> {
    // The column of the definition among those that SHOW CREATE returns.
    let (sql, column) = match subject {
        Subject::Table(name) => (format!("SHOW CREATE TABLE {name}"), 1),
        Subject::Trigger(name) => (format!("SHOW CREATE TRIGGER {name}"), 2),
        Subject::Procedure(name) => (format!("SHOW CREATE PROCEDURE {name}"), 2),
        Subject::Function(name) => return look_at_function(connection, name).await,
        Subject::Event(name) => (format!("SHOW CREATE EVENT {name}"), 3),
        Subject::Package(name) => (format!("SHOW CREATE PACKAGE {name}"), 2),
        Subject::PackageBody(name) => (format!("SHOW CREATE PACKAGE BODY {name}"), 2),
        Subject::Database(Some(name)) => (format!("SHOW CREATE DATABASE {}", quote(name)), 1),
        Subject::Database(None) => {
            let rows = connection.rows("SELECT DATABASE()").await?;
            let name = rows.into_iter().flatten().flatten().next().unwrap_or_default();
            (format!("SHOW CREATE DATABASE {}", quote(&name)), 1)
        }
        Subject::Account(account) => return look_at_account(connection, account.as_ref()).await,
        Subject::Variable(name) => (format!("SELECT 1, @@GLOBAL.{}", quote(name)), 1),
    };
    match connection.rows(&sql).await {
        Ok(rows) => {
            let definition = rows.into_iter().next().and_then(|row| row.into_iter().nth(column).flatten());
            Ok(present(definition.unwrap_or_default()))
        }
        Err(error) => match subject {
            Subject::Table(name) if error.kind == DbErrorKind::Permission => exists(connection, name).await,
            _ => absent(error),
        },
    }
}

/// Whether a table or view is there, for users who may not read its definition (a view without `SHOW VIEW`).
async fn exists(connection: &mut Connection, name: &Name) -> Result<Seen, DbError> {
    let database = name.database.as_deref().map_or_else(|| "DATABASE()".to_owned(), literal);
    let sql = format!(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {database} AND TABLE_NAME = {}",
        literal(&name.name)
    );
    let rows = connection.rows(&sql).await?;
    Ok(if rows.is_empty() { Seen::default() } else { present(String::new()) })
}

/// Stored functions, and loadable ones, which only the server's own tables show.
async fn look_at_function(connection: &mut Connection, name: &Name) -> Result<Seen, DbError> {
    match connection.rows(&format!("SHOW CREATE FUNCTION {name}")).await {
        Ok(rows) => {
            let definition = rows.into_iter().next().and_then(|row| row.into_iter().nth(2).flatten());
            Ok(present(definition.unwrap_or_default()))
        }
        Err(error) => {
            let absent = absent(error)?;
            if name.database.is_some() {
                return Ok(absent);
            }
            let sql = format!("SELECT dl FROM mysql.func WHERE name = {}", literal(&name.name));
            let library = connection.rows(&sql).await.unwrap_or_default();
            Ok(library.into_iter().flatten().flatten().next().map_or(absent, present))
        }
    }
}

async fn look_at_account(connection: &mut Connection, account: Option<&Account>) -> Result<Seen, DbError> {
    let name = account.map_or_else(|| "CURRENT_USER()".to_owned(), ToString::to_string);
    let mut lines = Vec::new();
    match connection.rows(&format!("SHOW GRANTS FOR {name}")).await {
        Ok(rows) => lines.extend(rows.into_iter().flatten().flatten()),
        // MariaDB: a name without a host may be a role or the user `name`@`%`; SHOW GRANTS takes both.
        Err(error) => return absent(error),
    }
    // Roles of MariaDB have none.
    if let Ok(rows) = connection.rows(&format!("SHOW CREATE USER {name}")).await {
        lines.extend(rows.into_iter().flatten().flatten());
    }
    lines.sort();
    // Never the definition itself: it holds password hashes.
    let mut seen = present(lines.join("\n"));
    seen.definition = None;
    Ok(seen)
}

/// Errors of SHOW that say "there is none": unknown table, database, routine, trigger, event, grant, account.
fn absent(error: DbError) -> Result<Seen, DbError> {
    const NONE: [&str; 10] = ["1146", "1049", "1305", "1360", "1539", "1141", "1133", "1396", "1269", "1193"];
    let is_none = error.code.as_deref().is_some_and(|code| NONE.contains(&code));
    // Where a feature is unknown to the server (packages on MySQL), the statement itself will say so.
    let is_unknown = error.kind == DbErrorKind::Statement && error.code.as_deref() == Some("1064");
    if error.kind != DbErrorKind::ConnectionLost && (is_none || is_unknown) {
        return Ok(Seen::default());
    }
    Err(error)
}

fn present(definition: String) -> Seen {
    let next_value = next_value(&definition);
    let definition = normalize(&definition);
    Seen {
        what: String::new(),
        present: true,
        digest: Sha256::digest(definition.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        definition: (definition.len() <= KEPT).then_some(definition),
        ids: None,
        rows: None,
        next_value,
    }
}

const NEXT_VALUE: &str = " AUTO_INCREMENT=";

/// The table option, which stands behind the closing parenthesis of the columns.
fn table_option(definition: &str) -> Option<(usize, usize)> {
    let options = definition.rfind("\n) ")?;
    let at = options + definition.get(options..)?.find(NEXT_VALUE)?;
    let digits = definition.get(at + NEXT_VALUE.len()..)?;
    let length = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    Some((at, at + NEXT_VALUE.len() + length))
}

fn next_value(definition: &str) -> Option<u64> {
    let (start, end) = table_option(definition)?;
    definition.get(start + NEXT_VALUE.len()..end)?.parse().ok()
}

/// Takes out what moves without anybody changing the definition.
fn normalize(definition: &str) -> String {
    match table_option(definition) {
        Some((start, end)) => {
            let (head, tail) = (definition.get(..start), definition.get(end..));
            format!("{}{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        None => definition.to_owned(),
    }
}

/// InnoDB's ids of a table and its partitions; `None` where they cannot be known: the privilege PROCESS is missing, the name
/// has letters outside ASCII, or the table has another engine.
async fn table_ids(
    connection: &mut Connection,
    name: &Name,
) -> Result<Option<BTreeMap<String, u64>>, DbError> {
    let database = match &name.database {
        Some(database) => database.clone(),
        None => {
            let rows = connection.rows("SELECT DATABASE()").await?;
            rows.into_iter().flatten().flatten().next().unwrap_or_default()
        }
    };
    let (Some(database), Some(table)) = (file_name(&database), file_name(&name.name)) else {
        return Ok(None);
    };
    let full = format!("{database}/{table}");
    let sql = format!(
        "SELECT NAME, TABLE_ID FROM {INNODB_TABLES} WHERE LOWER(NAME) = LOWER({name}) OR \
         LOWER(LEFT(NAME, {length})) = LOWER({prefix})",
        name = literal(&full),
        length = full.len() + 3,
        prefix = literal(&format!("{full}#p#")),
    );
    let rows = match connection.rows(&sql).await {
        Ok(rows) => rows,
        Err(error) if error.kind == DbErrorKind::Permission => return Ok(None),
        Err(error) => return Err(error),
    };
    let ids: BTreeMap<String, u64> = rows
        .into_iter()
        .filter_map(|row| match <[Option<String>; 2]>::try_from(row) {
            // Without the name itself: ids move with a table that gets a new name.
            Ok([Some(name), Some(id)]) => Some((name.get(full.len()..)?.to_owned(), id.parse().ok()?)),
            _ => None,
        })
        .collect();
    Ok((!ids.is_empty()).then_some(ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_value_of_a_counter_is_no_part_of_the_definition() {
        let table = |option: &str| {
            format!(
                "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=9',\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB{option} \
                 DEFAULT CHARSET=utf8mb4"
            )
        };
        assert_eq!(next_value(&table(" AUTO_INCREMENT=17")), Some(17));
        assert_eq!(next_value(&table("")), None);
        assert_eq!(normalize(&table(" AUTO_INCREMENT=17")), table(""));
        assert_eq!(normalize("CREATE VIEW x"), "CREATE VIEW x");
    }

    #[test]
    fn an_observation_survives_being_written_down() {
        let mut seen = present("CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB".to_owned());
        seen.what = "table `t`".to_owned();
        seen.ids = Some(BTreeMap::from([(String::new(), 7)]));
        let observation = Observation { seen: vec![seen, Seen::default()] };
        assert_eq!(Observation::parse(&observation.to_text()), Some(observation));
        assert_eq!(Observation::parse(""), None);
    }
}
