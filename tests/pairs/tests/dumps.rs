//! Every schema of the corpus, and that of the example, written as files and loaded again: the same schema comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::time::Duration;

use sluice_engine::shadow::{Script, elaborate};
use sluice_engine::{Connect, Database};
use sluice_facts::{Snapshot, dump};
use sluice_pairs::{Pair, differences, own_pairs, pairs};
use sluice_report::terminated;
use sluice_testkit::repository;

/// One pair in so many is tried where `PAIRS=all` does not ask for every one.
const SAMPLE: usize = 25;

#[test]
fn schemas_come_back_from_files_on_postgres() {
    let server = sluice_testkit::PostgresServer::private_with(15, &[("synchronous_commit", "off")]);
    let all: Vec<Pair> =
        chosen(pairs("postgres")).into_iter().filter(|pair| pair.cluster_objects.is_empty()).collect();
    let mut roles: Vec<&String> = all.iter().flat_map(|pair| &pair.roles).collect();
    roles.sort();
    roles.dedup();
    for role in roles.into_iter().filter(|role| *role != "postgres") {
        server.psql(&format!("create role \"{role}\""));
    }
    come_back(&sluice_postgres::Postgres, &server.url("postgres"), &all);
}

#[test]
fn schemas_come_back_from_files_on_mariadb() {
    // The name that the corpus gives to its database.
    let server =
        std::sync::Arc::new(sluice_testkit::private_mariadb(&["--innodb-flush-log-at-trx-commit=0"]));
    server.database().sql("create database mysqldef_test character set utf8mb4");
    let mut all = chosen(pairs("mysql"));
    all.extend(own_pairs(include_str!("../own/mysql.sql")));
    all.retain(|pair| {
        pair.flavor.as_deref().is_none_or(|flavor| flavor.contains("maria") && !flavor.contains('!'))
    });
    come_back(&sluice_mysql::Mysql, &server.url("mysqldef_test"), &all);
}

#[test]
fn schemas_come_back_from_files_on_sqlite() {
    let mut all = chosen(pairs("sqlite"));
    all.extend(own_pairs(include_str!("../own/sqlite.sql")));
    come_back(&sluice_sqlite::Sqlite, "sqlite::memory:", &all);
}

fn chosen(pairs: Vec<Pair>) -> Vec<Pair> {
    let all = std::env::var_os("PAIRS").is_some_and(|asked| asked == "all");
    pairs.into_iter().step_by(if all { 1 } else { SAMPLE }).collect()
}

fn come_back(database: &dyn Database, url: &str, pairs: &[Pair]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connect = Connect {
        url: url.to_owned(),
        run_id: "dumps".to_owned(),
        connect_timeout: Duration::from_secs(20),
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    let load = |scripts: &[Script]| runtime.block_on(elaborate(database, &connect, scripts));
    let (mut tried, mut failures) = (0, Vec::new());
    let mut judge = |name: String, scripts: &[Script]| {
        // What does not load at all is the business of the other tests.
        let Ok((_, schema)) = load(scripts) else { return };
        tried += 1;
        match load(&files(&schema, database)) {
            Ok((_, back)) if back.fingerprint() == schema.fingerprint() => {}
            Ok((_, back)) => failures.push(format!("{name}\n{}", differences(&back, &schema))),
            Err(error) => failures.push(format!("{name}\n    {error}")),
        }
    };
    for pair in pairs {
        for (side, text) in [("old", &pair.old), ("new", &pair.new)] {
            let script = |name: &str, text: &str| Script { name: name.to_owned(), text: text.to_owned() };
            judge(format!("{} {side}", pair.name()), &[script("setup", &pair.setup), script("schema", text)]);
        }
    }
    let shop: Vec<Script> = sluice_project::desired::files(&repository().join("examples/shop/migrations"))
        .unwrap()
        .into_iter()
        .filter(|path| !path.to_string_lossy().ends_with(".down.sql"))
        .map(|path| Script {
            text: std::fs::read_to_string(&path).unwrap(),
            name: path.display().to_string(),
        })
        .collect();
    judge("examples/shop".to_owned(), &shop);
    println!("{tried} schemas, {} do not come back\n{}", failures.len(), failures.join("\n"));
    assert!(tried > 0 || pairs.is_empty(), "nothing was tried");
    assert!(failures.is_empty(), "{} of {tried} do not come back", failures.len());
}

fn files(schema: &Snapshot, database: &dyn Database) -> Vec<Script> {
    let files = dump(schema, database.rules().unwrap());
    let text = |statements: Vec<&String>| {
        statements.into_iter().map(|sql| terminated(&schema.engine, sql)).collect()
    };
    let script = |file: &sluice_facts::DumpFile| Script {
        name: file.path.clone(),
        text: text(file.prelude.iter().chain(file.steps.iter().map(|step| &step.sql)).collect()),
    };
    files.iter().map(script).collect()
}
