//! From dev to prod: what goes by itself, where people decide, and what another machine knows.

use sluice_e2e::{AUTHOR, Engine, REVIEWER, Shop};

/// The whole way on one engine.
fn three_environments_and_an_approval(engine: Engine) {
    let shop = Shop::new(engine);

    let run = shop.sluice(&["plan", "--format", "json"]).exits(0);
    for target in run.json()["targets"].as_array().unwrap() {
        assert_eq!(target["pending"].as_array().unwrap().len(), 2, "{run}");
    }
    assert_eq!(shop.applied("dev"), 0, "planning changes nothing");

    // Dev and staging go by themselves; prod wants a person.
    let run = shop.sluice(&["deploy"]).exits(5).says("sluice rollout approve");
    assert!(run.stdout.contains("approval"), "{run}");
    assert_eq!((shop.applied("dev"), shop.applied("staging"), shop.applied("prod")), (2, 2, 0), "{run}");
    shop.sluice(&["rollout", "why"]).exits(0).says("prod approval");

    // Waiting is no matter of repeating.
    shop.sluice(&["deploy"]).exits(5);
    assert_eq!(shop.applied("prod"), 0);

    // Who wrote it does not approve it; nor does nobody.
    shop.sluice_as(AUTHOR, &["rollout", "approve"]).exits(1).says("does not count").says("bob@example.com");
    shop.sluice(&["rollout", "approve"]).exits(2).says("SLUICE_ACTOR");
    shop.sluice(&["deploy"]).exits(5);
    assert_eq!(shop.applied("prod"), 0);

    // Approving starts nothing.
    let run = shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0).says("Ann");
    assert_eq!(shop.applied("prod"), 0, "{run}");
    shop.sluice(&["deploy"]).exits(0).says("succeeded");
    assert_eq!(shop.applied("prod"), 2);
    assert_eq!(shop.database("prod").sql("SELECT count(*) FROM customers"), "2");
    let listed = shop.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    let rollouts = listed["rollouts"].as_array().unwrap();
    assert_eq!(
        (rollouts.len(), &rollouts[0]["status"]),
        (1, &"succeeded".into()),
        "one rollout from start to end"
    );

    // Again: nothing at all.
    let run = shop.sluice(&["deploy", "--format", "json"]).exits(0);
    let json = run.json();
    assert_eq!(json["outcome"], "nothing-to-do", "{run}");
    for target in json["targets"].as_array().unwrap() {
        assert_eq!((&target["outcome"], &target["skipped"]), (&"up-to-date".into(), &2.into()), "{run}");
    }
    for environment in Shop::ENVIRONMENTS {
        assert_eq!(shop.applied(environment), 2);
    }
    let run = shop.sluice(&["status", "--format", "json"]).exits(0);
    for target in run.json()["targets"].as_array().unwrap() {
        assert_eq!((&target["state"], &target["version"]), (&"up-to-date".into(), &"0002".into()), "{run}");
    }
}

#[test]
fn a_release_goes_through_three_environments_and_an_approval_on_sqlite() {
    three_environments_and_an_approval(Engine::Sqlite);
}

#[test]
fn a_release_goes_through_three_environments_and_an_approval_on_postgres() {
    three_environments_and_an_approval(Engine::Postgres(18));
}

#[test]
fn a_release_goes_through_three_environments_and_an_approval_on_mariadb() {
    three_environments_and_an_approval(Engine::Mariadb);
}

/// Another machine knows nothing but the repository: the ledgers of staging decide.
fn another_machine(engine: Engine) {
    let shop = Shop::with_gates(engine, "", "");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);

    // Staging is behind: prod waits, and the reason names the database.
    let elsewhere = shop.clone_elsewhere();
    let run = elsewhere.sluice(&["deploy", "--env", "prod", "--format", "json"]).exits(5);
    let json = run.json();
    let gate = &json["gates"][0];
    assert_eq!((&gate["environment"], &gate["gate"]), (&"prod".into(), &"previous-stage".into()), "{run}");
    assert!(gate["reason"].as_str().unwrap().contains("shop-staging"), "{run}");
    assert_eq!(shop.applied("prod"), 0);

    // A third machine brings staging up; the second one may go on, and needs nothing of what the third one kept.
    shop.clone_elsewhere().sluice(&["deploy", "--env", "staging"]).exits(0);
    elsewhere.sluice(&["deploy", "--env", "prod"]).exits(0);
    assert_eq!(shop.applied("prod"), 2);
    let fourth = shop.clone_elsewhere();
    fourth.sluice(&["deploy"]).exits(0).says("nothing to do");
}

#[test]
fn another_machine_promotes_by_the_ledgers_of_staging_on_sqlite() {
    another_machine(Engine::Sqlite);
}

#[test]
fn another_machine_promotes_by_the_ledgers_of_staging_on_postgres() {
    another_machine(Engine::Postgres(18));
}

#[test]
fn another_machine_promotes_by_the_ledgers_of_staging_on_mariadb() {
    another_machine(Engine::Mariadb);
}

#[test]
fn a_stage_whose_databases_do_not_answer_holds_the_next_one() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    shop.sluice(&["deploy", "--env", "staging"]).exits(0);
    let elsewhere = shop.clone_elsewhere();
    std::fs::rename(shop.path("staging.db"), shop.path("gone")).unwrap();
    shop.write("staging.db", &"no database at all ".repeat(100));
    let run = elsewhere.sluice(&["deploy", "--env", "prod", "--format", "json"]);
    let json = run.json();
    assert_eq!(json["gates"][0]["result"], "inconclusive", "{run}");
    assert!(json["gates"][0]["reason"].as_str().unwrap().contains("shop-staging"), "{run}");
    assert!([5, 6].contains(&run.code), "{run}");
    assert_eq!(shop.applied("prod"), 0);
    std::fs::rename(shop.path("gone"), shop.path("staging.db")).unwrap();
    elsewhere.sluice(&["deploy", "--env", "prod"]).exits(0);
}

#[test]
fn what_is_approved_is_what_happens_a_later_change_wants_an_approval_of_its_own() {
    let shop = Shop::new(Engine::Sqlite);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.write("migrations/0003_drop_orders.sql", "DROP TABLE orders;\n").commit("Drop the orders");
    shop.sluice(&["deploy"]).exits(5).says("approval");
    assert_eq!((shop.applied("staging"), shop.applied("prod")), (3, 0));
    // The latest rollout is the new release's: approving without a name approves that.
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 3);
}

#[test]
fn two_people_of_a_group_approve_and_nobody_counts_twice() {
    let shop = Shop::new(Engine::Sqlite);
    shop.configure("", "approvals = [{ required = 2, from = [\"group:dba\"] }]");
    let text = shop.read("sluice.toml");
    shop.write(
        "sluice.toml",
        &format!("{text}\n[people]\ndba = [\"ann@example.com\", \"cem@example.com\"]\n"),
    );
    shop.commit("Two approvals");
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as("Eve <eve@example.com>", &["rollout", "approve"]).exits(1).says("eve@example.com");
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0).says("already");
    shop.sluice(&["deploy"]).exits(5).says("approval");
    shop.sluice_as("Cem <cem@example.com>", &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 2);
}
