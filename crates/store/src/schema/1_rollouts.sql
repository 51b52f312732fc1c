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
