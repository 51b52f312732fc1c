use sluice_engine::{Session, Verdict};

use crate::stage::{databases, execute, observe, open, probe, try_open};

/// Statements with what they need, whether MySQL has them, and what the probe says: before they have run, and after.
struct Case {
    setup: &'static str,
    sql: &'static str,
    mysql: bool,
    before: Expected,
    after: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Applied,
    NotApplied,
    Unknown,
}

use Expected::{Applied, NotApplied, Unknown};

const fn case(setup: &'static str, sql: &'static str) -> Case {
    Case { setup, sql, mysql: true, before: NotApplied, after: Applied }
}

const T: &str = "create table t (a int auto_increment primary key, b int) engine=InnoDB; insert into t (b) values (1), (2)";
const PARTED: &str = "create table t (a int primary key) engine=InnoDB partition by range (a) (partition p1 values less than \
     (10), partition p2 values less than (20)); insert into t values (1), (11)";

fn cases() -> Vec<Case> {
    let only_mariadb = |case: Case| Case { mysql: false, ..case };
    let says = |case: Case, before, after| Case { before, after, ..case };
    vec![
        case("", "create table t (a int)"),
        case("", "create table if not exists t (a int)"),
        says(case(T, "create table if not exists t (a int)"), Applied, Applied),
        case(T, "create table u like t"),
        case(T, "create table u as select * from t"),
        says(case("", "create temporary table u (a int)"), NotApplied, NotApplied),
        only_mariadb(case(T, "create or replace table t (a int)")),
        only_mariadb(case("create table t (a int)", "create or replace table t (a int)")),
        case(T, "alter table t add column c int"),
        case(T, "alter table t add column c int, algorithm=copy"),
        case(T, "alter table t drop column b"),
        case(T, "alter table t modify b bigint not null"),
        case(T, "alter table t change b c int"),
        case(T, "alter table t rename column b to c"),
        case(T, "alter table t alter column b set default 7"),
        case(T, "alter table t add constraint c check (b > 0)"),
        case(T, "alter table t comment = 'x'"),
        case(T, "alter table t engine=InnoDB"),
        case(T, "alter table t force"),
        case(T, "alter table t row_format=compact"),
        case(T, "alter table t convert to character set latin1"),
        case(T, "alter table t rename to u"),
        case(T, "alter table t add column c int, rename to u"),
        case(T, "alter table t add index i (b)"),
        case("create table t (a int, key i (a))", "alter table t rename index i to j"),
        says(case("create table t (a int) comment 'x'", "alter table t comment 'x'"), NotApplied, NotApplied),
        only_mariadb(says(
            case("create table t (a int)", "alter table t add column if not exists a int"),
            NotApplied,
            NotApplied,
        )),
        case(PARTED, "alter table t drop partition p1"),
        case(PARTED, "alter table t truncate partition p1"),
        case(PARTED, "alter table t add partition (partition p3 values less than (30))"),
        case(
            "create table t (a int primary key) partition by range (a) (partition p1 values less than (10)); create table u (a \
             int primary key); insert into u values (1)",
            "alter table t exchange partition p1 with table u",
        ),
        case(T, "create index i on t (b)"),
        case(T, "create unique index i on t (b)"),
        case("create table t (a int, key i (a))", "drop index i on t"),
        case(T, "drop table t"),
        case(T, "drop table if exists t"),
        says(case("", "drop table if exists t"), Applied, Applied),
        case("create table t (a int); create table u (a int)", "drop table t, u"),
        case(T, "rename table t to u"),
        case("create table a (x int); create table b (y int)", "rename table a to c, b to a, c to b"),
        case(T, "truncate t"),
        case(PARTED, "truncate table t"),
        says(
            case("create table t (a int) engine=MyISAM; insert into t values (1)", "truncate t"),
            Unknown,
            Applied,
        ),
        case(T, "create view v as select * from t"),
        case("create view v as select 1 as a", "create or replace view v as select 2 as a"),
        case("create view v as select 1 as a", "alter view v as select 2 as a"),
        case("create view v as select 1 as a", "drop view v"),
        case(T, "create trigger tr before insert on t for each row set new.b = 1"),
        case(
            "create table t (a int); create trigger tr before insert on t for each row set @x = 1",
            "drop trigger tr",
        ),
        case("", "create procedure p() select 1"),
        case("create procedure p() select 1", "alter procedure p comment 'x'"),
        case("create procedure p() select 1", "drop procedure p"),
        case("", "create function f() returns int deterministic return 1"),
        case("create function f() returns int deterministic return 1", "drop function if exists f"),
        case("", "create event e on schedule every 1 day disable do select 1"),
        case("create event e on schedule every 1 day disable do select 1", "alter event e rename to g"),
        case("create event e on schedule every 1 day disable do select 1", "drop event e"),
        only_mariadb(case("", "create sequence s")),
        only_mariadb(case("create sequence s", "drop sequence s")),
        case("", "alter database character set latin1"),
        case("", "create table `ä b``c` (`x y` int)"),
        case("create table `ä b``c` (`x y` int)", "drop table `ä b``c`"),
        case("create table `a-b` (a int); insert into `a-b` values (1)", "truncate `a-b`"),
        says(case(T, "analyze table t"), NotApplied, NotApplied),
        says(case(T, "optimize table t"), NotApplied, NotApplied),
        says(case(T, "insert into t (b) values (3)"), Unknown, Unknown),
        says(case("create procedure p() select 1", "call p()"), Unknown, Unknown),
    ]
}

fn word(verdict: &Verdict) -> Expected {
    match verdict {
        Verdict::Applied { .. } => Applied,
        Verdict::NotApplied { .. } => NotApplied,
        Verdict::Partial { .. } => panic!("{verdict:?}"),
        Verdict::Unknown { .. } => Unknown,
    }
}

#[tokio::test]
async fn the_catalog_tells_whether_a_statement_has_run() {
    for (is_mysql, server) in [(false, Some(sluice_testkit::mariadb())), (true, sluice_testkit::mysql())] {
        let Some(server) = server else { continue };
        for case in cases() {
            if is_mysql && !case.mysql {
                continue;
            }
            let database = server.database();
            database.sql(case.setup);
            let mut session = open(&database).await;
            let before = observe(session.as_mut(), case.sql).await;
            let verdict = probe(session.as_mut(), case.sql, &before).await;
            assert_eq!(word(&verdict), case.before, "before {} on {}: {verdict:?}", case.sql, server.url(""));
            execute(session.as_mut(), case.sql).await.unwrap_or_else(|error| panic!("{}: {error}", case.sql));
            // Another session, as after a crash.
            let mut session = open(&database).await;
            let verdict = probe(session.as_mut(), case.sql, &before).await;
            assert_eq!(word(&verdict), case.after, "after {} on {}: {verdict:?}", case.sql, server.url(""));
        }
    }
}

#[tokio::test]
async fn rows_of_users_do_not_look_like_a_change() {
    for database in databases() {
        database.sql(
            "create table t (a int auto_increment primary key, b int); insert into t (b) values (1); create table e (a int)",
        );
        let mut session = open(&database).await;
        for sql in ["alter table t add index (b)", "truncate t", "alter table t force"] {
            let before = observe(session.as_mut(), sql).await;
            database.sql("insert into t (b) select b from t; delete from t where a = 1");
            let verdict = probe(session.as_mut(), sql, &before).await;
            assert_eq!(word(&verdict), NotApplied, "{sql}: {verdict:?}");
        }
    }
}

/// Accounts belong to the server: names carry the database's so that tests do not meet.
#[tokio::test]
async fn accounts_and_privileges_are_seen_and_their_secrets_are_not_kept() {
    for database in databases() {
        let mut session = open(&database).await;
        let name = database.name();
        for sql in [
            format!("create user u_{name}@localhost identified by 'Tr0ub4dor'"),
            format!("grant select on {name}.* to u_{name}@localhost"),
            format!("alter user u_{name}@localhost identified by 'C0rrect-horse'"),
            format!("revoke select on {name}.* from u_{name}@localhost"),
            format!("rename user u_{name}@localhost to v_{name}@localhost"),
            format!("drop user v_{name}@localhost"),
            format!("create role r_{name}"),
            format!("grant insert on {name}.* to r_{name}"),
            format!("drop role r_{name}"),
        ] {
            let before = observe(session.as_mut(), &sql).await;
            assert_eq!(word(&probe(session.as_mut(), &sql, &before).await), NotApplied, "{sql}");
            execute(session.as_mut(), &sql).await.unwrap();
            let verdict = probe(session.as_mut(), &sql, &before).await;
            assert_eq!(word(&verdict), Applied, "{sql}: {verdict:?}");
            let after = observe(session.as_mut(), &sql).await;
            for secret in ["Tr0ub4dor", "C0rrect-horse", "IDENTIFIED"] {
                assert!(!format!("{before}{after}{verdict:?}").contains(secret), "{sql}");
            }
        }
    }
}

#[tokio::test]
async fn databases_and_global_variables_are_seen() {
    for database in databases() {
        let mut session = open(&database).await;
        let name = database.name();
        for sql in [
            format!("create database {name}_x"),
            format!("alter database {name}_x collate utf8mb4_bin"),
            format!("drop database {name}_x"),
            "set global innodb_stats_transient_sample_pages = 9".to_owned(),
            "set global innodb_stats_transient_sample_pages = default".to_owned(),
        ] {
            let before = observe(session.as_mut(), &sql).await;
            assert_eq!(word(&probe(session.as_mut(), &sql, &before).await), NotApplied, "{sql}");
            execute(session.as_mut(), &sql).await.unwrap();
            let verdict = probe(session.as_mut(), &sql, &before).await;
            assert_eq!(word(&verdict), Applied, "{sql}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn evidence_reads_like_a_sentence() {
    for database in databases() {
        let mut session = open(&database).await;
        let evidence = |verdict: Verdict| match verdict {
            Verdict::Applied { evidence } | Verdict::NotApplied { evidence } => evidence,
            other => panic!("{other:?}"),
        };
        let mut said = Vec::new();
        for sql in ["create table t (a int)", "alter table t add column b text", "drop table t"] {
            said.push(evidence(run(session.as_mut(), sql).await));
        }
        assert_eq!(said[0], "table `t` is there and was not before");
        assert!(said[1].starts_with("the definition of table `t` has changed: new is `b` text"), "{said:?}");
        assert_eq!(said[2], "table `t` is gone");
    }
}

async fn run(session: &mut dyn Session, sql: &str) -> Verdict {
    let before = observe(session, sql).await;
    execute(session, sql).await.unwrap();
    probe(session, sql, &before).await
}

/// MariaDB drops one table after the other: what it could drop is gone although the statement has failed.
#[tokio::test]
async fn a_drop_of_several_tables_that_went_half_way_asks_a_person() {
    for database in databases() {
        database.sql("create table a (x int primary key); create table b (x int references a (x)); create table c (x int)");
        database.sql("drop table b; create table b (x int, foreign key (x) references a (x))");
        let mut session = open(&database).await;
        let sql = "drop table c, a";
        let before = observe(session.as_mut(), sql).await;
        execute(session.as_mut(), sql).await.unwrap_err();
        let verdict = probe(session.as_mut(), sql, &before).await;
        let half_way = database.server().is_mariadb();
        assert_eq!(word(&verdict), if half_way { Unknown } else { NotApplied }, "{verdict:?}");
        if half_way {
            let Verdict::Unknown { evidence } = verdict else { unreachable!() };
            assert_eq!(evidence, "table `c` is gone, table `a` is still there: drop the rest by hand");
        }
    }
}

/// Without PROCESS, InnoDB's ids cannot be read.
#[tokio::test]
async fn a_user_without_process_gets_honest_answers() {
    for database in databases() {
        let user = format!("q_{}", database.name());
        let server = database.server();
        server.sql(&format!(
            "create user {user} identified by 'secret'; grant all on {}.* to {user}",
            database.name()
        ));
        let url = server.url_as(&format!("{user}:secret"), database.name());
        let mut session = try_open(&url).await.unwrap();
        assert_eq!(session.leftovers().await.unwrap(), []);
        assert_eq!(word(&run(session.as_mut(), "create table t (a int)").await), Applied);
        let verdict = run(session.as_mut(), "alter table t force").await;
        assert_eq!(word(&verdict), NotApplied, "{verdict:?}");
        execute(session.as_mut(), "insert into t values (1)").await.unwrap();
        assert_eq!(word(&run(session.as_mut(), "truncate t").await), Applied);
        execute(session.as_mut(), "insert into t values (1)").await.unwrap();
        let before = observe(session.as_mut(), "truncate t").await;
        assert_eq!(word(&probe(session.as_mut(), "truncate t", &before).await), Unknown);
        server.sql(&format!("drop user {user}"));
    }
}
