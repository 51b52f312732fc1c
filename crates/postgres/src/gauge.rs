//! What a statement locks and does, as the catalog shows it while its transaction is open.

use sluice_engine::rehearsal::Gauge;

/// What was there before the statement is kept in a table of its schema; what came with it keeps nobody waiting. Locks are those that
/// the transaction holds behind the statement. A table that is written anew has another file then.
pub(crate) const GAUGE: Gauge = Gauge {
    prepare: &[
        "CREATE SCHEMA sluice_rehearsal",
        "CREATE TABLE sluice_rehearsal.relation AS SELECT c.oid AS id, c.relfilenode AS file, c.relkind::text AS kind, \
         n.nspname::text AS schema, c.relname::text AS name FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WITH NO DATA",
        "CREATE TABLE sluice_rehearsal.seen (what text, schema text, name text, mode text)",
    ],
    before: &[
        "DELETE FROM sluice_rehearsal.relation",
        "DELETE FROM sluice_rehearsal.seen",
        "INSERT INTO sluice_rehearsal.relation SELECT c.oid, c.relfilenode, c.relkind, n.nspname, c.relname \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname <> 'sluice_rehearsal' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
         AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I')",
    ],
    after: &[
        "INSERT INTO sluice_rehearsal.seen \
         SELECT CASE WHEN r.kind IN ('i', 'I') THEN 'index-lock' ELSE 'lock' END, r.schema, r.name, l.mode \
         FROM pg_catalog.pg_locks l JOIN sluice_rehearsal.relation r ON r.id = l.relation \
         WHERE l.locktype = 'relation' AND l.granted AND l.pid = pg_catalog.pg_backend_pid() \
         AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())",
        "INSERT INTO sluice_rehearsal.seen \
         SELECT CASE WHEN r.kind = 'i' THEN 'index-rebuild' ELSE 'rewrite' END, r.schema, r.name, '' \
         FROM sluice_rehearsal.relation r JOIN pg_catalog.pg_class c ON c.oid = r.id \
         WHERE c.relfilenode <> r.file AND r.kind IN ('r', 'm', 'i')",
        // An index that is made anew by the statement keeps its name.
        "INSERT INTO sluice_rehearsal.seen \
         SELECT CASE WHEN o.id IS NULL THEN 'index-build' ELSE 'index-rebuild' END, t.schema, coalesce(o.name, t.name), '' \
         FROM pg_catalog.pg_index x JOIN sluice_rehearsal.relation t ON t.id = x.indrelid \
         JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid \
         LEFT JOIN sluice_rehearsal.relation o ON o.schema = t.schema AND o.name = c.relname AND o.kind = 'i' \
         WHERE c.relkind = 'i' AND NOT EXISTS (SELECT FROM sluice_rehearsal.relation r WHERE r.id = x.indexrelid)",
        "INSERT INTO sluice_rehearsal.seen SELECT 'scan', r.schema, r.name, '' FROM sluice_rehearsal.relation r \
         WHERE r.kind IN ('r', 'm') AND pg_catalog.pg_stat_get_xact_numscans(r.id) > 0",
    ],
    read: "SELECT what, schema, name, mode FROM sluice_rehearsal.seen ORDER BY what, schema, name, mode",
};
