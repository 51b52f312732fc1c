//! Deciding from the catalog whether a statement that could not run in a transaction has taken effect.
//!
//! [`observe`] writes down what is there before; [`judge`] compares. The text between them is lines of
//! space-separated words, kept with the intent in the ledger.

use sluice_engine::{DbError, DbErrorKind, Query, Row, Statement, Value, Verdict};
use sluice_sql::{Kind, Mode};

use crate::catalog;
use crate::session::PostgresSession;
use crate::shape::{Named, ReindexScope, Shape, quote};

/// An index as the catalog shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Index {
    oid: String,
    name: String,
    valid: bool,
    qualified: String,
    file: String,
}

impl Index {
    fn read(row: &Row) -> Self {
        let cell = |column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        Self { oid: cell(0), name: cell(1), valid: cell(2) == "true", qualified: cell(3), file: cell(4) }
    }

    fn drop_statement(&self) -> String {
        format!("DROP INDEX CONCURRENTLY IF EXISTS {}", self.qualified)
    }
}

/// What is there before the statement runs.
pub async fn observe(session: &mut PostgresSession, statement: &Statement<'_>) -> Result<String, DbError> {
    Ok(match Shape::of(&statement.sql) {
        Shape::CreateIndex { table, .. } => {
            let oid = table_oid(session, &table).await?.unwrap_or_default();
            remember(&format!("table {oid}"), &indexes(session, &ReindexScope::Table(table)).await?)
        }
        Shape::Reindex { scope } => remember("reindex", &indexes(session, &scope).await?),
        Shape::DropIndex { index } => {
            match session.rows(&named(catalog::INDEX, &quote(&index))).await?.first() {
                Some(row) => format!("index {}", row.first().cloned().flatten().unwrap_or_default()),
                None => "absent".to_owned(),
            }
        }
        Shape::Detach { parent, partition } => {
            let found = partition_state(session, &parent, &partition).await?;
            format!("partition {}", found.state.unwrap_or_else(|| "absent".to_owned()))
        }
        Shape::CreateNamed(kind, name) | Shape::DropNamed(kind, name) => {
            let found = session.rows(&named(kind.question(), &name)).await?;
            if found.is_empty() { "absent".to_owned() } else { "present".to_owned() }
        }
        Shape::AlterSystem(name) => match auto_setting(session, &name).await? {
            Some(value) => format!("setting {value}"),
            None => "setting".to_owned(),
        },
        Shape::Harmless | Shape::Unknown => String::new(),
    })
}

/// Whether the statement has taken effect.
pub async fn judge(
    session: &mut PostgresSession,
    statement: &Statement<'_>,
    before: &str,
) -> Result<Verdict, DbError> {
    match Shape::of(&statement.sql) {
        Shape::CreateIndex { name, table, if_not_exists } => {
            let after = indexes(session, &ReindexScope::Table(table.clone())).await?;
            let known = recall(before);
            match name {
                Some(name) => Ok(named_index(&name, &table, if_not_exists, &after, known.as_deref())),
                None => Ok(unnamed_index(&table, &after, known.as_deref())),
            }
        }
        Shape::DropIndex { index } => drop_index(session, &index, before).await,
        Shape::Reindex { scope } => {
            let after = indexes(session, &scope).await?;
            Ok(reindexed(&after, recall(before).as_deref()))
        }
        Shape::Detach { parent, partition } => detached(session, &parent, &partition, before).await,
        Shape::CreateNamed(kind, name) => {
            let found = session.rows(&named(kind.question(), &name)).await?;
            Ok(created(kind, &name, !found.is_empty(), before))
        }
        Shape::DropNamed(kind, name) => {
            let found = session.rows(&named(kind.question(), &name)).await?;
            Ok(dropped(kind, &name, found.first(), before))
        }
        Shape::AlterSystem(name) => {
            let now = auto_setting(session, &name).await?;
            Ok(system_altered(&name, now, before))
        }
        Shape::Harmless => Ok(harmless()),
        Shape::Unknown if statement.facts.kind == Kind::Maintenance || statement.facts.mode == Mode::Session => {
            Ok(harmless())
        }
        Shape::Unknown => Ok(Verdict::Unknown {
            evidence: "the catalog does not show what this statement did: look at its effects, then say so with `sluice repair`"
                .to_owned(),
        }),
    }
}

fn named(sql: &str, name: &str) -> Query {
    Query::new(sql, vec![Value::Text(name.to_owned())])
}

async fn indexes(session: &mut PostgresSession, scope: &ReindexScope) -> Result<Vec<Index>, DbError> {
    let query = match scope {
        ReindexScope::Table(table) => named(catalog::INDEXES_OF_TABLE, &quote(table)),
        ReindexScope::Index(index) => named(catalog::INDEX_AND_REMAINS, &quote(index)),
        ReindexScope::Schema(schema) => named(catalog::INDEXES_OF_SCHEMA, schema),
        ReindexScope::Database => Query::new(catalog::INDEXES_OF_DATABASE, Vec::new()),
    };
    Ok(session.rows(&query).await?.iter().map(Index::read).collect())
}

async fn table_oid(session: &mut PostgresSession, table: &[String]) -> Result<Option<String>, DbError> {
    let rows = session.rows(&named("SELECT to_regclass(?)::oid::text", &quote(table))).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
}

/// Oid, validity and file of each index; names are looked up again when they are needed.
fn remember(head: &str, indexes: &[Index]) -> String {
    let mut text = head.to_owned();
    for index in indexes {
        text.push_str(&format!(
            "\n{} {} {}",
            index.oid,
            if index.valid { "valid" } else { "invalid" },
            index.file
        ));
    }
    text
}

/// What [`remember`] wrote: oid, valid, file. `None` where nothing was observed.
fn recall(before: &str) -> Option<Vec<(String, bool, String)>> {
    if before.is_empty() {
        return None;
    }
    let line = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()? == "valid", words.next()?))
    };
    Some(before.lines().skip(1).filter_map(line).collect())
}

type Known<'a> = Option<&'a [(String, bool, String)]>;

fn is_known(known: Known<'_>, index: &Index) -> bool {
    known.is_some_and(|known| known.iter().any(|(oid, ..)| *oid == index.oid))
}

fn named_index(
    name: &str,
    table: &[String],
    if_not_exists: bool,
    after: &[Index],
    known: Known<'_>,
) -> Verdict {
    let table = quote(table);
    // The server cuts names to 63 bytes.
    match after.iter().find(|index| index.name == sluice_text::cut(name, 63)) {
        None => Verdict::NotApplied { evidence: format!("there is no index {name} on {table}") },
        Some(index) if !index.valid => Verdict::Partial {
            evidence: format!(
                "index {} on {table} is there and invalid: its build was interrupted",
                index.qualified
            ),
            clean_up: vec![index.drop_statement()],
            older: is_known(known, index),
        },
        Some(index) if is_known(known, index) && !if_not_exists => Verdict::NotApplied {
            evidence: format!(
                "index {} was there before the statement, which did not make it",
                index.qualified
            ),
        },
        Some(index) => {
            Verdict::Applied { evidence: format!("index {} on {table} is there and valid", index.qualified) }
        }
    }
}

fn unnamed_index(table: &[String], after: &[Index], known: Known<'_>) -> Verdict {
    let table = quote(table);
    if known.is_none() {
        return Verdict::Unknown {
            evidence: format!(
                "the index has no name and the indexes of {table} were not written down before"
            ),
        };
    }
    let new: Vec<&Index> = after.iter().filter(|index| !is_known(known, index)).collect();
    let invalid: Vec<&&Index> = new.iter().filter(|index| !index.valid).collect();
    let names = |indexes: &[&Index]| {
        indexes.iter().map(|index| index.qualified.as_str()).collect::<Vec<_>>().join(", ")
    };
    if !invalid.is_empty() {
        return Verdict::Partial {
            evidence: format!(
                "{table} has an invalid index that was not there before: its build was interrupted"
            ),
            clean_up: invalid.iter().map(|index| index.drop_statement()).collect(),
            older: false,
        };
    }
    match new.as_slice() {
        [] => Verdict::NotApplied { evidence: format!("{table} has the same indexes as before") },
        [index] => {
            Verdict::Applied { evidence: format!("index {} on {table} is new and valid", index.qualified) }
        }
        several => Verdict::Unknown {
            evidence: format!(
                "{table} has several new indexes ({}): which one is ours does not show",
                names(several)
            ),
        },
    }
}

async fn drop_index(
    session: &mut PostgresSession,
    index: &[String],
    before: &str,
) -> Result<Verdict, DbError> {
    let name = quote(index);
    let found = session.rows(&named(catalog::INDEX, &name)).await?;
    let Some(row) = found.first() else {
        return Ok(match before {
            "absent" => {
                Verdict::NotApplied { evidence: format!("there was no index {name} before the statement") }
            }
            _ => Verdict::Applied { evidence: format!("there is no index {name} any more") },
        });
    };
    let cell = |column: usize| row.get(column).and_then(Option::as_deref).unwrap_or_default();
    if before.strip_prefix("index ").is_some_and(|oid| oid != cell(0)) {
        return Ok(Verdict::Applied {
            evidence: format!("the index that was called {name} is gone; another one has its name"),
        });
    }
    let evidence = match cell(1) {
        "true" => format!("index {name} is there and valid"),
        _ => format!("index {name} is there and invalid: its removal was interrupted and can be run again"),
    };
    Ok(Verdict::NotApplied { evidence })
}

fn reindexed(after: &[Index], known: Known<'_>) -> Verdict {
    let remains: Vec<&Index> = after
        .iter()
        .filter(|index| !index.valid && is_remains(&index.name) && !is_known(known, index))
        .collect();
    if !remains.is_empty() {
        return Verdict::Partial {
            evidence: "the rebuild was interrupted and left invalid indexes".to_owned(),
            clean_up: remains.iter().map(|index| index.drop_statement()).collect(),
            older: false,
        };
    }
    let Some(known) = known else { return harmless() };
    // A concurrent rebuild makes a new index and gives it the old one's name.
    let untouched = after.iter().filter(|index| known.iter().any(|(_, _, file)| *file == index.file)).count();
    match untouched {
        0 if !known.is_empty() => Verdict::Applied { evidence: "every index has a new file".to_owned() },
        0 => Verdict::NotApplied { evidence: "there was no index to rebuild".to_owned() },
        _ => Verdict::NotApplied {
            evidence: format!(
                "{untouched} of {} indexes still have their old file; rebuilding again does no harm",
                known.len()
            ),
        },
    }
}

/// `REINDEX CONCURRENTLY` calls its new and old copies `_ccnew` and `_ccold`, with a number where the name is taken.
fn is_remains(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.ends_with("_ccnew") || stem.ends_with("_ccold")
}

struct PartitionState {
    parent: String,
    partition: String,
    state: Option<String>,
}

async fn partition_state(
    session: &mut PostgresSession,
    parent: &[String],
    partition: &[String],
) -> Result<PartitionState, DbError> {
    let (parent, partition) = (quote(parent), quote(partition));
    let names = [&parent, &partition, &parent, &partition];
    let parameters = names.into_iter().map(|name| Value::Text(name.clone())).collect();
    let rows = session.rows(&Query::new(catalog::PARTITION, parameters)).await?;
    let mut row = rows.into_iter().next().unwrap_or_default().into_iter();
    let mut next = || row.next().flatten();
    Ok(PartitionState {
        parent: next().unwrap_or(parent),
        partition: next().unwrap_or(partition),
        state: next(),
    })
}

async fn detached(
    session: &mut PostgresSession,
    parent: &[String],
    partition: &[String],
    before: &str,
) -> Result<Verdict, DbError> {
    let PartitionState { parent, partition, state } = partition_state(session, parent, partition).await?;
    Ok(match state.as_deref() {
        Some("pending") => Verdict::Partial {
            evidence: format!("detaching {partition} from {parent} has begun and was interrupted"),
            clean_up: vec![format!("ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE")],
            older: before == "partition pending",
        },
        Some(_) => Verdict::NotApplied { evidence: format!("{partition} is a partition of {parent}") },
        None if before == "partition absent" => {
            Verdict::NotApplied { evidence: format!("{partition} was no partition of {parent} before") }
        }
        None => Verdict::Applied { evidence: format!("{partition} is no partition of {parent} any more") },
    })
}

impl Named {
    fn question(self) -> &'static str {
        match self {
            Self::Database => catalog::DATABASE,
            Self::Tablespace => catalog::TABLESPACE,
            Self::Subscription => catalog::SUBSCRIPTION,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Tablespace => "tablespace",
            Self::Subscription => "subscription",
        }
    }
}

fn created(kind: Named, name: &str, there: bool, before: &str) -> Verdict {
    let word = kind.word();
    match (there, before) {
        (false, _) => Verdict::NotApplied { evidence: format!("there is no {word} {name}") },
        (true, "absent") => {
            Verdict::Applied { evidence: format!("{word} {name} is there and was not before") }
        }
        (true, "present") => Verdict::NotApplied {
            evidence: format!("{word} {name} was there before the statement, which did not make it"),
        },
        (true, _) => Verdict::Unknown {
            evidence: format!("{word} {name} is there; whether it was before is not known"),
        },
    }
}

fn dropped(kind: Named, name: &str, found: Option<&Row>, before: &str) -> Verdict {
    let word = kind.word();
    match found {
        None if before == "absent" => {
            Verdict::NotApplied { evidence: format!("there was no {word} {name} before the statement") }
        }
        None => Verdict::Applied { evidence: format!("there is no {word} {name} any more") },
        Some(row)
            if kind == Named::Database && row.get(1).is_some_and(|limit| limit.as_deref() == Some("-2")) =>
        {
            Verdict::NotApplied {
                evidence: format!(
                    "database {name} is marked as half removed; dropping it again finishes the work"
                ),
            }
        }
        Some(_) => Verdict::NotApplied { evidence: format!("{word} {name} is there") },
    }
}

/// `None` where the setting is absent, or the role may not read the file.
async fn auto_setting(session: &mut PostgresSession, name: &str) -> Result<Option<String>, DbError> {
    match session.rows(&named(catalog::AUTO_SETTING, name)).await {
        Ok(rows) => Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())),
        Err(error) if error.kind == DbErrorKind::Permission => Ok(None),
        Err(error) => Err(error),
    }
}

fn system_altered(name: &str, now: Option<String>, before: &str) -> Verdict {
    let now = now.map_or_else(|| "setting".to_owned(), |value| format!("setting {value}"));
    if now == before || before.is_empty() {
        Verdict::NotApplied {
            evidence: format!(
                "postgresql.auto.conf says the same of {name} as before; setting it again does no harm"
            ),
        }
    } else {
        Verdict::Applied { evidence: format!("postgresql.auto.conf says something new of {name}") }
    }
}

fn harmless() -> Verdict {
    Verdict::NotApplied {
        evidence: "the catalog does not show whether it has run, and running it again does no harm"
            .to_owned(),
    }
}
