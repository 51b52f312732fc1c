//! What the words of a statement show without a grammar: how deep queries are nested, and hints for the optimizer.

use sluice_text::Span;

use crate::Dialect;
use crate::lexer::{Delimiter, Lexer, Token, TokenKind};

/// Calls `see` with the tokens of `text`, and the one before each.
fn tokens(dialect: Dialect, text: &str, mut see: impl FnMut(Token, Token)) {
    let delimiter = Delimiter::Semicolon;
    let mut lexer = Lexer::new(dialect, text.as_bytes(), &delimiter, true);
    lexer.lenient = true;
    let mut last = Token { kind: TokenKind::End, start: 0, end: 0 };
    while let Ok(token) = lexer.next() {
        if token.kind == TokenKind::End {
            break;
        }
        see(last, token);
        last = token;
    }
}

fn is(text: &str, token: Token, words: &[&str]) -> bool {
    let word = text.get(token.start..token.end).unwrap_or_default();
    token.kind == TokenKind::Word && words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// How deep queries stand in queries, and where the deepest begins: 0 for a query that has none inside.
pub fn subquery_depth(dialect: Dialect, text: &str) -> (usize, Span) {
    let (mut open, mut depth) = (Vec::<bool>::new(), 0usize);
    let mut deepest = (0, Span::new(0, 0));
    tokens(dialect, text, |last, token| match token.kind {
        TokenKind::OpenParen => open.push(false),
        TokenKind::CloseParen => depth -= usize::from(open.pop().unwrap_or_default()),
        TokenKind::Word if last.kind == TokenKind::OpenParen && is(text, token, &["select", "with"]) => {
            if let Some(query) = open.last_mut() {
                *query = true;
                depth += 1;
            }
            if depth > deepest.0 {
                deepest = (depth, Span::new(token.start, token.end));
            }
        }
        _ => {}
    });
    deepest
}

/// Hints that tell the optimizer what to do: `/*+ … */`, `USE INDEX`, `STRAIGHT_JOIN`, `INDEXED BY`.
pub fn hints(dialect: Dialect, text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    if dialect != Dialect::Sqlite {
        let comments = crate::comments(dialect, text).into_iter();
        found.extend(comments.filter(|comment| comment.slice(text).starts_with("/*+")));
    }
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    tokens(dialect, text, |last, token| {
        let pair = match dialect {
            Dialect::Sqlite => is(text, last, &["indexed"]) && is(text, token, &["by"]),
            _ => mysql && is(text, last, &["use", "force", "ignore"]) && is(text, token, &["index", "key"]),
        };
        if pair {
            found.push(Span::new(last.start, token.end));
        } else if mysql && is(text, token, &["straight_join"]) {
            found.push(Span::new(token.start, token.end));
        }
    });
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_in_queries_are_counted() {
        let table = [
            ("SELECT 1", 0),
            ("SELECT (1 + (2))", 0),
            ("SELECT * FROM (SELECT 1) a, (SELECT 2) b", 1),
            ("SELECT * FROM (SELECT (SELECT 1)) a WHERE x IN (1, (2))", 2),
            ("WITH a AS (SELECT 1) SELECT '(select', (SELECT 1)", 1),
            ("SELECT )))", 0),
        ];
        for (sql, depth) in table {
            assert_eq!(subquery_depth(Dialect::Postgres, sql).0, depth, "{sql}");
        }
    }

    #[test]
    fn hints_are_found_where_the_dialect_has_them() {
        let table = [
            (Dialect::Mysql, "SELECT /*+ NO_MERGE(t) */ 1 FROM t FORCE INDEX (a)", 2),
            (Dialect::Mysql, "SELECT STRAIGHT_JOIN 'use index', `use index` FROM t", 1),
            (Dialect::Postgres, "/*+ SeqScan(t) */ SELECT 1 -- /*+ x */", 1),
            (Dialect::Sqlite, "SELECT 1 FROM t INDEXED BY a", 1),
            (Dialect::Sqlite, "/*+ x */ SELECT 1 FROM t", 0),
        ];
        for (dialect, sql, count) in table {
            assert_eq!(hints(dialect, sql).len(), count, "{sql}");
        }
    }
}
