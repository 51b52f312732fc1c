//! Questions about everything but tables. Each answers statements, one a row.

use super::catalog::{NAMESPACES, SERIAL, own, type_name};

/// Schemas.
pub fn schemas() -> String {
    format!(
        "SELECT format('CREATE SCHEMA %I', n.nspname) FROM pg_namespace n
         WHERE {NAMESPACES} AND n.nspname <> 'public' AND {} ORDER BY n.nspname",
        own("pg_namespace", "n.oid")
    )
}

/// Extensions that somebody asked for.
pub fn extensions() -> String {
    "SELECT format('CREATE EXTENSION %I', extname) FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname"
        .to_owned()
}

/// Enums, composite types, ranges and base types.
pub fn types() -> String {
    let attribute = type_name("a.atttypid", "a.atttypmod");
    format!(
        "SELECT format('CREATE TYPE %I.%I', n.nspname, t.typname) || CASE t.typtype
           WHEN 'e' THEN ' AS ENUM (' || (SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder)
                                          FROM pg_enum l WHERE l.enumtypid = t.oid) || ')'
           WHEN 'c' THEN ' AS (' || coalesce((SELECT string_agg(format('%I ', a.attname) || {attribute}, ', ' ORDER BY a.attnum)
                                     FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                     AND NOT a.attisdropped), '') || ')'
           WHEN 'r' THEN (SELECT format(' AS RANGE (subtype = %s)', format_type(r.rngsubtype, NULL))
                          FROM pg_range r WHERE r.rngtypid = t.oid)
           ELSE '' END
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE {NAMESPACES} AND {own_type}
           AND (t.typtype IN ('e', 'r') OR (t.typtype = 'c' AND EXISTS (
                  SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
                OR (t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)))
         ORDER BY t.typtype = 'c', n.nspname, t.typname",
        own_type = own("pg_type", "t.oid"),
    )
}

/// Domains, and the checks of theirs that values before them need not obey.
pub fn domains() -> String {
    let base = type_name("t.typbasetype", "t.typtypmod");
    format!(
        "WITH domain AS (
           SELECT t.oid, n.nspname, t.typname, {base} AS base, t.typnotnull, t.typdefault
           FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
           WHERE {NAMESPACES} AND t.typtype = 'd' AND {own_type}),
         checked AS (
           SELECT d.*, o.conname, o.convalidated, pg_get_constraintdef(o.oid) AS def
           FROM domain d JOIN pg_constraint o ON o.contypid = d.oid AND o.contype = 'c')
         SELECT sql FROM (
           SELECT nspname, typname, '' AS conname, format('CREATE DOMAIN %I.%I AS %s', nspname, typname, base)
             || coalesce(' DEFAULT ' || typdefault, '') || CASE WHEN typnotnull THEN ' NOT NULL' ELSE '' END
             || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, k.def), '' ORDER BY k.conname)
                          FROM checked k WHERE k.oid = domain.oid AND k.convalidated), '') AS sql
           FROM domain
           UNION ALL
           SELECT nspname, typname, conname,
             format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', nspname, typname, conname, def)
           FROM checked WHERE NOT convalidated) all_of_them
         ORDER BY nspname, typname, conname",
        own_type = own("pg_type", "t.oid"),
    )
}

/// Sequences that no column makes by itself.
pub fn sequences() -> String {
    format!(
        "SELECT format('CREATE SEQUENCE %I.%I', sn.nspname, q.relname)
         FROM pg_class q JOIN pg_namespace sn ON sn.oid = q.relnamespace
         WHERE q.relkind = 'S' AND {namespaces} AND {own_sequence}
           AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = q.oid
                           AND i.deptype = 'i')
           AND NOT EXISTS ({made})
         ORDER BY sn.nspname, q.relname",
        namespaces = NAMESPACES.replace("n.nspname", "sn.nspname"),
        own_sequence = own("pg_class", "q.oid"),
        made = made_by_serial(),
    )
}

/// Whether the sequence `q` comes with a serial column.
fn made_by_serial() -> String {
    format!(
        "SELECT FROM pg_depend b
         JOIN pg_class c ON c.oid = b.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = b.refobjsubid
         JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE b.classid = 'pg_class'::regclass AND b.objid = q.oid AND b.deptype = 'a' AND EXISTS ({SERIAL} AND s.oid = q.oid)"
    )
}

/// Which column owns a sequence that was made for itself; names of identity columns' sequences that are not those that such
/// columns give.
pub fn sequence_owners() -> String {
    format!(
        "SELECT CASE o.deptype
           WHEN 'a' THEN format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I', sn.nspname, q.relname, tn.nspname, t.relname, ta.attname)
           ELSE format('ALTER SEQUENCE %I.%I RENAME TO %I', tn.nspname, t.relname || '_' || ta.attname || '_seq', q.relname) END
         FROM pg_class q JOIN pg_namespace sn ON sn.oid = q.relnamespace
         JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = q.oid
           AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0
         JOIN pg_class t ON t.oid = o.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
         JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = o.refobjsubid
         WHERE q.relkind = 'S' AND {namespaces} AND {own_sequence}
           AND ((o.deptype = 'a' AND NOT EXISTS ({made}))
             OR (o.deptype = 'i' AND q.relname <> t.relname || '_' || ta.attname || '_seq'))
         ORDER BY sn.nspname, q.relname",
        namespaces = NAMESPACES.replace("n.nspname", "sn.nspname"),
        own_sequence = own("pg_class", "q.oid"),
        made = made_by_serial(),
    )
}

/// Functions and procedures, without their bodies.
pub fn routines() -> String {
    format!(
        "SELECT CASE p.prokind WHEN 'p'
           THEN format('CREATE PROCEDURE %I.%I(%s) LANGUAGE %I AS ''''', n.nspname, p.proname,
                       pg_get_function_arguments(p.oid), l.lanname)
           ELSE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE %I %s AS ''''', n.nspname, p.proname,
                       pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
                       CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END) END
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
         WHERE {NAMESPACES} AND p.prokind IN ('f', 'p') AND {}
           -- Constructors of ranges come with their types.
           AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid
                           AND i.deptype = 'i')
         ORDER BY n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)",
        own("pg_proc", "p.oid")
    )
}

/// Views, with the names of their columns.
pub fn views() -> String {
    format!(
        "SELECT format('CREATE %s %I.%I (%s) AS %s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
                       n.nspname, c.relname,
                       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                       rtrim(pg_get_viewdef(c.oid), ';'))
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {NAMESPACES} AND c.relkind IN ('v', 'm') AND {}
         ORDER BY n.nspname, c.relname",
        own("pg_class", "c.oid")
    )
}

/// Row security, policies, rules and triggers of tables and views.
pub fn of_tables() -> String {
    let own_relation = own("pg_class", "c.oid");
    format!(
        "WITH relation AS (
           SELECT c.oid, n.nspname, c.relname, c.relrowsecurity, format('%I.%I', n.nspname, c.relname) AS quoted
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE {NAMESPACES} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {own_relation})
         SELECT sql FROM (
           SELECT nspname, relname, 1 AS kind, ''::name AS name,
                  format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', quoted) AS sql
           FROM relation WHERE relrowsecurity
           UNION ALL
           SELECT r.nspname, r.relname, 2, p.polname, format('CREATE POLICY %I ON %s', p.polname, r.quoted)
             || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
                  WHEN 'd' THEN ' FOR DELETE' ELSE '' END
             || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
             || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
           FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
           UNION ALL
           SELECT r.nspname, r.relname, 3, w.rulename, pg_get_ruledef(w.oid)
           FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
           UNION ALL
           SELECT r.nspname, r.relname, 4, t.tgname, pg_get_triggerdef(t.oid)
           FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgparentid = 0) of_it
         ORDER BY nspname, relname, kind, name"
    )
}

/// Comments on tables, views and columns.
pub fn comments() -> String {
    format!(
        "SELECT format('COMMENT ON %s IS %L', CASE WHEN d.objsubid > 0
             THEN format('COLUMN %I.%I.%I', n.nspname, c.relname, a.attname)
             ELSE CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END
               || format(' %I.%I', n.nspname, c.relname) END, d.description)
         FROM pg_description d JOIN pg_class c ON c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
         WHERE d.classoid = 'pg_class'::regclass AND {NAMESPACES} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {}
         ORDER BY n.nspname, c.relname, d.objsubid",
        own("pg_class", "c.oid")
    )
}
