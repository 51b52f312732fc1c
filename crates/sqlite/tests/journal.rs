//! What is beside a database while a run works on it, and afterwards.

#![allow(clippy::unwrap_used, reason = "tests")]

mod kit;

use kit::{Site, statement, user};
use sluice_engine::{LockAttempt, Session};

async fn locked(site: &Site) -> Box<dyn Session> {
    let mut session = site.connect().await;
    assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
    session
}

fn mode(site: &Site) -> String {
    site.bare().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_journal_stays_between_transactions_and_goes_with_the_lock() {
    let site = Site::new();
    let journal = site.path("x.db-journal");
    let mut session = locked(&site).await;
    for sql in ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"] {
        session.transaction(&[user(sql)]).await.unwrap();
        assert!(journal.exists(), "{sql}");
    }
    session.unlock().await.unwrap();
    assert!(!journal.exists());
    assert_eq!((site.count("SELECT a FROM t"), mode(&site).as_str()), (1, "delete"));
    let mut session = locked(&site).await;
    session.transaction(&[user("INSERT INTO t VALUES (2)")]).await.unwrap();
    assert!(journal.exists());
    drop(session);
    assert!(!journal.exists());
}

#[tokio::test]
async fn it_stays_when_a_change_costs_a_new_connection() {
    let site = Site::new();
    let mut session = locked(&site).await;
    session.execute(&statement("PRAGMA foreign_keys = on")).await.unwrap();
    session.reset().await.unwrap();
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    assert!(site.path("x.db-journal").exists());
    session.unlock().await.unwrap();
    assert!(!site.path("x.db-journal").exists());
}

#[tokio::test]
async fn others_that_create_and_remove_the_journal_write_in_between() {
    let site = Site::new();
    let mut session = locked(&site).await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    for round in 0..3 {
        site.bare().execute("INSERT INTO t VALUES (1)", []).unwrap();
        session.transaction(&[user("INSERT INTO t VALUES (2)")]).await.unwrap();
        let error = session.transaction(&[user("DELETE FROM t"), user("nonsense")]).await.unwrap_err();
        assert_eq!(error.step, Some(1));
        assert_eq!(site.count("SELECT count(*) FROM t"), 2 * (round + 1));
    }
    session.unlock().await.unwrap();
    assert_eq!(site.count("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

#[tokio::test]
async fn a_write_ahead_log_is_nobodys_to_turn_off() {
    let site = Site::new();
    site.bare().query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    let mut session = locked(&site).await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    session.unlock().await.unwrap();
    drop(session);
    assert_eq!(mode(&site), "wal");
}

#[tokio::test]
async fn the_mode_that_a_change_sets_outlives_the_run() {
    let site = Site::new();
    let mut session = locked(&site).await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    session.execute(&statement("PRAGMA journal_mode = WAL")).await.unwrap();
    session.transaction(&[user("INSERT INTO t VALUES (1)")]).await.unwrap();
    session.unlock().await.unwrap();
    drop(session);
    assert_eq!(mode(&site), "wal");
}

#[tokio::test]
async fn a_lock_is_given_back_at_once_while_somebody_else_writes() {
    let site = Site::new();
    let mut session = locked(&site).await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    let other = site.bare();
    other.execute_batch("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)").unwrap();
    // The limit for waiting is 3 s; a journal that is in use must stay.
    let started = std::time::Instant::now();
    session.unlock().await.unwrap();
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
    assert!(site.path("x.db-journal").exists());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(site.count("SELECT count(*) FROM t"), 1);
    assert!(!site.path("x.db-journal").exists());
}

#[tokio::test]
async fn the_journal_of_another_file_of_the_name_is_left_alone() {
    let site = Site::new();
    let mut session = locked(&site).await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    std::fs::rename(&site.file, site.path("old.db")).unwrap();
    std::fs::write(&site.file, "").unwrap();
    std::fs::write(site.path("x.db-journal"), "needed").unwrap();
    session.unlock().await.unwrap();
    assert_eq!(std::fs::read_to_string(site.path("x.db-journal")).unwrap(), "needed");
}
