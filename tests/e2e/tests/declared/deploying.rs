//! From nothing to a schema, and on to the next, through environments and gates.

use sluice_e2e::{Engine, REVIEWER};
use sluice_testkit::PsqlSession;

use super::Declared;

const SECOND: &str = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL, mood varchar(9) DEFAULT 'fine');\n\
    CREATE INDEX by_mood ON users (mood);\n";

fn from_nothing_to_a_schema_and_on(engine: Engine) {
    let shop = Declared::new(engine);
    let plan = shop.sluice(&["plan", "--format", "json"]).exits(0).json();
    for target in plan["targets"].as_array().unwrap() {
        assert_eq!(target["pending"].as_array().unwrap().len(), 1, "{plan:#}");
        assert_eq!(target["pending"][0]["kind"], "declared", "{plan:#}");
    }
    assert!(shop.states("dev").is_empty(), "planning changes nothing");

    shop.sluice(&["deploy"]).exits(5).says("sluice rollout approve");
    assert_eq!(
        (shop.states("dev").len(), shop.states("staging").len(), shop.states("prod").len()),
        (1, 1, 0)
    );
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0).says("succeeded");
    shop.database("prod").sql("INSERT INTO users VALUES (1, 'Ann')");
    assert_eq!(shop.database("prod").sql("SELECT name FROM names"), "Ann");
    let nothing = shop.sluice(&["deploy", "--format", "json"]).exits(0).json();
    assert_eq!(nothing["outcome"], "nothing-to-do");
    let status = shop.sluice(&["status", "--format", "json"]).exits(0).json();
    for target in status["targets"].as_array().unwrap() {
        assert_eq!(target["state"], "up-to-date", "{status:#}");
    }

    shop.write("schema/tables/users.sql", SECOND).commit("Moods");
    shop.sluice(&["plan"]).exits(0).says("mood");
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0).says("succeeded");
    assert_eq!(shop.database("prod").sql("SELECT name, mood FROM users").replace('\t', "|"), "Ann|fine");
    assert_eq!(shop.states("prod"), ["applied", "applied"]);
    shop.sluice(&["plan"]).exits(0).keeps_quiet_about("CREATE");

    // What somebody has done by hand is led back.
    shop.database("dev").sql("CREATE TABLE mine (id integer)");
    shop.deploy("dev").exits(1).says("deletes_data").says("--allow");
    assert_eq!(shop.database("dev").sql("SELECT count(*) FROM mine"), "0");
    shop.sluice(&["deploy", "--env", "dev", "--allow", "deletes_data"]).exits(0);
    assert_eq!(shop.states("dev"), ["applied", "applied"], "the same schema again is the same revision");
    assert_eq!(
        shop.sluice(&["deploy", "--env", "dev", "--format", "json"]).exits(0).json()["outcome"],
        "nothing-to-do"
    );
}

#[test]
fn a_schema_goes_through_three_environments_and_an_approval_on_sqlite() {
    from_nothing_to_a_schema_and_on(Engine::Sqlite);
}

#[test]
fn a_schema_goes_through_three_environments_and_an_approval_on_postgres() {
    from_nothing_to_a_schema_and_on(Engine::Postgres(18));
}

#[test]
fn a_schema_goes_through_three_environments_and_an_approval_on_mariadb() {
    from_nothing_to_a_schema_and_on(Engine::Mariadb);
}

#[test]
fn a_database_that_moves_after_it_was_approved_is_planned_and_approved_again() {
    let shop = Declared::new(Engine::Postgres(18));
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.database("prod").sql("create table users (id integer not null primary key)");
    shop.sluice(&["deploy"]).exits(5).says("sluice rollout approve");
    assert!(shop.states("prod").is_empty());
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.database("prod").sql("select count(*) from names"), "0");
}

#[test]
fn another_machine_without_any_state_knows_what_is_done() {
    let shop = Declared::with(Engine::Postgres(18), "", "");
    shop.sluice(&["deploy"]).exits(0);
    let elsewhere = shop.clone_elsewhere();
    let nothing = elsewhere.sluice(&["deploy", "--format", "json"]).exits(0).json();
    assert_eq!(nothing["outcome"], "nothing-to-do");
}

#[test]
fn a_database_that_moves_while_others_are_worked_on_is_computed_anew() {
    let shop = Declared::with(Engine::Postgres(18), "", "");
    shop.sluice(&["deploy"]).exits(0);
    shop.write("schema/tables/users.sql", &SECOND.replace("CREATE INDEX", "-- CREATE INDEX")).commit("Moods");
    let mut session = PsqlSession::open(shop.database("dev").url());
    session.run("begin; lock table users in access share mode");
    let mut deploy = shop.start(&["deploy"]);
    deploy.wait_for("blocked by");
    // What was computed for prod does not fit any more.
    shop.database("prod").sql("alter table users add column mood varchar(9)");
    session.run("rollback");
    deploy.finish().exits(0);
    shop.database("prod").sql("insert into users (id, name) values (1, 'Ann')");
    assert_eq!(shop.database("prod").sql("select mood from users"), "fine");
    let nothing = shop.sluice(&["deploy", "--format", "json"]).exits(0).json();
    assert_eq!(nothing["outcome"], "nothing-to-do");
}
