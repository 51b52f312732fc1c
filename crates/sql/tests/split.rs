//! Where statements end, case by case.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on fails"
)]

use sluice_sql::Dialect::{self, Mariadb, Mysql, Postgres, Sqlite};
use sluice_sql::{Piece, PieceKind, SplitErrorKind, split, split_at};

const ALL: &[Dialect] = &[Postgres, Mysql, Mariadb, Sqlite];
const MY: &[Dialect] = &[Mysql, Mariadb];
const PG: &[Dialect] = &[Postgres];
const LITE: &[Dialect] = &[Sqlite];
const MARIA: &[Dialect] = &[Mariadb];

fn bodies<'a>(text: &'a str, pieces: &[Piece]) -> Vec<&'a str> {
    pieces
        .iter()
        .filter(|piece| matches!(piece.kind, PieceKind::Statement | PieceKind::CopyFromStdin { .. }))
        .map(|piece| piece.body.slice(text))
        .collect()
}

type Case = (&'static [Dialect], &'static str, &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Plain statements, blanks, comments.
    (ALL, "", &[]),
    (ALL, " \n\t ", &[]),
    (ALL, "-- only a comment", &[]),
    (ALL, ";;;", &[]),
    (ALL, "SELECT 1", &["SELECT 1"]),
    (ALL, "SELECT 1;\r\nSELECT 2;\r\n", &["SELECT 1", "SELECT 2"]),
    (ALL, "\u{feff}SELECT 1;", &["SELECT 1"]),
    (ALL, "-- a;b\n/* c;d */ SELECT /* e;f */ 1 -- g;h\n ; -- i", &["SELECT /* e;f */ 1"]),
    (ALL, "SELECT 'a;''b;';SELECT 2", &["SELECT 'a;''b;'", "SELECT 2"]),
    (ALL, "SELECT \"a;\"\"b;\";SELECT 2", &["SELECT \"a;\"\"b;\"", "SELECT 2"]),
    (ALL, "BEGIN; SELECT 1; END; SELECT 2", &["BEGIN", "SELECT 1", "END", "SELECT 2"]),
    (ALL, "BEGIN WORK; COMMIT;", &["BEGIN WORK", "COMMIT"]),
    (ALL, "SELECT 'ünder'; SELECT '日本;';", &["SELECT 'ünder'", "SELECT '日本;'"]),
    (ALL, "SELECT CASE WHEN a THEN 1 END; SELECT 2", &["SELECT CASE WHEN a THEN 1 END", "SELECT 2"]),
    (ALL, "SELECT x'ab;', N';' ; SELECT 2", &["SELECT x'ab;', N';'", "SELECT 2"]),
    // Comments that differ.
    (PG, "/* a /* b; */ ; */ SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
    (MY, "SELECT 1 /* a /* b */; SELECT 2", &["SELECT 1", "SELECT 2"]),
    (LITE, "SELECT 1 /* a /* b */; SELECT 2", &["SELECT 1", "SELECT 2"]),
    (LITE, "SELECT 1; /* to the end; ", &["SELECT 1"]),
    (PG, "SELECT 5--3;\n;SELECT 2", &["SELECT 5", "SELECT 2"]),
    (MY, "SELECT 5--3;SELECT 2", &["SELECT 5--3", "SELECT 2"]),
    (MY, "SELECT 5 -- 3;\n;SELECT 2", &["SELECT 5", "SELECT 2"]),
    (MY, "SELECT 5 --\n;SELECT 2", &["SELECT 5", "SELECT 2"]),
    (MY, "SELECT 5 --\t3;\n;SELECT 2", &["SELECT 5", "SELECT 2"]),
    (MY, "--no blank;\nSELECT 2", &["SELECT 2"]),
    (MY, "SELECT 1 # a;b\n; # c\nSELECT 2", &["SELECT 1", "SELECT 2"]),
    (PG, "SELECT 1 # 2;SELECT '#>' #>> ';'", &["SELECT 1 # 2", "SELECT '#>' #>> ';'"]),
    (PG, "SELECT 1 -- a\rSELECT 2; SELECT 3", &["SELECT 1 -- a\rSELECT 2", "SELECT 3"]),
    // PostgreSQL strings.
    (PG, r"SELECT '\'; SELECT E'\';'; SELECT e'\\'; SELECT 4", &[r"SELECT '\'", r"SELECT E'\';'", r"SELECT e'\\'", "SELECT 4"]),
    (PG, r"SELECT type'\'; SELECT 2", &[r"SELECT type'\'", "SELECT 2"]),
    (PG, "SELECT E'a'\n -- c\n 'b\\';'; SELECT 2", &["SELECT E'a'\n -- c\n 'b\\';'", "SELECT 2"]),
    (PG, "SELECT E'a' 'b\\'; SELECT 2", &["SELECT E'a' 'b\\'", "SELECT 2"]),
    (PG, r#"SELECT U&'d\0061;\' , U&"\;"; SELECT 2"#, &[r#"SELECT U&'d\0061;\' , U&"\;""#, "SELECT 2"]),
    (PG, "SELECT $$a;b$$; SELECT $q$ $$ ; $x$ $q$; SELECT 3", &["SELECT $$a;b$$", "SELECT $q$ $$ ; $x$ $q$", "SELECT 3"]),
    (PG, "SELECT a$b$ ; SELECT c$b$", &["SELECT a$b$", "SELECT c$b$"]),
    (PG, "SELECT $1; SELECT $1$2$; SELECT 3", &["SELECT $1", "SELECT $1$2$", "SELECT 3"]),
    (PG, "SELECT $é$ ; $é$; SELECT 2", &["SELECT $é$ ; $é$", "SELECT 2"]),
    (PG, "SELECT $A$ ; $a$ ; $A$; SELECT 2", &["SELECT $A$ ; $a$ ; $A$", "SELECT 2"]),
    (PG, "DO $$ BEGIN COMMIT; END $$; SELECT 2", &["DO $$ BEGIN COMMIT; END $$", "SELECT 2"]),
    // PostgreSQL bodies and parentheses.
    (PG, "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN (CASE b WHEN 1 THEN 2 END) END; END; SELECT 2",
        &["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN (CASE b WHEN 1 THEN 2 END) END; END", "SELECT 2"]),
    (PG, "create or replace procedure p() begin atomic insert into t values (1); end; SELECT 2",
        &["create or replace procedure p() begin atomic insert into t values (1); end", "SELECT 2"]),
    (PG, "CREATE FUNCTION f() RETURNS int BEGIN /* x */ ATOMIC SELECT t.end, 1 AS end; END; SELECT 2",
        &["CREATE FUNCTION f() RETURNS int BEGIN /* x */ ATOMIC SELECT t.end, 1 AS end; END", "SELECT 2"]),
    (PG, "CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 2", &["CREATE FUNCTION begin() RETURNS int RETURN 1", "SELECT 2"]),
    (PG, "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 2",
        &["CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END", "SELECT 2"]),
    (PG, "CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO u VALUES (1); DELETE FROM v); SELECT 2",
        &["CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO u VALUES (1); DELETE FROM v)", "SELECT 2"]),
    (PG, "CREATE TABLE t (a int; CREATE TABLE u (b int); SELECT 3;", &["CREATE TABLE t (a int", "CREATE TABLE u (b int)", "SELECT 3"]),
    (PG, "SELECT 1); SELECT (2); SELECT 3", &["SELECT 1)", "SELECT (2)", "SELECT 3"]),
    // COPY.
    (PG, "COPY t FROM stdin;\n1\ta;b\n\\.\nSELECT 2;", &["COPY t FROM stdin", "SELECT 2"]),
    (PG, "COPY t (a, \"from\") FROM STDIN WITH (FORMAT csv); -- data\r\n'\r\n\\.\r\nSELECT 2", &["COPY t (a, \"from\") FROM STDIN WITH (FORMAT csv)", "SELECT 2"]),
    (PG, "COPY t FROM '/stdin'; SELECT 2", &["COPY t FROM '/stdin'", "SELECT 2"]),
    (PG, "COPY (SELECT * FROM stdin) TO STDOUT; SELECT 2", &["COPY (SELECT * FROM stdin) TO STDOUT", "SELECT 2"]),
    (PG, "\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", &["SELECT 1"]),
    // MySQL strings and comments.
    (MY, r#"SELECT 'a\';', "b\";", `c\`; SELECT 2"#, &[r#"SELECT 'a\';', "b\";", `c\`"#, "SELECT 2"]),
    (MY, "SELECT `a``;b`; SELECT 2", &["SELECT `a``;b`", "SELECT 2"]),
    (MY, r"SELECT \N; SELECT 2", &[r"SELECT \N", "SELECT 2"]),
    (MY, "SELECT a$b$; SELECT $$; SELECT 3", &["SELECT a$b$", "SELECT $$", "SELECT 3"]),
    (MY, "/*!40101 SET a = 1 */;\n/*!40000 x; y */; SELECT 2", &["/*!40101 SET a = 1 */", "/*!40000 x; y */", "SELECT 2"]),
    (MY, "CREATE TABLE t (a int) /*!50100 /* c */ PARTITION BY HASH (a) */; SELECT 2",
        &["CREATE TABLE t (a int) /*!50100 /* c */ PARTITION BY HASH (a) */", "SELECT 2"]),
    (MARIA, "/*M!100100 SET x = ';' */; SELECT 2", &["/*M!100100 SET x = ';' */", "SELECT 2"]),
    (&[Mysql], "/*M!100100 SET x */; SELECT 2", &["SELECT 2"]),
    (MY, "/*M!999999\\- enable the sandbox mode */ \nSELECT 1;", &["SELECT 1"]),
    (MY, "/*+ hint; */ SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1; SELECT 2", &["SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1", "SELECT 2"]),
    // DELIMITER and USE.
    (MY, "DELIMITER //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT 3;", &["SELECT 1; SELECT 2", "SELECT 3"]),
    (MY, "delimiter $$\r\nSELECT '$$' $$\r\nDelimiter ;\r\nSELECT 3;\r\n", &["SELECT '$$'", "SELECT 3"]),
    (MY, "DELIMITER 'a b'\nSELECT 1a bSELECT 2", &["SELECT 1", "SELECT 2"]),
    (MY, "DELIMITER \"x\"\"y\"\nSELECT 1x\"ySELECT 2", &["SELECT 1", "SELECT 2"]),
    (MY, "DELIMITER $$ and more\nSELECT 1$$", &["SELECT 1"]),
    (MY, "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;\nSELECT 2",
        &["/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END */", "SELECT 2"]),
    (MY, "DELIMITER MySQL\nselect * from t1MySQLselect 2MySQL", &["select * from t1", "select 2"]),
    (MY, "USE shop\nSELECT 1; use `a;b`;SELECT 2;", &["USE shop", "SELECT 1", "use `a;b`", "SELECT 2"]),
    // MySQL bodies without DELIMITER.
    (MY, "CREATE PROCEDURE p() BEGIN SELECT 1; BEGIN END; SELECT 2; END; SELECT 3", &["CREATE PROCEDURE p() BEGIN SELECT 1; BEGIN END; SELECT 2; END", "SELECT 3"]),
    (MY, "CREATE PROCEDURE p() SELECT 1; SELECT 3", &["CREATE PROCEDURE p() SELECT 1", "SELECT 3"]),
    (MY, "CREATE PROCEDURE IF NOT EXISTS begin() lbl: BEGIN LEAVE lbl; END lbl; SELECT 3", &["CREATE PROCEDURE IF NOT EXISTS begin() lbl: BEGIN LEAVE lbl; END lbl", "SELECT 3"]),
    (MY, "CREATE PROCEDURE `s`.`p`(IN `begin` INT) `x y`: BEGIN SELECT `end`; END `x y`; SELECT 3", &["CREATE PROCEDURE `s`.`p`(IN `begin` INT) `x y`: BEGIN SELECT `end`; END `x y`", "SELECT 3"]),
    (MY, "CREATE PROCEDURE p() IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT IF(a, 1, 2); END IF; SELECT 3",
        &["CREATE PROCEDURE p() IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT IF(a, 1, 2); END IF", "SELECT 3"]),
    (MY, "CREATE PROCEDURE p(x INT) COMMENT 'c' BEGIN CASE x WHEN 1 THEN SELECT CASE WHEN a THEN 1 ELSE 2 END; ELSE BEGIN END; END CASE; SET x = REPEAT('a', 3); END; SELECT 3",
        &["CREATE PROCEDURE p(x INT) COMMENT 'c' BEGIN CASE x WHEN 1 THEN SELECT CASE WHEN a THEN 1 ELSE 2 END; ELSE BEGIN END; END CASE; SET x = REPEAT('a', 3); END", "SELECT 3"]),
    (MY, "CREATE PROCEDURE p() BEGIN a: LOOP LEAVE a; END LOOP a; WHILE b DO DO SLEEP(1); END WHILE; REPEAT SET c = CASE d WHEN 1 THEN 2 END; UNTIL CASE WHEN e THEN 1 END END REPEAT; END; SELECT 3",
        &["CREATE PROCEDURE p() BEGIN a: LOOP LEAVE a; END LOOP a; WHILE b DO DO SLEEP(1); END WHILE; REPEAT SET c = CASE d WHEN 1 THEN 2 END; UNTIL CASE WHEN e THEN 1 END END REPEAT; END", "SELECT 3"]),
    (MY, "CREATE PROCEDURE p() BEGIN DECLARE a INT DEFAULT 0; DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLSTATE '23000' BEGIN ROLLBACK; END; DECLARE CONTINUE HANDLER FOR NOT FOUND SET a = 1; DECLARE c CURSOR FOR SELECT 1; END; SELECT 3",
        &["CREATE PROCEDURE p() BEGIN DECLARE a INT DEFAULT 0; DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLSTATE '23000' BEGIN ROLLBACK; END; DECLARE CONTINUE HANDLER FOR NOT FOUND SET a = 1; DECLARE c CURSOR FOR SELECT 1; END", "SELECT 3"]),
    (MY, "CREATE FUNCTION f() RETURNS SET('a') CHARACTER SET utf8mb4 DETERMINISTIC BEGIN RETURN 'a'; END; SELECT 3",
        &["CREATE FUNCTION f() RETURNS SET('a') CHARACTER SET utf8mb4 DETERMINISTIC BEGIN RETURN 'a'; END", "SELECT 3"]),
    (MY, "CREATE FUNCTION f() RETURNS INT RETURN CASE WHEN a THEN 1 END; SELECT 3", &["CREATE FUNCTION f() RETURNS INT RETURN CASE WHEN a THEN 1 END", "SELECT 3"]),
    (MY, "CREATE DEFINER=trigger@localhost TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS u BEGIN SET NEW.begin = NEW.end; SET end = begin; END; SELECT 3",
        &["CREATE DEFINER=trigger@localhost TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS u BEGIN SET NEW.begin = NEW.end; SET end = begin; END", "SELECT 3"]),
    (MY, "CREATE DEFINER=CURRENT_USER() TRIGGER t AFTER DELETE ON x FOR EACH ROW SET @a = IF(OLD.a, 1, 2); SELECT 3",
        &["CREATE DEFINER=CURRENT_USER() TRIGGER t AFTER DELETE ON x FOR EACH ROW SET @a = IF(OLD.a, 1, 2)", "SELECT 3"]),
    (MY, "CREATE EVENT e ON SCHEDULE EVERY 1 HOUR COMMENT 'x' DO BEGIN DELETE FROM t; END; SELECT 3",
        &["CREATE EVENT e ON SCHEDULE EVERY 1 HOUR COMMENT 'x' DO BEGIN DELETE FROM t; END", "SELECT 3"]),
    (MY, "ALTER EVENT e DO BEGIN DELETE FROM t; END; SELECT 3", &["ALTER EVENT e DO BEGIN DELETE FROM t; END", "SELECT 3"]),
    (MY, "CREATE TABLE begin (end int); SELECT begin FROM begin; CREATE TABLE t (a int); SELECT 3",
        &["CREATE TABLE begin (end int)", "SELECT begin FROM begin", "CREATE TABLE t (a int)", "SELECT 3"]),
    (MARIA, "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END; SELECT 3", &["BEGIN NOT ATOMIC SELECT 1; SELECT 2; END", "SELECT 3"]),
    (MARIA, "IF a THEN SELECT 1; END IF; FOR i IN 1..3 DO SELECT i; END FOR; SELECT 3", &["IF a THEN SELECT 1; END IF", "FOR i IN 1..3 DO SELECT i; END FOR", "SELECT 3"]),
    (&[Mysql], "CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ let a = 1; return a; $$; SELECT 2",
        &["CREATE FUNCTION f() RETURNS INT LANGUAGE JAVASCRIPT AS $$ let a = 1; return a; $$", "SELECT 2"]),
    // SQLite.
    (LITE, "SELECT [a;b], `c;`; SELECT 2", &["SELECT [a;b], `c;`", "SELECT 2"]),
    (LITE, "CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN 1 ELSE 2 END; SELECT end FROM z; END; SELECT 2",
        &["CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN 1 ELSE 2 END; SELECT end FROM z; END", "SELECT 2"]),
    (LITE, "create temp trigger if not exists begin after insert on begin begin select 1; end; SELECT 2",
        &["create temp trigger if not exists begin after insert on begin begin select 1; end", "SELECT 2"]),
    (LITE, "CREATE TRIGGER t; SELECT 2", &["CREATE TRIGGER t", "SELECT 2"]),
    (LITE, "SELECT ((1; SELECT 2", &["SELECT ((1", "SELECT 2"]),
];

#[test]
fn statements_end_where_the_database_ends_them() {
    for (dialects, text, expected) in CASES {
        for dialect in *dialects {
            let pieces = split(*dialect, text).unwrap_or_else(|error| panic!("{dialect} {text:?}: {error}"));
            assert_eq!(bodies(text, &pieces), *expected, "{dialect} {text:?}");
            let whole: String = pieces.iter().map(|piece| piece.span.slice(text)).collect();
            assert_eq!(whole, *text, "{dialect}: pieces must concatenate to the input");
        }
    }
}

#[test]
fn copy_data_are_kept_apart_from_the_statement() {
    for (text, expected) in [
        ("COPY t FROM stdin;\n1\t2\n\\\\.\n3\n\\.\nSELECT 1", "1\t2\n\\\\.\n3\n"),
        ("COPY t FROM stdin;\n\\.\n", ""),
        ("COPY t FROM stdin;\r\n1\r\n\\.\r\n", "1\r\n"),
        ("COPY t FROM stdin;\n1\n\\.", "1\n"),
        ("COPY t FROM stdin;\n1\n2", "1\n2"),
        ("COPY t FROM stdin;", ""),
        ("COPY t FROM stdin", ""),
    ] {
        let pieces = split(Postgres, text).unwrap();
        let PieceKind::CopyFromStdin { data } = &pieces[0].kind else { panic!("{text:?}: {pieces:?}") };
        assert_eq!(data.slice(text), expected, "{text:?}");
        assert_eq!(pieces[0].body.slice(text), "COPY t FROM stdin");
    }
}

#[test]
fn client_commands_are_refused_by_name_and_place() {
    for (dialect, text, name, start) in [
        (Postgres, "SELECT 1;\n\\x on\n", "\\x", 10),
        (Postgres, "SELECT 1 \\gexec\n", "\\gexec", 9),
        (Postgres, "\\i other.sql\n", "\\i", 0),
        (Postgres, "\\! rm -rf /\n", "\\!", 0),
        (Postgres, "SELECT 1 \\; SELECT 2;", "\\", 9),
        (Postgres, "SELECT (1 \\gset", "\\gset", 10),
        (Mysql, "source a.sql\n", "source", 0),
        (Mysql, "SELECT 1; SOURCE a.sql;\n", "SOURCE", 10),
        (Mariadb, "\\. a.sql\n", "\\.", 0),
        (Mysql, "system ls\n", "system", 0),
        (Mysql, "\\! ls\n", "\\!", 0),
        (Mysql, "SELECT 1\\G", "\\G", 8),
        (Mysql, "SELECT 1 \\é", "\\", 9),
        (Mariadb, "?\n", "?", 0),
        (Sqlite, "SELECT 1;\n.read a.sql\n", ".read", 10),
        (Sqlite, ".mode csv", ".mode", 0),
    ] {
        let error = split(dialect, text).unwrap_err();
        assert_eq!(error.kind, SplitErrorKind::ClientCommand { name: name.to_owned() }, "{text:?}");
        assert_eq!((error.span.start, error.span.end), (start, start + name.len()), "{text:?}");
    }
}

#[test]
fn what_is_never_closed_is_named_where_it_begins() {
    for (dialect, text, what, start) in [
        (Postgres, "SELECT 'a; SELECT 1", "string", 7),
        (Postgres, "SELECT E'a\\'; ", "string", 7),
        (Postgres, "SELECT \"a", "quoted name", 7),
        (Postgres, "SELECT 1; /* a /* b */", "comment", 10),
        (Postgres, "DO $body$ BEGIN", "dollar quote $body$", 3),
        (Mysql, "SELECT `a", "quoted name", 7),
        (Mysql, "SELECT \"a\\\"", "string", 7),
        (Mysql, "SELECT 1; /*!50000 SELECT 1;", "conditional comment", 10),
        (Mysql, "/* a", "comment", 0),
        (Sqlite, "SELECT [a", "quoted name", 7),
    ] {
        let error = split(dialect, text).unwrap_err();
        assert_eq!(error.kind, SplitErrorKind::Unterminated { what: what.to_owned() }, "{text:?}");
        assert_eq!(error.span.start, start, "{text:?}");
    }
    for text in ["DELIMITER\nSELECT 1;", "DELIMITER \\n\\n\nSELECT 1", "DELIMITER ''\n"] {
        assert_eq!(split(Mysql, text).unwrap_err().kind, SplitErrorKind::BadDelimiter, "{text:?}");
    }
    let error = split(Postgres, "COPY t FROM stdin; SELECT 1;\n1\n\\.\n").unwrap_err();
    assert_eq!((error.kind, error.span.start), (SplitErrorKind::TextBeforeCopyData, 19));
}

#[test]
fn a_literal_delimiter_is_the_only_one() {
    for (dialect, delimiter, text, expected) in [
        (Postgres, "\n\n", "SELECT 1;\nSELECT 2;\n\nSELECT 3", &["SELECT 1;\nSELECT 2;", "SELECT 3"][..]),
        (
            Postgres,
            "\n\n",
            "CREATE TABLE t (\n\n a int)\n\nSELECT 'a\n\nb'",
            &["CREATE TABLE t (\n\n a int)", "SELECT 'a\n\nb'"],
        ),
        (Postgres, "\n\n", "-- a\n\nSELECT 1 -- b\n\nSELECT 2", &["SELECT 1", "SELECT 2"]),
        (Postgres, "\n-- end\n", "SELECT 1;\n-- end\nSELECT 2;\n-- end\n", &["SELECT 1;", "SELECT 2;"]),
        (Postgres, "-- end", "SELECT 1\n-- end\nSELECT 2", &["SELECT 1", "SELECT 2"]),
        (Postgres, "GO", "SELECT $$GO$$GO SELECT \"GO\"", &["SELECT $$GO$$", "SELECT \"GO\""]),
        (Postgres, ";", "SELECT (1; SELECT 2", &["SELECT (1", "SELECT 2"]),
        (
            Mysql,
            "//",
            "CREATE PROCEDURE p() BEGIN SELECT '//'; END//\nDELIMITER x//",
            &["CREATE PROCEDURE p() BEGIN SELECT '//'; END", "DELIMITER x"],
        ),
        (Mysql, "$$", "SELECT 1 $$ SELECT 2", &["SELECT 1", "SELECT 2"]),
        (Postgres, "", "SELECT 1; SELECT 2", &["SELECT 1; SELECT 2"]),
    ] {
        let pieces = split_at(dialect, text, delimiter).unwrap();
        assert_eq!(bodies(text, &pieces), expected, "{delimiter:?} {text:?}");
    }
}
