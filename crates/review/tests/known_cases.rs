//! Cases that linters are known to get wrong, as their users report them or as they were measured: what must be told, and what
//! must not.

use jiff::civil::Date;
use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_sql::Dialect::{Mariadb, Mysql, Postgres, Sqlite};
use sluice_text::{Finding, SourceFile};

/// What all rules say of a file after another one, on a server of some version.
fn review(dialect: Dialect, version: &str, before: &str, sql: &str) -> Vec<Finding> {
    let policy = Policy::of(RuleSet::All);
    let conditions =
        Conditions { version: version.parse().ok(), today: Date::constant(2026, 11, 1), one_batch: false };
    let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
    let read =
        |path: &str, sql: &str| Script::read(dialect, SourceFile::new(path, sql), ChangeInfo::default());
    reviewer.replay(&read("before.sql", before));
    reviewer.review(&read("a.sql", sql)).findings
}

/// A rule, what is asked of it, and why.
type Case = (&'static str, Dialect, &'static str, &'static str, &'static str);

const TABLES: &str = "
    CREATE TABLE parent (id integer PRIMARY KEY, code varchar(20) UNIQUE);
    CREATE TABLE t (id integer PRIMARY KEY, parent_id integer, a integer, ab integer, note text, v varchar(10),
        stamp timestamp, CONSTRAINT t_parent FOREIGN KEY (parent_id) REFERENCES parent (id));";

/// Needless alarms of other tools.
const SILENT: &[Case] = &[
    (
        "locks/create-index",
        Postgres,
        "",
        "CREATE TABLE n (a int); CREATE INDEX n_a ON n (a);",
        "a table of the same file",
    ),
    (
        "locks/create-index",
        Postgres,
        "CREATE TABLE p (a int) PARTITION BY RANGE (a);",
        "CREATE INDEX p_a ON p (a);",
        "a partitioned table cannot be indexed concurrently",
    ),
    (
        "review/refused-statement",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int; CREATE INDEX CONCURRENTLY t_a ON t (a);",
        "the runner takes what must run alone out of the transaction",
    ),
    (
        "transactions/enum-value-used",
        Postgres,
        "CREATE TYPE mood AS ENUM ('a');",
        "ALTER TYPE mood ADD VALUE 'b'; ALTER TABLE t ADD COLUMN m mood;",
        "adding a value in a transaction is fine, using it is not",
    ),
    (
        "statement/combine-alter",
        Postgres,
        "ALTER TABLE t ADD CONSTRAINT a_there CHECK (a > 0) NOT VALID;",
        "ALTER TABLE t ADD COLUMN z int; ALTER TABLE t VALIDATE CONSTRAINT a_there;",
        "together they would read under the strongest lock",
    ),
    (
        "locks/add-column-volatile-default",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z timestamptz DEFAULT now();",
        "stable",
    ),
    (
        "locks/add-column-volatile-default",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z date DEFAULT current_date;",
        "stable",
    ),
    (
        "locks/add-column-volatile-default",
        Postgres,
        "CREATE FUNCTION steady() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';",
        "ALTER TABLE t ADD COLUMN z int DEFAULT steady();",
        "a function that is known to be immutable",
    ),
    (
        "locks/add-column-foreign-key",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z integer REFERENCES parent (id);",
        "without a default there is nothing to look up",
    ),
    (
        "compatibility/add-required-column",
        Postgres,
        "",
        "CREATE TABLE n (a int); ALTER TABLE n ADD COLUMN z int NOT NULL;",
        "a table of the same file",
    ),
    (
        "locks/set-not-null",
        Postgres,
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL AND a > -5);",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL;",
        "a check of several terms proves it too",
    ),
    ("locks/column-type-rewrite", Postgres, "", "ALTER TABLE t ALTER COLUMN v TYPE varchar(20);", "wider"),
    ("locks/column-type-rewrite", Postgres, "", "ALTER TABLE t ALTER COLUMN v TYPE text;", "wider"),
    (
        "locks/column-type-reindex",
        Postgres,
        "",
        "ALTER TABLE t ALTER COLUMN note TYPE varchar;",
        "no index over it",
    ),
    (
        "locks/column-type-check",
        Postgres,
        "",
        "ALTER TABLE t ALTER COLUMN v TYPE varchar(20);",
        "no check over it",
    ),
    (
        "locks/add-foreign-key",
        Postgres,
        "",
        "CREATE TABLE n (id integer PRIMARY KEY, parent_id integer REFERENCES parent (id));",
        "a new table has no rows to look up",
    ),
    (
        "locks/validate-in-same-transaction",
        Postgres,
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
        "ALTER TABLE t VALIDATE CONSTRAINT c;",
        "the constraint was there before",
    ),
    (
        "locks/add-unique-constraint",
        Postgres,
        "CREATE UNIQUE INDEX t_a ON t (a);",
        "ALTER TABLE t ADD CONSTRAINT t_a UNIQUE USING INDEX t_a;",
        "the index is there",
    ),
    (
        "locks/primary-key-nullable-columns",
        Postgres,
        "CREATE TABLE n (a int NOT NULL); CREATE UNIQUE INDEX n_a ON n (a);",
        "ALTER TABLE n ADD CONSTRAINT n_pkey PRIMARY KEY USING INDEX n_a;",
        "the column is NOT NULL",
    ),
    (
        "locks/primary-key-nullable-columns",
        Postgres,
        "CREATE TABLE n (a int CHECK (a IS NOT NULL)); CREATE UNIQUE INDEX n_a ON n (a);",
        "ALTER TABLE n ADD CONSTRAINT n_pkey PRIMARY KEY USING INDEX n_a;",
        "a check proves it",
    ),
    (
        "locks/domain-constraint",
        Postgres,
        "CREATE DOMAIN d AS int; CREATE TABLE n (a d);",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID;",
        "NOT VALID takes no lock on tables",
    ),
    (
        "locks/domain-constraint",
        Postgres,
        "",
        "CREATE DOMAIN d AS int CHECK (VALUE > 0);",
        "nothing uses it yet",
    ),
    (
        "locks/attach-partition",
        Postgres,
        "CREATE TABLE p (a int NOT NULL) PARTITION BY RANGE (a);
         CREATE TABLE c (a int NOT NULL, CHECK (a >= 1 AND a < 10));",
        "ALTER TABLE p ATTACH PARTITION c FOR VALUES FROM (1) TO (10);",
        "a check spares the reading",
    ),
    (
        "locks/refresh-materialized-view",
        Postgres,
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE UNIQUE INDEX m_id ON m (id);",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
        "concurrently",
    ),
    (
        "data-loss/drop-column",
        Postgres,
        "",
        "CREATE TABLE n (a int, b int); ALTER TABLE n DROP COLUMN b;",
        "a table of the same file",
    ),
    (
        "compatibility/rename-table",
        Postgres,
        "",
        "ALTER TABLE t RENAME TO t2; CREATE VIEW t AS SELECT * FROM t2;",
        "a view keeps the old name",
    ),
    (
        "compatibility/add-unique",
        Postgres,
        "CREATE UNIQUE INDEX t_a ON t (a);",
        "CREATE UNIQUE INDEX CONCURRENTLY t_a_ab ON t (a, ab);",
        "part of the columns is unique already",
    ),
    (
        "schema/foreign-key-without-index",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int;",
        "foreign keys that the statement does not touch",
    ),
    (
        "correctness/mysql-inline-references",
        Mariadb,
        "",
        "ALTER TABLE t ADD COLUMN z integer REFERENCES parent (id);",
        "MariaDB obeys it",
    ),
    (
        "data-loss/drop-table",
        Postgres,
        "",
        "DROP TABLE parent;",
        "correctness/drop-referenced-table has said it",
    ),
    (
        "schema/prefer-bigint",
        Postgres,
        "",
        "CREATE TABLE n (id integer PRIMARY KEY);",
        "schema/small-primary-key has said it",
    ),
    (
        "locks/several-hot-tables",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int; ALTER TABLE t ADD COLUMN y int; DROP VIEW IF EXISTS v;",
        "one table and a view",
    ),
    (
        "correctness/null-comparison",
        Postgres,
        "",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a = NULL; RETURN NEW; END $$;",
        "an assignment of PL/pgSQL",
    ),
    (
        "correctness/double-quoted-string",
        Sqlite,
        "",
        "UPDATE t SET \"a\" = 1 WHERE \"ab\" = 2;",
        "names of columns",
    ),
    (
        "correctness/double-quoted-string",
        Sqlite,
        "",
        "CREATE VIEW w AS SELECT a AS \"A b\" FROM t ORDER BY \"A b\";",
        "an alias",
    ),
    (
        "correctness/double-quoted-string",
        Sqlite,
        "",
        "CREATE VIEW w AS SELECT \"total\" FROM (SELECT sum(a) AS total FROM t);",
        "a column of a query inside",
    ),
    (
        "correctness/duplicate-key-column",
        Postgres,
        "",
        "CREATE INDEX CONCURRENTLY t_note ON t USING gin (note gin_trgm_ops, note other_ops);",
        "two operator classes",
    ),
    (
        "correctness/null-into-not-null",
        Sqlite,
        "CREATE TABLE n (id integer PRIMARY KEY, a integer NOT NULL);",
        "INSERT INTO n (id, a) SELECT id, a FROM t WHERE a IS NOT NULL;",
        "rows without are left out",
    ),
    (
        "compatibility/drop-unique",
        Mysql,
        "CREATE UNIQUE INDEX t_a ON t (a);",
        "ALTER TABLE t DROP INDEX t_a, ADD UNIQUE KEY t_a2 (a);",
        "it comes again",
    ),
    (
        "locks/slow-work-after-lock",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int; UPDATE t SET z = 1 WHERE id = 1;",
        "one row",
    ),
];

/// What other tools miss.
const FIRES: &[Case] = &[
    (
        "review/not-analysed",
        Mysql,
        TABLES,
        "INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING;",
        "rows of which not everything is understood",
    ),
    (
        "locks/invalid-index-kept",
        Postgres,
        "",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);",
        "an index that failed is kept",
    ),
    (
        "timeouts/lock-timeout-disabled",
        Postgres,
        "",
        "SET lock_timeout = 0; ALTER TABLE t ADD COLUMN z int;",
        "0 is no timeout",
    ),
    (
        "timeouts/statement-timeout-on-concurrent-work",
        Postgres,
        "",
        "SET statement_timeout = '5s'; CREATE INDEX CONCURRENTLY t_a ON t (a);",
        "it would kill the build",
    ),
    ("locks/add-column-serial", Postgres, "", "ALTER TABLE t ADD COLUMN z serial;", "a rewrite"),
    ("locks/add-column-serial", Postgres, "", "ALTER TABLE t ADD COLUMN z serial8;", "a rewrite"),
    ("locks/add-column-serial", Postgres, "", "ALTER TABLE t ADD COLUMN z smallserial;", "a rewrite"),
    (
        "locks/add-column-serial",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int GENERATED BY DEFAULT AS IDENTITY;",
        "a rewrite",
    ),
    (
        "locks/add-column-volatile-default",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z timestamptz DEFAULT clock_timestamp();",
        "differs from row to row",
    ),
    (
        "locks/add-column-constrained-domain",
        Postgres,
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0);",
        "ALTER TABLE t ADD COLUMN z positive;",
        "rewrites even without a default",
    ),
    (
        "locks/add-column-check",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int CHECK (z > 0);",
        "scans even all nulls",
    ),
    ("locks/add-column-unique", Postgres, "", "ALTER TABLE t ADD COLUMN z int UNIQUE;", "builds an index"),
    (
        "locks/set-not-null",
        Postgres,
        "ALTER TABLE t ADD CONSTRAINT c CHECK (ab IS NOT NULL) NOT VALID;",
        "ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER COLUMN a SET NOT NULL;",
        "the constraint is about another column",
    ),
    (
        "locks/column-type-reindex",
        Postgres,
        "CREATE INDEX t_stamp ON t (stamp);",
        "SET TimeZone = 'UTC'; ALTER TABLE t ALTER COLUMN stamp TYPE timestamptz;",
        "indexes are built anew, in UTC too",
    ),
    (
        "locks/column-type-reindex",
        Postgres,
        "CREATE INDEX t_lower ON t (lower(note));",
        "ALTER TABLE t ALTER COLUMN note TYPE varchar;",
        "an index over an expression",
    ),
    (
        "locks/column-type-check",
        Postgres,
        "ALTER TABLE t ADD CONSTRAINT v_short CHECK (length(v) < 9);",
        "ALTER TABLE t ALTER COLUMN v TYPE varchar(30);",
        "no rewrite, but the table is read",
    ),
    (
        "locks/validate-in-same-transaction",
        Postgres,
        "",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;",
        "the lock is still held",
    ),
    (
        "locks/drop-foreign-key-parent",
        Postgres,
        "",
        "ALTER TABLE t DROP CONSTRAINT t_parent;",
        "the parent is locked",
    ),
    (
        "locks/drop-foreign-key-parent",
        Postgres,
        "",
        "ALTER TABLE t DROP COLUMN parent_id;",
        "the parent is locked",
    ),
    ("locks/drop-table-parent", Postgres, "", "DROP TABLE t;", "the parent is locked"),
    (
        "locks/attach-partition",
        Postgres,
        "CREATE TABLE p (a int NOT NULL) PARTITION BY RANGE (a);
         CREATE TABLE pd PARTITION OF p DEFAULT;
         CREATE TABLE c (a int NOT NULL, CHECK (a >= 1 AND a < 10));",
        "ALTER TABLE p ATTACH PARTITION c FOR VALUES FROM (1) TO (10);",
        "the default partition is read",
    ),
    (
        "locks/create-partition-default",
        Postgres,
        "CREATE TABLE p (a int NOT NULL) PARTITION BY RANGE (a); CREATE TABLE pd PARTITION OF p DEFAULT;",
        "CREATE TABLE c PARTITION OF p FOR VALUES FROM (1) TO (10);",
        "the default partition is read",
    ),
    (
        "compatibility/rename-enum-value",
        Postgres,
        "CREATE TYPE mood AS ENUM ('a');",
        "ALTER TYPE mood RENAME VALUE 'a' TO 'b';",
        "",
    ),
    ("compatibility/rename-schema", Postgres, "CREATE SCHEMA s;", "ALTER SCHEMA s RENAME TO r;", ""),
    ("data-loss/truncate-cascade", Postgres, "", "TRUNCATE parent CASCADE;", "children are emptied"),
    ("rows/update-without-where", Postgres, "", "UPDATE t SET a = 1;", "all rows"),
    (
        "locks/several-hot-tables",
        Postgres,
        "",
        "ALTER TABLE t ADD COLUMN z int; ALTER TABLE parent ADD COLUMN z int;",
        "two tables",
    ),
    (
        "locks/several-hot-tables",
        Postgres,
        "CREATE TABLE n (id integer PRIMARY KEY, t_id integer REFERENCES t (id));",
        "ALTER TABLE parent ADD COLUMN z int; DROP TABLE n;",
        "the lock on the parent of a foreign key counts",
    ),
    (
        "locks/instant-version-bug",
        Mysql,
        "",
        "ALTER TABLE t ADD COLUMN z int, ALGORITHM=INSTANT;",
        "8.0.29 to 8.0.31",
    ),
    (
        "correctness/concurrent-index-corruption",
        Postgres,
        "",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);",
        "14.0 to 14.3",
    ),
    (
        "correctness/mysql-inline-references",
        Mysql,
        "",
        "ALTER TABLE t ADD COLUMN z integer REFERENCES parent (id);",
        "ignored",
    ),
    (
        "review/opaque-sql",
        Postgres,
        "",
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_setting('x'); END $$;",
        "dynamic",
    ),
    (
        "locks/create-index",
        Postgres,
        "",
        "DO $$ BEGIN CREATE INDEX t_a ON t (a); END $$;",
        "a block runs now",
    ),
    (
        "locks/create-index",
        Postgres,
        "",
        "DO $$ BEGIN EXECUTE 'CREATE INDEX t_a ON t (a)'; END $$;",
        "so does a literal",
    ),
    (
        "data-loss/drop-table",
        Postgres,
        "",
        "DO $$ BEGIN IF true THEN DROP TABLE t; END IF; END $$;",
        "a block runs now",
    ),
    (
        "security/grant-to-public",
        Mysql,
        "CREATE ROLE public;",
        "CREATE PROCEDURE p() SQL SECURITY INVOKER GRANT ALL ON *.* TO public;",
        "a procedure",
    ),
    (
        "correctness/always-true-where",
        Postgres,
        "",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM t WHERE 1 = 1';",
        "a function",
    ),
    (
        "correctness/null-comparison",
        Mysql,
        "",
        "CREATE PROCEDURE p() SQL SECURITY INVOKER UPDATE t SET a = 1 WHERE ab = NULL;",
        "a procedure",
    ),
    (
        "schema/index-count",
        Mysql,
        "",
        "CREATE TABLE n (a int, b int, c int, KEY (a), KEY (b), KEY (c), KEY (a, b), KEY (b, c), KEY (c, a));",
        "keys of a table",
    ),
    (
        "schema/redundant-index",
        Mysql,
        "",
        "CREATE TABLE n (a int, b int, KEY x (a), KEY y (a, b));",
        "keys of a table",
    ),
    (
        "schema/redundant-index",
        Mysql,
        "CREATE INDEX t_a_ab ON t (a, ab);",
        "ALTER TABLE t ADD KEY t_a (a);",
        "ADD KEY",
    ),
    (
        "schema/nullable-foreign-key",
        Postgres,
        "",
        "ALTER TABLE t ADD CONSTRAINT again FOREIGN KEY (a) REFERENCES parent (id) NOT VALID;",
        "a constraint of the table",
    ),
    ("schema/char-type", Postgres, "", "ALTER TABLE t ALTER COLUMN v TYPE char(10);", "ALTER COLUMN TYPE"),
    ("schema/varchar-length", Mysql, "", "ALTER TABLE t MODIFY COLUMN v varchar(9000);", "MODIFY"),
    ("schema/small-primary-key", Mysql, "", "ALTER TABLE t CHANGE COLUMN id id smallint NOT NULL;", "CHANGE"),
];

#[test]
fn needless_alarms_of_other_tools_are_not_ours() {
    for (rule, dialect, before, sql, why) in SILENT {
        let found = review(*dialect, "", &format!("{TABLES}{before}"), sql);
        let said: Vec<&str> =
            found.iter().filter(|it| it.rule == *rule).map(|it| it.message.as_str()).collect();
        assert!(said.is_empty(), "{rule} says {said:?} of {sql}: {why}");
    }
}

#[test]
fn what_other_tools_miss_is_told() {
    for (rule, dialect, before, sql, why) in FIRES {
        let version = match (*rule, dialect) {
            ("locks/instant-version-bug", _) => "8.0.30",
            ("correctness/concurrent-index-corruption", _) => "14.2",
            _ => "",
        };
        let found = review(*dialect, version, &format!("{TABLES}{before}"), sql);
        let rules: Vec<&str> = found.iter().map(|it| it.rule).collect();
        assert!(rules.contains(rule), "{rule} is silent about {sql}: {why}; found are {rules:?}");
    }
}

#[test]
fn what_a_block_runs_is_told_at_its_own_place() {
    let sql = "DO $$ BEGIN\n  PERFORM 1;\n  CREATE INDEX t_a ON t (a);\nEND $$;";
    let found = review(Postgres, "", TABLES, sql);
    let index = found.iter().find(|it| it.rule == "locks/create-index").unwrap();
    assert_eq!(index.span.slice(sql), "CREATE INDEX t_a ON t (a)");
    assert!(index.statement.slice(sql).starts_with("DO"), "a suppression above the block covers it");
}

#[test]
fn a_block_is_replayed_statement_by_statement() {
    let sql = "DO $$ BEGIN CREATE TABLE n (a int); CREATE INDEX n_a ON n (a); END $$;";
    let found = review(Postgres, "", TABLES, sql);
    assert!(found.iter().all(|it| it.rule != "locks/create-index"), "the table is new");
}

#[test]
fn a_rule_that_yields_speaks_where_the_better_one_is_off() {
    let mut policy = Policy::of(RuleSet::Recommended);
    policy.set_severity("locks/set-not-null", "off").unwrap();
    let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
    let mut reviewer = Reviewer::new(Schema::empty(Postgres), &policy, conditions);
    let read = |sql: &str| Script::read(Postgres, SourceFile::new("a.sql", sql), ChangeInfo::default());
    reviewer.replay(&read(TABLES));
    let found = reviewer.review(&read("ALTER TABLE t ALTER COLUMN a SET NOT NULL;")).findings;
    let rules: Vec<&str> = found.iter().map(|it| it.rule).collect();
    assert_eq!(rules, ["compatibility/add-not-null"]);
}
