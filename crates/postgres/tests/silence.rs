//! A connection that dies without a word: nothing waits for ever, nothing runs twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use sluice_engine::Event;
use sluice_engine::conformance::{Fresh, change};
use sluice_testkit::{Fault, FaultProxy, newest_postgres};

#[tokio::test]
async fn an_answer_that_never_comes_is_found_out_by_asking_the_server() {
    let server = newest_postgres();
    let database = server.database();
    let proxy = FaultProxy::start(server.port());
    let fresh = Fresh { database: &sluice_postgres::Postgres, url: proxy.url(database.url(), server.port()) };
    let changes = [
        change("1", "CREATE TABLE effect (a integer)"),
        change("2", "INSERT INTO effect (a) VALUES (2)"),
        change("3", "CREATE INDEX CONCURRENTLY effect_a ON effect (a)"),
        change("4", "INSERT INTO effect (a) VALUES (4)"),
    ];
    proxy.inject(Fault::SilenceAfter(b"INSERT INTO effect (a) VALUES (2)".to_vec()));
    proxy.inject(Fault::SilenceAfter(b"CREATE INDEX CONCURRENTLY effect_a".to_vec()));
    let (result, events) =
        fresh.apply_with(&changes, |job| job.timing.silence = Duration::from_millis(150)).await;
    result.unwrap();
    let losses = events.iter().filter(|event| matches!(event, Event::Reconnecting { .. })).count();
    assert_eq!(losses, 2, "{events:?}");
    assert_eq!(database.psql("SELECT string_agg(a::text, ',' ORDER BY a) FROM effect"), "2,4");
    assert_eq!(database.psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    assert_eq!(database.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}
