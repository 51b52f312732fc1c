//! A statement that ends its own session is not sent for ever, and fails with its name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use sluice_engine::conformance::{Fresh, TransactionMode, change};
use sluice_engine::{ApplyError, Event, history};

use sluice_testkit::newest_postgres;

const KILL: &str = "SELECT nextval('sent');\nSELECT pg_terminate_backend(pg_backend_pid());";

#[tokio::test]
async fn a_statement_that_kills_its_session_fails_after_three_deaths() {
    for atomic in [true, false] {
        let server = newest_postgres();
        let database = server.database();
        let fresh = Fresh { database: &sluice_postgres::Postgres, url: database.url().to_owned() };
        let mut kill = change("2", KILL);
        if !atomic {
            kill = change("2", "SELECT count(nextval('sent')), pg_terminate_backend(pg_backend_pid());");
            kill.directives.transaction = TransactionMode::None;
        }
        let changes = [change("1", "CREATE SEQUENCE sent"), kill];
        let error = fresh.apply(&changes).await.unwrap_err();
        let ApplyError::Statement { place, version, ordinal, .. } = &error else { panic!("{error:?}") };
        let (at, nth) = if atomic { ("migrations/2.sql:2:1", 2) } else { ("migrations/2.sql:1:1", 1) };
        assert_eq!((place.as_str(), version.as_str(), *ordinal), (at, "2", nth), "{error}");
        assert!(error.to_string().contains("the connection was lost 3 times"), "{error}");
        assert_eq!(database.psql("SELECT last_value FROM sent"), "3");
        let events = history(fresh.database, &fresh.connect("observer")).await.unwrap().events;
        let failed = events.iter().filter(|event| event.kind == "failed").collect::<Vec<_>>();
        assert!(matches!(&failed[..], [one] if one.detail.as_deref().unwrap().contains(at)), "{events:?}");
        // Mended, it goes on, and the count begins anew.
        let changes = [changes[0].clone(), change("2", "SELECT nextval('sent')")];
        assert_eq!(fresh.apply(&changes).await.unwrap().versions, ["2"]);
    }
}

/// Each death is after the time that a lost connection is waited for: what counts is how long nobody answers.
#[tokio::test]
async fn deaths_that_take_their_time_are_the_statements_fault_too() {
    let server = newest_postgres();
    let database = server.database();
    let fresh = Fresh { database: &sluice_postgres::Postgres, url: database.url().to_owned() };
    let changes = [change("1", "CREATE SEQUENCE sent"), change("2", KILL)];
    let (result, _) =
        fresh.apply_with(&changes, |job| job.timing.reconnect = Duration::from_millis(20)).await;
    let error = result.unwrap_err();
    assert!(matches!(&error, ApplyError::Statement { ordinal: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("the connection was lost 3 times"), "{error}");
}

#[tokio::test]
async fn statements_that_cannot_run_here_are_refused_with_the_way_out() {
    let server = newest_postgres();
    let database = server.database();
    let fresh = Fresh { database: &sluice_postgres::Postgres, url: database.url().to_owned() };
    let table = change(
        "1",
        "CREATE TABLE base (a integer);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';",
    );
    for (sql, says) in [
        ("COPY base TO STDOUT;", "take it out of the change"),
        ("CALL p();", "`-- sluice: transaction=none`"),
    ] {
        let error = fresh.apply(&[table.clone(), change("2", sql)]).await.unwrap_err();
        let ApplyError::Statement { version, .. } = &error else { panic!("{error:?}") };
        assert_eq!(version, "2");
        assert!(error.help().unwrap().contains(says), "{error}: {:?}", error.help());
    }
}

#[tokio::test]
async fn an_index_whose_build_fails_for_good_is_built_once_and_leaves_nothing() {
    let server = newest_postgres();
    let database = server.database();
    let fresh = Fresh { database: &sluice_postgres::Postgres, url: database.url().to_owned() };
    let table = "CREATE SEQUENCE looked_at;\nCREATE TABLE base (a integer);\nINSERT INTO base VALUES (1), (1);\n\
                 CREATE FUNCTION seen(a integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS \
                 'BEGIN PERFORM nextval(''public.looked_at''); RETURN a; END';";
    let mut rows = 0;
    for index in ["base_a ON base (seen(a))", "ON base (seen(a))"] {
        let changes =
            [change("1", table), change("2", &format!("CREATE UNIQUE INDEX CONCURRENTLY {index};"))];
        let (result, events) = fresh.apply_with(&changes, |_| {}).await;
        assert!(matches!(result, Err(ApplyError::Statement { .. })), "{result:?}");
        let told = events.iter().filter(|event| matches!(event, Event::CleanedUp { .. })).count();
        assert_eq!(told, 1, "{events:?}");
        rows += 2;
        assert_eq!(database.psql("SELECT last_value FROM looked_at"), rows.to_string(), "{index}");
        assert_eq!(database.psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    }
}

/// What was there before the statement made it fail: without it, the statement is worth another try.
#[tokio::test]
async fn an_index_that_stands_half_built_in_the_way_is_removed_and_built() {
    for word in ["", "IF NOT EXISTS "] {
        let server = newest_postgres();
        let database = server.database();
        let fresh = Fresh { database: &sluice_postgres::Postgres, url: database.url().to_owned() };
        let table = change("1", "CREATE TABLE base (a integer);\nINSERT INTO base VALUES (1), (1);");
        fresh.apply(std::slice::from_ref(&table)).await.unwrap();
        database.try_psql("CREATE UNIQUE INDEX CONCURRENTLY base_a ON base (a)").unwrap_err();
        database.psql("DELETE FROM base");
        let index = format!("CREATE UNIQUE INDEX CONCURRENTLY {word}base_a ON base (a);");
        assert_eq!(fresh.apply(&[table, change("2", &index)]).await.unwrap().versions, ["2"]);
        assert_eq!(
            database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'base_a'::regclass"),
            "t"
        );
    }
}
