use serde_json::{Value, json};
use sluice_e2e::{Answer, Server};

use crate::kit::Team;
use crate::signer::{Issuer, Signer, now, sign_shared, unsigned};

const GITHUB: &str = "https://token.actions.githubusercontent.com";

fn rules() -> Value {
    json!([{
        "name": "main of shop",
        "claims": { "repository_id": ["4711"], "ref": ["refs/heads/main"] },
        "grants": [{ "role": "releaser", "project": "shop" }],
    }])
}

fn claims() -> Value {
    json!({
        "iss": GITHUB, "aud": "sluice", "sub": "repo:acme/shop:ref:refs/heads/main", "iat": now(), "nbf": now(),
        "exp": now() + 300, "jti": format!("{:?}", std::time::Instant::now()), "repository": "acme/shop",
        "repository_id": "4711", "ref": "refs/heads/main", "run_id": "99",
    })
}

fn believe(server: &Server, signer: &Signer) {
    let body = json!({
        "name": "github", "preset": "github", "audiences": ["sluice"], "keys": signer.keys("k1"), "rules": rules(),
        "algorithms": [signer.algorithm()],
    });
    server.post(&server.admin, "/api/v1/issuers", &body).is(201);
}

fn log_in(server: &Server, assertion: &str) -> Answer {
    server.post("", "/api/v1/auth/workload", &json!({ "assertion": assertion }))
}

#[test]
fn a_pipeline_without_a_key_gets_a_token_that_does_what_its_rule_says() {
    let team = Team::new();
    let server = &team.server;
    team.create();
    let signer = Signer::rsa();
    believe(server, &signer);
    let answer = log_in(server, &signer.sign("k1", &claims())).is(201);
    let token = answer["secret"].as_str().unwrap();
    assert_eq!(answer["identity"], "github: repo:acme/shop:ref:refs/heads/main");
    assert_eq!(answer["grants"], json!([{ "role": "releaser", "project": "shop" }]));
    let me = server.get(token, "/api/v1/me").is(200);
    assert_eq!(
        (me["kind"].as_str(), me["expires_at"].clone()),
        (Some("service"), answer["expires_at"].clone())
    );
    server.post(token, "/api/v1/projects/shop/sync", &json!({})).is(202);
    server.get(token, "/api/v1/audit").is(403);
    // Who it was is in the audit log, with what was believed.
    let records = server.get(&server.admin, "/api/v1/audit?limit=200").is(200);
    let login =
        records["records"].as_array().unwrap().iter().find(|it| it["action"] == "workload.login").unwrap();
    assert_eq!(login["outcome"], "accepted");
    assert_eq!(login["detail"]["rules"], json!(["main of shop"]));
    assert_eq!(login["detail"]["claims"]["run_id"], "99");
    assert!(!records.to_string().contains(token));
    // An issuer that is believed no more takes its tokens with it.
    server.send("DELETE", &server.admin, "/api/v1/issuers/github", &[], "").is(200);
    server.get(token, "/api/v1/me").is(401);
    assert_eq!(log_in(server, &signer.sign("k1", &claims())).is(401)["code"], "issuer-unknown");
}

#[test]
fn each_kind_of_key_is_believed_for_its_own_algorithm() {
    for signer in [Signer::rsa(), Signer::p256(), Signer::ed25519()] {
        let server = Server::start(&[]);
        believe(&server, &signer);
        log_in(&server, &signer.sign("k1", &claims())).is(201);
        for name in ["RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA"]
            .iter()
            .filter(|it| **it != signer.algorithm())
        {
            let odd = signer.sign_as(&json!({ "alg": name, "kid": "k1" }), &claims());
            assert_eq!(log_in(&server, &odd).is(401)["code"], "algorithm-refused", "{name}");
        }
    }
}

#[test]
fn whatever_is_not_what_the_issuer_signed_for_us_now_is_refused_and_recorded() {
    let server = Server::start(&[]);
    let signer = Signer::rsa();
    believe(&server, &signer);
    let with = |name: &str, value: Value| {
        let mut changed = claims();
        changed[name] = value;
        signer.sign("k1", &changed)
    };
    let good = signer.sign("k1", &claims());
    log_in(&server, &good).is(201);
    let key = signer.key("k1");
    let none = format!("{}.", unsigned(&json!({ "alg": "none", "kid": "k1" }), &claims()));
    let header = json!({ "alg": "RS256", "kid": "k1" });
    // The signature of one on the claims of another.
    let moved = format!("{}.{}", unsigned(&header, &claims()), good.rsplit('.').next().unwrap());
    let stranger = Signer::p256();
    let attempts = [
        ("replayed", good, 401, "assertion-replayed"),
        ("same name again", with("jti", json!("once")), 201, ""),
        ("same name again", with("jti", json!("once")), 401, "assertion-replayed"),
        ("alg none", none, 401, "algorithm-refused"),
        (
            "public key as secret",
            sign_shared(key["n"].as_str().unwrap().as_bytes(), "k1", &claims()),
            401,
            "algorithm-refused",
        ),
        (
            "key set as secret",
            sign_shared(signer.keys("k1").to_string().as_bytes(), "k1", &claims()),
            401,
            "algorithm-refused",
        ),
        ("forged", moved, 401, "signature-wrong"),
        ("another's key", stranger.sign_as(&header, &claims()), 401, "signature-wrong"),
        ("unknown key", signer.sign("k2", &claims()), 401, "key-unknown"),
        ("expired", with("exp", json!(now() - 120)), 401, "assertion-expired"),
        ("early", with("nbf", json!(now() + 120)), 401, "assertion-early"),
        ("for a week", with("exp", json!(now() + 604_800)), 401, "assertion-long-lived"),
        ("no end", with("exp", Value::Null), 401, "claim-missing"),
        ("end in words", with("exp", json!("never")), 401, "claim-missing"),
        ("wrong audience", with("aud", json!("https://github.com/acme")), 401, "audience-wrong"),
        ("no audience", with("aud", Value::Null), 401, "claim-missing"),
        ("wrong issuer", with("iss", json!("https://evil.example.com")), 401, "issuer-unknown"),
        ("another repository", with("repository_id", json!("4712")), 403, "no-rule"),
        ("another branch", with("ref", json!("refs/heads/mainly")), 403, "no-rule"),
        ("giant", with("sub", json!("x".repeat(20_000))), 401, "assertion-too-long"),
        ("nothing", String::new(), 401, "assertion-malformed"),
        ("no token", "<script>".to_owned(), 401, "assertion-malformed"),
    ];
    let refused = attempts.iter().filter(|attempt| attempt.2 != 201).count();
    for (what, assertion, status, code) in attempts {
        let answer = log_in(&server, &assertion);
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        if status != 201 {
            assert_eq!(answer.json()["code"], code, "{what}");
        }
    }
    let records = server.get(&server.admin, "/api/v1/audit?limit=200").is(200);
    let recorded = records["records"].as_array().unwrap().iter();
    let recorded = recorded.filter(|it| it["action"] == "workload.login" && it["outcome"] == "refused");
    assert_eq!(recorded.count(), refused);
    let body = json!({ "assertion": "x", "colour": "red" });
    assert_eq!(server.post("", "/api/v1/auth/workload", &body).is(422)["code"], "invalid");
    assert_eq!(
        server.post("", "/api/v1/auth/workload", &json!({ "assertion": 1 })).is(422)["code"],
        "invalid"
    );
    let huge = json!({ "assertion": "x".repeat(300_000) });
    assert_eq!(server.post("", "/api/v1/auth/workload", &huge).is(413)["code"], "too-large");
}

#[test]
fn an_issuer_that_is_asked_for_its_keys_may_change_them() {
    let server = Server::start_with(&["--allow-private-addresses"]);
    let (old, new, newest) = (Signer::p256(), Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::start(old.keys("k1"));
    let body = json!({
        "name": "own", "preset": "custom", "url": issuer.url, "audiences": ["sluice"],
        "rules": [{ "name": "shop", "claims": { "sub": ["shop"] }, "grants": [{ "role": "viewer" }] }],
    });
    server.post(&server.admin, "/api/v1/issuers", &body).is(201);
    let log_in = |signer: &Signer, key: &str| {
        let mut claims = claims();
        claims["iss"] = json!(issuer.url);
        claims["sub"] = json!("shop");
        self::log_in(&server, &signer.sign(key, &claims))
    };
    log_in(&old, "k1").is(201);
    log_in(&old, "k1").is(201);
    assert_eq!(
        *issuer.asked.lock().unwrap(),
        ["/.well-known/openid-configuration", "/keys"],
        "keys are kept"
    );
    *issuer.keys.lock().unwrap() = new.keys("k2");
    log_in(&new, "k2").is(201);
    assert_eq!(log_in(&old, "k1").is(401)["code"], "key-unknown", "a key that was taken back");
    // Whoever invents keys does not make us ask each time.
    let asked = issuer.asked.lock().unwrap().len();
    assert_eq!(asked, 4);
    for _ in 0..5 {
        assert_eq!(log_in(&newest, "k3").is(401)["code"], "key-unknown");
    }
    assert_eq!(issuer.asked.lock().unwrap().len(), asked);
}

#[test]
fn issuers_that_could_let_in_the_wrong_ones_are_refused() {
    let server = Server::start(&[]);
    let keys = Signer::rsa().keys("k1");
    let good = json!({ "name": "github", "preset": "github", "audiences": ["sluice"], "keys": keys, "rules": rules() });
    let post = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        server.post(&server.admin, "/api/v1/issuers", &body)
    };
    let told = |change: &dyn Fn(&mut Value), told: &str| {
        let detail = post(change).is(422)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(told), "{detail}");
    };
    told(&|body| body["rules"][0]["claims"] = json!({ "repository": ["acme/shop"] }), "repository_id");
    told(&|body| body["rules"][0]["grants"] = json!([{ "role": "approver" }]), "approver");
    told(&|body| body["rules"][0]["grants"] = json!([{ "role": "admin" }]), "admin");
    told(&|body| body["rules"] = json!([]), "rules");
    told(&|body| body["audiences"] = json!([]), "audiences");
    told(&|body| body["algorithms"] = json!(["none"]), "none");
    told(&|body| body["algorithms"] = json!(["HS256"]), "HS256");
    told(&|body| body["keys"] = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] }), "shared key");
    told(&|body| body["lifetime_seconds"] = json!(86_400), "lifetime_seconds");
    told(&|body| body["preset"] = json!("forgejo"), "https://HOST/api/actions");
    for url in ["http://ci.example.com", "https://user@ci.example.com", "file:///etc/passwd"] {
        let change = |body: &mut Value| {
            body["keys"] = Value::Null;
            body["url"] = json!(url);
        };
        told(&change, "url");
    }
    post(&|_| ()).is(201);
    assert_eq!(post(&|body| body["name"] = json!("again")).is(409)["code"], "exists");
    let shown = server.get(&server.admin, "/api/v1/issuers/github").is(200);
    assert_eq!((shown["url"].as_str(), shown["algorithms"].clone()), (Some(GITHUB), json!(["RS256"])));
    // One that would have to be asked on this machine is not.
    let body = json!({
        "name": "own", "preset": "custom", "url": "https://127.0.0.1:1", "audiences": ["sluice"],
        "rules": [{ "name": "shop", "claims": { "sub": ["shop"] }, "grants": [{ "role": "viewer" }] }],
    });
    server.post(&server.admin, "/api/v1/issuers", &body).is(201);
    let mut claims = claims();
    claims["iss"] = json!("https://127.0.0.1:1");
    assert_eq!(log_in(&server, &Signer::rsa().sign("k1", &claims)).is(503)["code"], "issuer-unreachable");
}
