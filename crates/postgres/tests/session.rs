//! What a session promises, on every supported version where versions may differ.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod kit;

use std::time::Duration;

use kit::{blockers, copy, how, open, own, sql, transact, until, value};
use sluice_engine::{Committed, Database, DbErrorKind, Limits, LockAttempt, Query, Step, Value};
use sluice_postgres::Postgres;
use sluice_testkit::{Direction, Fault, FaultProxy, POSTGRES_VERSIONS, newest_postgres, postgres};

#[tokio::test]
async fn one_session_at_a_time_has_the_lock_and_the_other_learns_who() {
    for major in POSTGRES_VERSIONS {
        let (one, two) = (postgres(major).database(), postgres(major).database());
        let mut holder = Postgres.connect(&how(one.url(), "holder")).await.unwrap();
        assert_eq!(holder.try_lock().await.unwrap(), LockAttempt::Acquired);
        assert!(
            holder.server().product.starts_with(&format!("PostgreSQL {major}.")),
            "{:?}",
            holder.server()
        );
        assert_eq!(holder.server().version / 10_000, major);

        let mut other = open(one.url()).await;
        let LockAttempt::Held { by: Some(by) } = other.try_lock().await.unwrap() else {
            panic!("two have the lock")
        };
        let pid = holder.backend().0.split(' ').next().unwrap().to_owned();
        assert_eq!(by.backend, format!("pid {pid}"));
        assert!(by.who.contains("sluice/holder"), "{}", by.who);
        assert_eq!(by.stop_with, format!("SELECT pg_terminate_backend({pid})"));

        // Another database of the same server is another target.
        assert_eq!(open(two.url()).await.try_lock().await.unwrap(), LockAttempt::Acquired);
        holder.unlock().await.unwrap();
        assert_eq!(other.try_lock().await.unwrap(), LockAttempt::Acquired);
        other.close().await;
        let mut last = open(one.url()).await;
        until("release of the lock with its session", async || {
            last.try_lock().await.unwrap() == LockAttempt::Acquired
        })
        .await;
    }
}

#[tokio::test]
async fn a_failed_transaction_names_its_step_and_leaves_nothing() {
    for major in POSTGRES_VERSIONS {
        let database = postgres(major).database();
        let mut session = open(database.url()).await;
        let error = transact(
            session.as_mut(),
            &[
                "create table a (x int)",
                "insert into a values (1)",
                "insert into a values ('ö', y)",
                "create table b ()",
            ],
        )
        .await
        .unwrap_err();
        assert_eq!((error.step, error.committed), (Some(2), Committed::No), "{error}");
        assert_eq!(error.error.code.as_deref(), Some("42703"));
        assert_eq!(error.error.offset, Some("insert into a values ('ö', ".len()));
        assert_eq!(
            value(session.as_mut(), "select count(*) from pg_class where relname in ('a', 'b')")
                .await
                .as_deref(),
            Some("0")
        );
        transact(session.as_mut(), &["create table a (x int)", "insert into a values (1)"]).await.unwrap();
        assert_eq!(database.psql("select x from a"), "1");
    }
}

#[tokio::test]
async fn a_deferred_constraint_fails_at_commit() {
    let database = newest_postgres().database();
    database.psql("create table a (x int unique deferrable initially deferred)");
    let mut session = open(database.url()).await;
    let error = transact(session.as_mut(), &["insert into a values (1), (1)"]).await.unwrap_err();
    assert_eq!((error.step, error.committed), (None, Committed::No), "{error}");
    assert_eq!(error.error.code.as_deref(), Some("23505"));
}

#[tokio::test]
async fn a_statement_cannot_smuggle_a_second_one() {
    let database = newest_postgres().database();
    let mut session = open(database.url()).await;
    for smuggler in ["select 1; commit; create table smuggled ()", "create table smuggled (); select 1"] {
        let error = transact(session.as_mut(), &["create table honest ()", smuggler]).await.unwrap_err();
        assert_eq!((error.step, error.error.code.as_deref()), (Some(1), Some("42601")), "{error}");
        let statement = sql(smuggler);
        assert!(session.execute(&statement.statement()).await.is_err());
    }
    for control in ["commit", "ROLLBACK", "begin", "prepare transaction 'x'", "end"] {
        let error = transact(session.as_mut(), &["create table honest ()", control]).await.unwrap_err();
        assert_eq!((error.step, error.committed), (Some(1), Committed::No), "{control}");
    }
    // A procedure that commits is stopped by the server.
    database.psql("create procedure p() language plpgsql as 'begin commit; end'");
    let error = transact(session.as_mut(), &["create table honest ()", "call p()"]).await.unwrap_err();
    assert_eq!(error.error.code.as_deref(), Some("2D000"), "{error}");
    assert_eq!(database.psql("select count(*) from pg_class where relname in ('honest', 'smuggled')"), "0");
}

#[tokio::test]
async fn parameters_go_through_the_first_time_and_prepared() {
    let database = newest_postgres().database();
    let mut session = open(database.url()).await;
    database.psql("create table log (n bigint, word text, at timestamptz)");
    let insert = |n: i64, word: Option<&str>| {
        Step::Own(Query::new(
            "insert into log values (?, ?, clock_timestamp())",
            vec![Value::Int(n), word.into()],
        ))
    };
    for n in 0..4 {
        session.transaction(&[insert(n, Some("it's '?'")), insert(n, None)]).await.unwrap();
        if n == 2 {
            // Takes our prepared statements away; the next transaction must not notice.
            transact(session.as_mut(), &["deallocate all"]).await.unwrap();
        }
    }
    assert_eq!(database.psql("select count(*), count(word), count(distinct n) from log"), "8|4|4");
    let rows = session
        .query(&Query::new(
            "select n, word, n > 1, word is null from log where n = ? order by word",
            vec![Value::Int(2)],
        ))
        .await
        .unwrap();
    assert_eq!(
        rows[0],
        [Some("2"), Some("it's '?'"), Some("true"), Some("false")].map(|cell| cell.map(str::to_owned))
    );
    assert_eq!(rows[1][1], None);
}

#[tokio::test]
async fn our_rows_are_written_whoever_the_file_has_become() {
    for major in [14, 18] {
        let server = postgres(major);
        let database = server.database();
        let role = format!("r_{}", database.name());
        database.psql(&format!("create role {role}; create schema ours; create table ours.t (x text)"));
        let mut session = open(database.url()).await;
        let (role_sql, authorization) =
            (format!("set role {role}"), format!("set session authorization {role}"));
        let body = format!("do $$ begin execute 'set role {role}'; end $$");
        for change in [role_sql, authorization, body, "set search_path = ''".to_owned()] {
            let statement = sql(&change);
            session
                .transaction(&[
                    statement.step(),
                    own("insert into ours.t values (current_user), (session_user)"),
                ])
                .await
                .unwrap_or_else(|error| panic!("{change}: {error}"));
            session.reset().await.unwrap();
        }
        assert_eq!(database.psql("select distinct x from ours.t"), "postgres");
        assert_eq!(
            value(session.as_mut(), "select current_user || current_setting('search_path')").await.as_deref(),
            Some("postgres\"$user\", public")
        );
        drop(session);
        database.psql(&format!("drop role {role}"));
    }
}

#[tokio::test]
async fn reset_keeps_the_lock_and_the_limits() {
    let database = newest_postgres().database();
    let mut session = open(database.url()).await;
    let limits = Limits {
        lock_timeout: Some(Duration::from_millis(1234)),
        statement_timeout: None,
        die_with_client: Some(Duration::from_secs(2)),
        idle: Some(Duration::from_secs(40)),
    };
    session.set_limits(&limits).await.unwrap();
    assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
    transact(session.as_mut(), &["set lock_timeout = 0", "set datestyle = 'SQL'"]).await.unwrap();
    session.reset().await.unwrap();
    let settings = "select current_setting('lock_timeout'), current_setting('client_connection_check_interval'), \
                    current_setting('datestyle'), current_setting('application_name'), \
                    current_setting('idle_session_timeout'), \
                    current_setting('idle_in_transaction_session_timeout')";
    let rows = session.query(&Query::new(settings, Vec::new())).await.unwrap();
    assert_eq!(
        rows[0],
        ["1234ms", "2s", "ISO, MDY", "sluice/test", "40s", "40s"].map(|text| Some(text.to_owned()))
    );
    assert!(matches!(open(database.url()).await.try_lock().await.unwrap(), LockAttempt::Held { .. }));
}

#[tokio::test]
async fn data_lines_are_copied_in_a_transaction_and_outside() {
    let database = newest_postgres().database();
    database.psql("create table t (a int, b text)");
    let mut session = open(database.url()).await;
    let big: String = (0..50_000).map(|n| format!("{n}\tline {n}\n")).collect();
    let statement = copy("COPY t (a, b) FROM stdin", &big);
    session.transaction(&[statement.step(), own("insert into t values (-1, 'ours')")]).await.unwrap();
    session.execute(&copy("copy t from stdin", "7\tseven\n").statement()).await.unwrap();
    // Without data lines there is no data: no waiting for ever.
    session.execute(&sql("copy t from stdin").statement()).await.unwrap();
    assert_eq!(database.psql("select count(*), max(b) filter (where a = 49999) from t"), "50002|line 49999");

    let broken = copy("COPY t (a, b) FROM stdin", "1\tone\nx\ttwo\n");
    let error = session.transaction(&[own("insert into t values (-2)"), broken.step()]).await.unwrap_err();
    assert_eq!(
        (error.step, error.committed, error.error.code.as_deref()),
        (Some(1), Committed::No, Some("22P02"))
    );
    let error = session.execute(&sql("copy t to stdout").statement()).await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::Statement);
    assert_eq!(value(session.as_mut(), "select count(*) from t").await.as_deref(), Some("50002"));
}

#[tokio::test]
async fn long_texts_go_step_by_step_and_roll_back_alike() {
    let database = newest_postgres().database();
    database.psql("create table t (a text)");
    let mut session = open(database.url()).await;
    let long = format!("insert into t values ('{}')", "x".repeat(300_000));
    let error = transact(session.as_mut(), &[&long, "select nonsense"]).await.unwrap_err();
    assert_eq!((error.step, error.committed), (Some(1), Committed::No));
    transact(session.as_mut(), &[&long, &long]).await.unwrap();
    assert_eq!(database.psql("select count(*) from t"), "2");
}

#[tokio::test]
async fn a_lock_timeout_is_one_and_the_blocker_is_named() {
    for major in [14, 18] {
        let database = postgres(major).database();
        database.psql("create table t (a int)");
        let mut reader = database.session();
        reader.run("begin; select * from t");
        let pid = reader.backend();
        let mut session = open(database.url()).await;
        session
            .set_limits(&Limits { lock_timeout: Some(Duration::from_millis(1500)), ..Limits::default() })
            .await
            .unwrap();
        let control = session.control();
        let (result, found) = tokio::join!(
            transact(session.as_mut(), &["select 1", "alter table t add b int"]),
            blockers(&control)
        );
        let error = result.unwrap_err();
        assert_eq!(
            (error.step, error.error.kind, error.committed),
            (Some(1), DbErrorKind::LockTimeout, Committed::No)
        );
        assert_eq!(found[0].backend, format!("pid {pid}"));
        assert!(found[0].who.contains("idle in transaction"), "{:?}", found[0]);
        reader.run("rollback");
        transact(session.as_mut(), &["alter table t add b int"]).await.unwrap();
    }
}

#[tokio::test]
async fn timeouts_and_cancel_requests_are_told_apart() {
    let database = newest_postgres().database();
    let mut session = open(database.url()).await;
    let control = session.control();
    let cancel = async {
        until("the statement runs", async || {
            database.psql("select count(*) from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active' and datname = current_database()") == "1"
        })
        .await;
        control.cancel().await.unwrap();
    };
    let (result, ()) =
        tokio::join!(transact(session.as_mut(), &["create table t ()", "select pg_sleep(60)"]), cancel);
    let error = result.unwrap_err();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (Some(1), DbErrorKind::Cancelled, Committed::No)
    );

    session
        .set_limits(&Limits { statement_timeout: Some(Duration::from_millis(50)), ..Limits::default() })
        .await
        .unwrap();
    let error = session.execute(&sql("select pg_sleep(60)").statement()).await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::StatementTimeout, "{error}");
    assert_eq!(database.psql("select count(*) from pg_class where relname = 't'"), "0");
}

#[tokio::test]
async fn a_transaction_that_was_given_up_does_not_reach_into_the_next() {
    let database = newest_postgres().database();
    database.psql("create table t (a int)");
    let mut locker = database.session();
    locker.run("begin; lock table t");
    let mut session = open(database.url()).await;
    let long = format!("insert into t values (1) -- {}", "x".repeat(300_000));
    {
        let statement = sql(&long);
        let steps = [own("create table half ()"), statement.step()];
        let gave_up = tokio::time::timeout(Duration::from_millis(100), session.transaction(&steps)).await;
        assert!(gave_up.is_err());
    }
    locker.run("rollback");
    transact(session.as_mut(), &["insert into t values (2)"]).await.unwrap();
    assert_eq!(database.psql("select a from t"), "2");
    assert_eq!(database.psql("select count(*) from pg_class where relname = 'half'"), "0");
}

#[tokio::test]
async fn an_answer_to_commit_that_is_lost_leaves_it_unknown_and_done() {
    let server = newest_postgres();
    for (fault, rows) in [
        (Fault::CutBefore(Direction::ToClient, b"COMMIT\0".to_vec()), "1"),
        (Fault::CutBefore(Direction::ToServer, b"COMMIT\0".to_vec()), "0"),
    ] {
        let database = server.database();
        database.psql("create table t (a int)");
        let proxy = FaultProxy::start(server.port());
        let mut session = open(&proxy.url(database.url(), server.port())).await;
        proxy.inject(fault.clone());
        let error = transact(session.as_mut(), &["insert into t values (1)"]).await.unwrap_err();
        proxy.wait_for_strikes(1);
        assert_eq!(
            (error.error.kind, error.committed),
            (DbErrorKind::ConnectionLost, Committed::Unknown),
            "{fault:?}"
        );
        until("the end of the session", async || {
            database.psql("select count(*) from pg_stat_activity where application_name = 'sluice/test' and datname = current_database()") == "0"
        })
        .await;
        assert_eq!(database.psql("select count(*) from t"), rows, "{fault:?}");
        let error = session.query(&Query::new("select 1", Vec::new())).await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::ConnectionLost);
    }
}

#[tokio::test]
async fn a_backend_that_is_terminated_before_commit_has_done_nothing() {
    let database = newest_postgres().database();
    let mut session = open(database.url()).await;
    let terminate = "select pg_terminate_backend(pg_backend_pid())";
    let error = transact(session.as_mut(), &["create table t ()", terminate]).await.unwrap_err();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (Some(1), DbErrorKind::ConnectionLost, Committed::No),
        "{error}"
    );
    assert_eq!(database.psql("select count(*) from pg_class where relname = 't'"), "0");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let server = newest_postgres();
    let database = server.database();
    let proxy = FaultProxy::start(server.port());
    proxy.inject(Fault::BlackHole);
    let mut connect = how(&proxy.url(database.url(), server.port()), "test");
    connect.connect_timeout = Duration::from_millis(300);
    let error = Postgres.connect(&connect).await.err().expect("nobody answers");
    assert_eq!(error.kind, DbErrorKind::Connect);
    assert!(error.message.contains("does not answer within 0.3 s"), "{error}");
}

#[tokio::test]
async fn a_transaction_is_two_round_trips_whatever_it_holds() {
    let server = newest_postgres();
    let database = server.database();
    let proxy = FaultProxy::start(server.port());
    let mut session = open(&proxy.url(database.url(), server.port())).await;
    database.psql("create table log (n bigint)");
    let latency = Duration::from_millis(40);
    let run = async |session: &mut dyn sluice_engine::Session, table: usize| {
        let create = sql(&format!("create table t{table} ()"));
        let insert = || Step::Own(Query::new("insert into log values (?)", vec![Value::Int(1)]));
        let start = std::time::Instant::now();
        session.transaction(&[create.step(), insert(), insert(), insert()]).await.unwrap();
        start.elapsed()
    };
    run(session.as_mut(), 0).await;
    run(session.as_mut(), 1).await;
    proxy.inject(Fault::Latency(latency));
    let time = run(session.as_mut(), 2).await;
    // Two round trips are four times the latency.
    assert!(time >= latency * 4 && time < latency * 7, "{time:?}");
}
