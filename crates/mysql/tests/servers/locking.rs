use std::time::{Duration, Instant};

use sluice_engine::{DbErrorKind, Limits, LockAttempt};

use crate::stage::{databases, execute, lock_timeout, open, rows, transaction, until, value};

#[tokio::test]
async fn one_session_gets_the_lock_and_the_other_learns_who_has_it() {
    for database in databases() {
        let (mut first, mut second) = (open(&database).await, open(&database).await);
        assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
        assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
        let LockAttempt::Held { by: Some(holder) } = second.try_lock().await.unwrap() else {
            panic!("the lock was given twice, or its holder is not known")
        };
        let id = value(first.as_mut(), "SELECT CONNECTION_ID()").await;
        assert_eq!(holder.backend, format!("connection {id}"));
        assert_eq!(holder.stop_with, format!("KILL {id}"));
        assert!(holder.who.starts_with("root@"), "{holder:?}");
        first.unlock().await.unwrap();
        assert_eq!(second.try_lock().await.unwrap(), LockAttempt::Acquired);
        second.close().await;
        // The lock goes with the session.
        let deadline = Instant::now() + Duration::from_secs(10);
        while first.try_lock().await.unwrap() != LockAttempt::Acquired {
            assert!(Instant::now() < deadline);
        }
    }
}

#[tokio::test]
async fn databases_of_one_server_have_locks_of_their_own() {
    for (one, other) in databases().into_iter().zip(databases()) {
        let (mut first, mut second) = (open(&one).await, open(&other).await);
        assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
        assert_eq!(second.try_lock().await.unwrap(), LockAttempt::Acquired);
    }
}

#[tokio::test]
async fn what_statements_changed_in_the_session_is_put_back_and_the_lock_kept() {
    for database in databases() {
        let mut session = open(&database).await;
        let state = "SELECT CONCAT_WS('|', @@sql_mode, @@foreign_key_checks, @@unique_checks, @@time_zone, @@autocommit, \
             @@character_set_client, @@collation_connection, @@lock_wait_timeout, DATABASE())";
        session.try_lock().await.unwrap();
        lock_timeout(session.as_mut(), 7).await;
        execute(session.as_mut(), "create table t (a int)").await.unwrap();
        let before = value(session.as_mut(), state).await;
        for sql in [
            "set sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', foreign_key_checks = 0, unique_checks = 0",
            "set time_zone = '-03:00', lock_wait_timeout = 99",
            "set names latin1",
            "set autocommit = 0",
            "lock tables t write",
            "use mysql",
        ] {
            execute(session.as_mut(), sql).await.unwrap();
        }
        assert_ne!(value(session.as_mut(), state).await, before);
        session.reset().await.unwrap();
        assert_eq!(value(session.as_mut(), state).await, before);
        database.sql("select * from t");
        let mut other = open(&database).await;
        assert!(matches!(other.try_lock().await.unwrap(), LockAttempt::Held { .. }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metadata_lock_that_is_not_granted_in_time_is_reported_with_its_holder() {
    for database in databases() {
        database.sql("create table t (a int); insert into t values (1)");
        let mut reader = database.session();
        reader.run("start transaction; select * from t");
        let mut session = open(&database).await;
        lock_timeout(session.as_mut(), 2).await;
        let control = session.control();
        let started = Instant::now();
        let alter =
            tokio::spawn(async move { execute(session.as_mut(), "alter table t add column b int").await });
        until(
            &database,
            "select count(*) from information_schema.processlist where state like 'Waiting for table metadata lock' and db = \
             database()",
            "1",
        )
        .await;
        let blockers = control.blockers().await.unwrap();
        assert_eq!(blockers.len(), 1, "{blockers:?}");
        assert_eq!(blockers[0].backend, format!("connection {}", reader.connection_id()));
        assert!(!blockers[0].who.contains("likely"), "{blockers:?}");
        let error = alter.await.unwrap().unwrap_err();
        assert_eq!(error.kind, DbErrorKind::LockTimeout, "{error}");
        assert_eq!(error.code.as_deref(), Some("1205"));
        assert!(started.elapsed() >= Duration::from_secs(1) && started.elapsed() < Duration::from_secs(6));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_instruments_the_likely_blocker_is_named_as_such() {
    let server = std::sync::Arc::new(sluice_testkit::private_mariadb(&["--performance-schema=OFF"]));
    let database = server.database();
    database.sql("create table t (a int) engine=InnoDB; insert into t values (1)");
    let mut reader = database.session();
    reader.run("start transaction; select * from t");
    let mut session = open(&database).await;
    lock_timeout(session.as_mut(), 2).await;
    let control = session.control();
    assert_eq!(control.blockers().await.unwrap(), []);
    let alter =
        tokio::spawn(async move { execute(session.as_mut(), "alter table t add column b int").await });
    until(
        &database,
        "select count(*) from information_schema.processlist where state like 'Waiting for table metadata lock'",
        "1",
    )
    .await;
    let blockers = control.blockers().await.unwrap();
    assert_eq!(blockers.len(), 1, "{blockers:?}");
    assert_eq!(blockers[0].backend, format!("connection {}", reader.connection_id()));
    assert!(blockers[0].who.ends_with("(likely, has a transaction open)"), "{blockers:?}");
    assert_eq!(alter.await.unwrap().unwrap_err().kind, DbErrorKind::LockTimeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_lock_is_reported_with_its_holder_and_leaves_nothing_behind() {
    for database in databases() {
        database.sql("create table t (a int primary key, b int); insert into t values (1, 0), (2, 0)");
        let mut holder = database.session();
        holder.run("start transaction; update t set b = 1 where a = 2");
        let mut session = open(&database).await;
        lock_timeout(session.as_mut(), 5).await;
        let control = session.control();
        let update = tokio::spawn(async move {
            let updates = ["update t set b = 5 where a = 1", "update t set b = 5 where a = 2"];
            (transaction(session.as_mut(), &updates).await, session)
        });
        until(
            &database,
            "select count(*) from information_schema.processlist where info = 'update t set b = 5 where a = 2'",
            "1",
        )
        .await;
        let mut blockers = Vec::new();
        while blockers.is_empty() {
            // InnoDB keeps the answer of 100 ms ago as long as somebody asks more often.
            tokio::time::sleep(Duration::from_millis(150)).await;
            blockers = control.blockers().await.unwrap();
        }
        assert_eq!(blockers.len(), 1, "{blockers:?}");
        assert_eq!(blockers[0].backend, format!("connection {}", holder.connection_id()));
        let (result, mut session) = update.await.unwrap();
        let error = result.unwrap_err();
        assert_eq!((error.step, error.error.kind), (Some(1), DbErrorKind::LockTimeout), "{error}");
        assert_eq!(value(session.as_mut(), "SELECT SUM(b) FROM t").await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_statement_is_cancelled_from_outside() {
    for database in databases() {
        let mut session = open(&database).await;
        let control = session.control();
        let sleep = tokio::spawn(async move {
            (execute(session.as_mut(), "create table t as select sleep(60) as a").await, session)
        });
        until(
            &database,
            "select count(*) from information_schema.processlist where state = 'User sleep' and db = database()",
            "1",
        )
        .await;
        control.cancel().await.unwrap();
        let (result, mut session) = sleep.await.unwrap();
        // MySQL lets SLEEP() return 1 instead of an error when it is interrupted in some statements; either way it ends.
        if let Err(error) = result {
            assert_eq!(error.kind, DbErrorKind::Cancelled, "{error}");
        }
        assert_eq!(value(session.as_mut(), "SELECT 1").await, "1");
        session.close().await;
        control.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_runs_no_longer_than_allowed() {
    for database in databases() {
        let mut session = open(&database).await;
        let limits = Limits { statement_timeout: Some(Duration::from_millis(200)), ..Limits::default() };
        session.set_limits(&limits).await.unwrap();
        let endless = "select count(*) from information_schema.columns a, information_schema.columns b, \
             information_schema.columns c, information_schema.columns d";
        let error = execute(session.as_mut(), endless).await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::StatementTimeout, "{error}");
        session.set_limits(&Limits::default()).await.unwrap();
        assert_eq!(rows(session.as_mut(), "SELECT SLEEP(0.3)").await.len(), 1);
    }
}
