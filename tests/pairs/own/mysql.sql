-- @@ column-keeps-every-attribute change
CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x''y' COMMENT 'old; it''s',
  b timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3) COMMENT 'when',
  c int unsigned zerofill DEFAULT 7
);
-- =>
CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a varchar(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x''y' COMMENT 'new; it''s',
  b timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3) COMMENT 'since when',
  c int unsigned zerofill DEFAULT 8 COMMENT 'c\\d\nline'
);
-- @@ invisible-and-commented-columns change
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3, b text);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3 INVISIBLE, b text COMMENT 'b');
-- @@ table-options change
CREATE TABLE t (id int PRIMARY KEY, a varchar(10)) ENGINE=InnoDB ROW_FORMAT=COMPACT STATS_PERSISTENT=1 COMMENT='a';
-- =>
CREATE TABLE t (id int PRIMARY KEY, a varchar(10)) ENGINE=InnoDB ROW_FORMAT=DYNAMIC STATS_AUTO_RECALC=1 MAX_ROWS=100;
-- @@ page-compression change mariadb
CREATE TABLE t (id int PRIMARY KEY) PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=4;
-- =>
CREATE TABLE t (id int PRIMARY KEY, a varchar(100) COMPRESSED);
-- @@ engine-and-charset change
CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b varchar(10) CHARACTER SET latin1, c text) ENGINE=MyISAM DEFAULT CHARSET=latin1;
-- =>
CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b varchar(10) CHARACTER SET latin1, c text) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- @@ default-charset-only change
CREATE TABLE t (id int PRIMARY KEY, a varchar(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci) DEFAULT CHARSET=latin1;
-- =>
CREATE TABLE t (id int PRIMARY KEY, a varchar(10) CHARACTER SET latin1 COLLATE latin1_swedish_ci, b varchar(10)) DEFAULT CHARSET=utf8mb4;
-- @@ charset-of-a-foreign-key change
CREATE TABLE p (code varchar(10) PRIMARY KEY) DEFAULT CHARSET=latin1;
CREATE TABLE c (id int PRIMARY KEY, code varchar(10), CONSTRAINT c_p FOREIGN KEY (code) REFERENCES p (code) ON DELETE CASCADE) DEFAULT CHARSET=latin1;
-- =>
CREATE TABLE p (code varchar(10) PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
CREATE TABLE c (id int PRIMARY KEY, code varchar(10), CONSTRAINT c_p FOREIGN KEY (code) REFERENCES p (code) ON DELETE CASCADE) DEFAULT CHARSET=utf8mb4;
-- @@ type-of-a-foreign-key change
CREATE TABLE p (id int NOT NULL PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p int, q int, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT c_q FOREIGN KEY (q) REFERENCES p (id) ON DELETE SET NULL);
-- =>
CREATE TABLE p (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p bigint NOT NULL, q bigint, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT c_q FOREIGN KEY (q) REFERENCES p (id) ON DELETE SET NULL);
-- @@ index-under-a-foreign-key change
CREATE TABLE p (id int PRIMARY KEY, k int NOT NULL, UNIQUE KEY k1 (k));
CREATE TABLE c (id int PRIMARY KEY, a int, b int, KEY one (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k));
-- =>
CREATE TABLE p (id int PRIMARY KEY, k int NOT NULL, UNIQUE KEY k2 (k) COMMENT 'other');
CREATE TABLE c (id int PRIMARY KEY, a int, b int, KEY two (a, b), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k));
-- @@ foreign-keys-in-a-circle change
CREATE TABLE keep (id int PRIMARY KEY);
-- =>
CREATE TABLE keep (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY, b int, KEY (b));
CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT b_a FOREIGN KEY (a) REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b (id), ADD CONSTRAINT a_a FOREIGN KEY (b) REFERENCES a (id);
-- @@ primary-keys-change change
CREATE TABLE t (a int NOT NULL, b int NOT NULL, c varchar(5), PRIMARY KEY (a), KEY kb (b));
-- =>
CREATE TABLE t (a int NOT NULL, b int NOT NULL AUTO_INCREMENT, c varchar(5) NOT NULL, PRIMARY KEY (b), UNIQUE KEY ka (a, c(3)));
-- @@ auto-increment-moves change
CREATE TABLE t (a int NOT NULL AUTO_INCREMENT, b int NOT NULL, PRIMARY KEY (a), KEY (b));
-- =>
CREATE TABLE t (a int NOT NULL, b int NOT NULL AUTO_INCREMENT, PRIMARY KEY (a), KEY (b));
-- @@ indexes-of-every-kind change
CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b text, g point NOT NULL);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b text, g point NOT NULL, KEY k (a(10) DESC, id), FULLTEXT KEY f (a, b) COMMENT 'words', SPATIAL KEY s (g), UNIQUE KEY u (id, a) USING BTREE);
-- @@ ignored-indexes change mariadb
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a));
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a) IGNORED);
-- @@ invisible-and-functional-indexes change mysql
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), KEY k (a));
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), KEY k (a) INVISIBLE, KEY f ((lower(b)), a), UNIQUE KEY g ((a + 1) DESC));
-- @@ indexes-of-odd-names change
CREATE TABLE `odd ``t` (`a.b` int, `c'd` int, KEY `k,1` (`a.b`));
-- =>
CREATE TABLE `odd ``t` (`a.b` bigint, `c'd` int, `e"f` int COMMENT '`', KEY `k,2` (`a.b`, `c'd`), KEY `select` (`e"f`));
-- @@ checks change
CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT c1 CHECK (a > 0), CONSTRAINT c2 CHECK (b > a));
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, d int, CONSTRAINT c1 CHECK (a > 1), CONSTRAINT c3 CHECK (d in (1, 2)));
-- @@ checks-of-columns change mariadb
CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0), b int);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3 COMMENT 'a' CHECK (a > 0), b int CHECK (b < 5));
-- @@ checks-that-are-not-enforced change mysql
CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT c1 CHECK (a > 0));
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT c1 CHECK (a > 0) NOT ENFORCED);
-- @@ generated-columns-on-each-other change
CREATE TABLE t (id int PRIMARY KEY, a int, b int AS (a * 2) VIRTUAL, c int AS (b + 1) STORED, KEY kc (c));
-- =>
CREATE TABLE t (id int PRIMARY KEY, a bigint, b bigint AS (a * 2) STORED, c bigint AS (b + 1) VIRTUAL COMMENT 'c', d int AS (id) VIRTUAL, KEY kc (c, d));
-- @@ generated-column-becomes-plain change
CREATE TABLE t (id int PRIMARY KEY, a int, b int AS (a * 2) STORED, c int AS (a) VIRTUAL);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL DEFAULT 1, c int);
-- @@ defaults-of-every-kind change
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b varchar(40) DEFAULT 'a', c datetime, d json, e bit(3), f decimal(6,3), g date, s set('a','b') DEFAULT 'a');
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT (1 + 2), b varchar(40) DEFAULT (concat('a', '(;', uuid())), c datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, d json DEFAULT (json_array()), e bit(3) DEFAULT b'101', f decimal(6,3) DEFAULT -1.5, g date DEFAULT '2020-02-02', s set('a','b') DEFAULT 'a,b');
-- @@ partitions-come-and-go change
CREATE TABLE t (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id));
-- =>
CREATE TABLE t (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (year(d)) (PARTITION p0 VALUES LESS THAN (2000) COMMENT = 'old', PARTITION p1 VALUES LESS THAN MAXVALUE);
-- @@ partitions-split change
CREATE TABLE t (id int NOT NULL, a int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION pm VALUES LESS THAN MAXVALUE);
-- =>
CREATE TABLE t (id int NOT NULL, a bigint) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION pm VALUES LESS THAN MAXVALUE);
-- @@ partitions-by-hash change
CREATE TABLE t (id int NOT NULL, a int) PARTITION BY HASH (id) PARTITIONS 4;
-- =>
CREATE TABLE t (id int NOT NULL, a int) PARTITION BY KEY (a) PARTITIONS 2;
-- @@ subpartitions change
CREATE TABLE t (id int NOT NULL, d date) PARTITION BY RANGE (year(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN (2010));
-- =>
CREATE TABLE t (id int NOT NULL, d date) PARTITION BY RANGE (year(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN (2010), PARTITION p2 VALUES LESS THAN (2020));
-- @@ views-with-options change
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v AS SELECT id, a FROM t WHERE a > 1 WITH CASCADED CHECK OPTION;
CREATE VIEW w AS SELECT id FROM v;
-- =>
CREATE TABLE t (id int PRIMARY KEY, b int, a int);
CREATE VIEW v (x, y, z) AS SELECT id, a, b FROM t;
CREATE VIEW w AS SELECT x, z FROM v;
CREATE ALGORITHM=TEMPTABLE VIEW u AS SELECT count(*) AS n, 'a WITH CASCADED CHECK OPTION' AS s FROM w;
-- @@ view-becomes-a-table change
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t;
-- =>
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE v (id int PRIMARY KEY);
-- @@ view-on-a-function change
CREATE TABLE t (id int PRIMARY KEY, a int);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
CREATE VIEW v AS SELECT twice(b) AS c FROM t;
-- @@ triggers-in-order change
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1;
CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 2;
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1;
CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.b > 1 THEN SET NEW.a = 3; END IF; END;
CREATE TRIGGER four BEFORE INSERT ON t FOR EACH ROW FOLLOWS two SET NEW.b = 4;
-- @@ routines change
CREATE TABLE t (id int PRIMARY KEY);
CREATE PROCEDURE p(IN a int, OUT b int) COMMENT 'it''s' SQL SECURITY INVOKER BEGIN DECLARE c int DEFAULT 1; SET b = a + c; -- done; here
END;
CREATE FUNCTION f(a varchar(10)) RETURNS varchar(20) DETERMINISTIC RETURN concat(a, ';');
-- =>
CREATE TABLE t (id int PRIMARY KEY);
CREATE PROCEDURE p(IN a int, OUT b int) BEGIN SET b = a; END;
CREATE FUNCTION f(a varchar(10), b int) RETURNS varchar(30) CHARSET latin1 DETERMINISTIC READS SQL DATA RETURN concat(a, b);
CREATE FUNCTION g() RETURNS int NO SQL RETURN 1;
-- @@ events change
CREATE EVENT e ON SCHEDULE EVERY 1 HOUR STARTS '2031-01-01 03:00:00' ENDS '2032-01-01 00:00:00' COMMENT 'it''s' DO DELETE FROM t WHERE a = ';';
CREATE EVENT f ON SCHEDULE AT '2033-01-01 00:00:00' DO BEGIN SET @a = 1; SET @b = 2; END;
-- =>
CREATE EVENT e ON SCHEDULE EVERY '1:30' HOUR_MINUTE ON COMPLETION PRESERVE DISABLE DO DELETE FROM t;
CREATE EVENT f ON SCHEDULE EVERY 2 WEEK STARTS '2031-05-05 05:05:05' DO SET @a = 2;
-- @@ sequences change mariadb
CREATE SEQUENCE s START WITH 5 INCREMENT BY 2 MAXVALUE 1000 CACHE 10 CYCLE;
CREATE SEQUENCE gone;
CREATE TABLE t (id int PRIMARY KEY, n bigint DEFAULT nextval(gone));
-- =>
CREATE SEQUENCE s START WITH 5 INCREMENT BY 3 MINVALUE -5 NOCACHE;
CREATE SEQUENCE fresh;
CREATE TABLE t (id int PRIMARY KEY, n bigint DEFAULT nextval(fresh));
-- @@ system-versioning change mariadb
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE u (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING;
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, b int) WITH SYSTEM VERSIONING;
CREATE TABLE u (id int PRIMARY KEY, a bigint, c int WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;
-- @@ system-time-by-name change mariadb
CREATE TABLE t (id int PRIMARY KEY, a int);
-- =>
CREATE TABLE t (id int PRIMARY KEY, a int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
-- @@ application-time change mariadb
CREATE TABLE t (id int NOT NULL, s date NOT NULL, e date NOT NULL, PRIMARY KEY (id));
-- =>
CREATE TABLE t (id int NOT NULL, s date NOT NULL, e date NOT NULL, PERIOD FOR valid (s, e), PRIMARY KEY (id, valid WITHOUT OVERLAPS));
-- @@ types-of-mariadb change mariadb
CREATE TABLE t (id uuid PRIMARY KEY, a inet6, v varbinary(10));
-- =>
CREATE TABLE t (id uuid DEFAULT uuid() PRIMARY KEY, a inet6 DEFAULT '::1', b inet4, v varbinary(20) DEFAULT 0x41);
-- @@ spatial-types-of-mysql change mysql
CREATE TABLE t (id int PRIMARY KEY, g point NOT NULL SRID 4326);
-- =>
CREATE TABLE t (id int PRIMARY KEY, g point NOT NULL SRID 4326, h geometry NOT NULL SRID 0, SPATIAL KEY sg (g));
-- @@ names-in-another-case change
CREATE TABLE t (Id int PRIMARY KEY, UserName varchar(10), KEY ByName (UserName));
CREATE VIEW v AS SELECT UserName FROM t;
-- =>
CREATE TABLE t (id int PRIMARY KEY, username varchar(20), KEY byname (username));
CREATE VIEW v AS SELECT username FROM t;
-- @@ columns-in-the-middle change
CREATE TABLE t (a int, d int);
-- =>
CREATE TABLE t (z int, a int, b int, c int, d int, e int, f int);
-- @@ last-column-is-exchanged change
CREATE TABLE t (a int, KEY k (a));
-- =>
CREATE TABLE t (b int, KEY k (b));
-- @@ all-at-once change
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int NOT NULL, p int, old int, name varchar(10), PRIMARY KEY (id), KEY k_old (old), KEY k_name (name), CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id)) COMMENT='t';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.old = 1;
CREATE VIEW v AS SELECT old FROM t;
-- =>
CREATE TABLE p (id bigint PRIMARY KEY);
CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT, p bigint, fresh int NOT NULL DEFAULT 1, name varchar(30) NOT NULL, PRIMARY KEY (id, fresh), UNIQUE KEY k_name (name), KEY k_fresh (fresh), CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE) ROW_FORMAT=DYNAMIC;
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.fresh = 1;
CREATE VIEW v AS SELECT fresh FROM t;
-- @@ same-in-other-words noop
CREATE TABLE t (id INTEGER PRIMARY KEY, a BOOL DEFAULT TRUE, b NUMERIC(5), c CHARACTER VARYING(5), CONSTRAINT c1 CHECK (a in (0,1)));
CREATE VIEW v AS SELECT a, b FROM t WHERE a = 1;
-- =>
create table t (id int not null, a tinyint(1) default 1, b decimal(5,0), c varchar(5), constraint c1 check (a IN (0, 1)), primary key (id));
create view v as select t.a as a, t.b as b from t where (t.a = 1);
-- @@ qualified-names noop
CREATE TABLE t (id int PRIMARY KEY);
CREATE VIEW v AS SELECT id FROM t;
CREATE PROCEDURE p() SELECT count(*) FROM t;
-- =>
USE mysqldef_test;
CREATE TABLE mysqldef_test.t (id int PRIMARY KEY);
CREATE VIEW mysqldef_test.v AS SELECT mysqldef_test.t.id FROM mysqldef_test.t;
CREATE PROCEDURE p() SELECT count(*) FROM t;
-- @@ index-of-an-unnamed-foreign-key change
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, a int, FOREIGN KEY (p_id) REFERENCES p (id));
CREATE TABLE d (id int PRIMARY KEY, p_id int, a int, CONSTRAINT d_p FOREIGN KEY (p_id) REFERENCES p (id));
-- =>
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, p_id int, a int, KEY p_id (p_id), KEY p_and_a (p_id, a), CONSTRAINT c_ibfk_1 FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE);
CREATE TABLE d (id int PRIMARY KEY, p_id int, a int, KEY d_p (p_id), KEY p_and_a (p_id, a));
-- @@ nullness-under-a-foreign-key change
CREATE TABLE p (id int NOT NULL PRIMARY KEY, k int NOT NULL, UNIQUE KEY (k));
CREATE TABLE c (id int PRIMARY KEY, p int, k int, gone int, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT c_k FOREIGN KEY (k) REFERENCES p (k));
-- =>
CREATE TABLE p (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, k int, a int AS (k) STORED, UNIQUE KEY (k));
CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL, k int, d int AS (id) STORED, CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT c_k FOREIGN KEY (k) REFERENCES p (k));
