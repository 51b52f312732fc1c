//! The schema as facts. The catalog lists what is there in one go; what each thing is, `SHOW CREATE` tells, many at a time: only its
//! text has everything, and it is cheaper than the catalog's tables, for which the server opens the same files.

mod column;
mod key;
mod program;
mod table;

use std::borrow::Cow;

use sluice_engine::{DbError, DbErrorKind, Row};
use sluice_facts::{Builder, Snapshot, Value};
use sluice_sql::Dialect;

use crate::connection::Connection;
use crate::ledger::NOT_OURS;
use crate::name::{literal, quote};
use table::Collations;

/// Names of a payload with their values.
type Attributes = Vec<(Cow<'static, str>, Value)>;

fn attribute(name: &'static str, value: impl Into<Value>) -> (Cow<'static, str>, Value) {
    (Cow::Borrowed(name), value.into())
}

fn flag(name: &'static str) -> (Cow<'static, str>, Value) {
    attribute(name, true)
}

/// So many definitions are asked for at a time.
const BATCH: usize = 200;

/// Something whose definition is asked for.
#[derive(Debug)]
struct Listed {
    /// As `SHOW CREATE` names its kind.
    kind: String,
    name: String,
    /// `SQL_MODE` under which it was made, where that is kept.
    mode: String,
    /// The table of a trigger.
    table: String,
    /// The trigger that fires just before it.
    after: String,
}

/// Which server and whose session.
pub(crate) struct Reading<'a> {
    pub dialect: Dialect,
    pub product: &'a str,
    pub database: &'a str,
}

/// Reads the facts.
pub(crate) async fn snapshot(
    connection: &mut Connection,
    reading: &Reading<'_>,
) -> Result<Snapshot, DbError> {
    // Definitions are written as every session can read them, whatever this one is set to.
    let before = connection.rows("SELECT @@SESSION.sql_quote_show_create, @@SESSION.sql_mode").await?;
    connection.run("SET SESSION sql_quote_show_create = 1, SESSION sql_mode = ''").await?;
    let snapshot = read(connection, reading).await;
    if let Some(row) = before.first() {
        let (quoting, mode) = (text(row, 0), literal(&text(row, 1)));
        let restore = format!("SET SESSION sql_quote_show_create = {quoting}, SESSION sql_mode = {mode}");
        connection.run(&restore).await?;
    }
    snapshot
}

async fn read(connection: &mut Connection, reading: &Reading<'_>) -> Result<Snapshot, DbError> {
    let mut answers = connection.answers(&questions()).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (users, charsets, tables) = (next(), next(), next());
    let (triggers, routines, events) = (next(), next(), next());
    let collations: Collations = charsets.iter().map(|row| (text(row, 0), text(row, 1))).collect();
    let context = program::Context {
        user: users.first().map(|row| text(row, 0)).unwrap_or_default(),
        database: reading.database,
    };
    let mut listed: Vec<Listed> = tables.iter().map(listed_table).collect();
    listed.extend(triggers.iter().enumerate().map(|(at, row)| {
        let before = at.checked_sub(1).and_then(|before| triggers.get(before));
        let fires_before = |other: &&Row| other.get(2..) == row.get(2..);
        let after = before.filter(fires_before).map(|before| text(before, 0)).unwrap_or_default();
        Listed { after, ..listed_program(row, "TRIGGER") }
    }));
    listed.extend(routines.iter().map(|row| listed_program(row, &text(row, 3))));
    let mut builder = Builder::default();
    for batch in listed.chunks(BATCH) {
        for (object, shown) in batch.iter().zip(definitions(connection, batch).await?) {
            match shown {
                Shown::Row(row) => add(&mut builder, object, &row, reading, &context, &collations),
                Shown::Gone => {}
                Shown::Hidden => {
                    builder.unmodelled(format!("{} {}", object.kind.to_lowercase(), object.name));
                }
            }
        }
    }
    events.iter().for_each(|row| program::add_event(&mut builder, row, &context));
    Ok(builder.finish(reading.dialect.name(), reading.product))
}

/// What is there, in one go.
fn questions() -> String {
    let here = "= DATABASE()";
    [
        "SELECT CURRENT_USER()".to_owned(),
        "SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS".to_owned(),
        format!(
            "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA {here} \
             AND TABLE_NAME {NOT_OURS} AND TABLE_TYPE <> 'TEMPORARY'"
        ),
        format!(
            "SELECT TRIGGER_NAME, SQL_MODE, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION FROM information_schema.TRIGGERS \
             WHERE TRIGGER_SCHEMA {here} AND EVENT_OBJECT_TABLE {NOT_OURS} \
             ORDER BY BINARY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER"
        ),
        format!(
            "SELECT ROUTINE_NAME, SQL_MODE, '', ROUTINE_TYPE FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA {here}"
        ),
        // When an event starts is part of it where somebody has said it; otherwise it is the moment at which it was made or altered.
        format!(
            "SELECT EVENT_NAME, DEFINER, EVENT_DEFINITION, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, \
             CASE WHEN STARTS BETWEEN CREATED AND LAST_ALTERED OR \
             CONVERT_TZ(STARTS, TIME_ZONE, @@session.time_zone) BETWEEN CREATED AND LAST_ALTERED \
             THEN NULL ELSE STARTS END, ENDS, ON_COMPLETION, STATUS, EVENT_COMMENT, SQL_MODE \
             FROM information_schema.EVENTS WHERE EVENT_SCHEMA {here}"
        ),
    ]
    .join(";\n")
}

fn listed_table(row: &Row) -> Listed {
    let kind = match text(row, 1).as_str() {
        "VIEW" => "VIEW",
        "SEQUENCE" => "SEQUENCE",
        _ => "TABLE",
    };
    Listed {
        kind: kind.to_owned(),
        name: text(row, 0),
        mode: String::new(),
        table: String::new(),
        after: String::new(),
    }
}

fn listed_program(row: &Row, kind: &str) -> Listed {
    Listed {
        kind: kind.to_owned(),
        name: text(row, 0),
        mode: text(row, 1),
        table: text(row, 2),
        after: String::new(),
    }
}

/// What became of the question for a definition.
enum Shown {
    Row(Row),
    /// Dropped since it was listed.
    Gone,
    /// The user may not see it.
    Hidden,
}

/// The definitions of a batch, in one go; one by one where one of them cannot be had.
async fn definitions(connection: &mut Connection, batch: &[Listed]) -> Result<Vec<Shown>, DbError> {
    let question = |object: &Listed| format!("SHOW CREATE {} {}", object.kind, quote(&object.name));
    let all: Vec<String> = batch.iter().map(question).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let answers = match connection.answers(&all.join(";\n")).await {
        Ok(answers) if answers.len() == batch.len() => answers,
        Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
        _ => {
            let mut shown = Vec::with_capacity(batch.len());
            for question in &all {
                shown.push(match connection.rows(question).await {
                    Ok(rows) => first(rows),
                    Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error),
                    Err(error) if error.kind == DbErrorKind::UndefinedTable => Shown::Gone,
                    Err(_) => Shown::Hidden,
                });
            }
            return Ok(shown);
        }
    };
    Ok(answers.into_iter().map(first).collect())
}

fn first(rows: Vec<Row>) -> Shown {
    rows.into_iter().next().map_or(Shown::Gone, Shown::Row)
}

fn add(
    builder: &mut Builder,
    object: &Listed,
    row: &Row,
    reading: &Reading<'_>,
    context: &program::Context<'_>,
    collations: &Collations,
) {
    let name = object.name.as_str();
    let added = match object.kind.as_str() {
        "TABLE" => {
            table::add(builder, name, &text(row, 1), reading.database, collations);
            true
        }
        "VIEW" => program::add_view(builder, name, &text(row, 1), context),
        "SEQUENCE" => program::add_sequence(builder, name, &text(row, 1)),
        // Name, mode, text.
        "TRIGGER" => program::add_trigger(builder, object, &text(row, 2), context),
        "FUNCTION" | "PROCEDURE" => program::add_routine(builder, object, &text(row, 2), context),
        _ => false,
    };
    if !added {
        builder.unmodelled(format!("{} {name}", object.kind.to_lowercase()));
    }
}

fn text(row: &Row, column: usize) -> String {
    row.get(column).cloned().flatten().unwrap_or_default()
}
