use serde_json::json;
use sluice_e2e::{Project, Server};

#[test]
fn what_makes_no_sense_is_a_problem_with_a_code() {
    let server = Server::start(&[]);
    let admin = &server.admin;
    let project = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut body = json!({ "name": "shop", "url": "https://example.com/shop" });
        change(&mut body);
        server.post(admin, "/api/v1/projects", &body)
    };
    for (field, values) in [
        ("name", vec!["", "../x", "a/b", ".hidden", "<b>", "späť"]),
        ("url", vec!["http://example.com/x", "ext::sh -c id", "-x", "https://a:b@example.com/x", "/etc"]),
        ("branch", vec!["", "-x", "a..b", "a b", "x.lock", "/x", "a\u{0}b"]),
        ("path", vec!["..", "/etc", "a/../b", ".git", "a\\b"]),
    ] {
        for value in values {
            let answer = project(&|body| body[field] = json!(value));
            assert_eq!(answer.is(422)["code"], "invalid", "{field} {value}");
        }
    }
    assert_eq!(project(&|body| body["interval_seconds"] = json!(1)).is(422)["code"], "invalid");
    assert_eq!(project(&|body| body["colour"] = json!("red")).is(422)["code"], "invalid");
    assert!(project(&|_| ()).headers.contains("content-type: application/json"));
    assert_eq!(project(&|_| ()).is(409)["code"], "exists");
    let send = |method: &str, path: &str, body: &str| server.send(method, admin, path, &[], body);
    assert_eq!(send("POST", "/api/v1/projects", "{").is(422)["code"], "invalid");
    assert_eq!(send("POST", "/api/v1/projects", &"x".repeat(256 * 1024 + 1)).is(413)["code"], "too-large");
    assert_eq!(send("GET", "/api/v1/nothing", "").is(404)["code"], "not-found");
    assert_eq!(send("PUT", "/api/v1/projects", "").is(405)["code"], "method-not-allowed");
    assert_eq!(send("GET", "/api/v1/rollouts?limit=0", "").is(422)["code"], "invalid");
    assert_eq!(send("GET", "/api/v1/rollouts?colour=red", "").is(422)["code"], "invalid");
    assert_eq!(send("GET", "/api/v1/rollouts/none", "").is(404)["code"], "not-found");
    let refused = server.get("sluice_guessed", "/api/v1/projects");
    assert_eq!(refused.is(401)["code"], "unauthenticated");
    assert!(refused.headers.contains("www-authenticate: bearer"));
    assert!(refused.headers.contains("content-type: application/problem+json"));
}

#[test]
fn a_request_with_a_key_is_answered_once_more_and_done_once() {
    let server = Server::start(&[]);
    let send = |name: &str| {
        let body = json!({ "name": name, "url": "https://example.invalid/shop" }).to_string();
        server.send("POST", &server.admin, "/api/v1/projects", &[("Idempotency-Key", "k1")], &body)
    };
    let first = send("shop").is(201);
    assert_eq!(send("shop").is(201), first);
    assert_eq!(send("other").is(422)["code"], "key-reused");
    let body = json!({ "kind": "service", "identity": "ci", "grants": [{ "role": "viewer" }] }).to_string();
    let token = server.send("POST", &server.admin, "/api/v1/tokens", &[("Idempotency-Key", "k2")], &body);
    assert_eq!(token.is(422)["code"], "invalid");
}

#[test]
fn a_revoked_token_is_nobodys_and_a_second_server_in_the_folder_is_refused() {
    let server = Server::start(&[]);
    let token = server.token("person", "Ann <ann@example.com>", &json!([{ "role": "viewer" }]));
    let id = server.get(&token, "/api/v1/me").is(200)["id"].as_str().unwrap().to_owned();
    server.send("DELETE", &server.admin, &format!("/api/v1/tokens/{id}"), &[], "").is(200);
    assert_eq!(server.get(&token, "/api/v1/me").status, 401);

    let data = server.data().display().to_string();
    let elsewhere = Project::new();
    let second = elsewhere.sluice(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    second.exits(4).says("another sluice is at work here");
}

#[test]
fn a_repository_cannot_reach_into_the_server() {
    let repository = Project::git();
    let server = Server::start(&[]);
    let state = server.data().join("state.db").display().to_string();
    let mut events = server.events(&server.admin, 0);
    let escaped = format!("sqlite:{}", state.replacen('/', "%2f", 9).replace("%2fstate.db", "/state%2edb"));
    let far = repository.path("far.db").display().to_string();
    let plain = "create table a (id integer);\n".to_owned();
    let attached = format!("ATTACH '{state}' AS s;\n");
    for (name, url, folder, sql, told) in [
        ("own", format!("sqlite:{state}"), "migrations", &plain, "takes this file for no database"),
        ("escaped", escaped, "migrations", &plain, "takes this file for no database"),
        ("near", "sqlite:shop.db".to_owned(), "migrations", &plain, "takes this file for no database"),
        ("program", "exec:touch /tmp/never".to_owned(), "migrations", &plain, "starts no programs"),
        ("attached", format!("sqlite:{far}"), "migrations", &attached, "not authorized"),
        ("beside", format!("sqlite:{far}"), "..", &plain, "outside of the repository"),
    ] {
        let config = format!(
            "[project]\nname = \"{name}\"\nmigrations = \"{folder}\"\n[[environment]]\nname = \"dev\"\n\
             [[database]]\nname = \"it\"\nenvironment = \"dev\"\nurl = \"{url}\"\n"
        );
        repository.write("sluice.toml", &config);
        repository.write("migrations/1_a.sql", sql).commit(name);
        repository.run_git(&["branch", name]);
        let body =
            json!({ "name": name, "branch": name, "url": format!("file://{}", repository.root().display()) });
        server.post(&server.admin, "/api/v1/projects", &body).is(201);
        let seen =
            events.wait_for("project.state", |data| data["state"] == "failed" || data["state"] == "invalid");
        assert!(seen["data"]["message"].as_str().unwrap().contains(told), "{seen}");
    }
}
