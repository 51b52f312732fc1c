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

/// Runs to be killed.
fn rounds() -> u32 {
    std::env::var("SLUICE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

/// Kills, looks at the wreck, finishes the work and checks it, each time on a fresh database.
fn kill_at_random(engine: &str, fresh: &Fresh) {
    let mut random = Random::new();
    let seed = random.0;
    let (mut killed, mut begun, mut runs) = (0, 0, 0);
    let mut usual = Duration::from_secs(1);
    while killed < rounds() {
        let moment = random.below(usual);
        let stage = Stage::empty(fresh());
        let mut runner = stage.start();
        let start = Instant::now();
        // The moment is the point of this test: it is drawn, not waited for.
        while start.elapsed() < moment && !runner.has_ended() {
            std::thread::sleep(Duration::from_millis(1).min(moment.saturating_sub(start.elapsed())));
        }
        // How long a run takes follows the load of the machine: what ended by itself says it.
        let lived = start.elapsed();
        if runner.kill().signal == Some(9) {
            killed += 1;
            usual = usual.mul_f64(1.03);
        } else {
            usual = lived;
        }
        runs += 1;
        let finish = || {
            stage.wait_for_silence();
            begun += u32::from(stage.target.has_table(&stage.target.ledger_table("fence")));
            stage.check_wreck();
            stage.project.deploy().expect(0);
            stage.check_end();
        };
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(finish)) {
            eprintln!("{engine}: run {runs}, killed after {moment:?} of {usual:?}, SLUICE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    let line = format!(
        "{engine}: {killed} of {runs} runs killed, {begun} runs came as far as the ledger; every one was finished by the \
         same command\n"
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
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
