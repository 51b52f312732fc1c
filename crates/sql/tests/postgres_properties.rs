//! No text makes the grammar of PostgreSQL panic or point outside of the text.

#![allow(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use sluice_sql::{Dialect, parse};
use sluice_text::Span;

const WORDS: &[&str] = &[
    "create",
    "table",
    "alter",
    "add",
    "drop",
    "column",
    "constraint",
    "index",
    "concurrently",
    "on",
    "only",
    "t",
    "a",
    "\"B\"",
    "(",
    ")",
    ",",
    ".",
    ";",
    "1",
    "'x'",
    "E'\\n'",
    "$$ begin select 1; end $$",
    "not",
    "null",
    "valid",
    "default",
    "check",
    "primary",
    "key",
    "references",
    "foreign",
    "unique",
    "using",
    "with",
    "select",
    "from",
    "where",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "delete",
    "merge",
    "when",
    "matched",
    "then",
    "do",
    "language",
    "plpgsql",
    "function",
    "returns",
    "as",
    "int",
    "varchar",
    "[",
    "]",
    "::",
    "=",
    "<",
    "+",
    "-",
    "and",
    "or",
    "between",
    "in",
    "like",
    "case",
    "end",
    "begin",
    "atomic",
    "grant",
    "revoke",
    "to",
    "role",
    "policy",
    "trigger",
    "execute",
    "partition",
    "of",
    "for",
    "copy",
    "stdin",
    "program",
    "type",
    "enum",
    "domain",
    "sequence",
    "generated",
    "always",
    "identity",
    "explain",
    "union",
    "all",
    "order",
    "by",
    "limit",
    "returning",
    "conflict",
    "perform",
    "é",
    "\u{1F600}",
];

fn check(text: &str) {
    let parsed = parse(Dialect::Postgres, text, Span::new(0, text.len()));
    assert_eq!(parsed.span, Span::new(0, text.len()));
    for gap in &parsed.not_analysed {
        assert!(
            gap.span.end <= text.len()
                && text.is_char_boundary(gap.span.start)
                && text.is_char_boundary(gap.span.end)
        );
    }
    for target in parsed.statement.targets() {
        assert!(text.get(target.name.span.start..target.name.span.end).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn soup_of_tokens_is_read(words in prop::collection::vec(prop::sample::select(WORDS), 1..40)) {
        check(&words.join(" "));
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,120}") {
        check(&text);
    }

    #[test]
    fn programs_of_soup_are_read(words in prop::collection::vec(prop::sample::select(WORDS), 1..40)) {
        let body = words.join(" ").replace("$$", "'");
        check(&format!("do $body$ begin {body} end $body$"));
        check(&format!("create function f() returns int language sql as $body$ {body} $body$"));
    }
}
