//! Tables, sequences, views, and which table is in which.

use super::sql::{Ask, Asked, KIND_OF_TABLE, OURS, Question, free, owner, tablespace};

/// Whether a relation is a sequence behind an identity column.
const IDENTITY_SEQUENCE: &str = "EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = o.oid \
     AND i.deptype = 'i' AND i.refclassid = 'pg_class'::regclass)";

/// Every other question about relations.
pub fn questions() -> Vec<Asked> {
    vec![
        (&["sequence"], sequences()),
        (&["sequence"], sequence_owners()),
        (&["view"], views()),
        (&["view"], super::columns::view_defaults()),
        (&["inheritance"], partitions()),
        (&["statistics"], statistics()),
    ]
}

/// Tables.
pub fn tables() -> Question {
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
                "CASE WHEN a.amname <> current_setting('default_table_access_method') THEN a.amname END",
            ),
            ("tablespace", &tablespace("o")),
            (
                "options",
                "nullif(CASE WHEN t.oid IS NULL THEN o.reloptions ELSE coalesce(o.reloptions, '{}') \
                 || ARRAY(SELECT 'toast.' || x FROM unnest(t.reloptions) x) END, '{}')",
            ),
            ("partition_key", "CASE o.relkind WHEN 'p' THEN pg_get_partkeydef(o.oid) END"),
            ("inherits", "h.parents"),
            ("of_type", "CASE WHEN o.reloftype <> 0 THEN format_type(o.reloftype, NULL) END"),
            ("row_security", "nullif(o.relrowsecurity, false)"),
            ("force_row_security", "nullif(o.relforcerowsecurity, false)"),
            (
                "replica_identity",
                "CASE o.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' END",
            ),
            ("server", "s.srvname"),
            ("foreign_options", "f.ftoptions"),
        ],
        from: &format!(
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace LEFT JOIN pg_am a ON a.oid = o.relam \
             LEFT JOIN pg_class t ON t.oid = o.reltoastrelid AND t.reloptions IS NOT NULL \
             LEFT JOIN (SELECT i.inhrelid, array_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) ORDER BY i.inhseqno) AS parents \
             FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace \
             WHERE p.relkind <> 'p' GROUP BY i.inhrelid) h ON h.inhrelid = o.oid AND NOT o.relispartition \
             LEFT JOIN pg_foreign_table f ON f.ftrelid = o.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver \
             WHERE o.relkind IN ('r', 'p', 'f') AND o.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .question()
}

fn sequences() -> Question {
    let attributes = super::columns::sequence_attributes();
    let owner = owner("o.relowner");
    let mut payload: Vec<(&'static str, &str)> = vec![
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
    .question()
}

/// Sequences that belong to columns.
fn sequence_owners() -> Question {
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
    .question()
}

fn views() -> Question {
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
                "CASE WHEN a.amname <> current_setting('default_table_access_method') THEN a.amname END",
            ),
            ("tablespace", &tablespace("o")),
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
            "FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace LEFT JOIN pg_am a ON a.oid = o.relam \
             WHERE o.relkind IN ('v', 'm') AND o.relpersistence <> 't' AND {OURS} AND {}",
            free("pg_class", "o")
        ),
    }
    .question()
}

/// Tables in partitioned ones. The address is nobody's: nothing depends on it.
fn partitions() -> Question {
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
    .question()
}

fn statistics() -> Question {
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
    .question()
}
