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
        create_is_transactional: true,
        now: "clock_timestamp()",
        transaction_start: "now()",
        elapsed_ms: "(extract(epoch FROM clock_timestamp() - now()) * 1000)::bigint",
        elapsed_since: "(extract(epoch FROM clock_timestamp() - {}) * 1000)::bigint",
        timestamp_text: "to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        share_lock: "FOR SHARE",
    }
}
