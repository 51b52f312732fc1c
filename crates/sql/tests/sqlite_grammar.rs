//! What the grammar of SQLite says of each construct, with the places that fixes need.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use sluice_sql::Dialect::Sqlite;
use sluice_sql::model::*;
use sluice_sql::{Control, ObjectKind, parse};
use sluice_text::Span;

fn parsed(sql: &str) -> Parsed {
    parse(Sqlite, sql, Span::new(0, sql.len()))
}

/// The statement, all of which must be understood.
fn statement(sql: &str) -> Statement {
    let parsed = parsed(sql);
    assert!(parsed.not_analysed.is_empty(), "{sql}: {:?}", parsed.not_analysed);
    parsed.statement
}

fn create(sql: &str) -> CreateTable {
    match statement(sql) {
        Statement::CreateTable(table) => *table,
        other => panic!("{other:?}"),
    }
}

fn action(sql: &str) -> AlterAction {
    match statement(sql) {
        Statement::AlterTable(mut table) => table.actions.remove(0),
        other => panic!("{other:?}"),
    }
}

fn query(sql: &str) -> Query {
    match statement(sql) {
        Statement::Query(query) => *query,
        other => panic!("{other:?}"),
    }
}

fn insert(sql: &str) -> Insert {
    match statement(sql) {
        Statement::Insert(insert) => *insert,
        other => panic!("{other:?}"),
    }
}

/// The text with words added where the model says that the keyword would go.
fn fixed(sql: &str, keyword: Keyword, words: &str) -> String {
    assert!(!keyword.is_written(), "{sql}");
    let mut text = sql.to_owned();
    text.insert_str(keyword.span.start, &format!(" {words}"));
    text
}

fn texts(sql: &str, spans: impl IntoIterator<Item = Span>) -> Vec<String> {
    spans.into_iter().map(|span| span.slice(sql).to_owned()).collect()
}

#[test]
fn every_attribute_of_a_column_is_told_apart() {
    for (definition, data_type, expected) in [
        ("", None, &[][..]),
        ("INTEGER PRIMARY KEY", Some("integer"), &["PRIMARY KEY"]),
        (
            "INTEGER PRIMARY KEY DESC ON CONFLICT REPLACE AUTOINCREMENT",
            Some("integer"),
            &["PRIMARY KEY DESC ON CONFLICT REPLACE AUTOINCREMENT"],
        ),
        (
            "TEXT NOT NULL ON CONFLICT FAIL DEFAULT 'x'",
            Some("text"),
            &["NOT NULL", "ON CONFLICT FAIL", "DEFAULT 'x'"],
        ),
        (
            "VARYING CHARACTER(255, -2) CONSTRAINT u UNIQUE COLLATE NOCASE",
            Some("varying character"),
            &["CONSTRAINT u UNIQUE", "COLLATE NOCASE"],
        ),
        ("INT DEFAULT -1 CHECK (c > 0) NULL", Some("int"), &["DEFAULT -1", "CHECK (c > 0)", "NULL"]),
        ("INT GENERATED ALWAYS AS (a * 2) STORED", Some("int"), &["GENERATED ALWAYS AS (a * 2) STORED"]),
        ("AS (a || 'x')", None, &["AS (a || 'x')"]),
        (
            "REFERENCES p (id) ON DELETE SET NULL MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE NOT NULL",
            None,
            &[
                "REFERENCES p (id) ON DELETE SET NULL MATCH FULL",
                "NOT DEFERRABLE INITIALLY IMMEDIATE",
                "NOT NULL",
            ],
        ),
        ("DEFAULT CURRENT_TIMESTAMP", None, &["DEFAULT CURRENT_TIMESTAMP"]),
        ("DEFAULT (datetime('now'))", None, &["DEFAULT (datetime('now'))"]),
    ] {
        let definition = format!("c {definition}");
        let definition = definition.trim();
        let sql = format!("CREATE TABLE t ({definition}, z)");
        let table = create(&sql);
        let column = table.columns().next().unwrap();
        assert_eq!(column.span.slice(&sql), definition);
        assert_eq!(column.data_type.as_ref().map(|it| it.name.as_str()), data_type, "{sql}");
        assert_eq!(texts(&sql, column.attributes.iter().map(|it| it.span)), expected, "{sql}");
    }
}

#[test]
fn defaults_say_what_they_are() {
    for (default, literal, constant, volatility) in [
        ("NULL", Some(Literal::Null), true, Volatility::Immutable),
        ("-1.5e3", Some(Literal::Number("-1.5e3".to_owned())), true, Volatility::Immutable),
        ("'it''s'", Some(Literal::Text("it's".to_owned())), true, Volatility::Immutable),
        ("x'00ff'", Some(Literal::Bytes("x'00ff'".to_owned())), true, Volatility::Immutable),
        ("TRUE", Some(Literal::Boolean(true)), true, Volatility::Immutable),
        ("word", Some(Literal::Text("word".to_owned())), true, Volatility::Immutable),
        ("(1)", Some(Literal::Number("1".to_owned())), true, Volatility::Immutable),
        ("CURRENT_DATE", None, false, Volatility::Stable),
        ("(random())", None, false, Volatility::Volatile),
        ("(1 + 2)", None, true, Volatility::Immutable),
    ] {
        let sql = format!("ALTER TABLE t ADD COLUMN c INT DEFAULT {default} NOT NULL");
        let action = action(&sql);
        let expr = action.kind.column_def().unwrap().default().unwrap().clone();
        assert_eq!(expr.span.slice(&sql), default);
        assert_eq!(expr.literal, literal, "{sql}");
        assert_eq!(expr.is_constant(), constant, "{sql}");
        assert_eq!(expr.volatility(Sqlite), volatility, "{sql}");
        assert_eq!(expr.parenthesised, default.starts_with('('), "{sql}");
    }
}

#[test]
fn tables_keep_their_constraints_options_and_places() {
    let sql = "CREATE TEMP TABLE IF NOT EXISTS main.t (a, b, CONSTRAINT pk PRIMARY KEY (a, b DESC) ON CONFLICT IGNORE \
               CONSTRAINT f FOREIGN KEY (a) REFERENCES p ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, \
               UNIQUE (a COLLATE NOCASE), CHECK (a > 0 AND b IS NOT NULL)) WITHOUT ROWID, STRICT";
    let table = create(sql);
    assert_eq!(table.name.span.slice(sql), "main.t");
    assert_eq!(table.temporary.unwrap().slice(sql), "TEMP");
    assert_eq!(table.if_not_exists.span.slice(sql), "IF NOT EXISTS");
    assert_eq!(texts(sql, table.options.iter().map(|it| it.span)), ["WITHOUT ROWID", "STRICT"]);
    assert_eq!(table.options[1].kind, TableOptionKind::Strict);
    assert_eq!(
        texts(sql, table.constraints().map(|it| it.span)),
        [
            "CONSTRAINT pk PRIMARY KEY (a, b DESC) ON CONFLICT IGNORE",
            "CONSTRAINT f FOREIGN KEY (a) REFERENCES p ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "UNIQUE (a COLLATE NOCASE)",
            "CHECK (a > 0 AND b IS NOT NULL)",
        ]
    );
    let constraints: Vec<_> = table.constraints().collect();
    let TableConstraintKind::PrimaryKey(key) = &constraints[0].kind else { panic!() };
    assert_eq!(key.keys[1].order, Some(Order::Descending));
    assert_eq!(key.parameters[0].span.slice(sql), "ON CONFLICT IGNORE");
    assert_eq!(constraints[1].deferral.initially_deferred, Some(true));
    let foreign = constraints[1].foreign_key().unwrap();
    assert_eq!((foreign.on_update, foreign.on_delete), (Some(ReferentialAction::Cascade), None));
    let TableConstraintKind::Check(check) = &constraints[3].kind else { panic!() };
    assert_eq!(check.span.slice(sql), "a > 0 AND b IS NOT NULL");
    assert_eq!(check.not_null_columns().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(table.primary_key().len(), 2);

    let sql = "CREATE TABLE t AS SELECT * FROM u";
    let table = create(sql);
    assert_eq!(
        fixed(sql, table.if_not_exists, "IF NOT EXISTS"),
        "CREATE TABLE IF NOT EXISTS t AS SELECT * FROM u"
    );
    assert_eq!(table.query.unwrap().facts.reads[0].name.name.text, "u");

    let sql = "CREATE VIRTUAL TABLE ft USING fts5(title, body, tokenize = 'porter')";
    let table = create(sql);
    assert_eq!(table.external.unwrap().text, "fts5");
    assert_eq!(texts(sql, table.options.iter().map(|it| it.span)), ["title", "body", "tokenize = 'porter'"]);
}

#[test]
fn every_alteration_is_told_apart() {
    for (text, debug) in [
        ("RENAME TO u", "RenameTo"),
        ("RENAME a TO b", "RenameColumn"),
        ("RENAME COLUMN a TO b", "RenameColumn"),
        ("ADD c", "AddColumn"),
        ("ADD COLUMN c TEXT NOT NULL DEFAULT ''", "AddColumn"),
        ("DROP c", "DropColumn"),
        ("DROP COLUMN c", "DropColumn"),
        ("ADD CONSTRAINT k CHECK (a > 0)", "AddConstraint"),
        ("DROP CONSTRAINT k", "DropConstraint"),
        ("ALTER COLUMN c SET NOT NULL", "AlterColumn"),
    ] {
        let sql = format!("ALTER TABLE main.t {text}");
        let action = action(&sql);
        assert_eq!(action.span.slice(&sql), text);
        assert!(format!("{:?}", action.kind).starts_with(debug), "{sql}: {action:?}");
    }
    for sql in
        ["ALTER TABLE t ALTER COLUMN a TYPE TEXT", "ALTER TABLE t", "ALTER TABLE t ADD", "ALTER INDEX i"]
    {
        assert!(matches!(parsed(sql).statement, Statement::Unparsed { .. }), "{sql}");
    }
}

#[test]
fn indexes_have_their_keys_and_filter() {
    let sql = "CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE DESC, lower(b), c + 1 ASC) WHERE a IS NOT NULL";
    let Statement::CreateIndex(create) = statement(sql) else { panic!() };
    assert_eq!(
        fixed(sql, create.if_not_exists, "IF NOT EXISTS").get(..39).unwrap(),
        "CREATE UNIQUE INDEX IF NOT EXISTS i ON "
    );
    let index = &create.index;
    assert_eq!(index.span.slice(sql), sql);
    assert_eq!(index.unique.unwrap().slice(sql), "UNIQUE");
    assert_eq!(
        texts(sql, index.keys.iter().map(|it| it.span)),
        ["a COLLATE NOCASE DESC", "lower(b)", "c + 1 ASC"]
    );
    assert_eq!(index.keys[0].collation.as_ref().unwrap().name.text, "NOCASE");
    assert_eq!(index.columns().count(), 1);
    let sql = "CREATE INDEX i ON t (lower(a) COLLATE rtrim DESC)";
    let Statement::CreateIndex(create) = statement(sql) else { panic!() };
    let key = &create.index.keys[0];
    assert_eq!(
        (key.collation.as_ref().unwrap().name.text.as_str(), key.order),
        ("rtrim", Some(Order::Descending))
    );
    let sql = "CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE DESC, lower(b), c + 1 ASC) WHERE a IS NOT NULL";
    assert_eq!(index.filter.as_ref().unwrap().span.slice(sql), "a IS NOT NULL");

    let Statement::DropIndex(drop) = statement("DROP INDEX main.i") else { panic!() };
    assert_eq!(fixed("DROP INDEX main.i", drop.if_exists, "IF EXISTS"), "DROP INDEX IF EXISTS main.i");
    for (sql, kind) in [
        ("DROP TABLE IF EXISTS t", ObjectKind::Table),
        ("DROP VIEW t", ObjectKind::View),
        ("DROP TRIGGER t", ObjectKind::Trigger),
    ] {
        let Statement::Drop(drop) = statement(sql) else { panic!("{sql}") };
        assert_eq!((drop.kind, drop.names[0].name.text.as_str()), (kind, "t"));
    }
}

#[test]
fn triggers_hold_their_statements() {
    let sql = "CREATE TRIGGER tr UPDATE OF a, b ON t WHEN new.a <> old.a BEGIN \
               INSERT INTO log VALUES (new.a, CASE WHEN new.a THEN 1 ELSE 2 END); \
               SELECT RAISE(ABORT, 'no') WHERE new.a < 0; DELETE FROM log; END";
    let Statement::CreateTrigger(trigger) = statement(sql) else { panic!() };
    assert_eq!(trigger.timing, TriggerTiming::Before);
    assert!(matches!(&trigger.events[0], TriggerEvent::Update(columns) if columns.len() == 2));
    assert_eq!(trigger.when.unwrap().span.slice(sql), "new.a <> old.a");
    let body = trigger.body.unwrap();
    assert!(body.analysed);
    assert_eq!(
        texts(sql, body.statements.iter().map(|it| it.span)),
        [
            "INSERT INTO log VALUES (new.a, CASE WHEN new.a THEN 1 ELSE 2 END)",
            "SELECT RAISE(ABORT, 'no') WHERE new.a < 0",
            "DELETE FROM log",
        ]
    );
    assert!(matches!(&body.statements[2].statement, Statement::Delete(delete) if delete.filter.is_none()));

    let sql = "CREATE TEMP VIEW v (a, b) AS SELECT 1, 2";
    let Statement::CreateView(view) = statement(sql) else { panic!() };
    assert_eq!((view.columns.len(), view.query.span.slice(sql)), (2, "SELECT 1, 2"));
}

#[test]
fn statements_that_change_rows_have_their_parts() {
    let sql = "INSERT OR IGNORE INTO t AS x (a, b) VALUES (1, 'y'), (2, f(3)) ON CONFLICT (a) WHERE a > 0 \
               DO UPDATE SET b = excluded.b, (c, d) = (1, 2) WHERE t.b < 5 ON CONFLICT DO NOTHING RETURNING *, rowid AS r";
    let it = insert(sql);
    assert_eq!(it.ignore.unwrap().slice(sql), "OR IGNORE");
    assert_eq!(it.columns_span.slice(sql), "(a, b)");
    let InsertSource::Values { rows: 2, width: 2, span } = it.source else { panic!("{it:?}") };
    assert_eq!(span.slice(sql), "(1, 'y'), (2, f(3))");
    assert!(it.returning && it.facts.calls.iter().any(|call| call.name.name.text == "f"));
    let upsert = it.upsert.unwrap();
    assert_eq!((upsert.columns[0].text.as_str(), upsert.assignments.len()), ("a", 3));
    assert!(upsert.span.slice(sql).ends_with("ON CONFLICT DO NOTHING"));

    let sql = "REPLACE INTO t SELECT * FROM u WHERE true ON CONFLICT DO NOTHING";
    let it = insert(sql);
    assert_eq!((it.replace.unwrap().slice(sql), it.columns_span), ("REPLACE", Span::new(14, 14)));
    assert!(matches!(it.source, InsertSource::Query(_)));
    assert!(matches!(insert("INSERT INTO t DEFAULT VALUES").source, InsertSource::Default));
    assert!(matches!(insert("INSERT INTO t VALUES (1) UNION VALUES (2)").source, InsertSource::Query(_)));

    let sql = "UPDATE OR IGNORE t AS x INDEXED BY i SET (a, b) = (SELECT 1, 2), c = 3 FROM u WHERE x.id = u.id LIMIT 4";
    let Statement::Update(update) = statement(sql) else { panic!() };
    assert_eq!(update.assignments.len(), 3);
    assert_eq!(update.filter.unwrap().span.slice(sql), "WHERE x.id = u.id");
    assert!(update.joined && update.limit.unwrap().count == Some(4));
    assert_eq!((update.tables.len(), update.facts.reads.len()), (1, 1));

    let sql = "DELETE FROM t NOT INDEXED RETURNING a";
    let Statement::Delete(delete) = statement(sql) else { panic!() };
    assert_eq!((delete.filter.is_none(), delete.filter_at, delete.returning), (true, 25, true));
    let sql = "WITH c AS (SELECT 1) DELETE FROM t WHERE a IN c";
    let Statement::Delete(delete) = statement(sql) else { panic!() };
    assert_eq!((delete.facts.ctes.len(), delete.facts.reads.len()), (1, 0));
}

#[test]
fn queries_tell_their_facts() {
    let sql = "WITH c (n) AS (SELECT 1 UNION SELECT n + 1 FROM c) \
               SELECT DISTINCT a AS x, t.b, count(*), t.* FROM t LEFT JOIN main.u AS v ON t.id = v.id, json_each('[]') j \
               WHERE lower(a) LIKE '%z' AND b NOT IN (1, NULL) OR c = NULL GROUP BY a ORDER BY a DESC NULLS LAST LIMIT 5 OFFSET 2";
    let query = query(sql);
    let facts = &query.facts;
    assert_eq!(
        query.outputs.iter().map(|it| it.as_ref().map(|it| it.text.as_str())).collect::<Vec<_>>(),
        [Some("x"), Some("b"), None, None]
    );
    assert_eq!(texts(sql, facts.reads.iter().map(|it| it.name.span)), ["t", "main.u"]);
    assert_eq!(texts(sql, facts.stars.iter().copied()), ["t.*"]);
    assert_eq!(facts.joins.iter().map(|it| it.conditional).collect::<Vec<_>>(), [true, false]);
    assert_eq!(texts(sql, facts.computed_filters.iter().copied()), ["lower(a)"]);
    assert_eq!(texts(sql, facts.null_comparisons.iter().copied()), ["c = NULL"]);
    assert!(facts.patterns[0].leading_wildcard && !facts.patterns[0].literal);
    assert_eq!(
        (facts.in_lists[0].values, facts.in_lists[0].has_null, facts.in_lists[0].negated),
        (2, true, true)
    );
    assert_eq!((facts.set_operations, facts.ctes.len()), (1, 1));
    let filter = query.filter.unwrap();
    assert_eq!((filter.ors, filter.ands, filter.expr.conjuncts.len()), (1, 1, 1));
    assert!(query.grouped && query.distinct.is_some() && query.has_from);
    assert_eq!(query.order_by[0].1, Some(Order::Descending));
    let limit = query.limit.unwrap();
    assert_eq!((limit.count, limit.offset.unwrap().span.slice(sql)), (Some(5), "2"));
}

#[test]
fn conditions_are_taken_apart() {
    for (condition, kinds) in [
        ("1", &["AlwaysTrue"][..]),
        ("1 = 1 AND a = 2", &["AlwaysTrue", "Compare"]),
        ("(a ISNULL AND 3 < b)", &["IsNull", "Compare"]),
        ("a BETWEEN 1 AND 2 AND b NOTNULL", &["Compare", "Compare", "IsNotNull"]),
        ("a BETWEEN 1 AND 2 OR b", &["Other"]),
        ("NOT a = 1", &["Other"]),
        ("a NOT NULL", &["IsNotNull"]),
        ("a -> '$.x' = 1", &["Other"]),
        ("-a = 1", &["Other"]),
    ] {
        let sql = format!("SELECT 1 FROM t WHERE {condition}");
        let filter = query(&sql).filter.unwrap();
        let found: Vec<String> = filter.expr.conjuncts.iter().map(|it| format!("{:?}", it.kind)).collect();
        assert_eq!(found.len(), kinds.len(), "{sql}: {found:?}");
        for (found, kind) in found.iter().zip(kinds) {
            assert!(found.starts_with(kind), "{sql}: {found}");
        }
    }
}

#[test]
fn sessions_and_housekeeping_are_known() {
    for (sql, control, savepoint) in [
        ("BEGIN IMMEDIATE TRANSACTION", Control::Begin, None),
        ("END", Control::Commit, None),
        ("COMMIT TRANSACTION", Control::Commit, None),
        ("ROLLBACK", Control::Rollback, None),
        ("ROLLBACK TRANSACTION TO SAVEPOINT s", Control::Savepoint, Some("s")),
        ("SAVEPOINT s", Control::Savepoint, Some("s")),
        ("RELEASE s", Control::Savepoint, Some("s")),
    ] {
        let Statement::Transaction(it) = statement(sql) else { panic!("{sql}") };
        assert_eq!(
            (it.control, it.savepoint.as_ref().map(|it| it.text.as_str())),
            (control, savepoint),
            "{sql}"
        );
    }
    for (sql, name, word) in [
        ("PRAGMA foreign_keys = ON", "foreign_keys", Some("ON")),
        ("PRAGMA main.journal_mode(delete)", "journal_mode", Some("delete")),
        ("PRAGMA cache_size = -2000", "cache_size", Some("-2000")),
        ("PRAGMA foreign_keys", "foreign_keys", None),
    ] {
        let Statement::Pragma(pragma) = statement(sql) else { panic!("{sql}") };
        assert_eq!(pragma.name.name.text, name);
        assert_eq!(pragma.word.as_ref().map(|it| it.text.as_str()), word, "{sql}");
    }
    for (sql, verb, names) in [
        ("VACUUM", MaintenanceVerb::Vacuum, 0),
        ("VACUUM main INTO 'b.db'", MaintenanceVerb::Vacuum, 1),
        ("REINDEX NOCASE", MaintenanceVerb::Reindex, 1),
        ("ANALYZE main.t", MaintenanceVerb::Analyze, 1),
        ("ANALYZE", MaintenanceVerb::Analyze, 0),
    ] {
        let Statement::Maintenance(it) = statement(sql) else { panic!("{sql}") };
        assert_eq!((it.verb, it.names.len()), (verb, names), "{sql}");
    }
    let Statement::Attach(attach) = statement("ATTACH DATABASE 'x.db' AS aux1") else { panic!() };
    assert_eq!(attach.file.literal, Some(Literal::Text("x.db".to_owned())));
    assert!(matches!(statement("DETACH aux1"), Statement::Detach(_)));
    let explain = statement("EXPLAIN QUERY PLAN SELECT 1");
    assert!(matches!(explain.nested()[0].statement, Statement::Query(_)));
}

#[test]
fn words_of_clauses_are_names_too() {
    for sql in [
        "SELECT DISTINCT a FROM t WINDOW EXCEPT SELECT window FROM t",
        "SELECT filter window, over, first, left, replace(a, 'x', 'y') FROM u end WHERE key",
        "SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY b), v AS (w)",
        "CREATE TABLE abort (action, after, before, key, temp, replace, match, strict)",
        "CREATE INDEX i ON t (a COLLATE nocase || b, c COLLATE rtrim)",
        "CREATE VIRTUAL TABLE v USING m (, a,)",
    ] {
        statement(sql);
    }
}

#[test]
fn what_is_not_known_is_said_and_the_rest_stays_right() {
    for (sql, left) in [
        ("CREATE TABLE t (a INT,)", ""),
        ("SELECT * FRM t", "FRM t"),
        ("CREATE TABLE t (a INT CRAZY(1) (2), b)", "(2)"),
        ("CREATE TABLE t (a) ENGINE = x", "ENGINE = x"),
        ("SELECT 'open", "'"),
        ("CREATE TABLE t (a REFERENCES p ())", ""),
        ("CREATE TABLE t (a DEFAULT, b)", ""),
        ("SELECT 1 WHERE a IN (1,)", ""),
        ("SELECT f(1,)", ""),
        ("INSERT INTO t VALUES (1) FOO", "FOO"),
        ("DROP TABLE a, b", ", b"),
    ] {
        let parsed = parsed(sql);
        let found = texts(sql, parsed.not_analysed.iter().map(|part| part.span));
        assert!(found.contains(&left.to_owned()), "{sql}: {:?}", parsed.not_analysed);
        assert!(
            sql.starts_with("SELECT '") || !matches!(parsed.statement, Statement::Unparsed { .. }),
            "{sql}"
        );
    }
    for sql in ["", "GRANT a TO b", "CREATE SEQUENCE s", "TRUNCATE t", "SET a = 1", "EXPLAIN"] {
        assert!(matches!(parsed(sql).statement, Statement::Unparsed { .. }), "{sql}");
    }
}
