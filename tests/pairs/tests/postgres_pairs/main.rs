//! Every pair of schemas on PostgreSQL: load the old one, find the way to the new one, go it, and compare with a direct load, judged by
//! `pg_dump`, which shares no code with us; and the way back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sluice_engine::shadow::{self, Script, read};
use sluice_engine::{Connect, Database, Limits, Query, Session};
use sluice_facts::{FactId, Kind, Options, Snapshot, Step, transition};
use sluice_pairs::{Likeness, Outcome, Pair, Score, Verdict, compare, differences, pairs};
use sluice_postgres::{Postgres, PostgresRules};
use sluice_testkit::{PostgresServer, TestDatabase};

/// Hundredths of a percent that must come out right. Goes up, never down.
const FLOOR: usize = 9_800;
/// One pair in so many is tried where `PAIRS=all` does not ask for every one: all of them take minutes.
const SAMPLE: usize = 12;

#[test]
fn every_pair_becomes_what_a_direct_load_gives() {
    let mut all = pairs("postgres");
    if all.is_empty() {
        return;
    }
    if std::env::var_os("PAIRS").is_none_or(|asked| asked != "all") {
        all = all.into_iter().step_by(SAMPLE).collect();
    }
    let server =
        PostgresServer::private_with(major(), &[("synchronous_commit", "off"), ("autovacuum", "off")]);
    // Roles and their like are the whole server's: those pairs wait for the others and run one by one.
    let (shared, alone): (Vec<Pair>, Vec<Pair>) =
        all.into_iter().partition(|pair| pair.cluster_objects.is_empty());
    create_roles(&server, &shared);
    let score = Mutex::new(Score::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut bench = Bench::new(&server);
                while let Some(pair) = shared.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcomes = bench.judge(pair);
                    score.lock().unwrap().0.extend(outcomes);
                }
            });
        }
    });
    let mut bench = Bench::new(&server);
    for pair in &alone {
        drop_roles(&server);
        create_roles(&server, std::slice::from_ref(pair));
        let outcomes = bench.judge(pair);
        score.lock().unwrap().0.extend(outcomes);
    }
    let mut score = score.into_inner().unwrap();
    score.0.sort_by(|a, b| a.name.cmp(&b.name));
    println!("{}", score.table());
    match std::env::var("PAIRS_FAILURES") {
        Ok(path) => std::fs::write(path, score.failures()).unwrap(),
        Err(_) => println!("{}", score.failures()),
    }
    if std::env::var_os("PAIRS_ONLY").is_none() {
        assert!(score.rate() >= FLOOR, "only {} of 10000 come out right, {FLOOR} did before", score.rate());
    }
}

/// The major version of the server; `PAIRS_POSTGRES` names another one. Newer ones than the installed `pg_dump` need
/// `PAIRS_NO_OBSERVER`: then the facts are the judge.
fn major() -> u32 {
    std::env::var("PAIRS_POSTGRES").map_or(15, |major| major.parse().unwrap())
}

fn create_roles(server: &PostgresServer, pairs: &[Pair]) {
    let mut roles: Vec<&String> = pairs.iter().flat_map(|pair| &pair.roles).collect();
    roles.sort();
    roles.dedup();
    for role in roles.into_iter().filter(|role| *role != "postgres") {
        server.psql(&format!("create role \"{role}\""));
    }
}

fn drop_roles(server: &PostgresServer) {
    let roles = server
        .psql("select quote_ident(rolname) from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'");
    for role in roles.lines() {
        server.psql(&format!("drop role {role}"));
    }
}

/// Two databases, with a session each, that are used for one pair after the other: to make and drop one takes longer than a pair.
struct Bench<'a> {
    server: &'a PostgresServer,
    runtime: tokio::runtime::Runtime,
    sides: [Side; 2],
}

impl<'a> Bench<'a> {
    fn new(server: &'a PostgresServer) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sides = [(); 2].map(|()| runtime.block_on(Side::new(server.database())));
        Self { server, runtime, sides }
    }

    fn judge(&mut self, pair: &Pair) -> [Outcome; 2] {
        let start = std::time::Instant::now();
        let [forwards, backwards] = self.runtime.block_on(both_ways(&mut self.sides, pair));
        for side in &mut self.sides {
            if !self.runtime.block_on(side.sweep()) {
                *side = self.runtime.block_on(Side::new(self.server.database()));
            }
        }
        if std::env::var_os("PAIRS_TIMES").is_some() {
            eprintln!("{:>6} ms {}", start.elapsed().as_millis(), pair.name());
        }
        let outcome = |direction: &str, verdict: Verdict| Outcome {
            source: pair.source.clone(),
            name: format!("{} {direction}", pair.name()),
            verdict,
        };
        let outcomes = [outcome("→", forwards), outcome("←", backwards)];
        if std::env::var_os("PAIRS_TIMES").is_some() {
            eprint!("{}", Score(outcomes.to_vec()).failures());
        }
        outcomes
    }
}

async fn both_ways([old, new]: &mut [Side; 2], pair: &Pair) -> [Verdict; 2] {
    for (side, text) in [(&mut *old, &pair.old), (&mut *new, &pair.new)] {
        if let Err(detail) = side.load(pair, text).await {
            return [Verdict::Failed { stage: "load", detail }, Verdict::Exact];
        }
    }
    let (was, is) = (old.snapshot.clone().unwrap(), new.snapshot.clone().unwrap());
    let (was_dump, is_dump) = (old.dump(), new.dump());
    [old.become_like(&is, &is_dump, pair).await, new.become_like(&was, &was_dump, pair).await]
}

async fn connect(url: &str) -> Box<dyn Session> {
    let connect = Connect {
        url: url.to_owned(),
        run_id: "pairs".to_owned(),
        connect_timeout: Duration::from_secs(20),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let mut session = Postgres.connect(&connect).await.unwrap();
    let limit = Some(Duration::from_secs(20));
    let limits = Limits { lock_timeout: limit, statement_timeout: limit, ..Limits::default() };
    session.set_limits(&limits).await.unwrap();
    session
}

/// Counts what a new database does not have.
const LEFT: &str = "SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384) + (SELECT count(*) FROM pg_type WHERE oid >= 16384) \
    + (SELECT count(*) FROM pg_proc WHERE oid >= 16384) + (SELECT count(*) FROM pg_namespace WHERE oid >= 16384 AND nspname <> 'public') \
    + (SELECT count(*) FROM pg_default_acl) + (SELECT count(*) FROM pg_cast WHERE oid >= 16384)";

/// Drops whatever a pair has made.
const SWEEP: &str = "DO $$ DECLARE r text; BEGIN \
    FOR r IN SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger \
    UNION ALL SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication \
    UNION ALL SELECT format('DROP FOREIGN DATA WRAPPER %I CASCADE', fdwname) FROM pg_foreign_data_wrapper \
    UNION ALL SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
    UNION ALL SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql' \
    UNION ALL SELECT format('DROP OWNED BY %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres' \
    UNION ALL SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s REVOKE ALL ON %s FROM %s', pg_get_userbyid(defaclrole), \
    CASE WHEN nspname IS NULL THEN '' ELSE format('IN SCHEMA %I', nspname) END, \
    CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END, \
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) \
    FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl) a WHERE defaclnamespace = 0 \
    LOOP EXECUTE r; END LOOP; \
    CREATE SCHEMA public; ALTER SCHEMA public OWNER TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC; \
    COMMENT ON SCHEMA public IS 'standard public schema'; END $$";

struct Side {
    database: TestDatabase,
    session: Box<dyn Session>,
    snapshot: Option<Snapshot>,
}

impl Side {
    async fn new(database: TestDatabase) -> Self {
        let session = connect(database.url()).await;
        Self { database, session, snapshot: None }
    }

    async fn load(&mut self, pair: &Pair, text: &str) -> Result<(), String> {
        let scripts = [("setup", pair.setup.as_str()), ("schema", text)]
            .map(|(name, text)| Script { name: name.to_owned(), text: text.to_owned() });
        shadow::load(self.session.as_mut(), &scripts).await.map_err(|error| error.to_string())?;
        let snapshot = read(self.session.as_mut()).await.map_err(|error| format!("{error} {error:?}"))?;
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// Whether the database is as a new one again.
    async fn sweep(&mut self) -> bool {
        let swept = async {
            self.session.reset().await?;
            self.session.query(&Query::new(SWEEP, Vec::new())).await?;
            self.session.query(&Query::new(LEFT, Vec::new())).await
        };
        let left = swept.await;
        left.is_ok_and(|rows| {
            rows.first().and_then(|row| row.first().cloned()).flatten().as_deref() == Some("0")
        })
    }

    fn dump(&self) -> String {
        if std::env::var_os("PAIRS_NO_OBSERVER").is_some() {
            return String::new();
        }
        let output = Command::new("pg_dump").args(["-s", "-d", self.database.url()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn become_like(&mut self, target: &Snapshot, dump: &str, pair: &Pair) -> Verdict {
        let online = std::env::var_os("PAIRS_ONLINE").is_some();
        let options = Options { online, version: major() * 10_000 };
        let from = self.snapshot.take().unwrap();
        let way = transition(&from, target, &PostgresRules, options);
        let steps: Vec<String> = way.steps.iter().map(|step| format!("{};", step.sql)).collect();
        let failed = |stage, detail: &str| Verdict::Failed {
            stage,
            detail: format!("{detail}\n  steps:\n    {}", steps.join("\n").replace('\n', "\n    ")),
        };
        if pair.kind == "noop" && !steps.is_empty() {
            return failed("not empty", &differences(&from, target));
        }
        if !way.broken.is_empty() {
            return failed("cycle", &way.broken.join("\n"));
        }
        let id = FactId::new(Kind::Schema, ["session"]);
        let mut all: Vec<Step> =
            way.prelude.iter().map(|sql| Step::new(sluice_facts::Verb::Alter, &id, sql.as_str())).collect();
        all.extend(way.steps.iter().cloned());
        if let Err((at, error)) = shadow::run(self.session.as_mut(), &all).await {
            return failed("apply", &format!("  {error}\n  in: {}", all[at].sql));
        }
        let after = read(self.session.as_mut()).await.unwrap();
        if after.fingerprint() != target.fingerprint() {
            return failed("facts", &differences(&after, target));
        }
        match compare(&self.dump(), dump) {
            Likeness::Exact => Verdict::Exact,
            Likeness::UpToOrder => Verdict::UpToOrder,
            Likeness::Different(text) => failed("observer", &text),
        }
    }
}
