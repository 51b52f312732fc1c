//! Which object needs which, by their addresses in the catalog; and what is there without being modelled.

use super::sql::{OURS, free};

/// Addresses by which an object is also known: `class, oid, 0, class, oid, sub`. A rule of a view is the view, the index of a
/// constraint the constraint, an array type its elements' type, a row type its table. Answers about columns tell more of them.
pub const ALIASES: &str = "\
    SELECT 'pg_rewrite'::regclass::oid, r.oid, 0, 'pg_class'::regclass::oid, r.ev_class, 0 FROM pg_rewrite r \
    WHERE r.rulename = '_RETURN' AND r.oid >= 16384 \
    UNION ALL SELECT 'pg_class'::regclass, k.conindid, 0, 'pg_constraint'::regclass, k.oid, 0 FROM pg_constraint k \
    WHERE k.contype IN ('p', 'u', 'x') AND k.conindid <> 0 AND k.oid >= 16384 \
    UNION ALL SELECT 'pg_type'::regclass, t.typarray, 0, 'pg_type'::regclass, t.oid, 0 FROM pg_type t WHERE t.typarray <> 0 AND t.oid >= 16384 \
    UNION ALL SELECT CASE c.relkind WHEN 'c' THEN 'pg_class'::regclass ELSE 'pg_type'::regclass END, \
    CASE c.relkind WHEN 'c' THEN c.oid ELSE c.reltype END, 0, \
    CASE c.relkind WHEN 'c' THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END, \
    CASE c.relkind WHEN 'c' THEN c.reltype ELSE c.oid END, 0 FROM pg_class c WHERE c.reltype <> 0 AND c.oid >= 16384 \
    UNION ALL SELECT 'pg_type'::regclass, r.rngmultitypid, 0, 'pg_type'::regclass, r.rngtypid, 0 FROM pg_range r WHERE r.rngtypid >= 16384 \
    UNION ALL SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0 FROM pg_depend d \
    WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass";

/// Dependencies: `class, oid, sub, class, oid, sub`. Partitions depend on the table that they are in by a fact of their own. Triggers
/// behind foreign keys have no facts; an array type and its elements' are one fact, and so are a row type and its table.
pub const DEPENDENCIES: &str = "\
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend d \
    WHERE d.deptype IN ('n', 'a', 'i', 'x') AND d.refobjid >= 16384 AND d.objid >= 16384 \
    AND d.refclassid <> 'pg_namespace'::regclass \
    AND NOT (d.classid = 'pg_type'::regclass AND d.deptype = 'i') \
    AND (d.classid <> 'pg_trigger'::regclass OR d.objid NOT IN (SELECT t.oid FROM pg_trigger t WHERE t.tgisinternal)) \
    AND NOT (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND d.objsubid = 0 \
    AND d.refobjsubid = 0 AND d.objid IN (SELECT c.oid FROM pg_class c WHERE c.relispartition)) \
    AND NOT (d.classid = 'pg_class'::regclass AND d.deptype = 'a' AND d.objid IN (SELECT c.oid FROM pg_class c WHERE c.relkind = 'S')) \
    UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'pg_class'::regclass, p.attrelid, p.attnum FROM pg_inherits i \
    JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal \
    JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname";

/// Names of objects that no question asks for.
pub fn unmodelled() -> String {
    let own = |catalog: &str, kind: &str, name: &str, namespace: &str| {
        format!(
            "SELECT '{kind} ' || n.nspname || '.' || o.{name} FROM {catalog} o JOIN pg_namespace n ON n.oid = o.{namespace} \
             WHERE o.oid >= 16384 AND {OURS} AND {}",
            free(catalog, "o")
        )
    };
    let global = |catalog: &str, kind: &str, name: &str| {
        format!(
            "SELECT '{kind} ' || o.{name} FROM {catalog} o WHERE o.oid >= 16384 AND {}",
            free(catalog, "o")
        )
    };
    let base_types = format!(
        "SELECT 'type ' || n.nspname || '.' || o.typname FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace \
         WHERE o.typtype IN ('b', 'p') AND o.typelem = 0 AND {OURS} AND {}",
        free("pg_type", "o")
    );
    [
        base_types,
        own("pg_conversion", "conversion", "conname", "connamespace"),
        own("pg_opclass", "operator class", "opcname", "opcnamespace"),
        own("pg_opfamily", "operator family", "opfname", "opfnamespace"),
        own("pg_ts_parser", "text search parser", "prsname", "prsnamespace"),
        own("pg_ts_template", "text search template", "tmplname", "tmplnamespace"),
        global("pg_language", "language", "lanname"),
        global("pg_am", "access method", "amname"),
        "SELECT 'transform for ' || format_type(o.trftype, NULL) FROM pg_transform o WHERE NOT EXISTS (SELECT FROM pg_depend e \
         WHERE e.classid = 'pg_transform'::regclass AND e.objid = o.oid AND e.deptype = 'e')"
            .to_owned(),
        "SELECT 'security label of ' || l.provider FROM pg_seclabel l".to_owned(),
        "SELECT 'subscription ' || s.subname FROM pg_stat_subscription s JOIN pg_database d ON d.datname = current_database() \
         WHERE s.subname IS NOT NULL"
            .to_owned(),
    ]
    .join(" UNION ALL ")
}
