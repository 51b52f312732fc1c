//! What the grammar of PostgreSQL says, statement by statement, with the places that fixes need.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use sluice_sql::model::*;
use sluice_sql::{Control, Dialect, ObjectKind, effort, parse};
use sluice_text::Span;

/// The statement, which stands behind another one, so that places count from the file.
const BEFORE: &str = "select 1; ";

fn parsed(sql: &str) -> Parsed {
    let text = format!("{BEFORE}{sql}");
    parse(Dialect::Postgres, &text, Span::new(BEFORE.len(), text.len()))
}

fn statement(sql: &str) -> Statement {
    let parsed = parsed(sql);
    assert_eq!(parsed.not_analysed, [], "{sql}");
    parsed.statement
}

/// The text at a span.
fn at(sql: &str, span: Span) -> &str {
    Span::new(span.start - BEFORE.len(), span.end - BEFORE.len()).slice(sql)
}

/// The statement with `words` written where the keyword would go.
fn with(sql: &str, keyword: Keyword, words: &str) -> String {
    assert!(!keyword.is_written());
    let mut out = sql.to_owned();
    out.insert_str(keyword.span.start - BEFORE.len(), &format!(" {words}"));
    out
}

macro_rules! model {
    ($sql:expr, $variant:ident) => {
        match statement($sql) {
            Statement::$variant(it) => *it,
            other => panic!("{}: {other:?}", $sql),
        }
    };
}

fn action(sql: &str) -> TableAction {
    model!(sql, AlterTable).actions.remove(0).kind
}

#[test]
fn words_that_a_fix_adds_have_their_place() {
    let sql = "create index i on t (a)";
    let index = model!(sql, CreateIndex);
    assert_eq!(with(sql, index.concurrently, "concurrently"), "create index concurrently i on t (a)");
    assert_eq!(with(sql, index.if_not_exists, "if not exists"), "create index if not exists i on t (a)");
    assert_eq!(with(sql, index.only, "only"), "create index i on only t (a)");

    let sql = "alter table t add constraint c check (a > 0) no inherit, add column b int";
    let alter = model!(sql, AlterTable);
    assert_eq!(with(sql, alter.if_exists, "if exists"), sql.replacen("table", "table if exists", 1));
    assert_eq!(at(sql, alter.actions[1].span), "add column b int");
    let TableAction::AddConstraint(check) = &alter.actions[0].kind else { panic!() };
    assert_eq!(with(sql, check.not_valid, "not valid"), sql.replacen(",", " not valid,", 1));
    let TableAction::AddColumn { if_not_exists, .. } = &alter.actions[1].kind else { panic!() };
    assert!(with(sql, *if_not_exists, "if not exists").ends_with("add column if not exists b int"));

    let sql = "drop table a, b cascade";
    let drop = model!(sql, Drop);
    assert_eq!(with(sql, drop.if_exists, "if exists"), "drop table if exists a, b cascade");
    assert_eq!(at(sql, drop.cascade.unwrap()), "cascade");

    let sql = "drop index concurrently if exists s.i";
    let drop = model!(sql, DropIndex);
    assert_eq!(
        (at(sql, drop.concurrently.span), at(sql, drop.if_exists.span)),
        ("concurrently", "if exists")
    );

    let sql = "refresh materialized view v";
    assert_eq!(
        with(sql, model!(sql, RefreshView).concurrently, "concurrently"),
        "refresh materialized view concurrently v"
    );

    let sql = "reindex (verbose) table t";
    assert_eq!(
        with(sql, model!(sql, Maintenance).concurrently, "concurrently"),
        "reindex (verbose) table concurrently t"
    );

    let sql = "create function f() returns int language sql security definer as 'select 1'";
    let routine = model!(sql, CreateRoutine);
    assert_eq!(
        with(sql, routine.search_path, "set search_path = ''"),
        "create function f() returns int set search_path = '' language sql security definer as 'select 1'"
    );
    assert_eq!(with(sql, routine.or_replace, "or replace"), sql.replacen("create", "create or replace", 1));

    let sql = "alter type mood add value 'x' before 'y'";
    let EnumAction::AddValue { if_not_exists, before, .. } = model!(sql, AlterEnum).action else { panic!() };
    assert_eq!(
        with(sql, if_not_exists, "if not exists"),
        "alter type mood add value if not exists 'x' before 'y'"
    );
    assert_eq!(before.unwrap().value, "y");

    let sql = "alter table p detach partition q";
    let TableAction::Partition(PartitionAction::Detach { concurrently, .. }) = action(sql) else { panic!() };
    assert_eq!(with(sql, concurrently, "concurrently"), "alter table p detach partition q concurrently");

    let sql = "update t set a = 1 returning a";
    let update = model!(sql, Update);
    assert_eq!(update.filter_at - BEFORE.len(), "update t set a = 1".len());
    let sql = "delete from t";
    assert_eq!(model!(sql, Delete).filter_at - BEFORE.len(), sql.len());
}

#[test]
fn a_table_says_its_columns_keys_and_partitions() {
    let sql = "CREATE UNLOGGED TABLE IF NOT EXISTS s.t (
        id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10) PRIMARY KEY,
        name varchar(40) COLLATE \"C\" NOT NULL DEFAULT 'it''s'::text,
        tags text[] CONSTRAINT filled CHECK (cardinality(tags) > 0) NO INHERIT,
        total numeric(10, 2) GENERATED ALWAYS AS (id * 2) STORED,
        at timestamp(3) with time zone DEFAULT now(),
        parent int REFERENCES p (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT u UNIQUE NULLS NOT DISTINCT (name, at) INCLUDE (total),
        EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0),
        LIKE other INCLUDING ALL
    ) PARTITION BY RANGE (at, lower(name)) WITH (fillfactor = 70) TABLESPACE fast";
    let table = model!(sql, CreateTable);
    assert_eq!(table.name.display(Dialect::Postgres), "s.t");
    assert_eq!(at(sql, table.unlogged.unwrap()), "UNLOGGED");
    assert_eq!(at(sql, table.if_not_exists.span), "IF NOT EXISTS");
    let columns: Vec<_> = table.columns().collect();
    let types: Vec<_> = columns.iter().map(|column| column.data_type.as_ref().unwrap()).collect();
    assert_eq!(
        types.iter().map(|it| (it.name.as_str(), it.arguments.len(), it.dimensions)).collect::<Vec<_>>(),
        [
            ("bigint", 0, 0),
            ("character varying", 1, 0),
            ("text", 0, 1),
            ("numeric", 2, 0),
            ("timestamp with time zone", 1, 0),
            ("integer", 0, 0)
        ]
    );
    assert_eq!(at(sql, types[4].span), "timestamp(3) with time zone");
    assert_eq!(at(sql, types[2].span), "text[]");
    assert!(columns[0].identity().unwrap().always);
    let default = columns[1].default().unwrap();
    assert_eq!(default.literal, Some(Literal::Text("it's".to_owned())));
    assert_eq!(default.cast.as_ref().unwrap().name, "text");
    assert_eq!(at(sql, default.span), "'it''s'::text");
    assert!(columns[1].not_null().is_some());
    let (attribute, check) = columns[2].checks().next().unwrap();
    assert_eq!(attribute.name.as_ref().unwrap().text, "filled");
    assert_eq!(at(sql, check.span), "cardinality(tags) > 0");
    assert!(check.calls("cardinality") && check.columns[0].name.text == "tags");
    let generated = columns[3].generated().unwrap();
    assert_eq!((generated.storage, at(sql, generated.storage_span)), (Storage::Stored, "STORED"));
    assert_eq!(columns[4].default().unwrap().volatility(Dialect::Postgres), Volatility::Stable);
    assert_eq!(columns[5].references().unwrap().on_delete, Some(ReferentialAction::SetNull));
    assert_eq!(table.constraints().count(), 2);
    let partition = table.partition_by.unwrap();
    assert_eq!((partition.method, partition.keys.len()), (PartitionMethod::Range, 2));
    assert_eq!(table.options.len(), 2);

    let sql =
        "create table q partition of p (primary key (id)) for values from (1, minvalue) to (2, maxvalue)";
    let table = model!(sql, CreateTable);
    let of = table.partition_of.unwrap();
    assert!(matches!(of.bound, PartitionBound::Range { ref from, .. } if from.len() == 2));
    let table =
        model!("create temp table x on commit drop as select a, b.c d, 1 from b with no data", CreateTable);
    assert!(table.no_data && table.temporary.is_some());
    let outputs: Vec<_> = table.query.unwrap().outputs.into_iter().map(|it| it.map(|it| it.text)).collect();
    assert_eq!(outputs, [Some("a".to_owned()), Some("d".to_owned()), None]);
}

#[test]
fn every_action_of_alter_table_is_known() {
    type Test = fn(&TableAction) -> bool;
    let table: &[(&str, Test)] = &[
        (
            "add foreign key (a, period b) references p (a, period b) not valid",
            |it| matches!(it, TableAction::AddConstraint(c) if c.not_valid.is_written() && c.foreign_key().unwrap().period),
        ),
        (
            "add constraint n not null a not valid",
            |it| matches!(it, TableAction::AddConstraint(c) if matches!(&c.kind, TableConstraintKind::NotNull(a) if a.text == "a")),
        ),
        ("add constraint k primary key using index i deferrable", |it| {
            matches!(it, TableAction::AddConstraint(c) if matches!(&c.kind, TableConstraintKind::PrimaryKey(k) if k.using_index.is_some())
                && c.deferral.deferrable == Some(true))
        }),
        (
            "add check (a > 0) not enforced",
            |it| matches!(it, TableAction::AddConstraint(c) if c.enforced == Some(false)),
        ),
        (
            "add primary key (id, valid without overlaps)",
            |it| matches!(it, TableAction::AddConstraint(c) if matches!(&c.kind, TableConstraintKind::PrimaryKey(k) if k.without_overlaps)),
        ),
        (
            "drop column if exists a cascade",
            |it| matches!(it, TableAction::DropColumn { cascade: Some(_), if_exists, .. } if if_exists.is_written()),
        ),
        ("drop constraint c", |it| matches!(it, TableAction::DropConstraint { .. })),
        ("rename a to b", |it| matches!(it, TableAction::RenameColumn { .. })),
        ("rename column a to b", |it| matches!(it, TableAction::RenameColumn { .. })),
        ("rename constraint a to b", |it| matches!(it, TableAction::RenameConstraint { .. })),
        ("rename to b", |it| matches!(it, TableAction::RenameTo(_))),
        ("alter a type int using a::int", |it| matches!(it, TableAction::AlterColumn { .. })),
        (
            "alter column a set not null",
            |it| matches!(it, TableAction::AlterColumn { change, .. } if **change == ColumnChange::SetNotNull),
        ),
        (
            "alter a drop default",
            |it| matches!(it, TableAction::AlterColumn { change, .. } if **change == ColumnChange::DropDefault),
        ),
        (
            "alter a add generated by default as identity",
            |it| matches!(it, TableAction::AlterColumn { change, .. } if matches!(**change, ColumnChange::AddIdentity(_))),
        ),
        (
            "alter a set generated always set start 5 restart",
            |it| matches!(it, TableAction::AlterColumn { change, .. } if matches!(&**change, ColumnChange::SetIdentity { options, .. } if options.len() == 2)),
        ),
        (
            "alter a set expression as (b + 1)",
            |it| matches!(it, TableAction::AlterColumn { change, .. } if matches!(&**change, ColumnChange::SetExpression(e) if e.computes)),
        ),
        ("alter constraint c not enforced", |it| {
            matches!(it, TableAction::AlterConstraint { enforced: Some(false), .. })
        }),
        ("validate constraint c", |it| matches!(it, TableAction::ValidateConstraint(_))),
        ("set (fillfactor = 70)", |it| matches!(it, TableAction::SetOption(_))),
        ("reset (fillfactor)", |it| matches!(it, TableAction::ResetOptions(names) if names.len() == 1)),
        ("set schema s", |it| matches!(it, TableAction::SetSchema(_))),
        ("set tablespace s", |it| matches!(it, TableAction::SetOption(_))),
        ("set access method heap", |it| matches!(it, TableAction::SetOption(_))),
        ("set unlogged", |it| matches!(it, TableAction::SetLogged(false))),
        ("owner to current_user", |it| matches!(it, TableAction::Owner(role) if role.special.is_some())),
        ("enable row level security", |it| matches!(it, TableAction::RowSecurity { on: true, force: false })),
        ("no force row level security", |it| {
            matches!(it, TableAction::RowSecurity { on: false, force: true })
        }),
        ("disable trigger all", |it| matches!(it, TableAction::EnableTrigger { on: false, .. })),
        ("enable replica rule r", |it| matches!(it, TableAction::EnableTrigger { rule: true, .. })),
        ("replica identity using index i", |it| {
            matches!(it, TableAction::ReplicaIdentity { index: Some(_), .. })
        }),
        ("inherit p", |it| matches!(it, TableAction::Inherit { on: true, .. })),
        ("no inherit p", |it| matches!(it, TableAction::Inherit { on: false, .. })),
        ("cluster on i", |it| matches!(it, TableAction::ClusterOn(Some(_)))),
        ("set without cluster", |it| matches!(it, TableAction::ClusterOn(None))),
        ("of t", |it| matches!(it, TableAction::OfType(Some(_)))),
        ("attach partition q for values with (modulus 4, remainder 1)", |it| {
            matches!(
                it,
                TableAction::Partition(PartitionAction::Attach {
                    bound: PartitionBound::Hash { modulus: 4, .. },
                    ..
                })
            )
        }),
        ("attach partition q default", |it| {
            matches!(
                it,
                TableAction::Partition(PartitionAction::Attach { bound: PartitionBound::Default, .. })
            )
        }),
        ("detach partition q finalize", |it| {
            matches!(it, TableAction::Partition(PartitionAction::Detach { finalize: true, .. }))
        }),
    ];
    for (sql, test) in table {
        let sql = format!("alter table only t {sql}");
        let action = action(&sql);
        assert!(test(&action), "{sql}: {action:?}");
    }
}

#[test]
fn an_index_says_its_keys_and_options() {
    let sql = "create unique index on s.t using gin ((a -> 'x') jsonb_path_ops, lower(b) desc nulls last, c collate \"C\") \
               include (d) nulls not distinct with (fillfactor = 70) where e is not null and f = 'x' or g";
    let create = model!(sql, CreateIndex);
    let index = create.index;
    assert_eq!(at(sql, index.unique.unwrap()), "unique");
    assert!(index.method.unwrap().is("gin") && index.nulls_not_distinct);
    assert_eq!(
        index.keys.iter().map(|key| at(sql, key.span)).collect::<Vec<_>>(),
        ["(a -> 'x') jsonb_path_ops", "lower(b) desc nulls last", "c collate \"C\""]
    );
    assert_eq!(index.keys[1].nulls_first, Some(false));
    assert_eq!(index.include[0].text, "d");
    assert_eq!(index.filter.unwrap().conjuncts.len(), 1);
}

#[test]
fn conditions_say_what_they_prove() {
    let sql = "alter table t add check (a is not null and (b > 1) and c between 2 and 3 and 4 <= d and f(e))";
    let TableAction::AddConstraint(check) = action(sql) else { panic!() };
    let TableConstraintKind::Check(expr) = &check.kind else { panic!() };
    let kinds: Vec<_> = expr.conjuncts.iter().map(|it| &it.kind).collect();
    assert_eq!(kinds.len(), 6);
    assert!(matches!(kinds[0], ConjunctKind::IsNotNull(a) if a.name.text == "a"));
    assert!(matches!(kinds[1], ConjunctKind::Compare { operator: Comparison::Greater, .. }));
    assert!(matches!(kinds[3], ConjunctKind::Compare { operator: Comparison::LessOrEqual, .. }));
    assert!(matches!(kinds[4], ConjunctKind::Compare { operator: Comparison::GreaterOrEqual, .. }));
    assert_eq!(kinds[5], &ConjunctKind::Other);
    // `BETWEEN` binds before `OR`: nothing is proved.
    let TableAction::AddConstraint(check) =
        action("alter table t add check (a is not null and b between 1 and 2 or c)")
    else {
        panic!()
    };
    let TableConstraintKind::Check(expr) = &check.kind else { panic!() };
    assert_eq!(expr.conjuncts.len(), 1);
}

#[test]
fn a_query_says_what_a_review_asks() {
    let sql = "with w as (select 1) select distinct q.*, count(*) from s.t as q join only u on u.id = q.id, v \
               where a in (1, null) and b not like '%x' and lower(c) = 'y' and d = null or exists (select * from k) \
               order by a desc limit 5 offset 2 for update skip locked";
    let query = model!(sql, Query);
    let facts = &query.facts;
    let reads: Vec<_> = facts.reads.iter().map(|it| it.name.display(Dialect::Postgres)).collect();
    assert_eq!(reads, ["s.t", "u", "v", "k"]);
    assert_eq!(facts.stars.iter().map(|it| at(sql, *it)).collect::<Vec<_>>(), ["q.*"]);
    assert_eq!(facts.joins.iter().map(|it| it.conditional).collect::<Vec<_>>(), [false, true]);
    assert!(facts.in_lists[0].has_null && facts.in_lists[0].values == 2);
    assert!(facts.patterns[0].leading_wildcard);
    assert_eq!(facts.computed_filters.iter().map(|it| at(sql, *it)).collect::<Vec<_>>(), ["lower(c)"]);
    assert_eq!(facts.null_comparisons.iter().map(|it| at(sql, *it)).collect::<Vec<_>>(), ["d = null"]);
    assert_eq!(query.limit.unwrap().count, Some(5));
    assert_eq!(query.order_by[0].1, Some(Order::Descending));
    let lock = query.lock.unwrap();
    assert!(lock.exclusive && lock.no_wait);
    let filter = query.filter.unwrap();
    assert_eq!((filter.ands, filter.ors), (3, 1));
    assert!(at(sql, filter.span).starts_with("where a in"));
    assert_eq!(facts.ctes[0].name.text, "w");
}

#[test]
fn rows_are_counted_and_not_parsed() {
    let sql = "insert into s.t as x (a, b) values (1, 'a,(b'), (2, f(3, 4)) on conflict (a) where b do update \
               set (a, b) = (1, 2), c = excluded.c where x.a > 1 returning a as z, *";
    let insert = model!(sql, Insert);
    let InsertSource::Values { rows, width, span } = insert.source else { panic!() };
    assert_eq!((rows, width, at(sql, span)), (2, 2, "(1, 'a,(b'), (2, f(3, 4))"));
    assert_eq!(at(sql, insert.columns_span), "(a, b)");
    assert_eq!(insert.upsert.unwrap().assignments.len(), 3);
    assert!(insert.returning && insert.facts.calls.iter().any(|call| call.name.name.text == "f"));

    let many = format!("insert into t values {}(1)", "(1, 'x'), ".repeat(100_000));
    let (insert, spent) = effort(|| model!(&many, Insert));
    let InsertSource::Values { rows, .. } = insert.source else { panic!() };
    assert_eq!(rows, 100_001);
    assert!(spent < 3 * u64::try_from(many.len()).unwrap(), "{spent} of {} looked at", many.len());

    let statement =
        statement("with gone as (delete from a where x returning *) insert into b select * from gone");
    let names: Vec<_> = statement.targets().iter().map(|it| it.name.name.text.clone()).collect();
    assert_eq!(names, ["b", "a"]);
    let merge = model!(
        "merge into t using s on t.a = s.a when matched then update set b = default when not matched then insert values (1)",
        Merge
    );
    assert!(merge.inserts && !merge.deletes && merge.facts.reads[0].name.name.text == "s");
    let copy = model!("copy (select a from t) to program 'gzip > x' with (format csv)", Copy);
    assert!(matches!(copy.endpoint, CopyEndpoint::Program(ref text) if text.value == "gzip > x"));
    let delete = model!("delete from only t using u where t.id = u.id", Delete);
    assert!(delete.joined && delete.tables[0].only && delete.facts.reads[0].name.name.text == "u");
}

#[test]
fn programs_are_looked_into() {
    let sql = "create or replace function f(a int default 1, out b text) returns record language plpgsql security definer \
        set search_path = pg_catalog as $$
        declare n int := (select count(*) from old);
        begin
            if exists (select 1 from cond) then
                perform g(n);
                insert into log values (n) returning id into n;
            end if;
            for r in select * from src loop
                update t set a = r.a where id = r.id;
            end loop;
            execute 'drop table ' || quote_ident(a);
            execute 'drop table x';
            select x into strict n from y;
            n := n + 1;
            return;
        exception when others then
            delete from z;
        end $$";
    let parsed = parsed(sql);
    let Statement::CreateRoutine(routine) = parsed.statement else { panic!() };
    assert!(routine.security.unwrap().definer && routine.search_path.is_written());
    assert_eq!(routine.parameters.len(), 2);
    let body = routine.body.unwrap();
    assert!(body.verbatim && body.analysed, "{:#?}", body.statements);
    let texts: Vec<_> = body.statements.iter().map(|it| at(sql, it.span)).collect();
    assert_eq!(
        texts,
        [
            "select count(*) from old",
            "select 1 from cond",
            "perform g(n)",
            "insert into log values (n) returning id",
            "select * from src",
            "update t set a = r.a where id = r.id",
            "drop table x",
            "select x into strict n from y",
            "delete from z"
        ]
    );
    assert_eq!(body.dynamic.len(), 2);
    assert_eq!(body.dynamic[1].literal.as_ref().unwrap().value, "drop table x");

    let sql = "do 'begin delete from \"t\" where a = ''x''; end'";
    let body = model!(sql, Do).body;
    assert!(!body.verbatim);
    assert_eq!(at(sql, body.statements[0].span), "begin delete from \"t\" where a = ''x''; end");

    let sql = "create procedure p() begin atomic insert into a values (1); delete from b; end";
    let body = model!(sql, CreateRoutine).body.unwrap();
    assert_eq!(
        body.statements.iter().map(|it| at(sql, it.span)).collect::<Vec<_>>(),
        ["insert into a values (1)", "delete from b"]
    );
    assert!(parsed_language("create function f() returns int language plpython3u as 'return 1'"));
}

fn parsed_language(sql: &str) -> bool {
    matches!(&parsed(sql).not_analysed[..], [NotAnalysed { reason: Reason::Language(name), .. }] if name == "plpython3u")
}

#[test]
fn the_other_statements_are_known() {
    type Test = fn(&Statement) -> bool;
    use Statement as S;
    let table: &[(&str, Test)] = &[
        (
            "begin isolation level serializable, read only",
            |it| matches!(it, S::Transaction(t) if t.control == Control::Begin && t.modes.len() == 2),
        ),
        ("rollback to savepoint a", |it| matches!(it, S::Transaction(t) if t.control == Control::Savepoint)),
        (
            "set local lock_timeout = '5s'",
            |it| matches!(it, S::Set(s) if s.settings[0].scope == SetScope::Local && s.settings[0].name == "lock_timeout"),
        ),
        ("set search_path to a, \"B\"", |it| matches!(it, S::Set(s) if s.settings[0].values.len() == 2)),
        ("reset all", |it| matches!(it, S::Set(s) if s.settings[0].name == "all" && s.settings[0].reset)),
        ("set role admin", |it| matches!(it, S::Set(s) if s.role.is_some() && s.settings.is_empty())),
        ("set session authorization default", |it| matches!(it, S::Set(s) if s.role.is_some())),
        ("set time zone 'utc'", |it| matches!(it, S::Set(s) if s.settings[0].name == "timezone")),
        (
            "set transaction isolation level repeatable read",
            |it| matches!(it, S::Set(s) if s.settings[0].name == "transaction isolation"),
        ),
        (
            "lock table a, b in share mode nowait",
            |it| matches!(it, S::Lock(l) if l.tables.len() == 2 && l.tables[0].mode == "share" && l.wait.is_some()),
        ),
        ("vacuum (full, analyze) t", |it| matches!(it, S::Maintenance(m) if m.full.is_some())),
        ("vacuum (full off) t", |it| matches!(it, S::Maintenance(m) if m.full.is_none())),
        ("cluster t using i", |it| matches!(it, S::Maintenance(m) if m.index.is_some())),
        (
            "reindex database concurrently d",
            |it| matches!(it, S::Maintenance(m) if m.kind == ObjectKind::Database && m.concurrently.is_written()),
        ),
        ("grant select (a), insert on t, u to public with grant option", |it| {
            matches!(it, S::Grant(g) if g.privileges.len() == 2 && g.grant_option.is_some()
                && g.grantees[0].special == Some(SpecialRole::Public) && g.on.as_ref().unwrap().names.len() == 2)
        }),
        ("grant a, b to c", |it| matches!(it, S::Grant(g) if g.roles.len() == 2 && g.privileges.is_empty())),
        (
            "revoke grant option for all privileges on all tables in schema s from x cascade",
            |it| matches!(it, S::Grant(g) if g.on.as_ref().unwrap().all_in_schema && g.cascade.is_some()),
        ),
        (
            "grant execute on function f(int, text) to x",
            |it| matches!(it, S::Grant(g) if g.on.as_ref().unwrap().kind == ObjectKind::Function),
        ),
        (
            "alter default privileges for role o in schema s grant select on tables to r",
            |it| matches!(it, S::DefaultPrivileges(d) if d.schemas.len() == 1 && d.for_roles.len() == 1),
        ),
        (
            "create user u with superuser nologin password 'x' valid until 'infinity' in role a",
            |it| matches!(it, S::Role(r) if r.user && r.options.len() == 5),
        ),
        ("alter role a in database d set work_mem = '1MB'", |it| matches!(it, S::Role(_))),
        ("alter role a rename to b", |it| matches!(it, S::Role(r) if r.verb == RoleVerb::Rename)),
        ("drop owned by a cascade", |it| matches!(it, S::Role(r) if r.verb == RoleVerb::DropOwned)),
        ("reassign owned by a to b", |it| matches!(it, S::Role(r) if r.to.is_some())),
        (
            "create policy p on t as restrictive for select to public using (a = 1) with check (true)",
            |it| matches!(it, S::Policy(p) if p.restrictive && p.using.is_some() && p.with_check.is_some()),
        ),
        (
            "create trigger x after insert or update of a, b on t for each row when (new.a > 1) execute function f()",
            |it| matches!(it, S::CreateTrigger(t) if t.events.len() == 2 && t.for_each_row && t.when.is_some()),
        ),
        (
            "create event trigger x on ddl_command_end when tag in ('a') execute function f()",
            |it| matches!(it, S::CreateTrigger(t) if t.timing == TriggerTiming::Event),
        ),
        (
            "create rule r as on insert to t do instead nothing",
            |it| matches!(it, S::CreateObject(o) if o.kind == ObjectKind::Rule && o.table.is_some()),
        ),
        (
            "create extension if not exists postgis schema x version '3' cascade",
            |it| matches!(it, S::CreateExtension(e) if e.schema.is_some() && e.cascade.is_some()),
        ),
        (
            "create schema if not exists s authorization r",
            |it| matches!(it, S::CreateSchema(s) if s.owner.is_some()),
        ),
        (
            "create schema s create table a (b int) create view v as select 1",
            |it| matches!(it, S::CreateSchema(s) if s.elements.len() == 2),
        ),
        (
            "create database d encoding 'UTF8' template template0 connection limit 5",
            |it| matches!(it, S::CreateDatabase(d) if d.charset.is_some() && d.options.len() == 2),
        ),
        (
            "create publication p for table a (x) where (y > 1), tables in schema s with (publish = 'insert')",
            |it| matches!(it, S::Publication(p) if p.tables.len() == 1 && p.schemas.len() == 1),
        ),
        ("alter publication p add table t", |it| matches!(it, S::Publication(p) if p.verb.is("add"))),
        (
            "create subscription s connection 'host=x' publication a, b with (copy_data = false)",
            |it| matches!(it, S::Subscription(s) if s.publications.len() == 2),
        ),
        (
            "comment on column s.t.c is 'x'",
            |it| matches!(it, S::Comment(c) if c.kind == ObjectKind::Column && c.text.is_some()),
        ),
        ("comment on function f(int) is null", |it| matches!(it, S::Comment(c) if c.text.is_none())),
        (
            "create type e as enum ('a', 'b')",
            |it| matches!(it, S::CreateType(t) if matches!(&t.body, TypeBody::Enum(values) if values.len() == 2)),
        ),
        (
            "create type c as (a int, b text collate \"C\")",
            |it| matches!(it, S::CreateType(t) if matches!(&t.body, TypeBody::Composite(a) if a.len() == 2)),
        ),
        (
            "alter type c add attribute x int cascade, drop attribute y",
            |it| matches!(it, S::AlterType(t) if t.actions.len() == 2),
        ),
        (
            "create domain d as text constraint c check (value <> '') not null",
            |it| matches!(it, S::CreateDomain(d) if d.checks.len() == 1 && d.not_null.is_some()),
        ),
        (
            "alter domain d add constraint c check (value > 0) not valid",
            |it| matches!(it, S::AlterDomain(d) if matches!(&d.action, DomainAction::AddConstraint(c) if c.not_valid.is_written())),
        ),
        (
            "create sequence if not exists s as bigint increment by -1 minvalue 5 no maxvalue owned by t.c",
            |it| matches!(it, S::CreateSequence(s) if s.options.len() == 5),
        ),
        ("alter sequence s restart", |it| matches!(it, S::AlterSequence(s) if s.options.len() == 1)),
        (
            "create materialized view v (a) with (fillfactor = 70) as select 1 with no data",
            |it| matches!(it, S::CreateView(v) if v.materialized && v.no_data),
        ),
        (
            "create or replace view v with (security_invoker) as select * from t with local check option",
            |it| matches!(it, S::CreateView(v) if v.check_option.is_some() && v.options.len() == 1),
        ),
        (
            "truncate a, only b restart identity cascade",
            |it| matches!(it, S::Truncate(t) if t.tables.len() == 2 && t.cascade.is_some()),
        ),
        (
            "alter function f(int) security definer set search_path = ''",
            |it| matches!(it, S::AlterObject(o) if o.kind == ObjectKind::Function && o.actions.len() == 2),
        ),
        ("alter extension x update to '2'", |it| matches!(it, S::AlterObject(_))),
        ("alter system set work_mem = '1GB'", |it| matches!(it, S::AlterSystem(a) if a.setting.is_some())),
        ("alter index i rename to j", |it| matches!(it, S::AlterTable(a) if a.kind == ObjectKind::Index)),
        (
            "alter view v set (security_barrier)",
            |it| matches!(it, S::AlterTable(a) if a.kind == ObjectKind::View),
        ),
        (
            "drop function if exists f(int), g cascade",
            |it| matches!(it, S::Drop(d) if d.names.len() == 2 && d.kind == ObjectKind::Function),
        ),
        ("drop trigger x on t", |it| matches!(it, S::Drop(d) if d.on.is_some())),
        ("drop database d with (force)", |it| matches!(it, S::Drop(d) if d.force)),
        ("call p(1, 'x')", |it| matches!(it, S::Call(c) if c.arguments.len() == 2)),
        (
            "explain (analyze) delete from t",
            |it| matches!(it, S::Other(o) if matches!(o.inner.as_ref().unwrap().statement, S::Delete(_))),
        ),
        ("show all", |it| matches!(it, S::Other(_))),
    ];
    for (sql, test) in table {
        let statement = statement(sql);
        assert!(test(&statement), "{sql}: {statement:#?}");
    }
}

/// From PostgreSQL's regression suite.
#[test]
fn statements_that_are_rare_are_known() {
    for sql in [
        "set constraints all deferred",
        "SET CONSTRAINTS s.a, b IMMEDIATE",
        "reset time zone",
        "create operator s.=(procedure = s.same, leftarg = s.c, rightarg = s.c)",
        "alter operator s.=(s.c, s.c) set schema t",
        "drop operator if exists s.+ (int, int), + (int, int)",
        "create table t (a int, b int, exclude using btree (a with =) include (b))",
        "create function f() returns int language plpgsql as $$\n#variable_conflict use_column\ndeclare x int; begin $1 := 1; end$$",
    ] {
        assert_eq!(parsed(sql).not_analysed, [], "{sql}");
        for nested in parsed(sql).statement.nested() {
            assert_eq!(nested.not_analysed, [], "{sql}");
        }
    }
}

#[test]
fn what_is_nested_too_deeply_is_said_at_once() {
    let understand = |sql: &str| {
        let (parsed, spent) = effort(|| parsed(sql));
        let start: String = sql.chars().take(30).collect();
        assert!(
            spent < 20 * u64::try_from(sql.len()).unwrap(),
            "{start}: {spent} of {} looked at",
            sql.len()
        );
        parsed
    };
    for (open, close) in
        [("(", ")"), ("not ", ""), ("case when a then ", " end"), ("- ", ""), ("array[", "]")]
    {
        // Longer than a megabyte is another reason.
        let count = 100_000.min(900_000 / (open.len() + close.len()));
        let sql = format!("select {}1{}", open.repeat(count), close.repeat(count));
        assert_eq!(understand(&sql).not_analysed[0].reason, Reason::TooDeep, "{open}");
    }
    let chain = format!("select {}1", "1 + ".repeat(100_000));
    assert_eq!(understand(&chain).not_analysed[0].reason, Reason::TooDeep);
    let explain = "explain ".repeat(10_000);
    assert!(!understand(&format!("{explain} select 1")).statement.nested().is_empty());
    // Deep, but within the limit: on a stack of its own.
    let deep = format!("select {}1{}", "(select ".repeat(120), ")".repeat(120));
    assert_eq!(understand(&deep).not_analysed, []);
}
