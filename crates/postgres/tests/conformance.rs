//! Every supported PostgreSQL keeps the promises of the apply protocol.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::cell::RefCell;

use sluice_engine::conformance::{Fresh, run};
use sluice_testkit::{POSTGRES_VERSIONS, postgres};

#[tokio::test]
async fn every_version_keeps_the_promises_of_the_apply_protocol() {
    for major in POSTGRES_VERSIONS {
        let databases = RefCell::new(Vec::new());
        run(async || {
            let database = postgres(major).database();
            let url = database.url().to_owned();
            databases.borrow_mut().push(database);
            Fresh { database: &sluice_postgres::Postgres, url }
        })
        .await;
    }
}
