//! Promises of the SQLite grammar that hold for any text: no panic, little stack, linear time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use sluice_sql::Dialect::Sqlite;
use sluice_sql::model::{InsertSource, Parsed, Reason, Statement};
use sluice_sql::{effort, parse};
use sluice_text::Span;

fn understand(sql: &str) -> Parsed {
    parse(Sqlite, sql, Span::new(0, sql.len()))
}

const WORDS: &[&str] = &[
    "CREATE",
    "ALTER",
    "DROP",
    "TABLE",
    "INDEX",
    "VIEW",
    "TRIGGER",
    "VIRTUAL",
    "TEMP",
    "UNIQUE",
    "IF",
    "NOT",
    "EXISTS",
    "t",
    "a",
    "b",
    "\"q\"",
    "[w]",
    "`x`",
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
    "->",
    "||",
    "?1",
    ":p",
    "$p",
    "'s'",
    "x'00'",
    "1",
    "2.5e3",
    "0x1F",
    "INTEGER",
    "PRIMARY KEY",
    "AUTOINCREMENT",
    "REFERENCES",
    "FOREIGN KEY",
    "CONSTRAINT",
    "CHECK",
    "DEFAULT",
    "COLLATE NOCASE",
    "GENERATED ALWAYS AS",
    "STORED",
    "ON CONFLICT",
    "REPLACE",
    "DO UPDATE SET",
    "DO NOTHING",
    "STRICT",
    "WITHOUT ROWID",
    "AS",
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "OFFSET",
    "WITH",
    "RECURSIVE",
    "UNION ALL",
    "VALUES",
    "INSERT INTO",
    "UPDATE",
    "SET",
    "DELETE FROM",
    "RETURNING",
    "JOIN",
    "LEFT",
    "NATURAL",
    "ON",
    "USING",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "BEGIN",
    "AFTER",
    "FOR EACH ROW",
    "IN",
    "LIKE",
    "BETWEEN",
    "AND",
    "OR",
    "IS",
    "NULL",
    "CAST",
    "RAISE",
    "ABORT",
    "OVER",
    "FILTER",
    "PARTITION BY",
    "ROWS",
    "PRECEDING",
    "PRAGMA",
    "ATTACH",
    "DETACH",
    "VACUUM",
    "REINDEX",
    "ANALYZE",
    "EXPLAIN",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "TO",
    "RENAME",
    "ADD",
    "COLUMN",
    "COMMIT",
];

fn spans_fit(sql: &str, parsed: &Parsed) {
    for part in &parsed.not_analysed {
        assert!(part.span.start <= part.span.end && part.span.end <= sql.len(), "{sql}: {part:?}");
        assert!(
            sql.is_char_boundary(part.span.start) && sql.is_char_boundary(part.span.end),
            "{sql}: {part:?}"
        );
    }
    for inner in parsed.statement.nested() {
        spans_fit(sql, inner);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_row_of_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        let sql = words.join(" ");
        spans_fit(&sql, &understand(&sql));
    }

    #[test]
    fn no_text_makes_it_panic(start in prop::sample::select(WORDS), text in "\\PC{0,80}") {
        let sql = format!("{start} {text}");
        spans_fit(&sql, &understand(&sql));
    }

    #[test]
    fn what_is_read_is_what_stands_in_the_piece(before in "\\PC{0,20}", name in "[a-z]{1,8}") {
        let sql = format!("{before}DROP TABLE x{name}; DROP TABLE y");
        let piece = Span::new(before.len(), before.len() + 12 + name.len());
        let parsed = parse(Sqlite, &sql, piece);
        prop_assert_eq!(parsed.span, piece);
        let Statement::Drop(drop) = parsed.statement else { panic!("{sql}") };
        prop_assert_eq!(drop.names[0].span.slice(&sql), format!("x{name}"));
    }
}

#[test]
fn deep_nesting_is_said_and_costs_little_stack() {
    let deep = |open: &str, inner: &str, close: &str| {
        let levels = 100_000;
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    for sql in [
        format!("SELECT {}", deep("(", "1", ")")),
        format!("SELECT {}", deep("(SELECT ", "1", ")")),
        format!("SELECT {}", deep("f(", "1", ")")),
        format!("SELECT {}", deep("CASE WHEN ", "1", " THEN 1 END")),
        format!("SELECT {}", deep("1 IN (", "1", ")")),
        format!("SELECT {}", deep("CAST(", "1", " AS x)")),
        format!("SELECT * FROM {}", deep("(", "t", ")")),
        format!("SELECT * FROM {}", deep("(SELECT * FROM ", "t", ")")),
        deep("EXPLAIN ", "SELECT 1", ""),
        deep("CREATE TRIGGER t AFTER INSERT ON t BEGIN ", "SELECT 1;", "END;"),
        deep("WITH c AS (", "SELECT 1", ") SELECT 1"),
        format!("INSERT INTO t VALUES {}", deep("(SELECT ", "1", ")")),
        format!("CREATE TABLE t (a CHECK {})", deep("(", "1", ")")),
    ] {
        let parsed = understand(&sql);
        let mut deepest = &parsed;
        let mut said = false;
        loop {
            said |= deepest.not_analysed.iter().any(|part| part.reason == Reason::TooDeep);
            match deepest.statement.nested().first() {
                Some(inner) => deepest = inner,
                None => break,
            }
        }
        assert!(said, "{}", &sql[..60]);
    }
    // Long is not deep.
    for sql in [
        format!("SELECT {}1", "NOT ".repeat(100_000)),
        format!("SELECT {}1", "- ".repeat(100_000)),
        format!("SELECT 1{}", " + 1".repeat(100_000)),
        format!("SELECT 1 WHERE 1{}", " OR a = 1".repeat(100_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(100_000)),
        format!("SELECT 1 FROM t{}", " JOIN t ON 1".repeat(100_000)),
    ] {
        assert!(understand(&sql).not_analysed.is_empty(), "{}", &sql[..60]);
    }
}

/// Of ten times the text, ten times as much is looked at.
#[test]
fn effort_grows_with_the_length_and_no_faster() {
    let repeated = |head: &str, unit: &str, tail: &str| {
        let (head, unit, tail) = (head.to_owned(), unit.to_owned(), tail.to_owned());
        move |count: usize| format!("{head}{}{tail}", unit.repeat(count))
    };
    let cases: Vec<Box<dyn Fn(usize) -> String>> = vec![
        Box::new(repeated("INSERT INTO t VALUES (1)", ", (1, 'a''b', NULL, -2.5)", "")),
        Box::new(repeated("INSERT INTO t VALUES (1)", ", (f(1), x'00', ?)", "")),
        Box::new(repeated("SELECT 1 WHERE a IN (1", ", 1", ")")),
        Box::new(repeated("SELECT ", "(", "")),
        Box::new(repeated("SELECT ", "((a), ", "")),
        Box::new(repeated("SELECT ", "a.", "")),
        Box::new(repeated("SELECT 1", " AND a > 1", "")),
        Box::new(repeated("SELECT ", "CASE WHEN ", "")),
        Box::new(repeated("SELECT 1 FROM t", ", (t", "")),
        Box::new(repeated("CREATE TABLE t (a", ", b INT NOT NULL CHECK (b > 1)", ")")),
        Box::new(repeated("CREATE TABLE t (a", ", ", ")")),
        Box::new(repeated("CREATE TABLE t (a", " x", ")")),
        Box::new(repeated("CREATE TRIGGER t AFTER INSERT ON t BEGIN ", "DELETE FROM t; ", "END")),
        Box::new(repeated("UPDATE t SET (a", ", a", ") = (SELECT 1, f(2))")),
        Box::new(repeated("UPDATE t SET a = 1", ", a = a + f(1)", "")),
        Box::new(repeated("WITH c AS (SELECT 1)", ", c AS (SELECT 1 FROM c)", " SELECT 1")),
        Box::new(repeated("SELECT 1", " /* x */", "")),
        Box::new(repeated("SELECT ", "x", "")),
        Box::new(repeated("SELECT ", "$a::", "")),
        Box::new(repeated("SELECT '", "''", "'")),
    ];
    for case in cases {
        let spent = |count| {
            let sql = case(count);
            effort(|| understand(&sql)).1
        };
        let (short, long) = (spent(1_000), spent(10_000));
        let start: String = case(1).chars().take(30).collect();
        eprintln!("{start}…: {short}, ten times as long: {long}");
        assert!(long <= short * 11, "{start}…: {short}, ten times as long: {long}");
    }
}

#[test]
fn a_large_list_of_values_stays_a_range() {
    let mut sql = "INSERT INTO t (a, b) VALUES (1, 'x')".to_owned();
    sql.push_str(&", (2, 'it''s')".repeat(200_000));
    let parsed = understand(&sql);
    assert!(parsed.not_analysed.is_empty());
    let Statement::Insert(insert) = parsed.statement else { panic!("no insert") };
    let InsertSource::Values { rows, width, span } = insert.source else { panic!("no values") };
    assert_eq!((rows, width, span), (200_001, 2, Span::new(28, sql.len())));
}
