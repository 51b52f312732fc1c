//! Constraints and indexes.

use super::sql::{Ask, Asked, KIND_OF_TABLE, OURS, Question, free, tablespace};

/// Every other question about constraints and indexes.
pub fn questions() -> Vec<Asked> {
    vec![(&["domain"], domain_constraints()), (&["index partition"], index_partitions())]
}

/// Constraints of tables.
pub fn constraints(version: u32) -> Question {
    let enforced = if version >= 180_000 { "nullif(NOT o.conenforced, false)" } else { "NULL" };
    Ask {
        catalog: "pg_constraint",
        sub: "0",
        kind: "'constraint'",
        name: &["n.nspname", "c.relname", "o.conname"],
        parent: Some((KIND_OF_TABLE, &["n.nspname", "c.relname"])),
        ordinal: "CASE o.contype WHEN 'p' THEN 0 WHEN 'f' THEN 2 ELSE 1 END",
        payload: &[
            (
                "type",
                "CASE o.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check' \
                 WHEN 'f' THEN 'foreign key' ELSE 'exclusion' END",
            ),
            ("definition", "pg_get_constraintdef(o.oid)"),
            ("inherited", "nullif(NOT o.conislocal AND o.contype = 'c', false)"),
            ("not_valid", "nullif(NOT o.convalidated, false)"),
            ("not_enforced", enforced),
            ("clustered", "nullif(x.indisclustered, false)"),
            ("replica_identity", "nullif(x.indisreplident, false)"),
            ("tablespace", &tablespace("xc")),
        ],
        from: &format!(
            "FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_index x ON x.indexrelid = o.conindid AND o.contype IN ('p', 'u', 'x') \
             LEFT JOIN pg_class xc ON xc.oid = x.indexrelid \
             WHERE o.contype IN ('p', 'u', 'c', 'f', 'x') AND NOT (o.contype = 'f' AND o.conparentid <> 0) \
             AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}

fn domain_constraints() -> Question {
    Ask {
        catalog: "pg_constraint",
        sub: "0",
        kind: "'constraint'",
        name: &["n.nspname", "t.typname", "o.conname"],
        parent: Some(("'domain'", &["n.nspname", "t.typname"])),
        ordinal: "0",
        payload: &[
            ("type", "'check'"),
            ("definition", "pg_get_constraintdef(o.oid)"),
            ("not_valid", "nullif(NOT o.convalidated, false)"),
        ],
        from: &format!(
            "FROM pg_constraint o JOIN pg_type t ON t.oid = o.contypid JOIN pg_namespace n ON n.oid = t.typnamespace \
             WHERE o.contype = 'c' AND {OURS} AND {}",
            free("pg_type", "t")
        ),
    }
    .question()
}

/// How the server writes an index of a kind that nearly all are of: a B-tree on columns, in their collations, with operator classes
/// of PostgreSQL's own that are the defaults of the columns' types, and without a condition or options. `pg_get_indexdef` looks
/// through all operator classes for every column of every index, which is half of the time that reading a schema takes. The keys
/// are those of `plain_keys`; null where the index is another one.
fn plain_definition(version: u32) -> String {
    let distinct = if version >= 150_000 { "AND NOT x.indnullsnotdistinct" } else { "" };
    format!(
        "CASE WHEN k.keys IS NOT NULL AND x.indexprs IS NULL AND x.indpred IS NULL AND o.reloptions IS NULL {distinct} \
         THEN 'CREATE ' || CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(o.relname) || ' ON ' \
         || CASE WHEN o.relkind = 'I' THEN 'ONLY ' ELSE '' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname) \
         || ' USING btree (' || k.keys || ')' || coalesce(' INCLUDE (' || k.included || ')', '') END"
    )
}

/// `keys` and `included` columns of the index `x`, where it is a plain B-tree. A column of `varchar` has the operator class of `text` by
/// default, unless somebody has made another one that fits. Looked up index by index: without statistics of the catalog the server
/// takes all keys for one, and would walk through them for each index.
const PLAIN_KEYS: &str = "\
    SELECT string_agg(quote_ident(a.attname) || CASE x.indoption[g.at - 1] WHEN 1 THEN ' DESC NULLS LAST' \
    WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' ELSE '' END, ', ' ORDER BY g.at) FILTER (WHERE g.at <= x.indnkeyatts) AS keys, \
    string_agg(quote_ident(a.attname), ', ' ORDER BY g.at) FILTER (WHERE g.at > x.indnkeyatts) AS included \
    FROM generate_series(1, x.indnatts) g(at) JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[g.at - 1] \
    LEFT JOIN pg_opclass p ON p.oid = x.indclass[g.at - 1] \
    HAVING bool_and(g.at > x.indnkeyatts OR x.indcollation[g.at - 1] IN (0, a.attcollation) AND p.oid < 16384 AND p.opcmethod = 403 \
    AND p.opcdefault AND (p.opcintype = a.atttypid OR p.opcintype = 'text'::regtype AND a.atttypid = 'varchar'::regtype \
    AND NOT EXISTS (SELECT FROM pg_opclass v JOIN pg_type t ON t.oid = v.opcintype WHERE v.opcmethod = 403 AND v.opcdefault \
    AND v.oid >= 16384 AND (t.typispreferred OR t.oid = 'varchar'::regtype))))";

/// Indexes that are no constraint's.
pub fn indexes(version: u32) -> Question {
    let definition = format!("coalesce({}, pg_get_indexdef(o.oid))", plain_definition(version));
    Ask {
        catalog: "pg_class",
        sub: "0",
        kind: "'index'",
        name: &["n.nspname", "o.relname"],
        parent: Some((KIND_OF_TABLE, &["n.nspname", "c.relname"])),
        ordinal: "0",
        payload: &[
            ("definition", &definition),
            ("unique", "nullif(x.indisunique, false)"),
            ("invalid", "nullif(NOT x.indisvalid AND o.relkind = 'i', false)"),
            ("clustered", "nullif(x.indisclustered, false)"),
            ("replica_identity", "nullif(x.indisreplident, false)"),
            ("tablespace", &tablespace("o")),
            (
                "statistics",
                // Only expressions have statistics of their own.
                "CASE WHEN x.indexprs IS NOT NULL THEN (SELECT array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum) \
                 FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attstattarget >= 0) END",
            ),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_index x ON x.indexrelid = o.oid JOIN pg_class c ON c.oid = x.indrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN LATERAL ({PLAIN_KEYS}) k \
             ON x.indexprs IS NULL AND x.indpred IS NULL \
             WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_constraint r \
             WHERE r.conindid = o.oid AND r.contype IN ('p', 'u', 'x')) AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}

/// Indexes in partitioned ones. The parent is the constraint where the index is one's.
fn index_partitions() -> Question {
    Ask {
        catalog: "pg_inherits",
        sub: "0",
        kind: "'index_partition'",
        name: &["n.nspname", "o.relname"],
        parent: Some((
            "CASE WHEN k.oid IS NULL THEN 'index' ELSE 'constraint' END",
            &[
                "n.nspname",
                "CASE WHEN k.oid IS NULL THEN o.relname ELSE c.relname END",
                "k.conname",
            ],
        )),
        ordinal: "0",
        payload: &[
            ("of", "ARRAY[pn.nspname::text, p.relname::text]"),
            ("of_constraint", "CASE WHEN pk.oid IS NOT NULL THEN ARRAY[pn.nspname::text, pc.relname::text, pk.conname::text] END"),
            ("table", "ARRAY[n.nspname::text, c.relname::text]"),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_index x ON x.indexrelid = o.oid JOIN pg_class c ON c.oid = x.indrelid \
             JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_inherits i ON i.inhrelid = o.oid \
             JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace \
             JOIN pg_index px ON px.indexrelid = p.oid JOIN pg_class pc ON pc.oid = px.indrelid \
             LEFT JOIN pg_constraint k ON k.conindid = o.oid AND k.contype IN ('p', 'u', 'x') \
             LEFT JOIN pg_constraint pk ON pk.conindid = p.oid AND pk.contype IN ('p', 'u', 'x') \
             WHERE o.relkind IN ('i', 'I') AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}
