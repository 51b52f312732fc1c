//! Tables, columns, constraints, indexes, sequences, views.

use super::sql::{Ask, OURS, collation, free, owner};

/// Whether a relation is a sequence behind an identity column.
const IDENTITY_SEQUENCE: &str = "EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = o.oid \
     AND i.deptype = 'i' AND i.refclassid = 'pg_class'::regclass)";

const KIND_OF_TABLE: &str = "CASE c.relkind WHEN 'f' THEN 'foreign_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' \
     ELSE 'table' END";

/// Attributes of a sequence that are not at their defaults, from `pg_sequence` as `q`.
fn sequence_attributes() -> Vec<(&'static str, String)> {
    let top = "(CASE q.seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 \
         ELSE 9223372036854775807 END)";
    let bottom = "(CASE q.seqtypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648 \
         ELSE -9223372036854775808 END)";
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

/// Every question about relations, for a server of this version.
pub fn questions(version: u32) -> Vec<String> {
    vec![
        tables(),
        columns(version),
        defaults(),
        constraints(version),
        domain_constraints(),
        indexes(),
        sequences(),
        sequence_owners(),
        views(),
        partitions(),
        index_partitions(),
        statistics(),
    ]
}

fn tables() -> String {
    Ask {
        catalog: "pg_class",
        sub: "0",
        kind: "CASE o.relkind WHEN 'f' THEN 'foreign_table' ELSE 'table' END",
        name: &["n.nspname", "o.relname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.relowner")),
            ("unlogged", "nullif(o.relpersistence = 'u', false)"),
            (
                "access_method",
                "(SELECT a.amname FROM pg_am a WHERE a.oid = o.relam \
                 AND a.amname <> current_setting('default_table_access_method'))",
            ),
            ("tablespace", "(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = o.reltablespace)"),
            (
                "options",
                "nullif(coalesce(o.reloptions, '{}') || coalesce((SELECT array_agg('toast.' || x) FROM pg_class t, \
                 unnest(t.reloptions) x WHERE t.oid = o.reltoastrelid), '{}'), '{}')",
            ),
            ("partition_key", "CASE o.relkind WHEN 'p' THEN pg_get_partkeydef(o.oid) END"),
            (
                "inherits",
                "CASE WHEN NOT o.relispartition THEN (SELECT array_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) \
                 ORDER BY i.inhseqno) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent \
                 JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = o.oid) END",
            ),
            ("of_type", "CASE WHEN o.reloftype <> 0 THEN format_type(o.reloftype, NULL) END"),
            ("row_security", "nullif(o.relrowsecurity, false)"),
            ("force_row_security", "nullif(o.relforcerowsecurity, false)"),
            (
                "replica_identity",
                "CASE o.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' END",
            ),
            ("server", "(SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver \
              WHERE f.ftrelid = o.oid)"),
            ("foreign_options", "(SELECT f.ftoptions FROM pg_foreign_table f WHERE f.ftrelid = o.oid)"),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace \
             WHERE o.relkind IN ('r', 'p', 'f') AND o.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .sql()
}

fn columns(version: u32) -> String {
    let mut payload: Vec<(&str, String)> = [
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
        (
            "sequence",
            "CASE WHEN q.seqname <> left(c.relname || '_' || o.attname, 59) || '_seq' THEN q.seqname END",
        ),
    ]
    .map(|(name, expression)| (name, expression.to_owned()))
    .to_vec();
    payload.push(("not_null", not_null(version).to_owned()));
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
    let payload: Vec<(&str, &str)> =
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
             LEFT JOIN pg_attrdef d ON o.attgenerated <> '' AND d.adrelid = o.attrelid AND d.adnum = o.attnum \
             {lateral}\
             LEFT JOIN (SELECT s.*, sc.relname AS seqname, i.refobjid, i.refobjsubid FROM pg_sequence s \
             JOIN pg_class sc ON sc.oid = s.seqrelid JOIN pg_depend i ON i.classid = 'pg_class'::regclass \
             AND i.objid = s.seqrelid AND i.deptype = 'i' AND i.refclassid = 'pg_class'::regclass) q \
             ON q.refobjid = o.attrelid AND q.refobjsubid = o.attnum \
             WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .sql()
}

/// A column of a primary key is not null by it.
fn not_null(_version: u32) -> &'static str {
    "nullif(o.attnotnull, false)"
}

fn defaults() -> String {
    Ask {
        catalog: "pg_attrdef",
        sub: "0",
        kind: "'default'",
        name: &["n.nspname", "c.relname", "a.attname"],
        parent: Some((
            "CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'column' END",
            &["n.nspname", "c.relname", "CASE WHEN c.relkind <> 'v' THEN a.attname END"],
        )),
        ordinal: "a.attnum",
        payload: &[("expression", "pg_get_expr(o.adbin, o.adrelid)")],
        from: &format!(
            "FROM pg_attrdef o JOIN pg_class c ON c.oid = o.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_attribute a ON a.attrelid = o.adrelid AND a.attnum = o.adnum \
             WHERE a.attgenerated = '' AND c.relkind IN ('r', 'p', 'f', 'v') AND c.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .sql()
}

fn constraints(version: u32) -> String {
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
            ("tablespace", "(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = xc.reltablespace)"),
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
    .sql()
}

fn domain_constraints() -> String {
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
    .sql()
}

/// Indexes that are no constraint's.
fn indexes() -> String {
    Ask {
        catalog: "pg_class",
        sub: "0",
        kind: "'index'",
        name: &["n.nspname", "o.relname"],
        parent: Some((KIND_OF_TABLE, &["n.nspname", "c.relname"])),
        ordinal: "0",
        payload: &[
            ("definition", "pg_get_indexdef(o.oid)"),
            ("unique", "nullif(x.indisunique, false)"),
            ("invalid", "nullif(NOT x.indisvalid AND o.relkind = 'i', false)"),
            ("clustered", "nullif(x.indisclustered, false)"),
            ("replica_identity", "nullif(x.indisreplident, false)"),
            ("tablespace", "(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = o.reltablespace)"),
            (
                "statistics",
                "(SELECT array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum) FROM pg_attribute a \
                 WHERE a.attrelid = o.oid AND a.attstattarget >= 0)",
            ),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_index x ON x.indexrelid = o.oid JOIN pg_class c ON c.oid = x.indrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_constraint k \
             WHERE k.conindid = o.oid AND k.contype IN ('p', 'u', 'x')) AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .sql()
}

fn sequences() -> String {
    let attributes = sequence_attributes();
    let owner = owner("o.relowner");
    let mut payload: Vec<(&str, &str)> = vec![
        ("owner", &owner),
        ("type", "nullif(format_type(q.seqtypid, NULL), 'bigint')"),
        ("unlogged", "nullif(o.relpersistence = 'u', false)"),
    ];
    payload.extend(attributes.iter().map(|(name, expression)| (*name, expression.as_str())));
    Ask {
        catalog: "pg_class",
        sub: "0",
        kind: "'sequence'",
        name: &["n.nspname", "o.relname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &payload,
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_sequence q ON q.seqrelid = o.oid \
             WHERE o.relkind = 'S' AND o.relpersistence <> 't' AND NOT {IDENTITY_SEQUENCE} AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .sql()
}

/// Sequences that belong to columns.
fn sequence_owners() -> String {
    Ask {
        catalog: "pg_depend",
        sub: "0",
        kind: "'sequence_owner'",
        name: &["n.nspname", "o.relname"],
        parent: Some(("'sequence'", &["n.nspname", "o.relname"])),
        ordinal: "0",
        payload: &[("column", "ARRAY[tn.nspname::text, t.relname::text, a.attname::text]")],
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_depend i ON i.classid = 'pg_class'::regclass \
             AND i.objid = o.oid AND i.deptype = 'a' AND i.refclassid = 'pg_class'::regclass \
             JOIN pg_class t ON t.oid = i.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.refobjsubid \
             WHERE o.relkind = 'S' AND o.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .sql()
}

fn views() -> String {
    Ask {
        catalog: "pg_class",
        sub: "0",
        kind: "CASE o.relkind WHEN 'v' THEN 'view' ELSE 'materialized_view' END",
        name: &["n.nspname", "o.relname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.relowner")),
            ("definition", "rtrim(pg_get_viewdef(o.oid), ';')"),
            (
                "columns",
                "(SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a \
                 WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped)",
            ),
            ("options", "o.reloptions"),
            (
                "access_method",
                "(SELECT a.amname FROM pg_am a WHERE a.oid = o.relam \
                 AND a.amname <> current_setting('default_table_access_method'))",
            ),
            ("tablespace", "(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = o.reltablespace)"),
            ("unpopulated", "nullif(NOT o.relispopulated, false)"),
            (
                "column_settings",
                "(SELECT array_agg(s.x ORDER BY s.attnum, s.x) FROM (SELECT a.attnum, format('ALTER COLUMN %I SET STATISTICS %s', \
                 a.attname, a.attstattarget) x FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attnum > 0 AND a.attstattarget >= 0 \
                 UNION ALL SELECT a.attnum, format('ALTER COLUMN %I SET STORAGE %s', a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN' \
                 WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
                 WHERE o.relkind = 'm' AND a.attrelid = o.oid AND a.attnum > 0 AND a.attstorage <> t.typstorage) s)",
            ),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace \
             WHERE o.relkind IN ('v', 'm') AND o.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .sql()
}

/// Tables in partitioned ones. The address is nobody's: nothing depends on it.
fn partitions() -> String {
    Ask {
        catalog: "pg_inherits",
        sub: "0",
        kind: "'partition'",
        name: &["n.nspname", "o.relname"],
        parent: Some(("CASE o.relkind WHEN 'f' THEN 'foreign_table' ELSE 'table' END", &["n.nspname", "o.relname"])),
        ordinal: "0",
        payload: &[
            ("of", "ARRAY[pn.nspname::text, p.relname::text]"),
            ("bound", "pg_get_expr(o.relpartbound, o.oid)"),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_inherits i ON i.inhrelid = o.oid \
             JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace \
             WHERE o.relispartition AND o.relkind IN ('r', 'p', 'f') AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .sql()
}

/// Indexes in partitioned ones. The parent is the constraint where the index is one's.
fn index_partitions() -> String {
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
    .sql()
}

fn statistics() -> String {
    Ask {
        catalog: "pg_statistic_ext",
        sub: "0",
        kind: "'statistics'",
        name: &["n.nspname", "o.stxname"],
        parent: Some((KIND_OF_TABLE, &["cn.nspname", "c.relname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.stxowner")),
            ("definition", "pg_get_statisticsobjdef(o.oid)"),
            ("target", "nullif(o.stxstattarget, -1)"),
        ],
        from: &format!(
            "FROM pg_statistic_ext o JOIN pg_namespace n ON n.oid = o.stxnamespace JOIN pg_class c ON c.oid = o.stxrelid \
             JOIN pg_namespace cn ON cn.oid = c.relnamespace WHERE {OURS} AND {}",
            free("pg_statistic_ext", "o")
        ),
    }
    .sql()
}
