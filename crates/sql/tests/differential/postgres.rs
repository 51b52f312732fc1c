use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use sluice_sql::Dialect::Postgres;
use sluice_sql::{PieceKind, split};

use crate::{found, ours, squeeze};

/// Not here: `SELECT E'a'\n'b\';'`. psql reads line by line, forgets that the second segment has escapes too, and sends a
/// string that the server takes for unclosed. We follow the server's lexer (scan.l).
const TEXTS: &[&str] = &[
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1; SELECT 2",
    "SELECT 1;;;SELECT 2;",
    "SELECT 1;\r\nSELECT 2;\r\n",
    "SELECT\n1\n;\nSELECT 2;",
    "-- only a comment\n",
    "-- a; b\nSELECT 1; -- c; d\nSELECT 2;",
    "/* a; */ SELECT 1;",
    "SELECT 1 /* a /* b; */ ; */ + 2; SELECT 3;",
    "SELECT 5--3;\n;SELECT 2;",
    "SELECT 'a;b'; SELECT 'it''s; c';",
    "SELECT 'a\nb;\nc'; SELECT 2;",
    r"SELECT '\'; SELECT 2;",
    r"SELECT E'\';'; SELECT 2;",
    r"SELECT e'a\\'; SELECT 2;",
    r"SELECT E'a''\';b'; SELECT 2;",
    "SELECT 'a'\n'b\\'; SELECT 2;",
    r"SELECT typee'\'; SELECT 2;",
    r"SELECT U&'\0041;\'; SELECT 2;",
    r#"SELECT U&"a;\"; SELECT 2;"#,
    r"SELECT N';\', B'01', X'1F;'; SELECT 2;",
    "SELECT \"a;b\", \"c\"\"d;\"; SELECT 2;",
    "SELECT $$a;b$$; SELECT 2;",
    "SELECT $q$ $$ ; $Q$ $q$; SELECT 2;",
    "SELECT $q1$;$q1$, $_$;$_$; SELECT 2;",
    "SELECT $é$;$é$; SELECT 2;",
    "SELECT a$b$ ; SELECT c$b$;",
    "SELECT a$$ ; SELECT c$$;",
    "SELECT $1; SELECT $1 + $2;",
    "SELECT $1$a$;$a$; SELECT 2;",
    "SELECT 1$$;$$; SELECT 2;",
    "SELECT $$ -- $$; SELECT 2;",
    "SELECT -- $$\n1; SELECT $$2$$;",
    "SELECT /* ' */ 1; SELECT 'x';",
    "SELECT '/*', 1; SELECT '*/';",
    "SELECT @-1; SELECT 2 /- 1;",
    "SELECT 1 +-- c\n2; SELECT 3;",
    "SELECT a #>> '{b;c}', a # b; SELECT 2;",
    "SELECT [1:2]; SELECT a[1:2];",
    "SELECT (1;2); SELECT 3;",
    "SELECT ((1)); SELECT (2);",
    "SELECT 1); SELECT 2;",
    "CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO u VALUES (1); DELETE FROM v); SELECT 2;",
    "CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO u VALUES (')'); /* ) */ DELETE FROM v); SELECT 2;",
    "CREATE FUNCTION f() RETURNS int RETURN 1; SELECT 2;",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;'; SELECT 2;",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;",
    "create or replace function f() returns int begin atomic select case when a then 1 else 2 end; end; SELECT 3;",
    "CREATE PROCEDURE p() BEGIN ATOMIC SELECT (CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END END); END; SELECT 3;",
    "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END; SELECT 3;",
    "BEGIN; SELECT 1; END; SELECT 2;",
    "BEGIN; CREATE TABLE t (a int); COMMIT;",
    "SELECT CASE WHEN a THEN 1 END; SELECT 2;",
    "DO $$ BEGIN COMMIT; END $$; SELECT 2;",
    "DO LANGUAGE plpgsql $body$ BEGIN x := $q$;$q$; END $body$; SELECT 2;",
    "COPY t FROM stdin;\n1\t2;\n\\N\ta\n\\.\nSELECT 2;",
    "COPY t FROM STDIN WITH (FORMAT csv);\n\"a;\nb\"\n\\.\nSELECT 2;",
    "copy t (a, b) from stdin; -- data\n1\n\\\\.\n\\.\nSELECT 2;",
    "COPY t FROM stdin;\n\\.\nSELECT 2;",
    "COPY t FROM stdin;\n1\n",
    "COPY (SELECT 1) TO '/dev/null'; SELECT 2;",
    "SELECT 'é;', \"ü;\", $ä$ö;$ä$; SELECT '日本;';",
];

#[test]
fn psql_ends_statements_where_we_do() {
    if !found("psql") {
        return;
    }
    let mut different = Vec::new();
    for text in TEXTS {
        let (ours, sent) = (ours(Postgres, text), psql(text));
        let same = ours.len() == sent.len() && ours.iter().zip(&sent).all(|(ours, sent)| same(ours, sent));
        if !same {
            different.push(format!("{text:?}\n ours: {ours:?}\n psql: {sent:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// psql keeps comments behind a statement, before its `;`.
fn same(ours: &str, sent: &str) -> bool {
    let only_comments = |rest: &str| {
        split(Postgres, rest).is_ok_and(|pieces| pieces.iter().all(|piece| piece.kind == PieceKind::Blank))
    };
    sent.strip_prefix(ours).is_some_and(only_comments)
}

/// What psql sends for a text.
fn psql(text: &str) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
    let mut client = Command::new("psql")
        .args([
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &address.port().to_string(),
            "-U",
            "x",
            "-d",
            "x",
            "-f",
            "-",
        ])
        .env("PGSSLMODE", "disable")
        .env("PGGSSENCMODE", "disable")
        .env("PGCLIENTENCODING", "UTF8")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    client.wait().unwrap();
    server.join().unwrap()
}

/// Enough of the protocol (version 3.0) to say yes to everything.
fn serve(mut stream: TcpStream) -> Vec<String> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    body(&mut stream, length);
    let mut hello = Vec::new();
    hello.extend(message(b'R', &0_u32.to_be_bytes()));
    for (name, value) in
        [("server_version", "15.0"), ("client_encoding", "UTF8"), ("standard_conforming_strings", "on")]
    {
        hello.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
    }
    hello.extend(message(b'K', &[0; 8]));
    hello.extend(message(b'Z', b"I"));
    stream.write_all(&hello).unwrap();
    let mut sent = Vec::new();
    let mut data: Option<Vec<u8>> = None;
    loop {
        let mut kind = [0];
        if stream.read_exact(&mut kind).is_err() || stream.read_exact(&mut length).is_err() {
            return sent;
        }
        let content = body(&mut stream, length);
        match kind[0] {
            b'Q' => {
                let query = String::from_utf8(content).unwrap();
                let query = squeeze(Postgres, query.trim_end_matches('\0'));
                // psql keeps block comments in front of a statement; they are no part of it.
                let query = query.strip_prefix("/* a; */ ").unwrap_or(&query).to_owned();
                let copies =
                    query.to_lowercase().starts_with("copy") && query.to_lowercase().contains("from stdin");
                // psql sends the nothing before a lone `;`.
                sent.extend(Some(query).filter(|query| !query.is_empty()));
                if copies {
                    data = Some(Vec::new());
                    stream.write_all(&message(b'G', &[0, 0, 0])).unwrap();
                } else {
                    done(&mut stream);
                }
            }
            b'd' => data.as_mut().unwrap().extend(content),
            b'c' => {
                // psql passes the closing line on; the server drops it.
                let data = String::from_utf8(data.take().unwrap()).unwrap();
                sent.push(format!("data: {}", data.strip_suffix("\\.\n").unwrap_or(&data)));
                done(&mut stream);
            }
            _ => return sent,
        }
    }
}

fn done(stream: &mut TcpStream) {
    let mut answer = message(b'C', b"OK\0");
    answer.extend(message(b'Z', b"I"));
    stream.write_all(&answer).unwrap();
}

fn body(stream: &mut TcpStream, length: [u8; 4]) -> Vec<u8> {
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body).unwrap();
    body
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend((body.len() as u32 + 4).to_be_bytes());
    message.extend(body);
    message
}
