//! What the apply protocol relies on, on real files.

mod kit;

use std::time::{Duration, Instant};

use kit::{Site, facts, own, user};
use sluice_engine::{Committed, DbErrorKind, Limits, LockAttempt, Query, Step, Value, Verdict};
use sluice_sql::{Facts, Kind, Mode, Object, ObjectKind};

fn limits(lock: Option<u64>, statement: Option<u64>) -> Limits {
    Limits {
        lock_timeout: lock.map(Duration::from_millis),
        statement_timeout: statement.map(Duration::from_millis),
        ..Limits::default()
    }
}

const ENDLESS: &str = "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n";

#[tokio::test]
async fn a_missing_file_is_described_when_it_is_looked_at_and_created_by_who_writes() {
    let site = Site::new();
    let mut session = site.connect().await;
    let server = session.server();
    assert_eq!(server.product, format!("SQLite {}", rusqlite::version()));
    assert!(server.version > 3_050_000 && !server.read_only);
    let tables = sluice_engine::Query::new("SELECT name FROM sqlite_schema", vec![]);
    assert_eq!(session.query(&tables).await.unwrap().len(), 0);
    assert!(!site.file.exists());
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 1);
    let mut session = site.connect_to("other.db").await;
    session.try_lock().await.unwrap();
    assert!(site.path("other.db").exists());
}

#[tokio::test]
async fn a_missing_directory_is_named_with_the_command_that_makes_it() {
    let site = Site::new();
    let error = site.refused("no/such/dir/x.db").await;
    assert_eq!(error.kind, DbErrorKind::Connect);
    assert!(
        error.message.contains("no/such/dir/x.db") && error.message.contains("does not exist"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("mkdir -p"));
}

#[tokio::test]
async fn a_directory_a_text_and_a_missing_read_only_file_are_refused_by_name() {
    let site = Site::new();
    std::fs::create_dir(site.path("d")).unwrap();
    std::fs::write(site.path("x.txt"), "no database at all\n".repeat(100)).unwrap();
    for (path, words) in [
        ("d", "is a directory"),
        ("x.txt", "is not a SQLite database"),
        ("gone.db?mode=ro", "does not exist"),
        ("gone.db?mode=rw", "does not exist"),
    ] {
        let error = site.refused(path).await;
        assert_eq!(error.kind, DbErrorKind::Connect, "{path}");
        assert!(error.message.contains(words), "{path}: {error}");
        assert!(error.hint.is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_database_opened_read_only_says_so_and_refuses_writes() {
    let site = Site::new();
    site.connect().await.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    let mut session = site.connect_to("x.db?mode=ro").await;
    assert!(session.server().read_only);
    let error = session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap_err();
    assert_eq!(error.error.kind, DbErrorKind::ReadOnly);
    assert_eq!(error.committed, Committed::No);
}

#[tokio::test]
async fn only_one_session_has_the_lock_until_it_ends() {
    let site = Site::new();
    let (mut first, mut second) = (site.connect().await, site.connect().await);
    assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
    let LockAttempt::Held { by: Some(by) } = second.try_lock().await.unwrap() else {
        panic!("two have the lock")
    };
    assert!(by.backend.contains(&std::process::id().to_string()) && by.who.contains("r-test"), "{by:?}");
    first.unlock().await.unwrap();
    assert_eq!(second.try_lock().await.unwrap(), LockAttempt::Acquired);
    drop(second);
    assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
    first.close().await;
    assert!(!site.path("x.db-sluice-lock").exists());
}

#[tokio::test]
async fn the_lock_is_the_same_through_a_symbolic_link() {
    let site = Site::new();
    let mut first = site.connect().await;
    std::os::unix::fs::symlink(&site.file, site.path("link.db")).unwrap();
    let mut second = site.connect_to("link.db").await;
    assert_eq!(first.try_lock().await.unwrap(), LockAttempt::Acquired);
    assert!(matches!(second.try_lock().await.unwrap(), LockAttempt::Held { .. }));
}

#[tokio::test]
async fn a_failed_step_is_named_and_takes_everything_with_it() {
    let site = Site::new();
    let mut session = site.connect().await;
    let steps = [
        user("CREATE TABLE t (a INTEGER) STRICT"),
        user("INSERT INTO t VALUES (1)"),
        user("INSERT INTO t VALUES ('x')"),
    ];
    let error = session.transaction(&steps).await.unwrap_err();
    assert_eq!((error.step, error.committed), (Some(2), Committed::No));
    assert_eq!(error.error.code.as_deref(), Some("SQLITE_CONSTRAINT_DATATYPE"));
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 0);
    session.transaction(&[user("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID")]).await.unwrap();
}

#[tokio::test]
async fn a_syntax_error_has_its_place() {
    let site = Site::new();
    let mut session = site.connect().await;
    let sql = "CREATE TABLE t (a int, b inty inty ))";
    let error = session.transaction(&[user(sql)]).await.unwrap_err().error;
    assert_eq!(error.kind, DbErrorKind::Statement);
    assert_eq!(error.offset, Some(sql.len() - 1), "{error}");
}

#[tokio::test]
async fn a_second_statement_in_one_text_is_refused_before_the_first_runs() {
    let site = Site::new();
    let mut session = site.connect().await;
    let error = session.transaction(&[user("CREATE TABLE t (a); CREATE TABLE u (a)")]).await.unwrap_err();
    assert!(error.error.message.contains("more than one statement"), "{error}");
    session.transaction(&[user("CREATE TABLE t (a); -- done\n")]).await.unwrap();
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 1);
}

#[tokio::test]
async fn a_statement_that_ends_the_transaction_is_reported_as_done_in_part() {
    let site = Site::new();
    let mut session = site.connect().await;
    let error = session.transaction(&[user("CREATE TABLE t (a)"), user("COMMIT")]).await.unwrap_err();
    assert_eq!((error.step, error.committed), (Some(1), Committed::Partly));
    let error = session.execute(&kit::statement("BEGIN")).await.unwrap_err();
    assert!(error.message.contains("left a transaction open"));
    session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap();
}

#[tokio::test]
async fn a_deferred_constraint_fails_the_commit_and_nothing_stays() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.execute(&kit::statement("PRAGMA foreign_keys = ON")).await.unwrap();
    let steps = [
        user("CREATE TABLE p (id INTEGER PRIMARY KEY)"),
        user("CREATE TABLE c (p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)"),
        user("INSERT INTO c VALUES (7)"),
    ];
    let error = session.transaction(&steps).await.unwrap_err();
    assert_eq!((error.step, error.committed), (None, Committed::No));
    assert_eq!(error.error.code.as_deref(), Some("SQLITE_CONSTRAINT_FOREIGNKEY"));
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 0);
}

#[tokio::test]
async fn a_ledger_that_is_not_there_and_a_stale_fence_have_their_own_errors() {
    let site = Site::new();
    let mut session = site.connect().await;
    let read = Query::new("SELECT number FROM main.sluice_fence", Vec::new());
    assert_eq!(session.query(&read).await.unwrap_err().kind, DbErrorKind::UndefinedTable);
    let create: Vec<Step<'_>> = session.ledger_dialect().create.iter().map(|sql| own(sql, vec![])).collect();
    session.transaction(&create).await.unwrap();
    session.transaction(&create).await.unwrap();
    assert_eq!(session.query(&read).await.unwrap(), [[Some("0".to_owned())]]);
    let write = |fence: i64| {
        own(
            "INSERT INTO main.sluice_statement (version, ordinal, checksum, state, started_at, fence) \
             VALUES ('1', 1, 'c', 'intended', 'now', (SELECT number FROM main.sluice_fence WHERE number = ?))",
            vec![Value::Int(fence)],
        )
    };
    let error = session.transaction(&[user("CREATE TABLE t (a)"), write(7)]).await.unwrap_err();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (Some(1), DbErrorKind::Fenced, Committed::No)
    );
    session.transaction(&[user("CREATE TABLE t (a)"), write(0)]).await.unwrap();
}

#[tokio::test]
async fn the_ledgers_clock_is_utc_and_counts_from_the_begin_of_the_transaction() {
    let site = Site::new();
    let mut session = site.connect().await;
    let dialect = session.ledger_dialect().clone();
    let sql = format!(
        "INSERT INTO t SELECT {}, {}, {}, {}",
        dialect.transaction_start,
        dialect.now,
        dialect.elapsed_ms,
        dialect.elapsed_since.replace("{}", "'2026-01-01T00:00:00.000Z'")
    );
    session.transaction(&[user("CREATE TABLE t (a, b, c, d)"), own(&sql, vec![])]).await.unwrap();
    let rows = session.query(&Query::new("SELECT *, b >= a FROM t", vec![])).await.unwrap();
    let row: Vec<&str> = rows[0].iter().map(|value| value.as_deref().unwrap()).collect();
    assert!(row[0].len() == 24 && row[0].ends_with('Z') && row[0].starts_with("20"), "{row:?}");
    assert!(row[2].parse::<i64>().unwrap() < 10_000 && row[3].parse::<i64>().unwrap() > 0, "{row:?}");
    assert_eq!(row[4], "1");
}

#[tokio::test]
async fn a_busy_database_is_a_lock_timeout_within_the_limit() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.set_limits(&limits(Some(100), None)).await.unwrap();
    let other = site.bare();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let error = session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap_err();
    let took = begun.elapsed();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (None, DbErrorKind::LockTimeout, Committed::No)
    );
    assert!(took >= Duration::from_millis(100) && took < Duration::from_secs(2), "{took:?}");
    other.execute_batch("ROLLBACK").unwrap();
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
}

#[tokio::test]
async fn a_reader_holds_a_commit_up_no_longer_than_the_limit_and_nothing_stays() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.transaction(&[user("CREATE TABLE t (a)"), user("INSERT INTO t VALUES (1)")]).await.unwrap();
    session.set_limits(&limits(Some(50), None)).await.unwrap();
    let reader = site.bare();
    reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    let error = session.transaction(&[user("INSERT INTO t VALUES (2)")]).await.unwrap_err();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (None, DbErrorKind::LockTimeout, Committed::No)
    );
    reader.execute_batch("COMMIT").unwrap();
    session.transaction(&[user("INSERT INTO t VALUES (3)")]).await.unwrap();
    assert_eq!(site.count("SELECT sum(a) FROM t"), 4);
}

#[tokio::test]
async fn a_lock_that_is_released_in_time_is_waited_for() {
    let site = Site::new();
    let mut session = site.connect().await;
    let other = site.bare();
    other.execute_batch("BEGIN IMMEDIATE; CREATE TABLE o (a)").unwrap();
    let waiter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(60));
        other.execute_batch("COMMIT").unwrap();
    });
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    waiter.join().unwrap();
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 2);
}

#[tokio::test]
async fn a_statement_that_runs_too_long_is_stopped_and_undone() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.set_limits(&limits(None, Some(50))).await.unwrap();
    let error = session.transaction(&[user("CREATE TABLE a (a)"), user(ENDLESS)]).await.unwrap_err();
    assert_eq!((error.step, error.error.kind), (Some(1), DbErrorKind::StatementTimeout));
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 0);
    let error = session.execute(&kit::statement(ENDLESS)).await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::StatementTimeout);
}

#[tokio::test]
async fn cancelling_stops_a_statement_and_the_ledger_can_still_be_written() {
    let site = Site::new();
    let mut session = site.connect().await;
    let cancel = site.cancel.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        cancel.cancel();
    });
    let error = session.transaction(&[user(ENDLESS)]).await.unwrap_err();
    canceller.join().unwrap();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (Some(0), DbErrorKind::Cancelled, Committed::No)
    );
    session
        .transaction(&[own("CREATE TABLE log (a)", vec![]), own("INSERT INTO log VALUES (1)", vec![])])
        .await
        .unwrap();
}

#[tokio::test]
async fn cancelling_stops_the_wait_for_a_lock() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.set_limits(&limits(None, None)).await.unwrap();
    let other = site.bare();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let cancel = site.cancel.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        cancel.cancel();
    });
    let error = session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap_err();
    canceller.join().unwrap();
    assert_eq!(error.error.kind, DbErrorKind::Cancelled);
}

#[tokio::test]
async fn a_control_handle_stops_a_statement_also_after_a_reset() {
    let site = Site::new();
    let mut session = site.connect().await;
    let control = session.control();
    session.execute(&kit::statement("PRAGMA foreign_keys = ON")).await.unwrap();
    session.reset().await.unwrap();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let canceller = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // An interrupt before the statement has begun does nothing, so it is repeated until the statement has ended.
        while receiver.recv_timeout(Duration::from_millis(20)).is_err() {
            runtime.block_on(control.cancel()).unwrap();
        }
    });
    let error = session.transaction(&[user(ENDLESS)]).await.unwrap_err();
    sender.send(()).unwrap();
    canceller.join().unwrap();
    assert_eq!(error.error.kind, DbErrorKind::Cancelled);
}

#[tokio::test]
async fn a_full_database_is_a_clear_error_that_leaves_nothing() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    session.execute(&kit::statement("PRAGMA max_page_count = 5")).await.unwrap();
    let error = session
        .transaction(&[user("CREATE TABLE u (a)"), user("INSERT INTO t VALUES (zeroblob(100000))")])
        .await
        .unwrap_err();
    assert_eq!(
        (error.step, error.error.kind, error.committed),
        (Some(1), DbErrorKind::DiskFull, Committed::No)
    );
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 1);
    session.reset().await.unwrap();
    session.transaction(&[user("INSERT INTO t VALUES (zeroblob(100000))")]).await.unwrap();
}

#[tokio::test]
async fn settings_of_one_change_do_not_reach_the_next() {
    let site = Site::new();
    for url in ["x.db", ":memory:"] {
        let mut session = site.connect_to(url).await;
        let setting = Query::new("PRAGMA foreign_keys", vec![]);
        let attached = Query::new("SELECT count(*) FROM pragma_database_list WHERE name = 'other'", vec![]);
        assert_eq!(
            session.query(&setting).await.unwrap(),
            [[Some("0".to_owned())]],
            "as in the sqlite3 program"
        );
        session.execute(&kit::statement("PRAGMA foreign_keys = ON")).await.unwrap();
        session.execute(&kit::statement("ATTACH ':memory:' AS other")).await.unwrap();
        assert_eq!(session.query(&setting).await.unwrap(), [[Some("1".to_owned())]]);
        assert_eq!(session.query(&attached).await.unwrap(), [[Some("1".to_owned())]]);
        session.reset().await.unwrap();
        assert_eq!(session.query(&setting).await.unwrap(), [[Some("0".to_owned())]], "{url}");
        assert_eq!(session.query(&attached).await.unwrap(), [[Some("0".to_owned())]], "{url}");
    }
}

#[tokio::test]
async fn a_temporary_table_of_the_ledgers_name_is_not_taken_for_it() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.execute(&kit::statement("CREATE TEMP TABLE sluice_fence (a)")).await.unwrap();
    let create: Vec<Step<'_>> = session.ledger_dialect().create.iter().map(|sql| own(sql, vec![])).collect();
    session.transaction(&create).await.unwrap();
}

#[tokio::test]
async fn probes_tell_from_the_schema_whether_a_statement_has_taken_effect() {
    let table = |name: &str| vec![Object { kind: ObjectKind::Table, name: vec![name.to_owned()] }];
    let create = Kind::Create { if_not_exists: false, or_replace: false, concurrently: false };
    let drop_ = Kind::Drop { if_exists: false, concurrently: false };
    let cases = [
        ("CREATE TABLE t (a)", create, table("t")),
        ("ALTER TABLE t ADD COLUMN b", Kind::Alter, table("t")),
        ("DROP TABLE t", drop_, table("t")),
        ("PRAGMA journal_mode = WAL", Kind::Set, vec![]),
        ("PRAGMA user_version = 7", Kind::Set, vec![]),
    ];
    let site = Site::new();
    let mut session = site.connect().await;
    for (sql, kind, objects) in cases {
        let facts = Facts { kind, mode: Mode::Autocommit, objects };
        let statement = kit::with_facts(sql, &facts);
        let before = session.observe(&statement).await.unwrap();
        let verdict = session.probe(&statement, &before).await.unwrap();
        assert!(matches!(verdict, Verdict::NotApplied { .. }), "{sql}: {verdict:?}");
        session.execute(&statement).await.unwrap();
        let verdict = session.probe(&statement, &before).await.unwrap();
        assert!(matches!(verdict, Verdict::Applied { .. }), "{sql}: {verdict:?}");
    }
    for (sql, unknown) in [
        ("VACUUM", false),
        ("PRAGMA foreign_keys=on", false),
        ("VACUUM INTO 'x'", true),
        ("INSERT INTO t VALUES (1)", true),
    ] {
        let verdict = session.probe(&kit::with_facts(sql, facts()), "").await.unwrap();
        assert_eq!(matches!(verdict, Verdict::Unknown { .. }), unknown, "{sql}: {verdict:?}");
    }
}

#[tokio::test]
async fn vacuum_and_attach_run_outside_a_transaction() {
    let site = Site::new();
    let mut session = site.connect().await;
    let error = session.transaction(&[user("VACUUM")]).await.unwrap_err();
    assert_eq!(error.error.kind, DbErrorKind::NotInTransaction, "{error}");
    session.execute(&kit::statement("VACUUM")).await.unwrap();
    let other = site.path("other.db");
    session.execute(&kit::statement(&format!("ATTACH '{}' AS other", other.display()))).await.unwrap();
    session.transaction(&[user("CREATE TABLE other.t (a)"), user("CREATE TABLE t (a)")]).await.unwrap();
    session.reset().await.unwrap();
    assert_eq!(site.count("SELECT count(*) FROM sqlite_schema"), 1);
}

#[tokio::test]
async fn values_come_back_as_text() {
    let site = Site::new();
    let mut session = site.connect().await;
    let query = Query::new(
        "SELECT ?, ?, ?, 1.5, x'00ff'",
        vec![Value::Null, Value::Int(i64::MIN), Value::Text("ü\0'".to_owned())],
    );
    let row: Vec<Option<String>> = vec![
        None,
        Some(i64::MIN.to_string()),
        Some("ü\0'".to_owned()),
        Some("1.5".to_owned()),
        Some("00ff".to_owned()),
    ];
    assert_eq!(session.query(&query).await.unwrap(), [row]);
}

#[tokio::test]
async fn a_file_that_is_removed_under_a_session_is_not_written_into_the_void() {
    let site = Site::new();
    let mut session = site.connect().await;
    session.transaction(&[user("CREATE TABLE t (a)")]).await.unwrap();
    std::fs::remove_file(&site.file).unwrap();
    let error = session.transaction(&[user("CREATE TABLE u (a)")]).await.unwrap_err();
    assert_eq!((error.error.kind, error.committed), (DbErrorKind::ReadOnly, Committed::No));
    assert!(error.error.hint.unwrap().contains("while it was in use"));
}

#[tokio::test]
async fn no_other_file_is_reached_from_a_place_to_try_things_nor_where_the_url_says_so() {
    let site = Site::new();
    let other = site.path("other.db");
    for url in ["alone.db?attach=no", ":memory:"] {
        let mut session = site.connect_to(url).await;
        session.execute(&kit::statement("CREATE TABLE t (a)")).await.unwrap();
        for sql in [
            format!("ATTACH '{}' AS other", other.display()),
            format!("ATTACH '{}' || '' AS other", other.display()),
            format!("VACUUM INTO '{}'", other.display()),
        ] {
            let error = session.execute(&kit::statement(&sql)).await.unwrap_err();
            assert!(error.message.contains("authoriz"), "{url}: {sql}: {error}");
        }
        assert!(!other.exists());
        session.execute(&kit::statement("VACUUM")).await.unwrap();
        session.execute(&kit::statement("ATTACH ':memory:' AS other")).await.unwrap();
    }
    let mut session = site.connect_to("free.db").await;
    session.execute(&kit::statement(&format!("ATTACH '{}' AS other", other.display()))).await.unwrap();
}
