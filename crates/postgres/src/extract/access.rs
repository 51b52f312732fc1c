//! Who may do what, and what is said of things.

use super::sql::{OURS, free};

/// Grants that differ from what an object has by default: `class, oid, sub, target, grantee, privileges, column`. The owner of an
/// object is called `owner`, everybody `public`: names that no role has without quotes. Privileges that may be passed on end in `*`.
pub fn grants() -> String {
    let relations = format!(
        "SELECT 'pg_class'::regclass::oid AS class, c.oid, 0 AS sub, c.relowner AS owner, c.relacl AS acl, \
         acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner) AS base, \
         CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS target, \
         NULL::text AS col FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relacl IS NOT NULL AND c.relpersistence <> 't' AND {OURS} AND {}",
        free("pg_class", "c")
    );
    let columns = format!(
        "SELECT 'pg_class'::regclass::oid, c.oid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner), \
         'TABLE ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname) \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't' AND {OURS} AND {}",
        free("pg_class", "c")
    );
    let routines = format!(
        "SELECT 'pg_proc'::regclass::oid, p.oid, 0, p.proowner, p.proacl, acldefault('f', p.proowner), \
         CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure, NULL \
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL AND {OURS} AND {}",
        free("pg_proc", "p")
    );
    let schemas = format!(
        "SELECT 'pg_namespace'::regclass::oid, n.oid, 0, n.nspowner, n.nspacl, acldefault('n', n.nspowner), \
         'SCHEMA ' || quote_ident(n.nspname), NULL FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND {OURS} AND {}",
        free("pg_namespace", "n")
    );
    let types = format!(
        "SELECT 'pg_type'::regclass::oid, t.oid, 0, t.typowner, t.typacl, acldefault('T', t.typowner), \
         'TYPE ' || format_type(t.oid, NULL), NULL FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
         WHERE t.typacl IS NOT NULL AND {OURS} AND {}",
        free("pg_type", "t")
    );
    let servers = format!(
        "SELECT 'pg_foreign_server'::regclass::oid, s.oid, 0, s.srvowner, s.srvacl, acldefault('S', s.srvowner), \
         'FOREIGN SERVER ' || quote_ident(s.srvname), NULL FROM pg_foreign_server s WHERE s.srvacl IS NOT NULL AND {}",
        free("pg_foreign_server", "s")
    );
    let wrappers = format!(
        "SELECT 'pg_foreign_data_wrapper'::regclass::oid, w.oid, 0, w.fdwowner, w.fdwacl, acldefault('F', w.fdwowner), \
         'FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname), NULL FROM pg_foreign_data_wrapper w WHERE w.fdwacl IS NOT NULL AND {}",
        free("pg_foreign_data_wrapper", "w")
    );
    let exploded = |acl: &str| {
        format!(
            "SELECT o.class, o.oid, o.sub, x.grantee, array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END \
             ORDER BY x.privilege_type) AS privileges FROM o, aclexplode(o.{acl}) x GROUP BY 1, 2, 3, 4"
        )
    };
    format!(
        "WITH o AS ({relations} UNION ALL {columns} UNION ALL {routines} UNION ALL {schemas} UNION ALL {types} UNION ALL {servers} \
         UNION ALL {wrappers}), has AS ({}), base AS ({}), \
         both_sides AS (SELECT class, oid, sub, grantee, has.privileges AS now, base.privileges AS before FROM has \
         FULL JOIN base USING (class, oid, sub, grantee)) \
         SELECT o.class, o.oid, o.sub, CASE WHEN b.grantee = o.owner THEN 'owner' WHEN b.grantee = 0 THEN 'public' \
         ELSE quote_ident(pg_get_userbyid(b.grantee)) END, \
         json_build_object('target', o.target, 'column', o.col, 'privileges', coalesce(b.now, '{{}}'), 'default', b.before)::text \
         FROM both_sides b JOIN o USING (class, oid, sub) WHERE b.now IS DISTINCT FROM b.before",
        exploded("acl"),
        exploded("base"),
    )
}

/// Default privileges: `role, schema, type of objects, grantee, payload`.
pub fn default_privileges() -> String {
    "WITH o AS (SELECT d.oid, d.defaclrole, CASE WHEN pg_get_userbyid(d.defaclrole) = current_user THEN '' \
     ELSE pg_get_userbyid(d.defaclrole) END AS role, coalesce(n.nspname, '') AS schema, d.defaclobjtype AS type, d.defaclacl AS acl, \
     CASE WHEN d.defaclnamespace = 0 THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::\"char\", d.defaclrole) END AS base \
     FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace), \
     has AS (SELECT o.oid, x.grantee, array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END \
     ORDER BY x.privilege_type) AS privileges FROM o, aclexplode(o.acl) x GROUP BY 1, 2), \
     base AS (SELECT o.oid, x.grantee, array_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END \
     ORDER BY x.privilege_type) AS privileges FROM o, aclexplode(o.base) x GROUP BY 1, 2), \
     both_sides AS (SELECT oid, grantee, has.privileges AS now, base.privileges AS before FROM has FULL JOIN base USING (oid, grantee)) \
     SELECT o.role, o.schema, CASE o.type WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' \
     WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, CASE WHEN b.grantee = o.defaclrole THEN 'owner' WHEN b.grantee = 0 THEN 'public' \
     ELSE quote_ident(pg_get_userbyid(b.grantee)) END, json_build_object('privileges', coalesce(b.now, '{}'), 'default', b.before)::text \
     FROM both_sides b JOIN o USING (oid) WHERE b.now IS DISTINCT FROM b.before"
        .to_owned()
}

/// Comments: `class, oid, sub, payload`. What is extensions' or the system's has no facts, so that its comments fall away.
pub fn comments() -> String {
    "SELECT d.classoid, d.objoid, d.objsubid, json_build_object('text', d.description, 'target', CASE i.type \
     WHEN 'table column' THEN 'COLUMN ' || i.identity WHEN 'view column' THEN 'COLUMN ' || i.identity \
     WHEN 'materialized view column' THEN 'COLUMN ' || i.identity WHEN 'foreign table column' THEN 'COLUMN ' || i.identity \
     WHEN 'composite type column' THEN 'COLUMN ' || i.identity WHEN 'composite type' THEN 'TYPE ' || i.identity \
     WHEN 'table constraint' THEN 'CONSTRAINT ' || i.identity \
     WHEN 'domain constraint' THEN 'CONSTRAINT ' || regexp_replace(i.identity, ' on (?!.* on )', ' ON DOMAIN ') \
     WHEN 'statistics object' THEN 'STATISTICS ' || i.identity \
     WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER ' || i.identity WHEN 'server' THEN 'SERVER ' || i.identity \
     ELSE upper(i.type) || ' ' || i.identity END)::text \
     FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i \
     WHERE (d.objoid >= 16384 OR d.objoid = to_regnamespace('public')) AND i.type IS NOT NULL \
     AND NOT (d.classoid = 'pg_namespace'::regclass AND d.description = 'standard public schema')"
        .to_owned()
}
