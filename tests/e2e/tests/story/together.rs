//! More than one deployment at the same time.

use sluice_e2e::{Engine, Shop};

/// A change that waits for a lock which the test holds.
fn blocked_shop() -> (Shop, sluice_testkit::PsqlSession) {
    let shop = Shop::with_gates(Engine::Postgres(18), "", "");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    shop.write("migrations/0003_note.sql", "ALTER TABLE orders ADD COLUMN note text;\n").commit("Notes");
    let mut session = sluice_testkit::PsqlSession::open(shop.database("dev").url());
    session.run("begin; lock table orders in access share mode");
    (shop, session)
}

#[test]
fn two_deployments_of_one_project_one_works_and_the_other_waits() {
    let (shop, mut session) = blocked_shop();
    let mut first = shop.start(&["deploy", "--env", "dev"]);
    first.wait_for("blocked by");
    let mut second = shop.start(&["deploy", "--env", "dev"]);
    second.wait_for("waiting for");
    assert!(first.is_running());
    session.run("rollback");
    let (first, second) = (first.finish().exits(0), second.finish().exits(0));
    assert_eq!(shop.applied("dev"), 3, "{first}\n{second}");
}

#[test]
fn a_second_deployment_that_may_not_wait_says_who_works() {
    let (shop, mut session) = blocked_shop();
    let mut first = shop.start(&["deploy", "--env", "dev"]);
    first.wait_for("blocked by");
    let pid = first.pid().to_string();
    shop.sluice(&["deploy", "--env", "dev", "--lock-wait", "0"])
        .exits(4)
        .says("is being deployed by")
        .says(&pid);
    session.run("rollback");
    first.finish().exits(0);
    assert_eq!(shop.applied("dev"), 3);
}

#[test]
fn two_clones_on_one_database_apply_everything_once() {
    for engine in Engine::ALL {
        let shop = Shop::with_gates(engine, "", "");
        for number in 3..12 {
            let sql = format!(
                "CREATE TABLE t{number} (id integer PRIMARY KEY);\nINSERT INTO t{number} VALUES (1);\n"
            );
            shop.write(&format!("migrations/{number:04}_t{number}.sql"), &sql);
        }
        shop.commit("Many");
        let clones = [shop.clone_elsewhere(), shop.clone_elsewhere(), shop.clone_elsewhere()];
        let runs: Vec<_> = clones.iter().map(|clone| clone.start(&["deploy", "--env", "dev"])).collect();
        for run in runs {
            run.finish().exits(0);
        }
        assert_eq!(shop.applied("dev"), 11, "{engine:?}");
        assert_eq!(shop.database("dev").sql("SELECT count(*) FROM t7"), "1", "{engine:?}");
    }
}

#[test]
fn a_clone_waits_for_the_lock_of_the_database_and_says_who_holds_it() {
    let (shop, mut session) = blocked_shop();
    let mut first = shop.start(&["deploy", "--env", "dev"]);
    first.wait_for("blocked by");
    let clone = shop.clone_elsewhere();
    let mut second = clone.start(&["deploy", "--env", "dev"]);
    second.wait_for("another run");
    session.run("rollback");
    first.finish().exits(0);
    second.finish().exits(0);
    assert_eq!(shop.applied("dev"), 3);
}
