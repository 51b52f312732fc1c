//! Questions about tables, their constraints and indexes. Each answers statements, one a row.

/// Namespaces (alias `n`) of the user's.
pub const NAMESPACES: &str = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'sluice') \
     AND n.nspname !~ '^pg_(temp|toast_temp)_'";

/// The object with this oid is no part of an extension.
pub fn own(class: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{class}'::regclass AND e.objid = {oid} \
         AND e.deptype = 'e')"
    )
}

/// The type with this oid and modifier as statements of the user's write it: without its schema where the search path finds it.
pub fn type_name(oid: &str, modifier: &str) -> String {
    format!(
        "(SELECT CASE WHEN tn.nspname = ANY (current_setting('sluice.path')::name[]) \
         THEN substr(format_type({oid}, {modifier}), length(quote_ident(tn.nspname)) + 2) \
         ELSE format_type({oid}, {modifier}) END \
         FROM pg_type ty JOIN pg_namespace tn ON tn.oid = ty.typnamespace WHERE ty.oid = {oid})"
    )
}

/// The user's relations (alias `c`, with its namespace `n`) of these kinds.
fn relations(kinds: &str) -> String {
    format!(
        "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND {NAMESPACES} \
         AND c.relkind IN ({kinds}) AND {}",
        own("pg_class", "c.oid")
    )
}

/// A sequence that a serial column owns, under the name that such a column gives to it.
pub const SERIAL: &str = "\
SELECT FROM pg_depend sd JOIN pg_class s ON s.oid = sd.objid AND s.relkind = 'S'
WHERE sd.classid = 'pg_class'::regclass AND sd.refclassid = 'pg_class'::regclass AND sd.deptype = 'a'
  AND sd.refobjid = c.oid AND sd.refobjsubid = a.attnum AND s.relnamespace = c.relnamespace
  AND s.relname = c.relname || '_' || a.attname || '_seq' AND a.attnotnull
  AND a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
  AND pg_get_expr(d.adbin, d.adrelid) = format('nextval(%L::regclass)', format('%I.%I', n.nspname, s.relname))";

/// Tables with their columns; partitions and children are made as tables of their own.
pub fn tables() -> String {
    let data_type = type_name("a.atttypid", "a.atttypmod");
    format!(
        "SELECT CASE c.relkind WHEN 'f' THEN 'CREATE FOREIGN TABLE ' ELSE
           CASE c.relpersistence WHEN 'u' THEN 'CREATE UNLOGGED TABLE ' ELSE 'CREATE TABLE ' END END
         || format('%I.%I', n.nspname, c.relname) || E' (\\n  ' || coalesce(l.columns, '') || E'\\n)'
         || CASE c.relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END
         || coalesce((SELECT format(' SERVER %I', fs.srvname) FROM pg_foreign_table ft
                      JOIN pg_foreign_server fs ON fs.oid = ft.ftserver WHERE ft.ftrelid = c.oid), '')
         FROM {relations}
         LEFT JOIN LATERAL (
           SELECT string_agg(format('%I ', a.attname)
             || CASE WHEN EXISTS ({SERIAL})
                THEN CASE a.atttypid WHEN 'smallint'::regtype THEN 'smallserial'
                       WHEN 'bigint'::regtype THEN 'bigserial' ELSE 'serial' END
                ELSE {data_type}
                  || CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN
                       (SELECT format(' COLLATE %I', co.collname) FROM pg_collation co WHERE co.oid = a.attcollation)
                     ELSE '' END
                  || CASE WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s',
                            pg_get_expr(d.adbin, d.adrelid),
                            CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
                       WHEN a.attidentity <> '' THEN format(' GENERATED %s AS IDENTITY',
                            CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END)
                       WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
                       ELSE '' END
                  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
                END, E',\\n  ' ORDER BY a.attnum) AS columns
           FROM pg_attribute a
           JOIN pg_type t ON t.oid = a.atttypid
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) l ON true
         ORDER BY n.nspname, c.relname",
        relations = relations("'r', 'p', 'f'"),
    )
}

/// Constraints, each with its name; those that a column's `NOT NULL` has (PostgreSQL 18) only where they have a name that no server gives. Foreign
/// keys come last: what they refer to is a key then.
pub fn constraints() -> String {
    format!(
        "SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, o.conname,
                       pg_get_constraintdef(o.oid))
         FROM pg_constraint o JOIN {relations} ON c.oid = o.conrelid
         WHERE o.contype IN ('p', 'u', 'x', 'c', 'f', 'n')
           AND NOT (o.contype = 'n' AND (NOT o.conislocal OR (o.convalidated AND o.conname ~ '_not_null[0-9]*$')))
           AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = o.conparentid AND p.conrelid = o.conrelid)
         ORDER BY o.contype = 'f', n.nspname, c.relname, array_position('{{p,u,x,c,n,f}}', o.contype::text), o.conname",
        relations = relations("'r', 'p', 'f'"),
    )
}

/// Indexes (aliases `i`, `x`) that belong to no constraint.
fn own_indexes() -> String {
    format!(
        "pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN {} ON c.oid = i.indrelid
         WHERE NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))",
        relations("'r', 'p', 'm'")
    )
}

/// Indexes. The server writes those of partitioned tables with `ON ONLY`, also where the partitions have them.
pub fn indexes() -> String {
    format!(
        "SELECT CASE x.relkind WHEN 'I' THEN replace(pg_get_indexdef(x.oid),
             format(' ON ONLY %I.%I ', n.nspname, c.relname), format(' ON %I.%I ', n.nspname, c.relname))
           ELSE pg_get_indexdef(x.oid) END
         FROM {} AND NOT (x.relkind = 'I' AND NOT i.indisvalid)
         ORDER BY n.nspname, c.relname, x.relname",
        own_indexes()
    )
}

/// Indexes of partitioned tables that not every partition has.
pub fn incomplete_indexes() -> String {
    format!(
        "SELECT pg_get_indexdef(x.oid) FROM {} AND x.relkind = 'I' AND NOT i.indisvalid
         ORDER BY n.nspname, c.relname, x.relname",
        own_indexes()
    )
}

/// Partitions and children, with what they belong to.
pub fn parents() -> String {
    format!(
        "SELECT CASE WHEN c.relispartition
           THEN format('ALTER TABLE %I.%I ATTACH PARTITION %I.%I %s', pn.nspname, p.relname, n.nspname, c.relname,
                       pg_get_expr(c.relpartbound, c.oid))
           ELSE format('ALTER TABLE %I.%I INHERIT %I.%I', n.nspname, c.relname, pn.nspname, p.relname) END
         FROM pg_inherits h JOIN {relations} ON c.oid = h.inhrelid
         JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
         ORDER BY n.nspname, c.relname, h.inhseqno",
        relations = relations("'r', 'p', 'f'"),
    )
}

/// Indexes that are there without being valid: schema, name.
pub fn invalid_indexes() -> String {
    format!(
        "SELECT n.nspname::text, x.relname::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
         JOIN {} ON c.oid = i.indrelid WHERE x.relkind = 'i' AND NOT i.indisvalid ORDER BY n.nspname, x.relname",
        relations("'r', 'p', 'm'")
    )
}
