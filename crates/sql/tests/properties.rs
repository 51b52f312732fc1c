//! What holds for every text, however odd.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use std::io::Read;

use proptest::prelude::*;
use sluice_sql::Dialect::{self, Mariadb, Mysql, Postgres, Sqlite};
use sluice_sql::{
    Piece, PieceKind, SplitError, StreamError, StreamSplitter, classify, contains_string_literal, effort,
    split, split_at,
};

const DIALECTS: [Dialect; 4] = [Postgres, Mysql, Mariadb, Sqlite];

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(&DIALECTS[..])
}

/// Words and signs that mean something to a splitter, in any order.
fn soup() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        ";",
        "'",
        "\"",
        "`",
        "[",
        "]",
        "(",
        ")",
        "--",
        "-- ",
        "#",
        "/*",
        "*/",
        "/*!50001 ",
        "/*M!",
        "$$",
        "$a$",
        "$1",
        "\\",
        "\\.",
        "\\\n",
        "\n",
        "\r\n",
        "\t",
        " ",
        " ",
        "E'",
        "U&'",
        "N'",
        "''",
        "é",
        "日",
        "\u{feff}",
        "\0",
        "a",
        "b1",
        "a$b$",
        "1",
        "0x1F",
        ",",
        ".",
        ":",
        "@",
        "!",
        "=",
        "::",
        "create",
        "or",
        "replace",
        "function",
        "procedure",
        "trigger",
        "event",
        "table",
        "begin",
        "atomic",
        "not",
        "end",
        "end;",
        "case",
        "when",
        "then",
        "else",
        "if",
        "loop",
        "repeat",
        "until",
        "while",
        "do",
        "for",
        "each",
        "row",
        "declare",
        "handler",
        "definer",
        "copy",
        "t",
        "from",
        "stdin",
        "stdin;\n",
        "delimiter",
        "delimiter //\n",
        "\ndelimiter ;\n",
        "//",
        "use",
        "select",
        "insert",
        "into",
        "values",
        "restrict",
        "\\restrict x\n",
        "as",
        "returns",
        "set",
        "explain",
        "temp",
        "label:",
    ]);
    prop::collection::vec((bits, prop::bool::weighted(0.7)), 0..40).prop_map(|bits| {
        bits.into_iter().map(|(bit, space)| if space { format!("{bit} ") } else { bit.to_owned() }).collect()
    })
}

/// A whole statement of the dialect, without its terminator.
fn statement(dialect: Dialect) -> BoxedStrategy<String> {
    let mut whole = vec![
        "SELECT 1",
        "SELECT 'a;''b', \"c;\"",
        "-- c;\nSELECT /* d; */ 2",
        "INSERT INTO t VALUES (1, ';'), (2, '--')",
        "CREATE TABLE t (a int, b text DEFAULT 'x;y')",
        "BEGIN",
        "COMMIT",
        "SELECT CASE WHEN a THEN 1 END",
        "SELECT 'é;日'",
    ];
    whole.extend(match dialect {
        Postgres => &[
            "SELECT $$a;b$$, $x$;$x$, E'\\';'",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
            "/* a /* ; */ */ SELECT 1",
        ][..],
        Mysql | Mariadb => &[
            "SELECT 'a\\';', `b;` # c;\n",
            "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE b WHEN 1 THEN SELECT 2; END CASE; END",
            "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1",
            "/*!40101 SET NAMES utf8; */",
        ][..],
        Sqlite => &[
            "SELECT [a;b], `c;`",
            "CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN 1 END; DELETE FROM z; END",
        ][..],
    });
    let blank = prop::sample::select(vec!["", " ", "\n", "\r\n\t", "\n-- note; it\n", "/* it; */"]);
    (blank.clone(), prop::sample::select(whole), blank).prop_map(|(a, b, c)| format!("{a}{b}{c}")).boxed()
}

fn check(text: &str, pieces: &[Piece]) {
    let mut at = 0;
    for piece in pieces {
        assert_eq!(piece.span.start, at, "no gap, no overlap");
        assert!(piece.span.end > at, "every piece moves on");
        assert!(piece.span.start <= piece.body.start && piece.body.end <= piece.span.end);
        assert!(text.is_char_boundary(piece.body.start) && text.is_char_boundary(piece.body.end));
        assert_eq!(piece.body.is_empty(), piece.kind == PieceKind::Blank, "{piece:?} of {text:?}");
        if let PieceKind::CopyFromStdin { data } = piece.kind {
            assert!(piece.body.end <= data.start && data.end <= piece.span.end);
            assert!(text.is_char_boundary(data.start) && text.is_char_boundary(data.end));
        }
        at = piece.span.end;
        assert!(text.is_char_boundary(at));
    }
    assert_eq!(at, text.len(), "pieces concatenate to the input");
}

fn bodies(text: &str, pieces: &[Piece]) -> Vec<String> {
    let statements = pieces.iter().filter(|piece| piece.kind != PieceKind::Blank);
    statements.map(|piece| piece.body.slice(text).to_owned()).collect()
}

/// Gives a few bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// The pieces of a stream as `split` would give them.
fn streamed(dialect: Dialect, text: &str, chunk: usize, drip: usize) -> (Vec<Piece>, Option<SplitError>) {
    let mut pieces = Vec::new();
    let mut line_expected = 1;
    for piece in StreamSplitter::with_chunk(dialect, Drip(text.as_bytes(), drip), chunk) {
        match piece {
            Ok(piece) => {
                let moved = |span: sluice_text::Span| {
                    sluice_text::Span::new(span.start + piece.offset, span.end + piece.offset)
                };
                assert_eq!(piece.line, line_expected);
                line_expected += piece.text.matches('\n').count();
                let kind = match piece.kind {
                    PieceKind::CopyFromStdin { data } => PieceKind::CopyFromStdin { data: moved(data) },
                    ref kind => kind.clone(),
                };
                let span = sluice_text::Span::new(piece.offset, piece.offset + piece.text.len());
                assert_eq!(span.slice(text), piece.text);
                pieces.push(Piece { span, body: moved(piece.body), kind });
            }
            Err(StreamError::Split { error, line }) => {
                assert_eq!(line, 1 + text[..error.span.start].matches('\n').count());
                return (pieces, Some(error));
            }
            Err(error) => panic!("{error}"),
        }
    }
    (pieces, None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_cover_any_text(dialect in dialect(), text in soup()) {
        match split(dialect, &text) {
            Ok(pieces) => check(&text, &pieces),
            Err(error) => {
                prop_assert!(error.span.end <= text.len() && error.span.start < text.len());
                prop_assert!(text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
            }
        }
    }

    #[test]
    fn pieces_cover_any_characters(dialect in dialect(), text in any::<String>()) {
        if let Ok(pieces) = split(dialect, &text) {
            check(&text, &pieces);
        }
        classify(dialect, &text);
    }

    #[test]
    fn pieces_cover_any_text_at_any_delimiter(dialect in dialect(), text in soup(), delimiter in "(;|//|\n|\n\n|-- |é|a|'|\\PC{0,3})") {
        if let Ok(pieces) = split_at(dialect, &text, &delimiter) {
            check(&text, &pieces);
        }
    }

    #[test]
    fn facts_never_fail(dialect in dialect(), text in soup(), verb in "(create|alter|drop|set|comment on|rename|reindex|pragma|do|select set_config\\(|) ") {
        let text = format!("{verb}{text}");
        classify(dialect, &text);
        contains_string_literal(dialect, &text, "a");
    }

    #[test]
    fn splitting_two_statements_is_splitting_each(
        (dialect, first, second) in dialect().prop_flat_map(|dialect| (Just(dialect), statement(dialect), statement(dialect)))
    ) {
        let both = format!("{first};{second}");
        let pieces = split(dialect, &both).unwrap();
        check(&both, &pieces);
        let mut expected = bodies(&first, &split(dialect, &first).unwrap());
        expected.extend(bodies(&second, &split(dialect, &second).unwrap()));
        prop_assert_eq!(expected.len(), 2);
        prop_assert_eq!(bodies(&both, &pieces), expected);
        // A body is a statement by itself: splitting it again changes nothing.
        for body in bodies(&both, &pieces) {
            let again = split(dialect, &body).unwrap();
            prop_assert_eq!(bodies(&body, &again), vec![body]);
        }
    }

    #[test]
    fn a_stream_gives_the_pieces_of_the_whole(dialect in dialect(), text in soup(), chunk in 1_usize..200, drip in 1_usize..50) {
        let (pieces, error) = streamed(dialect, &text, chunk, drip);
        match split(dialect, &text) {
            Ok(expected) => {
                prop_assert_eq!(error, None);
                prop_assert_eq!(pieces, expected);
            }
            Err(expected) => prop_assert_eq!(error, Some(expected)),
        }
    }

    #[test]
    fn a_stream_of_any_bytes_ends_well(dialect in dialect(), bytes in any::<Vec<u8>>(), text in soup(), chunk in 1_usize..50) {
        let mixed = [text.as_bytes(), &bytes].concat();
        let invalid = std::str::from_utf8(&mixed).err().map(|error| error.valid_up_to());
        let mut length = 0;
        for piece in StreamSplitter::with_chunk(dialect, &mixed[..], chunk) {
            match piece {
                Ok(piece) => {
                    prop_assert_eq!(piece.offset, length);
                    length += piece.text.len();
                }
                Err(StreamError::InvalidUtf8 { offset }) => prop_assert_eq!(Some(offset), invalid),
                Err(StreamError::Split { .. }) => {}
                Err(StreamError::Io(error)) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_stream_recovers_from_a_parenthesis_that_is_never_closed_as_the_whole_does() {
    let rows = "INSERT INTO t VALUES (1, 'x');\n".repeat(60_000);
    let text = format!("SELECT 1;\nCREATE TABLE t (a int;\n{rows}");
    let expected = split(Postgres, &text).unwrap();
    assert_eq!(expected.len(), 60_003);
    assert_eq!(streamed(Postgres, &text, 1000, 1 << 20), (expected, None));
}

/// Of ten times the text, ten times as much is looked at.
#[test]
fn effort_grows_with_the_text_and_not_faster() {
    for (dialect, unit) in [
        (Postgres, "("),
        (Postgres, "SELECT (1;"),
        (Postgres, "$a$b"),
        (Postgres, "$a1 $"),
        (Postgres, "E'a'\n"),
        (Postgres, "/*"),
        (Postgres, "/**/"),
        (Postgres, "a$"),
        (Postgres, "CREATE FUNCTION f() BEGIN ATOMIC CASE "),
        (Mysql, "CREATE PROCEDURE p() BEGIN "),
        (Mysql, "IF a THEN "),
        (Mysql, "/*!50000 a"),
        (Mysql, "delimiter ab\nselect aaaaaab"),
        (Mysql, "use "),
        (Sqlite, "CREATE TRIGGER t BEGIN SELECT 1;"),
        (Sqlite, "[a]"),
        (Sqlite, ";"),
    ] {
        let spent = |count| {
            let text = unit.repeat(count);
            effort(|| split(dialect, &text)).1
        };
        let (short, long) = (spent(20_000), spent(200_000));
        eprintln!("{dialect} {unit:?}: {short}, ten times as long: {long}");
        assert!(long <= 11 * short, "{dialect} {unit:?}: {short}, ten times as long: {long}");
    }
}
