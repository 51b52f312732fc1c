//! The ledger's tables: `sluice_*` in the target database.

use sluice_engine::LedgerDialect;

use crate::name::quote;

/// The ledger's tables are not the user's: a condition on the name of a table.
pub(crate) const NOT_OURS: &str =
    "NOT REGEXP '^sluice_(fence|revision|statement|event|snapshot|script|backup(_[0-9]+_[0-9]+)?)$'";

/// Turns the session's begin of transaction into SQL: neither server knows it, so it is noted in a user variable.
pub(crate) const BEGIN: &str = "SET @sluice_begin = UTC_TIMESTAMP(6); START TRANSACTION READ WRITE";

/// Texts of the ledger for a database. The prefix names it, because a change may `USE` another one.
///
/// Every fence column has a check: an `INSERT` of NULL is refused in every SQL mode (error 1048), but an `UPDATE` writes 0
/// instead when the mode is not strict (MySQL manual, "Server SQL Modes").
pub(crate) fn dialect(database: &str) -> LedgerDialect {
    let prefix = format!("{}.sluice_", quote(database));
    const OPTIONS: &str = "ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin";
    let create = vec![
        format!(
            "CREATE TABLE IF NOT EXISTS {prefix}revision (version varchar(255) NOT NULL PRIMARY KEY, name text NOT NULL, \
             kind varchar(32) NOT NULL, checksum varchar(160) NOT NULL, release_digest varchar(100), commit_id \
             varchar(100), author text, applied_by text NOT NULL, run_id varchar(64) NOT NULL, started_at datetime(6) \
             NOT NULL, finished_at datetime(6), duration_ms bigint, statements_total bigint NOT NULL, \
             statements_applied bigint NOT NULL, state varchar(16) NOT NULL, fence bigint NOT NULL, sequence bigint NOT \
             NULL, CONSTRAINT sluice_revision_fence CHECK (fence > 0)) {OPTIONS}"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {prefix}statement (version varchar(255) NOT NULL, ordinal bigint NOT NULL, \
             checksum varchar(160) NOT NULL, state varchar(16) NOT NULL, backend varchar(255), evidence mediumtext, \
             fence bigint NOT NULL, started_at datetime(6) NOT NULL, finished_at datetime(6), PRIMARY KEY (version, \
             ordinal), CONSTRAINT sluice_statement_fence CHECK (fence > 0)) {OPTIONS}"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {prefix}event (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, at datetime(6) NOT \
             NULL DEFAULT (UTC_TIMESTAMP(6)), kind varchar(64) NOT NULL, version varchar(255), run_id varchar(64), \
             actor text, detail mediumtext) {OPTIONS}"
        ),
        // With its row in one statement, which is atomic, and as the last: who finds it finds everything.
        format!(
            "CREATE TABLE IF NOT EXISTS {prefix}fence (id smallint NOT NULL PRIMARY KEY, number bigint NOT NULL, format \
             integer NOT NULL, run_id varchar(64), holder text, taken_at datetime(6), CONSTRAINT sluice_fence_one CHECK \
             (id = 1)) {OPTIONS} SELECT 1 AS id, 0 AS number, 1 AS format"
        ),
    ];
    let create_snapshot = format!(
        "CREATE TABLE IF NOT EXISTS {prefix}snapshot (version varchar(255) NOT NULL PRIMARY KEY, fingerprint varchar(100) NOT \
         NULL, content longtext NOT NULL, taken_at datetime(6) NOT NULL, run_id varchar(64) NOT NULL, fence bigint NOT NULL, \
         CONSTRAINT sluice_snapshot_fence CHECK (fence > 0)) {OPTIONS}"
    );
    let create_backup = format!(
        "CREATE TABLE IF NOT EXISTS {prefix}backup (name varchar(64) NOT NULL PRIMARY KEY, sequence bigint NOT NULL, version \
         varchar(255) NOT NULL, ordinal bigint NOT NULL, schema_name varchar(255), table_name varchar(255) NOT NULL, deletes bigint \
         NOT NULL, columns mediumtext NOT NULL, key_columns mediumtext NOT NULL, assigned mediumtext NOT NULL, place text NOT NULL, \
         release_digest varchar(100), taken_at datetime(6) NOT NULL, run_id varchar(64) NOT NULL, fence bigint NOT NULL, restored_at \
         datetime(6), restored_by text, CONSTRAINT sluice_backup_fence CHECK (fence > 0)) {OPTIONS}"
    );
    let create_script = format!(
        "CREATE TABLE IF NOT EXISTS {prefix}script (version varchar(255) NOT NULL PRIMARY KEY, content longtext NOT NULL, made_at \
         datetime(6) NOT NULL, run_id varchar(64) NOT NULL, fence bigint NOT NULL, CONSTRAINT sluice_script_fence CHECK (fence > \
         0)) {OPTIONS}"
    );
    LedgerDialect {
        prefix,
        create_script,
        create_snapshot,
        create_backup,
        rows: &crate::backup::MysqlRows,
        create,
        create_is_transactional: false,
        now: "UTC_TIMESTAMP(6)",
        transaction_start: "COALESCE(@sluice_begin, UTC_TIMESTAMP(6))",
        elapsed_ms: "TIMESTAMPDIFF(MICROSECOND, COALESCE(@sluice_begin, UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6)) DIV 1000",
        elapsed_since: "TIMESTAMPDIFF(MICROSECOND, {}, UTC_TIMESTAMP(6)) DIV 1000",
        timestamp_text: "DATE_FORMAT({}, '%Y-%m-%dT%H:%i:%s.%fZ')",
        timestamp: str::to_owned,
        share_lock: "FOR UPDATE",
    }
}
