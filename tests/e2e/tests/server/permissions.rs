use std::collections::BTreeSet;

use serde_json::{Value, json};

use sluice_e2e::Agent;

use crate::kit::Team;

const ROLES: [&str; 6] = ["viewer", "developer", "releaser", "approver", "operator", "admin"];

/// Every route that wants a token, and who may: written down here once more, so that nobody changes the matrix unseen.
const ROUTES: &[(&str, &str, &[&str])] = &[
    ("GET", "/api/v1/me", &ROLES),
    ("GET", "/api/v1/projects", &ROLES),
    ("GET", "/api/v1/projects/{project}", &ROLES),
    ("GET", "/api/v1/projects/{project}/databases", &ROLES),
    ("GET", "/api/v1/releases", &ROLES),
    ("GET", "/api/v1/releases/{release}", &ROLES),
    ("GET", "/api/v1/rollouts", &ROLES),
    ("GET", "/api/v1/rollouts/{rollout}", &ROLES),
    ("GET", "/api/v1/rollouts/{rollout}/why", &ROLES),
    ("POST", "/api/v1/projects/{project}/sync", &["releaser", "admin"]),
    ("POST", "/api/v1/rollouts/{rollout}/approve", &["approver"]),
    ("POST", "/api/v1/rollouts/{rollout}/reject", &["approver"]),
    ("POST", "/api/v1/rollouts/{rollout}/pause", &["operator", "admin"]),
    ("POST", "/api/v1/rollouts/{rollout}/resume", &["operator", "admin"]),
    ("POST", "/api/v1/rollouts/{rollout}/retry", &["operator", "admin"]),
    ("POST", "/api/v1/rollouts/{rollout}/cancel", &["operator", "admin"]),
    ("POST", "/api/v1/projects", &["admin"]),
    ("GET", "/api/v1/audit", &["admin"]),
    ("GET", "/api/v1/audit/export", &["admin"]),
    ("GET", "/api/v1/tokens", &["admin"]),
    ("POST", "/api/v1/tokens", &["admin"]),
    ("DELETE", "/api/v1/tokens/{token}", &["admin"]),
    ("GET", "/api/v1/agents", &["admin"]),
    ("POST", "/api/v1/agents/enrolments", &["admin"]),
    ("DELETE", "/api/v1/agents/{agent}", &["admin"]),
    // These are for the keys of agents, and for no token of anybody else.
    ("POST", "/api/v1/agents/enrol", &[]),
    ("POST", "/api/v1/agents/key", &[]),
    ("POST", "/api/v1/agents/claim", &[]),
    ("GET", "/api/v1/agents/jobs/{job}/bundle", &[]),
    ("POST", "/api/v1/agents/jobs/{job}/renew", &[]),
    ("POST", "/api/v1/agents/jobs/{job}/events", &[]),
    ("POST", "/api/v1/agents/jobs/{job}/complete", &[]),
    ("GET", "/api/v1/issuers", &["admin"]),
    ("POST", "/api/v1/issuers", &["admin"]),
    ("GET", "/api/v1/issuers/{issuer}", &["admin"]),
    ("DELETE", "/api/v1/issuers/{issuer}", &["admin"]),
    ("GET", "/api/v1/events", &ROLES),
    ("POST", "/ofrep/v1/evaluate/flags/{key}", &ROLES),
];

/// Routes that want no token.
const OPEN: [(&str, &str); 5] = [
    ("POST", "/api/v1/auth/workload"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/api/v1/projects/{project}/webhook"),
];

#[test]
fn every_route_lets_in_the_roles_of_the_matrix_and_nobody_else() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    let rollout = team.rollout();
    let text = |value: &Value| value.as_str().unwrap().to_owned();

    // All routes that the server describes are here.
    let document = server.get("", "/api/openapi.json").is(200);
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        described
            .extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let open = OPEN.iter().copied();
    let listed = ROUTES.iter().map(|(method, path, _)| (*method, *path)).chain(open);
    let listed: BTreeSet<_> = listed.map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described, listed);

    let fill = |path: &str| {
        path.replace("{project}", "shop")
            .replace("{release}", &text(&rollout["release"]))
            .replace("{rollout}", &text(&rollout["id"]))
            .replace("{token}", "000000")
            .replace("{agent}", "000000")
            .replace("{job}", "000000")
            .replace("{issuer}", "none")
    };
    let ask = |token: &str, method: &str, path: &str| match path {
        // It never ends where it is allowed: the head is enough.
        "/api/v1/events" => server.send(method, token, "/api/v1/events?after=x", &[], "").status,
        _ => server.send(method, token, &fill(path), &[("Sluice-Version", "0.1.0")], "{\"odd\":1}").status,
    };
    for role in ROLES {
        let token =
            server.token("person", &format!("{role} <{role}@example.com>"), &json!([{ "role": role }]));
        let elsewhere = json!([{ "role": role, "project": "other" }]);
        let elsewhere = server.token("person", &format!("far {role} <far-{role}@example.com>"), &elsewhere);
        for (method, path, allowed) in ROUTES {
            let status = ask(&token, method, path);
            let let_in = !matches!(status, 401 | 403);
            assert_eq!(let_in, allowed.contains(&role), "{role}: {method} {path}: {status}");
            // In another project it is as if there were nothing.
            if path.contains("{project}") || path.contains("{release}") || path.contains("{rollout}") {
                let status = ask(&elsewhere, method, path);
                assert!(matches!(status, 404 | 422), "{role} of another project: {method} {path}: {status}");
            }
            assert_eq!(ask("", method, path), 401, "{method} {path}");
        }
        for path in ["/api/v1/audit", "/api/v1/tokens"] {
            assert_eq!(ask(&elsewhere, "GET", path), 403, "{role} of another project: {path}");
        }
        let list = server.get(&elsewhere, "/api/v1/rollouts").is(200);
        assert_eq!(list["rollouts"], json!([]));
        assert_eq!(server.get(&elsewhere, "/api/v1/projects").is(200)["projects"], json!([]));
    }
}

#[test]
fn an_agent_gets_past_no_route_but_its_own() {
    let team = Team::new();
    let server = &team.server;
    team.create();
    let mut agent = Agent::start(server, "region=eu", &[]);
    // It takes a new key when it likes.
    agent.stop("TERM").exits(0);
    let key = agent.key();
    for (method, path, allowed) in ROUTES {
        let path =
            path.replace("{project}", "shop").replace("{token}", "0").replace("{key}", "schema.shop.1");
        let path = path
            .replace("{release}", "0")
            .replace("{rollout}", "0")
            .replace("{agent}", "0")
            .replace("{job}", "0");
        let status = server.send(method, &key, &path, &[("Sluice-Version", "0.1.0")], "{\"odd\":1}").status;
        // The token of another one is needed to become known.
        let own = allowed.is_empty() && path != "/api/v1/agents/enrol";
        assert_eq!(status != 401, own, "{method} {path}: {status}");
    }
}

#[test]
fn who_releases_and_who_wrote_it_and_what_is_no_person_cannot_pass_a_gate() {
    let team = Team::new();
    let server = &team.server;
    let mut events = server.events(&server.admin, 0);
    team.create();
    events.wait_for("project.state", |data| data["state"] == "rolling-out");
    let rollout = team.rollout();
    let path = format!("/api/v1/rollouts/{}/approve", rollout["id"].as_str().unwrap());
    let body = json!({ "plan": rollout["plan"], "environment": "prod" });
    let code = |kind: &str, identity: &str, grants: Value| {
        let token = server.token(kind, identity, &grants);
        let answer = server.post(&token, &path, &body);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let approver = json!([{ "role": "approver" }]);
    let both = json!([{ "role": "approver" }, { "role": "releaser", "project": "shop" }]);
    let said = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code("person", "Ann <ann@example.com>", both), said(403, "separation-of-duties"));
    assert_eq!(code("service", "ci", approver.clone()), said(403, "people-only"));
    // Bob has written the commit, and stands in the rule.
    assert_eq!(code("person", "Bob <bob@example.com>", approver.clone()), said(409, "refused"));
    assert_eq!(code("person", "Eve <eve@example.com>", approver), said(409, "refused"));
    // A role in another environment is none in this.
    let staging = json!([{ "role": "approver", "project": "shop", "environment": "staging" }]);
    assert_eq!(code("person", "Cid <cid@example.com>", staging), said(403, "forbidden"));
    assert_eq!(team.tables("prod"), "");
}
