use std::io::Write;
use std::process::{Command, Stdio};

use sluice_sql::Dialect::Sqlite;
use sluice_sql::{PieceKind, split};

use crate::found;

/// Tables that the texts use, so that every statement can be prepared.
const SETUP: &str = "CREATE TABLE t(a,b); CREATE TABLE \"end\"(\"end\",\"begin\"); CREATE TABLE \"begin\"(x); CREATE VIEW v AS SELECT 1 AS a;\n";

const TEXTS: &[&str] = &[
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1; SELECT 2",
    "SELECT 1;\r\nSELECT 2;\r\n",
    "SELECT\n1\n;\nSELECT 2;",
    "SELECT 1; -- c; d\nSELECT 2;",
    "SELECT /* a; */ 1; SELECT 2;",
    "SELECT 1 /* a /* b; */ + 0; SELECT 2;",
    "SELECT 1; /* to the end; ",
    "SELECT 5--3;\n+1;SELECT 2;",
    "SELECT 5 - -3; SELECT 2;",
    "SELECT 'a;b'; SELECT 'it''s; c';",
    "SELECT 'a\nb;\nc'; SELECT 2;",
    r"SELECT '\'; SELECT 2;",
    "SELECT \"a\"\";b\" FROM (SELECT 1 AS \"a\"\";b\"); SELECT 2;",
    "SELECT `c;` FROM (SELECT 1 AS `c;`); SELECT 2;",
    "SELECT `a``;b` FROM (SELECT 1 AS `a``;b`); SELECT 2;",
    "SELECT [a;b] FROM (SELECT 1 AS [a;b]); SELECT 2;",
    "SELECT [a'b] FROM (SELECT 1 AS [a'b]); SELECT ';';",
    "SELECT x'3b', X'3B'; SELECT 2;",
    "SELECT 1 AS é; SELECT 'ü;日';",
    "SELECT ?1, :a, @b, $c; SELECT 2;",
    "SELECT $a::b; SELECT 2;",
    "SELECT '{}' -> '$.a'; SELECT '{}' ->> '$.b';",
    "SELECT 1 || ';' ; SELECT 2;",
    "SELECT CASE WHEN 1 THEN 2 END; SELECT 2;",
    "BEGIN; SELECT 1; END; SELECT 2;",
    "BEGIN IMMEDIATE TRANSACTION; INSERT INTO t VALUES (1, ';'); COMMIT;",
    "SAVEPOINT a; SELECT 1; RELEASE a;",
    "SELECT end FROM end; SELECT begin FROM end;",
    "SELECT end.end, end.begin FROM end; SELECT x FROM begin;",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN new.a THEN 1 ELSE 2 END; END; SELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN new.a THEN 1 END; DELETE FROM t WHERE b = ';'; END; SELECT 2;",
    "create temp trigger tr after update of a on t for each row when new.a > 1 begin select 1; select 2; end; SELECT 2;",
    "CREATE TRIGGER IF NOT EXISTS begin AFTER INSERT ON begin BEGIN SELECT 1; END; SELECT 2;",
    "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN SELECT end FROM end; END; SELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; /* END; */ SELECT 2; END; SELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1;\n-- x;\nEND\n;\nSELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON end BEGIN SELECT new.end, new.begin; END; SELECT 2;",
    "CREATE TRIGGER tr AFTER INSERT ON t WHEN CASE new.a WHEN 1 THEN 2 END BEGIN SELECT 1; END; SELECT 2;",
    "CREATE TABLE [my t] (\"a;b\" INT, `c;d` TEXT, 'e;f' BLOB); SELECT 2;",
    "CREATE TABLE u (a CHECK (a <> ';'), b DEFAULT (1)); SELECT 2;",
    "CREATE VIEW w AS SELECT ';' AS a; SELECT 2;",
    "CREATE INDEX i ON t (a) WHERE b = ';'; SELECT 2;",
    "INSERT INTO t VALUES (1, ';'), (2, '--'), (3, '/*'); SELECT 2;",
    "WITH c(n) AS (VALUES (1)) SELECT n FROM c; SELECT 2;",
    "PRAGMA foreign_keys = ON; SELECT 2;",
    "PRAGMA table_info('t'); SELECT 2;",
    "ATTACH ':memory:' AS x; DETACH x; SELECT 2;",
    "VACUUM; SELECT 2;",
    "REINDEX; SELECT 2;",
    "SELECT 1 LIMIT 1, 2; SELECT 2;",
    "SELECT 1e5, .5, 0xFF; SELECT 2;",
    "SELECT\u{c}1; SELECT 2;",
    "VALUES (1, ';'), (2, ''''); SELECT 2;",
    "SELECT (SELECT ';'); SELECT ((2));",
];

#[test]
fn sqlite3_ends_statements_where_we_do() {
    if !found("sqlite3") {
        return;
    }
    let mut different = Vec::new();
    for text in TEXTS {
        let expected: String = ours(text).iter().map(|statement| format!("{statement};\n")).collect();
        let traced = sqlite3(text);
        if squeeze(&traced) != squeeze(&expected) {
            different.push(format!("{text:?}\n    ours: {expected:?}\n sqlite3: {traced:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// SQLite keeps what stands between a statement and its `;`.
fn squeeze(text: &str) -> String {
    text.replace("\n;", ";").replace(" ;", ";")
}

fn ours(text: &str) -> Vec<String> {
    let pieces = split(Sqlite, text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let statements = pieces.iter().filter(|piece| piece.kind == PieceKind::Statement);
    statements.map(|piece| piece.body.slice(text).to_owned()).collect()
}

/// Every statement that the shell runs, each ended by `;` and a line break.
fn sqlite3(text: &str) -> String {
    let mut shell = Command::new("sqlite3")
        .args(["-batch", ":memory:"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = format!("{SETUP}.trace stderr --plain\n{text}");
    shell.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(shell.wait_with_output().unwrap().stderr).unwrap()
}
