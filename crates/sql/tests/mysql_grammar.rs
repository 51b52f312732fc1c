//! What the grammar of MySQL and MariaDB says of each construct, with the places that fixes need.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use sluice_sql::Dialect::{self, Mariadb, Mysql};
use sluice_sql::ObjectKind;
use sluice_sql::model::*;
use sluice_sql::parse;
use sluice_text::Span;

fn parsed(dialect: Dialect, sql: &str) -> Parsed {
    parse(dialect, sql, Span::new(0, sql.len()))
}

/// The statement, all of which must be understood.
fn statement(dialect: Dialect, sql: &str) -> Statement {
    let parsed = parsed(dialect, sql);
    assert!(parsed.not_analysed.is_empty(), "{sql}: {:?}", parsed.not_analysed);
    parsed.statement
}

fn create(sql: &str) -> CreateTable {
    match statement(Mariadb, sql) {
        Statement::CreateTable(table) => *table,
        other => panic!("{other:?}"),
    }
}

fn alter(sql: &str) -> AlterTable {
    match statement(Mysql, sql) {
        Statement::AlterTable(table) => *table,
        other => panic!("{other:?}"),
    }
}

fn query(sql: &str) -> Query {
    match statement(Mariadb, sql) {
        Statement::Query(query) => *query,
        other => panic!("{other:?}"),
    }
}

/// The text with a keyword added where the model says that it would go.
fn fixed(sql: &str, keyword: Keyword, words: &str) -> String {
    assert!(!keyword.is_written(), "{sql}");
    let mut text = sql.to_owned();
    text.insert_str(keyword.span.start, &format!(" {words}"));
    text
}

/// Names and texts of the attributes of the first column.
fn attributes(definition: &str) -> Vec<String> {
    let sql = format!("CREATE TABLE t (c {definition})");
    let table = create(&sql);
    let column = table.columns().next().unwrap();
    assert_eq!(column.span.slice(&sql), format!("c {definition}"));
    column.attributes.iter().map(|it| it.span.slice(&sql).to_owned()).collect()
}

#[test]
fn every_attribute_of_a_column_is_told_apart() {
    for (definition, expected) in [
        (
            "INT NOT NULL DEFAULT -1 AUTO_INCREMENT UNIQUE KEY",
            &["NOT NULL", "DEFAULT -1", "AUTO_INCREMENT", "UNIQUE KEY"][..],
        ),
        (
            "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'it''s'",
            &["COLLATE utf8mb4_bin", "NULL", "COMMENT 'it''s'"],
        ),
        (
            "TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE NOW(6) INVISIBLE",
            &["DEFAULT CURRENT_TIMESTAMP(6)", "ON UPDATE NOW(6)", "INVISIBLE"],
        ),
        (
            "BINARY(16) DEFAULT (UUID_TO_BIN(UUID())) PRIMARY KEY",
            &["DEFAULT (UUID_TO_BIN(UUID()))", "PRIMARY KEY"],
        ),
        ("INT DEFAULT (1 + 2) COMMENT 'x'", &["DEFAULT (1 + 2)", "COMMENT 'x'"]),
        (
            "INT GENERATED ALWAYS AS (a * 2) STORED NOT NULL",
            &["GENERATED ALWAYS AS (a * 2) STORED", "NOT NULL"],
        ),
        ("INT AS (a) PERSISTENT", &["AS (a) PERSISTENT"]),
        ("INT CONSTRAINT ck CHECK (c > 0) NOT ENFORCED", &["CONSTRAINT ck CHECK (c > 0) NOT ENFORCED"]),
        (
            "INT REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL",
            &["REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL"],
        ),
        ("POINT NOT NULL SRID 4326", &["NOT NULL", "SRID 4326"]),
        ("TEXT COMPRESSED=zlib WITHOUT SYSTEM VERSIONING", &["COMPRESSED=zlib", "WITHOUT SYSTEM VERSIONING"]),
        (
            "INT STORAGE DISK COLUMN_FORMAT FIXED ENGINE_ATTRIBUTE='{}'",
            &["STORAGE DISK", "COLUMN_FORMAT FIXED", "ENGINE_ATTRIBUTE='{}'"],
        ),
        ("TIMESTAMP(6) GENERATED ALWAYS AS ROW START", &["GENERATED ALWAYS AS ROW START"]),
        ("DOUBLE DEFAULT 1e-5 NOT NULL", &["DEFAULT 1e-5", "NOT NULL"]),
        ("DOUBLE DEFAULT .5 NULL", &["DEFAULT .5", "NULL"]),
        ("DOUBLE DEFAULT -1.25 NULL", &["DEFAULT -1.25", "NULL"]),
        ("BIT(8) DEFAULT b'101'", &["DEFAULT b'101'"]),
        ("INT DEFAULT NEXT VALUE FOR s NOT NULL", &["DEFAULT NEXT VALUE FOR s", "NOT NULL"]),
    ] {
        assert_eq!(attributes(definition), expected, "{definition}");
    }
}

#[test]
fn types_come_with_their_own_name_and_arguments() {
    for (written, name, span) in [
        ("INTEGER UNSIGNED", "int", "INTEGER UNSIGNED"),
        ("DOUBLE PRECISION", "double", "DOUBLE PRECISION"),
        ("DECIMAL(10,2) UNSIGNED ZEROFILL", "decimal", "DECIMAL(10,2) UNSIGNED ZEROFILL"),
        ("ENUM('a','it''s') CHARACTER SET latin1", "enum", "ENUM('a','it''s')"),
        ("NATIONAL VARCHAR(10)", "varchar", "NATIONAL VARCHAR(10)"),
        ("CHAR BYTE", "binary", "CHAR BYTE"),
        ("LONG VARCHAR", "mediumtext", "LONG VARCHAR"),
        ("BOOLEAN", "tinyint", "BOOLEAN"),
        // Short for `BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE` (manual, Numeric Data Type Syntax).
        ("SERIAL", "bigint", "SERIAL"),
    ] {
        let sql = format!("CREATE TABLE t (c {written})");
        let data_type = create(&sql).columns().next().unwrap().data_type.clone().unwrap();
        assert_eq!((data_type.name.as_str(), data_type.span.slice(&sql)), (name, span), "{written}");
    }
    let table = create("CREATE TABLE t (c ENUM('a','it''s') CHARACTER SET latin1)");
    let column = table.columns().next().unwrap();
    let data_type = column.data_type.as_ref().unwrap();
    assert_eq!(data_type.values().map(|it| it.value.as_str()).collect::<Vec<_>>(), ["a", "it's"]);
    assert!(data_type.charset.as_ref().unwrap().is("latin1"));
}

#[test]
fn keys_of_a_table_keep_their_prefixes_orders_and_options() {
    let sql = "CREATE TABLE t (a INT, PRIMARY KEY (a DESC) USING BTREE, UNIQUE KEY u (b(10), (LOWER(c))) COMMENT 'x', \
               KEY k (a) INVISIBLE, FULLTEXT f (b) WITH PARSER ngram, SPATIAL INDEX (g), KEY i (a) IGNORED, \
               CONSTRAINT fk FOREIGN KEY ix (a) REFERENCES s.p (x) MATCH FULL ON DELETE RESTRICT, CHECK (a > 0), \
               VECTOR INDEX (v) DISTANCE=cosine, UNIQUE (id, p WITHOUT OVERLAPS), PERIOD FOR p (x, y))";
    let table = create(sql);
    let [primary, unique, foreign, check, period] = table.constraints().collect::<Vec<_>>()[..] else {
        panic!()
    };
    let TableConstraintKind::PrimaryKey(key) = &primary.kind else { panic!() };
    assert_eq!(
        (key.keys[0].order, key.method.as_ref().unwrap().text.as_str()),
        (Some(Order::Descending), "BTREE")
    );
    let TableConstraintKind::Unique(key) = &unique.kind else { panic!() };
    assert_eq!((key.keys[0].prefix, key.index_name.as_ref().unwrap().text.as_str()), (Some(10), "u"));
    let IndexKeyPart::Expr(expr) = &key.keys[1].part else { panic!() };
    assert_eq!((expr.span.slice(sql), expr.calls("lower")), ("LOWER(c)", true));
    let key = foreign.foreign_key().unwrap();
    assert_eq!(key.span.slice(sql), "FOREIGN KEY ix (a) REFERENCES s.p (x) MATCH FULL ON DELETE RESTRICT");
    assert_eq!(key.table.display(Mysql), "s.p");
    assert_eq!((key.matching, key.on_delete), (Some(MatchKind::Full), Some(ReferentialAction::Restrict)));
    let TableConstraintKind::Check(expr) = &check.kind else { panic!() };
    assert_eq!((expr.span.slice(sql), check.span.slice(sql)), ("a > 0", "CHECK (a > 0)"));
    let TableConstraintKind::Unique(key) = &period.kind else { panic!() };
    assert!(key.without_overlaps);
    let classes: Vec<_> =
        table.indexes().map(|index| (index.class, index.options.first().cloned())).collect();
    assert_eq!(classes[0], (IndexClass::Plain, Some(IndexOption::Visible(false))));
    assert!(matches!(classes[1], (IndexClass::Fulltext, Some(IndexOption::Parser(_)))));
    assert_eq!(classes[2], (IndexClass::Spatial, None));
    assert_eq!(classes[3], (IndexClass::Plain, Some(IndexOption::Visible(false))));
    assert!(matches!(classes[4], (IndexClass::Vector, Some(IndexOption::Other(_)))));
    assert!(matches!(table.elements.last(), Some(TableElement::Period(_))));
}

#[test]
fn options_and_partitions_of_a_table_are_read_with_and_without_commas() {
    let sql = "CREATE OR REPLACE TABLE IF NOT EXISTS t (a INT) ENGINE=InnoDB, DEFAULT CHARSET utf8mb4 AUTO_INCREMENT 5 \
               ROW_FORMAT=DYNAMIC `my_option`='x' WITH SYSTEM VERSIONING PARTITION BY RANGE COLUMNS (a) SUBPARTITION BY \
               HASH (a) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (5) ENGINE InnoDB (SUBPARTITION s0, SUBPARTITION s1), \
               PARTITION q VALUES LESS THAN MAXVALUE) AS SELECT 1 AS a FROM d";
    let table = create(sql);
    assert!(table.or_replace.is_some() && table.if_not_exists.is_written());
    let options: Vec<_> = table.options.iter().map(|option| option.span.slice(sql)).collect();
    assert_eq!(
        options,
        [
            "ENGINE=InnoDB",
            "DEFAULT CHARSET utf8mb4",
            "AUTO_INCREMENT 5",
            "ROW_FORMAT=DYNAMIC",
            "`my_option`='x'",
            "WITH SYSTEM VERSIONING"
        ]
    );
    let by = table.partition_by.unwrap();
    assert_eq!((by.method, by.partitions.len()), (PartitionMethod::Range, 2));
    assert_eq!(by.partitions[0].subpartitions.len(), 2);
    assert_eq!(by.partitions[1].bound, Some(PartitionBound::LessThan(Vec::new())));
    assert_eq!(by.subpartition.unwrap().count, Some(2));
    let query = table.query.unwrap();
    assert_eq!((query.span.slice(sql), query.facts.reads.len()), ("SELECT 1 AS a FROM d", 1));

    let sql = "CREATE TABLE t (a INT)";
    assert_eq!(
        fixed(sql, create(sql).if_not_exists, "IF NOT EXISTS"),
        "CREATE TABLE IF NOT EXISTS t (a INT)"
    );
    let like = create("CREATE TABLE a LIKE b");
    assert!(matches!(&like.elements[..], [TableElement::Like(it)] if it.table.name.text == "b"));
}

#[test]
fn executable_comments_count_where_the_version_fits() {
    let sql = "CREATE TABLE t (a INT) /*!50100 PARTITION BY HASH (a) PARTITIONS 2 */ /*!50700 COMMENT='mysql' */ /*M!100300 COMMENT='mariadb' */";
    let read = |dialect| match statement(dialect, sql) {
        Statement::CreateTable(table) => {
            (table.partition_by.is_some(), table.options.len(), table.options[0].span.slice(sql).to_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(read(Mysql), (true, 1, "COMMENT='mysql'".to_owned()));
    assert_eq!(read(Mariadb), (true, 1, "COMMENT='mariadb'".to_owned()));
}

/// Actions of `ALTER TABLE t …`: the start of their debug text, and their own.
fn actions(rest: &str) -> Vec<(String, String)> {
    let sql = format!("ALTER TABLE t {rest}");
    let alter = match statement(Mariadb, &sql) {
        Statement::AlterTable(table) => *table,
        other => panic!("{other:?}"),
    };
    let name = |action: &AlterAction| {
        let text = format!("{:?}", action.kind);
        let variant = |text: &str| text.chars().take_while(|it| it.is_alphanumeric()).collect::<String>();
        match &action.kind {
            TableAction::Partition(inner) => format!("Partition{}", variant(&format!("{inner:?}"))),
            _ => variant(&text),
        }
    };
    alter.actions.iter().map(|action| (name(action), action.span.slice(&sql).to_owned())).collect()
}

#[test]
fn every_action_of_alter_table_is_told_apart() {
    for (rest, expected) in [
        ("ADD COLUMN a INT AFTER b, DROP c CASCADE", &["AddColumn", "DropColumn"][..]),
        ("ADD (a INT, b INT, KEY (a))", &["AddColumn", "AddColumn", "AddIndex"]),
        ("MODIFY a INT FIRST, CHANGE COLUMN a b INT NOT NULL", &["ModifyColumn", "ChangeColumn"]),
        (
            "ALTER a SET DEFAULT 1, ALTER COLUMN a DROP DEFAULT, ALTER a SET INVISIBLE",
            &["AlterColumn", "AlterColumn", "AlterColumn"],
        ),
        (
            "RENAME COLUMN a TO b, RENAME KEY x TO y, RENAME AS u",
            &["RenameColumn", "RenameIndex", "RenameTo"],
        ),
        (
            "ADD PRIMARY KEY (a), ADD UNIQUE u (a), ADD CONSTRAINT FOREIGN KEY (a) REFERENCES p (a)",
            &["AddConstraint", "AddConstraint", "AddConstraint"],
        ),
        (
            "DROP PRIMARY KEY, DROP FOREIGN KEY f, DROP CHECK c, DROP CONSTRAINT d, DROP INDEX i",
            &["DropPrimaryKey", "DropConstraint", "DropConstraint", "DropConstraint", "DropIndex"],
        ),
        ("ALTER CHECK c NOT ENFORCED, ALTER INDEX i NOT IGNORED", &["AlterConstraint", "AlterIndex"]),
        ("ENGINE=InnoDB COMMENT 'x', ROW_FORMAT=DYNAMIC", &["SetOption", "SetOption", "SetOption"]),
        (
            "CONVERT TO CHARACTER SET utf8mb4 COLLATE x, FORCE, ORDER BY a DESC, b",
            &["ConvertCharset", "Force", "OrderBy"],
        ),
        ("DISABLE KEYS, DISCARD TABLESPACE, WITH VALIDATION", &["EnableKeys", "Tablespace", "Validation"]),
        (
            "ADD SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME, ADD PERIOD FOR p (a, b)",
            &["SystemVersioning", "DropPeriod", "AddPeriod"],
        ),
        ("ADD COLUMN a INT PARTITION BY KEY (a) PARTITIONS 4", &["AddColumn", "PartitionBy"]),
        ("REMOVE PARTITIONING", &["PartitionRemove"]),
        ("ADD PARTITION (PARTITION p VALUES IN (1, NULL))", &["PartitionAdd"]),
        ("ADD PARTITION PARTITIONS 3", &["PartitionAdd"]),
        ("DROP PARTITION p, q", &["PartitionDrop"]),
        ("TRUNCATE PARTITION ALL", &["PartitionTruncate"]),
        ("REORGANIZE PARTITION p INTO (PARTITION q VALUES LESS THAN (1))", &["PartitionReorganize"]),
        ("REORGANIZE PARTITION", &["PartitionReorganize"]),
        ("COALESCE PARTITION 2", &["PartitionCoalesce"]),
        ("EXCHANGE PARTITION p WITH TABLE u WITHOUT VALIDATION", &["PartitionExchange"]),
        ("REBUILD PARTITION p, q", &["PartitionMaintain"]),
        ("IMPORT PARTITION ALL TABLESPACE", &["PartitionMaintain"]),
        ("CONVERT PARTITION p TO TABLE u", &["PartitionConvertToTable"]),
        ("CONVERT TABLE u TO PARTITION p VALUES LESS THAN (1)", &["PartitionConvertFromTable"]),
    ] {
        let found: Vec<_> = actions(rest).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, expected, "{rest}");
    }
    let texts: Vec<_> =
        actions("ADD COLUMN a INT AFTER b, ENGINE=InnoDB").into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["ADD COLUMN a INT AFTER b", "ENGINE=InnoDB"]);
}

#[test]
fn a_fix_finds_where_algorithm_and_lock_would_go() {
    for (sql, options, fixed) in [
        ("ALTER TABLE t ADD c INT", ", LOCK=NONE", "ALTER TABLE t ADD c INT, LOCK=NONE"),
        (
            "ALTER TABLE t ADD c INT PARTITION BY HASH (c)",
            ", LOCK=NONE",
            "ALTER TABLE t ADD c INT, LOCK=NONE PARTITION BY HASH (c)",
        ),
        (
            "CREATE INDEX i ON t (a) COMMENT 'x'",
            " LOCK=NONE",
            "CREATE INDEX i ON t (a) COMMENT 'x' LOCK=NONE",
        ),
        ("DROP INDEX i ON t", " LOCK=NONE", "DROP INDEX i ON t LOCK=NONE"),
    ] {
        let end = match statement(Mysql, sql) {
            Statement::AlterTable(alter) => alter.online.end,
            Statement::CreateIndex(create) => create.online.end,
            Statement::DropIndex(drop) => drop.online.end,
            other => panic!("{other:?}"),
        };
        let mut text = sql.to_owned();
        text.insert_str(end, options);
        assert_eq!(text, fixed);
    }
    let sql = "ALTER TABLE t ALGORITHM=INPLACE, DROP c, LOCK NONE";
    let online = alter(sql).online;
    assert!(online.algorithm.unwrap().is("inplace") && online.lock.unwrap().is("none"));
    let Statement::AlterTable(alter) =
        statement(Mariadb, "ALTER ONLINE IGNORE TABLE IF EXISTS t WAIT 5 FORCE")
    else {
        panic!()
    };
    assert!(alter.online.online.is_some() && alter.online.ignore.is_some() && alter.if_exists.is_written());
    assert_eq!(alter.online.wait.unwrap().seconds, 5);
    let Statement::Drop(drop) = statement(Mysql, "DROP TEMPORARY TABLE IF EXISTS a, b.c CASCADE") else {
        panic!()
    };
    assert_eq!(
        (drop.kind, drop.names.len(), drop.cascade.is_some(), drop.temporary.is_some()),
        (ObjectKind::Table, 2, true, true)
    );
    let sql = "DROP TABLE t";
    let Statement::Drop(drop) = statement(Mysql, sql) else { panic!() };
    assert_eq!(fixed(sql, drop.if_exists, "IF EXISTS"), "DROP TABLE IF EXISTS t");
}

#[test]
fn an_unknown_clause_does_not_hide_its_neighbours() {
    let sql = "ALTER TABLE t ADD c INT FROBNICATE 5, WOBBLE (1, 2) x, DROP d";
    let parsed = parsed(Mysql, sql);
    let Statement::AlterTable(alter) = &parsed.statement else { panic!() };
    assert!(matches!(
        alter.actions[..],
        [
            AlterAction { kind: TableAction::AddColumn { .. }, .. },
            AlterAction { kind: TableAction::DropColumn { .. }, .. }
        ]
    ));
    let parts: Vec<_> = parsed.not_analysed.iter().map(|part| part.span.slice(sql)).collect();
    assert_eq!(parts, ["FROBNICATE 5", "WOBBLE (1, 2) x"]);
    let sql = "CREATE TABLE t (a INT, FROM b, c INT) ENGINE=InnoDB";
    let parsed = self::parsed(Mysql, sql);
    let Statement::CreateTable(table) = &parsed.statement else { panic!() };
    assert_eq!((table.columns().count(), table.options.len()), (3, 1));
}

#[test]
fn conditions_say_what_they_prove_and_what_they_compute() {
    let sql = "SELECT * FROM t WHERE (a IS NOT NULL) AND b BETWEEN 1 AND 5 AND 3 < c AND LOWER(d) = 'x' AND e + 1 = 2 AND 1 = 1";
    let query = query(sql);
    let filter = query.filter.unwrap();
    let kinds: Vec<_> = filter
        .expr
        .conjuncts
        .iter()
        .map(|it| match &it.kind {
            ConjunctKind::IsNotNull(column) => format!("{} not null", column.name.text),
            ConjunctKind::Compare { column, operator, value } => {
                format!("{} {operator:?} {value:?}", column.name.text)
            }
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "a not null",
            "b GreaterOrEqual Number(\"1\")",
            "b LessOrEqual Number(\"5\")",
            "c Greater Number(\"3\")",
            "Other",
            "Other",
            "AlwaysTrue"
        ]
    );
    assert_eq!((filter.ands, filter.ors), (5, 0));
    let computed: Vec<_> = query.facts.computed_filters.iter().map(|span| span.slice(sql)).collect();
    assert_eq!(computed, ["LOWER(d)", "e + 1"]);
    assert_eq!(query.facts.stars.len(), 1);
}

#[test]
fn queries_tell_tables_joins_lists_patterns_and_functions() {
    let sql = "WITH c AS (SELECT id FROM base) SELECT a AS x, t.b, COUNT(*), (SELECT MAX(z) FROM inner_t) FROM s.t AS t \
               JOIN c ON c.id = t.id, u LEFT JOIN v USING (id) WHERE t.a IN (1, NULL, 3) AND b NOT LIKE '%x' AND c.d = NULL \
               AND EXISTS (SELECT * FROM w) OR f(?) REGEXP 'abc' GROUP BY 1 ORDER BY a DESC LIMIT 10 OFFSET 5 FOR UPDATE SKIP LOCKED";
    let query = query(sql);
    let facts = &query.facts;
    let reads: Vec<_> = facts.reads.iter().map(|table| table.name.display(Mysql)).collect();
    assert_eq!(reads, ["base", "inner_t", "s.t", "u", "v", "w"]);
    let joins: Vec<_> = facts.joins.iter().map(|join| (join.span.slice(sql), join.conditional)).collect();
    assert_eq!(joins, [("JOIN", true), (",", false), ("LEFT JOIN", true)]);
    assert_eq!(facts.in_lists.len(), 1);
    assert_eq!(
        (facts.in_lists[0].values, facts.in_lists[0].has_null, facts.in_lists[0].negated),
        (3, true, false)
    );
    assert_eq!(
        facts.patterns.iter().map(|it| (it.leading_wildcard, it.literal)).collect::<Vec<_>>(),
        [(true, false), (false, true)]
    );
    assert_eq!(facts.null_comparisons[0].slice(sql), "c.d = NULL");
    let calls: Vec<_> =
        facts.calls.iter().map(|call| (call.name.name.text.as_str(), call.arguments)).collect();
    assert_eq!(calls, [("COUNT", 1), ("MAX", 1), ("f", 1)]);
    assert!(facts.stars.is_empty() && facts.parameters.len() == 1 && facts.ctes.len() == 1);
    let outputs: Vec<_> = query.outputs.iter().map(|it| it.as_ref().map(|it| it.text.as_str())).collect();
    assert_eq!(outputs, [Some("x"), Some("b"), None, None]);
    assert_eq!(query.limit.as_ref().unwrap().count, Some(10));
    assert!(query.lock.unwrap().no_wait && query.grouped && query.has_from);
    assert_eq!(query.filter.as_ref().unwrap().ors, 1);
    let sql = "SELECT a FROM t ORDER BY RAND()";
    let query = self::query(sql);
    assert_eq!(&sql[query.filter_at..], " ORDER BY RAND()");
    assert!(query.order_by[0].0.calls("rand"));
    let Some(QueryInto::File(file)) =
        self::query("SELECT a INTO OUTFILE '/x' FIELDS TERMINATED BY ',' FROM t").into
    else {
        panic!()
    };
    assert_eq!(file.value, "/x");
}

#[test]
fn statements_that_change_rows_name_their_tables_and_conditions() {
    let sql = "INSERT IGNORE INTO s.t (a, b) VALUES (1, NOW()), (2, 'x'), (3, (SELECT 1 FROM u)) ON DUPLICATE KEY UPDATE a = VALUES(a) + 1";
    let Statement::Insert(insert) = statement(Mysql, sql) else { panic!() };
    let InsertSource::Values { rows, width, span } = insert.source else { panic!() };
    assert_eq!((rows, width, span.slice(sql)), (3, 2, "(1, NOW()), (2, 'x'), (3, (SELECT 1 FROM u))"));
    assert_eq!(insert.columns_span.slice(sql), "(a, b)");
    assert_eq!((insert.facts.reads.len(), insert.upsert.unwrap().assignments.len()), (1, 1));
    let sql = "INSERT INTO t VALUES (1)";
    let Statement::Insert(insert) = statement(Mysql, sql) else { panic!() };
    assert_eq!(&sql[insert.columns_span.start..], " VALUES (1)");

    let tables = |tables: &[TableRef]| tables.iter().map(|it| it.name.name.text.clone()).collect::<Vec<_>>();
    let sql = "UPDATE t1 AS a JOIN t2 ON a.id = t2.id SET a.x = t2.x WHERE a.y > 1";
    let Statement::Update(update) = statement(Mysql, sql) else { panic!() };
    assert_eq!(
        (tables(&update.tables), update.joined, &sql[update.filter_at..]),
        (vec!["t1".to_owned()], true, "WHERE a.y > 1")
    );
    let sql = "UPDATE t SET a = 1 LIMIT 5";
    let Statement::Update(update) = statement(Mysql, sql) else { panic!() };
    assert_eq!(
        (&sql[update.filter_at..], update.limit.unwrap().count, update.joined),
        (" LIMIT 5", Some(5), false)
    );
    assert!(update.facts.reads.is_empty());
    let Statement::Delete(delete) = statement(Mysql, "DELETE a, t2 FROM t1 AS a JOIN t2 JOIN t3") else {
        panic!()
    };
    assert_eq!(
        (tables(&delete.tables), delete.joined, delete.filter),
        (vec!["t1".to_owned(), "t2".to_owned()], true, None)
    );
    let Statement::Delete(delete) = statement(Mariadb, "DELETE FROM t WHERE a = 1 RETURNING *") else {
        panic!()
    };
    assert!(delete.returning && delete.filter.is_some());
    let Statement::Load(load) =
        statement(Mysql, "LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE t (a, @v) SET b = @v")
    else {
        panic!()
    };
    assert_eq!(
        (load.local.is_some(), load.replace.is_some(), load.columns.len(), load.assignments.len()),
        (true, true, 1, 1)
    );
}

/// What was missed once.
#[test]
fn rare_clauses_are_understood() {
    for sql in [
        "INSERT INTO t (a) SELECT a FROM u ON DUPLICATE KEY UPDATE b = VALUES(b)",
        "DELETE HISTORY FROM t BEFORE SYSTEM_TIME '2020-01-01'",
        "ALTER TABLE t ADD PERIOD IF NOT EXISTS FOR p (a, b), DROP PERIOD IF EXISTS FOR q",
        "CREATE USER u IDENTIFIED BY 'x' REQUIRE SUBJECT 'x' AND ISSUER 'y' WITH MAX_QUERIES_PER_HOUR 1",
        "CREATE USER u IDENTIFIED VIA unix_socket OR ed25519 USING PASSWORD('x')",
        "CREATE USER u PASSWORD_LOCK_TIME UNBOUNDED COMMENT 'x'",
        "ALTER DATABASE CHARACTER SET utf8mb4",
        "SELECT a FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01' AS x WHERE a = 1",
        "CREATE TABLE t (SELECT 1)",
    ] {
        statement(Mariadb, sql);
    }
}

#[test]
fn statements_inside_of_programs_are_found() {
    let sql = "CREATE DEFINER=`root`@`%` PROCEDURE p(IN n INT, OUT r INT) SQL SECURITY INVOKER BEGIN \
               DECLARE done INT DEFAULT 0; DECLARE c CURSOR FOR SELECT id FROM src; \
               DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1062 BEGIN ROLLBACK; END; \
               again: LOOP FETCH c INTO r; IF done = (SELECT COUNT(*) FROM q) THEN LEAVE again; ELSEIF n > 1 THEN \
               UPDATE t SET a = 1; ELSE DELETE FROM u; END IF; END LOOP again; \
               CASE n WHEN 1 THEN TRUNCATE v; ELSE SET done = 1, @x = 2; END CASE; \
               REPEAT SET n = n - 1; UNTIL n < 0 END REPEAT; WHILE n < 5 DO INSERT INTO w VALUES (1); END WHILE; \
               PREPARE s FROM @sql; PREPARE s FROM 'DROP TABLE x'; EXECUTE s; DROP TABLE gone; END";
    let Statement::CreateRoutine(routine) = statement(Mysql, sql) else { panic!() };
    assert_eq!(routine.definer.unwrap().host.unwrap().text, "%");
    assert!(!routine.security.unwrap().definer);
    let body = routine.body.unwrap();
    let found: Vec<_> = body.statements.iter().map(|it| it.span.slice(sql)).collect();
    assert_eq!(
        found,
        [
            "SELECT id FROM src",
            "ROLLBACK",
            "done = (SELECT COUNT(*) FROM q)",
            "UPDATE t SET a = 1",
            "DELETE FROM u",
            "TRUNCATE v",
            "SET done = 1, @x = 2",
            "SET n = n - 1",
            "INSERT INTO w VALUES (1)",
            "DROP TABLE x",
            "DROP TABLE gone",
        ]
    );
    assert!(body.analysed && body.span.end == sql.len());
    assert_eq!(body.dynamic.iter().map(|it| it.literal.is_some()).collect::<Vec<_>>(), [false, true]);
    let Statement::Set(set) = &body.statements[6].statement else { panic!() };
    assert!(set.settings.iter().all(|setting| setting.scope == SetScope::User));

    let sql = "CREATE TRIGGER g BEFORE UPDATE ON s.t FOR EACH ROW FOLLOWS h INSERT INTO log VALUES (NEW.a)";
    let Statement::CreateTrigger(trigger) = statement(Mysql, sql) else { panic!() };
    assert_eq!(
        (trigger.table.unwrap().display(Mysql), trigger.body.unwrap().statements.len()),
        ("s.t".to_owned(), 1)
    );
    let sql = "CREATE OR REPLACE EVENT e ON SCHEDULE EVERY '1:2' HOUR_MINUTE STARTS NOW() + INTERVAL 1 DAY DISABLE ON SLAVE DO BEGIN DELETE FROM t; END";
    let Statement::CreateEvent(event) = statement(Mariadb, sql) else { panic!() };
    assert_eq!((event.enabled, event.body.statements.len()), (Some(false), 1));
    assert_eq!(
        event.schedule.slice(sql),
        "ON SCHEDULE EVERY '1:2' HOUR_MINUTE STARTS NOW() + INTERVAL 1 DAY"
    );
    let Statement::Do(block) = statement(Mariadb, "BEGIN NOT ATOMIC IF 1 THEN DROP TABLE t; END IF; END")
    else {
        panic!()
    };
    assert_eq!(block.body.statements.len(), 1);
    let Statement::CreateView(view) = statement(
        Mysql,
        "ALTER ALGORITHM=MERGE SQL SECURITY DEFINER VIEW v (a) AS SELECT 1 FROM t WITH LOCAL CHECK OPTION",
    ) else {
        panic!()
    };
    assert!(
        view.alter
            && view.security.unwrap().definer
            && view.check_option.is_some()
            && view.query.facts.reads.len() == 1
    );
}

#[test]
fn grants_users_and_settings_are_read() {
    let Statement::Grant(grant) =
        statement(Mysql, "GRANT SELECT (a, b), CREATE ROUTINE ON db.* TO 'u'@'%', r WITH GRANT OPTION")
    else {
        panic!()
    };
    let names: Vec<_> = grant.privileges.iter().map(|it| (it.name.as_str(), it.columns.len())).collect();
    assert_eq!(names, [("select", 2), ("create routine", 0)]);
    assert_eq!(
        (grant.on.unwrap().names[0].display(Mysql), grant.grantees.len(), grant.grant_option.is_some()),
        ("db.*".to_owned(), 2, true)
    );
    let Statement::Grant(grant) = statement(Mysql, "REVOKE 'r'@'%', s FROM u@localhost") else { panic!() };
    assert_eq!((grant.roles.len(), grant.privileges.len(), grant.direction), (2, 0, GrantDirection::Revoke));
    let Statement::Grant(grant) = statement(Mysql, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM u") else {
        panic!()
    };
    assert_eq!((grant.roles.len(), grant.privileges[0].name.as_str()), (0, "all privileges"));
    let Statement::Role(role) =
        statement(Mysql, "CREATE USER IF NOT EXISTS 'u'@'h' IDENTIFIED BY 'secret' REQUIRE SSL ACCOUNT LOCK")
    else {
        panic!()
    };
    assert!(matches!(&role.options[0], RoleOption::Password(text) if text.value == "secret"));
    let Statement::Role(role) = statement(Mysql, "SET PASSWORD FOR u = 'secret'") else { panic!() };
    assert_eq!((role.verb, role.options.len()), (RoleVerb::SetPassword, 1));
    let Statement::Set(set) =
        statement(Mysql, "SET GLOBAL a = 1, @@SESSION.b = 'x', @c := 2, NAMES utf8mb4, sql_mode = DEFAULT")
    else {
        panic!()
    };
    let settings: Vec<_> = set.settings.iter().map(|it| (it.scope, it.name.as_str(), it.reset)).collect();
    assert_eq!(
        settings,
        [
            (SetScope::Global, "a", false),
            (SetScope::Session, "b", false),
            (SetScope::User, "@c", false),
            (SetScope::Session, "names", false),
            (SetScope::Session, "sql_mode", true)
        ]
    );
    let Statement::Other(other) =
        statement(Mariadb, "SET STATEMENT lock_wait_timeout = 5 FOR ALTER TABLE t FORCE")
    else {
        panic!()
    };
    assert!(matches!(other.inner.unwrap().statement, Statement::AlterTable(_)));
    let Statement::Lock(lock) = statement(Mysql, "LOCK TABLES a WRITE, b AS c READ LOCAL") else { panic!() };
    assert_eq!(lock.tables.iter().map(|it| it.mode.as_str()).collect::<Vec<_>>(), ["write", "read local"]);
    let Statement::CreateSequence(sequence) =
        statement(Mariadb, "CREATE SEQUENCE s START WITH 5 INCREMENT BY -1 NOCACHE CYCLE")
    else {
        panic!()
    };
    assert_eq!(sequence.options[1].kind, SequenceOptionKind::Increment(-1));
    let Statement::RenameTables(rename) = statement(Mysql, "RENAME TABLE a TO b, c.d TO e.f") else {
        panic!()
    };
    assert_eq!(rename.tables[1].1.display(Mysql), "e.f");
    let dynamic = parsed(Mysql, "PREPARE s FROM @sql");
    assert_eq!(dynamic.not_analysed[0].reason, Reason::Dynamic);
}

#[test]
fn a_percentile_is_over_the_rows_of_a_window() {
    let sql = "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a) OVER (PARTITION BY b) AS c FROM t";
    assert_eq!(parsed(Dialect::Mariadb, sql).not_analysed, []);
}
