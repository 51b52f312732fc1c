//! What became of statements that cannot run in a transaction is read from the catalog.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod kit;

use kit::{Sql, evidence, how, open, sql, until};
use sluice_engine::{Database, DbErrorKind, Session, Verdict};
use sluice_postgres::Postgres;
use sluice_testkit::{POSTGRES_VERSIONS, PsqlSession, TestDatabase, postgres};

async fn observe(session: &mut dyn Session, statement: &Sql) -> String {
    session.observe(&statement.statement()).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn probe(session: &mut dyn Session, statement: &Sql, before: &str) -> Verdict {
    session.probe(&statement.statement(), before).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Observes, executes, probes.
async fn run(session: &mut dyn Session, text: &str) -> Verdict {
    let statement = sql(text);
    let before = observe(session, &statement).await;
    session.execute(&statement.statement()).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    probe(session, &statement, &before).await
}

#[track_caller]
fn is_applied(verdict: &Verdict) {
    assert!(matches!(verdict, Verdict::Applied { .. }), "{verdict:?}");
}

#[track_caller]
fn is_not_applied(verdict: &Verdict) {
    assert!(matches!(verdict, Verdict::NotApplied { .. }), "{verdict:?}");
}

/// A transaction that keeps every concurrent build on the table waiting.
fn old_transaction(database: &TestDatabase, table: &str) -> PsqlSession {
    let mut session = database.session();
    session.run(&format!("begin; lock table {table} in row exclusive mode; select txid_current()"));
    session
}

async fn until_waiting(database: &TestDatabase) -> String {
    let waiting = "select pid from pg_stat_activity where application_name = 'sluice/worker' and state = 'active' \
                   and wait_event_type = 'Lock' and datname = current_database()";
    until("the build waits", async || !database.psql(waiting).is_empty()).await;
    database.psql(waiting)
}

#[tokio::test]
async fn a_build_whose_backend_is_terminated_is_partial_and_can_be_run_after_the_clean_up() {
    for major in POSTGRES_VERSIONS {
        let database = postgres(major).database();
        database.psql("create schema \"S\"; create table \"S\".t (a int); create table \"S\".other (a int)");
        for text in [
            "create index concurrently t_a on \"S\".t (a)",
            "create index concurrently if not exists t_a2 on \"S\".t (a)",
            "create unique index concurrently on \"S\".t (a)",
        ] {
            let mut blocker = old_transaction(&database, "\"S\".t");
            let mut worker = Postgres.connect(&how(database.url(), "worker")).await.unwrap();
            let mut observer = open(database.url()).await;
            worker.try_lock().await.unwrap();
            let statement = sql(text);
            let before = observe(worker.as_mut(), &statement).await;
            let strike = async {
                let pid = until_waiting(&database).await;
                let running = observer.running(&sluice_engine::Backend(pid.clone() + " x y")).await.unwrap();
                assert_eq!(running, None, "another start time is another session");
                assert!(observer.leftovers().await.unwrap().is_empty(), "a build in progress is no leftover");
                database.psql(&format!("select pg_terminate_backend({pid})"));
            };
            let backend = worker.backend().clone();
            let worker_statement = statement.statement();
            let (result, ()) = tokio::join!(worker.execute(&worker_statement), strike);
            assert_eq!(result.unwrap_err().kind, DbErrorKind::ConnectionLost);
            blocker.run("rollback");
            until("the end of the backend", async || observer.running(&backend).await.unwrap().is_none())
                .await;

            let verdict = probe(observer.as_mut(), &statement, &before).await;
            let Verdict::Partial { clean_up, .. } = &verdict else { panic!("{major} {text}: {verdict:?}") };
            let leftovers = observer.leftovers().await.unwrap();
            assert_eq!(leftovers.len(), 1);
            assert_eq!(leftovers[0].remove_with, clean_up[0]);
            assert!(leftovers[0].what.contains("on \"S\".t"), "{leftovers:?}");
            for text in clean_up {
                observer.execute(&sql(text).statement()).await.unwrap();
            }
            is_not_applied(&probe(observer.as_mut(), &statement, &before).await);
            is_applied(&run(observer.as_mut(), text).await);
            assert!(observer.leftovers().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_build_whose_client_is_gone_is_seen_running_and_then_adopted() {
    for major in [14, 18] {
        let database = postgres(major).database();
        database.psql("create table t (a int)");
        let mut blocker = old_transaction(&database, "t");
        let mut worker = Postgres.connect(&how(database.url(), "worker")).await.unwrap();
        assert!(worker.try_lock().await.is_ok());
        let backend = worker.backend().clone();
        let statement = sql("create index concurrently t_a on t (a)");
        let before = observe(worker.as_mut(), &statement).await;
        let worker_task = tokio::spawn({
            let text = statement.text.clone();
            async move {
                let statement = sql(&text);
                let _ = worker.execute(&statement.statement()).await;
            }
        });
        let pid = until_waiting(&database).await;
        worker_task.abort();
        let _ = worker_task.await;

        let mut heir = open(database.url()).await;
        let running = heir.running(&backend).await.unwrap().expect("the build goes on without its client");
        assert_eq!(running.backend, format!("pid {pid}"));
        assert_eq!(running.statement.as_deref(), Some(statement.text.as_str()));
        assert!(matches!(heir.try_lock().await.unwrap(), sluice_engine::LockAttempt::Held { .. }));
        blocker.run("commit");
        until("the end of the build", async || heir.running(&backend).await.unwrap().is_none()).await;
        is_applied(&probe(heir.as_mut(), &statement, &before).await);
    }
}

#[tokio::test]
async fn indexes_are_told_from_those_that_were_there_before() {
    let database = postgres(17).database();
    database.psql("create table t (a int); create index here on t (a)");
    let mut session = open(database.url()).await;
    let unnamed = sql("create index concurrently on t (a)");
    let before = observe(session.as_mut(), &unnamed).await;
    is_not_applied(&probe(session.as_mut(), &unnamed, &before).await);
    assert!(matches!(probe(session.as_mut(), &unnamed, "").await, Verdict::Unknown { .. }));
    is_applied(&run(session.as_mut(), &unnamed.text).await);

    let taken = sql("create index concurrently here on t (a)");
    let before = observe(session.as_mut(), &taken).await;
    assert!(session.execute(&taken.statement()).await.is_err());
    is_not_applied(&probe(session.as_mut(), &taken, &before).await);
    is_applied(&run(session.as_mut(), "create index concurrently if not exists here on t (a)").await);

    let long = format!("create index concurrently {} on t (a)", "long_name_".repeat(9));
    is_applied(&run(session.as_mut(), &long).await);

    is_applied(&run(session.as_mut(), "drop index concurrently here").await);
    let gone = sql("drop index concurrently here");
    let before = observe(session.as_mut(), &gone).await;
    is_not_applied(&probe(session.as_mut(), &gone, &before).await);
    let there = sql("drop index concurrently t_a_idx");
    let before = observe(session.as_mut(), &there).await;
    is_not_applied(&probe(session.as_mut(), &there, &before).await);
}

#[tokio::test]
async fn rebuilt_indexes_are_known_by_their_files() {
    for major in [14, 18] {
        let database = postgres(major).database();
        database.psql(
            "create schema s; create table s.t (a int primary key, b int); create index t_b on s.t (b)",
        );
        let mut session = open(database.url()).await;
        for text in [
            "reindex table concurrently s.t",
            "reindex index concurrently s.t_b",
            "reindex (concurrently) schema s",
            "reindex database concurrently",
        ] {
            let text =
                text.replace("database concurrently", &format!("database concurrently {}", database.name()));
            let statement = sql(&text);
            let before = observe(session.as_mut(), &statement).await;
            is_not_applied(&probe(session.as_mut(), &statement, &before).await);
            is_applied(&run(session.as_mut(), &text).await);
        }

        let mut blocker = old_transaction(&database, "s.t");
        let mut worker = Postgres.connect(&how(database.url(), "worker")).await.unwrap();
        let statement = sql("reindex index concurrently s.t_b");
        let before = observe(worker.as_mut(), &statement).await;
        let strike = async {
            let pid = until_waiting(&database).await;
            database.psql(&format!("select pg_terminate_backend({pid})"));
        };
        let worker_statement = statement.statement();
        let (result, ()) = tokio::join!(worker.execute(&worker_statement), strike);
        assert!(result.is_err());
        blocker.run("rollback");
        let verdict = probe(session.as_mut(), &statement, &before).await;
        let Verdict::Partial { clean_up, .. } = &verdict else { panic!("{verdict:?}") };
        assert_eq!(clean_up, &["DROP INDEX CONCURRENTLY IF EXISTS s.t_b_ccnew"]);
        session.execute(&sql(&clean_up[0]).statement()).await.unwrap();
        is_applied(&run(session.as_mut(), &statement.text).await);
    }
}

#[tokio::test]
async fn a_partition_half_detached_is_finished_by_the_clean_up() {
    for major in POSTGRES_VERSIONS {
        let database = postgres(major).database();
        database.psql(
            "create table p (a int) partition by list (a); create table c1 partition of p for values in (1); \
             create table c2 partition of p for values in (2)",
        );
        let mut session = open(database.url()).await;
        is_applied(&run(session.as_mut(), "alter table p detach partition c1 concurrently").await);
        let mut blocker = database.session();
        blocker.run("begin; select * from p");
        let mut worker = Postgres.connect(&how(database.url(), "worker")).await.unwrap();
        let statement = sql("alter table p detach partition c2 concurrently");
        let before = observe(worker.as_mut(), &statement).await;
        is_not_applied(&probe(session.as_mut(), &statement, &before).await);
        let strike = async {
            let pid = until_waiting(&database).await;
            database.psql(&format!("select pg_terminate_backend({pid})"));
        };
        let worker_statement = statement.statement();
        let (result, ()) = tokio::join!(worker.execute(&worker_statement), strike);
        assert!(result.is_err());
        blocker.run("rollback");
        let verdict = probe(session.as_mut(), &statement, &before).await;
        let Verdict::Partial { clean_up, .. } = &verdict else { panic!("{major}: {verdict:?}") };
        session.execute(&sql(&clean_up[0]).statement()).await.unwrap();
        is_applied(&probe(session.as_mut(), &statement, &before).await);
    }
}

#[tokio::test]
async fn things_of_the_whole_server_are_found_by_name() {
    let database = postgres(18).database();
    let mut session = open(database.url()).await;
    let name = format!("\"{}_New\"", database.name());
    is_applied(&run(session.as_mut(), &format!("create database {name}")).await);
    let again = sql(&format!("create database {name}"));
    let before = observe(session.as_mut(), &again).await;
    assert!(session.execute(&again.statement()).await.is_err());
    is_not_applied(&probe(session.as_mut(), &again, &before).await);
    is_applied(&run(session.as_mut(), &format!("drop database {name}")).await);
    let subscribe = "create subscription s connection 'host=nowhere' publication p with (connect = false)";
    is_applied(&run(session.as_mut(), subscribe).await);
    session.execute(&sql("alter subscription s set (slot_name = none)").statement()).await.unwrap();
    is_applied(&run(session.as_mut(), "drop subscription s").await);
}

#[tokio::test]
async fn what_the_catalog_cannot_show_is_harmless_or_unknown() {
    let database = postgres(15).database();
    database.psql("create table t (a int primary key); create procedure p() language sql as ''");
    let mut session = open(database.url()).await;
    for text in ["vacuum t", "analyze", "reindex table t", "vacuum (full, analyze) t", "checkpoint"] {
        let verdict = run(session.as_mut(), text).await;
        is_not_applied(&verdict);
        assert!(evidence(&verdict).contains("does no harm"), "{verdict:?}");
    }
    assert!(matches!(run(session.as_mut(), "call p()").await, Verdict::Unknown { .. }));
}
