//! Tables without transactions: what a rollback leaves behind is never run again in silence.

use std::sync::Arc;

use sluice_engine::conformance::{Fresh, change};
use sluice_engine::ledger::Identity;
use sluice_engine::{Admin, ApplyError, EventSink, Testimony, Timing};
use sluice_testkit::mariadb;

#[tokio::test]
async fn rows_that_a_rollback_leaves_behind_want_a_person() {
    let database = mariadb().database();
    let fresh = Fresh { database: &sluice_mysql::Mysql, url: database.url() };
    let table = change("1", "CREATE TABLE m (a int) ENGINE=MyISAM");
    let broken = change("2", "INSERT INTO m VALUES (1);\nINSERT INTO nowhere VALUES (1);");
    let mended = change("2", "INSERT INTO m VALUES (1);\nINSERT INTO m VALUES (2);");
    for change in [&broken, &broken, &mended] {
        let changes = [table.clone(), change.clone()];
        let error = fresh.apply(&changes).await.expect_err("nobody decided yet");
        let stays = match &error {
            ApplyError::Inconclusive { evidence, .. } => evidence.contains("without transactions"),
            ApplyError::EditedInFlight { ordinal: 2, .. } => true,
            _ => false,
        };
        assert!(stays, "{error:?}");
        assert_eq!(fresh.value("SELECT count(*) FROM m").await.as_deref(), Some("1"));
    }

    let (connect, events): (_, EventSink) = (fresh.connect("admin"), Arc::new(|_| {}));
    let admin = Admin {
        database: fresh.database,
        connect: &connect,
        identity: Identity::default(),
        timing: Timing::default(),
        events: &events,
    };
    for (ordinal, applied) in [(1, true), (2, false)] {
        let said = Testimony { version: "2", ordinal, applied, change: Some(&broken) };
        admin.decide_statement(said, None).await.unwrap();
    }
    assert_eq!(fresh.apply(&[table, mended]).await.unwrap().versions, ["2"]);
    assert_eq!(fresh.value("SELECT count(*) FROM m").await.as_deref(), Some("2"));
}
