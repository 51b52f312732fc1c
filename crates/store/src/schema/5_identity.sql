CREATE TABLE issuer (
  name text PRIMARY KEY,
  url text NOT NULL UNIQUE,
  settings text NOT NULL,
  created_at text NOT NULL,
  created_by text NOT NULL
) STRICT;
CREATE TABLE used_assertion (
  issuer text NOT NULL,
  assertion text NOT NULL,
  until integer NOT NULL,
  PRIMARY KEY (issuer, assertion)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertion_until ON used_assertion (until);
