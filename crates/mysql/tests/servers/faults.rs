use std::time::{Duration, Instant};

use sluice_engine::{Backend, Committed, DbErrorKind, LockAttempt, Session, Verdict};
use sluice_testkit::{private_mariadb, private_mysql};

use crate::stage::{
    databases, execute, lock_timeout, observe, open, probe, transaction, try_open, until, value,
};

const WAITING: &str = "select count(*) from information_schema.processlist where db = database() and state like 'Waiting for table metadata lock'";

/// FAULTS.md M1. The task is aborted in the middle of its statement: its socket closes without a word, as after SIGKILL.
#[tokio::test(flavor = "multi_thread")]
async fn ddl_of_a_killed_client_goes_on_and_is_adopted() {
    for database in databases() {
        database.sql("create table t (a int); insert into t values (1)");
        let mut reader = database.session();
        reader.run("start transaction; select * from t");

        let sql = "alter table t add column b int, algorithm=copy";
        let mut runner = open(&database).await;
        runner.try_lock().await.unwrap();
        lock_timeout(runner.as_mut(), 60).await;
        let before = observe(runner.as_mut(), sql).await;
        let backend = runner.backend().clone();
        let task = tokio::spawn(async move {
            let _ = execute(runner.as_mut(), sql).await;
        });
        until(&database, WAITING, "1").await;
        task.abort();
        let _ = task.await;

        // Another runner: the lock is still held, by the orphan, and its statement runs.
        let mut next = open(&database).await;
        let LockAttempt::Held { by: Some(holder) } = next.try_lock().await.unwrap() else {
            panic!("the lock was given away while the statement runs")
        };
        let orphan = next.running(&backend).await.unwrap().expect("the statement still runs");
        assert_eq!(orphan.backend, holder.backend);
        assert_eq!(orphan.statement.as_deref(), Some(sql));
        let verdict = probe(next.as_mut(), sql, &before).await;
        assert!(matches!(verdict, Verdict::NotApplied { .. }), "{verdict:?}");

        // The reader ends, the orphan's statement comes to its end, and with it the lock.
        reader.run("commit");
        wait_until_gone(next.as_mut(), &backend).await;
        while next.try_lock().await.unwrap() != LockAttempt::Acquired {}
        let verdict = probe(next.as_mut(), sql, &before).await;
        let Verdict::Applied { evidence } = verdict else { panic!("{verdict:?}") };
        assert!(evidence.contains("new is `b` int"), "{evidence}");
        assert_eq!(next.leftovers().await.unwrap(), []);
    }
}

async fn wait_until_gone(session: &mut dyn Session, backend: &Backend) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while session.running(backend).await.unwrap().is_some() {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_backend_of_an_earlier_run_of_the_server_is_not_mistaken_for_a_living_one() {
    for database in databases() {
        let mut session = open(&database).await;
        let own = session.backend().clone();
        assert!(session.running(&own).await.unwrap().is_some());
        let (id, started) = own.0.rsplit_once(' ').unwrap();
        let earlier: i64 = started.parse::<i64>().unwrap() - 100;
        assert_eq!(session.running(&Backend(format!("{id} {earlier}"))).await.unwrap(), None);
        assert_eq!(session.running(&Backend("pid 17".to_owned())).await.unwrap(), None);
    }
}

/// FAULTS.md fault 5.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_session_is_a_lost_connection_and_its_ddl_is_undone() {
    for database in databases() {
        database.sql("create table t (a int); insert into t values (1)");
        let mut reader = database.session();
        reader.run("start transaction; select * from t");
        let sql = "alter table t add column b int, algorithm=copy";
        let mut runner = open(&database).await;
        lock_timeout(runner.as_mut(), 60).await;
        let before = observe(runner.as_mut(), sql).await;
        let backend = runner.backend().clone();
        let mut other = open(&database).await;
        let running = other.running(&backend).await.unwrap().unwrap();
        let task = tokio::spawn(async move { execute(runner.as_mut(), sql).await });
        until(&database, WAITING, "1").await;
        execute(other.as_mut(), &running.stop_with).await.unwrap();
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(error.kind, DbErrorKind::ConnectionLost, "{error}");
        wait_until_gone(other.as_mut(), &backend).await;
        let verdict = probe(other.as_mut(), sql, &before).await;
        assert!(matches!(verdict, Verdict::NotApplied { .. }), "{verdict:?}");
    }
}

/// FAULTS.md M3 and fault 6.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_in_the_middle_of_ddl_has_not_applied_it() {
    for server in [Some(private_mariadb(&[])), private_mysql(&[])].into_iter().flatten() {
        let server = std::sync::Arc::new(server);
        let database = server.database();
        database.sql("create table t (a int); insert into t values (1)");
        let sql = "create table u as select sleep(60) as b";
        let mut runner = open(&database).await;
        let before = observe(runner.as_mut(), sql).await;
        let backend = runner.backend().clone();
        let task = tokio::spawn(async move { execute(runner.as_mut(), sql).await });
        until(
            &database,
            "select count(*) from information_schema.processlist where state = 'User sleep' and db = database()",
            "1",
        )
        .await;
        server.kill();
        assert_eq!(task.await.unwrap().unwrap_err().kind, DbErrorKind::ConnectionLost);
        assert_eq!(try_open(&database.url()).await.err().unwrap().kind, DbErrorKind::Connect);
        server.start();
        let mut next = open(&database).await;
        assert_eq!(next.running(&backend).await.unwrap(), None);
        let verdict = probe(next.as_mut(), sql, &before).await;
        assert!(matches!(verdict, Verdict::NotApplied { .. }), "{verdict:?}");
        assert_eq!(next.leftovers().await.unwrap(), []);
    }
}

/// FAULTS.md point e: the answer to COMMIT never comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_before_commit_leaves_nothing() {
    for database in databases() {
        database.sql("create table t (a int primary key)");
        let mut session = open(&database).await;
        let backend = session.backend().clone();
        let mut other = open(&database).await;
        let task = tokio::spawn(async move {
            transaction(session.as_mut(), &["insert into t values (1)", "do sleep(60)"]).await
        });
        until(
            &database,
            "select count(*) from information_schema.processlist where state = 'User sleep' and db = database()",
            "1",
        )
        .await;
        let running = other.running(&backend).await.unwrap().unwrap();
        execute(other.as_mut(), &running.stop_with).await.unwrap();
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(
            (error.error.kind, error.committed),
            (DbErrorKind::ConnectionLost, Committed::No),
            "{error}"
        );
        wait_until_gone(other.as_mut(), &backend).await;
        assert_eq!(value(other.as_mut(), "SELECT COUNT(*) FROM t").await, "0");
    }
}
