//! How rows are kept: every value as its own text, so that no type of the user's is in use by what is kept, and nothing is lost.

use sluice_engine::Query;
use sluice_engine::backup::{Column, Relation, Rows};

/// Rows of PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostgresRows;

/// Dates and times are written as no setting of the session can change.
const TIMES: &str = "D";

impl Rows for PostgresRows {
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn describe(&self, schema: Option<&str>, table: &str) -> Query {
        let name = schema.iter().map(|schema| self.quote(schema)).chain([self.quote(table)]);
        let name = name.collect::<Vec<_>>().join(".");
        let sql = "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), \
             (SELECT k.place FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) WHERE i.indrelid = c.oid \
             AND i.indisprimary AND k.attnum = a.attnum)::text, (a.attgenerated <> '')::int::text, t.typcategory::text, \
             CASE WHEN c.relkind NOT IN ('r', 'p') THEN 'it is no table of its own' \
             WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid) THEN 'others inherit from it' END \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
             JOIN pg_type t ON t.oid = a.atttypid WHERE c.oid = to_regclass(?::text) AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attnum";
        Query::new(sql, vec![name.into()])
    }

    fn followers(&self, relation: &Relation) -> Query {
        let sql = "SELECT r.conrelid::regclass::text, (r.confdeltype IN ('c', 'n', 'd'))::int::text, \
             (r.confupdtype IN ('c', 'n', 'd'))::int::text, a.attname FROM pg_constraint r \
             JOIN pg_attribute a ON a.attrelid = r.confrelid AND a.attnum = ANY (r.confkey) \
             WHERE r.contype = 'f' AND r.confrelid = to_regclass(?::text)";
        Query::new(sql, vec![relation.sql.as_str().into()])
    }

    /// Readers are not kept waiting.
    fn locks(&self, relation: &Relation, reads: &[String]) -> Vec<String> {
        let mut locks = vec![format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", relation.sql)];
        if !reads.is_empty() {
            locks.push(format!("LOCK TABLE {} IN SHARE MODE", reads.join(", ")));
        }
        locks
    }

    fn create(&self, table: &str, relation: &Relation) -> String {
        let columns = relation.columns.iter().map(|column| format!(", {} text", column.sql));
        format!("CREATE TABLE {table} (sluice_image text NOT NULL{})", columns.collect::<String>())
    }

    fn image(&self, column: &Column, row: &str) -> String {
        match column.class.as_str() {
            TIMES => format!("(to_json({row}) #>> '{{}}')"),
            _ => format!("{row}::text"),
        }
    }

    fn value(&self, column: &Column, image: &str) -> String {
        format!("{image}::{}", column.data_type)
    }

    fn is_same(&self, column: &Column, row: &str, image: &str) -> String {
        match column.class.as_str() {
            TIMES | "T" => format!("{row} IS NOT DISTINCT FROM {image}::{}", column.data_type),
            _ => format!("{row}::text IS NOT DISTINCT FROM {image}"),
        }
    }

    fn are_same(&self, _column: &Column, one: &str, other: &str) -> String {
        format!("{one} IS NOT DISTINCT FROM {other}")
    }

    fn shown(&self, image: &str) -> String {
        image.to_owned()
    }

    fn overriding(&self) -> &'static str {
        " OVERRIDING SYSTEM VALUE"
    }

    fn ago(&self, seconds: u64) -> String {
        format!("clock_timestamp() - interval '{seconds} seconds'")
    }
}
