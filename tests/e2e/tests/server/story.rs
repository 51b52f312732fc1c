use serde_json::json;

use crate::kit::Team;

#[test]
fn a_push_is_rolled_out_to_dev_and_staging_waits_for_two_people_and_is_done_once() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();

    // The release, dev and staging by themselves; prod waits.
    events.wait_for("rollout.status", |data| data["status"] == "waiting");
    let project = events.wait_for("project.state", |data| data["state"] == "rolling-out");
    assert!(project["data"]["message"].as_str().unwrap().contains("prod"), "{project}");
    assert_eq!([team.tables("dev"), team.tables("staging"), team.tables("prod")], ["orders", "orders", ""]);
    let rollout = team.rollout();
    let path = format!("/api/v1/rollouts/{}", rollout["id"].as_str().unwrap());
    let why = server.get(&team.ann, &format!("{path}/why")).is(200);
    let closed: Vec<_> =
        why["gates"].as_array().unwrap().iter().filter(|it| it["result"] != "pass").collect();
    assert_eq!(closed.len(), 1, "{why}");
    assert_eq!(closed[0]["gate"], "approval");

    // One approval is not enough, given twice neither, and the admin's does not count at all.
    let approval = json!({ "plan": rollout["plan"], "environment": "prod" });
    let approve = |token: &str| server.post(token, &format!("{path}/approve"), &approval);
    assert_eq!(approve(&server.admin).is(403)["code"], "forbidden");
    let stale = json!({ "plan": "sha256:000000000000", "environment": "prod" });
    assert_eq!(server.post(&team.ann, &format!("{path}/approve"), &stale).is(409)["code"], "refused");
    approve(&team.ann).is(200);
    approve(&team.ann).is(200);
    assert_eq!(team.sync("rolling-out")["state"], "rolling-out");
    assert_eq!(team.tables("prod"), "");

    // The second person lets it go on.
    approve(&team.cid).is(200);
    events.wait_for("rollout.status", |data| data["status"] == "succeeded");
    events.wait_for("project.state", |data| data["state"] == "synced");
    assert_eq!(team.tables("prod"), "orders");
    let databases = server.get(&team.ann, "/api/v1/projects/shop/databases").is(200);
    for database in databases["databases"].as_array().unwrap() {
        assert_eq!((&database["state"], &database["applied"]), (&json!("up-to-date"), &json!(["0001"])));
    }

    // Pushed again: nothing.
    team.repository.write("README.md", "no change").commit("words");
    let project = team.sync("synced");
    assert_eq!(project["commit"], team.repository.run_git(&["rev-parse", "HEAD"]));
    let list = server.get(&server.admin, "/api/v1/rollouts").is(200);
    assert_eq!(list["rollouts"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(
        server.get(&server.admin, "/api/v1/releases").is(200)["releases"].as_array().unwrap().len(),
        1
    );

    // Whoever did what is in the log, which is whole.
    let file = team.exported();
    let said = team.repository.sluice(&["audit", "verify", "audit.jsonl"]).exits(0);
    assert!(said.stdout.contains("whole and unchanged"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    for action in ["project.create", "token.create", "rollout.approve", "\"outcome\":\"refused\""] {
        assert!(text.contains(action), "{action} is not in {text}");
    }
    std::fs::write(&file, text.replacen("Ann <ann", "Eve <eve", 1)).unwrap();
    team.repository.sluice(&["audit", "verify", "audit.jsonl"]).exits(1).says("was changed");
}

#[test]
fn a_killed_server_goes_on_where_it_was() {
    let mut team = Team::new();
    let slow: String = (0..40).map(|number| format!("create table t{number} (id integer);\n")).collect();
    for number in 2..30 {
        let text = slow.replace("table t", &format!("table c{number}_t"));
        team.repository.write(&format!("migrations/{number:04}_many.sql"), &text);
    }
    team.repository.commit("many");
    let admin = team.server.admin.clone();
    let mut events = team.server.events(&admin, 0);
    team.create();
    events.wait_for("rollout.event", |data| data["event"]["event"] == "tick");
    let last = events.last;
    assert_eq!(team.server.stop("KILL"), 137);

    team.server.run();
    let mut events = team.server.events(&admin, last);
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    for name in ["dev", "staging"] {
        let once = "select count(*), count(distinct version) from sluice_revision where state = 'applied'";
        assert_eq!(team.repository.sqlite(&format!("{name}.db"), once), "29|29");
    }
    assert_eq!(team.server.get(&admin, "/api/v1/rollouts").is(200)["rollouts"].as_array().unwrap().len(), 1);
    assert_eq!(team.server.stop("TERM"), 0);
}

#[test]
fn a_webhook_that_is_signed_has_the_branch_looked_at() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    let created = team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    team.repository.write("migrations/0002_items.sql", "create table items (id integer);\n").commit("items");

    let path = created["webhook_path"].as_str().unwrap();
    let secret = created["webhook_secret"].as_str().unwrap();
    let hook = |headers: &[(&str, &str)]| server.send("POST", "", path, headers, "{}").status;
    assert_eq!(hook(&[]), 401);
    assert_eq!(hook(&[("X-Gitlab-Token", "guessed")]), 401);
    assert_eq!(hook(&[("X-Hub-Signature-256", "sha256=00")]), 401);
    assert_eq!(hook(&[("X-Gitlab-Token", secret)]), 202);
    let wanted = team.repository.run_git(&["rev-parse", "HEAD"]);
    events.wait_for("project.state", |data| data["commit"] == wanted.as_str());
    assert_eq!(team.tables("staging"), "items orders");
    // The older rollout gave way.
    let list = server.get(&server.admin, "/api/v1/rollouts").is(200);
    let statuses: Vec<_> =
        list["rollouts"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, ["waiting", "cancelled"]);
}

#[test]
fn a_broken_configuration_is_told_and_nothing_is_done_and_rewritten_history_is_an_alarm() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");

    let config = team.repository.read("sluice.toml");
    team.repository.write("sluice.toml", &config.replace("approvals", "aprovals")).commit("slip");
    let project = team.sync("invalid");
    let message = project["message"].as_str().unwrap();
    assert!(message.contains("sluice.toml:") && message.contains("aprovals"), "{message}");
    assert!(!message.contains(&server.data().display().to_string()), "{message}");

    // Somebody takes back the change that dev and staging have, by rewriting history.
    team.repository.run_git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    team.repository.write("migrations/0001_orders.sql", "create table other (id integer);\n");
    team.repository.run_git(&["commit", "--quiet", "--all", "--amend", "--message", "other"]);
    let project = team.sync("rewritten");
    let message = project["message"].as_str().unwrap();
    assert!(message.contains("migrations/0001_orders.sql"), "{message}");
    assert_eq!([team.tables("dev"), team.tables("prod")], ["orders", ""]);
    // It is still an alarm the next time.
    team.sync("rewritten");
}

#[test]
fn a_flag_is_true_exactly_where_the_change_is_applied() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    let flag = |key: &str, context: serde_json::Value| {
        let body = json!({ "context": context });
        server.post(&team.ann, &format!("/ofrep/v1/evaluate/flags/{key}"), &body)
    };
    let value = |context| flag("schema.shop.1", context).is(200)["value"].clone();
    assert_eq!(value(json!({ "environment": "dev", "targetingKey": "user-1" })), true);
    assert_eq!(value(json!({ "database": "shop-staging" })), true);
    assert_eq!(value(json!({ "environment": "prod" })), false);
    assert_eq!(value(json!({})), false, "not everywhere");
    assert_eq!(value(json!({ "environment": "none" })), false);
    assert_eq!(flag("schema.shop.0002", json!({ "environment": "dev" })).is(200)["value"], false);
    for key in ["schema.other.1", "colour", "schema.shop", "schema.shop."] {
        assert_eq!(flag(key, json!({})).is(404)["errorCode"], "FLAG_NOT_FOUND", "{key}");
    }
    let answer = server.send("POST", &team.ann, "/ofrep/v1/evaluate/flags/schema.shop.1", &[], "{");
    assert_eq!(answer.is(400)["errorCode"], "PARSE_ERROR");
}
