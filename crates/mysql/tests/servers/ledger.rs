use sluice_engine::{DbErrorKind, Query, Session, Step, Value};

use crate::stage::{databases, execute, open, text, value};

async fn create(session: &mut dyn Session) {
    for _ in 0..2 {
        for sql in session.ledger_dialect().create.clone() {
            session.query(&Query::new(sql, Vec::new())).await.unwrap();
        }
    }
}

fn take_fence(session: &dyn Session, number: i64) -> Query {
    let dialect = session.ledger_dialect();
    Query::new(
        format!(
            "UPDATE {}fence SET number = ?, run_id = ?, holder = ?, taken_at = {} WHERE number = ?",
            dialect.prefix, dialect.now
        ),
        vec![Value::Int(number), text("run-1"), text("me"), Value::Int(number - 1)],
    )
}

fn put_statement(session: &dyn Session, ordinal: i64, fence: i64) -> Query {
    let dialect = session.ledger_dialect();
    Query::new(
        format!(
            "INSERT INTO {p}statement (version, ordinal, checksum, state, backend, evidence, started_at, finished_at, \
             fence) VALUES (?, ?, ?, ?, ?, ?, {start}, NULL, (SELECT number FROM {p}fence WHERE number = ? {lock}))",
            p = dialect.prefix,
            start = dialect.transaction_start,
            lock = dialect.share_lock
        ),
        vec![
            text("1"),
            Value::Int(ordinal),
            text("sha256:0"),
            text("intended"),
            text(&session.backend().0),
            text("{\"ä\": \"'\\\\\"}"),
            Value::Int(fence),
        ],
    )
}

#[tokio::test]
async fn a_database_without_a_ledger_says_so() {
    for database in databases() {
        let mut session = open(&database).await;
        let sql = format!("SELECT number FROM {}fence", session.ledger_dialect().prefix);
        let error = session.query(&Query::new(sql, Vec::new())).await.unwrap_err();
        assert_eq!(error.kind, DbErrorKind::UndefinedTable, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_ledger_finds_its_row() {
    for database in databases() {
        let (mut reader, mut creator) = (open(&database).await, open(&database).await);
        let read = Query::new("SELECT COUNT(*) FROM sluice_fence", Vec::new());
        let reading = tokio::spawn(async move {
            loop {
                match reader.query(&read).await {
                    Ok(rows) => return rows,
                    Err(error) => assert_eq!(error.kind, DbErrorKind::UndefinedTable, "{error}"),
                }
            }
        });
        create(creator.as_mut()).await;
        assert_eq!(reading.await.unwrap()[0][0].as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn a_stale_fence_is_refused_in_every_sql_mode() {
    for database in databases() {
        let mut session = open(&database).await;
        create(session.as_mut()).await;
        let steps =
            [Step::Own(take_fence(session.as_ref(), 1)), Step::Own(put_statement(session.as_ref(), 1, 1))];
        session.transaction(&steps).await.unwrap();
        for mode in ["STRICT_ALL_TABLES", ""] {
            execute(session.as_mut(), &format!("set sql_mode = '{mode}'")).await.unwrap();
            let steps = [Step::Own(put_statement(session.as_ref(), 2, 7))];
            let error = session.transaction(&steps).await.unwrap_err();
            assert_eq!((error.step, error.error.kind), (Some(0), DbErrorKind::Fenced), "{mode}: {error}");
            let sql = format!(
                "UPDATE {p}statement SET fence = (SELECT number FROM {p}fence WHERE number = ?)",
                p = session.ledger_dialect().prefix
            );
            let error = session.query(&Query::new(sql, vec![Value::Int(7)])).await.unwrap_err();
            assert_eq!(error.kind, DbErrorKind::Fenced, "{mode}: {error}");
        }
        assert_eq!(database.sql("select ordinal, fence from sluice_statement"), "1\t1");
    }
}

#[tokio::test]
async fn times_are_utc_and_durations_are_measured_on_the_servers_clock() {
    for database in databases() {
        let mut session = open(&database).await;
        create(session.as_mut()).await;
        execute(session.as_mut(), "set time_zone = '-09:00'").await.unwrap();
        let take = take_fence(session.as_ref(), 1);
        let put = put_statement(session.as_ref(), 1, 1);
        session
            .transaction(&[
                Step::Own(take),
                Step::Own(Query::new("DO SLEEP(0.05)", Vec::new())),
                Step::Own(put),
            ])
            .await
            .unwrap();
        let dialect = session.ledger_dialect().clone();
        let shown = value(
            session.as_mut(),
            &format!("SELECT {} FROM sluice_statement", dialect.timestamp_text.replace("{}", "started_at")),
        )
        .await;
        assert!(shown.len() == 27 && shown.ends_with('Z') && shown.as_bytes()[10] == b'T', "{shown}");
        let age = value(
            session.as_mut(),
            "SELECT ABS(TIMESTAMPDIFF(SECOND, started_at, UTC_TIMESTAMP())) < 60 FROM sluice_statement",
        )
        .await;
        assert_eq!(age, "1");
        // The begin of the transaction, not of the statement: it lies before the fence was taken.
        let order = "SELECT started_at <= (SELECT taken_at FROM sluice_fence) FROM sluice_statement";
        assert_eq!(value(session.as_mut(), order).await, "1");
        let elapsed = dialect.elapsed_since.replace("{}", "started_at");
        let elapsed = value(session.as_mut(), &format!("SELECT {elapsed} FROM sluice_statement")).await;
        assert!(elapsed.parse::<u64>().unwrap() >= 50, "{elapsed}");
    }
}

#[tokio::test]
async fn the_ledger_is_found_from_another_database() {
    for database in databases() {
        let mut session = open(&database).await;
        create(session.as_mut()).await;
        execute(session.as_mut(), "use mysql").await.unwrap();
        session.transaction(&[Step::Own(take_fence(session.as_ref(), 1))]).await.unwrap();
        assert_eq!(database.sql("select number from sluice_fence"), "1");
    }
}
