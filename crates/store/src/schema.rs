//! The file's schema, as steps: step `n` leads from version `n` to `n + 1`, and `PRAGMA user_version` holds the version.

use rusqlite::{Connection, TransactionBehavior};

const STEPS: [&str; 1] = ["
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
"];

/// The version that [`STEPS`] lead to.
pub(crate) const VERSION: i64 = 1;

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
