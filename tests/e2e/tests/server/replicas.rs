use std::time::{Duration, Instant};

use serde_json::json;
use sluice_e2e::{Project, Server};
use sluice_testkit::{Fault, FaultProxy, TestDatabase, newest_postgres};

/// Waits in its transaction until there is a row in `gate`: the test decides how long it runs.
const WAITING: &str = "do $$ begin while not exists (select from gate) loop perform pg_sleep(0.01); end loop; end $$;\n\
                       insert into effects values (2);\n";

/// One store, one target, and a repository whose second change waits for the test.
struct Fleet {
    store: TestDatabase,
    target: TestDatabase,
    repository: Project,
}

impl Fleet {
    fn new() -> Self {
        let server = newest_postgres();
        let repository = Project::git();
        repository.write(
            "sluice.toml",
            "[project]\nname = \"shop\"\n[[environment]]\nname = \"dev\"\n\
             [[database]]\nname = \"shop-dev\"\nenvironment = \"dev\"\nurl = \"env:SHOP_DEV_URL\"\n",
        );
        let first =
            "create table effects (n int);\ncreate table gate (open int);\ninsert into effects values (1);\n";
        repository.write("migrations/0001_effects.sql", first);
        repository.write("migrations/0002_waits.sql", WAITING);
        repository.write("migrations/0003_last.sql", "insert into effects values (3);\n");
        repository.commit("effects");
        Self { store: server.database(), target: server.database(), repository }
    }

    /// The first server.
    fn start(&self) -> Server {
        self.start_at(self.store.url())
    }

    /// The first server, which reaches the store in its own way. The URL with its password comes by reference.
    fn start_at(&self, store: &str) -> Server {
        Server::start(&[
            ("SLUICE_STORE", "env:STORE_URL"),
            ("STORE_URL", store),
            ("SHOP_DEV_URL", self.target.url()),
        ])
    }

    fn make_known(&self, server: &Server) {
        let url = format!("file://{}", self.repository.root().display());
        let body = json!({ "name": "shop", "url": url, "interval_seconds": 86400 });
        server.post(&server.admin, "/api/v1/projects", &body).is(201);
    }

    /// Waits until the second change runs on the target.
    fn wait_until_it_waits(&self) {
        let until = Instant::now() + Duration::from_secs(60);
        let running = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active' \
                       and application_name like 'sluice/%' and query like '%from gate%' and pid <> pg_backend_pid()";
        while self.target.psql(running) == "0" {
            assert!(Instant::now() < until, "the second change does not begin");
        }
    }

    fn let_it_go_on(&self) {
        self.target.psql("insert into gate values (1)");
    }

    /// Everything was done once, and says so.
    fn is_done_once(&self, server: &Server) {
        assert_eq!(
            self.target.psql("select n, count(*) from effects group by n order by n"),
            "1|1\n2|1\n3|1"
        );
        let applied =
            "select version, count(*) from sluice.revision where state = 'applied' group by 1 order by 1";
        assert_eq!(self.target.psql(applied), "0001|1\n0002|1\n0003|1");
        let rollouts = server.get(&server.admin, "/api/v1/rollouts").is(200);
        assert_eq!(rollouts["rollouts"].as_array().unwrap().len(), 1, "{rollouts}");
        assert_eq!(rollouts["rollouts"][0]["status"], "succeeded");
        let audit = server.get(&server.admin, "/api/v1/audit/export");
        self.repository.write("audit.jsonl", &audit.text);
        self.repository.sluice(&["audit", "verify", "audit.jsonl"]).exits(0).says("whole and unchanged");
    }
}

#[test]
fn a_replica_goes_on_with_what_another_one_was_doing_when_it_was_killed() {
    let fleet = Fleet::new();
    let mut first = fleet.start();
    fleet.make_known(&first);
    fleet.wait_until_it_waits();
    let second = first.replica(&[]);
    let mut events = second.events(&second.admin, 0);
    assert_eq!(first.stop("KILL"), 137);
    fleet.let_it_go_on();
    events.wait_for("project.state", |data| data["state"] == "synced");
    fleet.is_done_once(&second);
}

#[test]
fn a_replica_that_stood_still_for_longer_than_its_lease_finds_that_another_one_has_done_its_work() {
    let fleet = Fleet::new();
    let mut first = fleet.start();
    fleet.make_known(&first);
    fleet.wait_until_it_waits();
    let second = first.replica(&[]);
    let mut events = second.events(&second.admin, 0);
    first.signal("STOP");
    fleet.let_it_go_on();
    events.wait_for("project.state", |data| data["state"] == "synced");
    fleet.is_done_once(&second);
    let generation = fleet.store.psql("select generation, sequence, state from sluice_server.rollout");

    // The zombie wakes up: it serves, and what it was doing is somebody else's.
    first.signal("CONT");
    let project = first.get(&first.admin, "/api/v1/projects/shop").is(200);
    assert_eq!(project["state"], "synced");
    assert_eq!(first.stop("TERM"), 0);
    fleet.is_done_once(&second);
    assert_eq!(
        fleet.store.psql("select generation, sequence, state from sluice_server.rollout"),
        generation,
        "the zombie has written to the rollout"
    );
}

#[test]
fn a_replica_that_is_cut_from_the_store_stops_and_another_one_goes_on() {
    let fleet = Fleet::new();
    let port = newest_postgres().port();
    let proxy = FaultProxy::start(port);
    let mut first = fleet.start_at(&proxy.url(fleet.store.url(), port));
    fleet.make_known(&first);
    fleet.wait_until_it_waits();
    let second = first.replica(&[("STORE_URL", fleet.store.url())]);
    let mut events = second.events(&second.admin, 0);
    proxy.inject(Fault::BlackHole);
    assert_eq!(first.get("", "/readyz").status, 503);
    fleet.let_it_go_on();
    events.wait_for("project.state", |data| data["state"] == "synced");
    fleet.is_done_once(&second);

    // The network is whole again.
    proxy.heal();
    let until = Instant::now() + Duration::from_secs(60);
    while first.get("", "/readyz").status != 200 {
        assert!(Instant::now() < until, "it does not find the store again");
    }
    assert_eq!(first.get(&first.admin, "/api/v1/projects/shop").is(200)["state"], "synced");
    assert_eq!(first.stop("TERM"), 0);
    fleet.is_done_once(&second);
}

#[test]
fn every_replica_serves_and_hears_what_happens_in_the_others() {
    let fleet = Fleet::new();
    fleet
        .repository
        .write("migrations/0002_waits.sql", "insert into effects values (2);\n")
        .commit("no gate");
    let first = fleet.start();
    let second = first.replica(&[]);
    let mut events = [first.events(&first.admin, 0), second.events(&second.admin, 0)];
    fleet.make_known(&second);
    for events in &mut events {
        events.wait_for("project.state", |data| data["state"] == "synced");
    }
    fleet.is_done_once(&first);
    // A request is done once, whichever server it is sent to.
    let body = json!({ "name": "other", "url": "file:///nowhere", "interval_seconds": 86400 }).to_string();
    let make = |server: &Server| {
        server.send("POST", &server.admin, "/api/v1/projects", &[("Idempotency-Key", "once")], &body)
    };
    assert_eq!(make(&first).is(201), make(&second).is(201));
}

#[test]
fn a_server_with_another_key_and_one_with_a_password_in_its_arguments_are_refused() {
    let fleet = Fleet::new();
    let first = fleet.start();
    let mut stranger = fleet.repository.command(&[
        "serve",
        "--data",
        "stranger",
        "--listen",
        "127.0.0.1:0",
        "--store",
        "env:STORE_URL",
    ]);
    let output = stranger.env("STORE_URL", fleet.store.url()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("key") && said.contains("server.key"), "{said}");
    let run = fleet.repository.sluice(&["serve", "--data", "other", "--store", "postgres://u:hush@h/d"]);
    run.exits(2).keeps_quiet_about("hush");
    assert_eq!(first.get("", "/readyz").status, 200);
}
