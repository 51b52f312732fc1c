Pairs for SQLite that the corpus lacks. A text on the left of `-- =>`, and what it is to become.

-- @@ whitespace-comments-case-quotes noop
CREATE TABLE users (id integer primary key, "name" text not null default 'x' check (length(name) > 1), email varchar(20) collate nocase unique);
CREATE INDEX users_name ON users (name desc) where name is not null;
CREATE VIEW v AS SELECT id, name FROM users WHERE id > 1;
CREATE TRIGGER g AFTER INSERT ON users BEGIN UPDATE users SET name = 'it''s' WHERE id = NEW.id; END;
-- =>
CREATE TABLE [users] (
  `id` INTEGER PRIMARY KEY, -- the key
  name TEXT NOT NULL DEFAULT "x" CHECK(LENGTH( "name" )>1), /* a
  comment */
  "email"   VARCHAR ( 20 ) COLLATE "NOCASE" UNIQUE
);
create index users_name on "users" ( [name] DESC ) WHERE (name) IS NOT NULL;
drop index users_name;
create index users_name on "users" ( [name] DESC ) WHERE "name" IS NOT NULL;
create view v as select id,"name" from users where id>1 /* end */;
create trigger g after insert on users begin update users set name='it''s' where id=NEW.id; end;

-- @@ order-of-columns column-order-only
CREATE TABLE t (a int, b text default 'x', c real, primary key (a));
-- =>
CREATE TABLE t (c real, a int primary key, b text default 'x');

-- @@ constraints-with-columns-or-by-themselves noop
CREATE TABLE p (id integer primary key);
CREATE TABLE t (a integer primary key not null, b int unique, c int check (c > 0), d int references p (id) on delete cascade deferrable initially deferred);
-- =>
CREATE TABLE p (id integer, primary key (id));
CREATE TABLE t (a integer not null, b int, c int, d int, primary key (a), unique (b), check (c > 0), foreign key (d) references p (id) on delete cascade deferrable initially deferred);

-- @@ strings-in-double-quotes
CREATE TABLE t (a text check (a in ('Old', 'New')), b text default 'Yes');
-- =>
CREATE TABLE t (a text check (a in ('old', 'new')), b text default "No");

-- @@ null-in-quotes-is-a-name
CREATE TABLE t ("null" int, a int);
CREATE VIEW v AS SELECT "null" FROM t;
-- =>
CREATE TABLE t ("null" int, a int);
CREATE VIEW v AS SELECT null FROM t;

-- @@ case-of-a-table
CREATE TABLE USERS (id integer primary key, name text);
CREATE INDEX by_name ON USERS (name);
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER g AFTER INSERT ON USERS BEGIN DELETE FROM users WHERE id < 0; END;
CREATE TABLE posts (id integer primary key, user_id int references users (id));
-- =>
CREATE TABLE users (id integer primary key, name text);
CREATE INDEX by_name ON users (name);
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER g AFTER INSERT ON users BEGIN DELETE FROM users WHERE id < 0; END;
CREATE TABLE posts (id integer primary key, user_id int references users (id));

-- @@ case-of-a-column-and-of-others
CREATE TABLE t (Id integer primary key, NAME text);
CREATE INDEX BY_NAME ON t (NAME);
CREATE VIEW V AS SELECT 1 AS x;
CREATE TRIGGER G AFTER INSERT ON t BEGIN SELECT 1; END;
-- =>
CREATE TABLE t (id integer primary key, Name text);
CREATE INDEX by_name ON t (Name);
CREATE VIEW v AS SELECT 1 AS x;
CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;

-- @@ odd-names
CREATE TABLE "order" ("group" int, "we""ird" text, [a.b] int, `x y` int, "таблица" text);
CREATE INDEX "in.dex" ON "order" ("we""ird", [a.b]);
CREATE TABLE "a.b" ("select" int primary key, "it's" text);
CREATE VIEW "from" AS SELECT "we""ird", "x y" FROM "order";
CREATE TRIGGER "naïve trigger" AFTER DELETE ON "order" BEGIN DELETE FROM "a.b" WHERE "select" = OLD."group"; END;
-- =>
CREATE TABLE "order" ("group" int not null default 3, "we""ird" text unique, [a.b] int, "таблица" text, "новая" int);
CREATE INDEX "in.dex" ON "order" ("we""ird" desc, [a.b]);
CREATE TABLE "a.b" ("select" int primary key, "it's" text, "q""q" text default 'a"b');
CREATE VIEW "from" AS SELECT "we""ird" FROM "order";
CREATE TRIGGER "naïve trigger" AFTER DELETE ON "order" BEGIN DELETE FROM "a.b" WHERE "select" = OLD."group" + 1; END;

-- @@ a-name-in-single-quotes
CREATE TABLE 'old table' ('a' int, 'b c' text);
-- =>
CREATE TABLE 'old table' ('a' int unique, 'b c' text, 'd' int);

-- @@ rebuild-keeps-what-stands-on-it
CREATE TABLE a (id integer primary key autoincrement, name text, old int);
CREATE TABLE b (id integer primary key, a_id int references a (id) on delete cascade, self int references b (id));
CREATE INDEX a_name ON a (name);
CREATE UNIQUE INDEX a_lower ON a (lower(name)) WHERE name <> '';
CREATE VIEW both AS SELECT a.name, b.id FROM a JOIN b ON b.a_id = a.id;
CREATE VIEW over AS SELECT name FROM both;
CREATE TRIGGER a_ins AFTER INSERT ON a BEGIN INSERT INTO b (a_id) VALUES (NEW.id); END;
CREATE TRIGGER b_ins AFTER INSERT ON b BEGIN UPDATE a SET name = name WHERE id = NEW.a_id; END;
CREATE TRIGGER both_ins INSTEAD OF INSERT ON both BEGIN INSERT INTO a (name) VALUES (NEW.name); END;
INSERT INTO a (name) VALUES ('x'), ('y'), ('z');
DELETE FROM a WHERE name = 'z';
-- =>
CREATE TABLE a (id integer primary key autoincrement, name text not null check (name <> ''), extra text default (lower('X')));
CREATE TABLE b (id integer primary key, a_id int references a (id) on delete cascade, self int references b (id));
CREATE INDEX a_name ON a (name);
CREATE UNIQUE INDEX a_lower ON a (lower(name)) WHERE name <> '';
CREATE VIEW both AS SELECT a.name, b.id FROM a JOIN b ON b.a_id = a.id;
CREATE VIEW over AS SELECT name FROM both;
CREATE TRIGGER a_ins AFTER INSERT ON a BEGIN INSERT INTO b (a_id) VALUES (NEW.id); END;
CREATE TRIGGER b_ins AFTER INSERT ON b BEGIN UPDATE a SET name = name WHERE id = NEW.a_id; END;
CREATE TRIGGER both_ins INSTEAD OF INSERT ON both BEGIN INSERT INTO a (name) VALUES (NEW.name); END;

-- @@ autoincrement-comes-and-goes
CREATE TABLE t (id integer primary key, a int);
CREATE TABLE u (id integer primary key autoincrement, a int);
-- =>
CREATE TABLE t (id integer primary key autoincrement, a int);
CREATE TABLE u (id integer primary key, a int);

-- @@ strict-and-without-rowid
CREATE TABLE t (a int primary key, b text, c any) strict;
CREATE TABLE u (a text primary key, b int);
CREATE TABLE w (a text not null, b int not null, c int, primary key (a, b)) without rowid;
-- =>
CREATE TABLE t (a int primary key, b text, c any);
CREATE TABLE u (a text primary key, b int) without rowid;
CREATE TABLE w (a text not null, b int not null, c int, primary key (b, a desc)) strict, without rowid;

-- @@ generated-columns
CREATE TABLE t (a int, b int as (a + 1), c int as (a + 2) stored, d text, e int generated always as (b * 2) virtual);
CREATE INDEX t_b ON t (b);
-- =>
CREATE TABLE t (a int, b int as (a + 1) stored, c int, d text as (upper(a)), f int as (a) stored, g int as (a * 3) virtual not null);
CREATE INDEX t_b ON t (b);
CREATE INDEX t_g ON t (g);

-- @@ a-virtual-column-in-place
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a FROM t;
-- =>
CREATE TABLE t (a int, b text, c int as (a + 1), d text generated always as (b || c) virtual check (d <> 'x'));
CREATE VIEW v AS SELECT a FROM t;

-- @@ conflict-clauses
CREATE TABLE t (a int not null on conflict ignore, b int unique on conflict replace, c int primary key on conflict fail, d int, unique (d) on conflict rollback);
-- =>
CREATE TABLE t (a int not null on conflict replace default 1, b int unique, c int primary key on conflict abort, d int, unique (d) on conflict ignore);

-- @@ names-of-constraints
CREATE TABLE p (id integer constraint pk primary key);
CREATE TABLE t (a int constraint nn not null constraint df default 5, b int constraint ck check (b > 0), constraint u unique (a), constraint fk foreign key (b) references p (id));
-- =>
CREATE TABLE p (id integer constraint key primary key);
CREATE TABLE t (a int constraint nn2 not null constraint df2 default 5, b int constraint CK check (b > 0), constraint u2 unique (a), constraint fk2 foreign key (b) references p (id));

-- @@ constraints-that-look-alike
CREATE TABLE p (id integer primary key);
CREATE TABLE t (a int references p (id) references p (id) on delete cascade, check (a > 0), check (a > 0), constraint c check (a < 9), constraint c check (a < 8));
-- =>
CREATE TABLE p (id integer primary key);
CREATE TABLE t (a int references p (id) references p (id), check (a > 0), constraint c check (a < 9), constraint c check (a < 7));

-- @@ foreign-keys-of-every-kind
CREATE TABLE p (id integer primary key, a int, b int, unique (a, b));
CREATE TABLE t (x int, y int, z int references p, foreign key (x, y) references p (a, b) on update cascade on delete set null);
CREATE TABLE s (id integer primary key, up int references s (id));
-- =>
CREATE TABLE p (id integer primary key, a int, b int, unique (a, b));
CREATE TABLE t (x int, y int, z int references p (id) match full, foreign key (x, y) references p (a, b) on update restrict on delete set default deferrable initially deferred);
CREATE TABLE s (id integer primary key, up int references s (id) on delete cascade not deferrable);

-- @@ foreign-keys-in-a-circle
CREATE TABLE a (id integer primary key, b_id int references b (id));
CREATE TABLE b (id integer primary key, a_id int references a (id));
-- =>
CREATE TABLE a (id integer primary key, b_id int not null references b (id), n int unique);
CREATE TABLE b (id integer primary key, a_id int references a (id) on delete cascade, n int unique);

-- @@ foreign-keys-to-nothing-and-to-no-key
CREATE TABLE p (a int);
CREATE TABLE t (x int references p (a), y int references gone (id));
-- =>
CREATE TABLE p (a int, b int unique);
CREATE TABLE t (x int references p (a), y int not null references gone (id), z int unique);

-- @@ a-column-with-a-reference-in-place
CREATE TABLE p (id integer primary key);
CREATE TABLE t (a int);
-- =>
CREATE TABLE p (id integer primary key);
CREATE TABLE t (a int, p_id int default 1 references p (id) on delete cascade, q_id int constraint q references p (id));

-- @@ defaults-of-every-kind
CREATE TABLE t (a int);
-- =>
CREATE TABLE t (a int, b int default -5, c text default 'it''s', d blob default x'00ff', e real default +1.5e3, f int default (1), g int default true, h text default null, i text default current_timestamp, j text default (datetime('now')), k text default word, l text default "Quoted", m int default 0x10);

-- @@ defaults-change
CREATE TABLE t (a int default 1, b text default 'x', c text, d text default current_date);
-- =>
CREATE TABLE t (a int default 2, b text, c text default 'y', d text default current_time);

-- @@ not-null-comes-with-and-without-a-default
CREATE TABLE t (a int, b int);
-- =>
CREATE TABLE t (a int not null, b int not null default 0, c int not null default 1, d int not null);

-- @@ every-column-is-another
CREATE TABLE t (a int, b text);
CREATE TABLE w (k text primary key) without rowid;
-- =>
CREATE TABLE t (c int, d text);
CREATE TABLE w (l text primary key) without rowid;

-- @@ columns-go-one-by-one
CREATE TABLE t (a int, b int, c int, d int check (d > 0), e int references t (a), f int);
CREATE INDEX t_b ON t (b);
CREATE INDEX t_f ON t (f) WHERE c > 0;
CREATE VIEW v AS SELECT a, b FROM t;
CREATE TRIGGER g AFTER UPDATE OF c ON t BEGIN SELECT NEW.c; END;
-- =>
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;

-- @@ a-column-goes-from-under-a-view-that-stays
CREATE TABLE t (a int, b int, c int);
CREATE VIEW v AS SELECT b FROM t;
-- =>
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT b FROM t;

-- @@ a-column-goes-while-a-view-under-a-view-changes
CREATE TABLE t (a int, b int, c int);
CREATE VIEW w AS SELECT a, b FROM t;
CREATE VIEW v AS SELECT a FROM w;
-- =>
CREATE TABLE t (a int, b int);
CREATE VIEW w AS SELECT a FROM t;
CREATE VIEW v AS SELECT a FROM w;

-- @@ broken-views-and-triggers-are-left-alone
CREATE TABLE t (a int, b int, C int);
CREATE VIEW broken AS SELECT something FROM nowhere;
CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END;
-- =>
CREATE TABLE t (a int not null, c int, d int);
CREATE VIEW broken AS SELECT something FROM nowhere;
CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END;

-- @@ a-view-is-mended-by-a-table
CREATE VIEW v AS SELECT a FROM t;
-- =>
CREATE VIEW v AS SELECT a FROM t;
CREATE TABLE t (a int);

-- @@ indexes-of-every-kind
CREATE TABLE t (a text, b int, c int);
CREATE INDEX i1 ON t (a);
CREATE INDEX i2 ON t (a, b);
CREATE INDEX i3 ON t (b) WHERE c > 0;
CREATE INDEX i4 ON t (lower(a), b + c);
CREATE INDEX i5 ON t (c);
CREATE UNIQUE INDEX i6 ON t (a, c);
-- =>
CREATE TABLE t (a text, b int, c int);
CREATE UNIQUE INDEX i1 ON t (a);
CREATE INDEX i2 ON t (b, a);
CREATE INDEX i3 ON t (b) WHERE c > 1;
CREATE INDEX i4 ON t (upper(a), b - c);
CREATE INDEX i5 ON t (a COLLATE NOCASE DESC);
CREATE INDEX i6 ON t (a, c);

-- @@ an-index-moves-to-another-table
CREATE TABLE a (x int);
CREATE TABLE b (x int);
CREATE INDEX i ON a (x);
CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT 1; END;
-- =>
CREATE TABLE a (x int unique);
CREATE TABLE b (x int);
CREATE INDEX i ON b (x);
CREATE TRIGGER g AFTER INSERT ON b BEGIN SELECT 1; END;

-- @@ a-table-becomes-a-view-and-an-index-a-table
CREATE TABLE x (a int);
CREATE TABLE y (a int);
CREATE INDEX z ON y (a);
CREATE VIEW w AS SELECT 1 AS one;
-- =>
CREATE VIEW x AS SELECT a FROM y;
CREATE TABLE y (a int);
CREATE TABLE z (a int);
CREATE TABLE w (one int);

-- @@ views-of-every-kind
CREATE TABLE t (a int, b int);
CREATE VIEW plain AS SELECT * FROM t;
CREATE VIEW named (x, y) AS SELECT a, b FROM t;
CREATE VIEW deep AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n;
CREATE VIEW over AS SELECT x FROM named;
-- =>
CREATE TABLE t (a int, b int, c int);
CREATE VIEW plain AS SELECT * FROM t;
CREATE VIEW named (x, z) AS SELECT a, b FROM t;
CREATE VIEW deep AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT i FROM n;
CREATE VIEW over AS SELECT x FROM named;

-- @@ triggers-of-every-kind
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE TRIGGER t1 BEFORE INSERT ON t WHEN NEW.a IS NULL BEGIN SELECT RAISE(ABORT, 'a; b'); END;
CREATE TRIGGER t2 AFTER UPDATE OF a, b ON t FOR EACH ROW BEGIN UPDATE t SET b = CASE WHEN NEW.a > 1 THEN 1 ELSE 2 END; DELETE FROM t WHERE a < 0; END;
CREATE TRIGGER t3 INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = OLD.a; END;
-- =>
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a, b, 1 AS one FROM t;
CREATE TRIGGER t1 AFTER INSERT ON t WHEN NEW.a IS NULL BEGIN SELECT RAISE(FAIL, 'a; b'); END;
CREATE TRIGGER t2 AFTER UPDATE OF a ON t FOR EACH ROW BEGIN UPDATE t SET b = CASE WHEN NEW.a > 1 THEN 1 ELSE 3 END; END;
CREATE TRIGGER t3 INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = OLD.a; END;

-- @@ virtual-tables
CREATE TABLE t (id integer primary key, body text);
CREATE VIRTUAL TABLE words USING fts5 (body, content='t', content_rowid='id');
CREATE TRIGGER t_ai AFTER INSERT ON t BEGIN INSERT INTO words (rowid, body) VALUES (NEW.id, NEW.body); END;
CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1);
-- =>
CREATE TABLE t (id integer primary key, body text not null, lang text);
CREATE VIRTUAL TABLE words USING fts5 (body, lang, content='t', content_rowid='id', tokenize = "porter ascii");
CREATE TRIGGER t_ai AFTER INSERT ON t BEGIN INSERT INTO words (rowid, body, lang) VALUES (NEW.id, NEW.body, NEW.lang); END;
CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1);
CREATE VIRTUAL TABLE notes USING fts4 (body, tokenize=porter);

-- @@ virtual-tables-in-another-style noop
CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'porter ascii');
-- =>
create virtual table "words" using FTS5(body,
  tokenize='porter ascii');

-- @@ tables-made-by-a-query
CREATE TABLE a (x int, y text, z real);
CREATE TABLE b AS SELECT x, y AS why FROM a;
-- =>
CREATE TABLE a (x int, y text, z real);
CREATE TABLE b AS SELECT x, y AS why, z, 1 AS one FROM a;

-- @@ columns-that-hide-the-number-of-the-row
CREATE TABLE t (rowid text, oid int, a int);
CREATE TABLE u (rowid int, _rowid_ int, oid int, a int);
-- =>
CREATE TABLE t (rowid text, oid int, a int unique);
CREATE TABLE u (rowid int, _rowid_ int, oid int, a int unique);

-- @@ types-change
CREATE TABLE t (a int, b text, c varchar(10), d "double precision", e, f blob);
-- =>
CREATE TABLE t (a bigint, b blob, c varchar(20), d double   precision, e text, f numeric(10, 2));

-- @@ collations-change
CREATE TABLE t (a text collate nocase, b text, c text collate binary);
CREATE INDEX i ON t (a, b);
-- =>
CREATE TABLE t (a text, b text collate rtrim, c text);
CREATE INDEX i ON t (a, b);

-- @@ primary-keys-change
CREATE TABLE a (x int, y int, primary key (x));
CREATE TABLE b (x integer primary key, y int);
CREATE TABLE c (x integer primary key desc, y int);
CREATE TABLE d (x int, y int);
-- =>
CREATE TABLE a (x int, y int, primary key (x, y));
CREATE TABLE b (x integer, y int primary key);
CREATE TABLE c (x integer primary key, y int);
CREATE TABLE d (x int, y int, id integer primary key);

-- @@ a-table-aside-is-in-the-way
CREATE TABLE t (a int);
CREATE TABLE sluice_old_t (a int);
-- =>
CREATE TABLE t (a int unique);
CREATE TABLE sluice_old_t (a int unique);

-- @@ comments-at-the-end
CREATE TABLE t (a int -- the first
);
CREATE VIEW v AS SELECT a FROM t -- all
;
-- =>
CREATE TABLE t (a int, -- the first
  b text -- the second
);
CREATE VIEW v AS SELECT a, b FROM t /* both */;

-- @@ settings-and-rows-in-the-text
PRAGMA foreign_keys = ON;
BEGIN;
CREATE TABLE p (id integer primary key);
CREATE TABLE t (id integer primary key, p_id int not null references p (id));
INSERT INTO p VALUES (1);
INSERT INTO t VALUES (1, 1);
COMMIT;
ANALYZE;
-- =>
PRAGMA foreign_keys = ON;
CREATE TABLE p (id integer primary key, name text unique);
CREATE TABLE t (id integer primary key, p_id int not null references p (id) on delete restrict);
ANALYZE;
