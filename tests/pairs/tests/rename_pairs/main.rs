//! Pairs of our own in which names change, on every engine: each decided rename is done as one, the way is proved on the server, nothing
//! that holds rows goes, and the way back by the same renames is as good.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::time::Duration;

use sluice_engine::proof::{Base, Claim, prove};
use sluice_engine::rename::{Wish, ahead, carry};
use sluice_engine::shadow::{Script, elaborate};
use sluice_engine::{Connect, Database};
use sluice_facts::{Hazard, Options, Rename, candidates, transition, undecided};
use sluice_mysql::Mysql;
use sluice_pairs::{Pair, own_pairs};
use sluice_postgres::Postgres;
use sluice_sqlite::Sqlite;
use sluice_testkit::{mariadb, postgres};

const PAIRS: &str = include_str!("../../own/renames.sql");

#[test]
fn renames_on_postgres_keep_what_is_in_them() {
    go(&Postgres, postgres(15).database().url(), "postgres");
}

#[test]
fn renames_on_mariadb_keep_what_is_in_them() {
    go(&Mysql, &mariadb().database().url(), "mariadb");
}

#[test]
fn renames_on_sqlite_keep_what_is_in_them() {
    go(&Sqlite, "sqlite::memory:", "sqlite");
}

fn go(database: &dyn Database, url: &str, flavor: &str) {
    let connect = Connect {
        url: url.to_owned(),
        run_id: "renames".to_owned(),
        connect_timeout: Duration::from_secs(20),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pairs: Vec<Pair> =
        own_pairs(PAIRS).into_iter().filter(|pair| pair.flavor.as_deref() == Some(flavor)).collect();
    assert!(!pairs.is_empty());
    for pair in &pairs {
        let forwards: Vec<Rename> =
            pair.old.lines().filter_map(|line| Rename::parse(line.strip_prefix("-- rename ")?)).collect();
        let backwards = |it: &Rename| Rename { old: it.new.clone(), new: it.old.clone() };
        let backwards: Vec<Rename> = forwards.iter().map(backwards).collect();
        runtime.block_on(judge(database, &connect, pair, [&pair.old, &pair.new], &forwards));
        runtime.block_on(judge(database, &connect, pair, [&pair.new, &pair.old], &backwards));
    }
}

async fn judge(
    database: &dyn Database,
    connect: &Connect,
    pair: &Pair,
    [old, new]: [&String; 2],
    renames: &[Rename],
) {
    let name = pair.name();
    let script = |text: &String| [Script { name: name.clone(), text: text.clone() }];
    let (old, new) = (script(old), script(new));
    let (server, from) = elaborate(database, connect, &old).await.unwrap();
    let (_, to) = elaborate(database, connect, &new).await.unwrap();
    assert!(undecided(candidates(&from, &to), renames, &[]).is_empty(), "{name} asks for more");
    let rules = database.rules().unwrap();
    let base = Base::Scripts(&old);
    let wish = Wish { from: &from, to: &to, renames };
    let renamed =
        carry(database, connect, rules, base, wish).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(undecided(candidates(&renamed.schema, &to), renames, &[]).is_empty(), "{name} asks for more");
    let options = Options { online: false, version: server.version };
    let way = ahead(&renamed, transition(&renamed.schema, &to, rules, options), rules);
    let steps: Vec<&str> = way.steps.iter().map(|step| step.sql.as_str()).collect();
    let deletes = way.steps.iter().any(|step| step.hazards.contains(&Hazard::DeletesData));
    assert!(!deletes, "{name} deletes data: {steps:#?}");
    let claim = Claim { from: &from, to: &to, way: &way };
    let proved = prove(database, connect, rules, [base, Base::Facts], claim).await;
    proved.unwrap_or_else(|error| panic!("{name}: {error}: {steps:#?}"));
}
