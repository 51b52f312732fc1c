//! What a statement is, how it may run, what it is about.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use sluice_sql::Dialect::{self, Mariadb, Mysql, Postgres, Sqlite};
use sluice_sql::{Kind, Mode, Object, classify, contains_string_literal};

/// `Kind Mode table=a.b index=i`, in lower case but for names.
fn show(dialect: Dialect, sql: &str) -> String {
    let facts = classify(dialect, sql);
    let kind = match &facts.kind {
        Kind::Create { if_not_exists, or_replace, concurrently } => flags(
            "create",
            &[
                ("if-not-exists", *if_not_exists),
                ("or-replace", *or_replace),
                ("concurrently", *concurrently),
            ],
        ),
        Kind::Drop { if_exists, concurrently } => {
            flags("drop", &[("if-exists", *if_exists), ("concurrently", *concurrently)])
        }
        Kind::Reindex { concurrently } => flags("reindex", &[("concurrently", *concurrently)]),
        Kind::AddEnumValue { value } => format!("add-enum-value<{value}>"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mode = match facts.mode {
        Mode::Control(control) => format!("{control:?}").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    };
    let objects = facts
        .objects
        .iter()
        .map(|Object { kind, name }| format!(" {}={}", format!("{kind:?}").to_lowercase(), name.join(".")));
    format!("{kind} {mode}{}", objects.collect::<String>())
}

fn flags(kind: &str, flags: &[(&str, bool)]) -> String {
    let set = flags.iter().filter(|(_, on)| *on).map(|(name, _)| format!("+{name}"));
    format!("{kind}{}", set.collect::<String>())
}

fn check(dialect: Dialect, cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        assert_eq!(show(dialect, sql), *expected, "{dialect}: {sql}");
    }
}

#[test]
#[rustfmt::skip]
fn postgres_statements() {
    check(Postgres, &[
        ("CREATE TABLE IF NOT EXISTS Public.\"Orders\" (a int)", "create+if-not-exists transactional table=public.Orders"),
        ("/* c */ create unlogged table t (a int)", "create transactional table=t"),
        ("CREATE FOREIGN TABLE ft (a int) SERVER s", "create transactional table=ft"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t (a)", "create+if-not-exists+concurrently autocommit index=i table=s.t"),
        ("CREATE INDEX ON t (a)", "create transactional index= table=t"),
        ("CREATE INDEX CONCURRENTLY ON t (a)", "create+concurrently autocommit index= table=t"),
        ("CREATE INDEX concurrently_i ON t (a)", "create transactional index=concurrently_i table=t"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "create+or-replace transactional view=v"),
        ("CREATE OR REPLACE RECURSIVE VIEW v (n) AS SELECT 1", "create+or-replace transactional view=v"),
        ("CREATE MATERIALIZED VIEW mv AS SELECT 1", "create transactional materializedview=mv"),
        ("CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int RETURN 1", "create+or-replace transactional function=s.f"),
        ("CREATE CONSTRAINT TRIGGER tr AFTER INSERT OR UPDATE OF a ON s.t FOR EACH ROW EXECUTE FUNCTION f()", "create transactional trigger=tr table=s.t"),
        ("CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING", "create transactional other=r table=v"),
        ("CREATE POLICY p ON t USING (true)", "create transactional other=p table=t"),
        ("CREATE SCHEMA AUTHORIZATION joe", "create transactional schema=joe"),
        ("CREATE TYPE s.mood AS ENUM ('a')", "create transactional type=s.mood"),
        ("CREATE DOMAIN d AS text", "create transactional type=d"),
        ("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"", "create+if-not-exists transactional extension=uuid-ossp"),
        ("CREATE DATABASE d", "create autocommit database=d"),
        ("DROP DATABASE IF EXISTS d", "drop+if-exists autocommit database=d"),
        ("CREATE TABLESPACE ts LOCATION '/x'", "create autocommit other=ts"),
        ("DROP TABLESPACE ts", "drop autocommit other=ts"),
        ("ALTER DATABASE d SET TABLESPACE ts", "alter autocommit database=d"),
        ("ALTER DATABASE d SET work_mem = '1MB'", "alter transactional database=d"),
        ("ALTER SYSTEM SET wal_level = 'logical'", "alter autocommit"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "create autocommit other=s"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", "create transactional other=s"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (copy_data, create_slot = off)", "create transactional other=s"),
        ("DROP SUBSCRIPTION s", "drop autocommit other=s"),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "alter autocommit other=s"),
        ("ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)", "alter transactional other=s"),
        ("ALTER SUBSCRIPTION s DISABLE", "alter transactional other=s"),
        ("DROP INDEX CONCURRENTLY IF EXISTS a.b", "drop+if-exists+concurrently autocommit index=a.b"),
        ("DROP TABLE a, b.c CASCADE", "drop transactional table=a table=b.c"),
        ("DROP FUNCTION IF EXISTS f(int, text), g", "drop+if-exists transactional function=f function=g"),
        ("DROP TRIGGER tr ON t", "drop transactional trigger=tr table=t"),
        ("DROP OWNED BY x", "privilege transactional"),
        ("ALTER TABLE ONLY s.t ADD COLUMN a int", "alter transactional table=s.t"),
        ("ALTER TABLE a RENAME TO b", "alter transactional table=a"),
        ("ALTER TABLE IF EXISTS p DETACH PARTITION s.q CONCURRENTLY", "alter autocommit table=p table=s.q"),
        ("ALTER TABLE p DETACH PARTITION q FINALIZE", "alter transactional table=p table=q"),
        ("ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "alter transactional"),
        ("ALTER TYPE s.mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'ok'", "add-enum-value<it's> transactional type=s.mood"),
        ("ALTER TYPE mood ADD VALUE E'a\\'b'", "add-enum-value<a'b> transactional type=mood"),
        ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", "alter transactional type=mood"),
        ("ALTER ROLE r SET search_path TO a", "privilege transactional role=r"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r", "privilege transactional"),
        ("COMMENT ON COLUMN s.t.c IS 'x'", "alter transactional table=s.t"),
        ("COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'", "alter transactional type=d"),
        ("COMMENT ON TABLE t IS 'x'", "alter transactional table=t"),
        ("REINDEX TABLE t", "reindex transactional table=t"),
        ("REINDEX INDEX CONCURRENTLY i", "reindex+concurrently autocommit index=i"),
        ("REINDEX (CONCURRENTLY, VERBOSE) TABLE s.t", "reindex+concurrently autocommit table=s.t"),
        ("REINDEX (CONCURRENTLY false) TABLE t", "reindex transactional table=t"),
        ("REINDEX SCHEMA s", "reindex autocommit schema=s"),
        ("REINDEX SYSTEM d", "reindex autocommit database=d"),
        ("VACUUM (FULL) t", "maintenance autocommit"),
        ("ANALYZE t", "maintenance transactional"),
        ("CLUSTER", "maintenance autocommit"),
        ("CLUSTER VERBOSE t USING i", "maintenance transactional table=t"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY mv", "dml transactional materializedview=mv"),
        ("TRUNCATE TABLE ONLY a, b RESTART IDENTITY", "truncate transactional table=a table=b"),
        ("LOCK TABLE ONLY t IN SHARE MODE", "lock transactional table=t"),
        ("WITH x AS (DELETE FROM a) SELECT 1", "query transactional"),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "dml transactional"),
        ("COPY t FROM stdin", "dml transactional"),
        ("(SELECT 1)", "query transactional"),
        ("CALL p()", "call opaque"),
        ("DO $$ BEGIN COMMIT; END $$", "call autocommit"),
        ("DO LANGUAGE plpgsql $$ BEGIN IF a THEN ROLLBACK; END IF; END $$", "call autocommit"),
        ("DO $$ BEGIN <<l>> CALL p(); END $$", "call opaque"),
        ("DO 'BEGIN commit; END'", "call autocommit"),
        ("DO $$ BEGIN PERFORM 'commit;'; -- ; commit;\n INSERT INTO commit VALUES (1); END $$", "call transactional"),
        ("SET search_path = a", "set session"),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "set session"),
        ("SET ROLE r", "set session"),
        ("SET SESSION AUTHORIZATION r", "set session"),
        ("SET LOCAL lock_timeout = '5s'", "set transactional"),
        ("SET CONSTRAINTS ALL DEFERRED", "set transactional"),
        ("SET TRANSACTION READ ONLY", "set transactional"),
        ("RESET ALL", "set session"),
        ("DISCARD ALL", "set autocommit"),
        ("DISCARD PLANS", "set session"),
        ("LISTEN c", "set session"),
        ("SELECT pg_catalog.set_config('search_path', '', false)", "set session"),
        ("SELECT set_config('a', 'b', true)", "set transactional"),
        ("SELECT set_config('a', f(), false)", "query transactional"),
        ("SELECT set_config('a', 'b', false), f()", "query transactional"),
        ("PREPARE p AS SELECT 1", "set session"),
        ("PREPARE TRANSACTION 'x'", "transaction unsupported"),
        ("COMMIT PREPARED 'x'", "transaction unsupported"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "transaction begin"),
        ("START TRANSACTION", "transaction begin"),
        ("END", "transaction commit"),
        ("COMMIT WORK AND NO CHAIN", "transaction commit"),
        ("COMMIT AND CHAIN", "transaction unsupported"),
        ("ABORT", "transaction rollback"),
        ("ROLLBACK", "transaction rollback"),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", "transaction savepoint"),
        ("SAVEPOINT a", "transaction savepoint"),
        ("RELEASE a", "transaction savepoint"),
        ("GRANT SELECT ON t TO r", "privilege transactional"),
        ("CREATE USER u", "privilege transactional role=u"),
        ("NOTIFY c", "other transactional"),
        ("", "other transactional"),
    ]);
}

#[test]
#[rustfmt::skip]
fn mysql_and_mariadb_statements() {
    for dialect in [Mysql, Mariadb] {
        check(dialect, &[
            ("CREATE TABLE IF NOT EXISTS `my db`.`t-1` (id int)", "create+if-not-exists autocommit table=my db.t-1"),
            ("CREATE TABLE 2fa (id int)", "create autocommit table=2fa"),
            ("CREATE TEMPORARY TABLE t (id int)", "create session table=t"),
            ("DROP TEMPORARY TABLE IF EXISTS t", "drop+if-exists session table=t"),
            ("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a`@`%` SQL SECURITY DEFINER VIEW v1 AS SELECT 1", "create+or-replace autocommit view=v1"),
            ("CREATE DEFINER=trigger@localhost TRIGGER s.t BEFORE INSERT ON s.x FOR EACH ROW SET @a = 1", "create autocommit trigger=s.t table=s.x"),
            ("CREATE DEFINER=CURRENT_USER() PROCEDURE p() BEGIN END", "create autocommit procedure=p"),
            ("CREATE UNIQUE INDEX i ON t (a)", "create autocommit index=i table=t"),
            ("CREATE EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 HOUR DO SELECT 1", "create+if-not-exists autocommit event=e"),
            ("/*!50001 CREATE VIEW v AS SELECT 1 */", "create autocommit view=v"),
            ("/*!40101 SET NAMES utf8 */", "set session"),
            ("ALTER TABLE t ADD COLUMN a int", "alter autocommit table=t"),
            ("ALTER DATABASE CHARACTER SET utf8mb4", "alter autocommit database="),
            ("ALTER DATABASE `default` CHARACTER SET utf8mb4", "alter autocommit database=default"),
            ("DROP TABLE IF EXISTS a, b.c", "drop+if-exists autocommit table=a table=b.c"),
            ("DROP INDEX i ON t", "drop autocommit index=i table=t"),
            ("RENAME TABLE a TO b, c.d TO e", "alter autocommit table=a table=b table=c.d table=e"),
            ("TRUNCATE t", "truncate autocommit table=t"),
            ("ANALYZE NO_WRITE_TO_BINLOG TABLE t1, t2", "maintenance autocommit table=t1 table=t2"),
            ("OPTIMIZE TABLE t", "maintenance autocommit table=t"),
            ("FLUSH TABLES", "maintenance autocommit"),
            ("LOAD INDEX INTO CACHE t", "maintenance autocommit"),
            ("LOAD DATA INFILE 'x' INTO TABLE t", "dml transactional"),
            ("INSTALL PLUGIN p SONAME 'x'", "other autocommit"),
            ("LOCK TABLES `a` WRITE, b AS x READ LOCAL", "lock autocommit table=a table=b"),
            ("UNLOCK TABLES", "lock autocommit"),
            ("GRANT SELECT ON *.* TO u", "privilege autocommit"),
            ("SET PASSWORD = 'x'", "privilege autocommit"),
            ("CREATE USER u", "privilege autocommit"),
            ("DROP ROLE r", "privilege autocommit"),
            ("SET @a = 1, SESSION sql_mode = ''", "set session"),
            ("SET @global = 1", "set autocommit"),
            ("SET GLOBAL max_connections = 1", "set autocommit"),
            ("SET @a = 1, @@GLOBAL.max_connections = 200", "set autocommit"),
            ("SET @a = global", "set session"),
            ("SET ROLE r", "set session"),
            ("USE shop", "set session"),
            ("PREPARE s FROM 'SELECT 1'", "set session"),
            ("EXECUTE s", "call opaque"),
            ("DEALLOCATE PREPARE s", "set session"),
            ("CALL p()", "call opaque"),
            ("DO SLEEP(0)", "query transactional"),
            ("INSERT INTO t VALUES (1)", "dml transactional"),
            ("WITH c AS (SELECT 1) UPDATE t SET a = 1", "dml transactional"),
            ("START TRANSACTION", "transaction begin"),
            ("BEGIN", "transaction begin"),
            ("COMMIT", "transaction commit"),
            ("COMMIT AND CHAIN", "transaction unsupported"),
            ("ROLLBACK TO a", "transaction savepoint"),
            ("XA START 'x'", "transaction unsupported"),
        ]);
    }
    check(Mariadb, &[
        ("BEGIN NOT ATOMIC SELECT 1; END", "call opaque"),
        ("SET STATEMENT max_statement_time=1 FOR ALTER TABLE t ADD a int", "alter autocommit table=t"),
        ("CREATE SEQUENCE s", "create autocommit sequence=s"),
        ("/*M!100100 CREATE TABLE t (a int) */", "create autocommit table=t"),
    ]);
}

#[test]
#[rustfmt::skip]
fn sqlite_statements() {
    check(Sqlite, &[
        ("CREATE TABLE IF NOT EXISTS main.[my t] (a)", "create+if-not-exists transactional table=main.my t"),
        ("CREATE TABLE 'x y' (a)", "create transactional table=x y"),
        ("CREATE VIRTUAL TABLE ft USING fts5(a)", "create transactional table=ft"),
        ("CREATE UNIQUE INDEX i ON t (a)", "create transactional index=i table=t"),
        ("CREATE TEMP TRIGGER tr INSTEAD OF INSERT ON v BEGIN SELECT 1; END", "create transactional trigger=tr table=v"),
        ("DROP VIEW IF EXISTS v", "drop+if-exists transactional view=v"),
        ("ALTER TABLE main.t RENAME TO u", "alter transactional table=main.t"),
        ("VACUUM", "maintenance autocommit"),
        ("VACUUM main INTO 'b.db'", "other autocommit"),
        ("PRAGMA foreign_keys = ON", "set session"),
        ("PRAGMA main.cache_size(-2000)", "set session"),
        ("PRAGMA defer_foreign_keys = ON", "set transactional"),
        ("PRAGMA user_version = 3", "set transactional"),
        ("PRAGMA user_version", "query transactional"),
        ("PRAGMA journal_mode = WAL", "maintenance autocommit"),
        ("PRAGMA journal_mode", "query transactional"),
        ("PRAGMA wal_checkpoint", "maintenance autocommit"),
        ("PRAGMA table_info('t')", "query transactional"),
        ("ATTACH 'x' AS y", "set session"),
        ("REINDEX t", "reindex transactional"),
        ("BEGIN IMMEDIATE", "transaction begin"),
        ("END TRANSACTION", "transaction commit"),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", "transaction savepoint"),
        ("REPLACE INTO t VALUES (1)", "dml transactional"),
    ]);
}

#[test]
fn a_literal_is_found_however_it_is_quoted() {
    for (dialect, sql, value, expected) in [
        (Postgres, "INSERT INTO t VALUES ('meh')", "meh", true),
        (Postgres, "INSERT INTO t VALUES ('mehr')", "meh", false),
        (Postgres, "ALTER TABLE meh ADD \"meh\" int -- 'meh'", "meh", false),
        (Postgres, "UPDATE t SET a = 'it''s'", "it's", true),
        (Postgres, "UPDATE t SET a = E'm\\x65h'", "meh", true),
        (Postgres, "UPDATE t SET a = $q$meh$q$", "meh", true),
        (Postgres, "DO $$ BEGIN EXECUTE 'INSERT INTO t VALUES (''meh'')'; END $$", "meh", true),
        (Postgres, "DO $$ BEGIN RAISE NOTICE 'meh!'; END $$", "meh", false),
        (Mysql, "UPDATE t SET a = \"me\\h\"", "meh", true),
        (Sqlite, "UPDATE t SET a = 'meh'", "meh", true),
    ] {
        assert_eq!(contains_string_literal(dialect, sql, value), expected, "{sql}");
    }
}
