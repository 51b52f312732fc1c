//! Deployments that are told to stop.

use sluice_e2e::{Engine, Shop};
use sluice_testkit::PsqlSession;

/// A deployment that is stuck in a statement while the test holds a lock, then gets a signal.
fn stopped_by(signal: &str) {
    let shop = Shop::with_gates(Engine::Postgres(18), "", "");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    shop.write(
        "migrations/0003_note.sql",
        "CREATE TABLE notes (id integer PRIMARY KEY);\nALTER TABLE orders ADD COLUMN note text;\n",
    );
    shop.commit("Notes");
    let mut session = PsqlSession::open(shop.database("dev").url());
    session.run("begin; lock table orders in access share mode");
    let mut deploy = shop.start(&["deploy", "--env", "dev"]);
    deploy.wait_for("blocked by");
    deploy.signal(signal);
    let run = deploy.finish().exits(130);
    assert!(run.stderr.contains("stopping"), "{run}");
    assert_eq!(shop.applied("dev"), 2);
    assert_eq!(
        shop.database("dev").sql(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name like '%sluice%'"
        ),
        "0",
        "nothing of it is left on the server: {run}"
    );
    session.run("rollback");
    let run = shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    assert_eq!(shop.applied("dev"), 3, "{run}");
    assert_eq!(shop.database("dev").sql("select count(*) from notes"), "0");
}

#[test]
fn an_interrupted_deployment_stops_at_once_and_the_same_command_resumes() {
    stopped_by("INT");
}

#[test]
fn a_terminated_deployment_stops_at_once_and_the_same_command_resumes() {
    stopped_by("TERM");
}

#[test]
fn a_killed_deployment_is_taken_up_by_the_same_command() {
    let shop = Shop::with_gates(Engine::Postgres(18), "", "");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    shop.write("migrations/0003_note.sql", "ALTER TABLE orders ADD COLUMN note text;\n").commit("Notes");
    let mut session = PsqlSession::open(shop.database("dev").url());
    session.run("begin; lock table orders in access share mode");
    let mut deploy = shop.start(&["deploy", "--env", "dev"]);
    deploy.wait_for("blocked by");
    deploy.signal("KILL");
    deploy.finish().exits(137);
    session.run("rollback");
    shop.sluice(&["deploy", "--env", "dev"]).exits(0);
    assert_eq!(shop.applied("dev"), 3);
    let json = shop.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    assert_eq!(json["rollouts"][0]["status"], "succeeded");
}

#[test]
fn an_interrupted_wait_for_a_gate_ends_at_once() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "soak = \"1h\"");
    let mut deploy = shop.start(&["deploy", "--wait", "2h"]);
    deploy.wait_for("waiting");
    deploy.signal("INT");
    deploy.finish().exits(130);
    assert_eq!((shop.applied("staging"), shop.applied("prod")), (2, 0));
    shop.sluice(&["deploy"]).exits(5).says("soak");
}
