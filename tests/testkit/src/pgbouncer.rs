//! A pgbouncer of a test's own.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::install::shared_folder;
use crate::postgres::PostgresServer;
use crate::process::{State, create_server_folder, enrol, free_port, unprivileged};

/// A pooler in front of a server; stops with the value.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    folder: PathBuf,
    name: String,
    child: Child,
}

impl PgBouncer {
    /// Starts a pooler with `pool_mode` (`session`, `transaction`, `statement`) and `settings`, or `None` where the program is
    /// not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(server: &PostgresServer, pool_mode: &str, settings: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or(false))?;
        enrol();
        let name = format!("pgbouncer-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = shared_folder().join("private").join(&name);
        create_server_folder(&folder);
        let port = free_port();
        let configuration = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {pool_mode}\n{settings}\n",
            server.port()
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, configuration).expect("the temporary folder is writable");
        let mut command = Command::new(program);
        command
            .arg(&file)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = unprivileged(&mut command).process_group(0).spawn().expect("pgbouncer starts");
        State { pid: child.id(), port }.write(&name, "KILL", "pgbouncer");
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = child.try_wait().expect("a child can be waited for").is_some();
            assert!(!ended && Instant::now() < deadline, "pgbouncer does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(Self { port, folder, name, child })
    }

    /// URL of a database through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        State::remove(&self.name);
        let _ = fs::remove_dir_all(&self.folder);
    }
}
