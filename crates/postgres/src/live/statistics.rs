use std::collections::BTreeMap;

use sluice_engine::{DbError, DbErrorKind, Query, RelationStatistics, Row, Statistics};
use sluice_sql::model::{NameClass, ObjectName};
use sluice_sql::{Dialect, ObjectKind};
use sluice_text::Span;

use super::catalog::{NAMESPACES, own};
use crate::request::cell;
use crate::session::PostgresSession;

/// A server keeps at most so many statements; more are not read.
const STATEMENTS: usize = 10_000;

/// Size and use of tables, partitions and materialized views: schema, name, rows, bytes, scans, rows written. A partitioned table
/// counts what its partitions have. The estimate of rows is that of the last `ANALYZE`, or of the statistics collector where
/// there was none.
fn relations() -> String {
    format!(
        "WITH RECURSIVE one AS (
           SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind,
             CASE WHEN c.relkind = 'p' THEN 0
                  ELSE coalesce(nullif(c.reltuples, -1)::bigint, st.n_live_tup) END AS tuples,
             CASE WHEN c.relkind = 'p' THEN 0 ELSE pg_total_relation_size(c.oid) END AS bytes,
             coalesce(st.seq_scan, 0) + coalesce(st.idx_scan, 0) AS reads,
             coalesce(st.n_tup_ins, 0) + coalesce(st.n_tup_upd, 0) + coalesce(st.n_tup_del, 0) AS writes
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           LEFT JOIN pg_stat_user_tables st ON st.relid = c.oid
           WHERE {NAMESPACES} AND c.relkind IN ('r', 'p', 'm') AND {}),
         part(whole, part) AS (
           SELECT oid, oid FROM one
           UNION SELECT p.whole, h.inhrelid FROM part p JOIN pg_inherits h ON h.inhparent = p.part
             JOIN pg_class c ON c.oid = h.inhrelid AND c.relispartition)
         SELECT w.schema, w.name, sum(o.tuples)::bigint::text, sum(o.bytes)::bigint::text, sum(o.reads)::bigint::text,
                sum(o.writes)::bigint::text
         FROM part p JOIN one w ON w.oid = p.whole JOIN one o ON o.oid = p.part
         GROUP BY w.schema, w.name ORDER BY w.schema COLLATE \"C\", w.name COLLATE \"C\"",
        own("pg_class", "c.oid")
    )
}

/// For how long the server has counted.
const COUNTED: &str = "SELECT extract(epoch FROM now() - coalesce(stats_reset, pg_postmaster_start_time()))::bigint::text, \
     current_setting('search_path') FROM pg_stat_database WHERE datname = current_database()";

/// Where `pg_stat_statements` is, if this user may read it.
const STATEMENTS_AT: &str = "\
SELECT format('%I.pg_stat_statements', n.nspname) FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname = 'pg_stat_statements' AND pg_has_role('pg_read_all_stats', 'USAGE')";

/// Reads size and use.
pub async fn read(session: &mut PostgresSession) -> Result<Statistics, DbError> {
    let counted = ask(session, COUNTED).await?;
    let counted_seconds = counted.first().and_then(|row| number(row, 0));
    let rows = ask(session, &relations()).await?;
    let relation = |row: &Row| {
        Ok(RelationStatistics {
            schema: cell(row, 0)?.to_owned(),
            name: cell(row, 1)?.to_owned(),
            rows: number(row, 2),
            bytes: number(row, 3),
            reads: number(row, 4),
            writes: number(row, 5),
            calls: None,
        })
    };
    let mut relations = rows.iter().map(relation).collect::<Result<Vec<_>, DbError>>()?;
    if let Some(calls) = calls(session).await? {
        for one in &mut relations {
            let found = calls.get(&(Some(one.schema.clone()), one.name.clone())).copied().unwrap_or(0);
            // Statements name a table of the search path without its schema.
            let bare = calls.get(&(None, one.name.clone())).copied().unwrap_or(0);
            one.calls = Some(found.saturating_add(bare));
        }
    }
    Ok(Statistics { counted_seconds, relations })
}

/// Calls of the statements that name a relation, by schema, where they write it, and name. None where nobody counts them, or
/// where this user may not know. The texts of the statements are looked at and forgotten.
async fn calls(
    session: &mut PostgresSession,
) -> Result<Option<BTreeMap<(Option<String>, String), u64>>, DbError> {
    let found = ask(session, STATEMENTS_AT).await?;
    let Some(view) = found.first().map(|row| cell(row, 0)).transpose()? else { return Ok(None) };
    let sql = format!(
        "SELECT query, calls::text FROM {view} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         ORDER BY calls DESC LIMIT {STATEMENTS}"
    );
    let rows = match ask(session, &sql).await {
        // The library is not loaded.
        Err(error) if matches!(error.kind, DbErrorKind::Statement | DbErrorKind::Permission) => {
            return Ok(None);
        }
        other => other?,
    };
    let mut calls = BTreeMap::new();
    for row in &rows {
        let (query, count) = (cell(row, 0)?, number(row, 1).unwrap_or(0));
        for name in named(query) {
            let sum: &mut u64 = calls.entry(name).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    Ok(Some(calls))
}

/// Relations that a statement names, each once.
fn named(query: &str) -> Vec<(Option<String>, String)> {
    let parsed = sluice_sql::parse(Dialect::Postgres, query, Span::new(0, query.len()));
    let mut names: Vec<(Option<String>, String)> = parsed
        .statement
        .targets()
        .iter()
        .filter(|target| target.kind == ObjectKind::Table)
        .map(|target| key(target.name))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn key(name: &ObjectName) -> (Option<String>, String) {
    let folded =
        |ident: &sluice_sql::model::Ident| ident.key(Dialect::Postgres, NameClass::Relation).into_owned();
    (name.schema().map(folded), folded(&name.name))
}

fn number(row: &Row, column: usize) -> Option<u64> {
    row.get(column)?.as_deref()?.parse().ok()
}

async fn ask(session: &mut PostgresSession, sql: &str) -> Result<Vec<Row>, DbError> {
    session.rows(&Query::new(sql, Vec::new())).await
}
