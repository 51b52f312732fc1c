use crate::case::{CASE, Case, tell};
use crate::schema::Server;

pub const CASES: &[Case] = &[
    Case {
        rule: "transactions/explicit",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x');",
        change: "BEGIN;\nALTER TABLE t ADD COLUMN b TEXT;\nUPDATE t SET b = 'y' WHERE id = 1;\nCOMMIT;\n",
        ..CASE
    },
    Case {
        rule: "correctness/sqlite-add-column",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x');",
        change: "ALTER TABLE t ADD COLUMN code TEXT UNIQUE;",
        instead: Some((
            "ALTER TABLE t ADD COLUMN code TEXT; CREATE UNIQUE INDEX t_code_key ON t (code);",
            "the server refuses it as it is written",
        )),
        ..CASE
    },
    Case {
        rule: "correctness/sqlite-drop-column",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT); INSERT INTO t VALUES (1, 'x', 2); CREATE INDEX t_a ON t (a);",
        change: "-- sluice: phase=contract\nALTER TABLE t DROP COLUMN a;",
        instead: Some((
            "DROP INDEX t_a; ALTER TABLE t DROP COLUMN a;",
            "the server refuses it as it is written",
        )),
        ..CASE
    },
    Case {
        rule: "correctness/insert-without-columns",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);",
        change: "INSERT INTO t VALUES (1, 'x');",
        ..CASE
    },
    Case {
        rule: "rows/mixed-ddl-and-dml",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x');",
        change: "ALTER TABLE t ADD COLUMN b TEXT;\nUPDATE t SET b = a WHERE id = 1;\n",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "correctness/double-quoted-string",
        before: "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x');",
        change: "UPDATE t SET a = \"it's paid\" WHERE id = 1;",
        ..CASE
    },
];

#[test]
fn fixes_lead_to_the_same_on_sqlite() {
    tell(Server::Sqlite, CASES);
}
