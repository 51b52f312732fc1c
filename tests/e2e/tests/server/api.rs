use serde_json::{Value, json};

use crate::kit::Team;

#[test]
fn the_description_of_the_api_is_the_one_in_the_docs() {
    let team = Team::new();
    let served = team.server.get("", "/api/openapi.json").is(200);
    assert_eq!(served["openapi"], "3.1.0");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(served, kept, "run `cargo xtask generate` and commit the result");
}

#[test]
fn a_stream_goes_on_after_the_last_event_and_shows_only_what_may_be_seen() {
    let team = Team::new();
    let server = &team.server;
    team.create();
    let mut first = server.events(&team.ann, 0);
    first.wait_for("project.created", |_| true);
    first.wait_for("release.created", |_| true);
    let mut second = server.events(&team.ann, first.last);
    second.wait_for("project.state", |data| data["state"] == "rolling-out");
    assert!(second.last > first.last);
    // Everything again, in the same order.
    let mut again = server.events(&team.ann, 0);
    again.wait_for("release.created", |_| true);
    assert_eq!(again.last, first.last);

    // Somebody of another project sees only what is about that one.
    let far =
        server.token("person", "Far <far@example.com>", &json!([{ "role": "viewer", "project": "other" }]));
    let mut far = server.events(&far, 0);
    let body = json!({ "name": "other", "url": "file:///nowhere" });
    server.post(&server.admin, "/api/v1/projects", &body).is(201);
    let event = far.wait_for("project.state", |_| true);
    assert_eq!((&event["project"], &event["data"]["state"]), (&json!("other"), &json!("unreachable")));
}

#[test]
fn a_rollout_that_was_cancelled_stays_so_until_something_new_is_pushed() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    let path = format!("/api/v1/rollouts/{}", team.rollout()["id"].as_str().unwrap());
    let operator = server.token("person", "Oda <oda@example.com>", &json!([{ "role": "operator" }]));
    let pause = |what: &str, body: Value| server.post(&operator, &format!("{path}/{what}"), &body).is(200);
    assert_eq!(pause("pause", json!({ "reason": "lunch" }))["rollout"]["status"], "paused");
    assert_eq!(pause("resume", json!({}))["rollout"]["status"], "waiting");
    assert_eq!(pause("cancel", json!({ "reason": "wrong" }))["rollout"]["status"], "cancelled");
    let late = server.post(&operator, &format!("{path}/resume"), &json!({}));
    assert_eq!(late.is(409)["code"], "not-possible-now");
    let approval = json!({ "plan": team.rollout()["plan"], "environment": "prod" });
    let late = server.post(&team.ann, &format!("{path}/approve"), &approval);
    assert_eq!(late.is(409)["code"], "not-possible-now");
    team.sync("held");
    assert_eq!(server.get(&operator, "/api/v1/rollouts").is(200)["rollouts"].as_array().unwrap().len(), 1);

    team.repository.write("migrations/0002_items.sql", "create table items (id integer);\n").commit("items");
    team.sync("rolling-out");
    assert_eq!(team.tables("dev"), "items orders");
}

#[test]
fn what_failed_is_tried_again_when_a_person_wants_it() {
    let team = Team::new();
    let server = &team.server;
    team.repository.sqlite("dev.db", "create table orders (in_the_way integer)");
    let mut events = server.events(&server.admin, 0);
    team.create();
    let seen = events.wait_for("project.state", |data| data["state"] == "failed");
    assert!(seen["data"]["message"].as_str().unwrap().contains("orders"), "{seen}");
    team.repository.sqlite("dev.db", "drop table orders");
    // Not by itself.
    team.sync("failed");
    assert_eq!(team.tables("dev"), "");
    let path = format!("/api/v1/rollouts/{}/retry", team.rollout()["id"].as_str().unwrap());
    server.post(&server.admin, &path, &json!({ "database": "shop-dev" })).is(200);
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    assert_eq!([team.tables("dev"), team.tables("staging")], ["orders", "orders"]);
}
