//! What runs together in one transaction, and what runs alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use sluice_engine::script::{UnitKind, prepare};
use sluice_rollout::{
    Block, Change, ChangeKind, Checksum, ChecksumInput, Directives, Script, Split, TransactionMode,
};
use sluice_sql::Dialect;
use sluice_text::{SourceFile, Span};

fn change(sql: &str) -> Change {
    let file = SourceFile::new("1.sql", sql);
    Change {
        version: "1".to_owned(),
        key: "1".to_owned(),
        name: String::new(),
        kind: ChangeKind::Versioned,
        checksum: Checksum::of(sql.as_bytes()),
        input: ChecksumInput::File,
        up: Script {
            file,
            blocks: vec![Block { span: Span::new(0, sql.len()), split: Split::Dialect, substitute: true }],
        },
        down: None,
        directives: Directives::default(),
    }
}

/// Units as text: `T2 A S1` is two statements in a transaction, one alone, one setting.
fn units(dialect: Dialect, mode: TransactionMode, sql: &str) -> String {
    let mut change = change(sql);
    change.directives.transaction = mode;
    let prepared = match prepare(&change, dialect, None) {
        Ok(prepared) => prepared,
        Err(error) => return error.to_string(),
    };
    let units: Vec<String> = prepared
        .units
        .iter()
        .map(|unit| match unit.kind {
            UnitKind::Transaction => format!("T{}", unit.statements.len()),
            UnitKind::Alone => "A".to_owned(),
            UnitKind::Session => format!("S{}", unit.statements.len()),
        })
        .collect();
    assert_eq!(prepared.statements_of(&prepared.units[0]).first().map(|first| first.ordinal), Some(1));
    units.join(" ")
}

#[test]
fn statements_run_in_as_few_transactions_as_they_allow() {
    use Dialect::{Mariadb, Postgres, Sqlite};
    for (dialect, sql, expected) in [
        (Postgres, "create table a (x int); insert into a values (1); create index i on a (x);", "T3"),
        (Postgres, "create table a (x int); create index concurrently i on a (x); analyze a;", "T1 A T1"),
        (Postgres, "begin; create table a (x int); commit;", "T1"),
        (Postgres, "begin; select 1; select 2; commit; begin; select 3; end;", "T2 T1"),
        (Postgres, "select 0; begin; select 1; commit; select 2; select 3;", "T1 T1 T2"),
        (Postgres, "set search_path = x; create table a (x int);", "S1 T1"),
        (Postgres, "create table a (x int); set search_path = x; create table b (x int);", "T3"),
        (Postgres, "set lock_timeout = '1s'; drop index concurrently i;", "S1 A"),
        (Postgres, "alter type mood add value 'new'; insert into t values ('new');", "T1 T1"),
        (Postgres, "alter type mood add value 'new'; insert into t values ('old');", "T2"),
        (Postgres, "savepoint a; select 1; release a;", "T3"),
        (Postgres, "do $$ begin commit; end $$;", "A"),
        (
            Mariadb,
            "create table a (x int); insert into a values (1); insert into a values (2); drop table a;",
            "A T2 A",
        ),
        (
            Mariadb,
            "lock tables a write; insert into a values (1); unlock tables; insert into a values (2);",
            "T2",
        ),
        (
            Mariadb,
            "set foreign_key_checks = 0; insert into a values (1); set foreign_key_checks = 1;",
            "S1 T2",
        ),
        (Mariadb, "start transaction; insert into a values (1); commit; insert into a values (2);", "T1 T1"),
        (Mariadb, "call p();", "A"),
        (
            Sqlite,
            "pragma foreign_keys = off; create table a (x int); insert into a values (1); pragma foreign_keys = on;",
            "S1 T2 S1",
        ),
        (Sqlite, "create table a (x int); vacuum;", "T1 A"),
        (Sqlite, "begin; create table a (x int); end;", "T1"),
    ] {
        assert_eq!(units(dialect, TransactionMode::Auto, sql), expected, "{dialect}: {sql}");
    }
}

#[test]
fn a_piece_holds_several_statements_where_drivers_take_them() {
    let body = "create function f() returns int as $$ select 1; $$ language sql;\nselect 2;";
    let compound = "create procedure p()\nbegin\n  select 1;\n  select 2;\nend;";
    let procedure = "create procedure p(in n int)\nbegin\n  declare done int default 0;\n  declare c cursor for select a from t;\n  \
                     declare continue handler for not found set done = 1;\n  open c;\n  l: loop\n    fetch c into n;\n    if \
                     done then leave l; else set n = n + 1; end if;\n    case n when 1 then select 1; else begin end; end \
                     case;\n  end loop;\n  close c;\nend;";
    for (dialect, split, sql, expected) in [
        (Dialect::Postgres, Split::Whole, body, 2),
        (Dialect::Mariadb, Split::Whole, compound, 1),
        (Dialect::Mysql, Split::Whole, "insert into a values (1);\ninsert into a values (';');\n", 2),
        (Dialect::Mysql, Split::Whole, procedure, 1),
        (Dialect::Mysql, Split::Whole, &*format!("drop procedure if exists p;\n{procedure}"), 2),
        (Dialect::Postgres, Split::Delimiter("@@".to_owned()), &*format!("{body}@@\nselect 3\n@@"), 3),
        (Dialect::Mariadb, Split::Delimiter("@@".to_owned()), &*format!("{compound}@@\nselect 3\n@@"), 2),
    ] {
        let mut change = change(sql);
        change.up.blocks[0].split = split;
        let prepared = prepare(&change, dialect, None).unwrap();
        assert_eq!(prepared.statements.len(), expected, "{dialect:?}: {sql}");
        for statement in &prepared.statements {
            assert_eq!(change.up.file.slice(statement.span), statement.sql, "spans are those of the file");
        }
    }
}

#[test]
fn without_transactions_each_statement_lands_by_itself() {
    for (sql, expected) in [
        ("create table a (x int); insert into a values (1);", "T1 T1"),
        ("begin; create table a (x int); insert into a values (1); commit; select 1;", "T2 T1"),
        ("call p(); do $$ begin commit; end $$;", "A A"),
    ] {
        assert_eq!(units(Dialect::Postgres, TransactionMode::None, sql), expected, "{sql}");
    }
}

#[test]
fn transaction_control_that_cannot_be_honoured_is_refused_with_its_place() {
    for (sql, place, words) in [
        ("select 1;\nrollback;", "1.sql:2:1", "ROLLBACK in a change"),
        ("select 1;\n  prepare transaction 'x';", "1.sql:2:3", "transaction control"),
        ("begin;\nselect 1;\nvacuum;\ncommit;", "1.sql:3:1", "between BEGIN and COMMIT"),
        ("select 1;\n\\gexec", "1.sql:2:1", "client command `\\gexec`"),
        ("select 'a", "1.sql:1:8", "never closed"),
    ] {
        let error = prepare(&change(sql), Dialect::Postgres, None).unwrap_err();
        assert_eq!(error.place, place, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn placeholders_are_filled_in_only_where_they_are_enabled() {
    let change = change("select '${a}', '${b}';");
    let values = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into();
    let sql = |values| {
        prepare(&change, Dialect::Postgres, values).map(|prepared| prepared.statements[0].sql.clone())
    };
    assert_eq!(sql(None).unwrap(), "select '${a}', '${b}'");
    assert_eq!(sql(Some(&values)).unwrap(), "select '1', '2'");
    let only_a = [("a".to_owned(), "1".to_owned())].into();
    let error = sql(Some(&only_a)).unwrap_err();
    assert_eq!(error.to_string(), "1.sql:1:17: placeholder `${b}` is not defined; defined are: a");
}
