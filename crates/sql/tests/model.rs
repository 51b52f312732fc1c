//! What a rule asks of the statement model, on statements built by hand.

#![allow(clippy::unwrap_used, reason = "test code")]

use sluice_sql::model::*;
use sluice_sql::{Dialect, ObjectKind, parse};
use sluice_text::Span;

/// Where `part` stands in `text`.
fn at(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn name(text: &str, part: &str) -> ObjectName {
    let span = at(text, part);
    let mut start = span.start;
    let parts = part.split('.').map(|word| {
        let ident = Ident::bare(word, Span::new(start, start + word.len()));
        start += word.len() + 1;
        ident
    });
    ObjectName::from_parts(parts.collect()).unwrap()
}

fn ident(text: &str, part: &str) -> Ident {
    Ident::bare(part, at(text, part))
}

fn alter(text: &str, table: &str, actions: Vec<TableAction>) -> Statement {
    Statement::AlterTable(Box::new(AlterTable {
        name: name(text, table),
        kind: ObjectKind::Table,
        if_exists: Keyword::absent(at(text, "table").end),
        only: Keyword::absent(at(text, "table").end),
        actions: actions.into_iter().map(|kind| AlterAction { kind, span: at(text, text) }).collect(),
        online: OnlineOptions::none(text.len()),
    }))
}

fn table_ref(text: &str, part: &str) -> TableRef {
    TableRef { name: name(text, part), alias: None, only: false, partitions: Vec::new() }
}

/// Targets as `touch kind name`, for reading.
fn touched(statement: &Statement) -> Vec<String> {
    let targets = statement.targets();
    let line = |target: &Target<'_>| {
        format!("{:?} {:?} {}", target.touch, target.kind, target.name.display(Dialect::Postgres))
    };
    targets.iter().map(line).collect()
}

#[test]
fn a_foreign_key_touches_its_parent_and_gives_a_fix_its_place() {
    let sql = "alter table Shop.orders add constraint fk foreign key (c) references customers";
    let constraint = TableConstraint {
        name: Some(ident(sql, "fk")),
        kind: TableConstraintKind::ForeignKey(ForeignKey {
            columns: vec![Ident::bare("c", at(sql, "c)"))],
            table: name(sql, "customers"),
            referenced: Vec::new(),
            on_delete: None,
            on_update: None,
            matching: None,
            index_name: None,
            period: false,
            span: at(sql, "foreign key (c) references customers"),
        }),
        not_valid: Keyword::absent(sql.len()),
        enforced: None,
        no_inherit: false,
        deferral: Deferral::default(),
        if_not_exists: None,
        span: at(sql, "constraint fk foreign key (c) references customers"),
    };
    assert!(!constraint.not_valid.is_written());
    let mut fixed = sql.to_owned();
    fixed.insert_str(constraint.not_valid.span.start, " not valid");
    assert_eq!(fixed, format!("{sql} not valid"));

    let statement = alter(sql, "Shop.orders", vec![TableAction::AddConstraint(Box::new(constraint))]);
    assert_eq!(touched(&statement), ["Altered Table shop.orders", "Referenced Table customers"]);
    assert!(statement.is_ddl() && !statement.is_dml());
    let [(child, key)] = statement.foreign_keys()[..] else { unreachable!() };
    assert_eq!((child.span.slice(sql), key.table.span.slice(sql)), ("Shop.orders", "customers"));
}

#[test]
fn renames_are_found_whatever_says_them() {
    let sql = "alter table t rename column a to b, change x y int, change z z int, rename to u";
    let column = |name: &str| ColumnDef {
        name: Ident::bare(name, at(sql, name)),
        data_type: None,
        attributes: Vec::new(),
        span: at(sql, "int"),
    };
    let change = |from: &str, to: &str| TableAction::ChangeColumn {
        from: Ident::bare(from, at(sql, from)),
        column: Box::new(column(to)),
        if_exists: None,
        position: None,
    };
    let statement = alter(
        sql,
        "t",
        vec![
            TableAction::RenameColumn { from: ident(sql, "a"), to: ident(sql, "b") },
            change("x", "y"),
            change("z", "z"),
            TableAction::RenameTo(name(sql, "u")),
        ],
    );
    let renames: Vec<_> =
        statement.renames().iter().map(|it| (it.kind, it.from.text.clone(), it.to.text.clone())).collect();
    let row = |kind, from: &str, to: &str| (kind, from.to_owned(), to.to_owned());
    assert_eq!(
        renames,
        [
            row(ObjectKind::Column, "a", "b"),
            row(ObjectKind::Column, "x", "y"),
            row(ObjectKind::Table, "t", "u")
        ]
    );
}

#[test]
fn a_query_that_writes_in_its_with_is_dml_and_names_what_it_writes() {
    let sql = "with gone as (delete from old returning *) select * from fresh";
    let delete = Statement::Delete(Box::new(Delete {
        history: None,
        tables: vec![table_ref(sql, "old")],
        filter: None,
        filter_at: at(sql, "old").end,
        order_by: None,
        limit: None,
        joined: false,
        returning: true,
        facts: QueryFacts::default(),
    }));
    let inner = at(sql, "delete from old returning *");
    let facts = QueryFacts {
        reads: vec![table_ref(sql, "fresh")],
        ctes: vec![Cte {
            name: ident(sql, "gone"),
            writes: Some(Box::new(Parsed::whole(inner, delete))),
            span: inner,
        }],
        ..QueryFacts::default()
    };
    let statement = Statement::Query(Box::new(Query::new(at(sql, sql), facts)));
    assert!(statement.is_dml());
    assert_eq!(touched(&statement), ["Read Table fresh", "Written Table old"]);
    assert_eq!(statement.nested()[0].span, inner);
}

#[test]
fn an_index_is_created_on_a_table_that_is_altered() {
    let sql = "create index i on s.t (a)";
    let statement = Statement::CreateIndex(Box::new(CreateIndex {
        index: IndexDef {
            name: Some(name(sql, "i")),
            unique: None,
            class: IndexClass::Plain,
            method: None,
            keys: Vec::new(),
            include: Vec::new(),
            filter: None,
            nulls_not_distinct: false,
            parameters: Vec::new(),
            options: Vec::new(),
            span: at(sql, sql),
        },
        table: name(sql, "s.t"),
        concurrently: Keyword::absent(at(sql, "index").end),
        if_not_exists: Keyword::absent(at(sql, "index").end),
        or_replace: None,
        only: Keyword::absent(at(sql, "on").end),
        online: OnlineOptions::none(sql.len()),
    }));
    assert_eq!(touched(&statement), ["Created Index i", "Altered Table s.t"]);
    let on = statement.targets()[0].on.unwrap();
    assert_eq!(on.span.slice(sql), "s.t");
}

#[test]
fn a_default_is_as_volatile_as_the_worst_function_in_it() {
    let call =
        |text: &str| Call { name: name(text, text), arguments: 0, first_text: None, span: at(text, text) };
    let table: [(&[&str], Volatility); 6] = [
        (&[], Volatility::Immutable),
        (&["lower"], Volatility::Immutable),
        (&["lower", "NOW"], Volatility::Stable),
        (&["now", "my_function"], Volatility::Unknown),
        (&["pg_catalog.random", "now"], Volatility::Volatile),
        (&["app.now"], Volatility::Unknown),
    ];
    for (calls, expected) in table {
        let mut expr = Expr::opaque(Span::new(0, 0));
        expr.calls = calls.iter().map(|text| call(text)).collect();
        assert_eq!(expr.volatility(Dialect::Postgres), expected, "{calls:?}");
    }
}

#[test]
fn what_no_grammar_knows_is_not_analysed_and_keeps_its_place() {
    let text = "-- x\nfrobnicate the database;";
    let piece = at(text, "frobnicate the database");
    for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite] {
        let parsed = parse(dialect, text, piece);
        assert_eq!(parsed.span, piece);
        assert_eq!(parsed.statement.kind(), StatementKind::Unparsed);
        assert_eq!(parsed.not_analysed.len(), 1);
        assert!(parsed.statement.targets().is_empty());
    }
}
