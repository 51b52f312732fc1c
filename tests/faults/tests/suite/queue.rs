//! A statement that waits for a strong lock makes everybody behind it wait: only for as long as `lock_timeout`.

use std::time::{Duration, Instant};

use sluice_faults::{MysqlTarget, PostgresTarget, Runner, Stage};
use sluice_testkit::{mariadb, postgres};

/// Asks as long as the runner waits; returns the longest time that an answer took.
fn longest_wait(runner: &mut Runner, mut ask: impl FnMut()) -> Duration {
    let mut longest = Duration::ZERO;
    while !runner.text().contains("no lock at try 3") {
        assert!(!runner.has_ended(), "the run did not wait:\n{}", runner.text());
        let start = Instant::now();
        ask();
        longest = longest.max(start.elapsed());
    }
    longest
}

fn check(longest: Duration, lock_timeout: Duration) {
    assert!(longest > lock_timeout / 4, "nobody had to queue ({longest:?}): this test shows nothing");
    // The rest is for a busy machine.
    assert!(
        longest < lock_timeout + Duration::from_millis(1500),
        "a reader was kept waiting for {longest:?}"
    );
}

#[test]
fn readers_behind_an_alter_table_wait_no_longer_than_the_lock_timeout_on_postgres() {
    let server = postgres(18);
    let database = PostgresTarget::new(&server);
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let stage = Stage::new(database);
    stage.configure("lock_timeout = \"1s\"\nlock_attempts = 100");
    let mut reader = sluice_testkit::PsqlSession::open(&server.url(&name));
    reader.run("BEGIN; SELECT count(*) FROM orders");
    let mut victim = sluice_testkit::PsqlSession::open(&server.url(&name));
    let mut runner = stage.start();
    stage.wait_until_blocked(&mut runner);
    let longest = longest_wait(&mut runner, || {
        victim.run("SELECT count(*) FROM orders");
    });
    reader.run("COMMIT");
    runner.end().expect(0);
    check(longest, Duration::from_secs(1));
    stage.check_end();
}

#[test]
fn readers_behind_an_alter_table_wait_no_longer_than_the_lock_timeout_on_mariadb() {
    let server = mariadb();
    let database = MysqlTarget::new(&server);
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let stage = Stage::new(database);
    stage.configure("lock_timeout = \"1s\"\nlock_attempts = 100");
    let mut reader = sluice_testkit::MysqlSession::open(&server, &name);
    reader.run("BEGIN; SELECT count(*) FROM orders");
    let mut victim = sluice_testkit::MysqlSession::open(&server, &name);
    let mut runner = stage.start();
    stage.wait_until_blocked(&mut runner);
    let longest = longest_wait(&mut runner, || {
        victim.run("SELECT count(*) FROM orders");
    });
    reader.run("COMMIT");
    runner.end().expect(0);
    check(longest, Duration::from_secs(1));
    stage.check_end();
}
