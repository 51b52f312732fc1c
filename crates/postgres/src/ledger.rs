//! The ledger's tables on PostgreSQL.

use sluice_engine::LedgerDialect;

/// Everything lives in the schema `sluice`. One text: the driver sends it as one message, which PostgreSQL runs as one
/// transaction.
const CREATE: &str = "\
CREATE SCHEMA IF NOT EXISTS sluice;
CREATE TABLE IF NOT EXISTS sluice.fence (
    id        smallint PRIMARY KEY CHECK (id = 1),
    number    bigint   NOT NULL,
    format    integer  NOT NULL,
    run_id    text,
    holder    text,
    taken_at  timestamptz
);
CREATE TABLE IF NOT EXISTS sluice.revision (
    version            text        PRIMARY KEY,
    name               text        NOT NULL,
    kind               text        NOT NULL,
    checksum           text        NOT NULL,
    release_digest     text,
    commit_id          text,
    author             text,
    applied_by         text        NOT NULL,
    run_id             text        NOT NULL,
    started_at         timestamptz NOT NULL,
    finished_at        timestamptz,
    duration_ms        bigint,
    statements_total   bigint      NOT NULL,
    statements_applied bigint      NOT NULL,
    state              text        NOT NULL,
    fence              bigint      NOT NULL,
    sequence           bigint      NOT NULL
);
CREATE TABLE IF NOT EXISTS sluice.statement (
    version     text,
    ordinal     bigint,
    checksum    text        NOT NULL,
    state       text        NOT NULL,
    backend     text,
    evidence    text,
    fence       bigint      NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (version, ordinal)
);
CREATE TABLE IF NOT EXISTS sluice.event (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind    text        NOT NULL,
    version text,
    run_id  text,
    actor   text,
    detail  text
);
INSERT INTO sluice.fence (id, number, format) VALUES (1, 0, 1) ON CONFLICT DO NOTHING";

/// How the ledger is written.
pub fn dialect() -> LedgerDialect {
    LedgerDialect {
        prefix: "sluice.".to_owned(),
        create: vec![CREATE.to_owned()],
        create_snapshot: "CREATE TABLE IF NOT EXISTS sluice.snapshot (version text PRIMARY KEY, fingerprint text NOT NULL, content \
             text NOT NULL, taken_at timestamptz NOT NULL, run_id text NOT NULL, fence bigint NOT NULL)"
            .to_owned(),
        create_backup: "CREATE TABLE IF NOT EXISTS sluice.backup (name text PRIMARY KEY, sequence bigint NOT NULL, version text NOT \
             NULL, ordinal bigint NOT NULL, schema_name text, table_name text NOT NULL, deletes bigint NOT NULL, columns text NOT \
             NULL, key_columns text NOT NULL, assigned text NOT NULL, place text NOT NULL, release_digest text, taken_at \
             timestamptz NOT NULL, run_id text NOT NULL, fence bigint NOT NULL, restored_at timestamptz, restored_by text)"
            .to_owned(),
        rows: &crate::backup::PostgresRows,
        create_script: "CREATE TABLE IF NOT EXISTS sluice.script (version text PRIMARY KEY, content text NOT NULL, made_at timestamptz NOT \
             NULL, run_id text NOT NULL, fence bigint NOT NULL)"
            .to_owned(),
        create_is_transactional: true,
        now: "clock_timestamp()",
        transaction_start: "now()",
        elapsed_ms: "(extract(epoch FROM clock_timestamp() - now()) * 1000)::bigint",
        elapsed_since: "(extract(epoch FROM clock_timestamp() - {}) * 1000)::bigint",
        // ISO 8601 whatever the session's settings, at a third of what `to_char` costs.
        timestamp_text: "to_json(({}) AT TIME ZONE 'UTC')",
        timestamp,
        share_lock: "FOR SHARE",
    }
}

/// `"2026-11-28T12:11:06.34"` as `2026-11-28T12:11:06.340000Z`.
fn timestamp(json: &str) -> String {
    let time = json.trim_matches('"');
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    // By hand: a formatted write for each revision shows where nothing is to be done.
    let zeros = "000000".get(fraction.len()..).unwrap_or_default();
    [seconds, ".", fraction, zeros, "Z"].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn timestamps_have_the_same_length_so_that_they_sort() {
        for (json, text) in [
            ("\"2026-11-28T12:11:06.340912\"", "2026-11-28T12:11:06.340912Z"),
            ("\"2026-11-28T12:11:06.34\"", "2026-11-28T12:11:06.340000Z"),
            ("\"2026-11-28T12:11:06\"", "2026-11-28T12:11:06.000000Z"),
        ] {
            assert_eq!(super::timestamp(json), text);
        }
    }
}
