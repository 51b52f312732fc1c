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
