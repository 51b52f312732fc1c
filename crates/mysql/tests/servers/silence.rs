//! A connection that dies without a word: nothing waits for ever, nothing runs twice.

use std::time::Duration;

use sluice_engine::Event;
use sluice_engine::conformance::{Fresh, change};
use sluice_testkit::{Fault, FaultProxy, mariadb};

#[tokio::test]
async fn an_answer_that_never_comes_is_found_out_by_asking_the_server() {
    let server = mariadb();
    let database = server.database();
    let proxy = FaultProxy::start(server.port());
    let fresh = Fresh { database: &sluice_mysql::Mysql, url: proxy.url(&database.url(), server.port()) };
    let changes = [
        change("1", "CREATE TABLE effect (a integer)"),
        change("2", "INSERT INTO effect (a) VALUES (2)"),
        change("3", "ALTER TABLE effect ADD b integer"),
        change("4", "INSERT INTO effect (a) VALUES (4)"),
    ];
    proxy.inject(Fault::SilenceAfter(b"INSERT INTO effect (a) VALUES (2)".to_vec()));
    proxy.inject(Fault::SilenceAfter(b"ALTER TABLE effect ADD b".to_vec()));
    let (result, events) =
        fresh.apply_with(&changes, |job| job.timing.silence = Duration::from_millis(150)).await;
    result.unwrap();
    let losses = events.iter().filter(|event| matches!(event, Event::Reconnecting { .. })).count();
    assert_eq!(losses, 2, "{events:?}");
    assert_eq!(database.sql("SELECT group_concat(a ORDER BY a) FROM effect").trim(), "2,4");
}
