//! Both servers keep the promises of the apply protocol.

use std::cell::RefCell;

use sluice_engine::conformance::{Fresh, change, run};
use sluice_engine::{ApplyError, Event};
use sluice_testkit::{mariadb, mysql};

#[tokio::test]
async fn both_servers_keep_the_promises_of_the_apply_protocol() {
    for server in [Some(mariadb()), mysql()].into_iter().flatten() {
        let databases = RefCell::new(Vec::new());
        run(async || {
            let database = server.database();
            let url = database.url();
            databases.borrow_mut().push(database);
            Fresh { database: &sluice_mysql::Mysql, url }
        })
        .await;
    }
}

#[tokio::test]
async fn a_statement_that_kills_its_session_fails_after_three_deaths() {
    for server in [Some(mariadb()), mysql()].into_iter().flatten() {
        let database = server.database();
        let fresh = Fresh { database: &sluice_mysql::Mysql, url: database.url() };
        for (version, kill) in [("2", "KILL CONNECTION_ID();"), ("3", "DO 1;\nKILL CONNECTION_ID();")] {
            let changes = [change("1", "CREATE TABLE effect (a integer)"), change(version, kill)];
            let (result, events) = fresh.apply_with(&changes, |_| {}).await;
            let error = result.unwrap_err();
            let ApplyError::Statement { place, version: found, .. } = &error else { panic!("{error:?}") };
            assert_eq!(found, version, "{error}");
            assert!(place.starts_with(&format!("migrations/{version}.sql:")), "{place}");
            assert!(error.to_string().contains("the connection was lost 3 times"), "{error}");
            let losses = events.iter().filter(|event| matches!(event, Event::Reconnecting { .. })).count();
            assert_eq!(losses, 3, "{events:?}");
            let changes = [changes[0].clone(), change(version, "INSERT INTO effect (a) VALUES (1)")];
            assert_eq!(fresh.apply(&changes).await.unwrap().versions, [version]);
            database.sql("DELETE FROM sluice_revision WHERE version = '2'");
        }
    }
}
