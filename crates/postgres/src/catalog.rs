//! Questions to the system catalog. Every parameter is a name as text; names of relations are quoted SQL text.

/// Invalid indexes that nobody is building at this moment: name, table. Indexes of partitioned tables are invalid by design
/// until every partition has one.
pub const INVALID_INDEXES: &str = "\
SELECT format('%I.%I', n.nspname, c.relname), i.indrelid::regclass::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p
                  WHERE p.index_relid = i.indexrelid
                     OR (p.datname = current_database() AND p.relid = i.indrelid))
ORDER BY 1";

/// The indexes of a table: oid, name, valid (`t`/`f`), qualified name, relfilenode. Parameter: the table.
pub const INDEXES_OF_TABLE: &str = "\
SELECT c.oid::text, c.relname::text, i.indisvalid::text, format('%I.%I', n.nspname, c.relname), c.relfilenode::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass(?)
ORDER BY c.oid";

/// As [`INDEXES_OF_TABLE`], for the table of an index and its neighbours that a rebuild may leave. Parameter: the index.
pub const INDEX_AND_REMAINS: &str = "\
SELECT c.oid::text, c.relname::text, i.indisvalid::text, format('%I.%I', n.nspname, c.relname), c.relfilenode::text
FROM pg_class wanted
JOIN pg_index one ON one.indexrelid = wanted.oid
JOIN pg_index i ON i.indrelid = one.indrelid
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE wanted.oid = to_regclass(?)
  AND (c.oid = wanted.oid OR c.relname ~ '_cc(new|old)[0-9]*$')
ORDER BY c.oid";

/// As [`INDEXES_OF_TABLE`], for a schema. Parameter: its name.
pub const INDEXES_OF_SCHEMA: &str = "\
SELECT c.oid::text, c.relname::text, i.indisvalid::text, format('%I.%I', n.nspname, c.relname), c.relfilenode::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'm')
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relkind = 'i'
ORDER BY c.oid";

/// As [`INDEXES_OF_TABLE`], for all of the database but the system's own.
pub const INDEXES_OF_DATABASE: &str = "\
SELECT c.oid::text, c.relname::text, i.indisvalid::text, format('%I.%I', n.nspname, c.relname), c.relfilenode::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'm')
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind = 'i'
ORDER BY c.oid";

/// One index: oid, valid, qualified name. Parameter: its name, qualified as written.
pub const INDEX: &str = "\
SELECT c.oid::text, i.indisvalid::text, format('%I.%I', n.nspname, c.relname)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(?)";

/// The qualified names of a partitioned table and of a table, and whether the second is a partition of the first: absent, `attached` or
/// `pending`. Parameters: parent, partition, parent, partition.
pub const PARTITION: &str = "\
SELECT (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass(?)),
       (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass(?)),
       (SELECT CASE WHEN inhdetachpending THEN 'pending' ELSE 'attached' END FROM pg_inherits
        WHERE inhparent = to_regclass(?) AND inhrelid = to_regclass(?))";

/// Connection limit of a database; -2 marks one whose `DROP DATABASE` was interrupted. Parameter: its name.
pub const DATABASE: &str = "SELECT oid::text, datconnlimit::text FROM pg_database WHERE datname = ?";

/// A tablespace. Parameter: its name.
pub const TABLESPACE: &str = "SELECT oid::text FROM pg_tablespace WHERE spcname = ?";

/// A subscription of this database. Parameter: its name.
pub const SUBSCRIPTION: &str = "\
SELECT oid::text FROM pg_subscription
WHERE subname = ? AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// What `postgresql.auto.conf` says of a setting. Parameter: its name.
pub const AUTO_SETTING: &str = "\
SELECT coalesce(setting, '') FROM pg_file_settings
WHERE name = ? AND sourcefile LIKE '%postgresql.auto.conf' ORDER BY seqno DESC LIMIT 1";
