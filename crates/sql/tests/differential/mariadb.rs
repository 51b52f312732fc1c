use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use sluice_sql::Dialect::{Mariadb, Mysql};

use crate::{found, ours, squeeze};

/// Bodies without `DELIMITER` are not here: the client cuts them, we do not.
const TEXTS: &[&str] = &[
    "select 1",
    "select 1;",
    "select 1; select 2",
    "select 1;;;select 2;",
    "select 1;\r\nselect 2;\r\n",
    "select\n1\n;\nselect 2;",
    "-- only a comment\n",
    "-- a; b\nselect 1; -- c; d\nselect 2;",
    "# a; b\nselect 1; # c; d\nselect 2;",
    "/* a; */ select 1; /* b;\n; */ select 2;",
    "select 5--3; select 2;",
    "select 5 -- 3;\n; select 2;",
    "select 5 --\t3;\n; select 2;",
    "select 5 --\n; select 2;",
    "--no blank;\nselect 2;",
    "select 1; --no blank;\nselect 2;",
    "select 5#3;\n; select 2;",
    "select 'a;b'; select \"c;d\"; select `e;f`;",
    "select 'it''s; a'; select \"a\"\";b\"; select `a``;b`;",
    r"select 'a\';b'; select 2;",
    r#"select "a\";b"; select 2;"#,
    r"select `a\`; select 2;",
    r"select 'a\\'; select 2;",
    "select 'a\nb;c'; select 2;",
    r"select \N; select 2;",
    "select '-- a'; select '# b'; select '/* c';",
    "select \"it's\"; select 'say \"a;\"';",
    "select a$b$ ; select $$; select 3;",
    "select (1; select 2;",
    "select @`a;b`, @'c;d', x'4D', N';'; select 2;",
    "/*!40101 SET NAMES utf8 */; select 2;",
    "select /*!50000 1, */ 2; select 3;",
    "select /*! ';', */ 2; select 3;",
    "/*M!100100 select ';' */; select 2;",
    "DELIMITER //\nselect 1; select 2//\nselect 3 //\nDELIMITER ;\nselect 4;",
    "delimiter $$\nselect 1$$ select 2$$\ndelimiter ;\nselect 3;",
    "Delimiter //\r\nselect 1//\r\ndelimiter ;\r\nselect 2;\r\n",
    "delimiter $$ and more\nselect 1$$",
    "delimiter 'a b'\nselect 1a bselect 2",
    "delimiter \"//\"\nselect 1//select 2",
    "delimiter `//`\nselect 1//select 2",
    "delimiter MySQL\nselect * from t1MySQL\ndelimiter ;\nselect 2;",
    "delimiter delimiter\nselect * from t1delimiter\ndelimiter ;\nselect 2;",
    "delimiter :;\nselect * from t1 :;\ndelimiter ;\nselect 2;",
    "delimiter //;\nselect 1; //;\ndelimiter ;\nselect 2;",
    "delimiter //\nselect '//', \"//\", `//`//\nselect 2//",
    "delimiter //\nselect 1 -- //\n//\nselect 2//",
    "  delimiter //\nselect 1//",
    "-- c\ndelimiter //\nselect 1//",
    "delimiter --\nselect 1--select 2--",
    "delimiter #\nselect 1# select 2#",
    "delimiter ;;\nselect 1; select 2;;\ndelimiter ;\nselect 3;",
    "delimiter //\ncreate procedure p() begin select 1; end//\ndelimiter ;\nselect 2;",
    "delimiter ab\nselect x.abselect 'ab' ab",
    "use shop\nselect 1;",
    "use shop;\nselect 1; use `b c`; select 2;",
    "create procedure p() select 1; select 2;",
    "create table begin (end int); select 2;",
    "begin; select 1; commit;",
    "select 'é;', \"ü;\", `日;`; select 2;",
];

#[test]
fn mariadb_ends_statements_where_we_do() {
    if !found("mariadb") {
        return;
    }
    for text in TEXTS {
        let sent = client(text);
        assert_eq!(ours(Mariadb, text), sent, "{text:?}");
        if !text.contains("/*M!") {
            assert_eq!(ours(Mysql, text), sent, "{text:?}");
        }
    }
}

/// What the client sends for a text. `--comments` would keep comments; bodies of pieces keep those inside statements, so
/// the texts have none there.
fn client(text: &str) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0));
    let mut client = Command::new("mariadb")
        .args(["--no-defaults", "--batch", "--force", "--skip-ssl", "--default-character-set=utf8mb4"])
        .args(["-h", "127.0.0.1", "-u", "x", &format!("-P{port}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    client.wait().unwrap();
    let sent = server.join().unwrap();
    sent.into_iter().filter(|query| query != "SELECT DATABASE()").collect()
}

/// Enough of the protocol (handshake version 10) to say yes to everything.
fn serve(mut stream: TcpStream) -> Vec<String> {
    const CAPABILITIES: u32 = 0x0001 | 0x0008 | 0x0200 | 0x2000 | 0x8000 | 0x8_0000;
    const OK: &[u8] = b"\0\0\0\x02\0\0\0";
    let mut hello = b"\x0a10.11.0-MariaDB\0\x01\0\0\0abcdefgh\0".to_vec();
    hello.extend((CAPABILITIES as u16).to_le_bytes());
    hello.extend(b"\x2d\x02\0");
    hello.extend(((CAPABILITIES >> 16) as u16).to_le_bytes());
    hello.extend(b"\x15\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0");
    write(&mut stream, 0, &hello);
    let (number, _) = read(&mut stream).unwrap();
    write(&mut stream, number + 1, OK);
    let mut sent = Vec::new();
    while let Some((number, packet)) = read(&mut stream) {
        let content = String::from_utf8(packet[1..].to_vec()).unwrap();
        match packet[0] {
            1 => break,
            2 => sent.push(used(&content)),
            _ => sent.push(squeeze(Mariadb, &content)),
        }
        write(&mut stream, number + 1, OK);
    }
    sent
}

/// `USE` goes to the server as a packet of its own.
fn used(database: &str) -> String {
    if database.contains(' ') { format!("use `{database}`") } else { format!("use {database}") }
}

fn write(stream: &mut TcpStream, number: u8, packet: &[u8]) {
    let mut bytes = (packet.len() as u32).to_le_bytes()[..3].to_vec();
    bytes.push(number);
    bytes.extend(packet);
    // The client may have left already.
    let _ = stream.write_all(&bytes);
}

fn read(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).ok()?;
    let mut packet = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    stream.read_exact(&mut packet).ok()?;
    Some((head[3], packet))
}
