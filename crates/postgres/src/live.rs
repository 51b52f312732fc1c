//! The schema as statements, and sizes and use of relations, as the catalog tells them: a few set-based questions however many
//! objects there are, all in one read-only transaction. Nothing but the right to connect is needed for the schema.

mod catalog;
mod objects;
mod statistics;

use sluice_engine::{DbError, LiveSchema, Query, Row};

pub use statistics::read as statistics;

use crate::request::cell;
use crate::session::PostgresSession;

/// The answers see one moment, and names that somebody else has made cannot stand for those of the system. The search path of
/// before is kept for `sluice.path`, where the questions about types find it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const PATH: &str = "SELECT set_config('sluice.path', current_schemas(false)::text, true), \
     array_to_string(ARRAY(SELECT quote_ident(s) FROM unnest(current_schemas(false)) s), ', '), \
     set_config('search_path', '', true)";

/// Reads the schema.
pub async fn schema(session: &mut PostgresSession) -> Result<LiveSchema, DbError> {
    ask(session, BEGIN).await?;
    let read = read(session).await;
    // The transaction has written nothing; where the connection is gone, it is gone, too.
    let ended = ask(session, "ROLLBACK").await;
    let schema = read?;
    ended?;
    Ok(schema)
}

async fn read(session: &mut PostgresSession) -> Result<LiveSchema, DbError> {
    let path = ask(session, PATH).await?;
    let path = path.first().map(|row| cell(row, 1)).transpose()?.unwrap_or_default().to_owned();
    let mut statements = Vec::new();
    // What a later statement names is made by an earlier one.
    for sql in [
        objects::schemas(),
        objects::extensions(),
        objects::types(),
        objects::domains(),
        objects::sequences(),
        objects::routines(),
        catalog::tables(),
        objects::sequence_owners(),
        objects::views(),
        catalog::constraints(),
        catalog::indexes(),
        catalog::parents(),
        catalog::incomplete_indexes(),
        objects::of_tables(),
        objects::comments(),
    ] {
        let rows = ask(session, &sql).await?;
        statements.extend(rows.iter().map(statement).collect::<Result<Vec<_>, _>>()?);
    }
    if !matches!(path.as_str(), "" | "public") {
        statements.push(format!("SET search_path = {path}"));
    }
    let rows = ask(session, &catalog::invalid_indexes()).await?;
    let pair = |row: &Row| Ok((cell(row, 0)?.to_owned(), cell(row, 1)?.to_owned()));
    let invalid_indexes = rows.iter().map(pair).collect::<Result<Vec<_>, DbError>>()?;
    Ok(LiveSchema { statements, invalid_indexes, complete: true })
}

fn statement(row: &Row) -> Result<String, DbError> {
    cell(row, 0).map(|text| text.trim_end().trim_end_matches(';').to_owned())
}

async fn ask(session: &mut PostgresSession, sql: &str) -> Result<Vec<Row>, DbError> {
    session.rows(&Query::new(sql, Vec::new())).await
}
