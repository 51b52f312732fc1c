//! Columns with their defaults.

use super::sql::{Ask, KIND_OF_TABLE, OURS, Question, collation, free};

/// Attributes of a sequence that are not at their defaults, from `pg_sequence` as `q`.
pub fn sequence_attributes() -> Vec<(&'static str, String)> {
    let top = "(CASE q.seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 \
         ELSE 9223372036854775807 END)";
    let bottom = "(CASE q.seqtypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648 \
         ELSE '-9223372036854775808'::int8 END)";
    vec![
        ("increment", "nullif(q.seqincrement, 1)".to_owned()),
        ("minimum", format!("nullif(q.seqmin, CASE WHEN q.seqincrement > 0 THEN 1 ELSE {bottom} END)")),
        ("maximum", format!("nullif(q.seqmax, CASE WHEN q.seqincrement > 0 THEN {top} ELSE -1 END)")),
        (
            "start",
            "nullif(q.seqstart, CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END)".to_owned(),
        ),
        ("cache", "nullif(q.seqcache, 1)".to_owned()),
        ("cycle", "nullif(q.seqcycle, false)".to_owned()),
    ]
}

/// Columns of tables. After the attributes come what the answer makes defaults and aliases of: the address of the default or generating
/// expression in `pg_attrdef`, the default, and the address of the sequence behind an identity column. No default names a column, so
/// that it is read without its table: opening every table costs more than all the rest. The server underestimates how many columns there
/// are; `OFFSET` keeps it from looking up the default and the sequence of each.
pub fn columns(version: u32) -> Question {
    let mut payload: Vec<(&'static str, String)> = [
        ("type", "format_type(o.atttypid, o.atttypmod)"),
        ("collation", &collation("o.attcollation", "t.typcollation")),
        ("identity", "CASE o.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END"),
        ("generated", "CASE o.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END"),
        ("expression", "CASE WHEN o.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END"),
        (
            "storage",
            "CASE WHEN o.attstorage <> t.typstorage THEN CASE o.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' \
             WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END",
        ),
        ("compression", "CASE o.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END"),
        ("statistics", "nullif(o.attstattarget, -1)"),
        ("options", "o.attoptions"),
        ("foreign_options", "o.attfdwoptions"),
        ("inherited", "nullif(NOT o.attislocal, false)"),
        ("merged", "nullif(o.attislocal AND o.attinhcount > 0, false)"),
        // A column of a primary key is not null by it.
        ("not_null", "nullif(o.attnotnull, false)"),
        (
            "sequence",
            "CASE WHEN q.seqname <> left(c.relname || '_' || o.attname, 59) || '_seq' THEN q.seqname END",
        ),
    ]
    .map(|(name, expression)| (name, expression.to_owned()))
    .to_vec();
    let mut lateral = String::new();
    if version >= 180_000 {
        payload.extend(
            [
                ("not_null_name", "CASE WHEN k.conname <> left(c.relname || '_' || o.attname, 54) || '_not_null' THEN k.conname END"),
                ("not_null_no_inherit", "nullif(k.connoinherit, false)"),
                ("not_null_not_valid", "nullif(NOT k.convalidated, false)"),
            ]
            .map(|(name, expression)| (name, expression.to_owned())),
        );
        lateral.push_str(
            "LEFT JOIN pg_constraint k ON k.conrelid = o.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[o.attnum] ",
        );
    }
    payload.extend(sequence_attributes());
    let payload: Vec<(&'static str, &str)> =
        payload.iter().map(|(name, expression)| (*name, expression.as_str())).collect();
    Ask {
        catalog: "pg_class",
        sub: "o.attnum",
        kind: "'column'",
        name: &["n.nspname", "c.relname", "o.attname"],
        parent: Some((KIND_OF_TABLE, &["n.nspname", "c.relname"])),
        ordinal: "o.attnum",
        payload: &payload,
        from: &format!(
            "FROM (SELECT attrelid AS oid, * FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) o \
             JOIN pg_class c ON c.oid = o.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_type t ON t.oid = o.atttypid \
             LEFT JOIN (SELECT oid, adrelid, adnum, adbin FROM pg_attrdef OFFSET 0) d ON d.adrelid = o.attrelid AND d.adnum = o.attnum \
             {lateral}\
             LEFT JOIN (SELECT s.*, sc.relname AS seqname, i.refobjid, i.refobjsubid FROM pg_sequence s \
             JOIN pg_class sc ON sc.oid = s.seqrelid JOIN pg_depend i ON i.classid = 'pg_class'::regclass \
             AND i.objid = s.seqrelid AND i.deptype = 'i' AND i.refclassid = 'pg_class'::regclass OFFSET 0) q \
             ON q.refobjid = o.attrelid AND q.refobjsubid = o.attnum \
             WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question_with(&["d.oid", "CASE WHEN o.attgenerated = '' THEN pg_get_expr(d.adbin, 0) END", "q.seqrelid"])
}

/// Defaults of columns of views.
pub fn view_defaults() -> Question {
    Ask {
        catalog: "pg_attrdef",
        sub: "0",
        kind: "'default'",
        name: &["n.nspname", "c.relname", "a.attname"],
        parent: Some(("'view'", &["n.nspname", "c.relname"])),
        ordinal: "a.attnum",
        payload: &[("expression", "pg_get_expr(o.adbin, 0)")],
        from: &format!(
            "FROM pg_attrdef o JOIN pg_class c ON c.oid = o.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_attribute a ON a.attrelid = o.adrelid AND a.attnum = o.adnum \
             WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}
