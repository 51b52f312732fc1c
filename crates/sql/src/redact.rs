use std::borrow::Cow;

use crate::Dialect;
use crate::lexer::{Delimiter, Lexer, TokenKind};

/// How many tokens may stand between the word that announces a secret and the secret: `IDENTIFIED WITH plugin BY 'x'`.
const REACH: usize = 4;

/// A statement with its secrets taken out, for people, logs and plans: string literals that follow `PASSWORD`,
/// `IDENTIFIED BY`, `CONNECTION` and their like become `'***'`, and so does the rest of a text from a string on that never
/// ends.
pub fn redact(dialect: Dialect, statement: &str) -> Cow<'_, str> {
    let lower = statement.to_ascii_lowercase();
    if !["password", "identified", "connection", "secret"].iter().any(|word| lower.contains(word)) {
        return Cow::Borrowed(statement);
    }
    let delimiter = Delimiter::Semicolon;
    let mut lexer = Lexer::new(dialect, statement.as_bytes(), &delimiter, true);
    let (mut out, mut copied, mut armed) = (String::with_capacity(statement.len()), 0, 0_usize);
    let mut read = 0;
    loop {
        let Ok(token) = lexer.next() else {
            // A string that is cut off, as servers cut the texts of their sessions: it may be the secret.
            out.push_str(statement.get(copied..read).unwrap_or_default());
            out.push_str(" '***'");
            return Cow::Owned(out);
        };
        read = token.end;
        let text = statement.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            TokenKind::End => break,
            TokenKind::Word | TokenKind::QuotedName if announces(text) => armed = REACH + 1,
            TokenKind::String | TokenKind::DollarString if armed > 0 => {
                out.push_str(statement.get(copied..token.start).unwrap_or_default());
                out.push_str("'***'");
                copied = token.end;
                armed = 0;
            }
            // A body in dollar quotes may hold statements with secrets of its own.
            TokenKind::DollarString => {
                out.push_str(statement.get(copied..token.start).unwrap_or_default());
                out.push_str(&redact_body(dialect, text));
                copied = token.end;
            }
            _ => armed = armed.saturating_sub(1),
        }
    }
    out.push_str(statement.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn announces(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("password") || word.contains("secret") || word == "identified" || word == "connection"
}

/// `$tag$body$tag$` with its body redacted.
fn redact_body(dialect: Dialect, literal: &str) -> String {
    let tag = literal.get(1..).and_then(|rest| rest.find('$')).map_or(0, |end| end + 2);
    let (open, rest) = literal.split_at_checked(tag).unwrap_or((literal, ""));
    let (body, close) = rest.split_at_checked(rest.len().saturating_sub(tag)).unwrap_or((rest, ""));
    format!("{open}{}{close}", redact(dialect, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_statements_are_not_shown() {
        use Dialect::{Mariadb, Mysql, Postgres};
        for (dialect, statement, shown) in [
            (Postgres, "CREATE ROLE a LOGIN PASSWORD 'hush'", "CREATE ROLE a LOGIN PASSWORD '***'"),
            (
                Postgres,
                "alter role a encrypted password E'hu\\'sh' valid until 'x'",
                "alter role a encrypted password '***' valid until 'x'",
            ),
            (
                Postgres,
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'bob', password 'hush')",
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'bob', password '***')",
            ),
            (
                Postgres,
                "CREATE SUBSCRIPTION s CONNECTION 'password=hush' PUBLICATION p",
                "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p",
            ),
            (
                Postgres,
                "DO $$ begin execute 'x'; alter role a password 'hush'; end $$",
                "DO $$ begin execute 'x'; alter role a password '***'; end $$",
            ),
            (
                Mysql,
                "CREATE USER a IDENTIFIED WITH caching_sha2_password BY 'hush' REQUIRE SSL",
                "CREATE USER a IDENTIFIED WITH caching_sha2_password BY '***' REQUIRE SSL",
            ),
            (
                Mariadb,
                "GRANT ALL ON *.* TO a IDENTIFIED BY \"hush\"",
                "GRANT ALL ON *.* TO a IDENTIFIED BY '***'",
            ),
            (Postgres, "ALTER ROLE a PASSWORD 'hus", "ALTER ROLE a PASSWORD '***'"),
            (Mysql, "CREATE USER a IDENTIFIED BY 'hus", "CREATE USER a IDENTIFIED BY '***'"),
            (Mariadb, "SET PASSWORD FOR a = PASSWORD('hush')", "SET PASSWORD FOR a = PASSWORD('***')"),
            (Postgres, "INSERT INTO t VALUES ('kept')", "INSERT INTO t VALUES ('kept')"),
            (
                Postgres,
                "CREATE TABLE t (password text NOT NULL DEFAULT 'a', b text DEFAULT 'kept')",
                "CREATE TABLE t (password text NOT NULL DEFAULT '***', b text DEFAULT 'kept')",
            ),
        ] {
            assert_eq!(redact(dialect, statement), shown);
        }
    }
}
