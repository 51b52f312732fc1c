//! What other processes do to a database, and what is left when one is killed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod kit;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kit::{Site, connect, own, statement, user};
use sluice_engine::{Backend, Committed, Database, DbErrorKind, Limits, LockAttempt};
use sluice_sqlite::Sqlite;
use tokio_util::sync::CancellationToken;

/// A copy of this program that plays a part; killed when dropped.
struct Player(Child);

impl Player {
    /// Starts the part and waits until it is where it says `ready`, with what it says after it.
    fn start(part: &str, file: &Path) -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "play", "--ignored", "--nocapture", "--test-threads=1"])
            .env("SLUICE_TEST_PART", part)
            .env("SLUICE_TEST_FILE", file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines
            .find_map(|line| line.unwrap().split_once("ready ").map(|(_, said)| said.to_owned()))
            .unwrap();
        (Self(child), said)
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The parts of the other process. It ends by being killed.
#[tokio::test]
#[ignore = "a part in the other tests"]
async fn play() {
    let Ok(part) = std::env::var("SLUICE_TEST_PART") else { return };
    let url = format!("sqlite:{}", std::env::var("SLUICE_TEST_FILE").unwrap());
    let mut session = Sqlite.connect(&connect(url.clone(), CancellationToken::new())).await.unwrap();
    match part.as_str() {
        "hold the lock" => assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired),
        "stand in a transaction" => {
            let bare = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).unwrap();
            bare.execute_batch(
                "PRAGMA cache_size = 1; BEGIN IMMEDIATE; CREATE TABLE half (a);
                 INSERT INTO half SELECT zeroblob(10000) FROM t, t, t, t",
            )
            .unwrap();
            bare.cache_flush().unwrap();
            println!("ready {}", session.backend().0);
            let _ = std::io::stdin().read_line(&mut String::new());
            return;
        }
        other => panic!("no part {other}"),
    }
    println!("ready {}", session.backend().0);
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[tokio::test]
async fn a_killed_process_loses_the_lock_by_itself() {
    let site = Site::new();
    let mut session = site.connect().await;
    let (player, backend) = Player::start("hold the lock", &site.file);
    let LockAttempt::Held { by: Some(by) } = session.try_lock().await.unwrap() else { panic!("not held") };
    assert!(by.backend.starts_with(&format!("pid {} on ", player.0.id())), "{by:?}");
    assert_eq!(by.stop_with, format!("kill {}", player.0.id()));
    let blockers = session.control().blockers().await.unwrap();
    assert_eq!(blockers.first().map(|blocker| &blocker.backend), Some(&by.backend));
    let backend = Backend(backend);
    assert!(session.running(&backend).await.unwrap().is_some());
    player.kill();
    assert_eq!(session.running(&backend).await.unwrap(), None);
    assert_eq!(session.try_lock().await.unwrap(), LockAttempt::Acquired);
    assert_eq!(session.running(&session.backend().clone()).await.unwrap(), None);
}

#[tokio::test]
async fn a_process_killed_in_a_transaction_leaves_nothing_and_is_named_while_it_lives() {
    let site = Site::new();
    let mut session = site.connect().await;
    session
        .transaction(&[user("CREATE TABLE t (a)"), user("INSERT INTO t VALUES (1), (2), (3)")])
        .await
        .unwrap();
    let (player, _) = Player::start("stand in a transaction", &site.file);
    let limits = Limits { lock_timeout: Some(std::time::Duration::from_millis(20)), ..Limits::default() };
    session.set_limits(&limits).await.unwrap();
    let error = session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap_err();
    assert_eq!(error.error.kind, DbErrorKind::LockTimeout);
    let detail = error.error.detail.unwrap();
    assert!(detail.contains(&format!("pid {}", player.0.id())), "{detail}");
    let before = std::fs::metadata(&site.file).unwrap().len();
    assert!(before > 100_000, "the half-done transaction must be in the file: {before}");
    player.kill();
    assert!(site.path("x.db-journal").exists());
    session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap();
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema WHERE name IN ('t', 'u', 'half')"), 2);
    let check: String = site.bare().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

/// Root may write everything, so this runs as another user.
#[test]
fn files_and_directories_without_write_permission_are_read_only() {
    if !std::fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t0\t") {
        return as_another_user(&std::env::current_exe().unwrap(), None);
    }
    let directory = tempfile::Builder::new().permissions(open_to_all()).tempdir().unwrap();
    let program = directory.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    as_another_user(&program, Some(65534));
}

fn as_another_user(program: &Path, user: Option<u32>) {
    let mut command = Command::new(program);
    command.args(["--exact", "act_without_permission", "--ignored"]).current_dir("/");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

fn open_to_all() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

#[tokio::test]
#[ignore = "run by another test as another user"]
async fn act_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    site.connect().await.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    for (path, mode) in [(&*site.file, 0o444), (site.directory.path(), 0o555)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        let mut session = site.connect().await;
        assert!(session.server().read_only, "{}", path.display());
        let error = session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap_err();
        assert!(
            matches!(error.error.kind, DbErrorKind::ReadOnly | DbErrorKind::Connect),
            "{:?}",
            error.error
        );
        assert_eq!(error.committed, Committed::No);
        session.query(&sluice_engine::Query::new("SELECT * FROM t", vec![])).await.unwrap();
        if mode == 0o555 {
            assert_eq!(session.try_lock().await.unwrap_err().kind, DbErrorKind::ReadOnly);
            assert_eq!(site.refused("new.db").await.kind, DbErrorKind::Connect);
        }
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut session = site.connect().await;
    session.transaction(&[own("CREATE TABLE u (a)", vec![])]).await.unwrap();
    session.execute(&statement("VACUUM")).await.unwrap();
}
