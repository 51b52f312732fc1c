use sluice_engine::LedgerDialect;

/// `main.` keeps a temporary or attached table of the same name from being taken for ours.
const PREFIX: &str = "main.sluice_";

/// UTC with milliseconds, in a form that sorts.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// SQLite does not tell when a transaction began, so each connection has this function of ours: Unix time in milliseconds.
/// No schema uses it, so that every other program can read and write the ledger.
pub(crate) const BEGAN: &str = "sluice_began";

/// The tables of the ledger, without their schema.
pub(crate) const TABLES: [&str; 7] = [
    "sluice_fence",
    "sluice_revision",
    "sluice_statement",
    "sluice_event",
    "sluice_snapshot",
    "sluice_backup",
    "sluice_script",
];

/// Whether a table is one of the ledger's.
pub(crate) fn is_ours(name: &str) -> bool {
    let is_kept = |rest: &str| {
        let parts = rest.split_once('_');
        parts.is_some_and(|(a, b)| {
            [a, b].iter().all(|it| !it.is_empty() && it.bytes().all(|c| c.is_ascii_digit()))
        })
    };
    TABLES.contains(&name) || name.strip_prefix("sluice_backup_").is_some_and(is_kept)
}

// `WITHOUT ROWID` stores a row in its primary key's tree: one page less to write for each row.
const CREATE: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS main.sluice_fence (
  id integer PRIMARY KEY CHECK (id = 1),
  number integer NOT NULL,
  format integer NOT NULL,
  run_id text,
  holder text,
  taken_at text
)",
    "CREATE TABLE IF NOT EXISTS main.sluice_revision (
  version text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL,
  checksum text NOT NULL,
  release_digest text,
  commit_id text,
  author text,
  applied_by text NOT NULL,
  run_id text NOT NULL,
  started_at text NOT NULL,
  finished_at text,
  duration_ms integer,
  statements_total integer NOT NULL,
  statements_applied integer NOT NULL,
  state text NOT NULL,
  fence integer NOT NULL,
  sequence integer NOT NULL
) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.sluice_statement (
  version text NOT NULL,
  ordinal integer NOT NULL,
  checksum text NOT NULL,
  state text NOT NULL,
  backend text,
  evidence text,
  fence integer NOT NULL,
  started_at text NOT NULL,
  finished_at text,
  PRIMARY KEY (version, ordinal)
) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.sluice_event (
  id integer PRIMARY KEY,
  at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  kind text NOT NULL,
  version text,
  run_id text,
  actor text,
  detail text
)",
    "INSERT OR IGNORE INTO main.sluice_fence (id, number, format) VALUES (1, 0, 1)",
];

/// How the ledger is written in SQLite.
pub(crate) fn dialect() -> LedgerDialect {
    LedgerDialect {
        prefix: PREFIX.to_owned(),
        create: CREATE.map(str::to_owned).into(),
        create_snapshot: format!(
            "CREATE TABLE IF NOT EXISTS {PREFIX}snapshot (version text NOT NULL PRIMARY KEY, fingerprint text NOT NULL, content \
             text NOT NULL, taken_at text NOT NULL, run_id text NOT NULL, fence integer NOT NULL)"
        ),
        create_backup: format!(
            "CREATE TABLE IF NOT EXISTS {PREFIX}backup (name text NOT NULL PRIMARY KEY, sequence integer NOT NULL, version text NOT \
             NULL, ordinal integer NOT NULL, schema_name text, table_name text NOT NULL, deletes integer NOT NULL, columns text NOT \
             NULL, key_columns text NOT NULL, assigned text NOT NULL, place text NOT NULL, release_digest text, taken_at text NOT \
             NULL, run_id text NOT NULL, fence integer NOT NULL, restored_at text, restored_by text)"
        ),
        rows: &crate::backup::SqliteRows,
        create_script: format!(
            "CREATE TABLE IF NOT EXISTS {PREFIX}script (version text NOT NULL PRIMARY KEY, content text NOT NULL, made_at text NOT NULL, \
             run_id text NOT NULL, fence integer NOT NULL)"
        ),
        create_is_transactional: true,
        now: NOW,
        transaction_start: "strftime('%Y-%m-%dT%H:%M:%fZ', sluice_began() / 1000.0, 'unixepoch')",
        elapsed_ms: "max(0, CAST(unixepoch('now', 'subsec') * 1000 AS integer) - sluice_began())",
        elapsed_since: "max(0, CAST(round((julianday('now') - julianday({})) * 86400000) AS integer))",
        timestamp_text: "{}",
        timestamp: str::to_owned,
        share_lock: "",
    }
}
