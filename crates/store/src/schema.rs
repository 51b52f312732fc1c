//! The file's schema, as steps: step `n` leads from version `n` to `n + 1`, and `PRAGMA user_version` holds the version.

use rusqlite::{Connection, TransactionBehavior};

const STEPS: [&str; 2] = [
    "
CREATE TABLE release (
  digest text PRIMARY KEY,
  project text NOT NULL,
  created_at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  provenance text NOT NULL,
  content text NOT NULL,
  configuration text NOT NULL
) STRICT;
CREATE TABLE rollout (
  id text PRIMARY KEY,
  release text NOT NULL REFERENCES release (digest),
  plan text NOT NULL,
  status text NOT NULL,
  state text NOT NULL,
  state_sequence integer NOT NULL,
  sequence integer NOT NULL,
  generation integer NOT NULL,
  created_at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
CREATE INDEX rollout_release ON rollout (release);
CREATE TABLE rollout_event (
  rollout text NOT NULL REFERENCES rollout (id),
  sequence integer NOT NULL,
  at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  event text NOT NULL,
  PRIMARY KEY (rollout, sequence)
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE rollout ADD COLUMN project text NOT NULL DEFAULT '';
UPDATE rollout SET project = (SELECT project FROM release WHERE digest = rollout.release);
CREATE INDEX rollout_project ON rollout (project, created_at);
CREATE INDEX release_project ON release (project, created_at);
CREATE TABLE project (
  name text PRIMARY KEY,
  url text NOT NULL,
  branch text NOT NULL,
  path text NOT NULL,
  interval_seconds integer NOT NULL,
  created_at text NOT NULL,
  created_by text NOT NULL,
  state text NOT NULL,
  message text NOT NULL,
  commit_id text,
  release text,
  fence integer NOT NULL,
  seen_at text
) STRICT;
CREATE TABLE database (
  project text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL,
  labels text NOT NULL,
  state text NOT NULL,
  pending integer,
  applied text NOT NULL,
  message text NOT NULL,
  seen_at text NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  id text PRIMARY KEY,
  hash text NOT NULL UNIQUE,
  kind text NOT NULL,
  identity text NOT NULL,
  grants text NOT NULL,
  created_at text NOT NULL,
  created_by text NOT NULL,
  expires_at text,
  revoked_at text
) STRICT;
CREATE TABLE audit (
  sequence integer PRIMARY KEY,
  at text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  project text NOT NULL,
  subject text NOT NULL,
  outcome text NOT NULL,
  detail text NOT NULL,
  previous text NOT NULL,
  hash text NOT NULL
) STRICT;
CREATE TABLE feed (
  sequence integer PRIMARY KEY AUTOINCREMENT,
  at text NOT NULL,
  project text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  data text NOT NULL
) STRICT;
CREATE TABLE work (
  kind text NOT NULL,
  project text NOT NULL,
  due_at integer NOT NULL,
  wanted integer NOT NULL,
  holder text NOT NULL,
  lease_until integer NOT NULL,
  fence integer NOT NULL,
  PRIMARY KEY (kind, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_due ON work (due_at);
CREATE TABLE idempotency (
  token text NOT NULL,
  key text NOT NULL,
  request text NOT NULL,
  status integer,
  answer text,
  begun_at integer NOT NULL,
  PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;
",
];

/// The version that [`STEPS`] lead to.
pub(crate) const VERSION: i64 = 2;

pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the file to [`VERSION`]. Does nothing where another process was faster or the file is newer.
pub(crate) fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Ok(found) = usize::try_from(version(&transaction)?) else { return Ok(()) };
    if let Some(steps) = STEPS.get(found..).filter(|steps| !steps.is_empty()) {
        for step in steps {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_version_has_its_step() {
        assert_eq!(i64::try_from(super::STEPS.len()), Ok(super::VERSION));
    }
}
