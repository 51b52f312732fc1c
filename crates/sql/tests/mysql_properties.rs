//! Promises of the MySQL grammar that hold for any text: no panic, little stack, linear time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use proptest::prelude::*;
use sluice_sql::Dialect::{Mariadb, Mysql};
use sluice_sql::model::{Parsed, Reason, Statement};
use sluice_sql::{effort, parse};
use sluice_text::Span;

fn understand(sql: &str) -> Parsed {
    parse(Mysql, sql, Span::new(0, sql.len()))
}

const WORDS: &[&str] = &[
    "CREATE",
    "ALTER",
    "DROP",
    "TABLE",
    "INDEX",
    "VIEW",
    "TRIGGER",
    "EVENT",
    "PROCEDURE",
    "FUNCTION",
    "USER",
    "ROLE",
    "DATABASE",
    "SEQUENCE",
    "OR REPLACE",
    "IF",
    "NOT",
    "EXISTS",
    "t",
    "a",
    "b",
    "`q`",
    "(",
    ")",
    "(",
    ")",
    ",",
    ";",
    ".",
    "=",
    "*",
    "+",
    "-",
    "@",
    ":",
    "'s'",
    "\"d\"",
    "1",
    "2.5",
    "0x1F",
    "INT",
    "VARCHAR",
    "ENUM",
    "UNSIGNED",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "KEY",
    "UNIQUE",
    "FOREIGN",
    "REFERENCES",
    "CONSTRAINT",
    "CHECK",
    "ON",
    "UPDATE",
    "DELETE",
    "CASCADE",
    "SET",
    "ADD",
    "COLUMN",
    "MODIFY",
    "CHANGE",
    "RENAME",
    "TO",
    "FIRST",
    "AFTER",
    "PARTITION",
    "BY",
    "RANGE",
    "VALUES",
    "LESS",
    "THAN",
    "MAXVALUE",
    "ENGINE",
    "CHARACTER",
    "COLLATE",
    "COMMENT",
    "ALGORITHM",
    "LOCK",
    "WAIT",
    "NOWAIT",
    "AS",
    "GENERATED",
    "ALWAYS",
    "STORED",
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "IN",
    "LIKE",
    "BETWEEN",
    "IS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "JOIN",
    "LEFT",
    "USING",
    "GROUP",
    "ORDER",
    "LIMIT",
    "UNION",
    "WITH",
    "RECURSIVE",
    "INTO",
    "FOR",
    "INSERT",
    "REPLACE",
    "IGNORE",
    "DUPLICATE",
    "BEGIN",
    "DECLARE",
    "HANDLER",
    "CURSOR",
    "LOOP",
    "WHILE",
    "DO",
    "REPEAT",
    "UNTIL",
    "RETURN",
    "CALL",
    "PREPARE",
    "EXECUTE",
    "IMMEDIATE",
    "GRANT",
    "REVOKE",
    "IDENTIFIED",
    "SHOW",
    "EXPLAIN",
    "ANALYZE",
    "LOAD",
    "DATA",
    "INFILE",
    "/*!50100",
    "/*M!",
    "*/",
    "-- x\n",
    "INTERVAL",
    "DAY",
    "CAST",
    "OVER",
    "EACH",
    "ROW",
    "BEFORE",
    "EVERY",
    "SCHEDULE",
    "DEFINER",
    "SQL",
    "SECURITY",
    "STATEMENT",
    "{",
    "}",
    "?",
    "<",
    ">",
    "|",
    "&",
    "\\",
    "é",
];

/// Everything that a result says about places must be places of the text.
fn sound(sql: &str, parsed: &Parsed) {
    assert_eq!(parsed.span, Span::new(0, sql.len()));
    for part in &parsed.not_analysed {
        assert!(sql.get(part.span.start..part.span.end).is_some(), "{part:?} of {sql:?}");
    }
    for target in parsed.statement.targets() {
        assert!(sql.get(target.name.span.start..target.name.span.end).is_some(), "{target:?} of {sql:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn soup_of_tokens_never_panics(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        let sql = words.join(" ");
        for dialect in [Mysql, Mariadb] {
            sound(&sql, &parse(dialect, &sql, Span::new(0, sql.len())));
        }
    }

    #[test]
    fn soup_behind_a_real_beginning_never_panics(
        start in prop::sample::select(&[
            "CREATE TABLE t (a INT", "ALTER TABLE t", "SELECT", "CREATE PROCEDURE p() BEGIN", "INSERT INTO t VALUES", "UPDATE t SET",
            "DELETE FROM t WHERE", "GRANT", "CREATE USER u", "SET", "CREATE EVENT e ON SCHEDULE", "CREATE VIEW v AS", "LOAD DATA",
        ][..]),
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60),
    ) {
        let sql = format!("{start} {}", words.join(" "));
        for dialect in [Mysql, Mariadb] {
            sound(&sql, &parse(dialect, &sql, Span::new(0, sql.len())));
        }
    }

    #[test]
    fn any_text_never_panics(sql in "\\PC{0,200}") {
        sound(&sql, &understand(&sql));
    }
}

/// Reads on a thread with the smallest stack that is promised to be enough; says how many bytes and tokens it looked at.
fn on_a_small_stack(sql: String) -> (Parsed, u64) {
    let read = move || effort(|| understand(&sql));
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap()
}

#[test]
fn nesting_has_a_limit_and_needs_no_stack() {
    let deep = 100_000;
    let wrap = |before: &str, open: &str, middle: &str, close: &str| {
        format!("{before}{}{middle}{}", open.repeat(deep), close.repeat(deep))
    };
    for sql in [
        wrap("SELECT ", "(", "1", ")"),
        wrap("SELECT ", "f(", "1", ")"),
        wrap("SELECT ", "CASE WHEN 1 THEN ", "1", " END"),
        wrap("SELECT ", "(SELECT ", "1", ")"),
        wrap("", "(", "SELECT 1", ")"),
        wrap("SELECT * FROM ", "(", "t", ")"),
        wrap("SELECT * FROM ", "(SELECT * FROM ", "t", ") x"),
        wrap("SELECT 1 WHERE 1 IN ", "(SELECT 1 WHERE 1 IN ", "(1)", ")"),
        wrap("", "WITH a AS (", "SELECT 1", ") SELECT 1"),
        wrap("", "EXPLAIN ", "SELECT 1", ""),
        wrap("", "SET STATEMENT a = 1 FOR ", "SELECT 1", ""),
        wrap("CREATE TABLE t (a INT DEFAULT ", "(", "1", ")"),
        wrap("CREATE TABLE t (a INT CHECK (", "NOT (", "a", ")"),
        wrap("CREATE PROCEDURE p() ", "BEGIN ", "SELECT 1; ", "END; "),
        wrap("CREATE PROCEDURE p() ", "IF 1 THEN ", "SELECT 1; ", "END IF; "),
        wrap("", "CREATE PROCEDURE p() ", "SELECT 1", ""),
        wrap("CREATE PROCEDURE p() ", "DECLARE EXIT HANDLER FOR NOT FOUND ", "SELECT 1", ""),
        wrap("INSERT INTO t VALUES ", "(", "1", ")"),
        wrap("CREATE TABLE t ", "(", "a INT", ")"),
        "(".repeat(deep),
        "SELECT (".repeat(deep),
        "BEGIN NOT ATOMIC ".repeat(deep),
    ] {
        let (parsed, spent) = on_a_small_stack(sql.clone());
        sound(&sql, &parsed);
        let start: String = sql.chars().take(30).collect();
        let length = u64::try_from(sql.len()).unwrap();
        // Each of the 64 levels that are followed may look ahead to the end once.
        assert!(spent < 100 * length, "{start}: {spent} bytes and tokens looked at of {length}");
    }
    let (parsed, _) = on_a_small_stack(wrap("SELECT ", "(SELECT ", "1", ")"));
    assert!(
        parsed.not_analysed.iter().any(|part| part.reason == Reason::TooDeep),
        "{:?}",
        parsed.not_analysed
    );
}

/// Of ten times the text, ten times as much is looked at.
#[test]
fn effort_grows_with_the_length_of_the_text() {
    type Make = fn(usize) -> String;
    let shapes: [(&str, Make); 12] = [
        ("rows", |n| format!("INSERT INTO t VALUES {}(1)", "(1, 'it''s', NOW()), ".repeat(n))),
        ("columns", |n| format!("CREATE TABLE t ({}z INT)", "a INT NOT NULL DEFAULT 1, ".repeat(n))),
        ("actions", |n| format!("ALTER TABLE t {}FORCE", "ADD COLUMN a INT, DROP INDEX b, ".repeat(n))),
        ("list", |n| format!("SELECT 1 FROM t WHERE a IN ({}1)", "1, ".repeat(n))),
        ("conditions", |n| format!("SELECT 1 FROM t WHERE {}a", "a = 1 AND b IS NULL OR ".repeat(n))),
        ("unions", |n| format!("{}SELECT 1", "SELECT a FROM t UNION ALL ".repeat(n))),
        ("joins", |n| format!("SELECT 1 FROM t {}", "JOIN u ON t.a = u.a ".repeat(n))),
        ("ctes", |n| {
            let mut sql = "WITH ".to_owned();
            for index in 0..n {
                let _ = write!(sql, "c{index} AS (SELECT 1 FROM d), ");
            }
            format!("{sql}z AS (SELECT 1) SELECT * FROM z")
        }),
        ("program", |n| {
            format!(
                "CREATE PROCEDURE p() BEGIN {} END",
                "IF a > 0 THEN UPDATE t SET a = 1 WHERE b = 2; END IF; ".repeat(n)
            )
        }),
        ("open", |n| "(".repeat(n * 10)),
        ("soup", |n| format!("ALTER TABLE t {}", ") = . 'x' ( ".repeat(n))),
        ("comments", |n| format!("SELECT {}1", "/*! 1 + */ /* x */ ".repeat(n))),
    ];
    for (name, make) in shapes {
        let spent = |n: usize| on_a_small_stack(make(n)).1;
        let (short, long) = (spent(1_000), spent(10_000));
        eprintln!("{name}: {short}, ten times as long: {long}");
        assert!(long <= short * 11, "{name}: {short}, ten times as long: {long}");
    }
}

#[test]
fn values_are_counted_whatever_they_look_like() {
    for (rows, count, width) in [
        ("(1, 'a''b', NULL), (-2, 'c\\'),(', 0x1F)", 2, 3),
        ("(1.5,'x' 'y',null , nullif(1, 2)), (1, 2, 3, 4)", 2, 4),
        ("((1), f(2, (3), '(')), (1 -- ),(\n , 2)", 2, 2),
        ("(_binary 'a', 1e5, \"x),(\", /* ),( */ TRUE)", 1, 4),
        ("(), ()", 2, 0),
    ] {
        let sql = format!("INSERT INTO t VALUES {rows}");
        let Statement::Insert(insert) = understand(&sql).statement else { unreachable!() };
        let sluice_sql::model::InsertSource::Values { rows: found, width: wide, span } = insert.source else {
            unreachable!()
        };
        assert_eq!((found, wide, span.slice(&sql)), (count, width, rows));
    }
}

#[test]
fn text_that_is_cut_off_is_said_and_not_refused() {
    let sql = "CREATE TABLE t (a INT COMMENT 'never closed";
    let parsed = understand(sql);
    assert!(matches!(parsed.statement, Statement::CreateTable(_)));
    assert!(
        parsed.not_analysed.iter().any(|part| part.reason.to_string().contains("string is never closed")),
        "{parsed:?}"
    );
    for sql in
        ["", ";", " ", "-- only a comment", "/*!50000", "'", "`", "\u{0}", "CREATE", "ALTER TABLE", "SELECT"]
    {
        let parsed = understand(sql);
        sound(sql, &parsed);
        assert!(!parsed.not_analysed.is_empty(), "{sql:?}");
    }
}
