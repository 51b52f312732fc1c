//! Two databases, with a session each, that are used for one pair after the other.

use std::sync::Arc;
use std::time::Duration;

use sluice_engine::shadow::{self, Script, read};
use sluice_engine::{Connect, Database, Limits, Query, Session};
use sluice_facts::{Options, Snapshot, transition};
use sluice_mysql::{Mysql, MysqlRules};
use sluice_pairs::{Likeness, Pair, Verdict, compare, differences};
use sluice_testkit::{MysqlDatabase, MysqlServer};

use crate::observer;

/// The name that the corpus gives to its database.
const NAME_IN_CORPUS: &str = "mysqldef_test";

pub struct Bench {
    runtime: tokio::runtime::Runtime,
    sides: [Side; 2],
}

impl Bench {
    pub fn new(server: &Arc<MysqlServer>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sides = [(); 2].map(|()| runtime.block_on(Side::new(server.database())));
        Self { runtime, sides }
    }

    pub fn judge(&mut self, pair: &Pair) -> [Verdict; 2] {
        let start = std::time::Instant::now();
        let verdicts = self.runtime.block_on(both_ways(&mut self.sides, pair));
        for side in &mut self.sides {
            self.runtime.block_on(side.sweep());
        }
        if std::env::var_os("PAIRS_TIMES").is_some() {
            eprintln!("{:>6} ms {}", start.elapsed().as_millis(), pair.name());
        }
        verdicts
    }
}

async fn both_ways([old, new]: &mut [Side; 2], pair: &Pair) -> [Verdict; 2] {
    for (side, text) in [(&mut *old, &pair.old), (&mut *new, &pair.new)] {
        if let Err(detail) = side.load(pair, text).await {
            return [Verdict::Failed { stage: "load", detail }, Verdict::Exact];
        }
    }
    let (was, is) = (old.snapshot.clone().unwrap(), new.snapshot.clone().unwrap());
    let (was_shown, is_shown) = (old.shown().await, new.shown().await);
    [old.become_like(&is, &is_shown, pair).await, new.become_like(&was, &was_shown, pair).await]
}

struct Side {
    database: MysqlDatabase,
    session: Box<dyn Session>,
    snapshot: Option<Snapshot>,
}

fn connect(url: String) -> Connect {
    Connect {
        url,
        run_id: "pairs".to_owned(),
        connect_timeout: Duration::from_secs(20),
        cancel: tokio_util::sync::CancellationToken::new(),
    }
}

impl Side {
    async fn new(database: MysqlDatabase) -> Self {
        let mut session = Mysql.connect(&connect(database.url())).await.unwrap();
        let limit = Some(Duration::from_secs(20));
        let limits = Limits { lock_timeout: limit, statement_timeout: limit, ..Limits::default() };
        session.set_limits(&limits).await.unwrap();
        Self { database, session, snapshot: None }
    }

    async fn load(&mut self, pair: &Pair, text: &str) -> Result<(), String> {
        let scripts = [("setup", pair.setup.as_str()), ("schema", text)]
            .map(|(name, text)| Script { name: name.to_owned(), text: text.to_owned() });
        let dialect = self.session.server().dialect;
        let place = connect(self.database.server().url(NAME_IN_CORPUS));
        let scripts =
            Mysql.in_scratch(dialect, &place, &scripts).map_err(|misplaced| misplaced.message.clone())?;
        shadow::load(self.session.as_mut(), &scripts).await.map_err(|error| error.to_string())?;
        let snapshot = read(self.session.as_mut()).await.map_err(|error| format!("{error} {error:?}"))?;
        if !snapshot.unmodelled.is_empty() {
            return Err(format!("not modelled: {:?}\n{}", snapshot.unmodelled, self.shown().await));
        }
        self.snapshot = Some(snapshot);
        Ok(())
    }

    async fn sweep(&mut self) {
        let name = self.database.name();
        for sql in [format!("DROP DATABASE {name}"), format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")]
        {
            self.session.query(&Query::new(sql, Vec::new())).await.unwrap();
        }
        self.session.reset().await.unwrap();
    }

    async fn shown(&mut self) -> String {
        observer::shown(self.session.as_mut(), self.database.name()).await
    }

    async fn become_like(&mut self, target: &Snapshot, shown: &str, pair: &Pair) -> Verdict {
        let online = std::env::var_os("PAIRS_OFFLINE").is_none();
        let options = Options { online, version: self.session.server().version };
        let from = self.snapshot.take().unwrap();
        let way = transition(&from, target, &MysqlRules, options);
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
        if let Err((at, error)) = shadow::run(self.session.as_mut(), &way.steps).await {
            return failed("apply", &format!("  {error}\n  in: {}", way.steps[at].sql));
        }
        let after = read(self.session.as_mut()).await.unwrap();
        if after.fingerprint() != target.fingerprint() || !after.unmodelled.is_empty() {
            return failed("facts", &differences(&after, target));
        }
        match compare(&self.shown().await, shown) {
            Likeness::Exact => Verdict::Exact,
            Likeness::UpToOrder => Verdict::UpToOrder,
            Likeness::Different(text) => failed("observer", &text),
        }
    }
}
