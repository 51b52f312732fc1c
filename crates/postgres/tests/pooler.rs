//! Poolers: session mode works, anything less is refused before it can do harm.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod kit;

use kit::{open, transact, value};
use sluice_engine::{DbErrorKind, LockAttempt};
use sluice_testkit::{PgBouncer, postgres};

#[tokio::test]
async fn a_pooler_that_shares_backends_is_refused_and_keeps_no_lock() {
    let server = postgres(16);
    for (mode, settings) in [
        ("transaction", ""),
        ("transaction", "default_pool_size = 1"),
        ("transaction", "server_round_robin = 1\nmin_pool_size = 5"),
        ("statement", ""),
    ] {
        let database = server.database();
        let Some(pooler) = PgBouncer::start(&server, mode, settings) else {
            eprintln!("skipped: the program pgbouncer is missing");
            return;
        };
        let mut session = open(&pooler.url(database.name())).await;
        let error = session.try_lock().await.expect_err("a shared backend is refused");
        assert_eq!(error.kind, DbErrorKind::Unsupported, "{mode} {settings}: {error}");
        assert!(error.hint.as_deref().unwrap().contains("session mode"), "{error:?}");
        let locks = "select count(*) from pg_locks where locktype = 'advisory' \
                     and database = (select oid from pg_database where datname = current_database())";
        assert_eq!(database.psql(locks), "0", "{mode} {settings}");
    }
}

#[tokio::test]
async fn a_pooler_in_session_mode_works() {
    let server = postgres(16);
    for settings in ["", "default_pool_size = 1"] {
        let database = server.database();
        let Some(pooler) = PgBouncer::start(&server, "session", settings) else {
            eprintln!("skipped: the program pgbouncer is missing");
            return;
        };
        let mut session = open(&pooler.url(database.name())).await;
        assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
        transact(session.as_mut(), &["create table t ()"]).await.unwrap();
        let pid = session.backend().0.split(' ').next().map(str::to_owned);
        assert_eq!(value(session.as_mut(), "select pg_backend_pid()").await, pid);
        session.close().await;
    }
}
