//! SQLite keeps the promises of the apply protocol.

use sluice_engine::conformance::{Fresh, run};

#[tokio::test]
async fn sqlite_keeps_the_promises_of_the_apply_protocol() {
    let directory = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    run(async || {
        count.set(count.get() + 1);
        let file = directory.path().join(format!("{}.db", count.get()));
        Fresh { database: &sluice_sqlite::Sqlite, url: format!("sqlite:{}", file.display()) }
    })
    .await;
}
