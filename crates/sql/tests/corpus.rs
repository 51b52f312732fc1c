//! The shared corpus: other tools' splitter goldens, and hard statements that must stay whole.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

mod shared;

use sluice_sql::Dialect::{self, Mariadb, Mysql, Postgres, Sqlite};
use sluice_sql::{Facts, Kind, PieceKind, classify, split, split_at};

use shared::{cases, corpus, sql_files};

/// Statements without their terminators, white space at their ends gone.
fn normal(text: &str) -> String {
    text.trim().trim_end_matches(';').trim_end().to_owned()
}

fn bodies(dialect: Dialect, text: &str) -> Vec<String> {
    let pieces = match text.strip_prefix("-- atlas:delimiter ") {
        Some(rest) => {
            let (delimiter, text) = rest.split_once('\n').unwrap();
            let delimiter = delimiter.trim_end().replace("\\n", "\n");
            let pieces = split_at(dialect, text, &delimiter).unwrap();
            return pieces
                .iter()
                .filter(|piece| piece.kind != PieceKind::Blank)
                .map(|piece| normal(piece.body.slice(text)))
                .collect();
        }
        None => split(dialect, text).unwrap_or_else(|error| panic!("{error}: {text}")),
    };
    pieces
        .iter()
        .filter(|piece| piece.kind == PieceKind::Statement)
        .map(|piece| normal(piece.body.slice(text)))
        .collect()
}

/// Atlas: `lex/*` are written for its generic scanner; each is read in the dialect that it is SQL of.
const ATLAS: &[(&str, Dialect)] = &[
    ("lex/1.sql", Mysql),
    ("lex/2_mysql.sql", Mysql),
    ("lex/3_delimiter.sql", Mysql),
    ("lex/4_delimiter.sql", Mysql),
    ("lex/5_delimiter.sql", Mysql),
    ("lex/6_skip_comment.sql", Mysql),
    ("lex/7_delimiter_2n.sql", Postgres),
    ("lex/8_delimiter_3n.sql", Postgres),
    ("lex/9_delimiter_3n.sql", Mysql),
    ("lex/10_delimiter_comment.sql", Mysql),
    ("lex/11_delimiter_mysql_command.sql", Mysql),
    ("lex/12_delimiter_mysql_command.sql", Mysql),
    ("lex/13_delimiter_mysql_command.sql", Mysql),
    ("lex/14_delimiter_mysql_command.sql", Mysql),
    ("lex/15_dollar_quote.sql", Postgres),
    ("lex/16_begin_atomic.sql", Postgres),
    ("lex/17_paren.sql", Postgres),
    ("lex/18_pg_expr.sql", Postgres),
    ("lexescaped/1.my.sql", Mysql),
    ("lexescaped/2.pg.sql", Postgres),
    ("lexgroup/1_trigger.sql", Sqlite),
    ("lexgroup/2_function.sql", Mysql),
    ("lexgroup/3_delimiter.sql", Mysql),
];

/// Not applicable: T-SQL (`GO`, `BEGIN TRY`, `RETURNS @t TABLE`) is none of our dialects.
const NOT_OURS: &[&str] = &[
    "lex/19_ms_gocmd.sql",
    "lex/20_ms_go-delim.sql",
    "lexbegintry/1.sql",
    "sqlserver/1_return_table.sql",
    "sqlserver/2_function.sql",
];

/// Where a golden contradicts the database: the file is adapted as said, the rest of it still holds.
fn adapted(name: &str, text: &str, golden: &str) -> (String, String) {
    let cut = |text: &str, at: &str| text.split_once(at).unwrap().0.to_owned();
    match name {
        // The mysql client refuses a delimiter with a backslash: "DELIMITER cannot contain a backslash character". So do
        // we, and leave out the last section.
        "lex/13_delimiter_mysql_command.sql" => (
            cut(text, "# Test delimiter \\n\\n"),
            cut(golden, "\n-- end --\nselect \"Test delimiter \\n\\n\""),
        ),
        // `#` is an operator in PostgreSQL, not a comment: `# Shorter examples.` would belong to the next statement.
        "lex/15_dollar_quote.sql" => (text.replace("\n# Shorter", "\n-- Shorter"), golden.to_owned()),
        // SQLite has no blocks in triggers; for it the trigger ends at the inner `END;`.
        "lexgroup/1_trigger.sql" => (
            cut(text, "CREATE TRIGGER errorHandlingTrigger"),
            cut(golden, "\n-- end --\nCREATE TRIGGER errorHandlingTrigger"),
        ),
        _ => (text.to_owned(), golden.to_owned()),
    }
}

#[test]
fn atlas_goldens_hold_where_the_database_agrees() {
    let Some(root) = corpus("splitter/atlas") else { return };
    for (name, dialect) in ATLAS {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let golden = std::fs::read_to_string(root.join(format!("{name}.golden"))).unwrap();
        let (text, golden) = adapted(name, &text, &golden);
        let expected: Vec<String> = golden.split("\n-- end --\n").map(normal).collect();
        assert_eq!(bodies(*dialect, &text), expected, "{name}");
    }
    for folder in ["lex", "lexescaped", "lexgroup", "lexbegintry", "sqlserver"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = format!("{folder}/{file}");
            let known = ATLAS.iter().any(|(known, _)| *known == name) || NOT_OURS.contains(&name.as_str());
            assert!(known || name.ends_with(".golden"), "{name} is in neither list");
        }
    }
}

/// goose keeps what stands between its marks as one statement; these blocks are one or several for the database.
#[test]
fn goose_blocks_split_as_the_database_reads_them() {
    let Some(root) = corpus("splitter/goose/valid-up") else { return };
    for (name, dialect, expected) in [
        ("test01/01.up.golden.sql", Postgres, 1),
        ("test01/02.up.golden.sql", Postgres, 1),
        ("test01/03.up.golden.sql", Postgres, 1),
        ("test02/01.up.golden.sql", Postgres, 4),
        ("test03/01.up.golden.sql", Postgres, 1),
        ("test04/02.up.golden.sql", Postgres, 1),
        ("test05/02.up.golden.sql", Postgres, 1),
        ("test06/02.up.golden.sql", Postgres, 1),
        ("test06/03.up.golden.sql", Postgres, 1),
        ("test06/04.up.golden.sql", Postgres, 1),
        ("test07/01.up.golden.sql", Postgres, 1),
        ("test08/04.up.golden.sql", Mysql, 1),
        ("test09/01.up.golden.sql", Postgres, 2),
    ] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        assert_eq!(bodies(dialect, &text).len(), expected, "{name}: {text}");
    }
}

fn statements(file: &str) -> Vec<(String, String, String)> {
    let Some(path) = corpus(file) else { return Vec::new() };
    cases(&path)
        .into_iter()
        .map(|(head, sql)| {
            let (name, dialect) = head.split_once(' ').unwrap_or((&head, ""));
            (name.to_owned(), dialect.to_owned(), sql)
        })
        .collect()
}

fn stays_whole(dialect: Dialect, name: &str, sql: &str) -> Facts {
    for text in [sql.to_owned(), format!("{sql};"), format!("-- c\n{sql}\n;\n")] {
        let pieces = split(dialect, &text).unwrap_or_else(|error| panic!("{dialect} {name}: {error}"));
        let statements: Vec<_> = pieces.iter().filter(|piece| piece.kind != PieceKind::Blank).collect();
        assert_eq!(statements.len(), 1, "{dialect} {name}: {text}");
        let body = statements[0].body.slice(&text);
        // `COPY … FROM STDIN` comes with its (here missing) data; trailing comments are not part of a body.
        let copy = matches!(statements[0].kind, PieceKind::CopyFromStdin { .. });
        assert_eq!(copy, name == "copy", "{name}");
        let comment = matches!(name, "comments" | "hash_comment");
        assert!(body == sql || (comment && sql.starts_with(body)), "{dialect} {name}: {body}");
    }
    classify(dialect, sql)
}

#[test]
fn hard_statements_stay_whole_and_are_known() {
    // Wrong on purpose, or statements that nothing treats specially.
    let other = ["listen", "kill", "vacuum_into"];
    for (name, _, sql) in statements("sql/pg.txt") {
        let facts = stays_whole(Postgres, &name, &sql);
        assert!(facts.kind != Kind::Other || other.contains(&name.as_str()), "{name}: {sql}");
    }
    for (name, server, sql) in statements("sql/mysql.txt") {
        for dialect in [Mysql, Mariadb] {
            if server == "both" || server == dialect.name() {
                let facts = stays_whole(dialect, &name, &sql);
                assert!(facts.kind != Kind::Other || other.contains(&name.as_str()), "{name}: {sql}");
            }
        }
    }
    for (name, _, sql) in statements("sql/sqlite.txt") {
        let facts = stays_whole(Sqlite, &name, &sql);
        assert!(facts.kind != Kind::Other || other.contains(&name.as_str()), "{name}: {sql}");
    }
}

#[test]
fn every_migration_of_the_corpus_splits_into_known_statements() {
    let mut count = 0;
    for (folder, dialect) in [
        ("migrations/cratesio", Postgres),
        ("migrations/atuin/server-postgres", Postgres),
        ("migrations/atuin/server-sqlite", Sqlite),
        ("migrations/atuin/client", Sqlite),
    ] {
        let Some(root) = corpus(folder) else { return };
        for path in sql_files(&root) {
            let text = std::fs::read_to_string(&path).unwrap();
            for body in bodies(dialect, &text) {
                count += 1;
                assert_ne!(classify(dialect, &body).kind, Kind::Other, "{}: {body}", path.display());
            }
        }
    }
    assert!(count > 500, "only {count} statements");
}
