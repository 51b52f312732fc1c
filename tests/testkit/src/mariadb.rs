//! MariaDB of the distribution, run as a server of the tests, never as the system's service.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use crate::install::missing;
use crate::mysql::{MysqlServer, Program};
use crate::process::{run, unprivileged};

/// The shared MariaDB server. Started by the first test process that asks for it; stopped some seconds after the last one has
/// ended. Global variables must not be changed: others use it at the same time.
///
/// # Panics
/// When MariaDB is not installed or does not start.
pub fn mariadb() -> Arc<MysqlServer> {
    static SERVER: OnceLock<Arc<MysqlServer>> = OnceLock::new();
    SERVER.get_or_init(|| Arc::new(MysqlServer::shared(Program::Mariadb))).clone()
}

/// A MariaDB server of one test's own, which may stop, kill and configure it; `options` go to the server's command line.
/// Removed when dropped.
pub fn private_mariadb(options: &[&str]) -> MysqlServer {
    MysqlServer::private(Program::Mariadb, options)
}

/// Metadata locks are instrumented as MySQL does by default, so that tests see who blocks; MariaDB's own default is
/// covered by private servers with `--performance-schema=OFF`.
pub(crate) const OPTIONS: [&str; 4] = [
    "--performance-schema=ON",
    "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON",
    "--innodb-use-native-aio=OFF",
    "--innodb-log-file-size=16M",
];

pub(crate) fn server() -> Command {
    match find("mariadbd") {
        Some(program) => Command::new(program),
        None => missing("MariaDB", "mariadb"),
    }
}

/// Creates the system tables in `data`.
pub(crate) fn initialize(data: &Path) {
    let Some(program) = find("mariadb-install-db") else { missing("MariaDB", "mariadb") };
    let mut command = Command::new(program);
    command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    command.args(["--innodb-log-file-size=16M", "--innodb-use-native-aio=OFF"]);
    command.arg(format!("--datadir={}", data.display()));
    run(unprivileged(&mut command).current_dir("/"));
}

fn find(program: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
}
