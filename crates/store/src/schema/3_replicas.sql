CREATE INDEX rollout_created ON rollout (created_at);
CREATE INDEX release_created ON release (created_at);
CREATE TABLE task (
  kind text NOT NULL,
  project text NOT NULL,
  subject text NOT NULL,
  instance text NOT NULL,
  instance_cap integer NOT NULL,
  wave text NOT NULL,
  wave_cap integer NOT NULL,
  due_at integer NOT NULL,
  wanted integer NOT NULL,
  holder text NOT NULL,
  lease_until integer NOT NULL,
  fence integer NOT NULL,
  PRIMARY KEY (kind, project, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_due ON task (kind, due_at);
CREATE INDEX task_held ON task (kind, lease_until);
INSERT INTO task (kind, project, subject, instance, instance_cap, wave, wave_cap, due_at, wanted, holder, lease_until, fence)
SELECT kind, project, '', '', 0, '', 0, due_at, wanted, holder, lease_until, fence FROM work;
DROP TABLE work;
CREATE TABLE installation (
  name text PRIMARY KEY,
  value text NOT NULL
) STRICT, WITHOUT ROWID;
