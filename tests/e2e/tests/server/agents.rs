use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_e2e::{Agent, Project, Server};
use sluice_testkit::{Fault, FaultProxy, TestDatabase, newest_postgres};

/// Waits in its transaction until there is a row in `gate`: the test decides how long it runs.
const WAITING: &str = "do $$ begin while not exists (select from gate) loop perform pg_sleep(0.01); end loop; end $$;\n\
                       insert into effects values (2);\n";

/// Two regions with a database each, which only their agents know.
struct World {
    server: Server,
    repository: Project,
    eu: TestDatabase,
    us: TestDatabase,
}

impl World {
    /// The second change waits in both.
    fn new(second: &str) -> Self {
        let repository = Project::git();
        let mut config = "[project]\nname = \"shop\"\n[[environment]]\nname = \"dev\"\n".to_owned();
        for region in ["eu", "us"] {
            config.push_str(&format!(
                "[[database]]\nname = \"shop-{region}\"\nenvironment = \"dev\"\nurl = \"env:SHOP_URL\"\nagent = {{ region = \"{region}\" }}\n"
            ));
        }
        repository.write("sluice.toml", &config);
        repository.write(
            "migrations/0001_effects.sql",
            "create table effects (n int);\ncreate table gate (open int);\ninsert into effects values (1);\n",
        );
        repository.write("migrations/0002_second.sql", second);
        repository.write("migrations/0003_last.sql", "insert into effects values (3);\n");
        repository.commit("effects");
        // What the reference names on the server is nothing that a database of agents may be taken for.
        let server = Server::start(&[("SHOP_URL", "sqlite:/nowhere/shop.db")]).keeping_its_address();
        let postgres = newest_postgres();
        Self { server, repository, eu: postgres.database(), us: postgres.database() }
    }

    fn agent(&self, region: &str) -> Agent {
        self.agent_with(region, &[])
    }

    fn agent_with(&self, region: &str, more: &[&str]) -> Agent {
        let url = if region == "eu" { self.eu.url() } else { self.us.url() };
        let labels = format!("region={region}");
        Agent::start_with(&self.server, &self.server.url(), &labels, &[("SHOP_URL", url)], more)
    }

    fn make_known(&self) {
        let url = format!("file://{}", self.repository.root().display());
        let body = json!({ "name": "shop", "url": url, "interval_seconds": 86400 });
        self.server.post(&self.server.admin, "/api/v1/projects", &body).is(201);
    }

    fn sync(&self) {
        self.server.post(&self.server.admin, "/api/v1/projects/shop/sync", &json!({})).is(202);
    }

    fn wait_until_it_waits(&self, database: &TestDatabase) {
        let until = Instant::now() + Duration::from_secs(60);
        let running = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active' \
                       and application_name like 'sluice/%' and query like '%from gate%' and pid <> pg_backend_pid()";
        while database.psql(running) == "0" {
            assert!(Instant::now() < until, "the second change does not begin");
        }
    }

    fn is_done_once(&self) {
        for database in [&self.eu, &self.us] {
            let effects = "select n, count(*) from effects group by n order by n";
            assert_eq!(database.psql(effects), "1|1\n2|1\n3|1");
            let applied =
                "select version, count(*) from sluice.revision where state = 'applied' group by 1 order by 1";
            assert_eq!(database.psql(applied), "0001|1\n0002|1\n0003|1");
        }
        let rollouts = self.server.get(&self.server.admin, "/api/v1/rollouts").is(200);
        // A look that found an agent away may have begun another one, which finds nothing left to do.
        assert_eq!(rollouts["rollouts"][0]["status"], "succeeded", "{rollouts}");
    }

    fn databases(&self) -> Vec<Value> {
        let list = self.server.get(&self.server.admin, "/api/v1/projects/shop/databases").is(200);
        list["databases"].as_array().unwrap().clone()
    }
}

const OPEN: &str = "insert into gate values (1)";

#[test]
fn a_rollout_goes_through_the_agents_of_two_regions() {
    let world = World::new("insert into effects values (2);\n");
    let _agents = [world.agent("eu"), world.agent("us")];
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    events.wait_for("target.event", |data| data["event"] == "change-started" && data["version"] == "0002");
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
    for database in world.databases() {
        assert_eq!(database["state"], "up-to-date");
        assert_eq!(database["applied"], json!(["0001", "0002", "0003"]));
    }
    let agents = world.server.get(&world.server.admin, "/api/v1/agents").is(200);
    let regions: Vec<_> =
        agents["agents"].as_array().unwrap().iter().map(|agent| agent["labels"]["region"].clone()).collect();
    assert_eq!(regions, ["eu", "us"]);
}

#[test]
fn another_agent_takes_over_from_one_that_is_killed() {
    let world = World::new(WAITING);
    let (mut first, _us) = (world.agent("eu"), world.agent("us"));
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    world.wait_until_it_waits(&world.eu);
    let _second = world.agent("eu");
    assert_eq!(first.stop("KILL").code, 137);
    world.eu.psql(OPEN);
    world.us.psql(OPEN);
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
}

#[test]
fn an_agent_that_is_told_to_stop_gives_its_work_back() {
    let world = World::new(WAITING);
    let (mut first, _us) = (world.agent("eu"), world.agent("us"));
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    world.wait_until_it_waits(&world.eu);
    assert_eq!(first.stop("TERM").code, 0);
    let _second = world.agent("eu");
    world.wait_until_it_waits(&world.eu);
    world.eu.psql(OPEN);
    world.us.psql(OPEN);
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
}

#[test]
fn what_agents_did_while_the_server_was_killed_is_told_once() {
    let mut world = World::new(WAITING);
    let (mut eu, mut us) = (world.agent("eu"), world.agent("us"));
    world.make_known();
    world.wait_until_it_waits(&world.eu);
    world.wait_until_it_waits(&world.us);
    assert_eq!(world.server.stop("KILL"), 137);
    world.eu.psql(OPEN);
    world.us.psql(OPEN);
    for agent in [&mut eu, &mut us] {
        agent.wait_for("shop-");
        agent.wait_for(" ended");
        agent.wait_for("does not answer");
    }
    world.server.run();
    let mut events = world.server.events(&world.server.admin, 0);
    events.wait_for("project.state", |data| data["state"] == "synced");
    for agent in [&mut eu, &mut us] {
        agent.wait_for("answers again");
    }
    world.is_done_once();
}

#[test]
fn an_agent_that_stood_still_finds_that_another_one_has_its_work() {
    let world = World::new(WAITING);
    let (mut first, _us) = (world.agent("eu"), world.agent("us"));
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    world.wait_until_it_waits(&world.eu);
    first.signal("STOP");
    let _second = world.agent("eu");
    world.eu.psql(OPEN);
    world.us.psql(OPEN);
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
    first.signal("CONT");
    first.wait_for("somebody else has taken over");
    assert_eq!(first.stop("TERM").code, 0);
    world.is_done_once();
}

#[test]
fn an_agent_that_is_cut_off_ends_what_it_has_begun_and_tells_it_once() {
    let world = World::new(WAITING);
    let proxy = FaultProxy::start(world.server.port());
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let eu = [("SHOP_URL", world.eu.url())];
    let mut cut = Agent::start_with(&world.server, &url, "region=eu", &eu, &[]);
    let _us = world.agent("us");
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    world.wait_until_it_waits(&world.eu);
    proxy.inject(Fault::BlackHole);
    world.eu.psql(OPEN);
    world.us.psql(OPEN);
    cut.wait_for("shop-eu ended");
    assert_eq!(world.eu.psql("select count(*) from effects"), "3");
    let rollouts = world.server.get(&world.server.admin, "/api/v1/rollouts").is(200);
    assert_eq!(rollouts["rollouts"][0]["status"], "running");
    // The first answer after that is lost, too.
    proxy.heal();
    proxy.inject(Fault::CutAnswerTo(b"/complete".to_vec()));
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
    assert_eq!(cut.stop("TERM").code, 0);
}

#[test]
fn databases_whose_agent_is_not_there_wait_and_go_on_when_it_comes() {
    let world = World::new("insert into effects values (2);\n");
    let _eu = world.agent("eu");
    let mut events = world.server.events(&world.server.admin, 0);
    world.make_known();
    events.wait_for("target.event", |data| data["event"] == "change-started" && data["version"] == "0003");
    let _us = world.agent("us");
    events.wait_for("project.state", |data| data["state"] == "synced");
    world.is_done_once();
}

#[test]
fn a_policy_keeps_an_agent_from_what_it_does_not_name() {
    let world = World::new("insert into effects values (2);\n");
    let policy = world.repository.path("policy.toml");
    let path = policy.display().to_string();
    for (text, why) in [
        ("projects = [\"other\"]\n", "the policy of the agent does not have the project `shop`"),
        ("environments = [\"prod\"]\n", "the policy of the agent does not have the environment `dev`"),
    ] {
        std::fs::write(&policy, text).unwrap();
        let mut agents = [world.agent_with("eu", &["--policy", &path]), world.agent("us")];
        if why.contains("project") {
            world.make_known();
        } else {
            world.sync();
        }
        let until = Instant::now() + Duration::from_secs(60);
        while !world.databases().iter().any(|it| it["message"].as_str().unwrap().contains(why)) {
            assert!(Instant::now() < until, "{why} is not in {:?}", world.databases());
        }
        agents.iter_mut().for_each(|agent| drop(agent.stop("TERM")));
        assert_eq!(world.eu.psql("select to_regclass('effects') is null"), "t");
    }
    // A ticket of somebody else is not even answered.
    let stranger = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    std::fs::write(&policy, format!("signers = [\"{stranger}\"]\n")).unwrap();
    let mut agent = world.agent_with("eu", &["--policy", &path]);
    world.sync();
    agent.wait_for("signed by nobody who is trusted");
    assert_eq!(world.eu.psql("select to_regclass('effects') is null"), "t");
    std::fs::write(&policy, "signer = []\n").unwrap();
    agent.stop("TERM");
    agent.fails().exits(2).says("unknown field `signer`");
}

#[test]
fn enrolment_counts_once_versions_must_be_near_and_a_revoked_agent_is_out() {
    let world = World::new("insert into effects values (2);\n");
    let server = &world.server;
    let mut agent = world.agent("eu");
    // The same token, from another folder.
    let second = Agent::prepared(server, &server.url(), "region=eu", &[], &[]);
    std::fs::copy(agent.path("token"), second.path("token")).unwrap();
    second.fails().exits(2).says("the enrolment token does not count");
    // What a token fixes counts, whatever the agent says.
    let list = server.get(&server.admin, "/api/v1/agents").is(200);
    assert_eq!(list["agents"].as_array().unwrap().len(), 1);

    // It takes a new key when it likes: here it must not.
    agent.stop("TERM").exits(0);
    let claim = json!({ "nonce": "n" }).to_string();
    let ask = |version: &str| {
        server.send("POST", &agent.key(), "/api/v1/agents/claim", &[("Sluice-Version", version)], &claim)
    };
    assert_eq!(ask("0.2.0").status, 204, "the next version is understood");
    let far = ask("0.9.0").is(426);
    assert_eq!(far["code"], "version-skew");
    assert!(far["detail"].as_str().unwrap().contains("0.9.0"), "{far}");
    assert_eq!(ask("").status, 426);

    // What belongs to nobody, or to somebody else, is refused.
    let job = json!({ "fence": 1, "report": { "outcome": "held", "reason": "x" } });
    let path = "/api/v1/agents/jobs/0000/complete";
    let sent = server.send("POST", &agent.key(), path, &[("Sluice-Version", "0.1.0")], &job.to_string());
    assert_eq!(sent.is(409)["code"], "fenced");

    let id = list["agents"][0]["id"].as_str().unwrap();
    server.send("DELETE", &server.admin, &format!("/api/v1/agents/{id}"), &[], "").is(200);
    assert_eq!(ask("0.1.0").status, 401);
    agent.fails().exits(2).says("the server refuses the agent");
}

#[test]
fn a_bundle_carries_a_release_to_where_the_repository_is_not() {
    let project = Project::git();
    let database = project.create_sqlite("dev.db");
    project.write(
        "sluice.toml",
        &format!(
            "[project]\nname = \"shop\"\n[[environment]]\nname = \"dev\"\n[[database]]\nname = \"d\"\nenvironment = \"dev\"\nurl = \"sqlite:{}\"\n",
            database.display()
        ),
    );
    project.write("migrations/0001_a.sql", "create table a (id integer);\n").commit("a");
    let openssl = |arguments: &[&str]| {
        let mut command = std::process::Command::new("openssl");
        assert!(command.args(arguments).current_dir(project.root()).status().unwrap().success());
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "key.pem"]);
    openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "other.pem"]);
    openssl(&["pkey", "-in", "other.pem", "-pubout", "-out", "other-public.pem"]);
    project.sluice(&["release", "create"]).exits(0);
    let digest = project.sluice(&["release", "show", "--format", "json"]).json()["digest"].clone();
    let bundle = ["release", "bundle", "--key-file", "key.pem", "--out"];
    for name in ["one.bundle", "two.bundle"] {
        project.sluice(&[bundle.as_slice(), &[name]].concat()).exits(0);
    }
    assert_eq!(project.read("one.bundle"), project.read("two.bundle"));

    let import = |file: &str, key: &str, into: &str| {
        project.sluice(&["release", "import", file, "--trust", key, "--into", into])
    };
    import("one.bundle", "other-public.pem", "x").exits(2).says("which is not trusted");
    import("one.bundle", "key.pem", "x").exits(2).says("is no Ed25519 key");
    project.write("cut.bundle", &project.read("one.bundle")[..500]);
    import("cut.bundle", "public.pem", "x").exits(2).says("the bundle is damaged");
    assert!(!project.path("x").exists());
    import("one.bundle", "public.pem", "elsewhere").exits(0);
    import("one.bundle", "public.pem", "elsewhere").exits(2).says("is not empty");
    let config = ["--config", "elsewhere/sluice.toml"];
    let there = project.sluice(&[["release", "show", "--format", "json"].as_slice(), &config].concat());
    assert_eq!(there.json()["digest"], digest);
    project.sluice(&[["deploy"].as_slice(), &config].concat()).exits(0);
    assert_eq!(project.sqlite("dev.db", "select count(*) from a"), "0");

    // Other files are another release, which the key does not sign under this name.
    project.write("migrations/0002_b.sql", "create table b (id integer);\n");
    project.sluice(&[bundle.as_slice(), &["three.bundle"]].concat()).exits(2).says("check out the commit");
}
