//! SIGKILL at random moments. It proves nothing about a single point, and finds the points that nobody has thought of.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sluice_faults::{MysqlTarget, PostgresTarget, SqliteTarget, Stage};
use sluice_testkit::{mariadb, mysql, postgres};

use crate::cells::Fresh;

/// Numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    /// `SLUICE_SEED` repeats a run, as far as the moments go.
    fn new() -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let seed = std::env::var("SLUICE_SEED").ok().and_then(|seed| seed.parse().ok());
        Self(seed.unwrap_or(u64::try_from(clock % u128::from(u64::MAX)).unwrap_or(1)) | 1)
    }

    fn below(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let fraction =
            f64::from(u32::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).unwrap_or(0));
        limit.mul_f64(fraction / f64::from(u32::MAX))
    }
}

fn rounds() -> u32 {
    std::env::var("SLUICE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

/// Kills, looks at the wreck, finishes the work and checks it, each time on a fresh database.
fn kill_at_random(engine: &str, fresh: &Fresh) {
    let mut longest = Duration::ZERO;
    for _ in 0..2 {
        let stage = Stage::empty(fresh());
        let start = Instant::now();
        stage.project.deploy().expect(0);
        longest = longest.max(start.elapsed());
    }
    let mut random = Random::new();
    let seed = random.0;
    let (mut killed, mut begun) = (0, 0);
    for round in 1..=rounds() {
        let moment = random.below(longest);
        let stage = Stage::empty(fresh());
        let runner = stage.start();
        // The moment is the point of this test: it is drawn, not waited for.
        std::thread::sleep(moment);
        let ended = runner.kill();
        killed += u32::from(ended.signal == Some(9));
        let finish = || {
            stage.wait_for_silence();
            begun += u32::from(stage.target.has_table(&stage.target.ledger_table("fence")));
            stage.check_wreck();
            stage.project.deploy().expect(0);
            stage.check_end();
        };
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(finish)) {
            eprintln!("{engine}: round {round}, killed after {moment:?} of {longest:?}, SLUICE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    let line = format!(
        "{engine}: {killed} of {} runs killed within {longest:?}, {begun} of them after the ledger was made; every one \
         finished by the same command\n",
        rounds()
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert!(killed > rounds() / 2, "most runs ended before they could be killed");
}

#[test]
fn killed_at_any_moment_postgres_ends_where_an_undisturbed_run_ends() {
    let server = postgres(18);
    kill_at_random("PostgreSQL 18", &(Arc::new(move || PostgresTarget::new(&server)) as Fresh));
}

#[test]
fn killed_at_any_moment_mariadb_ends_where_an_undisturbed_run_ends() {
    let server = mariadb();
    kill_at_random("MariaDB", &(Arc::new(move || MysqlTarget::new(&server)) as Fresh));
}

#[test]
fn killed_at_any_moment_mysql_ends_where_an_undisturbed_run_ends() {
    let Some(server) = mysql() else { return };
    kill_at_random("MySQL", &(Arc::new(move || MysqlTarget::new(&server)) as Fresh));
}

#[test]
fn killed_at_any_moment_sqlite_ends_where_an_undisturbed_run_ends() {
    kill_at_random("SQLite", &(Arc::new(SqliteTarget::create) as Fresh));
}
