//! Scripts that are to run in a scratch database: what is not of one database, but of the whole server or beyond it, is left out.
//! No schema follows from it, and the server may be one that is in use.

use sluice_engine::shadow::Script;
use sluice_sql::{Dialect, LexemeKind, PieceKind, lexemes, split};

/// Scripts as they run in a scratch database. Everything stays at its place.
pub(crate) fn inside(scripts: &[Script]) -> Vec<Script> {
    let adapt = |script: &Script| {
        let mut text = script.text.clone();
        // A text that cannot be split is told where it is run.
        for piece in split(Dialect::Postgres, &script.text).unwrap_or_default() {
            let body = piece.body;
            let sql = script.text.get(body.start..body.end).unwrap_or_default();
            if piece.kind == PieceKind::Statement && reaches_out(sql) {
                let blank: String = sql
                    .chars()
                    .map(|it| if it == '\n' { "\n".to_owned() } else { " ".repeat(it.len_utf8()) })
                    .collect();
                text.replace_range(body.start..body.end, &blank);
            }
        }
        Script { name: script.name.clone(), text }
    };
    scripts.iter().map(adapt).collect()
}

/// Whether a statement is about the server, its files or its roles. Roles may be made: what is granted to them needs them.
fn reaches_out(sql: &str) -> bool {
    let lexemes = lexemes(Dialect::Postgres, sql);
    let words: Vec<String> = lexemes
        .iter()
        .filter(|it| it.kind == LexemeKind::Word)
        .map(|it| it.text.to_ascii_lowercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["alter" | "drop", "user", "mapping", ..] => false,
        ["alter" | "drop", "role" | "user" | "group", ..] => true,
        ["create" | "alter" | "drop", "database" | "tablespace" | "subscription", ..] => true,
        ["alter", "system", ..] => true,
        ["copy", rest @ ..] => {
            let of_rows = rest.iter().any(|word| ["stdin", "stdout"].contains(word));
            !of_rows || rest.contains(&"program")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_the_server_is_left_out() {
        for (sql, expected) in [
            ("ALTER ROLE app PASSWORD 'x'", true),
            ("drop user old", true),
            ("ALTER SYSTEM SET work_mem = '1GB'", true),
            ("ALTER DATABASE shop SET x.y = 'z'", true),
            ("DROP DATABASE shop", true),
            ("COPY t TO PROGRAM 'sh'", true),
            ("COPY t FROM '/etc/passwd'", true),
            ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", true),
            ("CREATE ROLE app", false),
            ("ALTER USER MAPPING FOR app SERVER s OPTIONS (SET a 'b')", false),
            ("COPY t (a) FROM stdin", false),
            ("GRANT SELECT ON t TO app", false),
            ("ALTER TABLE role ADD COLUMN system int", false),
        ] {
            assert_eq!(reaches_out(sql), expected, "{sql}");
        }
    }

    #[test]
    fn the_rest_stays_at_its_place() {
        let text = "CREATE TABLE a (b int);\nALTER ROLE ä\nNOLOGIN;\nCREATE TABLE c (d int);".to_owned();
        let script = Script { name: "a.sql".to_owned(), text };
        let [adapted] = &inside(std::slice::from_ref(&script))[..] else { panic!("one script") };
        assert_eq!(adapted.text.len(), script.text.len());
        assert_eq!(adapted.text.find("CREATE TABLE c"), script.text.find("CREATE TABLE c"));
        assert!(!adapted.text.contains("NOLOGIN"));
    }
}
