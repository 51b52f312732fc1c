CREATE TABLE enrolment (
  id text PRIMARY KEY,
  hash text NOT NULL UNIQUE,
  labels text NOT NULL,
  created_at text NOT NULL,
  created_by text NOT NULL,
  expires_at integer NOT NULL,
  agent text
) STRICT;
CREATE TABLE agent (
  id text PRIMARY KEY,
  name text NOT NULL,
  labels text NOT NULL,
  hash text NOT NULL,
  next_hash text,
  version text NOT NULL,
  enrolled_at text NOT NULL,
  seen_at text NOT NULL,
  revoked_at text
) STRICT;
CREATE TABLE bundle (
  digest text PRIMARY KEY,
  content text NOT NULL,
  created_at text NOT NULL
) STRICT;
CREATE TABLE job (
  id text PRIMARY KEY,
  project text NOT NULL,
  subject text NOT NULL,
  environment text NOT NULL,
  labels text NOT NULL,
  release text NOT NULL,
  request text NOT NULL,
  state text NOT NULL,
  agent text NOT NULL,
  hold text NOT NULL,
  events integer NOT NULL,
  outcome text NOT NULL,
  created_at text NOT NULL
) STRICT;
CREATE INDEX job_subject ON job (project, subject);
