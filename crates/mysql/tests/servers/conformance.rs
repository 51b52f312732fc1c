//! Both servers keep the promises of the apply protocol.

use std::cell::RefCell;

use sluice_engine::conformance::{Fresh, run};
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
